// The crashes and faults that every kind of secret must live through, whoever its issuer is: a share of them.
import { expect, test } from 'vitest'
import { runCrashes } from './crash-runs.ts'
import { runFaults } from './fault-runs.ts'
import type { CrashKind } from './kinds.ts'
import { createSeat } from './seat.ts'

/** @param pointEvery one crash point in so many is played. */
export const testKind = (kind: CrashKind, pointEvery: number): void => {
  test('loses nothing wherever a rotation of it is killed', { timeout: 400_000 }, async () => {
    const seat = await createSeat({}, kind)
    const { points, runs, violations } = await runCrashes(seat, {
      everyContinuation: false,
      pointEvery,
      doubleEvery: 0,
    }).finally(() => seat.close())

    expect(violations).toEqual([])
    expect(points).toBeGreaterThan(500)
    expect(runs).toBeGreaterThan(points / 20)
  })

  test('ends in success or one clear error whatever a call meets', { timeout: 400_000 }, async () => {
    const seat = await createSeat({}, kind)
    const { runs, violations } = await runFaults(seat, {
      beginnings: ['settled', 'overlap'],
      everyFault: false,
      outages: false,
    }).finally(() => seat.close())

    expect(violations).toEqual([])
    expect(runs).toBeGreaterThan(100)
  })
}
