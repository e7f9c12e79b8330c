// What Stytch does not document, as settings with the likeliest default, so that a client can be shown every variant. Names and
// defaults only: what a value must be is setting-rules.ts, what is in force now is settings-box.ts.

export interface StytchSettings {
  /** Of every creation. The reference says 200, a newer overview page 201. */
  readonly createStatus: number
  readonly clientNotFoundStatus: number
  /** Of each kind that rotates in slots. */
  readonly alreadyRotatingStatus: number
  readonly notRotatingStatus: number
  /** Of `refusedError` at the token and introspection endpoints, whatever it is. 401 is RFC 6749; the only published mock answers 400. */
  readonly refusedCredentialStatus: number
  /**
   * The name under which a credential is refused there. Stytch's list of error types has `invalid_client`, `invalid_client_secret` and
   * `m2m_client_invalid_client_secret`, without a status; any other may be set as well, to show a client one that it cannot know.
   */
  readonly refusedError: string
  readonly invalidScopeStatus: number
  /** What a token request under another project's path is answered. */
  readonly otherProjectError: 'project_not_found' | 'invalid_client'
  /** What `scope=` (present and empty) means. */
  readonly emptyScope: 'all' | 'refused'
  /** Credentials in the body and as Basic at once. RFC 6749 2.3 forbids it; Stytch's Python SDK sends both, and the body's count. */
  readonly bothCredentials: 'refused' | 'body' | 'basic'
  readonly inactiveClientMayRotate: boolean
  readonly deletedClientIdMayReturn: boolean
  /** How long a secret that left its slot still passes: M2M, Connected App or SCIM. */
  readonly propagationDelayMs: number
  /** How long after its start a next secret is still refused: M2M, Connected App or SCIM. */
  readonly nextSecretDelayMs: number
  /** Up to how old the client is that a GET or a search shows, M2M client or Connected App; each age in between is equally likely. */
  readonly staleGetMs: number
  /**
   * The nodes that answer token calls, by how late each knows a change: it takes a new secret that much later, and refuses an old one
   * that much later. Each TCP connection lands on one of them. Comes on top of the two delays above.
   */
  readonly nodeLagMs: readonly number[]
  /** `total` is then -1 in every search. */
  readonly searchTotalsDisabled: boolean
  readonly searchOrder: 'oldest' | 'newest' | 'client_id'
  /** null = cursors never expire. */
  readonly searchCursorLifetimeMs: number | null
  /** Stand-in for Stytch's unpublished entropy rule on imported secrets. */
  readonly importedSecretMinDistinctCharacters: number
  readonly importedSecretMaxCharacters: number
  readonly maxScopesPerClient: number
  /** null = no billing tier. */
  readonly maxClients: number | null
  /** Which of the two published names an unknown Connected App gets; both are 404. */
  readonly connectedAppNotFoundError: 'connected_app_not_found' | 'idp_client_not_found'
  /** What a Connected App that asks for client_credentials is answered: only its own grants are documented for it. */
  readonly connectedAppClientCredentialsError: 'unauthorized_client' | 'unsupported_grant_type' | 'invalid_client'
  /** An unknown code or refresh token: RFC 6749's answer, or Stytch's own 404 in its own error body. */
  readonly unknownGrantError: 'invalid_grant' | 'idp_not_found'
  /** null = no limit. */
  readonly maxConnectedApps: number | null
  /** Whether a next bearer token passes before complete: Stytch's admin portal says so, its mobile SDKs call it pending. */
  readonly scimNextTokenBeforeComplete: 'accepted' | 'refused'
  /** A start while rotating: Stytch publishes no error for it. `replaced` = the earlier next token dies unseen. */
  readonly scimStartWhileRotating: 'replaced' | 'refused'
  /** next_bearer_token_last_four outside a rotation: required by the schema, left out in the samples. */
  readonly scimNoNextLastFour: 'empty' | 'null' | 'absent'
  /** null = bearer tokens never expire and show no expiry. The samples expire after some five years. */
  readonly scimTokenLifetimeMs: number | null
  /** Of no_active_scim_connection. */
  readonly scimConnectionNotFoundStatus: number
  /** Of a SCIM call with a bearer token that is not accepted. */
  readonly refusedBearerStatus: number
  /** The body of that refusal: RFC 7644's, or Stytch's own. */
  readonly scimErrorBody: 'scim' | 'stytch'
  /** Documented, as a limit a project. */
  readonly maxProjectSecrets: number
  /** No error is published for it, though there is one for the last public token. */
  readonly lastProjectSecretMayBeDeleted: boolean
  readonly projectSecretNotFoundStatus: number
  /** How long a deleted project secret still passes. */
  readonly deletedProjectSecretDelayMs: number
  /** How long a new project secret is still refused. */
  readonly newProjectSecretDelayMs: number
  /** used_at is rounded down to a multiple of this; the samples of Stytch's timestamps are whole seconds. */
  readonly usedAtGranularityMs: number
  /** How long a use stays out of used_at. */
  readonly usedAtLagMs: number
  /** used_at of a secret that nobody used: left out, null, or the zero time of Go. */
  readonly neverUsedAt: 'absent' | 'null' | 'zero'
  /** Calls per fixed window that carry the project's credentials. null = unlimited. */
  readonly rateLimitClientCalls: number | null
  /** Calls per fixed window to the token and introspection endpoints. null = unlimited. */
  readonly rateLimitTokenCalls: number | null
  /** Calls per fixed window to the Management API. null = unlimited. */
  readonly rateLimitManagementCalls: number | null
  readonly rateLimitWindowMs: number
  /** null = no Retry-After header, as Stytch documents none. */
  readonly rateLimitRetryAfterSeconds: number | null
  /** One shot: the next generated secret ends in these four characters, and this is null again. */
  readonly nextSecretLastFour: string | null
  /** What each call waits before its effect. */
  readonly latencyMs: number
}

export const defaultSettings: StytchSettings = {
  createStatus: 200,
  clientNotFoundStatus: 404,
  alreadyRotatingStatus: 400,
  notRotatingStatus: 400,
  refusedCredentialStatus: 401,
  refusedError: 'invalid_client',
  invalidScopeStatus: 400,
  otherProjectError: 'project_not_found',
  emptyScope: 'all',
  bothCredentials: 'body',
  inactiveClientMayRotate: true,
  deletedClientIdMayReturn: true,
  propagationDelayMs: 0,
  nextSecretDelayMs: 0,
  staleGetMs: 0,
  nodeLagMs: [0],
  searchTotalsDisabled: false,
  searchOrder: 'oldest',
  searchCursorLifetimeMs: null,
  importedSecretMinDistinctCharacters: 5,
  importedSecretMaxCharacters: 256,
  maxScopesPerClient: 100,
  maxClients: null,
  connectedAppNotFoundError: 'connected_app_not_found',
  connectedAppClientCredentialsError: 'unauthorized_client',
  unknownGrantError: 'invalid_grant',
  maxConnectedApps: null,
  scimNextTokenBeforeComplete: 'accepted',
  scimStartWhileRotating: 'replaced',
  scimNoNextLastFour: 'empty',
  scimTokenLifetimeMs: 5 * 365 * 24 * 3600 * 1000,
  scimConnectionNotFoundStatus: 404,
  refusedBearerStatus: 401,
  scimErrorBody: 'scim',
  maxProjectSecrets: 50,
  lastProjectSecretMayBeDeleted: true,
  projectSecretNotFoundStatus: 404,
  deletedProjectSecretDelayMs: 0,
  newProjectSecretDelayMs: 0,
  usedAtGranularityMs: 1000,
  usedAtLagMs: 0,
  neverUsedAt: 'absent',
  rateLimitClientCalls: null,
  rateLimitTokenCalls: null,
  rateLimitManagementCalls: null,
  rateLimitWindowMs: 1000,
  rateLimitRetryAfterSeconds: null,
  nextSecretLastFour: null,
  latencyMs: 0,
}
