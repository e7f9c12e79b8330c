// The same workflow on the stand-in and in AWS's testing library, and what both expose of it in one form: how it ended, with what, and its
// operations with their outcomes.

import { type Operation, withDurableExecution } from '@aws/durable-execution-sdk-js'
import { LocalDurableTestRunner } from '@aws/durable-execution-sdk-js-testing'
import type { DurableExecution } from '../../../lambda/local/aws/durable-execution.ts'
import { toWire } from '../../../lambda/local/aws/durable-wire.ts'
import { arnOf, type Body, type DurableSeat, openDurable } from './durable-seat.ts'
import { bodyOf, CHILD, childBody, isSequential, PLAIN, plainBody, type Workflow } from './workflows.ts'

interface Ran {
  readonly status: string | undefined
  readonly result: unknown
  readonly error: string | undefined
  /** In the order in which they began; where branches run side by side, by their ids. */
  readonly operations: readonly object[]
}

interface Exposed {
  readonly Id?: string | undefined
  readonly ParentId?: string | undefined
  readonly Name?: string | undefined
  readonly Type?: string | undefined
  readonly SubType?: string | undefined
  readonly Status?: string | undefined
  readonly StepDetails?: { readonly Result?: string; readonly Attempt?: number; readonly Error?: WireError }
  readonly ContextDetails?: { readonly Result?: string; readonly Error?: WireError }
  readonly ChainedInvokeDetails?: { readonly Result?: string; readonly Error?: WireError }
}
interface WireError {
  readonly ErrorType?: string
  readonly ErrorMessage?: string
}

const exposed = ({ Id, ParentId, Name, Type, SubType, Status, ...more }: Exposed): object => {
  const details = more.StepDetails ?? more.ContextDetails ?? more.ChainedInvokeDetails ?? {}
  const { Result, Error: error } = details
  return {
    Id,
    ParentId,
    Name,
    Type,
    SubType,
    Status,
    Result,
    Attempt: more.StepDetails?.Attempt,
    Error: error && { ErrorType: error.ErrorType, ErrorMessage: error.ErrorMessage },
  }
}

const inOrder = (workflow: Workflow, operations: readonly Exposed[]): readonly object[] => {
  const own = operations.filter(({ Type }) => Type !== 'EXECUTION')
  if (isSequential(workflow)) return own.map(exposed)
  return own.toSorted((one, other) => ((one.Id ?? '') < (other.Id ?? '') ? -1 : 1)).map(exposed)
}

/** Moves the clock to whatever is due next, as long as anything runs. */
const liveThrough = async ({ world, standIn }: DurableSeat, executions: () => readonly DurableExecution[]) => {
  while (executions().some((execution) => execution.status() === 'RUNNING')) {
    const running = standIn.durableExecutions().filter((execution) => execution.status() === 'RUNNING')
    const due = running.flatMap((execution) =>
      execution
        .operations()
        .flatMap(({ dueAt, status }) => (dueAt === undefined || status === 'SUCCEEDED' ? [] : [dueAt])),
    )
    const next = Math.min(...due)
    if (Number.isFinite(next) && next > world.clock.now()) world.clock.advance(next - world.clock.now())
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const runAll = async (seat: DurableSeat, workflows: readonly Workflow[]): Promise<readonly Ran[]> => {
  seat.bodies.set('child', childBody as Body)
  seat.plain.set('plain', plainBody as (event: unknown) => Promise<unknown>)
  for (const [at, workflow] of workflows.entries()) seat.bodies.set(`flow-${at}`, bodyOf(workflow) as Body)
  await Promise.all(workflows.map((_, at) => seat.start(`flow-${at}`)))
  const flows = () =>
    workflows.map((_, at) => {
      const found = seat.standIn.durableExecutions().find(({ input }) => input.functionArn === arnOf(`flow-${at}`))
      if (found === undefined) throw new Error(`Workflow ${at} has not begun.`)
      return found
    })
  await liveThrough(seat, flows)
  return flows().map((execution, at) => {
    const result = execution.result()
    const operations = execution.operations().map((operation) => toWire(operation, (time) => time) as Exposed)
    return {
      status: execution.status(),
      result: result === undefined ? undefined : (JSON.parse(result) as unknown),
      error: execution.error()?.ErrorMessage,
      operations: inOrder(workflows[at] ?? { acts: [] }, operations),
    }
  })
}

/** All at once: they share the clock. */
export const onStandIn = async (workflows: readonly Workflow[]): Promise<readonly Ran[]> => {
  const seat = await openDurable()
  try {
    return await runAll(seat, workflows)
  } finally {
    await seat.close()
  }
}

const runOne = async (workflow: Workflow): Promise<Ran> => {
  const runner = new LocalDurableTestRunner({ handlerFunction: withDurableExecution(bodyOf(workflow)) })
  runner.registerDurableFunction(CHILD, withDurableExecution(childBody as Body))
  runner.registerFunction(PLAIN, plainBody as never)
  const execution = await runner.run({ payload: {} })
  const operations = execution.getOperations().flatMap((operation) => operation.getOperationData() ?? [])
  const status = execution.getStatus()
  return {
    status,
    result: status === 'SUCCEEDED' ? execution.getResult() : undefined,
    error: status === 'SUCCEEDED' ? undefined : execution.getError().errorMessage,
    operations: inOrder(workflow, operations as readonly (Operation & Exposed)[]),
  }
}

/** One after the other: the library moves this process's clock. */
export const onTestingLibrary = async (workflows: readonly Workflow[]): Promise<readonly Ran[]> => {
  await LocalDurableTestRunner.setupTestEnvironment({ skipTime: true })
  const ran: Ran[] = []
  try {
    for (const workflow of workflows) ran.push(await runOne(workflow))
  } finally {
    await LocalDurableTestRunner.teardownTestEnvironment()
  }
  return ran
}
