// Lambda's Invoke as the SDK and the CLI call it: a function by name or ARN, perhaps with a qualifier, synchronously or as an event.
// An event that fails is tried twice more, as Lambda does, and then lies with the dead letters. It deploys nothing and checks no
// permission: whoever makes it says what a function is and runs it.
import { randomUUID } from 'node:crypto'
import type { Operation, StandInReply, StandInRequest } from '../stand-in/server.ts'
import { AwsFault } from './aws-fault.ts'
import type { Sleep } from './rotation-driver.ts'

export type InvocationResult =
  | { readonly ok: true; readonly value?: unknown }
  | { readonly ok: false; readonly errorType: string; readonly errorMessage: string }

/** One invocation of a function that exists. */
export interface Invocation {
  /** Unqualified. */
  readonly functionArn: string
  /** An alias or a version. */
  readonly qualifier: string | undefined
  readonly event: unknown
}

export interface Functions {
  exists(functionArn: string): boolean
  /** Never rejects. */
  invoke(invocation: Invocation): Promise<InvocationResult>
}

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
  /** Resolves when no event waits or runs. */
  idle(): Promise<void>
  clear(): void
}

export interface LambdaApiInput {
  readonly functions: Functions
  readonly region: string
  readonly accountId: string
  readonly now: () => number
  /** How the waits between tries are waited. */
  readonly sleep: Sleep
}

const PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/
/** Lambda waits a minute, then two (Lambda developer guide, "asynchronous invocation"). */
const RETRY_WAITS_MS = [60_000, 120_000]
const REQUEST_FAILED = 400

const json = (status: number, body: object | string, headers: Readonly<Record<string, string>> = {}): StandInReply => ({
  status,
  headers: { 'x-amzn-requestid': randomUUID(), 'content-type': 'application/json', ...headers },
  body,
})

const faultReply = ({ type, message, status }: AwsFault): StandInReply =>
  json(status, { Type: 'User', Message: message }, { 'x-amzn-errortype': type })

interface Target {
  readonly functionArn: string
  readonly qualifier: string | undefined
}

export const createLambdaApi = (input: LambdaApiInput): LambdaApi => {
  const { functions, region, accountId, now, sleep } = input
  let deadLetters: DeadLetter[] = []
  let stopped = new AbortController()
  const running = new Set<Promise<void>>()

  /** `name`, `name:alias`, or an ARN with or without a qualifier. */
  const readTarget = (text: string, query: URLSearchParams): Target => {
    const parts = text.split(':')
    const isArn = parts[0] === 'arn'
    const name = isArn ? (parts[6] ?? '') : (parts[0] ?? '')
    const qualifier = (isArn ? parts[7] : parts[1]) ?? query.get('Qualifier') ?? undefined
    return { functionArn: `arn:aws:lambda:${region}:${accountId}:function:${name}`, qualifier }
  }

  const tryUntilDone = async (invocation: Invocation, signal: AbortSignal): Promise<void> => {
    for (const waitMs of [...RETRY_WAITS_MS, undefined]) {
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

  const sendLater = (invocation: Invocation): void => {
    const { signal } = stopped
    const work = tryUntilDone(invocation, signal)
      .catch(() => {})
      .finally(() => running.delete(work))
    running.add(work)
  }

  const answer = async (target: Target, event: unknown): Promise<StandInReply> => {
    const result = await functions.invoke({ ...target, event })
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
    if (type !== 'Event') return answer(target, parsed.event)
    sendLater({ ...target, event: parsed.event })
    return json(202, '')
  }

  return {
    route: (request) => {
      const match = PATH.exec(request.path)
      if (match === null || request.method !== 'POST') return undefined
      const target = readTarget(decodeURIComponent(match[1] ?? ''), request.query)
      return { op: 'Invoke', subject: target.functionArn, run: () => invoke(target, request) }
    },
    send: (functionArn, event) => sendLater({ functionArn, qualifier: undefined, event }),
    deadLetters: () => deadLetters,
    idle: async () => {
      while (running.size > 0) await Promise.all(running)
    },
    clear: () => {
      stopped.abort()
      stopped = new AbortController()
      deadLetters = []
    },
  }
}
