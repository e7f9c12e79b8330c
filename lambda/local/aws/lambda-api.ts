// Lambda's Invoke as the SDK and the CLI call it: a function by name or ARN, perhaps with a qualifier, synchronously or as an event.
// An event that fails is tried twice more, as Lambda does, and then lies with the dead letters. It deploys nothing and checks no
// permission: whoever makes it says what a function is and runs it. A durable function's invocations are executions
// (durable-executions.ts).

import { randomUUID } from 'node:crypto'
import { defined } from '../../core/base/defined.ts'
import type { Sleep } from '../stand-in/latency.ts'
import type { Operation, StandInReply, StandInRequest } from '../stand-in/server.ts'
import { AwsFault } from './aws-fault.ts'
import { durableRoute } from './durable-api.ts'
import { createDurableExecutions, type DurableExecutions } from './durable-executions.ts'
import type { Functions, Invocation } from './functions.ts'
import { type LambdaLookups, lookupRoute } from './lambda-lookups.ts'

/** What an asynchronous invocation left behind when all its tries had failed. */
export interface DeadLetter {
  readonly functionArn: string
  readonly errorType: string
  readonly errorMessage: string
  /** Epoch milliseconds on the shared clock. */
  readonly at: number
}

export interface LambdaApi {
  /** @returns undefined when the request is not Lambda's. */
  route(request: StandInRequest): Operation | undefined
  /** Hands an event over as EventBridge does: asynchronously, with Lambda's own retries. */
  send(functionArn: string, event: unknown): void
  deadLetters(): readonly DeadLetter[]
  readonly durable: DurableExecutions
  /** Resolves when no event waits or runs. */
  idle(): Promise<void>
  clear(): void
}

export interface LambdaApiInput {
  readonly functions: Functions
  readonly region: string
  readonly accountId: string
  readonly now: () => number
  /** Until the second try; twice that until the third. */
  readonly retryMs: () => number
  /** How the waits between tries are waited. */
  readonly sleep: Sleep
  /** The account's quota. */
  readonly concurrentExecutions: () => number
}

const PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/
const REQUEST_FAILED = 400

const json = (status: number, body: object | string, headers: Readonly<Record<string, string>> = {}): StandInReply => ({
  status,
  headers: { 'x-amzn-requestid': randomUUID(), 'content-type': 'application/json', ...headers },
  body,
})

const faultReply = ({ type, message, status }: AwsFault): StandInReply =>
  json(status, { Type: 'User', Message: message }, { 'x-amzn-errortype': type })

/** Base64 of JSON; what is neither is no context, as in Lambda's Node runtime. */
const readClientContext = ({ 'x-amz-client-context': header }: StandInRequest['headers']): unknown => {
  if (header === undefined) return undefined
  try {
    return JSON.parse(Buffer.from(header, 'base64').toString('utf8'))
  } catch {
    return undefined
  }
}

interface Target {
  readonly functionArn: string
  readonly qualifier: string | undefined
}

export const createLambdaApi = (input: LambdaApiInput): LambdaApi => {
  const { functions, region, accountId, now, sleep } = input
  let deadLetters: DeadLetter[] = []
  let stopped = new AbortController()
  const running = new Set<Promise<void>>()
  const durable = createDurableExecutions({ functions, now, sleep })

  /** `name`, `name:alias`, or an ARN with or without a qualifier. */
  const readTarget = (text: string, query: URLSearchParams): Target => {
    const parts = text.split(':')
    const isArn = parts[0] === 'arn'
    const name = isArn ? (parts[6] ?? '') : (parts[0] ?? '')
    const qualifier = (isArn ? parts[7] : parts[1]) ?? query.get('Qualifier') ?? undefined
    return { functionArn: `arn:aws:lambda:${region}:${accountId}:function:${name}`, qualifier }
  }

  const lookups: LambdaLookups = {
    functionArnOf: (text) => readTarget(text, new URLSearchParams()).functionArn,
    exists: functions.exists,
    concurrentExecutions: input.concurrentExecutions,
  }

  const tryUntilDone = async (invocation: Invocation, signal: AbortSignal): Promise<void> => {
    for (const waitMs of [input.retryMs(), 2 * input.retryMs(), undefined]) {
      const result = await functions.invoke(invocation)
      if (result.ok || signal.aborted) return
      if (waitMs === undefined) {
        const { errorType, errorMessage } = result
        deadLetters.push({ functionArn: invocation.functionArn, errorType, errorMessage, at: now() })
        return
      }
      await sleep(waitMs, signal)
      if (signal.aborted) return
    }
  }

  /** @throws AwsFault. An execution that fails is not tried again: it has its own retries behind it. */
  const startDurable = async (target: Target, payload: string, name?: string): Promise<StandInReply> => {
    const execution = durable.start({ ...target, payload, name })
    const headers = { 'x-amz-durable-execution-arn': execution.input.arn }
    const { signal } = stopped
    const work = execution.whenEnded().then(() => {
      const { ErrorType: errorType = 'unknown', ErrorMessage: errorMessage = '' } = execution.error() ?? {}
      if (signal.aborted || execution.status() === 'SUCCEEDED') return
      deadLetters.push({ functionArn: target.functionArn, errorType, errorMessage, at: now() })
    })
    running.add(work)
    void work.finally(() => running.delete(work))
    return json(202, '', headers)
  }

  const awaitDurable = async (target: Target, payload: string, name?: string): Promise<StandInReply> => {
    const execution = durable.start({ ...target, payload, name })
    await execution.whenEnded()
    const headers = { 'x-amz-durable-execution-arn': execution.input.arn, 'x-amz-executed-version': '1' }
    if (execution.status() === 'SUCCEEDED') return json(200, execution.result() ?? 'null', headers)
    return json(200, execution.error() ?? {}, { ...headers, 'x-amz-function-error': 'Unhandled' })
  }

  const invokeDurable = async (target: Target, request: StandInRequest): Promise<StandInReply> => {
    const name = request.headers['x-amz-durable-execution-name']
    const payload = request.body === '' ? '{}' : request.body
    const isEvent = request.headers['x-amz-invocation-type'] === 'Event'
    try {
      return await (isEvent ? startDurable : awaitDurable)(target, payload, name)
    } catch (error) {
      if (error instanceof AwsFault) return faultReply(error)
      throw error
    }
  }

  const sendLater = (invocation: Invocation): void => {
    const { signal } = stopped
    const work = tryUntilDone(invocation, signal)
      .catch(() => {})
      .finally(() => running.delete(work))
    running.add(work)
  }

  const answer = async (target: Target, event: unknown, clientContext: unknown): Promise<StandInReply> => {
    const result = await functions.invoke({
      ...target,
      event,
      ...defined({ clientContext }),
    })
    const version = { 'x-amz-executed-version': target.qualifier ?? '$LATEST' }
    if (result.ok) return json(200, JSON.stringify(result.value ?? null), version)
    const { errorType, errorMessage } = result
    return json(200, { errorType, errorMessage, trace: [] }, { ...version, 'x-amz-function-error': 'Unhandled' })
  }

  const parse = (text: string): { readonly event: unknown } | undefined => {
    try {
      return { event: text === '' ? {} : (JSON.parse(text) as unknown) }
    } catch {
      return undefined
    }
  }

  const invoke = async (target: Target, request: StandInRequest): Promise<StandInReply> => {
    if (!functions.exists(target.functionArn)) {
      return faultReply(new AwsFault('ResourceNotFoundException', `Function not found: ${target.functionArn}`, 404))
    }
    const parsed = parse(request.body)
    if (parsed === undefined) {
      const message = 'Could not parse request body into json'
      return json(REQUEST_FAILED, { Type: 'User', message }, { 'x-amzn-errortype': 'InvalidRequestContentException' })
    }
    const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse'
    if (type === 'DryRun') return json(204, '')
    if (functions.isDurable?.(target.functionArn) === true) return invokeDurable(target, request)
    if (type !== 'Event') return answer(target, parsed.event, readClientContext(request.headers))
    sendLater({ ...target, event: parsed.event })
    return json(202, '')
  }

  return {
    route: (request) => {
      const match = PATH.exec(request.path)
      if (match === null || request.method !== 'POST') {
        return lookupRoute(lookups, request) ?? durableRoute(durable, request)
      }
      const target = readTarget(decodeURIComponent(match[1] ?? ''), request.query)
      return { op: 'Invoke', subject: target.functionArn, run: () => invoke(target, request) }
    },
    send: (arn, event) => {
      const { functionArn, qualifier } = readTarget(arn, new URLSearchParams())
      if (functions.isDurable?.(functionArn) !== true) return sendLater({ functionArn, qualifier, event })
      startDurable({ functionArn, qualifier }, JSON.stringify(event)).catch((error: unknown) => {
        const { type: errorType, message: errorMessage } = error as AwsFault
        deadLetters.push({ functionArn, errorType, errorMessage, at: now() })
      })
    },
    deadLetters: () => deadLetters,
    durable,
    idle: async () => {
      while (running.size > 0) await Promise.all(running)
    },
    clear: () => {
      stopped.abort()
      stopped = new AbortController()
      durable.clear()
      deadLetters = []
    },
  }
}
