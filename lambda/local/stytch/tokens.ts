// The token endpoint: for an M2M client the one-hour JWT that Stytch documents; a Connected App's grants are app-grants.ts. A
// token says nothing of the secret it was bought with, so rotation, deactivation and deletion leave it valid.
import { ApiError } from './api-error.ts'
import type { AppGrants } from './app-grants.ts'
import type { OAuthClients } from './oauth-clients.ts'
import type { SettingsBox } from './settings-box.ts'
import type { SigningKeys } from './signing-keys.ts'
import { grantOf, type TokenFields } from './token-request.ts'

/** Fixed by Stytch for M2M; no request and no client changes it. */
export const TOKEN_LIFETIME_SECONDS = 3600

export interface TokensParts {
  readonly projectId: string
  readonly oauthClients: OAuthClients
  readonly grants: AppGrants
  readonly settings: SettingsBox
  readonly keys: SigningKeys
  readonly now: () => number
}

export interface Tokens {
  /** @throws ApiError, in the OAuth shape but for a setting that says otherwise. */
  issue(pathProjectId: string, fields: TokenFields): Promise<object>
}

export const createTokens = (parts: TokensParts): Tokens => {
  const { projectId, oauthClients, grants, settings: box, keys, now } = parts

  const grantedScope = (asked: string | undefined, held: readonly string[]): string => {
    const { emptyScope, invalidScopeStatus } = box.current()
    const wanted = [...new Set(asked?.split(' ').filter((scope) => scope !== '') ?? [])]
    const isRefused = wanted.some((scope) => !held.includes(scope))
    if (isRefused || (asked !== undefined && wanted.length === 0 && emptyScope === 'refused')) {
      throw new ApiError(invalidScopeStatus, 'invalid_scope', { shape: 'oauth' })
    }
    return (wanted.length === 0 ? held : wanted).join(' ')
  }

  const m2mToken = async (fields: TokenFields): Promise<object> => {
    const record = oauthClients.m2mClient(fields)
    const scope = grantedScope(fields.scope, record.scopes)
    const iat = Math.floor(now() / 1000)
    const claims = {
      sub: record.id,
      iss: `stytch.com/${projectId}`,
      aud: [projectId],
      scope,
      iat,
      nbf: iat,
      exp: iat + TOKEN_LIFETIME_SECONDS,
    }
    return {
      access_token: await keys.signJwt(claims),
      token_type: 'bearer',
      expires_in: TOKEN_LIFETIME_SECONDS,
    }
  }

  return {
    issue: async (pathProjectId, fields) => {
      oauthClients.checkProject(pathProjectId, fields)
      const grant = grantOf(fields)
      if (grant === 'client_credentials') return m2mToken(fields)
      return grants.redeem(grant, oauthClients.connectedApp(fields), fields)
    },
  }
}
