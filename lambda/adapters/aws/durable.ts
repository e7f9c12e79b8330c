// Lambda's durable executions as the domain's Durable: the one importer of their SDK. It hands a use case a few verbs and keeps the
// rest – retries, checkpoints, replay – to itself. What the SDK stores is what the use case returns: nothing secret passes here.
import { type DurableContext, NestingType, withDurableExecution } from '@aws/durable-execution-sdk-js'
import type { Durable } from '../../core/campaign/campaign-ports.ts'

export interface DurableRun {
  readonly event: unknown
  readonly durable: Durable
  /** The execution's name: its caller's, or one that Lambda has made. */
  readonly executionName: string
  /** Of this invocation, of which an execution has many. */
  readonly requestId: string
  readonly remainingMs: () => number
}

/** A step that throws has met a defect or a fault that outlasted its own patience: it is run again, and then ends the execution. */
const MAX_STEP_ATTEMPTS = 4
const RETRY_SECONDS = 5

const retryStrategy = (_error: Error, attempt: number) => ({
  shouldRetry: attempt < MAX_STEP_ATTEMPTS,
  delay: { seconds: RETRY_SECONDS * attempt },
})

/** `arn:…:function:<name>:<version>/durable-execution/<execution's name>/<id>` */
const executionNameOf = (durableExecutionArn: string): string =>
  /\/durable-execution\/([^/]+)\//.exec(durableExecutionArn)?.[1] ?? durableExecutionArn

/** @param self the function's own qualified ARN, for executions of its own. */
const toDurable = (context: DurableContext, self: string): Durable => ({
  step: (name, act) => context.step(name, act, { retryStrategy }),
  wait: (name, seconds) => context.wait(name, { seconds }),
  each: async (name, items, atOnce, act) => {
    // One alone needs no map: each operation counts against the execution's 3,000.
    const [only] = items
    if (only === undefined) return []
    if (items.length === 1) return [await act(toDurable(context, self), only)]
    const batch = await context.map(name, [...items], (child, item) => act(toDurable(child, self), item), {
      maxConcurrency: atOnce,
      // Without a context of its own for every item, which would be one operation more.
      nesting: NestingType.FLAT,
      completionConfig: { toleratedFailurePercentage: 100 },
    })
    batch.throwIfError()
    return batch.getResults()
  },
  invoke: (name, order) => context.invoke(name, self, order),
})

/** @param self qualified: a durable function cannot be invoked otherwise. */
export const durableHandler = (self: string, run: (run: DurableRun) => Promise<unknown>) =>
  withDurableExecution<unknown, unknown>((event, context) => {
    const { lambdaContext, executionContext } = context
    return run({
      event,
      durable: toDurable(context, self),
      executionName: executionNameOf(executionContext.durableExecutionArn),
      requestId: lambdaContext.awsRequestId,
      remainingMs: () => lambdaContext.getRemainingTimeInMillis(),
    })
  })
