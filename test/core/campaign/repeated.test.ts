// A campaign that is started again under the id of an earlier one: what that did is found done, and what failed is tried anew.
import { describe, expect, it } from 'vitest'
import { createSeat } from './seat.ts'

const rotate = { intent: 'rotate', selector: { all: true, expectedCount: 3 }, canary: 0, campaignId: 'c-1' }
const revoke = { intent: 'revoke', selector: { all: true, expectedCount: 3 }, incidentId: 'inc-7' }

describe('a campaign that is repeated under its id', () => {
  it.each([
    ['rotate', { ...rotate, toleratedFailurePercentage: 100 }, 2],
    ['revoke', revoke, 5],
  ] as const)('tries anew what failed of a %s, as often as at first', async (intent, event, attempts) => {
    const seat = createSeat()
    seat.add(3)
    const failing = 'm2m/prod/client-00001'
    const asked = () => seat.world.asked.filter((one) => one.name === failing && one.intent === intent).length
    seat.world.ends((name) => (name === failing ? 'refuses' : 'succeeds'))
    expect((await seat.run(event, 'e-1')).counts).toMatchObject({ settled: 2, failed: 1 })
    expect(asked()).toBe(attempts)

    expect((await seat.run(event, 'e-2')).counts).toMatchObject({ failed: 1 })
    expect(asked()).toBe(2 * attempts)
    seat.world.ends(() => 'succeeds')

    expect((await seat.run(event, 'e-3')).counts).toMatchObject({ failed: 0 })
    expect(asked()).toBe(2 * attempts + 1)
    expect(seat.origins()).toEqual({ settle: 3 })
  })
})
