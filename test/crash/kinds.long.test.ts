// The other kinds of secret under the same crashes and faults as an M2M client's: their adapters alone differ. A share here; every point
// in `npm run torture`.
import { describe, expect, test } from 'vitest'
import { testKind } from './kind-suite.ts'
import { connectedApp, crashKinds, scimConnection } from './kinds.ts'
import type { ActName } from './race-acts.ts'
import { runRaces } from './race-runs.ts'
import { createSeat } from './seat.ts'

describe.each(crashKinds.slice(1))('$name', (kind) => testKind(kind, 16))

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
    const seat = await createSeat({}, kind)
    const { runs, violations } = await runRaces(seat, { long: false, acts: raceActs }).finally(() => seat.close())

    expect(violations).toEqual([])
    expect(runs).toBeGreaterThan(60)
  })
})
