// What `m2m incident` says while it waits, and how it can be left and found again: the id first, what stands in the way, a bus that is out, an
// interruption, a report in a file.
import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Cli } from './cli.ts'
import { createIncidentSeat, type Reported } from './incident-seat.ts'
import { until } from './spawned.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

const seat = createIncidentSeat()
const { env, secretValue, isAccepted } = seat
let cli: Cli
const m2m = (args: readonly string[], stdin = '') => cli.run(['incident', ...args], { env, stdin })
const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''

beforeAll(async () => {
  cli = await seat.open()
})
afterEach(() => {
  cli.laptop.aws.faults.clear()
  cli.laptop.stytch.server.faults.clear()
})
afterAll(seat.close)

describe('the first line on stderr holds the incident id', () => {
  test('of a client that is named, with how to follow it from elsewhere', async () => {
    const ran = await m2m(['alpha', '--id', 'INC-FIRST', '--wait'])

    expect(firstLine(ran.stderr)).toBe(
      'Incident INC-FIRST; from anywhere: m2m incident follow INC-FIRST m2m/laptop/alpha',
    )
    expect(ran.code).toBe(0)
  })

  test('of a leaked value, before what was found is said', async () => {
    const ran = await m2m(['--leaked-value-stdin', '--id', 'INC-VALUE', '--wait'], secretValue('beta'))

    expect(ran.code).toBe(0)
    expect(firstLine(ran.stderr)).toContain('INC-VALUE')
    expect(ran.stderr).toContain('A secret of m2m/laptop/beta')
  })
})

test('a freeze of everything is said at once, with what lifts it, and nothing is begun', async () => {
  const before = secretValue('alpha')
  expect(await cli.run(['freeze', 'all', '--yes'])).toMatchObject({ code: 0 })

  for (const way of [['--wait'], ['--direct'], []]) {
    const ran = await m2m(['alpha', ...way])

    expect(ran.code).toBe(4)
    expect(ran.stderr).toContain('m2m freeze off')
    expect(ran.stderr).toMatch(/frozen \(all\) by assumed-role\/\S+, since 20\d\d-/)
    expect(firstLine(ran.stderr)).toContain('INC-')
  }
  expect(await cli.run(['freeze', 'off'])).toMatchObject({ code: 0 })
  expect(secretValue('alpha')).toBe(before)
})

test('where the bus takes nothing, the revoke is carried out from here, and that is said', async () => {
  const leaked = secretValue('gamma')
  cli.laptop.aws.faults.add({ op: 'PutEvents', kind: 'error', status: 500, count: 1000 })

  const ran = await m2m(['gamma', '--id', 'INC-NOBUS', '--wait', '--json'])

  expect(ran.code).toBe(0)
  expect(ran.stderr).toContain('carried out from here')
  expect(ran.json<object>()).toMatchObject({ outcome: 'dead', clients: [{ proof: { signed: true } }] })
  expect(isAccepted('gamma', leaked)).toBe(false)
})

test('the report is written to a file, and the screen has a line a client', async () => {
  const file = cli.file('incident.md', '')

  const ran = await m2m(['alpha', '--id', 'INC-FILE', '--wait', '--report', file])

  expect(ran.code).toBe(0)
  expect(ran.stdout).toMatch(/^CLIENT[\s\S]*\nIncident INC-FILE: what leaked is dead\.\n$/)
  expect(ran.stdout.split('\n').length).toBeLessThan(8)
  expect(readFileSync(file, 'utf8')).toMatch(/^# /)
})

test('where nobody names the archive, the deployment does: for the report, the list, the proofs and the question of a repetition', async () => {
  const plain = (args: readonly string[]) => cli.run(['incident', ...args], { env: { M2M_EVIDENCE_BUCKET: '' } })
  const file = cli.file('unnamed.md', '')

  const ran = await plain(['beta', '--id', 'INC-UNNAMED', '--wait', '--report', file])
  expect(ran).toMatchObject({ code: 0 })
  expect(ran.stdout).toMatch(/SIGNED PROOF[\s\S]*\nIncident INC-UNNAMED: what leaked is dead\.\n$/)
  expect(readFileSync(file, 'utf8')).toMatch(/^# /)

  expect(await plain(['list'])).toMatchObject({ code: 0, stdout: expect.stringContaining('INC-UNNAMED') })
  expect(await plain(['show', 'INC-UNNAMED'])).toMatchObject({ code: 0 })
  expect(await plain(['prove', 'beta'])).toMatchObject({ code: 0 })

  expect(await plain(['alpha', '--reason', 'twice', '--wait'])).toMatchObject({ code: 0 })
  expect(await plain(['alpha', '--reason', 'twice', '--wait'])).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(/Nothing was reported now\. To join it, add --id INC-/),
  })
})

test('a report that cannot be made hides nothing of what became of the incident, and its exit code', async () => {
  const ran = await m2m(['alpha', '--id', 'INC-NOFILE', '--wait', '--report', '/nowhere/at/all.md'])

  expect(ran.code).toBe(3)
  expect(ran.stderr).toMatch(/Incident INC-NOFILE: what leaked is dead\.\nThe report was not made \(.*ENOENT\)/)
})

test('an incident that was reported elsewhere is followed to its end, and listed', async () => {
  expect(await m2m(['beta', '--id', 'INC-ELSE', '--reason', 'in a log'])).toMatchObject({ code: 0 })
  await vi.waitUntil(async () => (await m2m(['follow', 'INC-ELSE', '--timeout', '1'])).code === 0, { timeout: 60_000 })

  const followed = await m2m(['follow', 'INC-ELSE', '--json'])
  const listed = await m2m(['list', '--json'])

  expect(followed.json<object>()).toMatchObject({ incidentId: 'INC-ELSE', outcome: 'dead' })
  expect(listed.json<{ incidents: readonly object[] }>().incidents).toContainEqual(
    expect.objectContaining({ incidentId: 'INC-ELSE', reason: 'in a log', requestedBy: 'ada', isCompleted: true }),
  )
  expect(await m2m(['list'])).toMatchObject({ stdout: expect.stringContaining('INC-ELSE') })
  expect(await m2m(['follow', 'INC-NEVER'])).toMatchObject({ code: 2, stderr: expect.stringContaining('INC-NEVER') })
})

test('while Stytch is down it says so; interrupted, it says what goes on; and the revoke ends when Stytch is back', async () => {
  const leaked = secretValue('gamma')
  cli.laptop.stytch.server.faults.add({ op: '*', kind: 'error', status: 500, count: 100_000 })
  const running = cli.start(['incident', 'gamma', '--id', 'INC-DOWN', '--wait', '--timeout', '120'], { env })
  await until(() => running.said().includes('Waiting: Stytch'), 'what is waited for')
  running.kill('SIGINT')
  const ran = await running.ended

  expect(ran.code).toBe(130)
  expect(ran.stderr).toMatch(
    /Waiting: Stytch does not answer as it should \(HTTP 500.*\), \d+ s\. It continues by itself/,
  )
  expect(ran.stderr).toContain('continues without you')

  cli.laptop.stytch.server.faults.clear()
  const followed = await m2m(['follow', 'INC-DOWN', 'gamma', '--timeout', '150', '--json'])

  expect(followed.json<Reported & { outcome: string }>()).toMatchObject({ outcome: 'dead' })
  expect(isAccepted('gamma', leaked)).toBe(false)
})
