// The project's own secrets, the list kind: several live at once, each with an id and a last use, none with slots. Knows nothing
// of HTTP; the Management API adds and deletes them, and every call with Basic credentials is checked, and counts as a use, here.
import { ApiError } from './api-error.ts'
import { generateProjectSecret, hashSecret, type Ids } from './ids.ts'
import type { Mint } from './mint.ts'
import type { StytchSettings } from './settings.ts'
import type { SettingsBox } from './settings-box.ts'
import { type RetiredSecret, withRetired } from './slots.ts'
import { timestamp, wholeSeconds } from './timestamp.ts'

export interface ProjectSecretsParts {
  readonly settings: SettingsBox
  readonly ids: Ids
  readonly mint: Mint
  readonly now: () => number
  /** The secret that the project was made with. */
  readonly first: string
}

export interface ProjectSecretRecord {
  readonly secretId: string
  readonly hash: string
  readonly lastFour: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly acceptedFromAt: number
  /** Rising: the first use of each step of used_at. What used_at can show no more is forgotten. */
  readonly usedAt: readonly number[]
}

/** Every method but `accepts` and `use` throws ApiError when Stytch would refuse. */
export interface ProjectSecrets {
  create(): { readonly record: ProjectSecretRecord; readonly secret: string }
  /** Oldest first. */
  list(): readonly ProjectSecretRecord[]
  get(secretId: string): ProjectSecretRecord
  remove(secretId: string): void
  /** Whether Stytch would take this secret now. No use. */
  accepts(secret: string): boolean
  /** The same, and a use when it is taken. */
  use(secret: string): boolean
  /** used_at as the Management API would show it now: epoch milliseconds, undefined before the first use. */
  shownUsedAt(record: ProjectSecretRecord): number | undefined
  /** True of an id that is or was in use. */
  isKnown(secretId: string): boolean
  /** Back to the first secret, unused. */
  reset(): void
}

export const createProjectSecrets = (parts: ProjectSecretsParts): ProjectSecrets => {
  const { settings: box, ids, mint, now, first } = parts
  let records = new Map<string, ProjectSecretRecord>()
  let retired: readonly RetiredSecret[] = []
  let known = new Set<string>()

  const put = (record: ProjectSecretRecord): ProjectSecretRecord => {
    records.set(record.secretId, record)
    known.add(record.secretId)
    return record
  }
  const add = (secret: string, acceptedFromAt: number): ProjectSecretRecord =>
    put({
      secretId: ids.projectSecret(),
      hash: hashSecret(secret),
      lastFour: secret.slice(-4),
      createdAt: wholeSeconds(now()),
      acceptedFromAt,
      usedAt: [],
    })
  const reset = (): void => {
    records = new Map()
    retired = []
    known = new Set()
    add(first, now())
  }
  reset()

  const get = (secretId: string): ProjectSecretRecord => {
    const record = records.get(secretId)
    if (record === undefined) throw new ApiError(box.current().projectSecretNotFoundStatus, 'secret_not_found')
    return record
  }

  const find = (secret: string): ProjectSecretRecord | undefined => {
    const hash = hashSecret(secret)
    return [...records.values()].find((record) => record.hash === hash && record.acceptedFromAt <= now())
  }
  const lingers = (secret: string): boolean => {
    const hash = hashSecret(secret)
    return retired.some((one) => one.hash === hash && one.acceptedUntilAt > now())
  }

  const step = (at: number): number => at - (at % box.current().usedAtGranularityMs)

  const withUse = (usedAt: readonly number[], at: number): readonly number[] => {
    const last = usedAt.at(-1)
    if (last !== undefined && step(last) === step(at)) return usedAt
    const shown = usedAt.findLastIndex((use) => use <= at - box.current().usedAtLagMs)
    return [...usedAt.slice(Math.max(shown, 0)), at]
  }

  return {
    create: () => {
      const { maxProjectSecrets, newProjectSecretDelayMs } = box.current()
      if (records.size >= maxProjectSecrets) throw new ApiError(400, 'too_many_secrets')
      const secret = mint((lastFour) => generateProjectSecret(ids.environment, lastFour))
      return { record: add(secret, now() + newProjectSecretDelayMs), secret }
    },
    list: () => [...records.values()],
    get,
    remove: (secretId) => {
      const { hash } = get(secretId)
      const { lastProjectSecretMayBeDeleted, deletedProjectSecretDelayMs: ms } = box.current()
      if (records.size === 1 && !lastProjectSecretMayBeDeleted) throw new ApiError(400, 'bad_request')
      records.delete(secretId)
      retired = withRetired(retired, hash, { now: now(), ms })
    },
    accepts: (secret) => find(secret) !== undefined || lingers(secret),
    use: (secret) => {
      const record = find(secret)
      if (record === undefined) return lingers(secret)
      put({ ...record, usedAt: withUse(record.usedAt, now()) })
      return true
    },
    shownUsedAt: ({ usedAt }) => {
      const at = usedAt.findLast((use) => use <= now() - box.current().usedAtLagMs)
      return at === undefined ? undefined : step(at)
    },
    isKnown: (secretId) => known.has(secretId),
    reset,
  }
}

const neverUsed: Readonly<Record<StytchSettings['neverUsedAt'], object>> = {
  absent: {},
  null: { used_at: null },
  zero: { used_at: '0001-01-01T00:00:00Z' },
}

/** The Management API's MaskedSecret. */
export const maskedSecret = (
  { secretId, lastFour, createdAt }: ProjectSecretRecord,
  usedAt: number | undefined,
  settings: StytchSettings,
): object => ({
  secret_id: secretId,
  last_four: lastFour,
  created_at: timestamp(createdAt),
  ...(usedAt === undefined ? neverUsed[settings.neverUsedAt] : { used_at: timestamp(usedAt) }),
})
