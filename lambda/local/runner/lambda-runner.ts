// Runs a real handler as Lambda would: in processes of their own, one event at a time each, reused warm, one more for
// every concurrent invoke; killed at the timeout. The AWS stand-in, the laptop and the crash tests call it. It imitates no
// event source and no permissions.
import {
  type ExecutionEnvironment,
  type InvokeOptions,
  type InvokeResult,
  startEnvironment,
} from './execution-environment.ts'

export interface LambdaInput {
  /** Absolute path of the handler's module; TypeScript where the running Node strips types. */
  readonly modulePath: string
  /** @default - handler */
  readonly exportName?: string
  /** The whole of the child's environment, but for PATH. */
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** What the context says, in MB; not enforced. @default - 128 */
  readonly memory?: number
  /** @default - function */
  readonly functionName?: string
  /** @default - an ARN made of the name */
  readonly functionArn?: string
  /** What `Date` is ahead of the machine's clock in the child. @default - nothing */
  readonly clockOffsetMs?: () => number
  /** How much longer a new environment takes to start. @default - not at all */
  readonly coldStartMs?: () => number
  /** Processes at most; further invokes wait their turn. @default - as many as there are concurrent invokes */
  readonly maxEnvironments?: number
  /** Every line that the handler's process writes, to stdout or stderr. */
  readonly onLog: (line: string) => void
}

export interface Lambda {
  /** Never rejects: whatever happens to the process is a result. */
  invoke(event: unknown, options?: InvokeOptions): Promise<InvokeResult>
  /** SIGKILL to every environment that is running an event now; those invokes end with Runtime.ExitError. */
  kill(): void
  /** Later invokes fail; those that have begun or wait their turn are run. Resolves when they have ended and all processes are gone. */
  retire(): Promise<void>
  /** Kills everything and resolves when the processes are gone; later invokes fail. */
  close(): Promise<void>
  /** How many events are being run now. */
  running(): number
  /** How many processes there are, idle ones included. */
  environments(): number
}

const closedResult: InvokeResult = { ok: false, errorType: 'Runtime.Closed', errorMessage: 'The runner is closed' }

export const startLambda = (input: LambdaInput): Lambda => {
  const { functionName = 'function', exportName = 'handler', maxEnvironments = Number.POSITIVE_INFINITY } = input
  const environments = new Set<ExecutionEnvironment>()
  /** Taken in the same tick as found free, so that two invokes never share one. */
  const taken = new Set<ExecutionEnvironment>()
  let waiting: Array<() => void> = []
  /** Of invokes that have begun, or wait their turn. */
  const accepted = new Set<Promise<InvokeResult>>()
  let isClosed = false
  let isRetired = false

  const start = (): ExecutionEnvironment => {
    const environment = startEnvironment({
      modulePath: input.modulePath,
      exportName,
      identity: {
        functionName,
        functionArn: input.functionArn ?? `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
        memoryLimitInMB: input.memory ?? 128,
      },
      env: input.env,
      timeoutMs: input.timeoutMs,
      clockOffsetMs: input.clockOffsetMs ?? (() => 0),
      coldStartMs: input.coldStartMs ?? (() => 0),
      onLog: input.onLog,
    })
    environments.add(environment)
    void environment.closed.then(() => {
      environments.delete(environment)
      taken.delete(environment)
      waiting.shift()?.()
    })
    return environment
  }

  /** A warm one, or a new one, or whichever comes free first. */
  const take = async (): Promise<ExecutionEnvironment | undefined> => {
    while (!isClosed) {
      const warm = [...environments].find((environment) => environment.isAlive() && !taken.has(environment))
      const environment = warm ?? (environments.size < maxEnvironments ? start() : undefined)
      if (environment !== undefined) {
        taken.add(environment)
        return environment
      }
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
      })
    }
    return undefined
  }

  const run = async (event: unknown, options: InvokeOptions | undefined): Promise<InvokeResult> => {
    const environment = await take()
    if (environment === undefined) return closedResult
    const result = await environment.invoke(event, options)
    taken.delete(environment)
    if (isClosed || (isRetired && waiting.length === 0)) environment.kill()
    waiting.shift()?.()
    return result
  }

  return {
    invoke: async (event, options) => {
      if (isClosed || isRetired) return closedResult
      const running = run(event, options)
      accepted.add(running)
      return running.finally(() => accepted.delete(running))
    },
    kill: () => {
      for (const environment of taken) environment.kill()
    },
    retire: async () => {
      isRetired = true
      if (waiting.length === 0) for (const environment of environments) if (!taken.has(environment)) environment.kill()
      await Promise.all(accepted)
      for (const environment of environments) environment.kill()
      await Promise.all([...environments].map(({ closed }) => closed))
    },
    close: async () => {
      isClosed = true
      for (const wake of waiting) wake()
      waiting = []
      const closing = [...environments].map((environment) => {
        environment.kill()
        return environment.closed
      })
      await Promise.all(closing)
    },
    running: () => taken.size,
    environments: () => environments.size,
  }
}
