// Where a client stands, against the architecture's table, written a second time here, row by row and over plain values. First
// with distinct last fours, every assignment there is; then with every kind of collision; then at random with the truth known.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Acceptance, type Position, type Sighting, sightings } from '../../../lambda/core/rotation/position.ts'
import { type ClientSecret, createClientSecret } from '../../../lambda/core/secret/client-secret.ts'
import { type Intent, intents } from '../../../lambda/core/secret/request-token.ts'

/** What the world holds: values in the open, and what really sits in the slots. */
interface Truth {
  readonly C: string
  readonly P?: string | undefined
  readonly V?: string | undefined
  readonly L: string
  readonly N?: string | undefined
}

type Row = readonly [Position, (truth: Truth, intent: Intent) => boolean]

/** architecture §3, "Position", in its order. `ambiguous` is not a state of the world but of our sight. */
const table: readonly Row[] = [
  ['started', ({ C, P, L, N }) => P !== undefined && L === C && N === P],
  ['promoted', ({ C, P, L, N }) => P !== undefined && L === P && N === undefined && P !== C],
  [
    'poisoned',
    ({ C, P, L, N }, intent) =>
      (intent === 'rotate' || intent === 'revoke') && P !== undefined && P !== C && P !== L && P !== N,
  ],
  ['settled', ({ C, L, N }) => L === C && N === undefined],
  ['overlap', ({ C, L, N }) => N === C && L !== C],
  ['rolledBack', ({ C, V, L, N }) => L === C && V !== undefined && N === V && V !== C],
  ['orphan', ({ C, P, V, L, N }) => L === C && N !== undefined && N !== P && N !== V],
  ['cancelledUnderUs', ({ C, V, L, N }) => V !== undefined && L === V && N === undefined && V !== C],
  ['drift', () => true],
]

const oracle = (truth: Truth, intent: Intent): Sighting => {
  const [position] = table.find(([, holds]) => holds(truth, intent)) ?? ['drift']
  const sits = (value: string | undefined) => value !== undefined && (truth.L === value || truth.N === value)
  return { position, pendingAccepted: sits(truth.P), previousAccepted: truth.V !== truth.C && sits(truth.V) }
}

const box = (value: string | undefined): ClientSecret | undefined =>
  value === undefined ? undefined : createClientSecret(value)

const see = (truth: Truth, intent: Intent, acceptance?: Acceptance, isCurrentUnlike = false): readonly Sighting[] =>
  sightings({
    slots: { current: truth.L.slice(-4), next: truth.N?.slice(-4) ?? null },
    stored: { current: createClientSecret(truth.C), pending: box(truth.P), previous: box(truth.V) },
    intent,
    isCurrentUnlike,
    ...(acceptance === undefined ? {} : { acceptance }),
  })

/** What exchanging every stored value would show. */
const exchanged = ({ C, P, V, L, N }: Truth): Acceptance => {
  const accepts = (value: string) => L === value || N === value
  return {
    current: accepts(C),
    ...(P === undefined ? {} : { pending: accepts(P) }),
    ...(V === undefined ? {} : { previous: accepts(V) }),
  }
}

describe('with distinct last fours', () => {
  const C = 'value-cccc'
  const V = 'value-vvvv'
  const P = 'value-pppp'
  const strangers = ['value-x111', 'value-x222']

  const worlds: Truth[] = []
  for (const pending of [undefined, C, V, P]) {
    for (const previous of [undefined, C, V]) {
      const known = [...new Set([C, pending, previous, strangers[0]])].filter((value) => value !== undefined)
      for (const L of known) {
        const nexts = [...new Set([C, pending, previous, strangers[1], undefined])].filter((value) => value !== L)
        for (const N of nexts) worlds.push({ C, P: pending, V: previous, L, N })
      }
    }
  }
  const cases = worlds.flatMap((world) => intents.map((intent) => ({ world, intent })))

  test('the cases are all there are', () => {
    // With k stored values: k sit in the current slot beside k - 1 others, a stranger or nothing; a stranger beside k + 2.
    const ways = (k: number) => k * (k + 1) + (k + 2)
    // P: absent, C, V, distinct; V: absent, C, distinct. P = V with V absent or = C is a value of its own.
    const distinct = [1, 1, 2, 1, 1, 2, 2, 2, 2, 2, 2, 3]

    expect(worlds.length).toBe(distinct.reduce((sum, k) => sum + ways(k), 0))
    expect(new Set(worlds.map((world) => JSON.stringify(world))).size).toBe(worlds.length)
  })

  test.each(cases)('$intent: $world is the row of the table', ({ world, intent }) => {
    expect(see(world, intent)).toEqual([oracle(world, intent)])
  })

  const named: readonly (readonly [Position, Intent, Truth])[] = [
    ['started', 'rotate', { C, P, V, L: C, N: P }],
    ['started', 'rollback', { C, P: V, V, L: C, N: V }],
    ['promoted', 'rotate', { C, P, V, L: P }],
    ['promoted', 'rollback', { C, P: V, V, L: V }],
    ['poisoned', 'revoke', { C, P, V, L: C }],
    ['poisoned', 'rotate', { C, P, V, L: V, N: C }],
    ['settled', 'rotate', { C, V, L: C }],
    ['settled', 'settle', { C, P: C, V, L: C }],
    ['settled', 'rotate', { C, P: C, V, L: C }],
    ['overlap', 'rotate', { C, V, L: V, N: C }],
    ['overlap', 'settle', { C, P: C, V, L: V, N: C }],
    ['overlap', 'settle', { C, P: C, L: 'value-x111', N: C }],
    ['overlap', 'rotate', { C, P, V, L: P, N: C }],
    ['rolledBack', 'settle', { C, P: C, V, L: C, N: V }],
    ['orphan', 'rotate', { C, V, L: C, N: 'value-x222' }],
    ['orphan', 'rotate', { C, V: C, L: C, N: 'value-x222' }],
    ['cancelledUnderUs', 'rotate', { C, V, L: V }],
    ['drift', 'rotate', { C, V: C, L: 'value-x111' }],
    ['drift', 'rotate', { C, L: V }],
    ['drift', 'revoke', { C, V, L: V, N: 'value-x222' }],
    ['drift', 'settle', { C, P: C, V, L: 'value-x111', N: V }],
  ]

  test.each(named)('%s, by hand (%s)', (position, intent, world) => {
    expect(see(world, intent).map((sighting) => sighting.position)).toEqual([position])
  })
})

describe('when last fours collide', () => {
  const C = 'c-same'
  interface Collision {
    readonly what: string
    readonly intent: Intent
    readonly truth: Truth
    /** What the last fours allow. */
    readonly seen: readonly Position[]
    /** What is left once every stored value was exchanged. */
    readonly told: readonly Position[]
  }
  const collisions: readonly Collision[] = [
    {
      what: 'C and P, both slots: either order',
      intent: 'rotate',
      truth: { C, P: 'p-same', L: C, N: 'p-same' },
      seen: ['started', 'overlap'],
      told: ['started', 'overlap'],
    },
    {
      what: 'C and P, somebody cancelled',
      intent: 'rotate',
      truth: { C, P: 'p-same', L: C },
      seen: ['poisoned', 'promoted'],
      told: ['poisoned'],
    },
    {
      what: 'C and P, somebody completed',
      intent: 'revoke',
      truth: { C, P: 'p-same', L: 'p-same' },
      seen: ['poisoned', 'promoted'],
      told: ['promoted'],
    },
    {
      what: 'C and V, settled',
      intent: 'settle',
      truth: { C, V: 'v-same', L: C },
      seen: ['settled', 'cancelledUnderUs'],
      told: ['settled'],
    },
    {
      what: 'C and V, cancelled under us',
      intent: 'settle',
      truth: { C, V: 'v-same', L: 'v-same' },
      seen: ['settled', 'cancelledUnderUs'],
      told: ['cancelledUnderUs'],
    },
    {
      what: 'C and V, both slots: either order',
      intent: 'settle',
      truth: { C, V: 'v-same', L: 'v-same', N: C },
      seen: ['rolledBack', 'overlap'],
      told: ['rolledBack', 'overlap'],
    },
    {
      what: 'C and V, one of them beside a stranger',
      intent: 'rotate',
      truth: { C, V: 'v-same', L: C, N: 'x-0000' },
      seen: ['orphan', 'drift'],
      told: ['orphan'],
    },
    {
      what: 'C and V, the dead one of them beside a stranger',
      intent: 'revoke',
      truth: { C, V: 'v-same', L: 'v-same', N: 'x-0000' },
      seen: ['orphan', 'drift'],
      told: ['drift'],
    },
    {
      what: 'C and V, in the next slot',
      intent: 'rotate',
      truth: { C, V: 'v-same', L: 'x-0000', N: C },
      seen: ['overlap', 'drift'],
      told: ['overlap'],
    },
    {
      what: 'P and V',
      intent: 'rotate',
      truth: { C: 'c-cccc', P: 'p-same', V: 'v-same', L: 'c-cccc', N: 'p-same' },
      seen: ['started', 'poisoned'],
      told: ['started'],
    },
    {
      what: 'P and V, the other one',
      intent: 'rotate',
      truth: { C: 'c-cccc', P: 'p-same', V: 'v-same', L: 'c-cccc', N: 'v-same' },
      seen: ['started', 'poisoned'],
      told: ['poisoned'],
    },
    {
      what: 'P and V, in the current slot',
      intent: 'revoke',
      truth: { C: 'c-cccc', P: 'p-same', V: 'v-same', L: 'p-same' },
      seen: ['promoted', 'poisoned'],
      told: ['promoted'],
    },
    {
      what: 'all three, both slots',
      intent: 'rotate',
      truth: { C, P: 'p-same', V: 'v-same', L: C, N: 'p-same' },
      seen: ['started', 'poisoned', 'overlap', 'drift'],
      told: ['started', 'overlap'],
    },
    {
      what: 'all three, the pending value dead',
      intent: 'rotate',
      truth: { C, P: 'p-same', V: 'v-same', L: 'v-same', N: C },
      seen: ['started', 'poisoned', 'overlap', 'drift'],
      told: ['poisoned'],
    },
    {
      what: 'C and a stranger, both slots: either order',
      intent: 'rotate',
      truth: { C, L: C, N: 'x-same' },
      seen: ['orphan', 'overlap', 'drift'],
      told: ['orphan', 'overlap'],
    },
    {
      what: 'a settle’s own copy is no collision',
      intent: 'settle',
      truth: { C, P: C, V: C, L: C },
      seen: ['settled'],
      told: ['settled'],
    },
    {
      what: 'a rollback’s own copy is no collision',
      intent: 'rollback',
      truth: { C: 'c-cccc', P: 'v-same', V: 'v-same', L: 'v-same', N: 'c-cccc' },
      seen: ['overlap'],
      told: ['overlap'],
    },
    {
      what: 'two strangers with one last four are both strangers',
      intent: 'rotate',
      truth: { C, V: 'v-vvvv', L: 'x-0000', N: 'y-0000' },
      seen: ['drift'],
      told: ['drift'],
    },
  ]
  const sorted = (positions: readonly Position[]): readonly Position[] => [...new Set(positions)].sort()
  const namesOf = (found: readonly Sighting[]) => sorted(found.map(({ position }) => position))

  test.each(collisions)('$what: the last fours allow $seen', ({ intent, truth, seen }) => {
    expect(namesOf(see(truth, intent))).toEqual(sorted(seen))
  })

  test.each(collisions)('$what: exchanges leave $told', ({ intent, truth, told }) => {
    expect(namesOf(see(truth, intent, exchanged(truth)))).toEqual(sorted(told))
  })

  test('what an exchange shows of one value alone is enough when it is enough', () => {
    const truth: Truth = { C, V: 'v-same', L: C }

    expect(namesOf(see(truth, 'settle', { current: true }))).toEqual(['settled'])
    expect(namesOf(see(truth, 'settle', { previous: true }))).toEqual(['cancelledUnderUs'])
  })

  test('a refused value leaves its last four to a stranger', () => {
    expect(namesOf(see({ C, L: 'x-same' }, 'rotate', { current: false }))).toEqual(['drift'])
    expect(namesOf(see({ C, L: 'x-same', N: 'y-same' }, 'rotate', { current: false }))).toEqual(['drift'])
    expect(namesOf(see({ C, V: 'v-same', L: 'x-same', N: 'v-same' }, 'revoke', { current: false }))).toEqual(['drift'])
  })

  test('exchanges that fit no reading leave none', () => {
    expect(see({ C, L: 'x-0000' }, 'rotate', { current: true })).toEqual([])
    expect(see({ C, V: 'v-vvvv', L: C }, 'rotate', { current: true, previous: true })).toEqual([])
  })
})

describe('a value that never sits in next beside one that ends like it', () => {
  const C = 'c-same'
  const alike: readonly (readonly [Position, Intent, Truth])[] = [
    ['orphan', 'rotate', { C, L: C, N: 'x-same' }],
    ['orphan', 'settle', { C, P: C, L: C, N: 'x-same' }],
    ['rolledBack', 'revoke', { C, V: 'v-same', L: C, N: 'v-same' }],
    ['started', 'rotate', { C, P: 'p-same', L: C, N: 'p-same' }],
  ]
  const told = (truth: Truth, intent: Intent, acceptance: Acceptance) =>
    see(truth, intent, acceptance, true).map(({ position }) => position)

  test.each(alike)('is in current where both slots end alike: %s', (position, intent, truth) => {
    expect(told(truth, intent, exchanged(truth))).toEqual([position])
  })

  test('only once an exchange shows that it is in a slot at all', () => {
    const truth: Truth = { C, L: C, N: 'x-same' }

    expect(told(truth, 'rotate', {}).toSorted()).toEqual(['drift', 'orphan', 'overlap'])
    expect(told({ C, L: 'y-same', N: 'x-same' }, 'rotate', { current: false })).toEqual(['drift'])
  })

  test('may sit in next beside one that ends in another way', () => {
    const truth: Truth = { C, L: 'x-0000', N: C }

    expect(told(truth, 'rotate', exchanged(truth))).toEqual(['overlap'])
  })
})

describe('at random, with the truth known', () => {
  /** Values from a small world in which last fours often collide; a stranger's collide only if `faithful` is false. */
  const truths = (faithful: boolean): fc.Arbitrary<Truth> => {
    const lastFour = fc.constantFrom('1111', '2222', '3333')
    const strangerFour = faithful ? fc.constantFrom('8888', '9999') : fc.constantFrom('1111', '2222', '9999')
    return fc
      .record({ c: lastFour, p: lastFour, v: lastFour, x: strangerFour, y: strangerFour })
      .map(({ c, p, v, x, y }) => ({ C: `c-${c}`, P: `p-${p}`, V: `v-${v}`, X: `x-${x}`, Y: `y-${y}` }))
      .chain(({ C, P, V, X, Y }) =>
        fc
          .record({
            P: fc.constantFrom(undefined, C, V, P),
            V: fc.constantFrom(undefined, C, V),
            L: fc.constantFrom(C, P, V, X),
            N: fc.constantFrom(undefined, C, P, V, Y),
          })
          .map((rest) => ({ C, ...rest })),
      )
      .filter(({ C, P, V, L, N }) => {
        const isKnown = (value: string | undefined) =>
          value === undefined || /^[xy]/.test(value) || [C, P, V].includes(value)
        return L !== N && isKnown(L) && isKnown(N)
      })
  }
  const intent = fc.constantFrom(...intents)

  test('the truth is always among what is seen, as long as no stranger borrows a stored value’s last four', () => {
    fc.assert(
      fc.property(truths(true), intent, (truth, wish) => {
        expect(see(truth, wish)).toContainEqual(oracle(truth, wish))
      }),
      { numRuns: 2000 },
    )
  })

  test('exchanges never rule out the truth, and never leave more than was seen without them', () => {
    fc.assert(
      fc.property(truths(true), intent, (truth, wish) => {
        const before = see(truth, wish)
        const after = see(truth, wish, exchanged(truth))

        expect(after).toContainEqual(oracle(truth, wish))
        for (const sighting of after) expect(before).toContainEqual(sighting)
      }),
      { numRuns: 2000 },
    )
  })

  test('with every stored value exchanged, the truth is among what is seen, strangers’ last fours or not', () => {
    fc.assert(
      fc.property(truths(false), intent, (truth, wish) => {
        expect(see(truth, wish, exchanged(truth))).toContainEqual(oracle(truth, wish))
      }),
      { numRuns: 2000 },
    )
  })

  test('with every stored value exchanged, and AWSCURRENT never in next beside its like, it is all that is seen', () => {
    const isLikeInNext = ({ C, L, N }: Truth) => N === C && L.slice(-4) === C.slice(-4)
    fc.assert(
      fc.property(
        truths(false).filter((truth) => !isLikeInNext(truth)),
        intent,
        (truth, wish) => {
          expect(see(truth, wish, exchanged(truth), true)).toEqual([oracle(truth, wish)])
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('with every stored value exchanged, nothing that is seen contradicts it, strangers’ last fours or not', () => {
    const aliveIn: Partial<Record<Position, boolean>> = {
      started: true,
      promoted: false,
      settled: true,
      overlap: true,
      rolledBack: true,
      orphan: true,
      cancelledUnderUs: false,
      drift: false,
    }

    fc.assert(
      fc.property(truths(false), intent, (truth, wish) => {
        const acceptance = exchanged(truth)
        for (const { position, pendingAccepted, previousAccepted } of see(truth, wish, acceptance)) {
          expect(pendingAccepted).toBe(acceptance.pending ?? false)
          expect(previousAccepted).toBe(truth.V !== truth.C && (acceptance.previous ?? false))
          expect(aliveIn[position] ?? acceptance.current).toBe(acceptance.current)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('nothing is seen twice', () => {
    fc.assert(
      fc.property(truths(false), intent, (truth, wish) => {
        const seen = see(truth, wish).map((sighting) => JSON.stringify(sighting))

        expect(new Set(seen).size).toBe(seen.length)
      }),
    )
  })
})
