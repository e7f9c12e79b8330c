// What the vendor answers, read: a token, or why there is none. Nothing of a token is in any error.
import { parseJsonObject } from '../core/base/json-object.ts'
import { messageText } from '../core/base/message-text.ts'

export interface VendedToken {
  readonly accessToken: string
  /** As granted. */
  readonly scopes: readonly string[]
  /** Epoch milliseconds, by the clock of this machine. What decides is how long the token lives, and not what the clock says. */
  readonly expiresAt: number
}

export interface VendFailure {
  /** HTTP status; undefined: no answer came. */
  readonly status: number | undefined
  /** `invalid_scope`, `unauthorized_client`, `temporarily_unavailable`, …; AWS's own refusals are `access_denied`. */
  readonly code: string
  readonly description: string
  readonly retryAfterSeconds: number | undefined
}

export class VendFailed extends Error implements VendFailure {
  readonly status: number | undefined
  readonly code: string
  readonly description: string
  readonly retryAfterSeconds: number | undefined
  constructor(client: string, { status, code, description, retryAfterSeconds }: VendFailure) {
    super(
      messageText(`No token for ${client}: ${code}${status === undefined ? '' : `, HTTP ${status}`}. ${description}`),
    )
    this.name = 'VendFailed'
    this.status = status
    this.code = code
    this.description = description
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** As the answer has it. */
export interface AnsweredToken {
  readonly accessToken: string
  readonly scopes: readonly string[]
  /** From when it was asked for, in milliseconds: the answer took some of it. */
  readonly livesMs: number
}

export const readVendFailure = (status: number, text: string, headers: Headers): VendFailure => {
  const json = parseJsonObject(text) ?? {}
  const own = typeof json.error === 'string'
  const description = own ? json.error_description : (json.message ?? json.Message)
  const retryAfter = Number(headers.get('retry-after') ?? Number.NaN)
  return {
    status,
    code: own ? String(json.error) : status === 403 ? 'access_denied' : 'server_error',
    description: typeof description === 'string' ? description : '',
    retryAfterSeconds: Number.isFinite(retryAfter) && retryAfter >= 0 ? retryAfter : undefined,
  }
}

export const readAnsweredToken = (text: string): AnsweredToken | undefined => {
  const { access_token: accessToken, expires_in: expiresIn, scope } = parseJsonObject(text) ?? {}
  if (typeof accessToken !== 'string' || accessToken === '') return undefined
  if (typeof expiresIn !== 'number' || !Number.isFinite(expiresIn)) return undefined
  const scopes = typeof scope === 'string' ? scope.split(' ').filter((one) => one !== '') : []
  return { accessToken, scopes, livesMs: expiresIn * 1000 }
}

/** What another try may bring: a throttled request, one that the vendor could not serve just now, one without an answer. */
export const mayPass = ({ status }: VendFailure): boolean => status === undefined || status === 429 || status >= 500

/** @returns when a token was issued, epoch seconds; undefined: it does not say, and nothing of it is believed anyway. */
export const issuedAtOf = (accessToken: string): number | undefined => {
  const [, claims = ''] = accessToken.split('.')
  const { iat } = parseJsonObject(Buffer.from(claims, 'base64url').toString()) ?? {}
  return typeof iat === 'number' && Number.isFinite(iat) ? Math.floor(iat) : undefined
}
