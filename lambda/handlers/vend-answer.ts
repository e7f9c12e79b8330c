// How a vend's outcome is answered to its caller: OAuth's shapes, several reasons to one answer, so that a caller learns what to do and
// nothing else. Pure. Nothing here may be kept by anybody on the way.

import { vendorBaseUrl } from '../adapters/stytch/base-url.ts'
import type { NotVended } from '../core/vend/vend-failures.ts'
import type { Vended } from '../core/vend/vend-token.ts'
import type { VendorEnv } from '../env/vendor.ts'

export interface VendAnswer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const headers = { 'content-type': 'application/json', 'cache-control': 'no-store', pragma: 'no-cache' }

const json = (statusCode: number, body: object, more: Readonly<Record<string, string>> = {}): VendAnswer => ({
  statusCode,
  headers: { ...headers, ...more },
  body: JSON.stringify(body),
})

/** RFC 6749 §5.1, and when the token ends, in epoch seconds, for who caches it. */
export const tokenAnswer = ({ token }: Vended, now: number): VendAnswer =>
  json(200, {
    access_token: token.token.reveal(),
    token_type: 'Bearer',
    expires_in: Math.floor((token.expiresAt - now) / 1000),
    scope: token.scopes.join(' '),
    expires_at: Math.floor(token.expiresAt / 1000),
  })

type ErrorCode =
  | 'access_denied'
  | 'invalid_request'
  | 'invalid_scope'
  | 'unauthorized_client'
  | 'temporarily_unavailable'
  | 'server_error'

const error = (
  status: number,
  code: ErrorCode,
  description: string,
  more?: Readonly<Record<string, string>>,
): VendAnswer => json(status, { error: code, error_description: description }, more)

const later = (description: string, now: number, until = now + 1000): VendAnswer =>
  error(503, 'temporarily_unavailable', description, {
    'retry-after': String(Math.max(1, Math.ceil((until - now) / 1000))),
  })

export const failureAnswer = (failure: NotVended, now: number): VendAnswer => {
  switch (failure.reason) {
    case 'notFromTheApi':
      return error(403, 'access_denied', 'The request did not come by way of the API.')
    case 'noSuchRoute':
      return error(404, 'invalid_request', 'There is no such route.')
    case 'bodyTooLarge':
      return error(413, 'invalid_request', 'The body is too large.')
    case 'malformedRequest':
      return error(400, 'invalid_request', failure.faults.join('; '))
    case 'noSuchClient':
    case 'noRule':
      return error(403, 'unauthorized_client', 'No tokens are vended for this client.')
    case 'noDefaultScopes':
      return error(400, 'invalid_scope', 'The client has no default scopes: name those that are needed.')
    case 'scopesNotAllowed':
      return error(400, 'invalid_scope', 'The client may not have every scope that was asked for.')
    case 'scopeRefused':
      return error(400, 'invalid_scope', 'Stytch does not grant the client every scope that was asked for.')
    case 'switchedOff':
      return error(403, 'unauthorized_client', 'The client is switched off: no tokens are vended for it.')
    case 'credentialRefused':
      return later("Stytch refuses the client's current secret; the operators have been notified.", now, failure.until)
    case 'throttled':
    case 'unavailable':
      return later('Stytch gives no token just now.', now, failure.until)
    case 'secretUnreadable':
      return later("The client's secret cannot be read just now.", now, failure.until)
    case 'renewedLately':
      return later('The client was given a new token a moment ago.', now, failure.until)
    case 'notYet':
      return error(400, 'invalid_request', 'not_issued_before: no token can have been issued then.')
    case 'outOfTime':
      return later('There was no time left to answer.', now)
    case 'rejected':
    case 'tokenUnfit':
      return error(502, 'server_error', "Stytch's answer was not a token for this request.")
    case 'malformedSecret':
      return error(500, 'server_error', "The client's secret is not in its format.")
  }
}

export const faultAnswer = (isRetryable: boolean, now: number): VendAnswer =>
  isRetryable
    ? later('The answer could not be found just now.', now)
    : error(500, 'server_error', 'The answer could not be found.')

/**
 * RFC 8414, whose issuer is a URL: of this API, which vends. What tokens say in `iss` is Stytch's, which has no scheme, and so has a member of
 * its own. A caller's proof of itself is its AWS signature.
 */
export const metadataAnswer = ({ stytch, vertical, apiUrl }: VendorEnv): VendAnswer => {
  const { projectId } = stytch
  const path = vertical === 'b2b' ? '/v1/b2b/sessions/jwks/' : '/v1/sessions/jwks/'
  return json(200, {
    issuer: apiUrl,
    access_token_issuer: `stytch.com/${projectId}`,
    jwks_uri: new URL(`${path}${encodeURIComponent(projectId)}`, stytch.baseUrl ?? vendorBaseUrl(projectId)).href,
    token_endpoint: `${apiUrl}/clients/{client}/token`,
    revocations_endpoint: `${apiUrl}/revocations`,
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['aws_sigv4'],
    response_types_supported: [],
  })
}
