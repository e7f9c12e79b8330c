// What the commands that look can still say while Stytch answers nothing: what Secrets Manager knows, and what is not known, with the reason.
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Cli } from './cli.ts'
import { createIncidentSeat } from './incident-seat.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

const seat = createIncidentSeat()
let cli: Cli
interface Finding {
  readonly kind: string
  readonly what: string
}

beforeAll(async () => {
  cli = await seat.open()
  await cli.run(['rotate', 'alpha', '--wait', '--yes'])
  cli.laptop.stytch.server.faults.add({ op: '*', kind: 'error', status: 500, count: 1_000_000 })
})
afterAll(seat.close)

test.each([
  ['an address at which nothing listens', 'http://127.0.0.1:1', 'ECONNREFUSED'],
  ['an address that is none', 'nowhere', 'ERR_INVALID_URL'],
])('%s is named, with what to look at, and no read may have done anything', async (_, endpoint, name) => {
  for (const args of [
    ['list'],
    ['status', 'alpha'],
    ['doctor'],
    ['incident', 'alpha', '--wait'],
    ['freeze'],
    ['hold', 'alpha'],
  ]) {
    const ran = await cli.run(args, { env: { AWS_ENDPOINT_URL: endpoint } })

    expect(ran).toMatchObject({ code: 1, stdout: '' })
    expect(ran.stderr).toContain(name)
    expect(ran.stderr).toContain('AWS_ENDPOINT_URL')
    expect(ran.stderr).not.toMatch(/may have been done|TypeError|Error;/)
  }
})

test('status shows the labels, and that Stytch is not known', async () => {
  const shown = await cli.run(['status', 'alpha'])
  const json = (await cli.run(['status', 'alpha', '--json'])).json<{ clients: readonly object[] }>()

  expect(shown.code).toBe(0)
  expect(shown.stdout).toMatch(/^state +overlap$/m)
  expect(shown.stdout).toMatch(/^at Stytch +not known: .*500/m)
  expect(shown.stdout).toMatch(/^checked +not checked/m)
  expect(json).toMatchObject({ clients: [{ state: 'overlap', stytch: { unknown: expect.stringMatching(/500/) } }] })
})

test('status of the stage shows all but the freeze, where that cannot be read', async () => {
  cli.laptop.aws.faults.add({ op: 'GetParameter', kind: 'error', status: 403, count: 2 })
  const shown = await cli.run(['status'])
  const json = (await cli.run(['status', '--json'])).json<object>()

  expect(shown.code).toBe(0)
  expect(shown.stdout).toMatch(/^clients +3 clients$/m)
  expect(shown.stdout).toMatch(/^freeze +not known: Reading the freeze .*AccessDenied/m)
  expect(json).toMatchObject({ clients: 3, freeze: null })
})

test('list shows all, and with --check how many could not be checked', async () => {
  const listed = await cli.run(['list'])
  const checked = await cli.run(['list', '--check', '--json'])

  expect(listed).toMatchObject({ code: 0, stdout: expect.stringMatching(/3 clients: 2 settled, 1 overlap/) })
  expect(checked.code).toBe(3)
  expect(checked.json<{ notChecked: readonly object[] }>().notChecked).toHaveLength(3)
})

test('doctor goes on, names what it could not find out, and says of no client that it is gone', async () => {
  const ran = await cli.run(['doctor', '--json'])
  const { findings } = ran.json<{ findings: readonly Finding[] }>()

  expect(ran.code).toBe(1)
  expect(findings.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['projectSecret', 'notChecked', 'dead']))
  expect(findings.filter(({ kind }) => kind === 'clientGone' || kind === 'clientUnheld')).toEqual([])
  expect(findings.find(({ kind }) => kind === 'notChecked')?.what).toMatch(/500/)
})
