// Every third crash point of a revoke, which has half of all there are, from every beginning, each driven on in one of the three ways; the
// other intents: crash.test.ts. `npm run torture` plays all ways at all points, and double kills.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCrashes } from './crash-runs.ts'
import { createSeat, type Seat } from './seat.ts'

let seat: Seat
beforeAll(async () => {
  seat = await createSeat()
})
afterAll(() => seat.close())

test.each(['revoke'] as const)('a %s loses nothing wherever it is killed', { timeout: 400_000 }, async (intent) => {
  const { points, runs, violations } = await runCrashes(seat, {
    intents: [intent],
    everyContinuation: false,
    pointEvery: 3,
    doubleEvery: 150,
  })

  console.log(`crash points of ${intent}: ${points}, runs: ${runs}`)
  expect(violations).toEqual([])
  expect(points).toBeGreaterThan(150)
})
