// A share of the old replies of every intent from every beginning; `npm run test:long` gives more, and the torture all of them, and all pairs.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runPlan } from './run.ts'
import type { Seat } from './seat.ts'
import { createStaleSeat, runStale } from './stale-runs.ts'

let seat: Seat
beforeAll(async () => {
  seat = await createStaleSeat()
})
afterAll(() => seat.close())

test('old replies kill nothing, hide nothing and fail no rotation', { timeout: 120_000 }, async () => {
  const { points, runs, violations } = await runStale(seat, {
    beginnings: ['settled', 'overlap'],
    singleEvery: 60,
    pairEvery: 5000,
    twinEvery: 180,
    killEvery: 180,
  })

  console.log(`old replies: ${points} in ${runs} runs`)
  expect(violations).toEqual([])
  expect(points).toBeGreaterThan(5)
})

test.each([2, 3])('a settle that Stytch’s replies 1 and %i show nothing to end for ends the orphan', async (second) => {
  seat.world.reset()
  const old = [1, second].map((at) => ({ service: 'stytch', at, behind: 1 }) as const)

  const { violations, oldGiven } = await runPlan(seat, {
    intent: 'settle',
    beginning: 'orphan',
    kills: [],
    continuation: 'redriven',
    old,
  })

  expect(oldGiven).toBe(2)
  expect(violations).toEqual([])
})
