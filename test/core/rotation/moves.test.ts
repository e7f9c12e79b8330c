// The move table against the architecture's (§3, "The four steps, by intent"), written out cell by cell. `previous` and `next` say
// that V sits in a slot, and that Stytch shows a next secret, where a cell depends on it.
import { describe, expect, test } from 'vitest'
import { createMove, finishMove, setMove } from '../../../lambda/core/rotation/moves.ts'
import { type Position, positions, type Sighting } from '../../../lambda/core/rotation/position.ts'
import { type Intent, intents, type Origin } from '../../../lambda/core/secret/request-token.ts'

const sightingOf = (position: Position, more: Partial<Sighting> = {}): Sighting => ({
  position,
  pendingAccepted: false,
  previousAccepted: false,
  ...more,
})

type Cells = Readonly<Record<Position, string>>

describe('createSecret', () => {
  const rotate: Cells = {
    ambiguous: 'refuse',
    started: 'refuse',
    promoted: 'refuse',
    poisoned: 'refuse',
    settled: 'start',
    overlap: 'complete, start',
    rolledBack: 'cancel, start',
    orphan: 'cancel, start',
    cancelledUnderUs: 'refuse',
    drift: 'refuse',
  }
  const settle: Cells = {
    ambiguous: 'refuse',
    started: 'refuse',
    promoted: 'refuse',
    poisoned: 'refuse',
    settled: 'P := C',
    overlap: 'P := C',
    rolledBack: 'P := C',
    orphan: 'P := C',
    cancelledUnderUs: 'refuse',
    drift: 'refuse',
  }
  const nothing: Cells = { ...rotate, settled: 'refuse', overlap: 'refuse', rolledBack: 'refuse', orphan: 'refuse' }
  const cellsOf: Record<Intent, Record<'plain' | 'previous' | 'next', Cells>> = {
    rotate: { plain: rotate, previous: rotate, next: rotate },
    revoke: {
      plain: { ...rotate, cancelledUnderUs: 'start', drift: 'start' },
      previous: { ...rotate, cancelledUnderUs: 'start', drift: 'start' },
      // In cancelledUnderUs the next slot is empty by definition.
      next: { ...rotate, cancelledUnderUs: 'start', drift: 'cancel, start' },
    },
    settle: { plain: settle, previous: settle, next: settle },
    rollback: {
      plain: nothing,
      previous: { ...nothing, overlap: 'P := V', cancelledUnderUs: 'P := V' },
      next: nothing,
    },
  }
  const pendingWords = { start: 'start', copyCurrent: 'P := C', copyPrevious: 'P := V' }

  const say = (intent: Intent, position: Position, when: 'plain' | 'previous' | 'next', currentOrigin: Origin) => {
    const move = createMove({
      intent,
      sighting: sightingOf(position, { previousAccepted: when === 'previous' }),
      hasNext: when === 'next',
      currentOrigin,
    })
    if (!move.ok) return { refusal: move.refusal }
    const { retire, pending } = move.value
    return retire === 'none' ? pendingWords[pending] : `${retire}, ${pendingWords[pending]}`
  }

  const cells = intents.flatMap((intent) =>
    positions.flatMap((position) =>
      (['plain', 'previous', 'next'] as const).map((when) => ({ intent, position, when })),
    ),
  )

  test.each(cells)('$intent in $position ($when)', ({ intent, position, when }) => {
    const expected = cellsOf[intent][when][position]

    expect(say(intent, position, when, 'rotate')).toEqual(
      expected === 'refuse' ? { refusal: { reason: 'position', step: 'createSecret', intent, position } } : expected,
    )
  })

  test.each(positions)('a rollback never follows a revoke, in %s neither', (position) => {
    for (const when of ['plain', 'previous', 'next'] as const) {
      expect(say('rollback', position, when, 'revoke')).toEqual({ refusal: { reason: 'wouldRestoreRevoked' } })
    }
  })

  test('where AWSCURRENT came from stops no other intent', () => {
    for (const origin of ['rotate', 'revoke', 'settle', 'rollback', 'register', 'adopt'] as const) {
      expect(say('rotate', 'settled', 'plain', origin)).toBe('start')
      expect(say('revoke', 'overlap', 'plain', origin)).toBe('complete, start')
      expect(say('settle', 'overlap', 'plain', origin)).toBe('P := C')
    }
  })
})

describe('setSecret', () => {
  const never: Cells = {
    ambiguous: 'none',
    started: 'none',
    promoted: 'none',
    poisoned: 'none',
    settled: 'none',
    overlap: 'none',
    rolledBack: 'none',
    orphan: 'none',
    cancelledUnderUs: 'none',
    drift: 'none',
  }
  const settle: Cells = {
    ambiguous: 'refuse',
    started: 'refuse',
    promoted: 'refuse',
    poisoned: 'refuse',
    settled: 'none',
    overlap: 'complete',
    rolledBack: 'cancel',
    orphan: 'cancel',
    cancelledUnderUs: 'refuse',
    drift: 'refuse',
  }
  const cells = intents.flatMap((intent) =>
    positions.flatMap((position) => [true, false].map((pendingAccepted) => ({ intent, position, pendingAccepted }))),
  )

  test.each(cells)(
    '$intent in $position, pending in a slot: $pendingAccepted',
    ({ intent, position, pendingAccepted }) => {
      const refuse = { ok: false, refusal: { reason: 'position', step: 'setSecret', intent, position } }
      const rollback = pendingAccepted ? 'none' : 'refuse'
      const expected = { rotate: never[position], revoke: never[position], settle: settle[position], rollback }[intent]

      const move = setMove(intent, sightingOf(position, { pendingAccepted }))

      expect(move).toEqual(expected === 'refuse' ? refuse : { ok: true, value: expected })
    },
  )
})

describe('finishSecret', () => {
  const cells = intents.flatMap((intent) =>
    positions.flatMap((position) => [true, false].map((pendingAccepted) => ({ intent, position, pendingAccepted }))),
  )
  const mayMove = (intent: Intent, position: Position, pendingAccepted: boolean): string => {
    // Ambiguous with the pending value in a slot: it sits in one whichever way round, which is enough for a switch, not for a settle.
    if (!pendingAccepted || (intent === 'settle' && position === 'ambiguous')) return 'refuse'
    return intent !== 'settle' || position === 'settled' ? 'move' : 'notYet'
  }

  test.each(cells)(
    '$intent in $position, pending in a slot: $pendingAccepted',
    ({ intent, position, pendingAccepted }) => {
      const refuse = { ok: false, refusal: { reason: 'position', step: 'finishSecret', intent, position } }
      const expected = mayMove(intent, position, pendingAccepted)

      const move = finishMove(intent, sightingOf(position, { pendingAccepted }))

      expect(move).toEqual(expected === 'refuse' ? refuse : { ok: true, value: expected })
    },
  )
})
