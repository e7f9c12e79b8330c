// Every client as the page shows it, kept up to date at a bounded cost: each look takes a few milliseconds, for whatever calls were about first and
// for everybody else in turn. So 10,000 clients take no more of the laptop than three, and a page that opens finds all of them looked at.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { readScimId } from '../../core/secret/scim-form.ts'
import { isOfStage } from '../../core/secret/stage-secrets.ts'
import type { Laptop } from '../laptop/laptop.ts'
import type { Naming } from './naming.ts'
import { type ClientSight, type SightInput, sightClients } from './sight.ts'

export interface RosterChange {
  readonly changed: readonly ClientSight[]
  /** Names of secrets. */
  readonly removed: readonly string[]
}

export interface Roster {
  /** Looks for a few milliseconds. */
  look(): void
  /** Looks until everybody has been looked at once, and whatever calls were about since; a few milliseconds at a time. */
  catchUp(): Promise<void>
  isCaughtUp(): boolean
  /** What differs from the last time that somebody took it. */
  takeChanges(): RosterChange
  /** The first few by name, at once: what is shown while everything is looked at. */
  glance(): readonly ClientSight[]
  /** By name. The same array until something differs. */
  all(): readonly ClientSight[]
  /** The same as JSON, as it was kept. */
  texts(): readonly string[]
  close(): void
}

export type RosterLaptop = Pick<Laptop, 'aws' | 'stytch' | 'stage' | 'address' | 'world' | 'settings'>

interface Known {
  text: string
  sight: ClientSight
}

/** As many as a page may show. */
const GLANCE = 50

/** A twentieth of the time between two looks. */
const LOOK_MS = 12
/** However slow the machine is, everybody has their turn. */
const LEAST = 50
const WARM_MS = 3000

const inputOf = ({ stytch, stage, address, world, settings }: RosterLaptop): SightInput => ({
  ...stage,
  rotationFunctionArn: address.rotation_lambda_arn,
  hours: settings.hours,
  slotsOf: (clientId: string) => {
    const connection = readScimId(clientId)?.connectionId ?? ''
    const slots = stytch.slots(clientId) ?? stytch.connectedApps.slots(clientId) ?? stytch.scim.slots(connection)
    if (slots === undefined) return undefined
    const { managed_by: holder } = stytch.trustedMetadata(clientId) ?? {}
    const boundTo = typeof holder === 'string' ? holder : undefined
    return { current: slots.lastFour, next: slots.nextLastFour, isActive: slots.status === 'active', boundTo }
  },
  now: world.clock.now(),
})

/** @param clock milliseconds from any beginning, by which a look is measured */
export const createRoster = (
  laptop: RosterLaptop,
  naming: Pick<Naming, 'know' | 'secretNameOf'>,
  clock: () => number = () => performance.now(),
): Roster => {
  const { aws, stytch } = laptop
  const known = new Map<string, Known>()
  /** Subjects of calls that nobody has looked at since. */
  const fresh = new Set<string>()
  /** Subject → until when it is looked at again and again: a label may move a little after the last call. */
  const warm = new Map<string, number>()
  const changed = new Set<string>()
  const removed = new Set<string>()
  let sorted: readonly Known[] | undefined
  let sights: readonly ClientSight[] | undefined
  /** Who is left of this turn of everybody. */
  let turn: Iterator<string> | undefined
  let isWhole = false

  const untaps = [
    aws.tap(({ subject, phase }) => {
      if (phase === 'after' && subject !== null) fresh.add(subject)
    }),
    stytch.server.tap(({ subject, phase }) => {
      const name = subject === null ? undefined : naming.secretNameOf(subject)
      if (phase === 'after' && name !== undefined) fresh.add(name)
    }),
  ]
  laptop.world.onReset(() => {
    turn = undefined
    isWhole = false
  })

  const keep = (sight: ClientSight): void => {
    const { secretName, clientId } = sight
    const text = JSON.stringify(sight)
    const before = known.get(secretName)
    if (before?.text === text) return
    if (before === undefined) {
      known.set(secretName, { text, sight })
      sorted = undefined
    } else Object.assign(before, { text, sight })
    sights = undefined
    changed.add(secretName)
    removed.delete(secretName)
    if (clientId !== null) naming.know(clientId, secretName)
  }
  const drop = (secretName: string): void => {
    if (!known.delete(secretName)) return
    sorted = undefined
    sights = undefined
    changed.delete(secretName)
    removed.add(secretName)
  }
  const lookAt = (subject: string, input: SightInput): void => {
    const secret = aws.peek(subject)
    const [sight] = secret === undefined ? [] : sightClients([secret], input)
    if (sight === undefined) drop(subject)
    else keep(sight)
  }

  function* freshOnes(): Generator<string> {
    for (const subject of fresh) {
      fresh.delete(subject)
      warm.set(subject, clock() + WARM_MS)
      yield subject
    }
  }
  function* warmOnes(): Generator<string> {
    for (const [subject, until] of [...warm]) {
      // To the end of the line.
      warm.delete(subject)
      if (clock() < until) warm.set(subject, until)
      yield subject
    }
  }
  /** The rest of a turn in which each is looked at once, those who are gone included. */
  function* everybody(): Generator<string> {
    turn ??= new Set([
      ...known.keys(),
      ...aws.peekAll().flatMap((secret) => (isOfStage(laptop.stage, secret) ? [secret.name] : [])),
    ]).values()
    const names = turn
    for (let next = names.next(); !next.done; next = names.next()) yield next.value
    turn = undefined
    isWhole = true
  }
  const look = (): void => {
    const input = inputOf(laptop)
    const startedAt = clock()
    const spend = (line: Iterator<string>, ms: number): void => {
      let count = 0
      for (let next = line.next(); !next.done; next = line.next()) {
        lookAt(next.value, input)
        count += 1
        if (count >= LEAST && clock() - startedAt >= ms) return
      }
    }
    spend(freshOnes(), LOOK_MS)
    spend(warmOnes(), LOOK_MS / 2)
    spend(everybody(), LOOK_MS)
  }
  const isCaughtUp = (): boolean => isWhole && fresh.size === 0

  const inOrder = (): readonly Known[] => {
    sorted ??= [...known.values()].toSorted((one, other) => (one.sight.name < other.sight.name ? -1 : 1))
    return sorted
  }
  const all = (): readonly ClientSight[] => {
    sights ??= inOrder().map(({ sight }) => sight)
    return sights
  }

  return {
    look,
    isCaughtUp,
    catchUp: async () => {
      while (!isCaughtUp()) {
        look()
        await nextTurn()
      }
    },
    takeChanges: () => {
      const change = {
        changed: [...changed].flatMap((name) => known.get(name)?.sight ?? []),
        removed: [...removed],
      }
      changed.clear()
      removed.clear()
      return change
    },
    glance: () => {
      const first = aws
        .peekAll()
        .filter((secret) => isOfStage(laptop.stage, secret))
        .toSorted((one, other) => (one.name < other.name ? -1 : 1))
        .slice(0, GLANCE)
      return sightClients(first, inputOf(laptop))
    },
    all,
    texts: () => inOrder().map(({ text }) => text),
    close: () => {
      for (const untap of untaps) untap()
    },
  }
}
