// The request token: Secrets Manager's ClientRequestToken, which is also the new version's id, and which carries what a
// rotation is for (architecture §3). Pure: the asker brings the time; nothing here decides whether to ask.

import { createHash } from 'node:crypto'
import { HOUR_MS } from '../base/time-units.ts'

export const intents = ['rotate', 'revoke', 'settle', 'rollback'] as const
/** What a rotation is for. */
export type Intent = (typeof intents)[number]

/** rotate and revoke put a value in place that Stytch has just issued; settle and rollback copy one that is stored. */
export const makesNewValue = (origin: Origin): boolean => origin === 'rotate' || origin === 'revoke'

/** Where a version came from, as its id shows: a rotation's intent, or how the value was first stored. */
export type Origin = Intent | 'register' | 'adopt'

interface RequestToken {
  readonly origin: Origin
  /** When it was asked for, epoch milliseconds; absent for a foreign token. */
  readonly askedAt?: number
  /** 1 for the first try; absent for a foreign token, and for one that marks a first value. */
  readonly attempt?: number
}

/** A settle or rollback older than this is refused: how an unlabelled version is re-driven is undocumented. */
export const MAX_SETTLE_AGE_MS = 2 * HOUR_MS

export const MAX_TOKEN_ATTEMPT = 999
const SUBJECT_LENGTH = 28
const ASKED = /^(rotate|revoke|settle|rollback|register|adopt)-(\d{13})-(\d{3})-([0-9a-f]{28})$/
/** How a first value is marked, and how requests of earlier releases were, in which no attempt stands. */
const MARKED = /^(rotate|revoke|settle|rollback|register|adopt)-(\d{13})-[0-9a-f]{32}$/

/** Any token that is not ours – the bare UUID of the console, the CLI or Secrets Manager's schedule – means `rotate`. */
export const readRequestToken = (token: string): RequestToken => {
  const asked = ASKED.exec(token)
  if (asked !== null) return { origin: asked[1] as Origin, askedAt: Number(asked[2]), attempt: Number(asked[3]) }
  const marked = MARKED.exec(token)
  if (marked !== null) return { origin: marked[1] as Origin, askedAt: Number(marked[2]) }
  return { origin: 'rotate' }
}

/** Whether somebody of ours made it: Secrets Manager's schedule, its console and the AWS CLI make bare ids. */
export const isOwnToken = (token: string): boolean => readRequestToken(token).askedAt !== undefined

/** What a rotation under a token of this origin does; one that only marks a stored value cannot ask, and counts as `rotate`. */
export const intentOfOrigin = (origin: Origin): Intent =>
  origin === 'register' || origin === 'adopt' ? 'rotate' : origin

interface TokenSubject {
  readonly secretArn: string
  /** Incident id, campaign id, or AWSCURRENT's version id for a settle. */
  readonly about: string
}

interface RequestTokenParts extends TokenSubject {
  readonly origin: Origin
  /** Epoch milliseconds. */
  readonly askedAt: number
  /** 1 for the first try; a failed attempt is followed by one with a new token. At most 999. */
  readonly attempt: number
}

const digest = (parts: readonly (string | number)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex')

const subjectOf = ({ secretArn, about }: TokenSubject): string => digest([secretArn, about]).slice(0, SUBJECT_LENGTH)

/** Whether the rotation under this token was asked for because of that, whoever asked, whenever, and however often. */
export const isAbout = (token: string, subject: TokenSubject): boolean => ASKED.exec(token)?.[4] === subjectOf(subject)

const INTENT = 1
const ATTEMPT = 3
const SUBJECT = 4

const agree = (one: string, other: string, parts: readonly number[]): boolean => {
  const [a, b] = [ASKED.exec(one), ASKED.exec(other)]
  return a !== null && b !== null && parts.every((part) => a[part] === b[part])
}

/** Whether both tokens ask for the same attempt at the same thing, at different times. */
export const isSameRequest = (one: string, other: string): boolean => agree(one, other, [INTENT, ATTEMPT, SUBJECT])

/** Whether both tokens ask for the same thing, be it for another attempt. */
export const isSameSubject = (one: string, other: string): boolean => agree(one, other, [INTENT, SUBJECT])

const timeIn = (at: number): string => {
  // A token that does not read back would mean `rotate`, whatever was asked for.
  if (!(at >= 0 && at < 1e13)) throw new RangeError(`askedAt is not a point in time in epoch milliseconds: ${at}`)
  return String(Math.floor(at)).padStart(13, '0')
}

/**
 * `<intent>-<13-digit ms>-<3-digit attempt>-<28 hex>`: 51 to 55 characters, within the 32–64 that Secrets Manager allows. The hex is a digest
 * of what the request is about. Two who ask for the same thing make two tokens, of which Secrets Manager takes one; the other joins.
 */
export const makeRequestToken = ({ origin, askedAt, attempt, ...subject }: RequestTokenParts): string =>
  `${origin}-${timeIn(askedAt)}-${String(Math.min(attempt, MAX_TOKEN_ATTEMPT)).padStart(3, '0')}-${subjectOf(subject)}`

/** Whether the id that carries AWSCURRENT says that no overlap is open. */
export const isSettledOrigin = (origin: Origin): boolean =>
  origin === 'settle' || origin === 'register' || origin === 'adopt'

/**
 * The version that a secret's first value is stored under: the same for whoever stores it, so that Secrets Manager takes one and refuses
 * every other.
 */
export const firstToken = (
  origin: 'register' | 'adopt',
  { arn, createdAt = 0 }: { readonly arn: string; readonly createdAt?: number | undefined },
): string => `${origin}-${timeIn(createdAt)}-${digest([arn, 'the first value', 1]).slice(0, 32)}`
