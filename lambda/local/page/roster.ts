// Every client as the page shows it, kept up to date at a bounded cost: what a call was about is looked at again at once, everything else as
// often as the last look at everything allows. So 10,000 clients take no more of the laptop than three.
import { readScimId } from '../../core/secret/scim-form.ts'
import { isOfStage } from '../../core/secret/stage-secrets.ts'
import type { Laptop } from '../laptop/laptop.ts'
import type { Naming } from './naming.ts'
import { type ClientSight, sightClients } from './sight.ts'

export interface RosterChange {
  readonly changed: readonly ClientSight[]
  /** Names of secrets. */
  readonly removed: readonly string[]
}

export interface Roster {
  /** What differs from the look before. @param isWhole looks at everything, whatever that takes */
  look(isWhole?: boolean): RosterChange
  /** The first few by name, at once: what is shown while everything is looked at. */
  glance(): readonly ClientSight[]
  /** By name. */
  all(): readonly ClientSight[]
  /** The same as JSON, as it was kept. */
  texts(): readonly string[]
  find(secretName: string): ClientSight | undefined
  close(): void
}

interface Known {
  readonly text: string
  readonly sight: ClientSight
}

/** As many as a page may show. */
const GLANCE = 50

/** A look at everything takes at most this share of the time. */
const SHARE = 0.05
const WARM_MS = 3000

const inputOf = ({ stytch, stage, address, world, settings }: Laptop) => ({
  ...stage,
  rotationFunctionArn: address.rotation_lambda_arn,
  hours: settings.hours,
  slotsOf: (clientId: string) => {
    const connection = readScimId(clientId)?.connectionId ?? ''
    const slots = stytch.slots(clientId) ?? stytch.connectedApps.slots(clientId) ?? stytch.scim.slots(connection)
    if (slots === undefined) return undefined
    return { current: slots.lastFour, next: slots.nextLastFour, isActive: slots.status === 'active' }
  },
  now: world.clock.now(),
})

export const createRoster = (laptop: Laptop, naming: Naming): Roster => {
  const { aws, stytch } = laptop
  const known = new Map<string, Known>()
  /** Subjects of calls → until when they are looked at again and again: a label may move a little after the last call. */
  const touched = new Map<string, number>()
  const touch = (subject: string): void => {
    touched.set(subject, performance.now() + WARM_MS)
  }
  let sorted: readonly Known[] | undefined
  let nextWholeLook = 0

  const untaps = [
    aws.tap(({ subject, phase }) => {
      if (phase === 'after' && subject !== null) touch(subject)
    }),
    stytch.server.tap(({ subject, phase }) => {
      const name = subject === null ? undefined : naming.secretNameOf(subject)
      if (phase === 'after' && name !== undefined) touch(name)
    }),
  ]

  laptop.world.onReset(() => {
    nextWholeLook = 0
  })

  /** @returns those that are new or differ. */
  const keep = (sights: readonly ClientSight[]): readonly ClientSight[] =>
    sights.filter((sight) => {
      const text = JSON.stringify(sight)
      if (known.get(sight.secretName)?.text === text) return false
      if (!known.has(sight.secretName)) sorted = undefined
      known.set(sight.secretName, { text, sight })
      if (sight.clientId !== null) naming.know(sight.clientId, sight.secretName)
      return true
    })

  const lookAtTouched = (): RosterChange => {
    const secrets = [...touched.keys()].flatMap((subject) => aws.peek(subject) ?? [])
    for (const [subject, until] of touched) if (performance.now() > until) touched.delete(subject)
    return { changed: keep(sightClients(secrets, inputOf(laptop))), removed: [] }
  }

  const lookAtAll = (): RosterChange => {
    const startedAt = performance.now()
    const secrets = aws.peekAll().filter((secret) => isOfStage(laptop.stage, secret))
    const present = new Set(secrets.map(({ name }) => name))
    const removed = [...known.keys()].filter((name) => !present.has(name))
    for (const name of removed) known.delete(name)
    const changed = keep(sightClients(secrets, inputOf(laptop)))
    const took = performance.now() - startedAt
    nextWholeLook = performance.now() + took / SHARE
    return { changed, removed }
  }

  const inOrder = (): readonly Known[] => {
    sorted ??= [...known.values()].toSorted((one, other) => (one.sight.name < other.sight.name ? -1 : 1))
    return sorted
  }

  return {
    glance: () => {
      const first = aws
        .peekAll()
        .filter((secret) => isOfStage(laptop.stage, secret))
        .toSorted((one, other) => (one.name < other.name ? -1 : 1))
        .slice(0, GLANCE)
      return sightClients(first, inputOf(laptop))
    },
    look: (isWhole = false) => {
      const change = isWhole || performance.now() >= nextWholeLook ? lookAtAll() : lookAtTouched()
      if (change.changed.length > 0 || change.removed.length > 0) sorted = undefined
      return change
    },
    all: () => inOrder().map(({ sight }) => sight),
    texts: () => inOrder().map(({ text }) => text),
    find: (secretName) => known.get(secretName)?.sight,
    close: () => {
      for (const untap of untaps) untap()
    },
  }
}
