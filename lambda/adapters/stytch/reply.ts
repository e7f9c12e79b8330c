// Names what Stytch answered (stytch-api §2): one kind for each thing that a caller does next. Statuses that the documentation
// leaves open are not relied on; the error's name decides where there is one.
import { defined } from '../../core/base/defined.ts'
import type { JsonObject } from '../../core/base/json-object.ts'
import type { HttpAnswer } from './http.ts'

export type StytchErrorKind =
  | 'alreadyRotating'
  | 'notRotating'
  | 'notFound'
  | 'refusedCredential'
  | 'rateLimited'
  | 'unauthorizedProject'
  | 'rejected'
  /** No effect: it was not sent, or the vendor says that it was not done. */
  | 'unavailable'
  /** It may have been done. */
  | 'outcomeUnknown'

export interface StytchError {
  readonly ok: false
  readonly kind: StytchErrorKind
  readonly status: number | undefined
  /** The vendor's error name, or why no reply came; safe to log. */
  readonly error: string
  readonly requestId: string
  /** rateLimited, when the vendor says how long. */
  readonly retryAfterMs?: number
}

export type StytchReply<Value> = { readonly ok: true; readonly value: Value; readonly requestId: string } | StytchError

const kindByError: Readonly<Record<string, StytchErrorKind>> = {
  m2m_client_already_rotating_secret: 'alreadyRotating',
  m2m_client_not_rotating_secret: 'notRotating',
  m2m_client_not_found: 'notFound',
  secret_not_found: 'notFound',
  idp_client_already_rotating_secret: 'alreadyRotating',
  idp_client_not_rotating_secret: 'notRotating',
  idp_client_not_found: 'notFound',
  connected_app_not_found: 'notFound',
  scim_connection_not_rotating_token: 'notRotating',
  no_active_scim_connection: 'notFound',
  too_many_requests: 'rateLimited',
  unauthorized_credentials: 'unauthorizedProject',
  invalid_project_id_authentication: 'unauthorizedProject',
  invalid_secret_authentication: 'unauthorizedProject',
  invalid_authorization_header: 'unauthorizedProject',
  // Which of them the token endpoint sends is not documented (stytch-api, "Found since"); the last two are OAuth's (RFC 6749 §5.2).
  invalid_client: 'refusedCredential',
  invalid_client_secret: 'refusedCredential',
  m2m_client_invalid_client_secret: 'refusedCredential',
  unauthorized_client: 'refusedCredential',
  invalid_grant: 'refusedCredential',
}

const ERROR_NAME = /^[A-Za-z0-9_.-]{1,80}$/

/** The vendor's error name, if it looks like one: whatever else stands there is not repeated. */
const errorName = ({ error, error_type: errorType }: JsonObject, status: number): string => {
  const name = typeof error === 'string' ? error : errorType
  return typeof name === 'string' && ERROR_NAME.test(name) ? name : `http_${status}`
}

const kindOf = (name: string, status: number): StytchErrorKind => {
  const known = kindByError[name]
  if (known !== undefined) return known
  if (status === 429) return 'rateLimited'
  // A gateway's 5xx says nothing about what the origin did.
  if (status >= 500) return 'outcomeUnknown'
  if (status === 401) return 'unauthorizedProject'
  // Not found only by name: a wrong path or project must not read as a deleted client.
  return 'rejected'
}

const retryAfterMs = (header: string | undefined): number | undefined => {
  if (header === undefined || !/^\d+$/.test(header.trim())) return undefined
  return Number(header) * 1000
}

const REQUEST_ID = /^[A-Za-z0-9_-]{1,100}$/

const requestIdOf = ({ request_id: requestId }: JsonObject): string =>
  typeof requestId === 'string' && REQUEST_ID.test(requestId) ? requestId : 'none'

/** @param read picks the value out of a successful body; undefined = the body is not what was promised. */
export const readReply = <Value>(
  answer: HttpAnswer,
  read: (json: JsonObject) => Value | undefined,
): StytchReply<Value> => {
  if (!answer.arrived) {
    const kind = answer.effect === 'notSent' ? 'unavailable' : 'outcomeUnknown'
    return { ok: false, kind, status: answer.status, error: answer.why, requestId: 'none' }
  }
  const { status, json } = answer
  const requestId = requestIdOf(json)
  if (status === 200 || status === 201) {
    const value = read(json)
    if (value !== undefined) return { ok: true, value, requestId }
    return { ok: false, kind: 'outcomeUnknown', status, error: 'incomplete_reply', requestId }
  }
  const error = errorName(json, status)
  const waitMs = retryAfterMs(answer.retryAfter)
  return {
    ok: false,
    kind: kindOf(error, status),
    status,
    error,
    requestId,
    ...defined({ retryAfterMs: waitMs }),
  }
}
