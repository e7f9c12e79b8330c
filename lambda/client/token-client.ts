// For services in Node: asks the vendor for tokens and keeps each until shortly before it ends. The service holds no secret, and asks
// once for all of its requests that want the same. Nothing of a token is in any error.
import { parseJsonObject } from '../core/base/json-object.ts'
import { createLruMap } from '../core/base/lru-map.ts'
import { type PauseRule, retry } from '../core/base/retry.ts'
import { createSingleFlight } from '../core/base/single-flight.ts'
import { expectedClientName, isClientName } from '../core/secret/client-name.ts'
import { createSignedRequest, type VendorPlace } from './signed-request.ts'

export interface TokenRequest {
  /** The client's name, as the vendor's path has it. */
  readonly client: string
  /** @default - the client's default scopes */
  readonly scopes?: readonly string[]
  /** Life that the token must have left, in seconds, up to 1800. @default 60 */
  readonly minTtlSeconds?: number
}

export interface VendedToken {
  readonly accessToken: string
  /** As granted. */
  readonly scopes: readonly string[]
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

export interface TokenClient {
  /** @throws VendFailed */
  token(request: TokenRequest): Promise<VendedToken>
  /** Forgets the kept token: for when a service refuses it (it may have been revoked). */
  forget(request: TokenRequest): void
}

export interface TokenClientSettings extends VendorPlace {
  /** How often a request that got no answer, or a 5xx, is sent again. @default 2 */
  readonly retries?: number
  /** @default - the system's */
  readonly now?: () => number
  /** @default - the system's */
  readonly wait?: (ms: number) => Promise<void>
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
    super(`No token for ${client}: ${code}${status === undefined ? '' : `, HTTP ${status}`}. ${description}`)
    this.name = 'VendFailed'
    this.status = status
    this.code = code
    this.description = description
    this.retryAfterSeconds = retryAfterSeconds
  }
}

const DEFAULT_MIN_TTL_SECONDS = 60
const FIRST_WAIT_MS = 200
const LONGEST_WAIT_MS = 2_000
const MAX_KEPT = 256

const keyOf = ({ client, scopes = [] }: TokenRequest): string => JSON.stringify([client, [...new Set(scopes)].sort()])

const readFailure = (status: number, text: string, headers: Headers): VendFailure => {
  const json = parseJsonObject(text) ?? {}
  const own = typeof json.error === 'string'
  const description = own ? json.error_description : (json.message ?? json.Message)
  const retryAfter = Number(headers.get('retry-after') ?? Number.NaN)
  return {
    status,
    code: own ? String(json.error) : status === 403 ? 'access_denied' : 'server_error',
    description: typeof description === 'string' ? description : '',
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
  }
}

const readToken = (text: string): VendedToken | undefined => {
  const { access_token: accessToken, expires_at: expiresAt, scope } = parseJsonObject(text) ?? {}
  if (typeof accessToken !== 'string' || accessToken === '' || typeof expiresAt !== 'number') return undefined
  const scopes = typeof scope === 'string' ? scope.split(' ').filter((one) => one !== '') : []
  return { accessToken, scopes, expiresAt: expiresAt * 1000 }
}

export const createTokenClient = (settings: TokenClientSettings): TokenClient => {
  const {
    retries = 2,
    now = Date.now,
    wait = (ms) =>
      new Promise<void>((done) => {
        setTimeout(done, ms)
      }),
  } = settings
  const send = createSignedRequest(settings)
  const kept = createLruMap<VendedToken>(MAX_KEPT)
  const flights = createSingleFlight<VendedToken>()

  const once = async ({ client, scopes, minTtlSeconds }: TokenRequest): Promise<VendedToken> => {
    const body = JSON.stringify({
      ...(scopes === undefined || scopes.length === 0 ? {} : { scopes }),
      ...(minTtlSeconds === undefined ? {} : { min_ttl: minTtlSeconds }),
    })
    const response = await send({ method: 'POST', path: `/clients/${client}/token`, body }).catch((error: unknown) => {
      const description = error instanceof Error ? error.name : ''
      throw new VendFailed(client, { status: undefined, code: 'no_answer', description, retryAfterSeconds: undefined })
    })
    const text = await response.text().catch(() => '')
    if (response.status !== 200) throw new VendFailed(client, readFailure(response.status, text, response.headers))
    const token = readToken(text)
    if (token === undefined) {
      const description = 'The answer holds no token.'
      throw new VendFailed(client, { status: 200, code: 'server_error', description, retryAfterSeconds: undefined })
    }
    return token
  }

  const pauseAfter: PauseRule<VendedToken> = (end, tries) => {
    if (end.status === 'fulfilled' || !(end.reason instanceof VendFailed) || tries > retries) return undefined
    const { status, retryAfterSeconds = 0 } = end.reason
    if (status !== undefined && status < 500 && status !== 429) return undefined
    const asked = retryAfterSeconds * 1000
    // Not worth waiting for: whoever called has a deadline of their own.
    if (asked > LONGEST_WAIT_MS) return undefined
    return Math.max(asked, FIRST_WAIT_MS * 2 ** (tries - 1) * (0.5 + Math.random() / 2))
  }

  const fetchToken = (key: string, request: TokenRequest): Promise<VendedToken> =>
    flights.run(key, async () => {
      const token = await retry(() => once(request), wait, pauseAfter)
      kept.set(key, token)
      return token
    })

  return {
    token: async (request) => {
      if (!isClientName(request.client)) throw new TypeError(`client: expected ${expectedClientName(request.client)}`)
      const key = keyOf(request)
      const token = kept.get(key)
      const leastMs = (request.minTtlSeconds ?? DEFAULT_MIN_TTL_SECONDS) * 1000
      if (token !== undefined && token.expiresAt - now() >= leastMs) return token
      return fetchToken(key, request)
    },
    forget: (request) => {
      kept.delete(keyOf(request))
    },
  }
}
