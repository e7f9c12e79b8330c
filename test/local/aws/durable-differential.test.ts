// The stand-in against AWS's testing library: generated workflows end alike on both, with the same operations. More of them run in
// durable-differential.long.test.ts.
import { expect, it } from 'vitest'
import { onStandIn, onTestingLibrary } from './two-engines.ts'
import { workflowsOf } from './workflows.ts'

it('generated workflows end alike on the stand-in and in AWS’s library, with the same operations', async () => {
  const workflows = workflowsOf(1, 12)

  const ours = await onStandIn(workflows)
  const theirs = await onTestingLibrary(workflows)

  for (const [at, workflow] of workflows.entries()) {
    expect({ workflow, ran: ours[at] }).toEqual({ workflow, ran: theirs[at] })
  }
})
