// `m2m drill` on the laptop: through every part, and nothing is left of it, however it ends.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { awsEnvironment } from '../../lambda/local/laptop/laptop.ts'
import { childEnv } from '../child-env.ts'
import { type Cli, openCli } from './cli.ts'
import { repository, until } from './spawned.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

interface Drilled {
  readonly incidentId: string
  readonly client: string
  readonly result: string
  readonly notice: string
  readonly steps: readonly { readonly step: string; readonly state: string; readonly what: string }[]
  readonly left: string | null
  readonly notRecorded: string | null
}

let cli: Cli
beforeAll(async () => {
  cli = await openCli({ asyncRetryMs: 200 })
})
afterAll(async () => {
  expect(cli.leaks()).toEqual([])
  await cli.close()
})

const m2m = (...args: readonly string[]) => cli.run(['drill', ...args])
const nothingIsLeft = (): void => {
  expect(drillSecrets()).toEqual([])
  expect(cli.laptop.stytch.clientIds()).toEqual([])
}
const drillSecrets = () => cli.laptop.aws.peekAll().filter(({ name }) => name.includes('/drill-'))
const statesOf = ({ steps }: Drilled) => steps.map(({ step, state }) => `${step} ${state}`)

test('goes through bus, incident, rotation, proof and archive, and leaves no client and no secret', async () => {
  const ran = await m2m('--yes', '--no-notice', '--json')
  const json = ran.json<Drilled>()

  expect(statesOf(json)).toEqual([
    'registered done',
    'reported done',
    'taken done',
    'replaced done',
    'refused done',
    'signed done',
    'completed done',
    'notice notChecked',
    'removed done',
  ])
  expect(ran).toMatchObject({ code: 0 })
  expect(json).toMatchObject({ result: 'passed', notice: 'notConfirmed', left: null, notRecorded: null })
  expect(ran.stderr).toMatch(/^ +\d+\.\d s {2}ok {7}Stytch refuses the value that leaked$/m)
  nothingIsLeft()
})

test('says without a terminal that nobody confirmed the notice, and exits with 3', async () => {
  const ran = await m2m('--yes')

  expect(ran.code).toBe(3)
  expect(ran.stdout).toMatch(
    /^The drill passed; nobody confirmed that the notice came \(\d+ s\); everything it made is removed\.$/m,
  )
  nothingIsLeft()
})

test('is refused while all rotations are frozen, with what lifts that, and makes nothing', async () => {
  await cli.run(['freeze', 'all', '--yes'])
  const ran = await m2m('--yes')
  await cli.run(['freeze', 'off'])

  expect(ran).toMatchObject({ code: 4, stderr: expect.stringContaining('m2m freeze off') })
  nothingIsLeft()
})

test('is asked about first: without a terminal and a yes, nothing is made', async () => {
  expect(await m2m()).toMatchObject({ code: 4, stderr: expect.stringContaining('--yes') })
  expect((await m2m('--dry-run')).code).toBe(0)
  nothingIsLeft()
})

test('that the bus does not take fails at that step, and removes the client', async () => {
  cli.laptop.aws.faults.add({ op: 'PutEvents', kind: 'error', status: 403 })
  const ran = await m2m('--yes', '--no-notice', '--json')
  cli.laptop.aws.faults.clear()

  expect(ran.code).toBe(1)
  expect(statesOf(ran.json<Drilled>())).toEqual(['registered done', 'reported failed', 'removed done'])
  nothingIsLeft()
})

test('interrupted, it removes what it made, and exits with 130', async () => {
  const running = cli.start(['drill', '--yes', '--no-notice'])
  await until(() => drillSecrets().some(({ versions }) => versions.length > 0), 'its secret')
  running.kill('SIGINT')

  expect(await running.ended).toMatchObject({ code: 130, stdout: expect.stringContaining('was interrupted') })
  nothingIsLeft()
})

/** As on a terminal of 80 columns. */
const onTerminal = (...args: readonly string[]) => {
  const command = `stty rows 24 cols 80; exec ${process.execPath} ${join(repository, 'bin/m2m.ts')} drill ${args.join(' ')}`
  const child = spawn('script', ['-qefc', command, '/dev/null'], {
    env: childEnv({
      ...awsEnvironment(cli.laptop.address.aws, 'operator'),
      M2M_STAGE: 'laptop',
      M2M_OPERATOR: 'ada',
      TERM: 'xterm',
    }),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return {
    ended,
    shown: () => shown,
    answer: async (question: RegExp, keys: string) => {
      // A question is folded into the terminal's width.
      await until(() => question.test(shown.replace(/\s+/g, ' ')), `${question}`)
      child.stdin.write(keys)
    },
  }
}

const QUESTION = /Did the notice of DRILL-\S+ \(Secret Leak Reported\) reach whoever is on call\? \[y\/N\]/

test('asks a person whether the notice came, and doctor says who confirmed it', async () => {
  const drill = onTerminal()
  await drill.answer(/Run a drill on stage laptop\?/, 'y\n')
  await drill.answer(QUESTION, 'y\n')

  expect(await drill.ended).toBe(0)
  // Each step on a line of its own, whatever progress stood there.
  const lines = drill.shown().split('\r\u001B[K')
  expect(lines.filter((line) => / s {2}\S*ok /.test(line)).every((line) => /^ *\d+\.\d s /.test(line))).toBe(true)
  expect(drill.shown()).toMatch(/The drill passed, and the notice came \(\d+ s\); everything it made is removed\./)
  expect((await cli.run(['doctor'])).stdout).toMatch(/last drill: 20.* by ada: passed, the notice came\n$/)
  nothingIsLeft()
})

test('has failed when the notice did not come', async () => {
  const drill = onTerminal('--yes')
  await drill.answer(QUESTION, 'n\n')

  expect(await drill.ended).toBe(3)
  expect(drill.shown()).toContain('The drill FAILED: the notice did not come')
  nothingIsLeft()
})

test('interrupted at the question, it removes what it made', async () => {
  const drill = onTerminal('--yes')
  await drill.answer(QUESTION, '\u0003')

  expect(await drill.ended).toBe(130)
  expect(drill.shown()).toContain('The drill was interrupted')
  nothingIsLeft()
})

test('killed, it leaves what doctor reports and --clean removes, and nothing that is not its own', async () => {
  const running = cli.start(['drill', '--yes', '--no-notice'])
  await until(() => drillSecrets().some(({ tags }) => tags['m2m:client-id'] !== undefined), 'its secret')
  running.kill('SIGKILL')
  await running.ended
  await cli.laptop.aws.idle()
  cli.file('clients.yaml', 'clients: [{ name: drill-2026-11-30-0a1b2c3d, description: Not a drill }]\n')
  expect(await cli.run(['apply', 'clients.yaml', '--yes'])).toMatchObject({ code: 0 })
  const [other] = drillSecrets().filter(({ name }) => name.endsWith('0a1b2c3d'))

  const { findings } = (await cli.run(['doctor', '--json'])).json<{ findings: readonly object[] }>()
  expect(findings).toContainEqual(expect.objectContaining({ kind: 'drill', todo: 'm2m drill --clean' }))
  expect(await m2m('--clean')).toMatchObject({ code: 4 })
  expect((await m2m('--clean', '--dry-run')).stdout).toMatch(/^WOULD BE REMOVED/)
  expect(await m2m('--clean', '--yes')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^1 drill removed/) })
  expect(drillSecrets()).toEqual([other])
  expect((await m2m('--clean')).stdout).toBe('No drill has left anything.\n')
})
