// AWS's JSON protocol without a client: one POST, signed as all our calls are and sent by undici, for the few operations that the
// token vendor calls. A service's client would be most of its cold start (docs/decisions/023). Two tries within the time it is given;
// what goes wrong comes back as an error of the SDK's shape, which adapters turn into Faults. It never repeats what it sent.
import type { JsonObject } from '../../core/base/json-object.ts'
import { retry } from '../../core/base/retry.ts'
import { Sha256 } from '../../core/vend/sha256.ts'
import { createRequestSigner, jsonRequest } from '../aws/request-signer.ts'
import { createSend, type HttpAnswer } from '../stytch/http.ts'

export interface AwsPlace {
  readonly region: string
  readonly credentials: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string
  }
  /** Laptop only: one address for all services. */
  readonly endpoint?: string | undefined
}

interface JsonService {
  /** As in the signature. */
  readonly name: 'secretsmanager' | 'events'
  /** What stands before an operation's name in `x-amz-target`. */
  readonly target: 'secretsmanager' | 'AWSEvents'
}

/** @throws AwsCallFailed */
export type AwsJsonCall = (operation: string, input: JsonObject, withinMs: number) => Promise<JsonObject>

/** Of the shape that the SDK's clients throw, so that one reading serves both (aws-call.ts). */
export class AwsCallFailed extends Error {
  readonly $fault: 'client' | 'server' | undefined
  readonly $metadata: { readonly httpStatusCode?: number }
  constructor(name: string, message: string, status: number | undefined) {
    super(message)
    this.name = name
    this.$fault = status === undefined ? undefined : status < 500 ? 'client' : 'server'
    this.$metadata = status === undefined ? {} : { httpStatusCode: status }
  }
}

const ERROR_NAME = /^[A-Za-z0-9.]{1,100}$/

/** `com.amazonaws.secretsmanager#ResourceNotFoundException`, or the last part alone. */
const errorName = ({ __type: type }: JsonObject, status: number): string => {
  const name = typeof type === 'string' ? (type.split('#').at(-1) ?? '') : ''
  return ERROR_NAME.test(name) ? name : `http_${status}`
}

const failureOf = (answer: HttpAnswer): AwsCallFailed | undefined => {
  if (!answer.arrived) return new AwsCallFailed(answer.why, '', undefined)
  const { status, json } = answer
  if (status >= 200 && status < 300) return undefined
  const message = json.message ?? json.Message
  return new AwsCallFailed(errorName(json, status), typeof message === 'string' ? message : '', status)
}

const throttled = /Throttl|TooManyRequests|RequestLimitExceeded/

const mayHelpAgain = ({ name, $fault: fault }: AwsCallFailed): boolean => fault !== 'client' || throttled.test(name)

const TRIES = 2

const atOnce = async (): Promise<void> => {}

export const createAwsJson = ({ endpoint, ...place }: AwsPlace, { name, target }: JsonService): AwsJsonCall => {
  const sign = createRequestSigner({ ...place, sha256: Sha256 }, { service: name, endpoint })
  const once = async (operation: string, input: JsonObject, timeoutMs: number): Promise<JsonObject> => {
    const request = jsonRequest(`${target}.${operation}`, '1.1', input)
    const { url, signed } = await sign(request)
    const { headers } = signed
    const answer = await createSend({ timeoutMs })({ method: 'POST', url, headers, body: request.body })
    const failure = failureOf(answer)
    if (failure !== undefined) throw failure
    return answer.arrived ? answer.json : {}
  }
  return (operation, input, withinMs) =>
    retry(
      () => once(operation, input, Math.max(1, Math.floor(withinMs / TRIES))),
      atOnce,
      (end, tries) => {
        const mayHelp = end.status === 'rejected' && end.reason instanceof AwsCallFailed && mayHelpAgain(end.reason)
        return mayHelp && tries < TRIES ? 0 : undefined
      },
    )
}
