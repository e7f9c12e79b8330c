// The error that a planned fault plays when only its status is given: the likeliest type, in the shape that the operation's own
// refusals have. Decides nothing about whether there is a fault.
import { ApiError, type ErrorDetails, type ErrorShape } from './api-error.ts'

const typeByStatus: Readonly<Record<number, string>> = {
  400: 'bad_request',
  401: 'unauthorized_credentials',
  403: 'use_https',
  405: 'method_not_allowed',
  429: 'too_many_requests',
  503: 'server_unavailable',
}

const shapeOf: Readonly<Record<string, ErrorShape>> = { Token: 'oauth', Introspect: 'oauth', ScimRequest: 'scim' }

const notFoundTypes: ReadonlyArray<readonly [part: string, type: string]> = [
  ['ConnectedApp', 'connected_app_not_found'],
  ['Scim', 'no_active_scim_connection'],
  ['ProjectSecret', 'secret_not_found'],
]

const notFoundType = (op: string): string =>
  notFoundTypes.find(([part]) => op.includes(part))?.[1] ?? 'm2m_client_not_found'

export const plannedError = (status: number, more: ErrorDetails & { readonly op: string }): ApiError => {
  const { op } = more
  // What answers 429 or 5xx stands in front of every endpoint, so those keep Stytch's own body.
  const shape = status < 500 && status !== 429 ? (shapeOf[op] ?? 'stytch') : 'stytch'
  if (shape === 'oauth') {
    return new ApiError(status, status === 401 ? 'invalid_client' : 'invalid_request', { ...more, shape })
  }
  const type = status === 404 ? notFoundType(op) : typeByStatus[status]
  return new ApiError(status, type ?? (status >= 500 ? 'internal_server_error' : 'bad_request'), { ...more, shape })
}
