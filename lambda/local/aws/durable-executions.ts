// Lambda's side of durable functions: starts executions, invokes the function for each, again when a wait is over by the shared clock or
// a chained invocation has ended, and again after its process was killed – with what was checkpointed until then. Modelled on what the
// SDK's own local runner does; where AWS is silent (how soon it tries again, how often), it is quick and patient.
import { randomUUID } from 'node:crypto'
import type { Sleep } from '../stand-in/latency.ts'
import { AwsFault } from './aws-fault.ts'
import { createExecution, type DurableExecution } from './durable-execution.ts'
import type { OperationUpdate, WireError } from './durable-wire.ts'
import type { Functions } from './functions.ts'

export interface DurableStart {
  readonly functionArn: string
  readonly qualifier: string | undefined
  /** Absent: one is made. */
  readonly name?: string | undefined
  /** JSON text. */
  readonly payload: string
}

export interface DurableExecutionsInput {
  readonly functions: Functions
  readonly now: () => number
  /** How the waits between tries are waited: real time. */
  readonly sleep: Sleep
}

const TICK_MS = 20
const FIRST_RETRY_MS = 100
const LONGEST_RETRY_MS = 5000
/** In a row; a checkpoint in between starts the count anew. */
const MAX_FAILURES = 30
const NAME = /^[a-zA-Z0-9\-_]{1,64}$/

interface Reply {
  readonly Status?: unknown
  readonly Result?: string
  readonly Error?: WireError
}

export const createDurableExecutions = ({ functions, now, sleep }: DurableExecutionsInput) => {
  const executions = new Map<string, DurableExecution>()
  let stopped = new AbortController()
  let ticking: NodeJS.Timeout | undefined

  const tick = (): void => {
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

  const take = (execution: DurableExecution, reply: Reply): 'over' | 'pending' => {
    if (reply.Status === 'PENDING') return 'pending'
    if (reply.Status === 'SUCCEEDED') execution.end('SUCCEEDED', { result: reply.Result })
    else execution.end('FAILED', { error: reply.Error ?? { ErrorType: 'Unknown', ErrorMessage: 'No such status.' } })
    return 'over'
  }

  const drive = async (execution: DurableExecution, signal: AbortSignal): Promise<void> => {
    const { functionArn, qualifier } = execution.input
    let failures = 0
    while (execution.status() === 'RUNNING' && !signal.aborted) {
      const before = execution.operationCount()
      const result = await functions.invoke({ functionArn, qualifier, event: execution.invocation() })
      if (signal.aborted || execution.status() !== 'RUNNING') return
      if (result.ok) {
        failures = 0
        if (take(execution, (result.value ?? {}) as Reply) === 'pending') await execution.whenChanged()
        continue
      }
      failures = execution.operationCount() > before ? 1 : failures + 1
      if (failures > MAX_FAILURES) {
        execution.end('FAILED', { error: { ErrorType: result.errorType, ErrorMessage: result.errorMessage } })
      } else await sleep(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1)), signal).catch(() => {})
    }
  }

  const begin = ({ functionArn, qualifier = '$LATEST', name, payload }: DurableStart): DurableExecution => {
    const executionName = name ?? randomUUID()
    const version = qualifier === '$LATEST' ? qualifier : '1'
    const arn = `${functionArn}:${version}/durable-execution/${executionName}/${randomUUID()}`
    const execution = createExecution({ arn, name: executionName, functionArn, qualifier, payload, now })
    executions.set(arn, execution)
    ticking ??= setInterval(tick, TICK_MS).unref()
    void drive(execution, stopped.signal)
    return execution
  }

  /** The same name and input: the same execution (durable-execution-idempotency). @throws AwsFault */
  const start = (request: DurableStart): DurableExecution => {
    const { functionArn, qualifier, name, payload } = request
    if (qualifier === undefined) {
      throw new AwsFault(
        'InvalidParameterValueException',
        'You cannot invoke a durable function using an unqualified ARN.',
      )
    }
    if (name === undefined) return begin(request)
    if (!NAME.test(name)) throw new AwsFault('InvalidParameterValueException', 'DurableExecutionName is malformed.')
    const known = [...executions.values()].find(({ input }) => input.name === name && input.functionArn === functionArn)
    if (known === undefined) return begin(request)
    if (known.input.payload === payload) return known
    throw new AwsFault(
      'DurableExecutionAlreadyStartedException',
      `The durable execution ${name} has already been started with another payload.`,
      409,
    )
  }

  /** `name:alias`, or an ARN with a qualifier. */
  const targetOf = (functionName: string, from: DurableExecution) => {
    const parts = functionName.split(':')
    const isArn = parts[0] === 'arn'
    const name = isArn ? parts[6] : parts[0]
    const functionArn = `${from.input.functionArn.slice(0, from.input.functionArn.lastIndexOf(':'))}:${name}`
    return { functionArn, qualifier: isArn ? parts[7] : parts[1] }
  }

  const invokeChained = async (
    from: DurableExecution,
    { functionName, payload }: { readonly functionName: string; readonly payload: string },
  ): Promise<{ readonly result: string | undefined } | { readonly error: WireError }> => {
    const target = targetOf(functionName, from)
    if (!functions.exists(target.functionArn)) {
      return { error: { ErrorType: 'ResourceNotFoundException', ErrorMessage: `Function not found: ${functionName}` } }
    }
    if (functions.isDurable?.(target.functionArn) !== true) {
      const result = await functions.invoke({ ...target, event: JSON.parse(payload) as unknown })
      if (result.ok) return { result: JSON.stringify(result.value) }
      return { error: { ErrorType: result.errorType, ErrorMessage: result.errorMessage } }
    }
    const execution = begin({ ...target, payload })
    await execution.whenEnded()
    const error = execution.error()
    if (execution.status() === 'SUCCEEDED') return { result: execution.result() }
    return { error: error ?? { ErrorType: execution.status(), ErrorMessage: `The execution ${execution.status()}.` } }
  }

  /** @throws AwsFault */
  const get = (arn: string): DurableExecution => {
    const execution = executions.get(arn)
    if (execution === undefined) {
      throw new AwsFault('ResourceNotFoundException', `The durable execution does not exist: ${arn}`, 404)
    }
    return execution
  }

  return {
    start,
    get,
    all: (): readonly DurableExecution[] => [...executions.values()],
    checkpoint: (arn: string, token: unknown, updates: readonly OperationUpdate[]): object => {
      const execution = get(arn)
      const { reply, invokes } = execution.checkpoint(token, updates)
      const { signal } = stopped
      for (const invoke of invokes) {
        void invokeChained(execution, invoke).then((outcome) => {
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
