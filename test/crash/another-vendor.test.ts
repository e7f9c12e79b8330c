// docs/another-vendor.md, proven: a vendor that nobody here wrote the rotation for, added by one file, under the same crashes and faults.
import { expect, test } from 'vitest'
import { runCrashes } from './crash-runs.ts'
import { runFaults } from './fault-runs.ts'
import { createKeyringKind } from './keyring.ts'
import { createSeat } from './seat.ts'

test('loses nothing wherever a rotation of it is killed', { timeout: 400_000 }, async () => {
  const seat = await createSeat({}, { timeoutMs: 5000 }, createKeyringKind())
  const { points, runs, violations } = await runCrashes(seat, {
    everyContinuation: false,
    pointEvery: 12,
    doubleEvery: 0,
  }).finally(() => seat.close())

  expect(violations).toEqual([])
  expect(points).toBeGreaterThan(500)
  expect(runs).toBeGreaterThan(points / 20)
})

test('ends in success or one clear error whatever a call meets', { timeout: 400_000 }, async () => {
  const seat = await createSeat({}, {}, createKeyringKind())
  const { runs, violations } = await runFaults(seat, {
    beginnings: ['settled', 'overlap'],
    everyFault: false,
    outages: false,
  }).finally(() => seat.close())

  expect(violations).toEqual([])
  expect(runs).toBeGreaterThan(100)
})
