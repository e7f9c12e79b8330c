// Last-four collisions, forced in the stand-in: every pair of values that can end alike, in every place, for every intent. Where an
// exchange tells the slots apart the rotation goes on; where none can, it refuses and touches nothing.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Collision, runCollision, runCollisions } from './race-collisions.ts'
import { createSeat, type Seat } from './seat.ts'

// Hundreds of runs each; a busy machine must not fail them.
vi.setConfig({ testTimeout: 300_000 })

let seat: Seat
beforeAll(async () => {
  seat = await createSeat({}, { timeoutMs: 5000 })
})
afterAll(() => seat.close())

test('every pair alike, everywhere: it goes on and ends right, or refuses and has touched nothing', async () => {
  const { runs, refused, violations } = await runCollisions(seat, { long: false })

  expect(violations).toEqual([])
  expect(runs).toBeGreaterThan(80)
  expect(refused).toBeGreaterThan(15)
})

interface Named extends Collision {
  readonly ending: string
  readonly settled?: string
}

const outcomeOf = async (collision: Collision) => {
  const { ending, settled, violations } = await runCollision(seat, collision)
  expect(violations).toEqual([])
  return settled === undefined ? { ending } : { ending, settled }
}

const cannotTell = 'createSecret refused ambiguous'

describe('an exchange tells them apart, or nothing hangs on it', () => {
  const goOn: readonly Named[] = [
    { intent: 'rotate', scene: 'V/C', shared: ['V', 'P'], ending: 'done', settled: 'done' },
    { intent: 'rotate', scene: 'C/V', shared: ['V', 'P'], ending: 'done', settled: 'done' },
    { intent: 'revoke', scene: 'C/X', shared: ['X', 'P'], ending: 'done', settled: 'done' },
    { intent: 'settle', scene: 'C/X, V dead', shared: ['C', 'V'], ending: 'done' },
    { intent: 'settle', scene: 'C/X, V dead', shared: ['V', 'X'], ending: 'done' },
    { intent: 'rollback', scene: 'V, C dead', shared: ['V', 'C'], ending: 'done', settled: 'done' },
    { intent: 'revoke', scene: 'V, C dead', shared: ['V', 'C'], ending: 'done', settled: 'done' },
  ]
  test.each(goOn)('$intent from $scene, $shared alike: $ending', async ({ ending, settled, ...collision }) => {
    expect(await outcomeOf(collision)).toEqual(settled === undefined ? { ending } : { ending, settled })
  })
})

describe('both are accepted, and nothing tells which slot is whose', () => {
  const refuse: readonly Named[] = [
    { intent: 'rotate', scene: 'V/C', shared: ['V', 'C'], ending: cannotTell },
    { intent: 'revoke', scene: 'V/C', shared: ['V', 'C'], ending: cannotTell },
    { intent: 'settle', scene: 'V/C', shared: ['V', 'C'], ending: cannotTell },
    { intent: 'rollback', scene: 'V/C', shared: ['V', 'C'], ending: cannotTell },
    { intent: 'settle', scene: 'C/V', shared: ['C', 'V'], ending: cannotTell },
    { intent: 'rotate', scene: 'C/X', shared: ['C', 'X'], ending: cannotTell },
    { intent: 'settle', scene: 'C/X', shared: ['C', 'X'], ending: cannotTell },
    { intent: 'rotate', scene: 'V/C', shared: ['V', 'C', 'P'], ending: cannotTell },
    { intent: 'rotate', scene: 'C', shared: ['C', 'P'], ending: 'done', settled: cannotTell },
    { intent: 'revoke', scene: 'C', shared: ['C', 'P'], ending: 'done', settled: cannotTell },
  ]
  test.each(refuse)('$intent from $scene, $shared alike: $ending', async ({ ending, settled, ...collision }) => {
    expect(await outcomeOf(collision)).toEqual(settled === undefined ? { ending } : { ending, settled })
  })
})

describe('W6, both alike and alive, until a person ends it in the dashboard', () => {
  const cases: readonly Named[] = [
    { intent: 'settle', scene: 'V/C', shared: ['V', 'C'], byHand: 'rotateComplete', ending: 'done' },
    { intent: 'revoke', scene: 'V/C', shared: ['V', 'C'], byHand: 'rotateComplete', ending: 'done', settled: 'done' },
    { intent: 'settle', scene: 'C/V', shared: ['C', 'V'], byHand: 'rotateCancel', ending: 'done' },
    { intent: 'rotate', scene: 'C/X', shared: ['C', 'X'], byHand: 'rotateCancel', ending: 'done', settled: 'done' },
  ]
  test.each(cases)('$intent from $scene, after $byHand: $ending', async ({ ending, settled, ...collision }) => {
    expect(await outcomeOf(collision)).toEqual(settled === undefined ? { ending } : { ending, settled })
  })
})

describe('W5, in drift, where AWSCURRENT is dead already', () => {
  test('a settle takes the living AWSPREVIOUS for it and cancels the orphan beside it; nothing stored dies', async () => {
    const result = await runCollision(seat, { intent: 'settle', scene: 'V/X, C dead', shared: ['V', 'C'] })

    expect(result).toEqual({
      ending: 'testSecret refused cancelledUnderUs',
      settled: undefined,
      lost: [],
      violations: [],
    })
  })

  test.each(['rotate', 'revoke', 'settle'] as const)(
    '%s takes the orphan for it, and the living AWSPREVIOUS dies',
    async (intent) => {
      const { lost, violations } = await runCollision(seat, { intent, scene: 'V/X, C dead', shared: ['C', 'X'] })

      expect(lost).toEqual(['V'])
      expect(violations).toEqual([])
    },
  )
})
