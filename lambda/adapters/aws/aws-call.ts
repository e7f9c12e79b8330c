// How every AWS client here is set up and how its failures read: 3 s a try, two tries, and a Fault that names operation, subject
// and AWS's error, but never AWS's words about a value it was sent.

import { Fault, type FaultCode } from '../../core/base/fault.ts'
import { errorName } from '../error-name.ts'

export const AWS_TIMEOUT_MS = 3000

/** The SDK only warns about a slow call unless set to throw. */
export const awsClientSettings = {
  maxAttempts: 2,
  requestHandler: {
    // AWS is reached through the proxy that HTTPS_PROXY names, but for NO_PROXY, as by the AWS CLI (Node 22.21 and 24.5 read them; the SDK
    // does not). Plain HTTP is the stand-ins', which are reached directly.
    httpsAgent: { proxyEnv: process.env },
    connectionTimeout: AWS_TIMEOUT_MS,
    requestTimeout: AWS_TIMEOUT_MS,
    socketTimeout: AWS_TIMEOUT_MS,
    throwOnRequestTimeout: true,
  },
} as const

const throttling = new Set(['ThrottlingException', 'Throttling', 'TooManyRequestsException', 'RequestLimitExceeded'])

interface AwsErrorShape {
  readonly name: string
  readonly message: string
  readonly status: number | undefined
  readonly requestId: string | undefined
  readonly isService: boolean
}

const shapeOf = (error: unknown): AwsErrorShape => {
  if (!(error instanceof Error))
    return { name: 'unknown', message: '', status: undefined, requestId: undefined, isService: false }
  const { $metadata: metadata, $fault: fault } = error as {
    $metadata?: { httpStatusCode?: number; requestId?: string }
    $fault?: unknown
  }
  return {
    name: errorName(error),
    message: error.message,
    status: metadata?.httpStatusCode,
    requestId: metadata?.requestId,
    isService: fault !== undefined,
  }
}

export const isAwsError = (error: unknown, name: string): boolean => shapeOf(error).name === name

interface AwsCall {
  readonly operation: string
  readonly subject: string
  /** Whether the request carried a value: then AWS's message, which may quote it, is left out. */
  readonly carriesValue?: boolean
  /** What to do about an error of this name, where the caller knows better than that retrying will not help. */
  readonly adviseOn?: (errorName: string) => string | undefined
  /** Whether the request carried a paging token, which AWS may have forgotten. */
  readonly isLaterPage?: boolean
}

const codeOf = (
  name: string,
  isRejected: boolean,
  { isLaterPage = false }: Pick<AwsCall, 'isLaterPage'>,
): FaultCode => {
  if (throttling.has(name)) return 'SECRETS_MANAGER_THROTTLED'
  if (isLaterPage && name === 'InvalidNextTokenException') return 'LIST_TOKEN_LOST'
  return isRejected ? 'SECRETS_MANAGER_REJECTED' : 'SECRETS_MANAGER_UNAVAILABLE'
}

export const awsFault = (call: AwsCall, error: unknown): Fault => {
  const { operation, subject, carriesValue = false, adviseOn } = call
  const { name, message, status, requestId, isService } = shapeOf(error)
  const isRejected = isService && !throttling.has(name) && status !== undefined && status < 500
  const code = codeOf(name, isRejected, call)
  // Only a modelled service error's message is AWS's own; a parser's would quote the reply.
  const words = isRejected && !carriesValue ? `: ${message}` : ''
  const request = requestId === undefined ? '' : `, request ${requestId}`
  const advice = isRejected ? (adviseOn?.(name) ?? 'retrying will not help') : 'it can be retried'
  return new Fault({
    code,
    retryable: !isRejected,
    message: `Secrets Manager ${operation} on ${subject} failed with ${name}${words}${request}; ${advice}.`,
  })
}

/** @throws Fault for whatever goes wrong. */
export const attempt = async <Value>(call: AwsCall, send: () => Promise<Value>): Promise<Value> => {
  try {
    return await send()
  } catch (error) {
    throw awsFault(call, error)
  }
}
