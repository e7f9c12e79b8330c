// How a revoke's campaign outlasts an outage: for six hours, within what one durable execution may do, and no longer than a share of the
// outage behind its end.
import { describe, expect, it } from 'vitest'
import { PAGE_SECRETS } from '../../../lambda/core/campaign/campaign.ts'
import { outageWaitSeconds } from '../../../lambda/core/campaign/outage-waits.ts'
import { createSeat } from './seat.ts'

const MINUTE = 60_000
const SIX_HOURS_SECONDS = 6 * 3600
/** Of a durable execution (lambda/latest/dg/gettingstarted-limits.html). */
const MOST_OPERATIONS = 3000

const waitsOf = (secrets: number): readonly number[] => {
  const waits: number[] = []
  for (let nth = 1; ; nth += 1) {
    const seconds = outageWaitSeconds(nth, secrets)
    if (seconds === undefined) return waits
    waits.push(seconds)
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((one, other) => one + other, 0)

describe('the waits', () => {
  it.each([1, 5, 25, 60, PAGE_SECRETS])(
    'of %i secrets last six hours, and leave operations to go on with',
    (secrets) => {
      const waits = waitsOf(secrets)

      expect(sum(waits)).toBeGreaterThan(0.95 * SIX_HOURS_SECONDS)
      expect(sum(waits)).toBeLessThan(1.05 * SIX_HOURS_SECONDS)
      expect(2 * waits.length * secrets).toBeLessThanOrEqual((2 / 3) * MOST_OPERATIONS)
    },
  )

  it.each([
    [25, 0.2],
    [PAGE_SECRETS, 1.1],
  ])('of %i secrets find the end of an outage late by a share of it', (secrets, share) => {
    const waits = waitsOf(secrets)
    for (const [at, wait] of waits.entries()) {
      const before = sum(waits.slice(0, at))
      expect(wait).toBeLessThanOrEqual(Math.max(180, share * (before + 150)))
    }
  })
})

describe('a page of a revoke', () => {
  const all = { intent: 'revoke', selector: { all: true, expectedCount: PAGE_SECRETS }, incidentId: 'inc-7' }
  /** Once the campaign has chosen its clients. */
  const outage = async (minutes: number, event: object = all) => {
    const seat = createSeat()
    seat.add(PAGE_SECRETS)
    const until = seat.timing.now() + minutes * MINUTE
    seat.world.fails((call) => (call !== 'list' && seat.timing.now() < until ? seat.world.throttled() : undefined))
    const report = await seat.run(event)
    const [page] = [...seat.stores].filter(([name]) => name.includes('page')).map(([, { kept }]) => kept.size)
    return { report, origins: seat.origins(), page: page ?? 0, minutes: (until - seat.timing.now()) / -MINUTE }
  }

  it.each([17, 60, 240])('outlasts an outage of %i minutes: each client is settled', async (minutes) => {
    const { report, origins, page } = await outage(minutes)

    expect(report).toMatchObject({ outcome: 'completed', counts: { settled: PAGE_SECRETS, failed: 0 } })
    expect(origins).toEqual({ settle: PAGE_SECRETS })
    expect(page).toBeLessThan(MOST_OPERATIONS)
  })

  it('gives up one that lasts longer than six hours, and names the clients', async () => {
    const { report } = await outage(12 * 60)

    expect(report.counts).toMatchObject({ settled: 0, failed: PAGE_SECRETS })
    expect(report.failures[0]).toMatchObject({ why: 'unavailable' })
  })

  it('is not what a planned rotation is: that is tried again another day', async () => {
    const planned = { intent: 'rotate', selector: { all: true, expectedCount: PAGE_SECRETS }, canary: 1 }

    expect((await outage(60, planned)).report.counts).toMatchObject({ failed: 1, notStarted: PAGE_SECRETS - 1 })
  })

  it.each(['revoke', 'rotate'] as const)(
    'of a %s: too little time left in an invocation is no outage, and no round',
    async (intent) => {
      const seat = createSeat()
      seat.add(1)
      let late = 0
      let until = 0
      seat.killAt((moment, step) => {
        if (moment !== 'before' || !step.includes('secrets#')) return false
        if (late < 4 && !step.includes('again')) {
          late += 1
          seat.timing.restart(30_000)
        } else if (until === 0) until = seat.timing.now() + 5 * MINUTE
        return false
      })
      seat.world.fails(() => (seat.timing.now() < until ? seat.world.throttled() : undefined))
      const selector = { all: true, expectedCount: 1 }

      const report = await seat.run({
        intent,
        selector,
        ...(intent === 'revoke' ? { incidentId: 'inc-7' } : { canary: 0 }),
      })

      expect(report.counts).toMatchObject({ settled: 1, failed: 0 })
      const waited = [...seat.stores].filter(([name]) => name.includes('page')).flatMap(([, store]) => store.waited)
      // Four times for the next invocation; then as if nothing had been waited for.
      expect(waited.slice(0, 4)).toEqual([31, 31, 31, 31])
      expect(waited.slice(4, 6)).toEqual(intent === 'revoke' ? [5, 20] : [5, 10])
    },
  )
})
