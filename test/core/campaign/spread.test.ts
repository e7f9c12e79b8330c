// A fleet over a simulated year drifts apart, and no value gets older than its period; more fleets, and more years: spread.long.test.ts.
import { expect, test } from 'vitest'
import { withinShare } from '../../../lambda/core/campaign/share-of-campaign.ts'
import { DAY, mostOf, simulate, sumOf } from './simulated-campaigns.ts'

test('made on one day, a thousand: no campaign does over 1.5 × the mean, and no value is over its period', () => {
  const world = { count: 1000, periodMs: 30 * DAY, everyMs: DAY, days: 365 }
  const { begun, oldestMs } = simulate(world)

  expect(oldestMs).toBeLessThanOrEqual(world.periodMs)
  expect(mostOf(begun)).toBeLessThanOrEqual((1.5 * world.count * world.everyMs) / world.periodMs)
})

test('campaigns that are lost late in the first period are made up for before any value is too old', () => {
  const isLost = (at: number): boolean => at === 25 || at === 27
  const world = {
    count: 1000,
    periodMs: 30 * DAY,
    everyMs: DAY,
    days: 365,
    isBroken: (at: number) => at % 33 === 0,
    isLost,
  }
  const { begun, oldestMs } = simulate(world)

  expect(oldestMs).toBeLessThanOrEqual(world.periodMs)
  expect(mostOf(begun)).toBeLessThanOrEqual(50)
})

test.each([
  ['a day', DAY],
  ['two days', 2 * DAY],
  ['a week', 7 * DAY],
])('a period of %s with a daily campaign is kept, and is not doubled', (_what, periodMs) => {
  const { begun, oldestMs } = simulate({ count: 60, periodMs, everyMs: DAY, days: 200 })

  // Where a campaign has to rotate everything, a value is older by as much as this campaign took longer than the one before.
  expect(oldestMs).toBeLessThanOrEqual(periodMs + 60_000)
  expect(sumOf(begun)).toBeGreaterThanOrEqual(Math.floor((60 * 199 * DAY) / periodMs))
})

test('what is known to be leaked is never cut by the share of one campaign', () => {
  const leaked = { name: 'leaked', waitsUntil: 900, isLeaked: true } as const
  const others = Array.from({ length: 20 }, (_, at) => ({ name: `s${at}`, waitsUntil: at }))

  expect(withinShare([...others, leaked], 2)).toHaveLength(3)
  expect(withinShare([...others, leaked], 2)).toContain(leaked)
})
