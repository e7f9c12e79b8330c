// `m2m apply` at a size: a fleet made from nothing, the same file once more, and one in ten changed. The command is the real one, in a process
// of its own; the laptop is in this one, so that its calls can be counted.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { awsEnvironment, type Laptop } from '../../lambda/local/laptop/laptop.ts'
import { type Figure, measure } from './figures.ts'

export interface ApplyBench {
  readonly laptop: Laptop
  readonly clients: number
  readonly concurrency: number
  readonly stytchRate: number
}

const m2mPath = fileURLToPath(new URL('../../bin/m2m.ts', import.meta.url))

const fleet = (clients: number, scopesOf: (at: number) => string): string =>
  `defaults:
  tags: { team: payments }
clients:
${Array.from({ length: clients }, (_, at) => `  - { name: client_${String(at).padStart(5, '0')}, description: Client ${at}, scopes: [${scopesOf(at)}] }`).join('\n')}
`

/** @throws when the command fails, with what it said. */
const run = (laptop: Laptop, place: string, args: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [m2mPath, ...args], {
      cwd: place,
      env: { PATH: process.env.PATH ?? '', ...awsEnvironment(laptop.address.aws, 'operator'), M2M_STAGE: 'laptop' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    child.on('close', (code) => {
      if (code === 0) resolve(said)
      else reject(new Error(`m2m ${args.join(' ')} ended with ${code}: ${said.slice(-2000)}`))
    })
  })

export const benchApply = async ({
  laptop,
  clients,
  concurrency,
  stytchRate,
}: ApplyBench): Promise<readonly Figure[]> => {
  const place = mkdtempSync(join(tmpdir(), 'm2m-bench-'))
  const counters = { aws: laptop.aws.calls, stytch: laptop.stytch.server.calls }
  const pace = ['--concurrency', String(concurrency), '--stytch-rate', String(stytchRate)]
  const apply = async (): Promise<void> => {
    await run(laptop, place, ['apply', 'clients.yaml', '--yes', ...pace])
  }
  try {
    writeFileSync(
      join(place, 'clients.yaml'),
      fleet(clients, () => 'read:things'),
    )
    const made = await measure(counters, { what: 'apply, all new', clients }, async () => {
      await apply()
      // Turning rotation on is a dry run each, which goes on behind the command.
      await laptop.aws.idle()
    })
    const again = await measure(counters, { what: 'apply, nothing to do', clients }, async () => {
      const said = await run(laptop, place, ['apply', 'clients.yaml', '--yes', ...pace])
      if (!said.startsWith('no changes:'))
        throw new Error(`the second apply found something to do: ${said.slice(0, 500)}`)
    })
    writeFileSync(
      join(place, 'clients.yaml'),
      fleet(clients, (at) => (at % 10 === 0 ? 'read:things, write:things' : 'read:things')),
    )
    const changed = await measure(counters, { what: 'apply, one in ten changed', clients }, apply)
    return [made, again, changed]
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}
