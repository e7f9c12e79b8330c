// How a read sees a secret: as it is, or as it was before its last writes, since Secrets Manager is eventually consistent and caches.
// How old a reply is says whoever made the stand-in (`chooseView`), else the settings draw it. Every other operation, and every check
// that a write makes, goes to the store and is never stale.
import type { Draws } from '../stand-in/draws.ts'
import { type Behind, createHistory, type Moment } from '../stand-in/history.ts'
import { notFound } from './aws-fault.ts'
import type { Secret, SecretStore, SecretVersion } from './secret-store.ts'
import type { AwsSettings } from './settings.ts'

export const staleableReads = [
  'DescribeSecret',
  'GetSecretValue',
  'BatchGetSecretValue',
  'ListSecretVersionIds',
] as const

/** One look at one secret; a BatchGetSecretValue looks once at each. */
export interface SecretRead {
  readonly op: (typeof staleableReads)[number]
  /** As the request gives it. */
  readonly secretId: string
  readonly versionId?: string | undefined
  readonly stage?: string | undefined
}

export interface ViewCall extends SecretRead {
  /** The secret's name, however it was asked for. */
  readonly name: string
  /** 1 = the first look at any secret since the start or the reset. */
  readonly nth: number
  /** How many writes the secret has had; so many back is before its creation. */
  readonly writes: number
}

/**
 * Decides how old this very reply is: so many writes, or `{ ms }`; 0 = as it is; undefined = as the settings say. A write is one
 * call that changed the secret, or one change that the service makes by itself at the end of a rotation.
 */
export type ChooseView = (call: ViewCall) => Behind | undefined

export interface SecretViews {
  /** @throws ResourceNotFoundException when there is no such secret, or none yet in this view. */
  read(read: SecretRead): Secret
  /** Of a secret by name or ARN, creation included; 0 = none such. */
  writes(secretId: string): number
  /** To be called after a change of settings: what is cached under the old ones is dropped. */
  settingsChanged(): void
  clear(): void
}

export interface SecretViewsInput {
  readonly store: SecretStore
  readonly now: () => number
  readonly settings: Readonly<AwsSettings>
  readonly draws: Draws
  readonly chooseView?: ChooseView | undefined
}

const isSameVersion = (one: SecretVersion, other: SecretVersion): boolean =>
  one.value === other.value &&
  one.createdAt === other.createdAt &&
  one.lastAccessedAt === other.lastAccessedAt &&
  one.stages.size === other.stages.size &&
  [...one.stages].every((stage) => other.stages.has(stage))

/** A copy that later changes do not reach; versions that are as before are shared with the copy before. */
export const copyOf = (secret: Secret, before: Secret | undefined): Secret => ({
  ...secret,
  tags: new Map(secret.tags),
  replicas: new Map([...secret.replicas].map(([region, replica]) => [region, { ...replica }])),
  rotation: secret.rotation === undefined ? undefined : { ...secret.rotation },
  versions: new Map(
    [...secret.versions].map(([id, version]) => {
      const kept = before?.versions.get(id)
      return [
        id,
        kept !== undefined && isSameVersion(kept, version) ? kept : { ...version, stages: new Set(version.stages) },
      ]
    }),
  ),
})

/** By name, so that what had the name before is seen in a view of that time. */
export const createSecretViews = (input: SecretViewsInput): SecretViews => {
  const { store, now, settings, draws, chooseView } = input
  const history = createHistory<Secret>()
  const names = new Map<string, string>()
  /** For `staleReadPer: secret`: the one view that all reads of a secret show, until it would be older than `staleReadMs`. */
  const cached = new Map<string, { readonly moment: Moment<Secret>; readonly until: number }>()
  let reads = 0

  store.onWrite((secret, isGone) => {
    const before = history.view(secret.name, 0, now()).state
    history.record(secret.name, isGone ? undefined : copyOf(secret, before), now())
    names.set(secret.arn, secret.name)
  })

  const nameOf = (secretId: string): string => {
    const live = store.find(secretId)
    if (live !== undefined) return live.name
    const partial = secretId.startsWith(store.arnPrefix) ? secretId.slice(store.arnPrefix.length) : secretId
    return names.get(secretId) ?? partial
  }

  /** @returns undefined for the secret as it is. */
  const drawn = (name: string): Moment<Secret> | undefined => {
    const { staleReadShare, staleReadMs, staleReadPer } = settings
    const kept = staleReadPer === 'secret' ? cached.get(name) : undefined
    if (kept !== undefined && now() <= kept.until) return kept.moment
    cached.delete(name)
    if (draws.next() >= staleReadShare) return undefined
    const ms = draws.next() * staleReadMs
    const moment = history.view(name, { ms }, now())
    if (staleReadPer === 'secret') cached.set(name, { moment, until: now() - ms + staleReadMs })
    return moment
  }

  const isNeverStale = (): boolean =>
    chooseView === undefined && (settings.staleReadShare === 0 || settings.staleReadMs === 0)

  return {
    read: (read) => {
      reads += 1
      if (isNeverStale()) return store.get(read.secretId)
      const name = nameOf(read.secretId)
      const chosen = chooseView?.({ ...read, name, nth: reads, writes: history.writes(name) })
      const moment = chosen === undefined ? drawn(name) : chosen === 0 ? undefined : history.view(name, chosen, now())
      if (moment === undefined) return store.get(read.secretId)
      const { state } = moment
      const isAnother = read.secretId.startsWith('arn:') && names.has(read.secretId) && state?.arn !== read.secretId
      if (state === undefined || isAnother) throw notFound()
      return state
    },
    writes: (secretId) => history.writes(nameOf(secretId)),
    settingsChanged: () => cached.clear(),
    clear: () => {
      history.clear()
      names.clear()
      cached.clear()
      reads = 0
    },
  }
}
