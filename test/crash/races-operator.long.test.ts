// An operator in Secrets Manager in the middle of a rotation: stores a value, which moves AWSCURRENT; moves a label; clears AWSPENDING;
// plants a pending value. A share of what `npm run torture` runs in full; every run ends with a revoke and a settle that heal it.
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { ActName } from './race-acts.ts'
import { runRace, runRaces } from './race-runs.ts'
import { createSeat, type Seat } from './seat.ts'

// Hundreds of runs each; a busy machine must not fail them.
vi.setConfig({ testTimeout: 300_000 })

let seat: Seat
beforeAll(async () => {
  seat = await createSeat()
})
afterAll(() => seat.close())

const byHand: readonly ActName[] = [
  'operatorPutsSame',
  'operatorPutsPrevious',
  'operatorPutsPending',
  'operatorPutsWrong',
  'operatorMovesBack',
  'operatorMovesOn',
  'operatorClears',
  'operatorPlantsPending',
]

test('an operator who moves labels or stores values is joined, or named; only W3 lets a step of ours kill what he made current', async () => {
  const { runs, violations } = await runRaces(seat, { long: false, acts: byHand })

  expect(violations).toEqual([])
  expect(runs).toBeGreaterThan(90)
})

const named = [
  { intent: 'settle', beginning: 'overlap', act: 'operatorMovesBack', at: 4, ending: 'refused currentMoved' },
  { intent: 'settle', beginning: 'overlap', act: 'operatorPutsWrong', at: 4, ending: 'refused tokenWithoutVersion' },
  { intent: 'rotate', beginning: 'settled', act: 'operatorPlantsPending', at: 0, ending: 'refused poisoned' },
  { intent: 'rotate', beginning: 'settled', act: 'operatorClears', at: 8, ending: 'refused tokenWithoutVersion' },
  { intent: 'rotate', beginning: 'settled', act: 'operatorMovesOn', at: 8, ending: 'done' },
] as const
test.each(named)('$intent from $beginning, $act before call $at: $ending', async ({ ending, ...race }) => {
  const result = await runRace(seat, race)

  expect(result.lastEnding).toBe(ending)
  expect(result.violations).toEqual([])
})
