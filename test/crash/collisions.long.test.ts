// Last-four collisions, forced in the stand-in: every pair of values that can end alike, in every place, for every intent. Where an
// exchange tells the slots apart the rotation goes on; where none can, it refuses and touches nothing. No value of ours is stored beside
// one that ends alike (docs/decisions/007), so that takes an AWSCURRENT that was stored by hand.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { runCrashes } from './crash-runs.ts'
import { type Collision, runCollision, runCollisions } from './race-collisions.ts'
import { createSeat, type Seat } from './seat.ts'

// Hundreds of runs each; a busy machine must not fail them.
vi.setConfig({ testTimeout: 300_000 })

let seat: Seat
beforeAll(async () => {
  seat = await createSeat()
})
afterAll(() => seat.close())

test('every pair alike, everywhere: it goes on and ends right, or refuses, touches nothing, and could not have known', async () => {
  const { runs, refused, violations } = await runCollisions(seat, { long: false })

  expect(violations).toEqual([])
  expect(runs).toBeGreaterThan(80)
  // An AWSCURRENT that was stored by hand beside its like, in either slot, by four intents.
  expect(refused).toBe(8)
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

const title = '$intent from $scene, $shared alike: $ending'

describe('an exchange tells them apart, or nothing hangs on it', () => {
  const goOn: readonly Named[] = [
    { intent: 'rotate', scene: 'V/C', shared: ['V', 'P'], ending: 'done', settled: 'done' },
    { intent: 'rotate', scene: 'C/V', shared: ['V', 'P'], ending: 'done', settled: 'done' },
    { intent: 'revoke', scene: 'C/X', shared: ['X', 'P'], ending: 'done', settled: 'done' },
    { intent: 'settle', scene: 'C/X, V dead', shared: ['C', 'V'], ending: 'done' },
    { intent: 'settle', scene: 'C/X, V dead', shared: ['V', 'X'], ending: 'done' },
    { intent: 'rollback', scene: 'V, C by hand and dead', shared: ['V', 'C'], ending: 'done', settled: 'done' },
    { intent: 'revoke', scene: 'V, C by hand and dead', shared: ['V', 'C'], ending: 'done', settled: 'done' },
    { intent: 'revoke', scene: 'X, C and V dead', shared: ['C', 'V', 'X'], ending: 'done', settled: 'done' },
  ]
  test.each(goOn)(title, async ({ ending, settled, ...collision }) => {
    expect(await outcomeOf(collision)).toEqual(settled === undefined ? { ending } : { ending, settled })
  })
})

describe('a new value that ends like the one beside it is not stored, so the two are never both alive', () => {
  const discarded: readonly Named[] = [
    { intent: 'rotate', scene: 'C', shared: ['C', 'P'], ending: 'done', settled: 'done' },
    { intent: 'revoke', scene: 'C', shared: ['C', 'P'], ending: 'done', settled: 'done' },
    { intent: 'rotate', scene: 'V/C', shared: ['C', 'P'], ending: 'done', settled: 'done' },
    { intent: 'revoke', scene: 'V/C, revoked', shared: ['C', 'P'], ending: 'done', settled: 'done' },
    { intent: 'rotate', scene: 'C/X', shared: ['C', 'P'], ending: 'done', settled: 'done' },
    { intent: 'rotate', scene: 'V/C, by hand', shared: ['C', 'P'], ending: 'done', settled: 'done' },
    { intent: 'revoke', scene: 'V, C dead', shared: ['V', 'P'], ending: 'done', settled: 'done' },
    { intent: 'revoke', scene: 'X/Y, C dead', shared: ['X', 'P'], ending: 'done', settled: 'done' },
    { intent: 'settle', scene: 'V/C', shared: ['V', 'C'], ending: 'done' },
    { intent: 'rollback', scene: 'V/C', shared: ['V', 'C'], ending: 'done', settled: 'done' },
  ]
  test.each(discarded)(title, async ({ ending, settled, ...collision }) => {
    expect(await outcomeOf(collision)).toEqual(settled === undefined ? { ending } : { ending, settled })
  })

  test('it and its like are found to be an orphan and AWSCURRENT, whoever made the orphan', async () => {
    for (const intent of ['rotate', 'revoke'] as const) {
      expect(await outcomeOf({ intent, scene: 'C/X', shared: ['C', 'X'] })).toEqual({ ending: 'done', settled: 'done' })
    }
    expect(await outcomeOf({ intent: 'settle', scene: 'C/X', shared: ['C', 'X'] })).toEqual({ ending: 'done' })
  })

  test('wherever it is killed on the way, nothing is lost, and nothing is left that cannot be told', async () => {
    const { points, violations } = await runCrashes(seat, {
      intents: ['rotate'],
      beginnings: ['settled', 'overlap'],
      isAlike: true,
      everyContinuation: false,
      doubleEvery: 0,
    })

    expect(violations).toEqual([])
    expect(points).toBeGreaterThan(70)
  })
})

const cannotTell = 'createSecret refused ambiguous'

describe('W6: both alike and accepted, AWSCURRENT’s stored by hand', () => {
  const refuse: readonly Named[] = [
    { intent: 'rotate', scene: 'V/C, by hand', shared: ['V', 'C'], ending: cannotTell },
    { intent: 'revoke', scene: 'V/C, by hand', shared: ['V', 'C'], ending: cannotTell },
    { intent: 'settle', scene: 'V/C, by hand', shared: ['V', 'C'], ending: cannotTell },
    { intent: 'rollback', scene: 'V/C, by hand', shared: ['V', 'C'], ending: cannotTell },
    { intent: 'rotate', scene: 'C/X, by hand', shared: ['C', 'X'], ending: cannotTell },
    { intent: 'settle', scene: 'C/X, by hand', shared: ['C', 'X'], ending: cannotTell },
    { intent: 'rotate', scene: 'V/C, by hand', shared: ['V', 'C', 'P'], ending: cannotTell },
  ]
  test.each(refuse)(title, async ({ ending, ...collision }) => {
    expect(await outcomeOf(collision)).toEqual({ ending })
  })

  const healed: readonly Named[] = [
    { intent: 'settle', scene: 'V/C, by hand', shared: ['V', 'C'], byHand: 'rotateComplete', ending: 'done' },
    {
      intent: 'revoke',
      scene: 'V/C, by hand',
      shared: ['V', 'C'],
      byHand: 'rotateComplete',
      ending: 'done',
      settled: 'done',
    },
    { intent: 'settle', scene: 'C/X, by hand', shared: ['C', 'X'], byHand: 'rotateCancel', ending: 'done' },
    {
      intent: 'rotate',
      scene: 'C/X, by hand',
      shared: ['C', 'X'],
      byHand: 'rotateCancel',
      ending: 'done',
      settled: 'done',
    },
  ]
  test.each(healed)(
    '$intent from $scene, once a person has clicked $byHand: $ending',
    async ({ ending, settled, ...collision }) => {
      expect(await outcomeOf(collision)).toEqual(settled === undefined ? { ending } : { ending, settled })
    },
  )
})

describe('W5, in drift, where AWSCURRENT is dead already', () => {
  test('a settle takes the living AWSPREVIOUS for it and cancels the orphan beside it; nothing stored dies', async () => {
    const result = await runCollision(seat, {
      intent: 'settle',
      scene: 'V/X, C by hand and dead',
      shared: ['V', 'C'],
    })

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

  test('with nothing but a stranger that looks like it, a rotate replaces it and a settle is not finished', async () => {
    const collision = { scene: 'X, C dead', shared: ['C', 'X'] } as const

    expect(await runCollision(seat, { intent: 'rotate', ...collision })).toMatchObject({
      ending: 'done',
      settled: 'done',
    })
    expect(await runCollision(seat, { intent: 'settle', ...collision })).toMatchObject({
      ending: 'testSecret failed PENDING_REFUSED',
      lost: [],
    })
  })
})
