// The one way to ask for a settle: whoever asks – sweep, campaign, incident – makes the same request token from what Secrets Manager
// shows, so that two who ask at once ask for the same thing (architecture §3, "The request token"). Pure.

import { makeRequestToken, readRequestToken } from '../secret/request-token.ts'
import type { VersionEntry } from '../secret/secrets.ts'

export interface SettleSubject {
  readonly secretArn: string
  /** The version that carries AWSCURRENT: what the settle is about. */
  readonly currentId: string
}

/** Earlier requests to settle this very AWSCURRENT. None of them succeeded, or AWSCURRENT would sit on it. */
export interface SettleAttempts {
  /** The highest attempt that left a version; 0: none. */
  readonly made: number
  /** When the first and the last of them were asked for, epoch milliseconds; absent: none is listed. */
  readonly firstAt?: number
  readonly lastAt?: number
}

/** One every six hours makes this fifty days; beyond, tokens still differ by their hour. */
const MOST_ATTEMPTS = 200

const HEX = 32
const hexOf = (token: string): string => token.slice(-HEX)

const tokenOf = ({ secretArn, currentId }: SettleSubject, askedAt: number, attempt: number): string =>
  makeRequestToken({ origin: 'settle', askedAt, secretArn, about: currentId, attempt })

/** Hex → attempt. The hour is not part of what a request is about. */
const attemptsOf = (subject: SettleSubject): ReadonlyMap<string, number> => {
  const attempts = Array.from({ length: MOST_ATTEMPTS }, (_, at) => at + 1)
  return new Map(attempts.map((attempt) => [hexOf(tokenOf(subject, 0, attempt)), attempt]))
}

/** @param versions unlabelled ones included, as ListSecretVersionIds lists them on request. */
export const settleAttempts = (subject: SettleSubject, versions: readonly VersionEntry[]): SettleAttempts => {
  const settles = versions.filter(({ versionId }) => readRequestToken(versionId).origin === 'settle')
  if (settles.length === 0) return { made: 0 }
  const attempts = attemptsOf(subject)
  const found = settles.flatMap(({ versionId, createdAt }) => {
    const attempt = attempts.get(hexOf(versionId))
    return attempt === undefined ? [] : [{ attempt, createdAt }]
  })
  if (found.length === 0) return { made: 0 }
  const times = found.map(({ createdAt }) => createdAt)
  return {
    made: Math.max(...found.map(({ attempt }) => attempt)),
    firstAt: Math.min(...times),
    lastAt: Math.max(...times),
  }
}

/** The token for the next attempt. Within the hour, and until an attempt has left a version, it is the same for all who ask. */
export const settleToken = (subject: SettleSubject, versions: readonly VersionEntry[], now: number): string =>
  tokenOf(subject, now, settleAttempts(subject, versions).made + 1)
