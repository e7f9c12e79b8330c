// One signed HTTP request to an AWS service that has no client in the bundle: for a single operation, a service's own client costs over
// a hundred kilobytes at every cold start (docs/decisions/020). Region, credentials, hash and connections are those of a client that is
// there anyway; the signer is the SDK's. It tries once and reads nothing into the reply.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SignatureV4 } from '@smithy/signature-v4'
import type { JsonObject } from '../../core/base/json-object.ts'

export interface AwsService {
  /** As in its host name and in the signature. */
  readonly service: string
  /** Whose signature it is, for a service that has one address for all Regions. @default - the client's Region */
  readonly signingRegion?: string
  /** Where it listens, when not at AWS's own address. */
  readonly endpoint?: string | undefined
}

export interface SignedRequest {
  /** @default - POST */
  readonly method?: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly timeoutMs: number
}

export interface SignedReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/** What an AWS JSON service calls its error: `com.amazonaws.ssm#ParameterNotFound`, or the bare name. */
export const errorTypeOf = (json: JsonObject | undefined, status: number): string => {
  const type = json?.__type
  return typeof type === 'string' ? type.slice(type.indexOf('#') + 1) : `status ${status}`
}

export type SignedCall = (request: SignedRequest) => Promise<SignedReply>

const hostOf = (service: string, region: string): string =>
  `${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`

const textOf = async (body: unknown): Promise<string> => {
  const parts: Uint8Array[] = []
  for await (const part of body as AsyncIterable<Uint8Array>) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}

/** @param base the client whose settings are used; its connection timeouts hold as well. */
export const createSignedCall = (
  { config }: SecretsManagerClient,
  { service, endpoint, signingRegion }: AwsService,
): SignedCall => {
  const { credentials, region, sha256, requestHandler } = config
  // S3 alone takes the path as it is sent; every other service has it escaped once more (IAM User Guide, "Create a canonical request").
  const uriEscapePath = service !== 's3'
  const signer = new SignatureV4({ service, region: signingRegion ?? region, credentials, sha256, uriEscapePath })
  return async ({ method = 'POST', path, query = {}, headers, body, timeoutMs }) => {
    const url = new URL(endpoint ?? `https://${hostOf(service, await region())}`)
    const request = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      path,
      query: { ...query },
      headers: { ...headers, host: url.host, 'content-length': String(Buffer.byteLength(body)) },
      body,
    })
    const { response } = await requestHandler.handle(request, {
      requestTimeout: timeoutMs,
      abortSignal: AbortSignal.timeout(timeoutMs),
    })
    return { status: response.statusCode, headers: response.headers, body: await textOf(response.body) }
  }
}
