// For services that trust Stytch's tokens: whether one is whole, meant for this project, alive, and good for what is asked; and, with the
// vendor's list, whether it died with its client's secret. It does not have the faults of the vendor's own SDK (stytch-api §3): a token
// without scopes has none, `a:b:d` is not `a:b:c`, and a token of another kind is refused.
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { createElapsed } from './elapsed.ts'
import { createProjectKeys } from './project-keys.ts'
import type { Revocations } from './revocations.ts'

export interface VerifierSettings {
  /** `project-live-…` */
  readonly projectId: string
  /** Which of Stytch's products the project is of. @default 'consumer' */
  readonly vertical?: 'consumer' | 'b2b'
  /** Where the project's keys are. @default - Stytch's own address for the project */
  readonly jwksUrl?: string
  /** Further issuers, for tokens bought over a custom domain: `https://login.example.com`. @default - none */
  readonly issuers?: readonly string[]
  /** Of every token. @default - none */
  readonly requiredScopes?: readonly string[]
  /** Refuses older tokens, however long they live, in seconds. @default - none */
  readonly maxTokenAgeSeconds?: number
  /** Between this clock and Stytch's, in seconds. @default 5 */
  readonly clockToleranceSeconds?: number
  /** @default - revocations are not asked for */
  readonly revocations?: Revocations
  /** Whether a `sub` is an M2M client's; clients that were imported may have any id. @default - begins with m2m-client- */
  readonly isClientId?: (sub: string) => boolean
  /** For tests: keys in place of those at `jwksUrl`. */
  readonly keys?: JWTVerifyGetKey
  /** @default - the system's */
  readonly now?: () => number
  /** Milliseconds on a clock that nobody sets. @default - Node's, and the time in which the machine slept */
  readonly elapsed?: () => number
}

export type RefusalCode =
  /** Malformed, not signed by the project's keys, for somebody else, or of another kind. */
  | 'invalid_token'
  | 'expired_token'
  /** Issued before its client's secret was revoked. */
  | 'revoked_token'
  | 'insufficient_scope'
  /** Keys or revocations could not be read: unknown. */
  | 'unavailable'

export class TokenRefused extends Error {
  readonly code: RefusalCode
  constructor(code: RefusalCode, why: string, cause?: unknown) {
    super(`The token was refused: ${why}.`, cause === undefined ? undefined : { cause })
    this.name = 'TokenRefused'
    this.code = code
  }
}

export interface VerifiedToken {
  readonly clientId: string
  readonly scopes: readonly string[]
  /** Epoch milliseconds. */
  readonly expiresAt: number
  readonly claims: JWTPayload
}

/** @throws TokenRefused */
export type Verify = (token: string, more?: { readonly requiredScopes?: readonly string[] }) => Promise<VerifiedToken>

const apiOf = (projectId: string): string =>
  projectId.startsWith('project-live-') ? 'https://api.stytch.com' : 'https://test.stytch.com'

const jwksUrlOf = ({ projectId, vertical = 'consumer', jwksUrl }: VerifierSettings): URL => {
  const path = vertical === 'b2b' ? '/v1/b2b/sessions/jwks/' : '/v1/sessions/jwks/'
  return new URL(jwksUrl ?? `${path}${encodeURIComponent(projectId)}`, apiOf(projectId))
}

/** The scope itself; or `read:*`, which stands for one last part: `read:invoices`, but neither `read` nor `read:invoices:mine`. */
export const satisfies = (held: string, required: string): boolean => {
  if (held === required) return true
  if (!held.endsWith(':*')) return false
  const stem = held.slice(0, -1)
  const rest = required.slice(stem.length)
  return required.startsWith(stem) && rest !== '' && !rest.includes(':') && rest !== '*'
}

const scopesOf = ({ scope }: JWTPayload): readonly string[] =>
  typeof scope === 'string' ? scope.split(' ').filter((one) => one !== '') : []

const explain = (error: unknown): TokenRefused => {
  if (error instanceof TokenRefused) return error
  if (error instanceof errors.JWTExpired) return new TokenRefused('expired_token', 'it is too old')
  if (error instanceof errors.JWKSInvalid || !(error instanceof errors.JOSEError)) {
    return new TokenRefused('unavailable', "the project's keys could not be read", error)
  }
  // jose's messages name claims and never their values.
  return new TokenRefused('invalid_token', error.code)
}

export const createVerifier = (settings: VerifierSettings): Verify => {
  const { projectId, issuers = [], maxTokenAgeSeconds, clockToleranceSeconds = 5, revocations } = settings
  const { now = Date.now, elapsed = createElapsed(), isClientId = (sub) => sub.startsWith('m2m-client-') } = settings
  const keys = settings.keys ?? createProjectKeys({ url: jwksUrlOf(settings), elapsed })
  const options = {
    algorithms: ['RS256'],
    typ: 'JWT',
    audience: projectId,
    issuer: [`stytch.com/${projectId}`, ...issuers],
    requiredClaims: ['sub', 'iat', 'exp'],
    clockTolerance: clockToleranceSeconds,
  }

  const check = async (token: string): Promise<JWTPayload> => {
    try {
      const currentDate = new Date(now())
      const age = maxTokenAgeSeconds === undefined ? {} : { maxTokenAge: maxTokenAgeSeconds }
      return (await jwtVerify(token, keys, { ...options, ...age, currentDate })).payload
    } catch (error) {
      throw explain(error)
    }
  }

  const refuseRevoked = async (clientId: string, issuedAt: number): Promise<void> => {
    const notBefore = await revocations?.notBefore(clientId).catch((error: unknown) => {
      throw new TokenRefused('unavailable', 'the list of revocations could not be read', error)
    })
    if (notBefore !== undefined && issuedAt < notBefore) {
      throw new TokenRefused('revoked_token', "it was issued before its client's secret was revoked")
    }
  }

  return async (token, { requiredScopes = [] } = {}) => {
    const claims = await check(token)
    const { sub: clientId = '', iat = 0, exp = 0 } = claims
    if (!isClientId(clientId)) throw new TokenRefused('invalid_token', 'its subject is not an M2M client')
    await refuseRevoked(clientId, iat)
    const scopes = scopesOf(claims)
    const required = [...(settings.requiredScopes ?? []), ...requiredScopes]
    const missing = required.filter((one) => !scopes.some((held) => satisfies(held, one)))
    if (missing.length > 0) throw new TokenRefused('insufficient_scope', `it lacks ${missing.join(' ')}`)
    return { clientId, scopes, expiresAt: exp * 1000, claims }
  }
}
