// One signed HTTP request to an AWS service that has no client in the bundle (docs/decisions/050). Region, credentials, hash and connections
// are those of a client that is there anyway. It tries once and reads nothing into the reply.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { JsonObject } from '../../core/base/json-object.ts'
import { type AwsAddress, type AwsRequest, createRequestSigner } from './request-signer.ts'

export interface SignedReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

export type SignedCall = (request: AwsRequest, timeoutMs: number) => Promise<SignedReply>

/** What an AWS JSON service calls its error: `com.amazonaws.ssm#ParameterNotFound`, or the bare name. */
export const errorTypeOf = (json: JsonObject | undefined, status: number): string => {
  const type = json?.__type
  return typeof type === 'string' ? type.slice(type.indexOf('#') + 1) : `status ${status}`
}

/** What a service whose errors are named in a header calls them, without where its documentation lies. */
export const errorHeaderOf = ({ headers }: SignedReply): string | undefined =>
  headers['x-amzn-errortype']?.split(':')[0]

const textOf = async (body: unknown): Promise<string> => {
  const parts: Uint8Array[] = []
  for await (const part of body as AsyncIterable<Uint8Array>) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}

/**
 * @param base the client whose settings are used; its connection timeouts hold as well.
 * @param clock what has found out how far this machine's clock is off: a client that makes calls of its own
 */
export const createSignedCall = (
  { config }: SecretsManagerClient,
  address: AwsAddress,
  clock: { readonly systemClockOffset: number } = config,
): SignedCall => {
  const { region, credentials, sha256 } = config
  const sign = createRequestSigner(
    { region, credentials, sha256, clockOffsetMs: () => clock.systemClockOffset },
    address,
  )
  return async (request, timeoutMs) => {
    const { signed } = await sign(request)
    const { response } = await config.requestHandler.handle(signed, {
      requestTimeout: timeoutMs,
      abortSignal: AbortSignal.timeout(timeoutMs),
    })
    return { status: response.statusCode, headers: response.headers, body: await textOf(response.body) }
  }
}
