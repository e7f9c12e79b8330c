// API Gateway before the stack's REST APIs, on a laptop: checks the signature where a route has one (service execute-api) against one key pair, makes the event that
// a REST API with a Lambda proxy makes, invokes the real handler, and sends what it answers; the list of revocations it reads from S3, as the
// API's own integration does. Refusals are worded as API Gateway's. It throttles as its stage does; who may call what is asked of whoever makes
// it. Loopback only.

import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { throttledResult } from '../aws/concurrency.ts'
import type { InvocationResult } from '../aws/functions.ts'
import { createTokenBucket, type RateLimit, type TokenBucket } from '../stand-in/token-bucket.ts'
import { type GatewayResponses, type GatewayResponseType, gatewayResponse } from './gateway-responses.ts'
import { type FrontIdentity, parametersOf, type Route, toProxyEvent } from './proxy-event.ts'
import { type KeyPair, signatureFault } from './signature.ts'
import { type ReadObject, toListReply } from './stored-list.ts'

/** One API, as its template has it. */
export interface ServedApi {
  readonly identity: FrontIdentity
  readonly routes: readonly ServedRoute[]
  /** Of the API's stage. @default - it throttles nothing */
  readonly throttle?: RateLimit | undefined
  /** The API's own answers. @default - API Gateway's */
  readonly responses?: GatewayResponses | undefined
}

export interface ServedRoute extends Route {
  readonly invoke: (event: object) => Promise<InvocationResult>
  /** Whether callers sign for it, as AuthorizationType AWS_IAM has it. @default true */
  readonly isSigned?: boolean
  /** S3's integration, in place of a function. @default - the function is invoked */
  readonly read?: ReadObject | undefined
  /** Its own. @default - it shares the stage's with the others, by the narrower of the two readings of AWS's pages */
  readonly throttle?: RateLimit | undefined
  /** Why IAM refuses whoever signed, of a path as it was called. @default - it refuses nobody */
  readonly refuses?: ((path: string) => string | undefined) | undefined
  /** Whether API Gateway itself may do what is behind it. @default - it may */
  readonly isPermitted?: ((path: string) => boolean) | undefined
}

export interface VendFrontInput {
  readonly keys: KeyPair
  readonly region: string
  /** As they stand: one that is deployed anew is another object. */
  readonly apis: () => readonly ServedApi[]
  /** As what a throttled function counts. @default - INTEGRATION_FAILURE */
  readonly throttledIntegration?: () => GatewayResponseType
  /** Milliseconds that nobody moves. @default - real time */
  readonly realNow?: () => number
}

export interface VendFront {
  /** Port 0 = any free one. @returns the origin. */
  listen(port: number): Promise<string>
  close(): Promise<void>
}

/** What Lambda takes in a synchronous call. */
const MAX_BODY_BYTES = 6 * 1024 * 1024

interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const refusal = (status: number, type: string, message: string): Reply => ({
  status,
  headers: { 'content-type': 'application/json', 'x-amzn-errortype': type, 'x-amzn-requestid': randomUUID() },
  body: JSON.stringify({ message }),
})

/** By IAM. Its body has a name in capitals, unlike every other refusal's. */
const denied = (message: string): Reply => ({
  ...refusal(403, 'AccessDeniedException', ''),
  body: JSON.stringify({ Message: message }),
})

const readBody = async (message: IncomingMessage): Promise<Buffer | undefined> => {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of message) {
    size += (part as Buffer).length
    if (size <= MAX_BODY_BYTES) parts.push(part as Buffer)
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(parts)
}

const toReply = (result: InvocationResult): Reply => {
  const answer = (result.ok ? result.value : undefined) as
    | { statusCode?: unknown; headers?: unknown; body?: unknown }
    | undefined
  if (answer === undefined || typeof answer.statusCode !== 'number' || typeof answer.body !== 'string') {
    return refusal(502, 'InternalServerErrorException', 'Internal server error')
  }
  return { status: answer.statusCode, headers: answer.headers as Record<string, string>, body: answer.body }
}

const singles = (headers: IncomingMessage['headers']): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  )

export const createVendFront = (input: VendFrontInput): VendFront => {
  const { keys, region, apis } = input
  const { throttledIntegration = () => 'INTEGRATION_FAILURE', realNow = () => performance.now() } = input
  const buckets = new WeakMap<ServedApi | ServedRoute, TokenBucket>()
  const bucketOf = (api: ServedApi, route: ServedRoute): TokenBucket | undefined => {
    const limited = route.throttle === undefined ? api : route
    if (limited.throttle === undefined) return undefined
    const bucket = buckets.get(limited) ?? createTokenBucket(limited.throttle, realNow)
    buckets.set(limited, bucket)
    return bucket
  }

  const byItself = (failure: GatewayResponseType, { responses = {} }: ServedApi): Reply => {
    const { status, type, headers, body } = gatewayResponse(failure, responses)
    const standard = refusal(status, type, '')
    return { status, headers: { ...standard.headers, ...headers }, body }
  }

  const answer = async (message: IncomingMessage): Promise<Reply> => {
    const { method = 'GET', url = '/', headers } = message
    const mark = url.indexOf('?')
    const path = mark < 0 ? url : url.slice(0, mark)
    const found = apis()
      .flatMap((api) => api.routes.map((route) => ({ api, route })))
      .filter(({ route }) => route.method === method)
      .map(({ api, route }) => ({ api, route, parameters: parametersOf(route.resource, path) }))
      .find(({ parameters }) => parameters !== undefined)
    const body = await readBody(message)
    if (found?.parameters === undefined) {
      return refusal(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token')
    }
    if (body === undefined) return refusal(413, 'RequestTooLargeException', 'Request Too Long')
    const request = { method, url, headers: singles(headers), body }
    const fault =
      found.route.isSigned === false
        ? undefined
        : signatureFault(request, { keys, region, service: 'execute-api', now: Date.now() })
    if (fault !== undefined) return refusal(403, fault.type, fault.message)
    const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1))
    const sourceIp = message.socket.remoteAddress ?? '127.0.0.1'
    const front = { method, path, query, headers, body: body.toString('utf8'), sourceIp, at: Date.now() }
    const { api, route, parameters } = found
    const denial = route.refuses?.(path)
    if (denial !== undefined) return denied(denial)
    if (bucketOf(api, route)?.take() === false) return byItself('THROTTLED', api)
    if (route.isPermitted?.(path) === false) return byItself('API_CONFIGURATION_ERROR', api)
    if (route.read !== undefined) return toListReply(await route.read(headers['if-none-match']))
    const result = await route.invoke(toProxyEvent(route, parameters, front, api.identity))
    const isThrottled = !result.ok && result.errorType === throttledResult.errorType
    return isThrottled ? byItself(throttledIntegration(), api) : toReply(result)
  }

  const send = (response: ServerResponse, { status, headers, body }: Reply): void => {
    response.writeHead(status, { ...headers })
    response.end(body)
  }

  const server = createServer((message, response) => {
    answer(message).then(
      (reply) => send(response, reply),
      () => send(response, refusal(500, 'InternalFailure', 'Internal server error')),
    )
  })
  server.keepAliveTimeout = 20_000

  return {
    listen: (port) =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, '127.0.0.1', () => {
          server.off('error', reject)
          resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
        })
      }),
    close: () =>
      new Promise((resolve) => {
        if (!server.listening) resolve()
        else server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
