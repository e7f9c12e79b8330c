// Commands as child processes, the way a user starts them: what they print, how they end, and what is left of them. Every child
// is put down at the end of its test file, whatever became of the test.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { childEnv } from '../child-env.ts'

export const repository = fileURLToPath(new URL('../..', import.meta.url))
export const laptopPath = fileURLToPath(new URL('../../lambda/local/laptop/main.ts', import.meta.url))
export const storyPath = fileURLToPath(new URL('../../lambda/local/story/main.ts', import.meta.url))

/** Generous: the machine may be compiling something else. */
export const PATIENCE_MS = 45_000
const POLL_MS = 20

export const until = async <Value>(ask: () => Value | Promise<Value>, what: string): Promise<NonNullable<Value>> => {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const value = await ask()
    if (value !== undefined && value !== null && value !== false) return value
    if (Date.now() > deadline) throw new Error(`waited ${PATIENCE_MS / 1000} s in vain for ${what}`)
    await sleep(POLL_MS)
  }
}

export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Spawned {
  readonly pid: number
  stdout(): string
  stderr(): string
  /** Resolves once both streams have ended, too. */
  readonly ended: Promise<Ending>
  /** Waits for it on stdout. @throws with what it said when it ends without. */
  printed(pattern: RegExp): Promise<string>
  kill(signal: NodeJS.Signals): void
}

export interface SpawnInput {
  readonly command?: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** A process group of its own, to which `kill` sends, as Ctrl-C in a terminal does. */
  readonly isGroup?: boolean
}

const children = new Set<ChildProcess>()

/** To be called after a file's tests. */
export const endAll = (): void => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
}

export const spawnCommand = ({ command = process.execPath, args, cwd, env, isGroup = false }: SpawnInput): Spawned => {
  const child = spawn(command, args, {
    cwd: cwd ?? repository,
    // Nothing of the test runner's own environment: a user's shell has none of it.
    env: childEnv(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: isGroup,
  })
  children.add(child)
  const { pid } = child
  if (pid === undefined) throw new Error(`${command} could not be started`)
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
    })
  }
  let isOver = false
  const ended = new Promise<Ending>((resolve) => {
    child.on('close', (code, signal) => {
      isOver = true
      children.delete(child)
      resolve({ code, signal })
    })
  })
  return {
    pid,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    ended,
    printed: async (pattern) => {
      const found = await until(() => pattern.exec(said.stdout)?.[0] ?? (isOver ? '' : undefined), `${pattern}`)
      if (found === '') throw new Error(`ended without ${pattern}:\n${said.stdout}\n${said.stderr}`)
      return found
    },
    kill: (signal) => {
      process.kill(isGroup ? -pid : pid, signal)
    },
  }
}

export interface RunningProcess {
  readonly pid: number
  readonly parent: number
  /** Its arguments or its title, as any user of the machine can list them. */
  readonly command: string
}

const fromProc = (): readonly RunningProcess[] =>
  readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      // A zombie still has a pid; it is dead all the same.
      if (state === 'Z' || state === 'X') return []
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')
      return [{ pid: Number(name), parent: Number(parent), command }]
    } catch {
      return []
    }
  })

const fromPs = (): readonly RunningProcess[] =>
  execFileSync('ps', ['-A', '-o', 'pid=,ppid=,command='], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => {
      const [, pid, parent, command = ''] = /^\s*(\d+)\s+(\d+)\s?(.*)$/.exec(line) ?? []
      return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }]
    })

export const runningProcesses = (): readonly RunningProcess[] => (existsSync('/proc/self/stat') ? fromProc() : fromPs())

/** Children, and theirs. */
export const descendantsOf = (pid: number): readonly RunningProcess[] => {
  const all = runningProcesses()
  const below = (parent: number): readonly RunningProcess[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)])
  return below(pid)
}

/** Waits until none of them runs any more. @returns those that stayed. */
export const leftOf = async (
  processes: readonly RunningProcess[],
  patienceMs = PATIENCE_MS,
): Promise<readonly number[]> => {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const running = new Set(runningProcesses().map(({ pid }) => pid))
    const left = processes.map(({ pid }) => pid).filter((pid) => running.has(pid))
    if (left.length === 0 || Date.now() > deadline) return left
    await sleep(POLL_MS)
  }
}
