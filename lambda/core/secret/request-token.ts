// The request token: Secrets Manager's ClientRequestToken, which is also the new version's id, and which carries what a
// rotation is for (architecture §3). Pure: the asker brings the time; nothing here decides whether to ask.
import { createHash } from 'node:crypto'

export const intents = ['rotate', 'revoke', 'settle', 'rollback'] as const
/** What a rotation is for. */
export type Intent = (typeof intents)[number]

/** rotate and revoke put a value in place that Stytch has just issued; settle and rollback copy one that is stored. */
export const makesNewValue = (origin: Origin): boolean => origin === 'rotate' || origin === 'revoke'

/** Where a version came from, as its id tells: a rotation's intent, or how the value was first stored. */
export type Origin = Intent | 'register' | 'adopt'

export interface RequestToken {
  readonly origin: Origin
  /** When it was asked for, epoch milliseconds (settles: rounded down to the hour); absent for a foreign token. */
  readonly askedAt?: number
}

const HOUR_MS = 3_600_000
const PATTERN = /^(rotate|revoke|settle|rollback|register|adopt)-(\d{13})-[0-9a-f]{32}$/

/** A settle or rollback older than this is refused: how an unlabelled version is re-driven is undocumented. */
export const MAX_SETTLE_AGE_MS = 2 * HOUR_MS

/** Any token that is not ours – the bare UUID of the console, the CLI or Secrets Manager's schedule – means `rotate`. */
export const readRequestToken = (token: string): RequestToken => {
  const match = PATTERN.exec(token)
  if (match === null) return { origin: 'rotate' }
  return { origin: match[1] as Origin, askedAt: Number(match[2]) }
}

/** What a rotation under a token of this origin does; one that only marks a stored value cannot ask, and counts as `rotate`. */
export const intentOfOrigin = (origin: Origin): Intent =>
  origin === 'register' || origin === 'adopt' ? 'rotate' : origin

export interface RequestTokenParts {
  readonly origin: Origin
  /** Epoch milliseconds. */
  readonly askedAt: number
  readonly secretArn: string
  /** Incident id, campaign id, or AWSCURRENT's version id for a settle: who asks for the same thing gets the same token. */
  readonly about: string
  /** 1 for the first try; a failed attempt is followed by one with a new token. */
  readonly attempt: number
}

/** @returns 49 to 55 characters, within the 32–64 that Secrets Manager allows. */
export const makeRequestToken = ({ origin, askedAt, secretArn, about, attempt }: RequestTokenParts): string => {
  const ms = Math.floor(origin === 'settle' ? askedAt - (askedAt % HOUR_MS) : askedAt)
  const hex = createHash('sha256')
    .update(JSON.stringify([secretArn, about, attempt]))
    .digest('hex')
    .slice(0, 32)
  const token = `${origin}-${String(ms).padStart(13, '0')}-${hex}`
  // A token that does not read back would mean `rotate`, whatever was asked for.
  if (!PATTERN.test(token)) throw new RangeError(`askedAt is not a point in time in epoch milliseconds: ${askedAt}`)
  return token
}

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
): string => makeRequestToken({ origin, askedAt: createdAt, secretArn: arn, about: 'the first value', attempt: 1 })
