// /v1/public/{project}/oauth2 and the JWKS: the endpoints that clients call with credentials of their own, or with none. Whether
// those are any good is decided in oauth-clients.ts.
import type { StandInRequest } from '../stand-in/server.ts'
import { ApiError } from './api-error.ts'
import type { AppGrants } from './app-grants.ts'
import type { Area, Endpoint } from './endpoint.ts'
import type { OAuthClients } from './oauth-clients.ts'
import type { SettingsBox } from './settings-box.ts'
import type { SigningKeys } from './signing-keys.ts'
import { givenCredentials, isForm, readTokenFields, type TokenFields } from './token-request.ts'
import type { Tokens } from './tokens.ts'

export interface OAuthRoutesParts {
  readonly projectId: string
  readonly oauthClients: OAuthClients
  readonly tokens: Tokens
  readonly grants: AppGrants
  readonly keys: SigningKeys
  readonly settings: SettingsBox
  /** Of a client or an app, there now or before. */
  readonly isKnownId: (id: string) => boolean
  readonly now: () => number
}

const LIKELY_ID = /^(m2m-client|connected-app)-[a-z]+-[0-9a-f-]{36}$/

export const createOAuthRoutes = (parts: OAuthRoutesParts): Area => {
  const { projectId, oauthClients, tokens, grants, keys, settings, isKnownId, now } = parts

  /** Who swaps id and secret by mistake must not find the secret among the calls: only what can be an id is remembered. */
  const subjectOf = (fields: TokenFields): string | null => {
    const id = givenCredentials(fields, settings.current()).id
    if (id === undefined) return null
    return isKnownId(id) || LIKELY_ID.test(id) ? id : null
  }

  const token = (pathProjectId: string, request: StandInRequest): Endpoint => {
    const fields = readTokenFields(request)
    return {
      op: 'Token',
      subject: subjectOf(fields),
      credentials: 'own',
      limit: 'token',
      answer: async () => ({ body: await tokens.issue(pathProjectId, fields) }),
    }
  }

  const introspect = (pathProjectId: string, request: StandInRequest): Endpoint => {
    const fields = readTokenFields(request)
    return {
      op: 'Introspect',
      subject: subjectOf(fields),
      credentials: 'own',
      limit: 'token',
      answer: () => {
        oauthClients.checkProject(pathProjectId, fields)
        // RFC 7662, and all that Stytch documents: a form, never JSON.
        if (!isForm(request)) throw new ApiError(400, 'invalid_request', { shape: 'oauth' })
        return { body: grants.introspect(oauthClients.connectedApp(fields), fields) }
      },
    }
  }

  const jwks = (pathProjectId: string): Endpoint => ({
    op: 'Jwks',
    subject: null,
    credentials: 'own',
    limit: 'none',
    answer: async () => {
      if (pathProjectId !== projectId) throw new ApiError(404, 'project_not_found')
      return { body: { keys: await keys.jwks(now()) } }
    },
  })

  return ([version, area, ...rest], request) => {
    if (version !== 'v1') return undefined
    const [first = '', second = '', third = ''] = rest
    if (area === 'public' && second === 'oauth2' && rest.length === 3) {
      if (third === 'token') return { POST: token(first, request) }
      if (third === 'introspect') return { POST: introspect(first, request) }
    }
    if (area === 'sessions' && first === 'jwks' && rest.length === 2) return { GET: jwks(second) }
    const isB2b = area === 'b2b' && first === 'sessions' && second === 'jwks' && rest.length === 3
    return isB2b ? { GET: jwks(third) } : undefined
  }
}
