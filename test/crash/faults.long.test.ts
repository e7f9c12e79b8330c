// One fault on every call of every intent, the kinds in turn; `npm run torture` plays every kind on every call, and outages that
// last.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { intents } from '../../lambda/core/secret/request-token.ts'
import { runFaults } from './fault-runs.ts'
import { createSeat, type Seat } from './seat.ts'

let seat: Seat
beforeAll(async () => {
  seat = await createSeat()
})
afterAll(() => seat.close())

test.each(intents)(
  'a %s ends in success or one clear error whatever a call meets',
  { timeout: 400_000 },
  async (intent) => {
    const { runs, violations } = await runFaults(seat, { intents: [intent], everyFault: false, outages: false })

    console.log(`fault runs of ${intent}: ${runs}`)
    expect(violations).toEqual([])
    expect(runs).toBeGreaterThan(20)
  },
)

test('an outage that lasts from any call on is survived', { timeout: 400_000 }, async () => {
  const { violations } = await runFaults(seat, {
    intents: ['revoke'],
    beginnings: ['overlap'],
    everyFault: false,
    outages: true,
  })

  expect(violations).toEqual([])
})
