// Lambda's durable executions on the wire: operations and their updates as CheckpointDurableExecution and GetDurableExecutionState
// carry them, and as an invocation's event does. Times are epoch seconds in the first two and ISO 8601 in the third. It decides
// nothing; durable-execution.ts does.

export type OperationType = 'EXECUTION' | 'CONTEXT' | 'STEP' | 'WAIT' | 'CALLBACK' | 'CHAINED_INVOKE'
export type OperationAction = 'START' | 'SUCCEED' | 'FAIL' | 'RETRY' | 'CANCEL'
export type OperationStatus = 'STARTED' | 'PENDING' | 'READY' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'STOPPED'

export interface WireError {
  readonly ErrorType?: string
  readonly ErrorMessage?: string
  readonly ErrorData?: string
  readonly StackTrace?: readonly string[]
}

export interface OperationUpdate {
  readonly Id: string
  readonly ParentId?: string
  readonly Name?: string
  readonly Type: OperationType
  readonly SubType?: string
  readonly Action: OperationAction
  readonly Payload?: string
  readonly Error?: WireError
  readonly ContextOptions?: { readonly ReplayChildren?: boolean }
  readonly StepOptions?: { readonly NextAttemptDelaySeconds?: number }
  readonly WaitOptions?: { readonly WaitSeconds?: number }
  readonly ChainedInvokeOptions?: { readonly FunctionName?: string }
}

/** As it is kept; times are epoch milliseconds on the shared clock. */
export interface DurableOperation {
  readonly id: string
  readonly parentId: string | undefined
  readonly name: string | undefined
  readonly type: OperationType
  readonly subType: string | undefined
  readonly startedAt: number
  status: OperationStatus
  endedAt?: number
  /** Of the execution itself. */
  input?: string
  result?: string | undefined
  error?: WireError | undefined
  /** Of a step: how many attempts have ended. */
  attempts: number
  /** Of a step that waits for its next attempt, or of a wait. */
  dueAt?: number
  replayChildren?: boolean
}

/** How a point in time is written. */
export type TimeFormat = (at: number) => string | number
export const asSeconds: TimeFormat = (at) => at / 1000
export const asIso: TimeFormat = (at) => new Date(at).toISOString()

const detailsOf = (operation: DurableOperation, time: TimeFormat): object => {
  const { type, dueAt, attempts: Attempt, replayChildren: ReplayChildren } = operation
  const outcome = { Result: operation.result, Error: operation.error }
  switch (type) {
    case 'EXECUTION':
      return { ExecutionDetails: { InputPayload: operation.input } }
    case 'CONTEXT':
      return { ContextDetails: { ...outcome, ReplayChildren } }
    case 'STEP': {
      const NextAttemptTimestamp = dueAt === undefined ? undefined : time(dueAt)
      return { StepDetails: { ...outcome, Attempt, NextAttemptTimestamp } }
    }
    case 'WAIT':
      return { WaitDetails: { ScheduledEndTimestamp: dueAt === undefined ? undefined : time(dueAt) } }
    case 'CHAINED_INVOKE':
      return { ChainedInvokeDetails: outcome }
    case 'CALLBACK':
      return {}
  }
}

/** Undefined fields fall away in JSON. */
export const toWire = (operation: DurableOperation, time: TimeFormat): object => ({
  Id: operation.id,
  ParentId: operation.parentId,
  Name: operation.name,
  Type: operation.type,
  SubType: operation.subType,
  Status: operation.status,
  StartTimestamp: time(operation.startedAt),
  EndTimestamp: operation.endedAt === undefined ? undefined : time(operation.endedAt),
  ...detailsOf(operation, time),
})
