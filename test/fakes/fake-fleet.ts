// Secrets Manager in memory, for many secrets and whoever sees no value: the list in pages, which may lag; RotateSecret's mutex; a label
// that moves only from where it is said to be. What a rotation comes to is the test's to say.
import { Fault } from '../../lambda/core/base/fault.ts'
import type { RotationSteps, StepAsked, StepReply } from '../../lambda/core/drive/rotation-steps.ts'
import { unfinishedVersion } from '../../lambda/core/secret/labels.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import type { Secrets, VersionEntry } from '../../lambda/core/secret/secrets.ts'
import type { FakeTiming } from './fake-timing.ts'
import type { MadeSecret } from './managed-secret.ts'

export interface FleetCall {
  readonly op: 'list' | 'describe' | 'listVersions' | 'rotate' | 'moveLabel' | 'ask'
  /** A secret's name, or the page. */
  readonly about: string
  readonly at: number
  readonly token?: string
}

export interface FakeFleet extends Pick<Secrets, 'list' | 'describe' | 'listVersions' | 'rotate' | 'moveLabel'> {
  readonly secrets: Map<string, { secret: Secret; versions: readonly VersionEntry[] }>
  readonly calls: FleetCall[]
  /** What ListSecrets shows instead, by ARN. */
  readonly stale: Map<string, Secret>
  pageSize: number
  /** Runs before each call; one that throws takes its place. */
  before: (call: FleetCall) => void | Promise<void>
  /** succeed: AWSCURRENT moves at once. run: AWSPENDING stays. refuse: it goes, and the version stays unlabelled. */
  outcome: (name: string, token: string) => 'succeed' | 'run' | 'refuse'
  add(...made: readonly MadeSecret[]): void
  find(name: string): { secret: Secret; versions: readonly VersionEntry[] }
  /** Tokens of the rotations that began. */
  rotations(): readonly string[]
  currentOf(name: string): string | undefined
}

const rejected = (why: string): Fault =>
  new Fault({ code: 'SECRETS_MANAGER_REJECTED', retryable: false, message: `Secrets Manager refused: ${why}.` })

export const throttled = (): Fault =>
  new Fault({ code: 'SECRETS_MANAGER_THROTTLED', retryable: true, message: 'Secrets Manager said: slower.' })

export const createFakeFleet = (timing: FakeTiming): FakeFleet => {
  const secrets: FakeFleet['secrets'] = new Map()
  const stale = new Map<string, Secret>()
  const calls: FleetCall[] = []
  const begun: string[] = []

  const get = (secretId: string) =>
    secrets.get(secretId) ?? [...secrets.values()].find(({ secret }) => secret.name === secretId)
  const nameOf = (secretId: string): string => get(secretId)?.secret.name ?? secretId
  const note = async (op: FleetCall['op'], about: string, token?: string): Promise<void> => {
    const call = { op, about, at: timing.now(), ...(token === undefined ? {} : { token }) }
    calls.push(call)
    await fleet.before(call)
  }

  /** Sets labels, on the secret and in its list of versions, and says that it changed. */
  const label = (secretId: string, labels: Readonly<Record<string, readonly string[]>>, more = {}): void => {
    const known = get(secretId)
    if (known === undefined) return
    const all = Object.fromEntries(Object.entries(labels).filter(([, some]) => some.length > 0))
    secrets.set(secretId, {
      secret: { ...known.secret, labels: all, lastChangedAt: timing.now(), ...more },
      versions: known.versions.map((version) => ({ ...version, labels: all[version.versionId] ?? [] })),
    })
  }

  const without = (secret: Secret, name: string): Record<string, readonly string[]> =>
    Object.fromEntries(Object.entries(secret.labels).map(([id, labels]) => [id, labels.filter((one) => one !== name)]))

  const succeed = (secretId: string, token: string): void => {
    const known = get(secretId)
    if (known === undefined) return
    const left = without({ ...known.secret, labels: without(known.secret, 'AWSPENDING') }, 'AWSCURRENT')
    label(secretId, { ...left, [token]: ['AWSCURRENT'] }, { lastRotatedAt: timing.now() })
  }

  const fleet: FakeFleet = {
    secrets,
    stale,
    calls,
    pageSize: 100,
    before: () => {},
    outcome: () => 'succeed',
    add: (...made) => {
      for (const { secret, versions } of made) secrets.set(secret.arn, { secret, versions })
    },
    find: (name) => {
      const found = [...secrets.values()].find(({ secret }) => secret.name === name)
      if (found === undefined) throw new Error(`no secret ${name}`)
      return found
    },
    rotations: () => begun,
    currentOf: (name) => {
      const { labels } = fleet.find(name).secret
      return Object.keys(labels).find((id) => labels[id]?.includes('AWSCURRENT'))
    },
    list: async (prefix, { page, order = 'oldestFirst', includesDeleted = false } = {}) => {
      await note('list', `${page ?? '0'} ${order}`)
      const all = [...secrets.keys()].filter((arn) => get(arn)?.secret.name.startsWith(prefix))
      if (order === 'newestFirst') all.reverse()
      const from = Number(page ?? 0)
      const arns = all.slice(from, from + fleet.pageSize)
      const shown = arns
        .flatMap((arn) => stale.get(arn) ?? get(arn)?.secret ?? [])
        .filter(({ isDeleted }) => includesDeleted || !isDeleted)
      return {
        secrets: shown,
        nextPage: from + fleet.pageSize < all.length ? String(from + fleet.pageSize) : undefined,
      }
    },
    describe: async (secretId) => {
      await note('describe', nameOf(secretId))
      return get(secretId)?.secret
    },
    listVersions: async (secretId) => {
      await note('listVersions', nameOf(secretId))
      return get(secretId)?.versions ?? []
    },
    rotate: async (secretId, token) => {
      await note('rotate', nameOf(secretId), token)
      const known = get(secretId)
      if (known === undefined || known.secret.isDeleted) return 'gone'
      const unfinished = unfinishedVersion(known.secret)
      if (unfinished !== undefined) return unfinished.versionId === token ? 'asked' : 'busy'
      if (known.versions.some(({ versionId }) => versionId === token)) return 'asked'
      begun.push(token)
      const added = { versionId: token, labels: [], createdAt: timing.now() }
      secrets.set(secretId, { secret: known.secret, versions: [added, ...known.versions] })
      label(secretId, { ...without(known.secret, 'AWSPENDING'), [token]: ['AWSPENDING'] })
      const outcome = fleet.outcome(known.secret.name, token)
      if (outcome === 'succeed') succeed(secretId, token)
      if (outcome === 'refuse') label(secretId, without(get(secretId)?.secret ?? known.secret, 'AWSPENDING'))
      return 'asked'
    },
    moveLabel: async ({ secretId, label: name, from, to }) => {
      await note('moveLabel', nameOf(secretId), from)
      const known = get(secretId)
      if (known?.secret.labels[from]?.includes(name) !== true) throw rejected(`${name} is not on ${from}`)
      const left = without(known.secret, name)
      label(secretId, to === undefined ? left : { ...left, [to]: [...(left[to] ?? []), name] })
    },
  }
  return fleet
}

/** The rotation function of these secrets: what it says to each step, and what that does. */
export interface FakeSteps extends RotationSteps {
  readonly asked: StepAsked[]
  answer: (asked: StepAsked) => StepReply | Promise<StepReply>
  /** AWSCURRENT moves to the version, as finishSecret does; AWSPENDING stays there, since Secrets Manager did not see it. */
  finish(asked: StepAsked): void
  /** AWSPENDING goes, as it does when the function refuses. */
  clear(asked: StepAsked): void
}

export const createFakeSteps = (fleet: FakeFleet, timing: FakeTiming): FakeSteps => {
  const change = (secretId: string, make: (labels: Record<string, string[]>) => void): void => {
    const known = fleet.secrets.get(secretId)
    if (known === undefined) return
    const labels = Object.fromEntries(Object.entries(known.secret.labels).map(([id, some]) => [id, [...some]]))
    make(labels)
    const all = Object.fromEntries(Object.entries(labels).filter(([, some]) => some.length > 0))
    fleet.secrets.set(secretId, {
      secret: { ...known.secret, labels: all, lastChangedAt: timing.now() },
      versions: known.versions.map((version) => ({ ...version, labels: all[version.versionId] ?? [] })),
    })
  }
  const steps: FakeSteps = {
    asked: [],
    answer: () => 'failed',
    finish: ({ secretId, requestToken }) =>
      change(secretId, (labels) => {
        for (const [id, some] of Object.entries(labels)) labels[id] = some.filter((one) => one !== 'AWSCURRENT')
        labels[requestToken] = ['AWSCURRENT', 'AWSPENDING']
      }),
    clear: ({ secretId, requestToken }) =>
      change(secretId, (labels) => {
        labels[requestToken] = []
      }),
    ask: async (asked) => {
      steps.asked.push(asked)
      return steps.answer(asked)
    },
  }
  return steps
}
