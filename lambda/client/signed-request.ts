// One signed request to the vendor's API, as IAM wants it: by AWS's own signer, over Node's fetch, bounded. It asks nobody for
// credentials and keeps none: the caller brings them, or a provider of theirs. A machine whose clock is wrong signs by the API's.
import { setTimeout } from 'node:timers/promises'
import { SignatureV4 } from '@smithy/signature-v4'
import { Sha256 } from '../core/vend/sha256.ts'

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

export interface VendorPlace {
  /** Of the API, with its stage: `https://abc123.execute-api.eu-west-1.amazonaws.com/prod`. */
  readonly url: string
  /** Credentials, or what provides them (`fromNodeProviderChain()` of @aws-sdk/credential-providers, say). */
  readonly credentials: AwsCredentials | (() => Promise<AwsCredentials>)
  /** @default - as the URL says */
  readonly region?: string
  /** Of a request, and of what provides credentials, in milliseconds. @default 5000 */
  readonly timeoutMs?: number
  /** @default - Node's */
  readonly fetch?: typeof fetch
  /** Epoch milliseconds, by which requests are signed until the API answers that they are too early or too late. @default - the system's */
  readonly signingTime?: () => number
}

export interface SignedRequest {
  readonly method: 'GET' | 'POST'
  /** Below the URL, beginning with a slash. */
  readonly path: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** Of `abc123.execute-api.eu-west-1.amazonaws.com`, or of a VPC endpoint's name. */
const regionOf = (url: URL): string | undefined => /\.execute-api\.([a-z0-9-]+)\./.exec(url.hostname)?.[1]

/** AWS takes signatures that are five minutes off, either way. */
const TOLERATED_SKEW_MS = 4 * 60_000

/** When the API answered, by its own clock, epoch milliseconds; NaN: it does not say. */
const dateOf = ({ headers }: Response): number => Date.parse(headers.get('date') ?? '')

const provideWithin = async (provide: () => Promise<AwsCredentials>, timeoutMs: number): Promise<AwsCredentials> => {
  const done = new AbortController()
  const late = setTimeout(timeoutMs, undefined, { signal: done.signal }).then(() => {
    const error = new Error(`No credentials within ${timeoutMs} ms.`)
    error.name = 'CredentialsTimeout'
    throw error
  })
  late.catch(() => undefined)
  try {
    return await Promise.race([provide(), late])
  } finally {
    done.abort()
  }
}

/** @throws TypeError for a place that names no Region. */
export const createSignedRequest = (place: VendorPlace): ((request: SignedRequest) => Promise<Response>) => {
  const base = new URL(place.url)
  const region = place.region ?? regionOf(base)
  if (region === undefined) {
    throw new TypeError(`region: expected one, since ${base.hostname} does not name it`)
  }
  const { credentials, timeoutMs = 5_000, fetch: send = fetch, signingTime = Date.now } = place
  /** By how much the API's clock is ahead of this machine's. */
  let skewMs = 0
  const signer = new SignatureV4({
    service: 'execute-api',
    region,
    credentials: async () => {
      const { accessKeyId, secretAccessKey, sessionToken } =
        typeof credentials === 'function' ? await provideWithin(credentials, timeoutMs) : credentials
      return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
    },
    sha256: Sha256,
  })
  const sendOnce = async ({ method, path, body, headers: more = {} }: SignedRequest): Promise<Response> => {
    const url = new URL(`${base.pathname.replace(/\/$/, '')}${path}`, base)
    const unsigned = {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: {},
      headers: { ...more, host: url.host, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body }),
    }
    const { headers } = await signer.sign(unsigned, { signingDate: new Date(signingTime() + skewMs) })
    const { host: _setByFetch, ...rest } = headers
    return send(url, {
      method,
      headers: rest,
      ...(body === undefined ? {} : { body }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
  }
  return async (request) => {
    const response = await sendOnce(request)
    const aheadMs = dateOf(response) - signingTime()
    // As AWS's SDKs do: what was signed by a clock that is wrong is signed once more, by the API's.
    if (response.status !== 403 || !(Math.abs(aheadMs - skewMs) > TOLERATED_SKEW_MS)) return response
    skewMs = aheadMs
    await response.body?.cancel()
    return sendOnce(request)
  }
}
