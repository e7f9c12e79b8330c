// What Lambda leaves open of durable executions: among which of them a name is unique, and what becomes of a chained invocation that is
// throttled. Two functions with one code (durable-probe.ts), made for it; the second has its concurrency taken away for as long as that takes.
import {
  DeleteFunctionConcurrencyCommand,
  GetDurableExecutionCommand,
  InvokeCommand,
  type LambdaClient,
  PutFunctionConcurrencyCommand,
  StopDurableExecutionCommand,
} from '@aws-sdk/client-lambda'
import type { AwsSettings } from '../../lambda/local/aws/settings.ts'
import type { ProbeEvent } from './durable-probe.ts'
import { CheckBrokeOff, type CheckGroup } from './finding.ts'
import { type Run, until } from './run.ts'

export interface DurableProbes {
  readonly client: LambdaClient
  /** Unqualified ARNs; each has version 1. */
  readonly arns: readonly [string, string]
}

export interface DurableChecks {
  readonly run: Run
  /** Made when they are first asked for. */
  readonly probes: () => Promise<DurableProbes>
  /** The stand-in's answers, as settings. */
  readonly expected: AwsSettings
}

interface Checking extends Omit<DurableChecks, 'probes'> {
  readonly probes: DurableProbes
  readonly found: Parameters<CheckGroup['run']>[0]
}

const ALREADY_STARTED = 'DurableExecutionAlreadyStartedException'
const NAMES = 'among which durable executions a name is unique'
const SAME = 'what a name that another function has taken answers, with the same input'
const THE_OTHERS = "the other function's execution"
const THROTTLED = 'a chained invocation that is throttled'

interface Start {
  readonly functionArn: string
  readonly event: ProbeEvent & Readonly<Record<string, unknown>>
  readonly name?: string
}

/** @returns the execution's ARN, or an error's name. Executions end by themselves, or are stopped. */
const start = async (
  { run, probes: { client } }: Checking,
  { functionArn, event, name }: Start,
): Promise<{ readonly arn: string } | { readonly refusal: string }> => {
  const command = new InvokeCommand({
    FunctionName: `${functionArn}:1`,
    InvocationType: 'Event',
    Payload: JSON.stringify(event),
    ...(name === undefined ? {} : { DurableExecutionName: name }),
  })
  run.signal.throwIfAborted()
  try {
    const { DurableExecutionArn: arn } = await client.send(command)
    return arn === undefined ? { refusal: 'no durable function' } : { arn }
  } catch (error) {
    return { refusal: error instanceof Error ? error.name : 'unknown' }
  }
}

/** @throws CheckBrokeOff */
const mustStart = async (checking: Checking, what: Start): Promise<string> => {
  const started = await start(checking, what)
  if ('refusal' in started) throw new CheckBrokeOff(`Invoke met ${started.refusal}`)
  return started.arn
}

const names = async (checking: Checking): Promise<void> => {
  const { run, probes, expected, found } = checking
  const [first, second] = probes.arns
  const name = run.prefix.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, 60)
  const arn = await mustStart(checking, { functionArn: first, event: {}, name })
  const other = await start(checking, { functionArn: second, event: { another: true }, name })
  const refused = 'refusal' in other ? other.refusal : undefined
  if (refused !== undefined && refused !== ALREADY_STARTED) throw new CheckBrokeOff(`Invoke met ${refused}`)
  const seen = refused === undefined ? 'function' : 'account'
  found({ check: NAMES, expected: expected.executionNames, seen, setting: 'executionNames' })
  // Of a name that the second function has of its own by now there is nothing to ask.
  if (seen === 'function') return
  const same = await start(checking, { functionArn: second, event: {}, name })
  const given = 'refusal' in same ? same.refusal : same.arn === arn ? THE_OTHERS : 'one of its own'
  found({ check: SAME, expected: THE_OTHERS, seen: given })
}

const throttled = async (checking: Checking): Promise<void> => {
  const { run, probes, expected, found } = checking
  const { client, arns } = probes
  const [first, second] = arns
  const release = async (): Promise<void> => {
    await client.send(new DeleteFunctionConcurrencyCommand({ FunctionName: second }))
  }
  await run.make({ what: `the reserved concurrency of ${second}`, remove: release }, () =>
    client.send(new PutFunctionConcurrencyCommand({ FunctionName: second, ReservedConcurrentExecutions: 0 })),
  )
  const DurableExecutionArn = await mustStart(checking, { functionArn: first, event: { call: `${second}:1` } })
  const ended = await until(run, run.pace.shortWaitMs, async () => {
    const { Status, Result } = await client.send(new GetDurableExecutionCommand({ DurableExecutionArn }))
    return Status === 'RUNNING' ? undefined : `${Status} ${Result ?? ''}`
  })
  if (ended === undefined) await client.send(new StopDurableExecutionCommand({ DurableExecutionArn }))
  // It went through although nothing was reserved for it: then nothing was throttled.
  const isThrottled = ended === undefined || !ended.value.includes('done')
  found({
    check: THROTTLED,
    expected: expected.chainedThrottle,
    seen: isThrottled ? (ended === undefined ? 'retry' : 'fail') : undefined,
    why: 'it was not throttled',
    setting: 'chainedThrottle',
  })
  await release()
}

export const durableGroup = (checks: DurableChecks): CheckGroup => ({
  name: 'durable executions',
  service: 'AWS',
  run: async (found) => {
    const checking = { ...checks, probes: await checks.probes(), found }
    await names(checking)
    await throttled(checking)
  },
})
