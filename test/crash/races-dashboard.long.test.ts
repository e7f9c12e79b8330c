// A colleague in the Stytch dashboard, before, between and within the steps: starts, cancels, completes, deletes the client, makes it
// inactive. A share of what `npm run torture` runs in full; every run ends with a revoke and a settle that leave nothing older alive.
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

const clicks: readonly ActName[] = [
  'colleagueStarts',
  'colleagueCancels',
  'colleagueCompletes',
  'colleagueRestarts',
  'colleagueReplaces',
]

test('a colleague in the dashboard is joined, or named; no step of ours kills an accepted AWSCURRENT outside the windows', async () => {
  const { runs, violations } = await runRaces(seat, { long: false, acts: clicks })

  expect(violations).toEqual([])
  expect(runs).toBeGreaterThan(60)
})

test('a client that is deleted or made inactive stops the rotation by that name, or comes too late to', async () => {
  const { runs, violations } = await runRaces(seat, { long: false, acts: ['clientDeleted', 'clientInactive'] })

  expect(violations).toEqual([])
  expect(runs).toBeGreaterThan(20)
})

const named = [
  { intent: 'rotate', beginning: 'settled', act: 'colleagueCancels', at: 7, ending: 'refused poisoned' },
  { intent: 'rotate', beginning: 'settled', act: 'colleagueCompletes', at: 7, ending: 'done' },
  { intent: 'rotate', beginning: 'settled', act: 'colleagueStarts', at: 4, ending: 'done' },
  { intent: 'settle', beginning: 'overlap', act: 'colleagueCancels', at: 6, ending: 'refused cancelledUnderUs' },
  { intent: 'settle', beginning: 'overlap', act: 'colleagueCompletes', at: 7, ending: 'done' },
  { intent: 'rollback', beginning: 'overlap', act: 'colleagueCancels', at: 4, ending: 'done' },
  { intent: 'revoke', beginning: 'settled', act: 'clientDeleted', at: 3, ending: 'refused clientNotFound' },
  { intent: 'rotate', beginning: 'settled', act: 'clientInactive', at: 3, ending: 'refused clientInactive' },
  { intent: 'revoke', beginning: 'settled', act: 'clientInactive', at: 3, ending: 'done' },
] as const
test.each(named)('$intent from $beginning, $act before call $at: $ending', async ({ ending, ...race }) => {
  const result = await runRace(seat, race)

  expect(result.lastEnding).toBe(ending)
  expect(result.violations).toEqual([])
})

const deleted = [
  { intent: 'rotate', beginning: 'settled', at: 4, op: 'RotateStart' },
  { intent: 'rotate', beginning: 'orphan', at: 7, op: 'RotateCancel' },
  { intent: 'settle', beginning: 'overlap', at: 9, op: 'RotateComplete' },
] as const
test.each(deleted)(
  'a client that is deleted right before the $op of a $intent is named by that step, not by the next attempt',
  async ({ op, ...race }) => {
    const { heldBefore, ended, violations } = await runRace(seat, { ...race, act: 'clientDeleted' })

    expect(heldBefore?.op).toBe(op)
    expect(ended.find(({ ending }) => ending !== 'done')?.ending).toBe('refused clientNotFound')
    expect(violations).toEqual([])
  },
)
