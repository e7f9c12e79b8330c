// Lambda's Invoke as the SDK and the CLI call it: a function by name or ARN, perhaps with a qualifier, synchronously or as an event, on the
// version that the qualifier stands for and within what concurrency leaves. It checks no permission: whoever makes it says what a function
// is and runs it. A durable function's invocations are executions (durable-executions.ts).

import { defined } from '../../core/base/defined.ts'
import type { Sleep } from '../stand-in/latency.ts'
import type { Operation, StandInReply, StandInRequest } from '../stand-in/server.ts'
import { createAsyncInvocations, type DeadLetter, type Deliver } from './async-invocations.ts'
import { AwsFault } from './aws-fault.ts'
import { type Concurrency, createConcurrency, throttledFault } from './concurrency.ts'
import { durableRoute } from './durable-api.ts'
import type { DurableExecution } from './durable-execution.ts'
import { createDurableExecutions, type DurableExecutions, functionNotFound } from './durable-executions.ts'
import { type FunctionTarget, targetReader } from './function-target.ts'
import { createFunctionVersions, type FunctionVersions } from './function-versions.ts'
import type { Functions, Invocation } from './functions.ts'
import { lookupRoute } from './lambda-lookups.ts'
import { answered, lambdaReply } from './lambda-wire.ts'
import type { AwsSettings } from './settings.ts'

export interface LambdaApi {
  /** @returns undefined when the request is not Lambda's. */
  route(request: StandInRequest): Operation | undefined
  /** Hands an event over as EventBridge does: asynchronously, with Lambda's own retries. */
  send(functionArn: string, event: unknown): void
  deadLetters(): readonly DeadLetter[]
  readonly durable: DurableExecutions
  readonly versions: FunctionVersions
  readonly concurrency: Concurrency
  /** Resolves when no event waits or runs. */
  idle(): Promise<void>
  clear(): void
}

export interface LambdaApiInput {
  readonly functions: Functions
  readonly region: string
  readonly accountId: string
  readonly settings: Readonly<AwsSettings>
  readonly now: () => number
  /** As `now`, for quotas by the second, whose time is real. @default - now */
  readonly quotaNow?: () => number
  /** How the waits between tries are waited. */
  readonly sleep: Sleep
  /** To a destination of failures. @default - nowhere */
  readonly deliver?: Deliver
  /** Why a durable function may not chain an invocation of another. @default - it may */
  readonly refusesChained?: (functionArn: string, invokedArn: string) => string | undefined
}

const PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/
/** Lambda: a synchronous caller is not kept waiting for longer. */
const LONGEST_SYNCHRONOUS_MS = 15 * 60_000

/** Base64 of JSON; what is neither is no context, as in Lambda's Node runtime. */
const readClientContext = ({ 'x-amz-client-context': header }: StandInRequest['headers']): unknown => {
  if (header === undefined) return undefined
  try {
    return JSON.parse(Buffer.from(header, 'base64').toString('utf8'))
  } catch {
    return undefined
  }
}

const parse = (text: string): unknown => {
  try {
    return text === '' ? {} : (JSON.parse(text) as unknown)
  } catch {
    throw new AwsFault('InvalidRequestContentException', 'Could not parse request body into json')
  }
}

/** An execution that fails is not tried again: it has its own retries behind it. */
const failureOf = async (execution: DurableExecution) => {
  await execution.whenEnded()
  const { ErrorType: errorType = 'unknown', ErrorMessage: errorMessage = '' } = execution.error() ?? {}
  return execution.status() === 'SUCCEEDED' ? undefined : { errorType, errorMessage }
}

export const createLambdaApi = (input: LambdaApiInput): LambdaApi => {
  const { functions, settings, now, sleep } = input
  const readTarget = targetReader(input.region, input.accountId)
  const versions = createFunctionVersions((arn) => functions.settingsOf?.(arn).aliases)
  const concurrency = createConcurrency({
    quota: () => settings.concurrentExecutions,
    isPaced: () => settings.enforceQuotas,
    now: input.quotaNow ?? now,
    functions,
  })
  const events = createAsyncInvocations({
    functions,
    concurrency,
    now,
    retryMs: () => settings.asyncRetryMs,
    throttledRetryMs: () => settings.throttledRetryMs,
    sleep,
    ...defined({ deliver: input.deliver }),
  })
  const { refusesChained } = input
  const durable = createDurableExecutions({
    ...{ functions, versions, concurrency, readTarget, settings, now, sleep, refusesChained },
  })
  const followed = new WeakSet<DurableExecution>()
  const isDurable = (functionArn: string): boolean => functions.isDurable?.(functionArn) === true

  /** @throws AwsFault */
  const versionOf = (target: FunctionTarget): string => {
    const version = versions.resolve(target.functionArn, target.qualifier)
    if (version === undefined) throw functionNotFound(target)
    return version
  }

  /** @throws AwsFault */
  const startDurable = (target: FunctionTarget, payload: string, name?: string): DurableExecution => {
    const execution = durable.start({ ...target, payload, name })
    // A repeated request is the same execution, which fails once.
    if (!followed.has(execution)) events.follow(target.functionArn, parse(payload), failureOf(execution))
    followed.add(execution)
    return execution
  }

  /** @throws AwsFault */
  const awaitDurable = async (target: FunctionTarget, payload: string, name?: string): Promise<StandInReply> => {
    const { executionTimeoutMs = 0 } = functions.settingsOf?.(target.functionArn) ?? {}
    if (executionTimeoutMs > LONGEST_SYNCHRONOUS_MS) {
      const message =
        'You cannot synchronously invoke a durable function with an executionTimeout greater than 15 minutes.'
      throw new AwsFault('InvalidParameterValueException', message)
    }
    if (!concurrency.hasRoom(target.functionArn)) {
      throw throttledFault('ReservedFunctionConcurrentInvocationLimitExceeded')
    }
    const execution = durable.start({ ...target, payload, name })
    await execution.whenEnded()
    const { arn, version } = execution.input
    const headers = { 'x-amz-durable-execution-arn': arn, 'x-amz-executed-version': version }
    if (execution.status() === 'SUCCEEDED') return lambdaReply(200, execution.result() ?? 'null', headers)
    return lambdaReply(200, execution.error() ?? {}, { ...headers, 'x-amz-function-error': 'Unhandled' })
  }

  const invokeDurable = async (target: FunctionTarget, request: StandInRequest): Promise<StandInReply> => {
    const name = request.headers['x-amz-durable-execution-name']
    const payload = request.body === '' ? '{}' : request.body
    if (request.headers['x-amz-invocation-type'] !== 'Event') return awaitDurable(target, payload, name)
    const { arn } = startDurable(target, payload, name).input
    return lambdaReply(202, '', { 'x-amz-durable-execution-arn': arn })
  }

  /** @throws AwsFault */
  const answer = async (invocation: Invocation): Promise<StandInReply> => {
    const admission = concurrency.enter(invocation.functionArn, 'synchronous')
    if (admission.isThrottled) throw throttledFault(admission.reason)
    const result = await functions.invoke(invocation)
    admission.leave()
    const version = { 'x-amz-executed-version': invocation.version }
    if (result.ok) return lambdaReply(200, JSON.stringify(result.value ?? null), version)
    const { errorType, errorMessage } = result
    const headers = { ...version, 'x-amz-function-error': 'Unhandled' }
    return lambdaReply(200, { errorType, errorMessage, trace: [] }, headers)
  }

  /** @throws AwsFault */
  const invoke = async (target: FunctionTarget, request: StandInRequest): Promise<StandInReply> => {
    if (!functions.exists(target.functionArn)) throw functionNotFound(target)
    const version = versionOf(target)
    const event = parse(request.body)
    const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse'
    if (type === 'DryRun') return lambdaReply(204, '')
    if (isDurable(target.functionArn)) return invokeDurable(target, request)
    if (type !== 'Event') {
      const clientContext = readClientContext(request.headers)
      return answer({ ...target, version, event, ...defined({ clientContext }) })
    }
    events.queue({ ...target, version, event })
    return lambdaReply(202, '')
  }

  return {
    route: (request) => {
      const match = PATH.exec(request.path)
      if (match === null || request.method !== 'POST') {
        const lookups = {
          functionArnOf: (text: string) => readTarget(text).functionArn,
          functions,
          settings,
          concurrency,
        }
        return lookupRoute(lookups, request) ?? durableRoute({ executions: durable, versions }, request)
      }
      const { functionArn, qualifier = request.query.get('Qualifier') ?? undefined } = readTarget(
        decodeURIComponent(match[1] ?? ''),
      )
      return {
        op: 'Invoke',
        subject: functionArn,
        run: () => answered(() => invoke({ functionArn, qualifier }, request)),
      }
    },
    send: (arn, event) => {
      const target = readTarget(arn)
      try {
        if (isDurable(target.functionArn)) startDurable(target, JSON.stringify(event))
        else events.queue({ ...target, version: versionOf(target), event })
      } catch (error) {
        const { type: errorType, message: errorMessage } = error as AwsFault
        events.follow(target.functionArn, event, Promise.resolve({ errorType, errorMessage }))
      }
    },
    deadLetters: events.deadLetters,
    durable,
    versions,
    concurrency,
    idle: events.idle,
    clear: () => {
      events.clear()
      durable.clear()
      concurrency.reset()
    },
  }
}
