// The command line as a user runs it: a process of its own, against a laptop over HTTP. Everything that it says is kept, so that it can be
// searched for secrets.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AwsSettings } from '../../lambda/local/aws/settings.ts'
import type { Person } from '../../lambda/local/iam/people.ts'
import { awsEnvironment, type Laptop, type LaptopInput } from '../../lambda/local/laptop/laptop.ts'
import { childEnv } from '../child-env.ts'
import { startTestLaptop } from '../fakes/laptop.ts'
import { findLeaks, type KnownSecret, type Leak, type Output } from './leaks.ts'
import { repository } from './spawned.ts'

export interface Ran {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  json<Value>(): Value
}

export interface RunInput {
  readonly stdin?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
  /** Whose command it is. @default 'operator' */
  readonly as?: Person
  /** On a pseudo-terminal this wide, whose output is all in `stdout`, and whose keys are `stdin`. @default - no terminal */
  readonly columns?: number
}

export interface Running {
  readonly ended: Promise<Ran>
  /** What it has said so far. */
  said(): string
  type(keys: string): void
  kill(signal: NodeJS.Signals): void
}

export interface Cli {
  readonly laptop: Laptop
  run(args: readonly string[], input?: RunInput): Promise<Ran>
  start(args: readonly string[], input?: RunInput): Running
  /** A file of the test's own, by its content. @returns the path. */
  file(name: string, content: string): string
  /** Every value that exists at either side, and those that a test marks. */
  mark(name: string, value: string): string
  /** Secrets in anything that was said: by the CLI, by a function, in a tag or an event. */
  leaks(): readonly Leak[]
  close(): Promise<void>
}

const m2mPath = join(repository, 'bin/m2m.ts')

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

/** What to start, with util-linux's `script` around it where there is to be a terminal. */
const commandOf = (args: readonly string[], columns: number | undefined): readonly [string, readonly string[]] => {
  const words = [process.execPath, m2mPath, ...args]
  if (columns === undefined) return [process.execPath, [m2mPath, ...args]]
  const line = `stty cols ${columns} rows 40; exec ${words.map(quoted).join(' ')}`
  return ['script', ['--quiet', '--return', '--flush', '--echo', 'never', '--command', line, '/dev/null']]
}

export const openCli = async (
  awsSettings: Partial<AwsSettings> = {},
  more: Partial<LaptopInput> = {},
): Promise<Cli> => {
  const outputs: Output[] = []
  const marked: KnownSecret[] = []
  const laptop = await startTestLaptop({
    awsSettings: { redriveSpacingMs: 100, ...awsSettings },
    onLog: (text) => outputs.push({ from: 'log', text }),
    ...more,
  })
  const place = mkdtempSync(join(tmpdir(), 'm2m-cli-'))

  const start = (
    args: readonly string[],
    { stdin = '', env = {}, as = 'operator', columns }: RunInput = {},
  ): Running => {
    const child = spawn(...commandOf(args, columns), {
      cwd: place,
      env: childEnv({
        ...awsEnvironment(laptop.address.aws, as),
        M2M_STAGE: 'laptop',
        M2M_OPERATOR: 'ada',
        ...env,
      }),
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const said = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        said[name] += text
      })
    }
    // A command that ends without reading it.
    child.stdin.on('error', () => {})
    if (columns === undefined) child.stdin.end(stdin)
    else child.stdin.write(stdin)
    const ended = new Promise<Ran>((resolve) => {
      child.on('close', (code, signal) => {
        outputs.push({ from: `m2m ${args.join(' ')}`, text: `${said.stdout}\n${said.stderr}` })
        resolve({ code, signal, ...said, json: <Value>() => JSON.parse(said.stdout) as Value })
      })
    })
    return {
      ended,
      said: () => `${said.stdout}${said.stderr}`,
      type: (keys) => void child.stdin.write(keys),
      kill: (signal) => child.kill(signal),
    }
  }

  const stored = (): readonly KnownSecret[] =>
    laptop.stytch.clientIds().flatMap((clientId) => {
      const arn = laptop.stytch.trustedMetadata(clientId)?.managed_by
      const versions = typeof arn === 'string' ? (laptop.aws.peek(arn)?.versions ?? []) : []
      return versions.flatMap(({ value }) => {
        const found = /"client_secret":"([^"]+)"/.exec(value ?? '')?.[1]
        return found === undefined || found.startsWith('value-lost')
          ? []
          : [{ name: `a value of ${clientId}`, value: found }]
      })
    })
  const visible = (): readonly Output[] => [
    { from: 'events', text: JSON.stringify(laptop.aws.events()) },
    { from: 'calls', text: JSON.stringify([laptop.aws.calls(), laptop.stytch.server.calls()]) },
  ]

  return {
    laptop,
    start,
    run: (args, input) => start(args, input).ended,
    file: (name, content) => {
      const path = join(place, name)
      writeFileSync(path, content)
      return path
    },
    mark: (name, value) => {
      marked.push({ name, value })
      return value
    },
    leaks: () => findLeaks([...outputs, ...visible()], [...marked, ...stored()]),
    close: async () => {
      await laptop.close()
      rmSync(place, { recursive: true, force: true })
    },
  }
}

/** Whether a text has a terminal's control sequences in it. */
export const isPainted = (text: string): boolean => text.includes('\u001B')
