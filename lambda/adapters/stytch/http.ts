// One HTTP call to Stytch, by undici: sent once, bounded by a timeout, answered with a value that says what is known of its
// effect. Never throws for what the network or the vendor does, and keeps no body of a failed answer.

import { Agent, type Dispatcher, request } from 'undici'
import { defined } from '../../core/base/defined.ts'
import { type JsonObject, parseJsonObject } from '../../core/base/json-object.ts'

/** stytch-api §2: none of the vendor's own SDKs bounds a call, so this one does. */
const STYTCH_TIMEOUT_MS = 5000

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /**
   * On a connection of its own, which ends with it: one answer of a service of many nodes is one node's, and a kept connection would ask the
   * same one again.
   */
  readonly isAlone?: boolean
}

export type HttpAnswer =
  | {
      readonly arrived: true
      readonly status: number
      readonly retryAfter: string | undefined
      readonly json: JsonObject
    }
  /** notSent: the vendor never saw it. unknown: it may have; no usable reply came. `why` is safe to log. */
  | {
      readonly arrived: false
      readonly effect: 'notSent' | 'unknown'
      readonly status: number | undefined
      readonly why: string
    }

/** Sends one request; the seam at which tests stop a call before or after its effect. */
export type Send = (call: HttpCall) => Promise<HttpAnswer>

const notSentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown'
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : error.name
}

interface SendSettings {
  readonly dispatcher?: Dispatcher
  /** @default - 5 s */
  readonly timeoutMs?: number
}

/** Without pipelining undici keeps no connection alive. */
const alone = new Agent({ pipelining: 0, allowH2: false })

export const createSend =
  ({ dispatcher, timeoutMs = STYTCH_TIMEOUT_MS }: SendSettings = {}): Send =>
  async ({ method, url, headers, body, isAlone = false }) => {
    try {
      const response = await request(url, {
        method,
        headers,
        ...defined({ body, dispatcher: dispatcher ?? (isAlone ? alone : undefined) }),
        signal: AbortSignal.timeout(timeoutMs),
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      })
      const json = parseJsonObject(await response.body.text())
      const status = response.statusCode
      if (json === undefined)
        return { arrived: false, effect: 'unknown', status, why: `HTTP ${status} without a JSON body` }
      const retryAfter = response.headers['retry-after']
      return { arrived: true, status, retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter, json }
    } catch (error) {
      const code = codeOf(error)
      const effect = notSentCodes.has(code) ? 'notSent' : 'unknown'
      const why = code === 'TimeoutError' ? `no reply within ${timeoutMs / 1000} s` : code
      return { arrived: false, effect, status: undefined, why }
    }
  }

type TextAnswer =
  | {
      readonly arrived: true
      readonly status: number
      readonly etag: string | undefined
      readonly text: string
    }
  | { readonly arrived: false; readonly why: string }

/** One GET of a text, for callers that load undici anyway. Never throws for what the network does. */
export const createFetchText =
  (timeoutMs: number) =>
  async (url: URL, headers: Readonly<Record<string, string>>): Promise<TextAnswer> => {
    try {
      const limits = { signal: AbortSignal.timeout(timeoutMs), headersTimeout: timeoutMs, bodyTimeout: timeoutMs }
      const response = await request(url, { method: 'GET', headers, ...limits })
      const { etag } = response.headers
      const text = await response.body.text()
      return { arrived: true, status: response.statusCode, etag: Array.isArray(etag) ? etag[0] : etag, text }
    } catch (error) {
      return { arrived: false, why: codeOf(error) }
    }
  }
