// Lambda's side of durable functions: starts executions, invokes the function for each, again when a wait is over by the shared clock or
// a chained invocation has ended, and again after its process was killed, timed out or could not begin – with what was checkpointed until
// then, on the version that the execution began on. Modelled on what AWS documents and what the SDK's own local runner does; where AWS is
// silent (how soon it tries again), it is quick.
import { randomUUID } from 'node:crypto'
import type { Sleep } from '../stand-in/latency.ts'
import { AwsFault } from './aws-fault.ts'
import { createClockLimits } from './clock-limits.ts'
import { type Concurrency, throttledFault } from './concurrency.ts'
import { type ChainedOutcome, createExecution, type DurableExecution } from './durable-execution.ts'
import type { OperationUpdate, WireError } from './durable-wire.ts'
import type { FunctionTarget } from './function-target.ts'
import type { FunctionVersions } from './function-versions.ts'
import type { FunctionSettings, Functions, InvocationResult } from './functions.ts'
import type { AwsSettings } from './settings.ts'

export interface DurableStart extends FunctionTarget {
  /** Absent: one is made. */
  readonly name?: string | undefined
  /** JSON text. */
  readonly payload: string
}

export interface DurableExecutionsInput {
  readonly functions: Functions
  readonly versions: FunctionVersions
  readonly concurrency: Concurrency
  readonly readTarget: (text: string) => FunctionTarget
  readonly settings: Readonly<Pick<AwsSettings, 'executionNames' | 'chainedThrottle' | 'throttledRetryMs'>>
  readonly now: () => number
  /** How the waits between tries are waited: real time. */
  readonly sleep: Sleep
  /** Why a function's role lets it chain no invocation of another. @default - it does */
  readonly refusesChained?: ((functionArn: string, invokedArn: string) => string | undefined) | undefined
}

const TICK_MS = 20
const FIRST_RETRY_MS = 100
const LONGEST_RETRY_MS = 5000
const LONGEST_THROTTLED_FACTOR = 300
/** As Lambda's default is. */
const RETENTION_MS = 14 * 24 * 3_600_000
const NAME = /^[a-zA-Z0-9\-_]{1,64}$/

interface Reply {
  readonly Status?: unknown
  readonly Result?: string
  readonly Error?: WireError
}

export const UNQUALIFIED = 'You cannot invoke a durable function using an unqualified ARN.'

/** Lambda's words for a function, version or alias that is not there. */
export const functionNotFound = ({ functionArn, qualifier }: FunctionTarget): AwsFault => {
  const whole = qualifier === undefined ? functionArn : `${functionArn}:${qualifier}`
  return new AwsFault('ResourceNotFoundException', `Function not found: ${whole}`, 404)
}

const asError = ({ type, message }: AwsFault): ChainedOutcome => ({ error: { ErrorType: type, ErrorMessage: message } })

const timedOut = (timeoutMs: number): InvocationResult => ({
  ok: false,
  errorType: 'Sandbox.Timedout',
  errorMessage: `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
})

export const createDurableExecutions = (input: DurableExecutionsInput) => {
  const { functions, versions, concurrency, readTarget, settings, now, sleep } = input
  const executions = new Map<string, DurableExecution>()
  const limits = createClockLimits(now)
  let stopped = new AbortController()
  let ticking: NodeJS.Timeout | undefined

  const settingsOf = (functionArn: string): FunctionSettings => functions.settingsOf?.(functionArn) ?? {}

  const tick = (): void => {
    limits.advance()
    let running = 0
    for (const execution of executions.values()) {
      if (execution.status() !== 'RUNNING') continue
      running += 1
      execution.advance()
    }
    if (running > 0) return
    clearInterval(ticking)
    ticking = undefined
  }

  const isRemembered = (execution: DurableExecution): boolean => {
    const endedAt = execution.endedAt()
    const { retentionMs = RETENTION_MS } = settingsOf(execution.input.functionArn)
    return endedAt === undefined || now() < endedAt + retentionMs
  }
  const remembered = (): readonly DurableExecution[] => [...executions.values()].filter(isRemembered)

  const take = (execution: DurableExecution, reply: Reply): 'over' | 'pending' => {
    if (reply.Status === 'PENDING') return 'pending'
    if (reply.Status === 'SUCCEEDED') execution.end('SUCCEEDED', { result: reply.Result })
    else execution.end('FAILED', { error: reply.Error ?? { ErrorType: 'Unknown', ErrorMessage: 'No such status.' } })
    return 'over'
  }

  /** Once, if Lambda has room for it. */
  const invokeOnce = async (execution: DurableExecution): Promise<InvocationResult | 'throttled'> => {
    const { functionArn, version } = execution.input
    const admission = concurrency.enter(functionArn, 'event')
    if (admission.isThrottled) return 'throttled'
    const { timeoutMs } = settingsOf(functionArn)
    const limit = limits.after(timeoutMs)
    const invocation = { functionArn, qualifier: version, version, event: execution.invocation(), signal: limit.signal }
    const result = await Promise.race([functions.invoke(invocation), limit.reached])
    limit.lift()
    admission.leave()
    return result === 'reached' ? timedOut(timeoutMs ?? 0) : result
  }

  /** AWS: with exponential backoff, until it succeeds or the execution's own time is over. */
  const backOff = async (isThrottled: boolean, nth: number, signal: AbortSignal): Promise<void> => {
    const first = isThrottled ? settings.throttledRetryMs : FIRST_RETRY_MS
    const longest = isThrottled ? LONGEST_THROTTLED_FACTOR * first : LONGEST_RETRY_MS
    await sleep(Math.min(longest, first * 2 ** (nth - 1)), signal).catch(() => {})
    // A test's sleep may take no time at all; others must have their turn.
    await new Promise((resolve) => setImmediate(resolve))
  }

  const drive = async (execution: DurableExecution, signal: AbortSignal): Promise<void> => {
    let failures = 0
    while (execution.status() === 'RUNNING' && !signal.aborted) {
      const before = execution.operationCount()
      const result = await invokeOnce(execution)
      if (signal.aborted || execution.status() !== 'RUNNING') return
      if (result !== 'throttled' && result.ok) {
        failures = 0
        if (take(execution, (result.value ?? {}) as Reply) === 'pending') await execution.whenChanged()
        continue
      }
      failures = execution.operationCount() > before ? 1 : failures + 1
      if (result !== 'throttled') {
        execution.retried({ ErrorType: result.errorType, ErrorMessage: result.errorMessage })
      }
      await backOff(result === 'throttled', failures, signal)
    }
  }

  const begin = (
    functionArn: string,
    version: string,
    { name = randomUUID(), payload }: Omit<DurableStart, keyof FunctionTarget>,
  ): DurableExecution => {
    const arn = `${functionArn}:${version}/durable-execution/${name}/${randomUUID()}`
    const timeoutMs = settingsOf(functionArn).executionTimeoutMs
    const execution = createExecution({ arn, name, functionArn, version, payload, timeoutMs, now })
    executions.set(arn, execution)
    ticking ??= setInterval(tick, TICK_MS).unref()
    void drive(execution, stopped.signal)
    return execution
  }

  /** @throws AwsFault: a durable function is called by a version or an alias that it has. */
  const versionOf = (target: FunctionTarget): string => {
    if (target.qualifier === undefined) throw new AwsFault('InvalidParameterValueException', UNQUALIFIED)
    const version = versions.resolve(target.functionArn, target.qualifier)
    if (version === undefined) throw functionNotFound(target)
    return version
  }

  /** The same name and input: the same execution (durable-execution-idempotency), by AWS's table whatever function it is of. @throws AwsFault */
  const start = (request: DurableStart): DurableExecution => {
    const { functionArn, name, payload } = request
    const version = versionOf(request)
    if (name === undefined) return begin(functionArn, version, { payload })
    if (!NAME.test(name)) throw new AwsFault('InvalidParameterValueException', 'DurableExecutionName is malformed.')
    const isNamesake = ({ input: known }: DurableExecution): boolean =>
      known.name === name && (settings.executionNames === 'account' || known.functionArn === functionArn)
    const known = remembered().find(isNamesake)
    if (known === undefined) return begin(functionArn, version, { name, payload })
    if (known.input.payload === payload) return known
    throw new AwsFault(
      'DurableExecutionAlreadyStartedException',
      `The durable execution ${name} has already been started with another payload.`,
      409,
    )
  }

  const invokePlain = async (
    target: FunctionTarget & { readonly version: string },
    payload: string,
    isWanted: () => boolean,
  ): Promise<ChainedOutcome> => {
    for (let nth = 1; ; nth += 1) {
      const admission = concurrency.enter(target.functionArn, 'event')
      if (!admission.isThrottled) {
        const result = await functions.invoke({ ...target, event: JSON.parse(payload) as unknown })
        admission.leave()
        if (result.ok) return { result: JSON.stringify(result.value) }
        return { error: { ErrorType: result.errorType, ErrorMessage: result.errorMessage } }
      }
      if (settings.chainedThrottle === 'fail') return asError(throttledFault(admission.reason))
      await backOff(true, nth, stopped.signal)
      if (!isWanted()) return { result: undefined }
    }
  }

  const invokeDurable = async (target: FunctionTarget, payload: string): Promise<ChainedOutcome> => {
    const version = versionOf(target)
    // Otherwise it begins, and its own invocations wait for room.
    if (settings.chainedThrottle === 'fail' && !concurrency.hasRoom(target.functionArn)) {
      throw throttledFault('ReservedFunctionConcurrentInvocationLimitExceeded')
    }
    const execution = begin(target.functionArn, version, { payload })
    await execution.whenEnded()
    const status = execution.status()
    if (status === 'SUCCEEDED') return { result: execution.result() }
    const error = execution.error() ?? { ErrorType: status, ErrorMessage: `The execution ${status}.` }
    return { error, ...(status === 'TIMED_OUT' || status === 'STOPPED' ? { status } : {}) }
  }

  /** An alias stands for what it names now. */
  const invokeChained = async (
    functionArn: string,
    { functionName, payload }: { readonly functionName: string; readonly payload: string },
    isWanted: () => boolean,
  ): Promise<ChainedOutcome> => {
    const target = readTarget(functionName)
    const invokedArn = [target.functionArn, ...(target.qualifier === undefined ? [] : [target.qualifier])].join(':')
    try {
      const refusal = input.refusesChained?.(functionArn, invokedArn)
      if (refusal !== undefined) throw new AwsFault('AccessDeniedException', refusal, 403)
      if (!functions.exists(target.functionArn)) throw functionNotFound(target)
      if (functions.isDurable?.(target.functionArn) === true) return await invokeDurable(target, payload)
      const version = versions.resolve(target.functionArn, target.qualifier)
      if (version === undefined) throw functionNotFound(target)
      return await invokePlain({ ...target, version }, payload, isWanted)
    } catch (error) {
      if (error instanceof AwsFault) return asError(error)
      throw error
    }
  }

  /** @throws AwsFault */
  const get = (arn: string): DurableExecution => {
    const execution = executions.get(arn)
    if (execution === undefined || !isRemembered(execution)) {
      throw new AwsFault('ResourceNotFoundException', `The durable execution does not exist: ${arn}`, 404)
    }
    return execution
  }

  return {
    start,
    get,
    /** What Lambda would list. */
    remembered,
    /** Those that Lambda has forgotten, too. */
    all: (): readonly DurableExecution[] => [...executions.values()],
    checkpoint: (arn: string, token: unknown, updates: readonly OperationUpdate[]): object => {
      const execution = get(arn)
      const { reply, invokes } = execution.checkpoint(token, updates)
      const { signal } = stopped
      const isWanted = (): boolean => !signal.aborted && execution.status() === 'RUNNING'
      for (const invoke of invokes) {
        void invokeChained(execution.input.functionArn, invoke, isWanted).then((outcome) => {
          if (!signal.aborted) execution.invoked(invoke.operationId, outcome)
        })
      }
      return reply
    },
    /** Forgets everything; functions that run end by themselves. */
    clear: (): void => {
      stopped.abort()
      stopped = new AbortController()
      clearInterval(ticking)
      ticking = undefined
      for (const execution of executions.values()) execution.end('STOPPED', {})
      executions.clear()
    },
  }
}

export type DurableExecutions = ReturnType<typeof createDurableExecutions>
