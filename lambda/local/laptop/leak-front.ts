// A route of an HTTP API on the laptop, which is the leak intake's door: takes its requests on the AWS address, below a path of its own, and hands
// them to the function as an HTTP API would, in payload format 2.0, throttled as its stage is, behind a firewall's rule if it has one. Deliveries may come through a tunnel, by whatever name: the intake checks their signatures.

import { randomUUID } from 'node:crypto'
import { throttledResult } from '../aws/concurrency.ts'
import type { InvocationResult } from '../aws/functions.ts'
import type { Operation, StandInReply, StandInRequest } from '../stand-in/server.ts'
import { createTokenBucket, type RateLimit } from '../stand-in/token-bucket.ts'
import { createFirewall, type FirewallRules } from './address-rule.ts'

/** Before the path of each route, unless the API is at a path of its own. */
export const HTTP_API_PATH = '/_laptop'

export interface HttpRoute {
  readonly apiId: string
  readonly stage: string
  readonly method: string
  /** `/leaks` */
  readonly path: string
}

const toEvent = ({ apiId, stage, method, path }: HttpRoute, { headers, body, address }: StandInRequest): object => ({
  version: '2.0',
  routeKey: `${method} ${path}`,
  rawPath: path,
  rawQueryString: '',
  headers,
  requestContext: {
    apiId,
    http: {
      method,
      path,
      protocol: 'HTTP/1.1',
      sourceIp: address,
      userAgent: headers['user-agent'] ?? '',
    },
    requestId: randomUUID(),
    routeKey: `${method} ${path}`,
    stage,
    timeEpoch: Date.now(),
  },
  body,
  isBase64Encoded: false,
})

const refusal = (status: number, message: string): StandInReply => ({ status, body: { message } })

const toReply = (result: InvocationResult): StandInReply => {
  // An HTTP API's words for a function that has no room.
  if (!result.ok && result.errorType === throttledResult.errorType) return refusal(503, 'Service Unavailable')
  const { statusCode, headers, body } = (result.ok ? (result.value ?? {}) : {}) as {
    readonly statusCode?: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  }
  // What API Gateway answers when the function ended with an error.
  if (statusCode === undefined) return refusal(500, 'Internal Server Error')
  return { status: statusCode, headers: headers ?? {}, body: body ?? '' }
}

export interface LeakFrontInput {
  readonly route: HttpRoute
  /** @default - HTTP_API_PATH */
  readonly at?: string
  readonly invoke: (event: object) => Promise<InvocationResult>
  /** Of the API's stage. @default - it throttles nothing */
  readonly throttle?: RateLimit
  /** @default - there is no firewall */
  readonly firewall?: FirewallRules
  /** Milliseconds that nobody moves. @default - real time */
  readonly realNow?: () => number
}

/** @returns what answers a request, or undefined when it is not for this route. */
export const createLeakFront = (input: LeakFrontInput) => {
  const { route, at = HTTP_API_PATH, invoke, throttle, firewall, realNow = () => performance.now() } = input
  const isLetThrough = firewall === undefined ? () => true : createFirewall(firewall)
  const bucket = throttle === undefined ? undefined : createTokenBucket(throttle, realNow)
  const run = async (request: StandInRequest): Promise<StandInReply> => {
    // In front of the API: what it blocks costs the stage nothing.
    if (!isLetThrough(request.address, realNow())) return refusal(403, 'Forbidden')
    return bucket?.take() === false ? refusal(429, 'Too Many Requests') : toReply(await invoke(toEvent(route, request)))
  }
  return (request: StandInRequest): Operation | undefined =>
    request.method === route.method && request.path === `${at}${route.path}`
      ? { op: 'LeakReport', subject: null, isOpen: true, run: () => run(request) }
      : undefined
}
