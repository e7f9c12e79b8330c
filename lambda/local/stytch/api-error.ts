// Stytch's two error bodies, and every error the stand-in can answer with. Names are from Stytch's published list of error
// types; a status or a message that Stytch does not document is the likeliest one. Messages are constants: none repeats input.
import type { StandInReply } from '../stand-in/server.ts'

/** Thrown by whatever checks a request; becomes a reply in one place (routes.ts). */
export class ApiError extends Error {
  readonly status: number
  /** `error_type`, or `error` in the OAuth shape. */
  readonly type: string
  readonly shape: 'stytch' | 'oauth'
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, type: string, more: ErrorDetails = {}) {
    super(more.message ?? messages[type] ?? 'The request was refused.')
    this.name = 'ApiError'
    this.status = status
    this.type = type
    this.shape = more.shape ?? 'stytch'
    this.headers = more.headers ?? {}
  }
}

export interface ErrorDetails {
  readonly message?: string
  readonly shape?: 'stytch' | 'oauth'
  readonly headers?: Readonly<Record<string, string>>
}

const messages: Readonly<Record<string, string>> = {
  // Documented word for word.
  unauthorized_credentials: 'Unauthorized credentials.',
  too_many_requests: 'Too many requests have been made.',
  internal_server_error:
    'Oops, something seems to have gone wrong, please reach out to support@stytch.com to let us know what went wrong.',
  use_https: 'Please use https instead of http.',
  // Undocumented.
  bad_request: 'The request body could not be read as JSON.',
  invalid_argument: 'An argument of the request is invalid.',
  route_not_found: 'The requested route could not be found.',
  method_not_allowed: 'The requested method is not allowed on this route.',
  project_not_found: 'The project requested could not be found.',
  server_unavailable: 'The server is unavailable, please try again.',
  m2m_client_not_found: 'The M2M client requested could not be found.',
  m2m_client_already_rotating_secret: 'The M2M client is already rotating its secret.',
  m2m_client_not_rotating_secret: 'The M2M client is not rotating its secret.',
  m2m_client_invalid_client_id: 'The client_id is invalid.',
  m2m_client_invalid_client_name: 'The client_name is invalid.',
  m2m_client_invalid_client_description: 'The client_description is invalid.',
  m2m_client_invalid_client_secret: 'The client_secret is invalid, it must have at least 8 characters.',
  m2m_client_invalid_status: 'The status is invalid, it must be "active" or "inactive".',
  invalid_m2m_client_scope: 'The scopes are invalid, expected an array of strings without spaces.',
  invalid_m2m_client_status: 'The M2M client is inactive.',
  insecure_m2m_client_secret: 'The client_secret does not have enough entropy.',
  client_secret_too_long: 'The client_secret is too long.',
  duplicate_m2m_client_id: 'An M2M client with this client_id exists already.',
  too_many_m2m_client_scopes: 'The M2M client has too many scopes.',
  too_many_m2m_clients_for_billing_tier: 'The project has as many M2M clients as its billing tier allows.',
  metadata_invalid_format: 'The metadata is invalid, expected an object.',
  metadata_too_many_keys: 'The metadata has more than 20 top-level keys.',
  metadata_too_large: 'The metadata is larger than 4 KB.',
  m2m_search_expected_array_of_strings: 'The filter_value must be an array of strings.',
  m2m_search_filter_name_must_be_string: 'The filter_name must be a string.',
  m2m_search_filter_name_not_recognized: 'The filter_name is not recognized.',
  m2m_search_missing_filter_name: 'The operand has no filter_name.',
  m2m_search_missing_filter_value: 'The operand has no filter_value.',
  // RFC 6749, 5.2.
  invalid_client: 'Client authentication failed.',
  invalid_request: 'The request is missing a required parameter or is malformed.',
  invalid_scope: 'A requested scope is not assigned to the client.',
  unsupported_grant_type: 'The grant_type must be "client_credentials".',
}

/** The reply an error becomes. `status_code` is in the body too: Stytch's SDK reads it there and nowhere else. */
export const errorReply = (error: ApiError, requestId: string): StandInReply => {
  const url = `https://stytch.com/docs/api/errors/${error.status}#${error.type}`
  const named =
    error.shape === 'oauth'
      ? { error: error.type, error_description: error.message, error_uri: url }
      : { error_type: error.type, error_message: error.message, error_url: url }
  return {
    status: error.status,
    headers: error.headers,
    body: { status_code: error.status, request_id: requestId, ...named },
  }
}

const typeByStatus: Readonly<Record<number, string>> = {
  400: 'bad_request',
  401: 'unauthorized_credentials',
  403: 'use_https',
  404: 'm2m_client_not_found',
  405: 'method_not_allowed',
  429: 'too_many_requests',
  503: 'server_unavailable',
}

/** The error a planned fault plays when only its status is given. */
export const errorOfStatus = (status: number, more: ErrorDetails & { readonly op: string }): ApiError => {
  // What answers 429 or 5xx stands in front of the token endpoint, so those keep Stytch's own body.
  if (more.op === 'Token' && status < 500 && status !== 429) {
    return new ApiError(status, status === 401 ? 'invalid_client' : 'invalid_request', { ...more, shape: 'oauth' })
  }
  return new ApiError(status, typeByStatus[status] ?? (status >= 500 ? 'internal_server_error' : 'bad_request'), more)
}
