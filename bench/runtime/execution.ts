// One cold start: a process of AWS's own runtime interface client on Node 24, from its spawn to its first request for an event and to
// what came of the event. Wall time, and the CPU time of all of its threads, which a busy machine does not change as much.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { startRuntimeApi } from './runtime-api.ts'

export interface ColdStartInput {
  /** Of aws-lambda-ric's index.mjs. */
  readonly ricPath: string
  /** Of the Node that runs it. */
  readonly nodePath: string
  /** Holds index.mjs, as a deployed function's directory. */
  readonly directory: string
  readonly env: Readonly<Record<string, string>>
  readonly event: unknown
  /** Whether an error of the function is an answer, too. @default false */
  readonly mayFail?: boolean
  /** How often the event is handed out after the first time. @default 1 */
  readonly again?: number
}

export interface ColdStart {
  readonly nextMs: number
  readonly answerMs: number
  /** The same event again, each time. */
  readonly warmMs: readonly number[]
  /** NaN where there is no /proc. */
  readonly nextCpuMs: number
  readonly answerCpuMs: number
  readonly answer: string
}

/** Nanoseconds on a CPU, by thread. */
const cpuMs = (pid: number): number => {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    const spent = threads.map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]))
    return spent.reduce((sum, ns) => sum + ns, 0) / 1e6
  } catch {
    return Number.NaN
  }
}

/** @throws when the function failed, or its environment ended. */
export const runColdStart = async (input: ColdStartInput): Promise<ColdStart> => {
  const api = await startRuntimeApi(input.event, { mayFail: input.mayFail, again: input.again })
  const startedAt = performance.now()
  const child = spawn(input.nodePath, [input.ricPath], {
    cwd: input.directory,
    env: {
      PATH: process.env.PATH,
      _HANDLER: 'index.handler',
      LAMBDA_TASK_ROOT: input.directory,
      AWS_LAMBDA_RUNTIME_API: api.address,
      AWS_LAMBDA_FUNCTION_NAME: 'bench',
      AWS_LAMBDA_FUNCTION_VERSION: '1',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024',
      AWS_LAMBDA_LOG_GROUP_NAME: 'bench',
      AWS_LAMBDA_LOG_STREAM_NAME: 'bench',
      ...input.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => said.push(String(text)))
  const ended = new Promise<void>((done) => {
    child.on('close', () => {
      api.giveUp(`the environment ended: ${said.join('').slice(0, 1000)}`)
      done()
    })
  })
  const pid = child.pid ?? 0
  try {
    const nextAt = await api.asked
    const nextCpuMs = cpuMs(pid)
    const { at, text } = await api.answered
    const answerCpuMs = cpuMs(pid)
    const warmMs = await api.warm
    return { nextMs: nextAt - startedAt, answerMs: at - startedAt, warmMs, nextCpuMs, answerCpuMs, answer: text }
  } finally {
    child.kill('SIGKILL')
    await ended
    await api.close()
  }
}
