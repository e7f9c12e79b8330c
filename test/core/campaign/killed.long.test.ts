// A campaign whose processes are killed, at every checkpoint in turn and at random: it goes on where it was, asks for nothing twice, and
// its report is the same. And the limits of a durable execution, at the sizes that it must reach.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSeat } from './seat.ts'

const rotate = { intent: 'rotate', selector: { due: true }, campaignId: 'nightly-7' }
const revoke = { intent: 'revoke', selector: { all: true, expectedCount: 12 }, incidentId: 'inc-7' }

const checkpoints = async (event: object): Promise<number> => {
  const seat = createSeat()
  seat.add(12)
  let count = 0
  seat.killAt(() => {
    count += 1
    return false
  })
  await seat.run(event)
  return count
}

describe.each([
  ['rotate', rotate],
  ['revoke', revoke],
])('a %s', (_intent, event) => {
  it('killed once, before or after any checkpoint, ends as if it had not been', async () => {
    const count = await checkpoints(event)
    expect(count).toBeGreaterThan(30)

    for (let at = 1; at <= count; at += 1) {
      const seat = createSeat()
      seat.add(12)
      let left = at
      seat.killAt(() => {
        left -= 1
        return left === 0
      })

      const report = await seat.run(event)

      expect(seat.kills()).toBe(1)
      expect(report).toMatchObject({
        outcome: 'completed',
        counts: { selected: 12, switched: 12, settled: 12, failed: 0 },
      })
      // Once to switch and once to settle, whatever was killed.
      expect(seat.world.asked).toHaveLength(24)
    }
  }, 120_000)

  it('killed again and again at random, ends as if it had not been', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 20, maxLength: 200 }), async (kills) => {
        const seat = createSeat()
        seat.add(12)
        seat.killAt(() => kills.pop() === true)

        const report = await seat.run(event)

        expect(report.counts).toMatchObject({ switched: 12, settled: 12, failed: 0 })
        expect(seat.world.asked).toHaveLength(24)
      }),
      { numRuns: 40 },
    )
  }, 120_000)
})

describe('the limits of one execution', () => {
  it('are not met at ten thousand secrets, nor would they be at a hundred thousand', async () => {
    const seat = createSeat()
    seat.add(10_000)

    const report = await seat.run({
      intent: 'revoke',
      selector: { all: true, expectedCount: 10_000 },
      incidentId: 'inc-7',
    })

    expect(report.counts.settled).toBe(10_000)
    const operations = [...seat.stores].map(([name, { kept }]) => ({ name, count: kept.size }))
    const parent = operations.find(({ name }) => name === 'e-1')?.count ?? 0
    const pages = operations.filter(({ name }) => name !== 'e-1')
    expect(pages.length).toBe(100)
    // Ten times as many pages and lists, and twice the pages for a grace.
    expect(parent * 20).toBeLessThan(3000)
    expect(Math.max(...pages.map(({ count }) => count))).toBeLessThan(300)
    expect(seat.largestOrder()).toBeLessThan(256 * 1024)
    const bytes = [...(seat.stores.get('e-1')?.kept.values() ?? [])].reduce((sum, text) => sum + text.length, 0)
    expect(bytes * 10).toBeLessThan(100 * 1024 * 1024)
  }, 300_000)

  it('are not met by a page in which every secret is stuck', async () => {
    const seat = createSeat()
    seat.add(100)
    seat.world.ends(() => 'sticks')

    const report = await seat.run({
      intent: 'revoke',
      selector: { all: true, expectedCount: 100 },
      incidentId: 'inc-7',
    })

    expect(report.counts.failed).toBe(100)
    for (const { kept } of seat.stores.values()) expect(kept.size).toBeLessThan(3000)
  }, 120_000)
})
