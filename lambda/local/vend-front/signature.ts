// Whether a request carries the signature that AWS would ask of it: Signature Version 4 in the Authorization header, checked from the
// rules in AWS's own words and not by a signer's code, so that a signer and its check cannot be wrong together. One key pair, no
// session token. It knows nothing of policies: whoever has the pair may do everything.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

export interface KeyPair {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface SignedRequest {
  readonly method: string
  /** As on the wire, with its query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}

export interface SignatureCheck {
  readonly keys: KeyPair
  readonly region: string
  readonly service: string
  /** Epoch milliseconds. */
  readonly now: number
}

/** As API Gateway words it. */
export interface SignatureFault {
  readonly type:
    | 'MissingAuthenticationTokenException'
    | 'IncompleteSignatureException'
    | 'UnrecognizedClientException'
    | 'InvalidSignatureException'
  readonly message: string
}

const ALGORITHM = 'AWS4-HMAC-SHA256'
/** AWS allows five minutes either way. */
const MAX_SKEW_MS = 5 * 60_000

const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

interface Authorization {
  readonly accessKeyId: string
  readonly date: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

const PATTERN =
  /^AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request,\s*SignedHeaders=([a-z0-9;_-]+),\s*Signature=([0-9a-f]{64})$/

const readAuthorization = (header: string): Authorization | undefined => {
  const match = PATTERN.exec(header.trim())
  if (match === null) return undefined
  const [, accessKeyId = '', date = '', region = '', service = '', signed = '', signature = ''] = match
  return { accessKeyId, date, region, service, signedHeaders: signed.split(';'), signature }
}

/** Everything but letters, digits and -._~ as %XX. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

/** RFC 3986's dot segments and empty segments go; then each segment is encoded once more than on the wire. */
const canonicalPath = (path: string): string => {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(encoded(segment))
  }
  const end = path.endsWith('/') && kept.length > 0 ? '/' : ''
  return `/${kept.join('/')}${end}`
}

const canonicalQuery = (query: string): string =>
  [...new URLSearchParams(query)]
    .map(([name, value]) => [encoded(name), encoded(value)] as const)
    .sort(([one, a], [other, b]) => (one === other ? (a < b ? -1 : 1) : one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')

const canonicalRequest = ({ method, url, headers, body }: SignedRequest, signedHeaders: readonly string[]): string => {
  const mark = url.indexOf('?')
  const [path, query] = mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)]
  const lines = signedHeaders.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`)
  return [
    method,
    canonicalPath(path),
    canonicalQuery(query),
    lines.join(''),
    signedHeaders.join(';'),
    sha256(body),
  ].join('\n')
}

/** `20261102T123000Z` in epoch milliseconds. */
const readDate = (text: string): number => {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text)
  if (match === null) return Number.NaN
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number)
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second)
}

const invalid = (message: string): SignatureFault => ({ type: 'InvalidSignatureException', message })

/** @returns undefined when the signature is what it should be. */
export const signatureFault = (request: SignedRequest, check: SignatureCheck): SignatureFault | undefined => {
  const header = request.headers.authorization
  if (header === undefined) {
    return { type: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' }
  }
  const given = readAuthorization(header)
  const date = request.headers['x-amz-date'] ?? ''
  if (given === undefined || date === '') {
    return {
      type: 'IncompleteSignatureException',
      message: "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters, and a date.",
    }
  }
  const { keys, region, service, now } = check
  if (given.accessKeyId !== keys.accessKeyId || request.headers['x-amz-security-token'] !== undefined) {
    return {
      type: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.',
    }
  }
  if (given.region !== region || given.service !== service) {
    return invalid(`Credential should be scoped to a valid region and to correct service: '${service}'.`)
  }
  if (!given.signedHeaders.includes('host')) return invalid("'Host' must be a 'SignedHeader' in the Authorization.")
  // "You must include the host header, and any x-amz-* headers in the request" (IAM user guide, "Create a signed AWS API request").
  const unsigned = Object.keys(request.headers).find(
    (name) => /^x-amz-/.test(name) && !given.signedHeaders.includes(name),
  )
  if (unsigned !== undefined) return invalid(`'${unsigned}' must be a 'SignedHeader' in the Authorization.`)
  const signedAt = readDate(date)
  if (!(Math.abs(now - signedAt) <= MAX_SKEW_MS) || !date.startsWith(given.date)) {
    return invalid(`Signature expired or not yet current: ${date.slice(0, 16)}`)
  }
  const scope = `${given.date}/${region}/${service}/aws4_request`
  const toSign = [ALGORITHM, date, scope, sha256(canonicalRequest(request, given.signedHeaders))].join('\n')
  const key = [given.date, region, service, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${keys.secretAccessKey}`,
  )
  const expected = hmac(key, toSign)
  return timingSafeEqual(expected, Buffer.from(given.signature, 'hex'))
    ? undefined
    : invalid('The request signature we calculated does not match the signature you provided.')
}
