// A stand-in with durable functions that run in the test's own process, driven by AWS's own SDK over HTTP. A body under `name@2` is the code of
// version 2; a function of that name whose version has no body of its own runs the one under `name`.
import { type DurableContext, withDurableExecution } from '@aws/durable-execution-sdk-js'
import { GetDurableExecutionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { type AwsStandIn, type AwsStandInInput, createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import type { DurableExecution } from '../../../lambda/local/aws/durable-execution.ts'
import type { FunctionSettings, Invocation, InvocationResult } from '../../../lambda/local/aws/functions.ts'
import type { AwsSettings } from '../../../lambda/local/aws/settings.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'
import { until } from '../../e2e/spawned.ts'

export type Body = (event: never, context: DurableContext) => Promise<unknown>

export const HOUR = 3_600_000
export const arnOf = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`

export const promised = () => {
  let keep = (): void => {}
  const promise = new Promise<void>((resolve) => {
    keep = resolve
  })
  return { promise, keep }
}

/** What happens to an invocation instead of its end. A promise: the process is killed when it is kept. */
export type Fate = (name: string, nth: number) => 'lives' | Promise<void>

/** @param more of the stand-in's own input */
export const openDurable = async (
  settings: Partial<AwsSettings> = {},
  more: Pick<AwsStandInInput, 'quotaNow'> = {},
) => {
  const world = createWorld()
  const bodies = new Map<string, Body>()
  const plain = new Map<string, (event: unknown) => Promise<unknown>>()
  const configured = new Map<string, FunctionSettings>()
  const invocations: string[] = []
  const fates: { of: Fate } = { of: () => 'lives' }

  const nameOf = (functionArn: string): string => functionArn.split(':')[6] ?? ''

  const runInvocation = async (name: string, { event, version }: Invocation): Promise<InvocationResult> => {
    const body = bodies.get(`${name}@${version}`) ?? bodies.get(name)
    if (body === undefined) return { ok: false, errorType: 'Error', errorMessage: 'no body' }
    invocations.push(name)
    const nth = invocations.filter((one) => one === name).length
    const handler = withDurableExecution(body as never, { client: lambda })
    const context = { awsRequestId: `request-${nth}`, getRemainingTimeInMillis: () => 60_000 }
    const run = handler(event as never, context as never)
    const kill = fates.of(name, nth)
    if (kill !== 'lives') {
      // As after SIGKILL: Lambda hears nothing of it any more, whatever it goes on to do.
      await Promise.race([run.catch(() => {}), kill])
      return { ok: false, errorType: 'Runtime.ExitError', errorMessage: 'signal: killed' }
    }
    try {
      return { ok: true, value: JSON.parse(JSON.stringify(await run)) as unknown }
    } catch (error) {
      return { ok: false, errorType: 'Error', errorMessage: error instanceof Error ? error.message : 'unknown' }
    }
  }

  const runPlain = async (name: string, event: unknown): Promise<InvocationResult> => {
    invocations.push(name)
    try {
      return { ok: true, value: await plain.get(name)?.(event) }
    } catch (error) {
      const { name: errorType, message: errorMessage } = error as Error
      return { ok: false, errorType, errorMessage }
    }
  }

  const standIn: AwsStandIn = createAwsStandIn({
    ...more,
    world,
    settings: { throttledRetryMs: 1, ...settings },
    functions: {
      exists: (arn) => bodies.has(nameOf(arn)) || plain.has(nameOf(arn)),
      isDurable: (arn) => bodies.has(nameOf(arn)),
      settingsOf: (arn) => configured.get(nameOf(arn)) ?? {},
      invoke: (invocation) => {
        const name = nameOf(invocation.functionArn)
        return plain.has(name) ? runPlain(name, invocation.event) : runInvocation(name, invocation)
      },
    },
  })
  const endpoint = await standIn.listen(0)
  const lambda = new LambdaClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
  })
  const get = (arn: string) => lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn: arn }))

  return {
    world,
    standIn,
    lambda,
    bodies,
    plain,
    /** What is configured of a function, by its name. */
    configured,
    /** Names, in the order of their invocations. */
    invocations,
    fates,
    get,
    start: async (name: string, payload: object = {}, executionName?: string): Promise<string> => {
      const reply = await lambda.send(
        new InvokeCommand({
          FunctionName: `${name}:live`,
          InvocationType: 'Event',
          Payload: JSON.stringify(payload),
          DurableExecutionName: executionName,
        }),
      )
      return reply.DurableExecutionArn ?? ''
    },
    endOf: (arn: string) =>
      until(async () => {
        const execution = await get(arn)
        return execution.Status === 'RUNNING' ? undefined : execution
      }, `the end of ${arn}`),
    /** Once so many executions of a function wait. */
    asleep: (name: string, count = 1) =>
      until(() => {
        const executions = standIn.durableExecutions().filter(({ input }) => input.functionArn === arnOf(name))
        const isAsleep = (execution: DurableExecution): boolean =>
          execution.operations().some(({ type, status }) => type === 'WAIT' && status === 'STARTED')
        return executions.filter(isAsleep).length >= count
      }, `${count} of ${name} to wait`),
    close: async (): Promise<void> => {
      lambda.destroy()
      await standIn.close()
    },
  }
}

export type DurableSeat = Awaited<ReturnType<typeof openDurable>>
