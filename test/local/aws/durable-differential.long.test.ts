// As durable-differential.test.ts, with ten times as many generated workflows. A minute, in which the library mostly waits.
import { expect, it } from 'vitest'
import { onStandIn, onTestingLibrary } from './two-engines.ts'
import { workflowsOf } from './workflows.ts'

it.each([11, 12])(
  'generated workflows end alike on the stand-in and in AWS’s library, seed %i',
  async (seed) => {
    const workflows = workflowsOf(seed, 60)

    const ours = await onStandIn(workflows)
    const theirs = await onTestingLibrary(workflows)

    for (const [at, workflow] of workflows.entries()) {
      expect({ workflow, ran: ours[at] }).toEqual({ workflow, ran: theirs[at] })
    }
  },
  600_000,
)
