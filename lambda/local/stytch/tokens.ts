// The token endpoint: checks a client's credentials against its two slots and mints the one-hour JWT that Stytch documents.
// A token says nothing of the secret it was bought with, so rotation, deactivation and deletion leave it valid.
import { ApiError } from './api-error.ts'
import { acceptsSecret, type ClientStore } from './client-store.ts'
import type { SettingsBox } from './settings.ts'
import type { SigningKeys } from './signing-keys.ts'
import { checkGrant, credentialsOf, type TokenFields } from './token-request.ts'

/** Fixed by Stytch; no request and no client changes it. */
export const TOKEN_LIFETIME_SECONDS = 3600

export interface TokensParts {
  readonly projectId: string
  readonly store: ClientStore
  readonly settings: SettingsBox
  readonly keys: SigningKeys
  readonly now: () => number
}

export interface Tokens {
  /** @throws ApiError in the OAuth shape. */
  issue(pathProjectId: string, fields: TokenFields): Promise<object>
}

export const createTokens = ({ projectId, store, settings: box, keys, now }: TokensParts): Tokens => {
  const invalidClient = (isBasic: boolean): ApiError => {
    const status = box.current().refusedCredentialStatus
    // RFC 6749 5.2: a 401 names the scheme that the client tried.
    const headers = isBasic && status === 401 ? { 'www-authenticate': 'Basic realm="stytch"' } : {}
    return new ApiError(status, 'invalid_client', { shape: 'oauth', headers })
  }

  const grantedScope = (asked: string | undefined, held: readonly string[]): string => {
    const { emptyScope, invalidScopeStatus } = box.current()
    const wanted = [...new Set(asked?.split(' ').filter((scope) => scope !== '') ?? [])]
    const isRefused = wanted.some((scope) => !held.includes(scope))
    if (isRefused || (asked !== undefined && wanted.length === 0 && emptyScope === 'refused')) {
      throw new ApiError(invalidScopeStatus, 'invalid_scope', { shape: 'oauth' })
    }
    return (wanted.length === 0 ? held : wanted).join(' ')
  }

  return {
    issue: async (pathProjectId, fields) => {
      if (pathProjectId !== projectId) {
        throw box.current().otherProjectError === 'invalid_client'
          ? invalidClient(fields.basic !== undefined)
          : new ApiError(404, 'project_not_found', { shape: 'oauth' })
      }
      checkGrant(fields)
      const { id, secret } = credentialsOf(fields, box.current())
      const record = store.find(id)
      // Unknown, inactive and wrong look alike from outside: RFC 6749 has one code for the three.
      if (record === undefined || !acceptsSecret(record, secret, now())) throw invalidClient(fields.basic !== undefined)
      const scope = grantedScope(fields.scope, record.scopes)
      const iat = Math.floor(now() / 1000)
      const claims = {
        sub: record.clientId,
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
    },
  }
}
