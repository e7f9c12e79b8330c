// Consumers that keep the secret for no time, for a TTL and for the whole overlap, under load through planned rotations, settles and
// rollbacks whose own calls go wrong: none of their requests may fail. Then tests of the test. The torture runs hundreds of operations.
import { expect, test } from 'vitest'
import { runConsumers } from './consumers.ts'

test('no request of any consumer fails through planned operations spaced by the overlap, faults and kills included', {
  timeout: 60_000,
}, async () => {
  const { rotations, requests, verified, failures, kills, faults, violations } = await runConsumers({
    rotations: 14,
    faults: 0.08,
  })

  console.log(
    `consumers: ${rotations} operations, ${kills} kills, ${faults} faults; ${requests} requests, ${failures} failed`,
  )
  expect(violations).toEqual([])
  expect(failures).toBe(0)
  expect(requests).toBeGreaterThan(150)
  expect(verified).toBeGreaterThan(5)
})

test('a rotation that is killed before it stores a value is ended by the sweep, and no request fails', {
  timeout: 60_000,
}, async () => {
  const { failures, kills, violations } = await runConsumers({ rotations: 9, faults: 0.08, seed: 317931280 })

  expect(kills).toBeGreaterThan(0)
  expect(violations).toEqual([])
  expect(failures).toBe(0)
})

test('operations that do not wait for the overlap are found: whoever keeps the secret for it fails', {
  timeout: 60_000,
}, async () => {
  const { failures, violations } = await runConsumers({
    rotations: 8,
    faults: 0,
    seed: 1,
    spacing: 0,
    // So long that no machine is too busy to retire a value within it.
    overlapMs: 3000,
  })

  expect(failures).toBeGreaterThan(0)
  expect(violations.join()).toContain('keeps the secret by overlap: refused')
})

test('a settle that cancels where complete is due is found: every consumer fails', { timeout: 60_000 }, async () => {
  const { failures, violations } = await runConsumers({
    rotations: 3,
    faults: 0,
    seed: 4,
    tamper: ({ issuer, ...rest }) => ({
      ...rest,
      issuer: { ...issuer, complete: issuer.cancel, cancel: issuer.complete },
    }),
  })

  expect(violations.join()).toMatch(/left AWSCURRENT refused/)
  expect(failures).toBeGreaterThan(0)
})
