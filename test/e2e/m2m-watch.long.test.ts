// `m2m list --watch` and `m2m status --watch`: in place on a terminal, changes alone in a pipe, and over with Ctrl-C.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { awsEnvironment } from '../../lambda/local/laptop/laptop.ts'
import { childEnv } from '../child-env.ts'
import { type Cli, openCli } from './cli.ts'
import { repository, spawnCommand, until } from './spawned.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

let cli: Cli
beforeAll(async () => {
  cli = await openCli()
  cli.file('clients.yaml', 'clients: [{ name: billing, description: One }, { name: reports, description: Two }]\n')
  expect(await cli.run(['apply', 'clients.yaml', '--yes'])).toMatchObject({ code: 0 })
  await cli.laptop.aws.idle()
})
afterAll(async () => {
  expect(cli.leaks()).toEqual([])
  await cli.close()
})

const m2mPath = join(repository, 'bin/m2m.ts')
const env = () => ({ ...awsEnvironment(cli.laptop.address.aws, 'operator'), M2M_STAGE: 'laptop' })
const lines = (text: string): readonly string[] => text.split('\n').filter(Boolean)

test('list prints in a pipe each client once, then only what changes, and exits with 130', async () => {
  const watching = spawnCommand({ args: [m2mPath, 'list', '--watch', '--interval', '2'], env: env() })
  await watching.printed(/reports/)
  const listings = () => cli.laptop.aws.calls().filter(({ op }) => op === 'ListSecrets').length
  const before = listings()
  await until(() => listings() >= before + 2, 'two more looks')
  expect(lines(watching.stdout())).toHaveLength(2)
  await cli.run(['hold', 'billing'])
  await watching.printed(/held/)
  watching.kill('SIGINT')

  expect(await watching.ended).toMatchObject({ code: 130 })
  expect(lines(watching.stdout())).toEqual([
    expect.stringMatching(/^20\S+Z {2}billing {2}settled {2}next rotation /),
    expect.stringMatching(/^20\S+Z {2}reports {2}settled /),
    expect.stringMatching(/^20\S+Z {2}billing {2}held /),
  ])
  await cli.run(['release', 'billing'])
})

test('status prints JSON, a line each change; a look that fails is made again, and said', async () => {
  const watching = spawnCommand({
    args: [m2mPath, 'status', 'reports', '--watch', '--interval', '2', '--json'],
    env: env(),
  })
  await watching.printed(/reports/)
  cli.laptop.aws.faults.add({ op: 'DescribeSecret', kind: 'error', status: 403, count: 1 })
  await until(() => /DescribeSecret/.test(watching.stderr()), 'the look that failed')
  await cli.run(['rotate', 'reports', '--wait', '--yes'])
  await watching.printed(/"state":"overlap"/)
  watching.kill('SIGINT')

  expect(await watching.ended).toMatchObject({ code: 130 })
  for (const line of lines(watching.stdout()))
    expect(JSON.parse(line)).toMatchObject({ at: expect.any(String), name: 'reports' })
})

test('list draws on a terminal in place, leaves the cursor there, and exits with 130', async () => {
  const command = `stty rows 24 cols 80; exec ${process.execPath} ${m2mPath} list --watch --interval 2`
  const child = spawn('script', ['-qefc', command, '/dev/null'], {
    env: childEnv({ ...env(), TERM: 'xterm', SHELL: '/bin/sh' }),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const frames = () => shown.split('\u001B[H').length - 1
  await until(() => frames() >= 4, 'a few frames')
  // As a terminal sends Ctrl-C.
  child.stdin.write('\u0003')

  expect(await ended).toBe(130)
  // Cleared once, at the beginning: whatever clears before each frame flickers.
  expect(shown.split('\u001B[2J')).toHaveLength(2)
  expect(shown).toMatch(/Every 2 s, stage laptop: 20\S+Z +\(Ctrl-C ends it\)/)
  expect(shown).toMatch(/reports +\S*overlap/)
  expect(shown.endsWith('\u001B[?7h\u001B[?25h')).toBe(true)
  // No progress of what is looked at in between.
  expect(shown).not.toMatch(/Reading secrets|m2m list …/)
})
