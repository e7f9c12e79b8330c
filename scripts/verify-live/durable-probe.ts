// A durable function that does nothing of use: it invokes another function if its event names one, and waits otherwise. Deployed by hand,
// twice, for `npm run verify:live` (docs/verifying.md), run by the laptop for its rehearsal; never part of the stack.
import { withDurableExecution } from '@aws/durable-execution-sdk-js'

export interface ProbeEvent {
  /** A function's name with its qualifier. */
  readonly call?: string
}

export const handler = withDurableExecution<ProbeEvent, string>(async ({ call }, context) => {
  if (call === undefined) {
    await context.wait('a moment', { seconds: 1 })
    return 'done'
  }
  try {
    await context.invoke('another', call, {})
    return 'done'
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : 'failed'
  }
})
