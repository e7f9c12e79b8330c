// One request to an AWS service, signed by the SDK's own signer, for callers without that service's client (docs/decisions/050): where it
// goes, and the headers that prove who sends it. Sends nothing.
import { SignatureV4 } from '@smithy/signature-v4'
import { serviceHost } from '../../core/base/aws-partition.ts'

type SignerSettings = ConstructorParameters<typeof SignatureV4>[0]

interface Signatory {
  readonly region: SignerSettings['region']
  readonly credentials: SignerSettings['credentials']
  readonly sha256: SignerSettings['sha256']
  /** How far AWS's clock is ahead of this machine's. @default - not at all */
  readonly clockOffsetMs?: () => number
}

export interface AwsAddress {
  /** As in its host name and in the signature. */
  readonly service: string
  /** Another Region than the signatory's: whose signature it is, and where it goes. */
  readonly region?: string | undefined
  /** Where it listens, when not at AWS's own address. */
  readonly endpoint?: string | undefined
}

export interface AwsRequest {
  /** @default - POST */
  readonly method?: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

type RequestSigner = (
  request: AwsRequest,
) => Promise<{ readonly url: URL; readonly signed: Awaited<ReturnType<SignatureV4['sign']>> }>

export const createRequestSigner = (signatory: Signatory, address: AwsAddress): RequestSigner => {
  const { service, endpoint, region = signatory.region } = address
  // S3 alone takes the path as it is sent; every other service has it escaped once more (IAM User Guide, "Create a canonical request").
  const uriEscapePath = service !== 's3'
  const { credentials, sha256, clockOffsetMs = () => 0 } = signatory
  const signer = new SignatureV4({ credentials, sha256, service, region, uriEscapePath })
  return async ({ method = 'POST', path, query = {}, headers, body }) => {
    const inRegion = typeof region === 'string' ? region : await region()
    const url = new URL(endpoint ?? `https://${serviceHost(service, inRegion)}`)
    const request: Parameters<typeof signer.sign>[0] = {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      path,
      query: { ...query },
      headers: { ...headers, host: url.host, 'content-length': String(Buffer.byteLength(body)) },
      body,
    }
    const signingDate = new Date(Date.now() + clockOffsetMs())
    return { url, signed: await signer.sign(request, { signingDate }) }
  }
}

/** AWS's JSON protocol: an operation in a header. @param target `AmazonSSM.GetParameter` */
export const jsonRequest = (target: string, version: '1.0' | '1.1', input: object): AwsRequest => ({
  path: '/',
  headers: { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': target },
  body: JSON.stringify(input),
})
