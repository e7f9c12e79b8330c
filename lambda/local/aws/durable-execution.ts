// One durable execution: its operations, what a checkpoint may change about them, and what time changes. It keeps AWS's limits – 3,000
// operations, 256 KB a payload, 100 MB in all, a token that is good once – because code that would break them must break here.
// It runs nothing; durable-executions.ts does.
import { randomUUID } from 'node:crypto'
import { AwsFault } from './aws-fault.ts'
import {
  asIso,
  asSeconds,
  type DurableOperation,
  type OperationAction,
  type OperationStatus,
  type OperationType,
  type OperationUpdate,
  toWire,
  type WireError,
} from './durable-wire.ts'

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'STOPPED'

export interface ExecutionInput {
  readonly arn: string
  readonly name: string
  readonly functionArn: string
  /** Whose code runs from its beginning to its end, whatever its caller's alias names meanwhile. */
  readonly version: string
  /** JSON text. */
  readonly payload: string
  /** @default - none */
  readonly timeoutMs?: number | undefined
  readonly now: () => number
}

/** A chained invocation that an execution has asked for. */
export interface ChainedInvoke {
  readonly operationId: string
  readonly functionName: string
  readonly payload: string
}

export type ChainedOutcome =
  | { readonly result: string | undefined }
  /** `status` @default - FAILED */
  | { readonly error: WireError; readonly status?: 'TIMED_OUT' | 'STOPPED' }

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#durable-functions-quotas */
export const MAX_OPERATIONS = 3000
const MAX_STORED_BYTES = 100 * 1024 * 1024
const MAX_PAYLOAD_BYTES = 256 * 1024
/** What an invocation's event holds; the rest is fetched. AWS: undocumented. */
const INLINE_OPERATIONS = 100
const MAX_STATE_ITEMS = 1000

const actions: Readonly<Record<OperationType, readonly OperationAction[]>> = {
  EXECUTION: ['SUCCEED', 'FAIL'],
  CONTEXT: ['START', 'SUCCEED', 'FAIL'],
  STEP: ['START', 'SUCCEED', 'FAIL', 'RETRY'],
  WAIT: ['START'],
  CHAINED_INVOKE: ['START'],
  CALLBACK: [],
}
const OPEN: readonly OperationStatus[] = ['STARTED', 'READY']

const invalid = (message: string): AwsFault => new AwsFault('InvalidParameterValueException', message)

/** How many operations AWS meters an update as (durable-operations-checkpoint-consumption). */
const metered = ({ Type, Action }: OperationUpdate): number => {
  if (Type === 'STEP') return Action === 'START' ? 0 : 1
  return Action === 'START' ? 1 : 0
}

export const createExecution = (input: ExecutionInput) => {
  const { now } = input
  const operations = new Map<string, DurableOperation>()
  /** Changed since the function last saw it. */
  const dirty = new Set<string>()
  let status: ExecutionStatus = 'RUNNING'
  let result: string | undefined
  let error: WireError | undefined
  let token: string | undefined
  let count = 1
  let storedBytes = Buffer.byteLength(input.payload)
  let endedAt: number | undefined
  const startedAt = now()
  const changed: Array<() => void> = []
  const ended: Array<() => void> = []

  const own: DurableOperation = {
    id: randomUUID(),
    parentId: undefined,
    name: input.name,
    type: 'EXECUTION',
    subType: undefined,
    startedAt,
    status: 'STARTED',
    input: input.payload,
    attempts: 0,
  }
  operations.set(own.id, own)

  const end = (
    as: ExecutionStatus,
    with_: { readonly result?: string | undefined; readonly error?: WireError },
  ): void => {
    if (status !== 'RUNNING') return
    status = as
    result = with_.result
    error = with_.error
    endedAt = now()
    for (const wake of [...changed.splice(0), ...ended.splice(0)]) wake()
  }

  const touch = (operation: DurableOperation): void => {
    dirty.add(operation.id)
    for (const wake of changed.splice(0)) wake()
  }

  const check = (update: OperationUpdate, known: ReadonlyMap<string, DurableOperation>): void => {
    const { Id, ParentId, Type, Action, Payload } = update
    if (!actions[Type]?.includes(Action)) throw invalid(`Invalid action ${Action} for the operation type ${Type}.`)
    if (Payload !== undefined && Type !== 'EXECUTION' && Buffer.byteLength(Payload) > MAX_PAYLOAD_BYTES) {
      throw invalid(`Payload size must be less than ${MAX_PAYLOAD_BYTES} bytes.`)
    }
    if (ParentId !== undefined && known.get(ParentId)?.type !== 'CONTEXT') throw invalid('Invalid parent operation id.')
    const before = known.get(Id)
    if (before === undefined || Type === 'EXECUTION') return
    const isRestart = Type === 'STEP' && Action === 'START' && before.status === 'READY'
    if (Action === 'START' && !isRestart) throw invalid(`Cannot start a ${Type} that already exists.`)
    if (Action !== 'START' && !OPEN.includes(before.status)) throw invalid(`Invalid current ${Type} state to close.`)
  }

  const begin = ({ Id, ParentId, Name, Type, SubType }: OperationUpdate): DurableOperation => {
    const operation: DurableOperation = {
      id: Id,
      parentId: ParentId,
      name: Name,
      type: Type,
      subType: SubType,
      startedAt: now(),
      status: 'STARTED',
      attempts: 0,
    }
    operations.set(Id, operation)
    return operation
  }

  const close = (operation: DurableOperation, update: OperationUpdate): void => {
    const { Action, Payload, Error: error, ContextOptions } = update
    operation.status = Action === 'SUCCEED' ? 'SUCCEEDED' : 'FAILED'
    operation.result = Payload
    operation.error = error
    operation.endedAt = now()
    delete operation.dueAt
    if (operation.type === 'STEP') operation.attempts += 1
    if (ContextOptions?.ReplayChildren === true) operation.replayChildren = true
  }

  const apply = (update: OperationUpdate): ChainedInvoke | undefined => {
    const { Id, Type, Action, Payload } = update
    if (Type === 'EXECUTION') {
      end(Action === 'SUCCEED' ? 'SUCCEEDED' : 'FAILED', {
        result: Payload,
        ...(update.Error ? { error: update.Error } : {}),
      })
      return undefined
    }
    const operation = operations.get(Id) ?? begin(update)
    dirty.add(Id)
    if (Action === 'START') operation.status = 'STARTED'
    else if (Action === 'RETRY') {
      operation.status = 'PENDING'
      operation.attempts += 1
      operation.error = update.Error
      operation.dueAt = now() + (update.StepOptions?.NextAttemptDelaySeconds ?? 0) * 1000
    } else close(operation, update)
    if (Type === 'WAIT') operation.dueAt = now() + (update.WaitOptions?.WaitSeconds ?? 0) * 1000
    if (Type !== 'CHAINED_INVOKE') return undefined
    return { operationId: Id, functionName: update.ChainedInvokeOptions?.FunctionName ?? '', payload: Payload ?? '{}' }
  }

  const newToken = (): string => {
    token = randomUUID()
    return token
  }

  const checkToken = (given: unknown): void => {
    // The SDK ends the invocation, not the execution, on exactly these words.
    if (status !== 'RUNNING' || given !== token) throw invalid('Invalid Checkpoint Token')
  }

  /** Children of a context that is over are not replayed. */
  const replayed = (): readonly DurableOperation[] => {
    const left = new Set<string>()
    return [...operations.values()].filter(({ id, parentId }) => {
      const parent = parentId === undefined ? undefined : operations.get(parentId)
      const isOver = parent !== undefined && (parent.status === 'SUCCEEDED' || parent.status === 'FAILED')
      if (!isOver || (parent.replayChildren === true && !left.has(parent.id))) return true
      left.add(id)
      return false
    })
  }

  return {
    input,
    startedAt,
    status: () => status,
    result: () => result,
    error: () => error,
    endedAt: () => endedAt,
    /** As AWS meters them. */
    operationCount: () => count,
    storedBytes: () => storedBytes,
    operations: (): readonly Readonly<DurableOperation>[] => [...operations.values()],
    end,
    whenEnded: (): Promise<void> =>
      new Promise((resolve) => {
        if (status === 'RUNNING') ended.push(resolve)
        else resolve()
      }),
    /** Resolves once something has changed that the function has not seen, or the execution is over. */
    whenChanged: (): Promise<void> =>
      new Promise((resolve) => {
        if (dirty.size > 0 || status !== 'RUNNING') resolve()
        else changed.push(resolve)
      }),
    /** What the function is invoked with; its earlier tokens are good no more. */
    invocation: (): object => {
      const updated = [...dirty]
      dirty.clear()
      const all = replayed()
      return {
        DurableExecutionArn: input.arn,
        CheckpointToken: newToken(),
        UpdatedOperationIds: updated,
        InitialExecutionState: {
          Operations: all.slice(0, INLINE_OPERATIONS).map((operation) => toWire(operation, asIso)),
          ...(all.length > INLINE_OPERATIONS ? { NextMarker: String(INLINE_OPERATIONS) } : {}),
        },
      }
    },
    /** @throws AwsFault, having changed nothing. @returns the reply, and what is to be invoked now. */
    checkpoint: (given: unknown, updates: readonly OperationUpdate[]) => {
      checkToken(given)
      const known = new Map(operations)
      for (const update of updates) {
        check(update, known)
        if (update.Action === 'START' && !known.has(update.Id)) {
          known.set(update.Id, { ...own, id: update.Id, type: update.Type, status: 'STARTED' })
        }
      }
      const added = updates.reduce((sum, update) => sum + metered(update), 0)
      if (count + added > MAX_OPERATIONS) throw invalid(`An execution has at most ${MAX_OPERATIONS} operations.`)
      count += added
      for (const { Payload, Error: failure } of updates) {
        storedBytes += Buffer.byteLength(Payload ?? '') + (failure === undefined ? 0 : JSON.stringify(failure).length)
      }
      if (storedBytes > MAX_STORED_BYTES) throw invalid(`An execution stores at most ${MAX_STORED_BYTES} bytes.`)
      const invokes = updates.flatMap((update) => apply(update) ?? [])
      const changed = [...dirty].flatMap((id) => operations.get(id) ?? [])
      dirty.clear()
      const reply = {
        CheckpointToken: newToken(),
        NewExecutionState: { Operations: changed.map((operation) => toWire(operation, asSeconds)) },
      }
      return { reply, invokes }
    },
    state: (given: unknown, marker: number, maxItems: number): object => {
      checkToken(given)
      const all = replayed()
      const upTo = marker + Math.min(maxItems, MAX_STATE_ITEMS)
      return {
        Operations: all.slice(marker, upTo).map((operation) => toWire(operation, asSeconds)),
        ...(all.length > upTo ? { NextMarker: String(upTo) } : {}),
      }
    },
    /** An invocation failed and is to be retried: it is metered, and what it may still say is not heard. */
    retried: (failure: WireError): void => {
      token = undefined
      count += 1
      storedBytes += JSON.stringify(failure).length
    },
    /** What the clock has brought about. */
    advance: (): void => {
      if (status !== 'RUNNING') return
      const { timeoutMs } = input
      if (timeoutMs !== undefined && now() >= startedAt + timeoutMs) {
        const ErrorMessage = `The durable execution timed out after ${timeoutMs / 1000} seconds.`
        end('TIMED_OUT', { error: { ErrorType: 'ExecutionTimedOut', ErrorMessage } })
        return
      }
      for (const operation of operations.values()) {
        if (operation.dueAt === undefined || operation.dueAt > now()) continue
        if (operation.type === 'WAIT' && operation.status === 'STARTED') {
          operation.status = 'SUCCEEDED'
          operation.endedAt = now()
          touch(operation)
        } else if (operation.type === 'STEP' && operation.status === 'PENDING') {
          operation.status = 'READY'
          touch(operation)
        }
      }
    },
    invoked: (operationId: string, outcome: ChainedOutcome): void => {
      const operation = operations.get(operationId)
      if (operation === undefined || status !== 'RUNNING' || operation.status !== 'STARTED') return
      operation.status = 'error' in outcome ? (outcome.status ?? 'FAILED') : 'SUCCEEDED'
      operation.endedAt = now()
      if ('error' in outcome) operation.error = outcome.error
      else operation.result = outcome.result
      storedBytes += Buffer.byteLength(operation.result ?? '')
      touch(operation)
    },
  }
}

export type DurableExecution = ReturnType<typeof createExecution>
