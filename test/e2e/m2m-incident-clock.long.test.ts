// `m2m incident` where the operator's clock and AWS's differ by hours: a time zone that was set wrong, or the laptop whose clock was moved.
// Requests and reports carry times that the functions compare with their own.
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Cli } from './cli.ts'
import { createIncidentSeat } from './incident-seat.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

const seat = createIncidentSeat()
const { env, secretValue, isAccepted } = seat
let cli: Cli

beforeAll(async () => {
  cli = await seat.open()
  cli.laptop.world.clock.advance(25 * 60 * 60_000)
})
afterAll(seat.close)

test.each([
  { name: 'alpha', path: 'by the bus', flags: [] },
  { name: 'beta', path: 'directly', flags: ['--direct'] },
])('an operator a day behind revokes a leak $path, and it is proven dead', async ({ name, flags }) => {
  const leaked = secretValue(name)

  const ran = await cli.run(
    ['incident', name, '--reason', 'a wrong clock', '--wait', '--timeout', '60', '--json', ...flags],
    { env },
  )

  expect({ code: ran.code, stderr: ran.stderr, ...(ran.stdout === '' ? {} : ran.json<object>()) }).toMatchObject({
    code: 0,
    outcome: 'dead',
    report: { outcome: 'proven' },
  })
  expect(isAccepted(name, leaked)).toBe(false)
  expect(isAccepted(name, secretValue(name))).toBe(true)
})

test('an age is counted by AWS’s clock', async () => {
  const { stdout } = await cli.run(['list'], { env })

  // Registered before the clock was moved, and not rotated since.
  expect(stdout).toMatch(/gamma.* 1 d/)
})
