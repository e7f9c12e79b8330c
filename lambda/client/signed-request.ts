// One signed request to the vendor's API, as IAM wants it: by AWS's own signer, over Node's fetch, bounded. It asks nobody for
// credentials and keeps none: the caller brings them, or a provider of theirs.
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
  /** In milliseconds. @default 5000 */
  readonly timeoutMs?: number
  /** @default - Node's */
  readonly fetch?: typeof fetch
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

/** @throws TypeError for a place that names no Region. */
export const createSignedRequest = (place: VendorPlace): ((request: SignedRequest) => Promise<Response>) => {
  const base = new URL(place.url)
  const region = place.region ?? regionOf(base)
  if (region === undefined) {
    throw new TypeError(`region: expected one, since ${base.hostname} does not name it`)
  }
  const { credentials, timeoutMs = 5_000, fetch: send = fetch } = place
  const signer = new SignatureV4({
    service: 'execute-api',
    region,
    credentials: async () => {
      const { accessKeyId, secretAccessKey, sessionToken } =
        typeof credentials === 'function' ? await credentials() : credentials
      return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
    },
    sha256: Sha256,
  })
  return async ({ method, path, body, headers: more = {} }) => {
    const url = new URL(`${base.pathname.replace(/\/$/, '')}${path}`, base)
    const { headers } = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: {},
      headers: { ...more, host: url.host, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body }),
    })
    const { host: _setByFetch, ...rest } = headers
    return send(url, {
      method,
      headers: rest,
      ...(body === undefined ? {} : { body }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
  }
}
