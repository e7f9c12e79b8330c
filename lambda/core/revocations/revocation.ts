// Which tokens of a client died with its secret, derived from the secret's metadata alone: a token says nothing of the value it was bought
// with, so whatever was issued before the revoked value was dead is to be refused. Pure. It reads no event and keeps no list: the
// version ids say what happened, and their dates bound when.

import { HOUR_MS, MINUTE_MS } from '../base/time-units.ts'
import { versionLabelled } from '../secret/labels.ts'
import { changedAt } from '../secret/overlap.ts'
import { MAX_SETTLE_AGE_MS, type Origin, readRequestToken } from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import type { VersionEntry } from '../secret/secrets.ts'
import { TOKEN_LIFETIME_MS } from '../secret/token-lifetime.ts'
import { secondsAfter } from './document.ts'

/** By how much ListSecrets may lag behind (architecture §3). */
export const LIST_LAG_MS = 5 * MINUTE_MS

export interface Revocation {
  /** revoking: the leaked value may still buy tokens; the last word comes when it is dead. */
  readonly state: 'revoking' | 'revoked'
  /** Epoch seconds: a token with an earlier `iat` is to be refused. */
  readonly notBefore: number
}

export type SecretHistory = Pick<Secret, 'arn' | 'labels' | 'createdAt' | 'lastChangedAt' | 'lastRotatedAt'>

const revoked = (at: number): Revocation => ({ state: 'revoked', notBefore: secondsAfter(at) })

/** What shows when a rotation ended, beside the secret's own dates. Epoch milliseconds. */
export interface EndDates {
  /** As the rotation function recorded it when it moved AWSCURRENT, by version id (records.ts). */
  readonly recorded?: ReadonlyMap<string, number>
  /** What a signed proof about the revoke is dated. */
  readonly provenAt?: number
}

/** With CreatedDate where the secret's versions were listed. */
type KnownVersion = Pick<VersionEntry, 'versionId'> & Partial<Pick<VersionEntry, 'createdAt'>>

/** Secrets Manager's own date first: the one in a token is whatever its asker wrote. */
const madeAt = ({ versionId, createdAt }: KnownVersion): number | undefined =>
  createdAt ?? readRequestToken(versionId).askedAt

/** Nothing that Secrets Manager shows happened after it last changed: a token may bear any date. */
const begunAt = (secret: SecretHistory, version: KnownVersion): number =>
  Math.min(madeAt(version) ?? changedAt(secret), changedAt(secret))

/** By how much the clock of whoever asked for a rotation may be behind Secrets Manager's. */
const CLOCK_MARGIN_MS = 5 * MINUTE_MS

/**
 * How long a rotation of an origin may take from when it was asked for until it has retired what it found. A settle and a rollback are
 * refused after two hours. One that stores a new value can be driven on for as long as it is stuck; past half a day, somebody has been
 * alerted for hours.
 */
const LONGEST_ROTATION_MS: Readonly<Record<Origin, number>> = {
  settle: MAX_SETTLE_AGE_MS,
  rollback: MAX_SETTLE_AGE_MS,
  rotate: 12 * HOUR_MS,
  revoke: 12 * HOUR_MS,
  // A first value: nothing was there before it.
  register: 0,
  adopt: 0,
}

/**
 * By when the rotation that moved AWSCURRENT to where it is had ended, and what it retired was dead. LastChangedDate alone does not show it:
 * a tag, a policy or the next rotation moves that, and tokens that are good would be refused. LastRotatedDate does, but for a rotation that
 * was driven on by us, which never moves it: that one took no longer than it may.
 */
const currentEndedBy = (secret: SecretHistory, current: KnownVersion, { recorded }: EndDates): number => {
  const known = recorded?.get(current.versionId)
  if (known !== undefined) return known
  const made = madeAt(current)
  const longest = LONGEST_ROTATION_MS[readRequestToken(current.versionId).origin]
  const { lastRotatedAt } = secret
  // A value that was put there by hand is dated like its secret.
  if (made === undefined || longest === 0) return changedAt(secret)
  if (lastRotatedAt !== undefined && lastRotatedAt >= made) return lastRotatedAt
  return Math.min(changedAt(secret), made + longest)
}

/**
 * What the labels alone show, for whoever has just described the secret: AWSCURRENT on a revoke, or on what directly followed one.
 * @returns undefined when they show none.
 */
export const revocationByLabels = (secret: SecretHistory, dates: EndDates = {}): Revocation | undefined => {
  const current = versionLabelled(secret, 'AWSCURRENT')
  if (current === undefined) return undefined
  if (current.origin === 'revoke') return { state: 'revoking', notBefore: secondsAfter(begunAt(secret, current)) }
  // AWSCURRENT moved after the leaked value was dead, so that the date of the move is never too early.
  if (versionLabelled(secret, 'AWSPREVIOUS')?.origin !== 'revoke') return undefined
  return revoked(dates.provenAt ?? currentEndedBy(secret, current, dates))
}

/** Whether AWSCURRENT's id says when. One of Secrets Manager's own schedule does not, nor does a date to come: then the list of versions must. */
export const isDatedByLabels = (secret: SecretHistory): boolean => {
  const current = versionLabelled(secret, 'AWSCURRENT')
  const at = current === undefined ? undefined : readRequestToken(current.versionId).askedAt
  return at !== undefined && at <= changedAt(secret)
}

/**
 * Whether a revoke of the last hour may lie behind the labels. What it replaced died at the latest in the rotation that made AWSPREVIOUS's
 * version: after that was asked for, however long it took, and before AWSCURRENT's could begin.
 */
export const mayHideRevocation = (secret: SecretHistory, now: number): boolean => {
  if (revocationByLabels(secret) !== undefined) return false
  const current = versionLabelled(secret, 'AWSCURRENT')
  const previous = versionLabelled(secret, 'AWSPREVIOUS')
  if (current === undefined || previous === undefined) return false
  const since = now - TOKEN_LIFETIME_MS - CLOCK_MARGIN_MS
  const diedBefore = readRequestToken(current.versionId).askedAt ?? changedAt(secret)
  if (diedBefore <= since) return false
  const at = readRequestToken(previous.versionId).askedAt
  return at === undefined || at + LONGEST_ROTATION_MS[previous.origin] > since
}

/**
 * What the versions show, those without a label included: the last revoke that may have switched, and by when what it replaced was
 * dead at the latest.
 * @param versions in any order.
 */
export const revocationByVersions = (
  secret: SecretHistory,
  versions: readonly VersionEntry[],
  dates: EndDates = {},
): Revocation | undefined => {
  const byAge = [...versions].sort((one, other) => one.createdAt - other.createdAt)
  const labelled = (id: string): boolean => (secret.labels[id]?.length ?? 0) > 0
  const isRevoke = ({ versionId }: VersionEntry): boolean => readRequestToken(versionId).origin === 'revoke'
  const isPendingOnly = ({ versionId }: VersionEntry): boolean => secret.labels[versionId]?.join() === 'AWSPENDING'
  // One that was cleared and that nothing followed never became current.
  const at = byAge.findLastIndex(
    (one, index) =>
      isRevoke(one) &&
      !isPendingOnly(one) &&
      (labelled(one.versionId) || byAge.slice(index + 1).some(({ versionId }) => labelled(versionId))),
  )
  const revoke = byAge[at]
  if (revoke === undefined) return undefined
  const holderOf = (label: string): VersionEntry | undefined =>
    byAge.find(({ versionId }) => secret.labels[versionId]?.includes(label))
  const [current, previous] = [holderOf('AWSCURRENT'), holderOf('AWSPREVIOUS')]
  if (current === undefined) return undefined
  if (current === revoke) return { state: 'revoking', notBefore: secondsAfter(begunAt(secret, revoke)) }
  if (dates.provenAt !== undefined) return revoked(dates.provenAt)
  // Whatever followed it had first to end it, or to end its overlap. AWSCURRENT's rotation could not begin before AWSPREVIOUS's was done.
  if (previous === undefined || byAge.indexOf(previous) <= at || byAge.indexOf(current) < byAge.indexOf(previous)) {
    return revoked(currentEndedBy(secret, current, dates))
  }
  const previousEndedBy = previous.createdAt + LONGEST_ROTATION_MS[readRequestToken(previous.versionId).origin]
  return revoked(dates.recorded?.get(previous.versionId) ?? Math.min(current.createdAt, previousEndedBy))
}

/** Whether a token that is still alive may have been issued before then. */
export const isRecent = ({ notBefore }: Revocation, now: number): boolean => notBefore * 1000 > now - TOKEN_LIFETIME_MS
