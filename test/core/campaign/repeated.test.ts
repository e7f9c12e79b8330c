// A campaign that is started again under the id of an earlier one: what that did is found done, and what failed is tried anew.
import { describe, expect, it } from 'vitest'
import type { ProofQuestions } from '../../../lambda/core/drive/proof-questions.ts'
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

/** As the rotation function answers it: what was settled last is refused. */
const refusedNow: ProofQuestions = {
  prove: async () => ({ outcome: 'refused', revokeToken: 'r', settleToken: 's', refusals: 3, signed: 'off' }),
}

describe('what an earlier run has done', () => {
  it.each([
    ['rotate', rotate],
    ['revoke', revoke],
    ['revoke with a grace', { ...revoke, graceSeconds: 900 }],
  ])('of a %s is reported as such, and not as this run’s work', async (_, event) => {
    const seat = createSeat()
    Object.assign(seat.campaigning, { proofs: refusedNow })
    seat.add(3)
    await seat.run(event, 'e-1')
    const asked = seat.world.asked.length
    seat.timing.advance(60_000)

    const { counts, outcome } = await seat.run(event, 'e-2')

    expect(outcome).toBe('completed')
    expect(counts).toMatchObject({ selected: 3, settled: 3, switched: 0, reasons: { settled: { earlier: 3 } } })
    expect(seat.world.asked).toHaveLength(asked)
  })

  it('is told from what this one adds', async () => {
    const seat = createSeat()
    seat.add(3)
    const failing = 'm2m/prod/client-00001'
    seat.world.ends((name) => (name === failing ? 'refuses' : 'succeeds'))
    await seat.run(revoke, 'e-1')
    seat.world.ends(() => 'succeeds')

    expect((await seat.run(revoke, 'e-2')).counts).toMatchObject({
      settled: 3,
      switched: 1,
      outcomes: { settled: 3 },
      reasons: { settled: { earlier: 2 } },
    })
  })

  it('is no canary, and no success that the stop rule counts', async () => {
    const seat = createSeat()
    seat.add(60)
    const event = { ...rotate, selector: { all: true, expectedCount: 60 }, toleratedFailurePercentage: 5 }
    const isFirst = (name: string): boolean => Number(name.slice(-2)) < 40
    seat.world.ends((name) => (isFirst(name) ? 'succeeds' : 'refuses'))
    const secretNames = [...seat.world.secrets.keys()].filter(isFirst)
    await seat.run({ ...event, selector: { secretNames } }, 'e-1')

    // Of twenty that are tried now, all fail.
    const { outcome, counts } = await seat.run({ ...event, canary: 1 }, 'e-2')

    expect(outcome).toBe('stopped')
    expect(counts).toMatchObject({ failed: 1, notStarted: 19, reasons: { settled: { earlier: 40 } } })
  })
})
