// What users granted to Connected Apps, and what the apps make of it: codes, access tokens and refresh tokens, and what the
// introspection endpoint says of them. Kept by hash. A user's consent comes in-process; no browser and no login page is played.
import { randomBytes } from 'node:crypto'
import { ApiError } from './api-error.ts'
import type { ConnectedAppRecord } from './connected-app-record.ts'
import { hashSecret, type Ids } from './ids.ts'
import type { SettingsBox } from './settings-box.ts'
import type { SigningKeys } from './signing-keys.ts'
import type { AppGrantType, TokenFields } from './token-request.ts'

/** RFC 6749 4.1.2 recommends at most ten minutes; Stytch documents "one time", and no figure. */
const CODE_LIFETIME_MS = 10 * 60 * 1000
/** Documented: three months, extended by each use. */
const REFRESH_LIFETIME_MS = 90 * 24 * 3600 * 1000

interface Grant {
  readonly clientId: string
  readonly userId: string
  readonly scope: string
  /** Of a code: what the token request must repeat. */
  readonly redirectUri?: string
  readonly expiresAt: number
}

type Claims = Readonly<Record<string, unknown>> & { readonly exp: number }

export interface AppGrantsParts {
  readonly projectId: string
  readonly settings: SettingsBox
  readonly ids: Ids
  readonly keys: SigningKeys
  readonly now: () => number
}

export interface ConsentInput {
  readonly redirectUri: string
  readonly scopes: readonly string[]
}

export interface AppGrants {
  /** A user agrees. @returns the code that the app may redeem once. */
  consent(clientId: string, input: ConsentInput): string
  /** @throws ApiError when the code or refresh token is not this app's, used up or expired. */
  redeem(grant: AppGrantType, app: ConnectedAppRecord, fields: TokenFields): Promise<object>
  /** RFC 7662: the claims of a live token of this app, or that it is not active. */
  introspect(app: ConnectedAppRecord, fields: TokenFields): object
  clear(): void
}

const opaque = (): string => randomBytes(33).toString('base64url')

const oauth = (type: string): ApiError => new ApiError(400, type, { shape: 'oauth' })

export const createAppGrants = ({ projectId, settings: box, ids, keys, now }: AppGrantsParts): AppGrants => {
  const codes = new Map<string, Grant>()
  const refreshTokens = new Map<string, Grant>()
  const accessTokens = new Map<string, Claims>()

  const keep = (grants: Map<string, Grant>, grant: Grant): string => {
    const value = opaque()
    grants.set(hashSecret(value), grant)
    return value
  }

  const unknown = (notFound: string): ApiError =>
    box.current().unknownGrantError === 'invalid_grant' ? oauth('invalid_grant') : new ApiError(404, notFound)

  const isLive = (grant: Grant | undefined, app: ConnectedAppRecord): grant is Grant =>
    grant !== undefined && grant.clientId === app.id && now() < grant.expiresAt

  const takeCode = (app: ConnectedAppRecord, { code, redirectUri }: TokenFields): Grant => {
    if (code === undefined || redirectUri === undefined) throw oauth('invalid_request')
    const key = hashSecret(code)
    const grant = codes.get(key)
    if (!isLive(grant, app) || grant.redirectUri !== redirectUri) throw unknown('idp_auth_code_not_found')
    codes.delete(key)
    return grant
  }

  const useRefreshToken = (app: ConnectedAppRecord, { refreshToken }: TokenFields): Grant => {
    if (refreshToken === undefined) throw oauth('invalid_request')
    const key = hashSecret(refreshToken)
    const grant = refreshTokens.get(key)
    if (!isLive(grant, app)) throw unknown('idp_refresh_token_not_found')
    refreshTokens.set(key, { ...grant, expiresAt: now() + REFRESH_LIFETIME_MS })
    return grant
  }

  /** Oldest first, so the first live one ends it: hours of traffic must not fill the memory. */
  const forgetExpired = (): void => {
    for (const [key, { exp }] of accessTokens) {
      if (now() < exp * 1000) return
      accessTokens.delete(key)
    }
  }

  const reply = async (app: ConnectedAppRecord, { userId, scope }: Grant): Promise<Record<string, unknown>> => {
    const iat = Math.floor(now() / 1000)
    const lifetimeSeconds = app.fields.access_token_expiry_minutes * 60
    const claims = {
      iss: `stytch.com/${projectId}`,
      sub: userId,
      aud: [projectId],
      client_id: app.id,
      scope,
      iat,
      nbf: iat,
      exp: iat + lifetimeSeconds,
      jti: opaque(),
    }
    const token = await keys.signJwt(claims)
    forgetExpired()
    accessTokens.set(hashSecret(token), claims)
    return { access_token: token, expires_in: lifetimeSeconds, scope, token_type: 'bearer' }
  }

  return {
    consent: (clientId, { redirectUri, scopes }) =>
      keep(codes, {
        clientId,
        userId: ids.user(),
        scope: scopes.join(' '),
        redirectUri,
        expiresAt: now() + CODE_LIFETIME_MS,
      }),
    redeem: async (type, app, fields) => {
      // A confidential app keeps its refresh token: documented, and the only kind of app that gets here.
      if (type === 'refresh_token') return reply(app, useRefreshToken(app, fields))
      const { clientId, userId, scope } = takeCode(app, fields)
      const answer = await reply(app, { clientId, userId, scope, expiresAt: 0 })
      if (!scope.split(' ').includes('offline_access')) return answer
      const grant = { clientId, userId, scope, expiresAt: now() + REFRESH_LIFETIME_MS }
      return { ...answer, refresh_token: keep(refreshTokens, grant) }
    },
    introspect: (app, { token }) => {
      if (token === undefined) throw oauth('invalid_request')
      const key = hashSecret(token)
      const claims = accessTokens.get(key)
      if (claims?.client_id === app.id && now() < claims.exp * 1000) {
        const { jti: _jti, ...shown } = claims
        return { active: true, ...shown, token_type: 'access_token' }
      }
      const grant = refreshTokens.get(key)
      if (!isLive(grant, app)) return { active: false }
      const { clientId, userId, scope, expiresAt } = grant
      const exp = Math.floor(expiresAt / 1000)
      return { active: true, client_id: clientId, sub: userId, scope, exp, token_type: 'refresh_token' }
    },
    clear: () => {
      codes.clear()
      refreshTokens.clear()
      accessTokens.clear()
    },
  }
}
