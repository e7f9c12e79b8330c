// The parent's side of one child process: starts it, gives it one event at a time, kills it at the timeout, and turns
// every way it can end into an invoke result. lambda-runner.ts keeps the environments and decides which one runs what.
import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { FromRuntime, FunctionIdentity, ToRuntime } from './messages.ts'

export type InvokeResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly errorType: string; readonly errorMessage: string }

export interface EnvironmentInput {
  readonly modulePath: string
  readonly exportName: string
  readonly identity: FunctionIdentity
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly clockOffsetMs: () => number
  /** How much longer it takes to start. */
  readonly coldStartMs: () => number
  readonly onLog: (line: string) => void
}

/** What an invocation brings beside its event. */
export interface InvokeOptions {
  /** By which ARN, when that is an alias's or a version's. @default - the function's own */
  readonly invokedArn?: string | undefined
  /** What the context calls it. @default - $LATEST */
  readonly version?: string | undefined
  /** What the caller of a synchronous invocation sent along. @default - nothing */
  readonly clientContext?: unknown
  /** Once aborted, the process is killed. @default - only the timeout kills it */
  readonly signal?: AbortSignal | undefined
}

export interface ExecutionEnvironment {
  /** One at a time; the caller sees to that. */
  invoke(event: unknown, options?: InvokeOptions): Promise<InvokeResult>
  isAlive(): boolean
  kill(): void
  /** Resolves when the process is gone and its last line has been handed on. */
  readonly closed: Promise<void>
}

/** Lambda allows 10 s; a laptop that is compiling something else at the time gets more. */
const LOAD_TIMEOUT_MS = 60_000

// Node runs the source as it is (type stripping) and the build as it was made.
const runtimePath = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './runtime.ts' : './runtime.js', import.meta.url),
)

/** What a process needs to start at all, and Node's cache of compiled modules; nothing else of the parent's environment goes down. */
const inheritedNames = ['PATH', 'SystemRoot', 'NODE_COMPILE_CACHE']

const childEnv = (env: Readonly<Record<string, string>>): Record<string, string> => {
  const inherited = inheritedNames.flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value]]
  })
  return { ...Object.fromEntries(inherited), ...env }
}

const failed = (errorType: string, errorMessage: string): InvokeResult => ({ ok: false, errorType, errorMessage })

export const startEnvironment = (input: EnvironmentInput): ExecutionEnvironment => {
  const child: ChildProcess = fork(runtimePath, [], {
    env: childEnv(input.env),
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let loading: 'under-way' | 'done' | InvokeResult = 'under-way'
  let start: (() => void) | undefined
  let requestId = ''
  let finish: ((result: InvokeResult) => void) | undefined
  let timer: NodeJS.Timeout | undefined
  let isAlive = true

  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', input.onLog)
  }

  const settle = (result: InvokeResult): void => {
    clearTimeout(timer)
    const waiting = finish
    finish = undefined
    start = undefined
    waiting?.(result)
  }

  const killAfter = (ms: number, result: () => InvokeResult): void => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      isAlive = false
      child.kill('SIGKILL')
      settle(result())
    }, ms)
  }

  const send = (message: ToRuntime): void => {
    // A child that has just died is reported by its exit, not by the failed write.
    child.send(message, () => {})
  }

  child.on('message', (message: FromRuntime) => {
    if (message.kind === 'loaded') {
      setTimeout(() => {
        if (!isAlive) return
        loading = 'done'
        start?.()
      }, input.coldStartMs())
    } else if (message.kind === 'load-failed') {
      loading = failed(message.errorType, message.errorMessage)
      // As Lambda does, a failed init is tried again by the next invoke, in a fresh environment.
      isAlive = false
      child.kill('SIGKILL')
      settle(loading)
    } else if (message.requestId === requestId) {
      if (message.kind === 'failed') settle(failed(message.errorType, message.errorMessage))
      else settle({ ok: true, value: message.value === undefined ? undefined : (JSON.parse(message.value) as unknown) })
    }
  })
  child.on('error', (error) => {
    isAlive = false
    settle(failed('Runtime.ExitError', `RequestId: ${requestId} Error: ${error.message}`))
  })
  child.on('exit', (code, signal) => {
    isAlive = false
    const how = signal === null ? `exit status ${code}` : `signal: ${signal === 'SIGKILL' ? 'killed' : signal}`
    settle(failed('Runtime.ExitError', `RequestId: ${requestId} Error: Runtime exited with error: ${how}`))
  })
  const closed = new Promise<void>((resolve) => {
    child.on('close', () => resolve())
    child.on('error', () => resolve())
  })

  send({ kind: 'load', modulePath: input.modulePath, exportName: input.exportName, identity: input.identity })

  const timedOut = (): InvokeResult => {
    const duration = (input.timeoutMs / 1000).toFixed(2)
    return failed(
      'Sandbox.Timedout',
      `${new Date().toISOString()} ${requestId} Task timed out after ${duration} seconds`,
    )
  }

  return {
    invoke: (event, { invokedArn, version, clientContext, signal } = {}) =>
      new Promise((resolve) => {
        requestId = randomUUID()
        const kill = (): void => {
          isAlive = false
          child.kill('SIGKILL')
        }
        signal?.addEventListener('abort', kill)
        if (signal?.aborted === true) kill()
        finish = (result) => {
          signal?.removeEventListener('abort', kill)
          resolve(result)
        }
        if (typeof loading === 'object') return settle(loading)
        start = () => {
          killAfter(input.timeoutMs, timedOut)
          const clockOffsetMs = input.clockOffsetMs()
          send({
            kind: 'invoke',
            requestId,
            event,
            timeoutMs: input.timeoutMs,
            invokedArn,
            version,
            clientContext,
            clockOffsetMs,
          })
        }
        if (loading === 'done') return start()
        killAfter(LOAD_TIMEOUT_MS, () =>
          failed('Sandbox.Timedout', `RequestId: ${requestId} Error: the module did not load within a minute`),
        )
      }),
    isAlive: () => isAlive,
    kill: () => {
      isAlive = false
      child.kill('SIGKILL')
    },
    closed,
  }
}
