// Fleets over simulated years, as spread.test.ts has them for one: however a fleet came into being, it drifts apart, and no value gets too old.
import { expect, test } from 'vitest'
import { DAY, HOUR, mostOf, simulate, sumOf } from './simulated-campaigns.ts'

test.each([
  ['a thousand, every 30 days, daily', { count: 1000, periodMs: 30 * DAY, everyMs: DAY, days: 3 * 365 }],
  ['a thousand, every 90 days, daily', { count: 1000, periodMs: 90 * DAY, everyMs: DAY, days: 3 * 365 }],
  ['a thousand, every 365 days, daily', { count: 1000, periodMs: 365 * DAY, everyMs: DAY, days: 5 * 365 }],
  ['a thousand, every 90 days, weekly', { count: 1000, periodMs: 90 * DAY, everyMs: 7 * DAY, days: 3 * 365 }],
  ['a thousand, every day, hourly', { count: 1000, periodMs: DAY, everyMs: HOUR, days: 60 }],
  ['a hundred thousand, every 30 days, daily', { count: 100_000, periodMs: 30 * DAY, everyMs: DAY, days: 365 }],
] as const)(
  'made on one day, %s: no campaign does over 1.5 × the mean, and no value is over its period',
  (_what, world) => {
    const { begun, oldestMs } = simulate(world)

    expect(oldestMs).toBeLessThanOrEqual(world.periodMs)
    // The first period too: nothing in its first fifth, and no more than 1.5 × the mean after that.
    expect(mostOf(begun)).toBeLessThanOrEqual((1.5 * world.count * world.everyMs) / world.periodMs)
    expect(sumOf(begun.slice(0, Math.floor((0.19 * world.periodMs) / world.everyMs)))).toBe(0)
    // The price of it: at most a fifth more rotations than one in each period.
    expect(sumOf(begun)).toBeLessThanOrEqual((1.2 * world.count * world.days * DAY) / world.periodMs)
  },
  120_000,
)

test('a fleet in step that is past its first fifth when this begins: apart after one period', () => {
  const world = { count: 1000, periodMs: 30 * DAY, everyMs: DAY, days: 3 * 365, ageOf: () => 20 * DAY }
  const { begun, oldestMs } = simulate(world)

  expect(oldestMs).toBeLessThanOrEqual(world.periodMs)
  expect(mostOf(begun.slice(30))).toBeLessThanOrEqual(50)
})

test('secrets that cannot be rotated take no other’s place, from the first period on', () => {
  const world = {
    count: 1000,
    periodMs: 30 * DAY,
    everyMs: DAY,
    days: 3 * 365,
    isBroken: (at: number) => at % 20 === 0,
  }
  const { begun, oldestMs } = simulate(world)

  expect(oldestMs).toBeLessThanOrEqual(world.periodMs)
  expect(mostOf(begun)).toBeLessThanOrEqual(50)
})

test.each([
  ['a thousand', 1000],
  ['a hundred thousand', 100_000],
])(
  'of %s, a campaign that is lost in each month, and a freeze of two days in each quarter, are made up for within the share',
  (_what, count) => {
    const isLost = (at: number): boolean => at > 30 && (at % 30 === 20 || at % 90 === 60 || at % 90 === 61)
    const world = {
      count,
      periodMs: 30 * DAY,
      everyMs: DAY,
      days: 365,
      isBroken: (at: number) => at % 33 === 0,
      isLost,
    }
    const { begun, oldestMs } = simulate(world)

    expect(oldestMs).toBeLessThanOrEqual(world.periodMs)
    expect(mostOf(begun)).toBeLessThanOrEqual((1.5 * count * world.everyMs) / world.periodMs)
  },
  120_000,
)
