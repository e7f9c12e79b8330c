// The leak intake's door on the laptop: takes a POST on the AWS address and hands it to the intake as an HTTP API would, in payload
// format 2.0. Deliveries may come through a tunnel, by whatever name: the intake checks their signatures.

import { randomUUID } from 'node:crypto'
import type { InvokeResult } from '../runner/execution-environment.ts'
import type { Operation, StandInReply, StandInRequest } from '../stand-in/server.ts'

export const LEAK_PATH = '/_laptop/leaks'

const toEvent = ({ method, headers, body }: StandInRequest): object => ({
  version: '2.0',
  routeKey: 'POST /leaks',
  rawPath: '/leaks',
  rawQueryString: '',
  headers,
  requestContext: {
    apiId: 'laptop',
    http: {
      method,
      path: '/leaks',
      protocol: 'HTTP/1.1',
      sourceIp: '127.0.0.1',
      userAgent: headers['user-agent'] ?? '',
    },
    requestId: randomUUID(),
    routeKey: 'POST /leaks',
    stage: '$default',
    timeEpoch: Date.now(),
  },
  body,
  isBase64Encoded: false,
})

const toReply = (result: InvokeResult): StandInReply => {
  const { statusCode, headers, body } = (result.ok ? (result.value ?? {}) : {}) as {
    readonly statusCode?: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  }
  // What API Gateway answers when the function ended with an error.
  if (statusCode === undefined) return { status: 500, body: { message: 'Internal Server Error' } }
  return { status: statusCode, headers: headers ?? {}, body: body ?? '' }
}

/** @returns undefined for what is not for the intake. */
export const createLeakFront =
  (invoke: (event: object) => Promise<InvokeResult>) =>
  (request: StandInRequest): Operation | undefined =>
    request.method === 'POST' && request.path === LEAK_PATH
      ? { op: 'LeakReport', subject: null, isOpen: true, run: async () => toReply(await invoke(toEvent(request))) }
      : undefined
