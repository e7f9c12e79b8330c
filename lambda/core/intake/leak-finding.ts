// What a search for leaked values comes to, as the identify function answers it: what was found, where nothing was, and where nobody could
// look. It names secrets and never holds a value. Read back by whoever asked, which trusts its shape as little as any other answer.
import { defined } from '../base/defined.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../base/json-object.ts'

/** Whose value leaked. */
export interface LeakOwner {
  readonly secretArn: string
  readonly secretName: string
  /** Absent: neither the value's JSON nor a tag names it. */
  readonly clientId?: string
  readonly versionId: string
  /** AWSCURRENT, AWSPREVIOUS or AWSPENDING; absent: the value lies in a version that carries no label any more. */
  readonly label?: string
}

export type KnownOwner = LeakOwner & { readonly clientId: string }

/** Stytch's last refusal of the value: it is dead already. */
export interface LeakRefusal {
  readonly status: number
  readonly error: string
  readonly requestId: string
  /** ISO 8601. */
  readonly triedAt: string
}

export interface DeadMatch {
  readonly kind: 'secret'
  readonly state: 'dead'
  readonly owner: KnownOwner
  readonly refusal: LeakRefusal
  /** When the settle that ended it was stored, ISO 8601. Absent: nobody here knows what ended it. */
  readonly since?: string
}

export type SecretMatch =
  /** Stytch accepts it now. */
  | { readonly kind: 'secret'; readonly state: 'alive'; readonly owner: KnownOwner; readonly requestId: string }
  | DeadMatch
  /** Whose it is is known; Stytch did not answer whether it lives. Take it for alive. */
  | { readonly kind: 'secret'; readonly state: 'unproven'; readonly owner: LeakOwner; readonly code: string }

/** By its claims, which nobody has verified. The client's secret need not have leaked. */
export interface TokenMatch {
  readonly kind: 'accessToken'
  /** dead: it has expired. */
  readonly state: 'alive' | 'dead'
  readonly clientId: string
  /** Of the secret that holds this client, where there is one. */
  readonly secretName?: string
  /** ISO 8601; absent: it names no end. */
  readonly until?: string
}

/** It is compared and never tried. Without a settle behind it, it counts as alive. */
export interface ProjectMatch {
  readonly kind: 'projectSecret'
  readonly state: 'alive' | 'dead'
  readonly secretName: string
  readonly versionId: string
  readonly label?: string
  readonly since?: string
}

export type LeakMatch = SecretMatch | TokenMatch | ProjectMatch

/** tooManySecrets: narrow it by prefix or tag. rateLimited: this is no oracle. outOfTime: the search did not get through. */
export const notSearchedReasons = ['tooManySecrets', 'rateLimited', 'outOfTime'] as const
export type NotSearched = (typeof notSearchedReasons)[number]

export interface LeakFinding {
  readonly found: readonly LeakMatch[]
  /** How many secrets the text was held against. */
  readonly searched: number
  /** Names of secrets of which a version could not be read, or is in no known format: nothing is concluded about those. */
  readonly unreadable: readonly string[]
  /** Of how many secrets only the labelled versions were read. */
  readonly olderLeft: number
  /** Whether the text held more than may be compared. */
  readonly isCut: boolean
  /** Whether something in it has the form of a Stytch project secret. */
  readonly hasProjectSecretForm: boolean
  /** It was held against every stored version of the stage's project secret. Absent: nothing is concluded about that. */
  readonly isProjectCompared?: true
  /** Why not everything was searched; absent: it was. */
  readonly notSearched?: NotSearched
}

export const NOTHING_SEARCHED: Omit<LeakFinding, 'notSearched'> = {
  found: [],
  searched: 0,
  unreadable: [],
  olderLeft: 0,
  isCut: false,
  hasProjectSecretForm: false,
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const readOwner = (value: unknown): LeakOwner | undefined => {
  if (!isJsonObject(value)) return undefined
  const [secretArn, secretName, clientId, versionId, label] = [
    value.secretArn,
    value.secretName,
    value.clientId,
    value.versionId,
    value.label,
  ].map(textOf)
  if (secretArn === undefined || secretName === undefined || versionId === undefined) return undefined
  if (value.clientId !== undefined && clientId === undefined) return undefined
  return { secretArn, secretName, versionId, ...defined({ clientId, label }) }
}

const readRefusal = (value: unknown): LeakRefusal | undefined => {
  if (!isJsonObject(value)) return undefined
  const { status } = value
  const [error, requestId, triedAt] = [value.error, value.requestId, value.triedAt].map(textOf)
  if (typeof status !== 'number' || error === undefined || requestId === undefined || triedAt === undefined)
    return undefined
  return { status, error, requestId, triedAt }
}

const readSecret = (match: JsonObject): SecretMatch | undefined => {
  const owner = readOwner(match.owner)
  if (owner === undefined) return undefined
  const [requestId, code, since] = [match.requestId, match.code, match.since].map(textOf)
  const { clientId } = owner
  if (match.state === 'unproven')
    return code === undefined ? undefined : { kind: 'secret', state: 'unproven', owner, code }
  if (clientId === undefined) return undefined
  const known = { ...owner, clientId }
  if (match.state === 'alive')
    return requestId === undefined ? undefined : { kind: 'secret', state: 'alive', owner: known, requestId }
  const refusal = readRefusal(match.refusal)
  return match.state === 'dead' && refusal !== undefined
    ? { kind: 'secret', state: 'dead', owner: known, refusal, ...defined({ since }) }
    : undefined
}

const readState = ({ state }: JsonObject): 'alive' | 'dead' | undefined =>
  state === 'alive' || state === 'dead' ? state : undefined

const readToken = (match: JsonObject): TokenMatch | undefined => {
  const [clientId, secretName, until] = [match.clientId, match.secretName, match.until].map(textOf)
  const state = readState(match)
  return clientId === undefined || state === undefined
    ? undefined
    : { kind: 'accessToken', state, clientId, ...defined({ secretName, until }) }
}

const readProject = (match: JsonObject): ProjectMatch | undefined => {
  const [secretName, versionId, label, since] = [match.secretName, match.versionId, match.label, match.since].map(
    textOf,
  )
  const state = readState(match)
  return secretName === undefined || versionId === undefined || state === undefined
    ? undefined
    : { kind: 'projectSecret', state, secretName, versionId, ...defined({ label, since }) }
}

const readMatch = (value: unknown): LeakMatch | undefined => {
  if (!isJsonObject(value)) return undefined
  switch (value.kind) {
    case 'secret':
      return readSecret(value)
    case 'accessToken':
      return readToken(value)
    case 'projectSecret':
      return readProject(value)
    default:
      return undefined
  }
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0

/** @returns undefined for whatever is no finding: what cannot be read in part is not concluded from. */
export const readFinding = (text: string): LeakFinding | undefined => {
  const json = parseJsonObject(text)
  if (json === undefined || !Array.isArray(json.found) || !Array.isArray(json.unreadable)) return undefined
  const { searched, olderLeft, isCut, hasProjectSecretForm, notSearched: why } = json
  const found = json.found.map(readMatch)
  const unreadable = json.unreadable.map(textOf)
  const notSearched = notSearchedReasons.find((one) => one === why)
  if (!isCount(searched) || !isCount(olderLeft) || (why !== undefined && notSearched === undefined)) return undefined
  if (typeof isCut !== 'boolean' || typeof hasProjectSecretForm !== 'boolean') return undefined
  if (found.includes(undefined) || unreadable.includes(undefined)) return undefined
  return {
    found: found.filter((one) => one !== undefined),
    searched,
    unreadable: unreadable.filter((one) => one !== undefined),
    olderLeft,
    isCut,
    hasProjectSecretForm,
    ...(json.isProjectCompared === true ? { isProjectCompared: true } : {}),
    ...defined({ notSearched }),
  }
}
