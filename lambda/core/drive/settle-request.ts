// Which settles were asked for to end the overlap that a version began. Whoever asks – sweep, campaign, incident, a person – asks under a
// token about that version (architecture §3, "The request token"); of two who ask at once one is refused as busy, and joins. Pure.

import { MAX_TOKEN_ATTEMPT, makeRequestToken, readRequestToken } from '../secret/request-token.ts'
import type { VersionEntry } from '../secret/secrets.ts'
import { anywayAbout, isSettleAbout, type SettleSubject } from '../secret/settle-subject.ts'

/** Earlier requests to settle this very AWSCURRENT. None of them succeeded, or AWSCURRENT would sit on it. */
interface SettleAttempts {
  /** The highest attempt that left a version; 0: none. */
  readonly made: number
  /** When the first and the last of them were asked for, epoch milliseconds; absent: none is listed. */
  readonly firstAt?: number
  readonly lastAt?: number
}

export const isSettleOf: (token: string, subject: SettleSubject) => boolean = isSettleAbout

/** @param versions unlabelled ones included, as ListSecretVersionIds lists them on request. */
export const settleAttempts = (subject: SettleSubject, versions: readonly VersionEntry[]): SettleAttempts => {
  const found = versions.filter(({ versionId }) => isSettleOf(versionId, subject))
  if (found.length === 0) return { made: 0 }
  const times = found.map(({ createdAt }) => createdAt)
  return {
    made: Math.max(...found.map(({ versionId }) => readRequestToken(versionId).attempt ?? 0)),
    firstAt: Math.min(...times),
    lastAt: Math.max(...times),
  }
}

/** How many of them were asked for since then, epoch milliseconds. */
export const settlesSince = (subject: SettleSubject, versions: readonly VersionEntry[], since: number): number => {
  const tokens = versions
    .filter(({ versionId }) => isSettleOf(versionId, subject))
    .map(({ versionId }) => readRequestToken(versionId))
  return new Set(tokens.filter(({ askedAt = 0 }) => askedAt >= since).map(({ attempt }) => attempt)).size
}

const nextToken = (about: string, subject: SettleSubject, versions: readonly VersionEntry[], now: number): string =>
  makeRequestToken({
    origin: 'settle',
    askedAt: now,
    secretArn: subject.secretArn,
    about,
    attempt: Math.min(settleAttempts(subject, versions).made + 1, MAX_TOKEN_ATTEMPT),
  })

/** The token for the next attempt. */
export const settleToken = (subject: SettleSubject, versions: readonly VersionEntry[], now: number): string =>
  nextToken(subject.currentId, subject, versions, now)

/** The same, for a person who does not wait for replicas: their consumers are refused until they have the new value. */
export const settleAnywayToken = (subject: SettleSubject, versions: readonly VersionEntry[], now: number): string =>
  nextToken(anywayAbout(subject.currentId), subject, versions, now)
