// The claim of crash.test.ts and crash.long.test.ts, which share the intents out between them: every third crash point, from every
// beginning, each driven on in one of the three ways.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Intent } from '../../lambda/core/secret/request-token.ts'
import { runCrashes } from './crash-runs.ts'
import { createSeat, type Seat } from './seat.ts'

/** To be called at the top of a test file. */
export const losesNothing = (intents: readonly Intent[]): void => {
  let seat: Seat
  beforeAll(async () => {
    seat = await createSeat()
  })
  afterAll(() => seat.close())

  test.each(intents)('a %s loses nothing wherever it is killed', { timeout: 400_000 }, async (intent) => {
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
}
