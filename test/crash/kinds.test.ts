// The other kinds of secret under the same crashes and faults as an M2M client's: their adapters alone differ. A share here; every point
// in `npm run torture`.
import { describe, expect, test } from 'vitest'
import { runCrashes } from './crash-runs.ts'
import { runFaults } from './fault-runs.ts'
import { connectedApp, crashKinds, scimConnection } from './kinds.ts'
import type { ActName } from './race-acts.ts'
import { runRaces } from './race-runs.ts'
import { createSeat, type SeatTiming } from './seat.ts'

describe.each(crashKinds.slice(1))('$name', (kind) => {
  const seatFor = (timing: SeatTiming) => createSeat({}, timing, kind)

  test('loses nothing wherever a rotation of it is killed', { timeout: 400_000 }, async () => {
    const seat = await seatFor({ timeoutMs: 5000 })
    const { points, runs, violations } = await runCrashes(seat, {
      everyContinuation: false,
      pointEvery: 16,
      doubleEvery: 0,
    }).finally(() => seat.close())

    expect(violations).toEqual([])
    expect(points).toBeGreaterThan(500)
    expect(runs).toBeGreaterThan(points / 20)
  })

  test('ends in success or one clear error whatever a call meets', { timeout: 400_000 }, async () => {
    const seat = await seatFor({})
    const { runs, violations } = await runFaults(seat, {
      beginnings: ['settled', 'overlap'],
      everyFault: false,
      outages: false,
    }).finally(() => seat.close())

    expect(violations).toEqual([])
    expect(runs).toBeGreaterThan(100)
  })
})

/** Acts of ours, of a colleague and of the sweep; the rest of them in `npm run torture`. */
const raceActs: readonly ActName[] = [
  'twin',
  'overtake',
  'askRevoke',
  'lateCurrent',
  'clearedThenRotate',
  'colleagueStarts',
]

describe.each([connectedApp, scimConnection])('$name', (kind) => {
  test('converges or is named whatever happens between two calls', { timeout: 300_000 }, async () => {
    const seat = await createSeat({}, { timeoutMs: 5000 }, kind)
    const { runs, violations } = await runRaces(seat, { long: false, acts: raceActs }).finally(() => seat.close())

    expect(violations).toEqual([])
    expect(runs).toBeGreaterThan(60)
  })
})
