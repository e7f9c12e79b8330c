// Stytch's error bodies, and the one exception that becomes a reply. Names are from Stytch's published list of error types; a
// status or a message that Stytch does not document is the likeliest one.
import type { StandInReply } from '../stand-in/server.ts'
import { messages } from './error-messages.ts'

/** stytch: its own body · oauth: RFC 6749's, with status_code and request_id · scim: RFC 7644's. */
export type ErrorShape = 'stytch' | 'oauth' | 'scim'

/** Thrown by whatever checks a request; becomes a reply in one place (routes.ts). */
export class ApiError extends Error {
  readonly status: number
  /** `error_type`, or `error` in the OAuth shape. */
  readonly type: string
  readonly shape: ErrorShape
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
  readonly shape?: ErrorShape
  readonly headers?: Readonly<Record<string, string>>
}

export const SCIM_CONTENT_TYPE = 'application/scim+json'

const bodies: Readonly<Record<ErrorShape, (error: ApiError, url: string) => object>> = {
  stytch: ({ type, message }, url) => ({ error_type: type, error_message: message, error_url: url }),
  oauth: ({ type, message }, url) => ({ error: type, error_description: message, error_uri: url }),
  scim: ({ status, message }) => ({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: String(status),
    detail: message,
  }),
}

/** The reply an error becomes. `status_code` is in the body too: Stytch's SDK reads it there and nowhere else. */
export const errorReply = (error: ApiError, requestId: string): StandInReply => {
  const { status, shape, headers } = error
  const body = bodies[shape](error, `https://stytch.com/docs/api/errors/${status}#${error.type}`)
  if (shape === 'scim') return { status, headers: { 'content-type': SCIM_CONTENT_TYPE, ...headers }, body }
  return { status, headers, body: { status_code: status, request_id: requestId, ...body } }
}
