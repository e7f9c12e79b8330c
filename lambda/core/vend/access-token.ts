// A token as it was minted: boxed like a client secret, so that no log line, error or JSON opens it by accident, with what its claims
// say. Reads the claims and checks that they are what was asked for; it checks no signature, since the token came from Stytch itself.
import { type JsonObject, parseJsonObject } from '../base/json-object.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { sortedScopes } from './scope-rule.ts'

export interface AccessToken {
  /** The token itself. For answering; never for a message. */
  reveal(): string
}

export const createAccessToken = (value: string): AccessToken => {
  const redacted = () => '[access token]'
  return Object.freeze({
    reveal: () => value,
    toString: redacted,
    toJSON: redacted,
    [Symbol.for('nodejs.util.inspect.custom')]: redacted,
  })
}

/** A token that may be kept and vended. Times are epoch milliseconds. */
export interface MintedToken {
  readonly token: AccessToken
  /** As granted: sorted, each once. */
  readonly scopes: readonly string[]
  readonly issuedAt: number
  /** By this environment's clock: never later than the token's own `exp`, nor than its lifetime from when it was asked for. */
  readonly expiresAt: number
  readonly mintedAt: number
  readonly lifetimeMs: number
  /** Of the key that signed it. */
  readonly keyId: string
}

interface ExpectedClaims {
  readonly clientId: string
  readonly projectId: string
  /** Sorted, each once. */
  readonly scopes: readonly string[]
  /** As the token endpoint's answer says it. */
  readonly expiresInSeconds: number
  /** When it was asked for. */
  readonly askedAt: number
}

const KEY_ID = /^[A-Za-z0-9_.:-]{1,128}$/

const decoded = (part: string | undefined): JsonObject =>
  parseJsonObject(Buffer.from(part ?? '', 'base64url').toString('utf8')) ?? {}

const isSeconds = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value > 0

const audiences = (aud: unknown): readonly unknown[] => (Array.isArray(aud) ? aud : [aud])

const claimFaults = (claims: JsonObject, expected: ExpectedClaims): readonly string[] => {
  const { clientId, projectId, scopes, expiresInSeconds } = expected
  const faults: string[] = []
  if (!isSeconds(expiresInSeconds)) faults.push('expires_in is no lifetime')
  if (claims.sub !== clientId) faults.push('sub is not the client')
  if (!audiences(claims.aud).includes(projectId)) faults.push('aud does not hold the project')
  const granted = typeof claims.scope === 'string' ? claims.scope.split(' ').filter((scope) => scope !== '') : []
  if (sortedScopes(granted).join(' ') !== scopes.join(' ')) faults.push('scope is not what was asked for')
  const { iat, exp } = claims
  if (!isSeconds(iat) || !isSeconds(exp) || exp <= iat) faults.push('iat and exp are not a lifetime')
  return faults
}

/** @returns the token, or what is wrong with it, naming claims and none of their values. */
export const readMintedToken = (value: string, expected: ExpectedClaims): Result<MintedToken, readonly string[]> => {
  const [header, payload, signature, ...rest] = value.split('.')
  if (!payload || !signature || rest.length > 0) return refused(['the token is no signed JWT'])
  const claims = decoded(payload)
  const faults = claimFaults(claims, expected)
  if (faults.length > 0) return refused(faults)
  const [iat, exp] = [Number(claims.iat), Number(claims.exp)]
  const lifetimeMs = Math.min(exp - iat, expected.expiresInSeconds) * 1000
  const { kid } = decoded(header)
  return ok({
    token: createAccessToken(value),
    scopes: expected.scopes,
    issuedAt: iat * 1000,
    expiresAt: Math.min(exp * 1000, expected.askedAt + lifetimeMs),
    mintedAt: expected.askedAt,
    lifetimeMs,
    keyId: typeof kid === 'string' && KEY_ID.test(kid) ? kid : 'unknown',
  })
}
