// The model of the rotation against the design's own claims (architecture §3), over every state that it can reach; then the same
// search with one rule broken on purpose, which must be found. It speaks of the design, not of the code: the walks compare the two.
import { expect, test } from 'vitest'
import { harmOf } from './drive-again.ts'
import { explore } from './explore.ts'
import { rotation, rulesOfDesign, runStep } from './rotation.ts'
import { intents, positionOf, registered, type State } from './state.ts'
import { due } from './sweep.ts'

const claimsBrokenBy = (rules: Partial<typeof rulesOfDesign>): readonly string[] =>
  explore({ rules: { ...rulesOfDesign, ...rules } }).broken.map(({ claim }) => claim)

const overlap: State = { ...registered, next: 1, current: { value: 1, origin: 'rotate' }, previous: registered.current }

test('no kill, late drive, clear or colleague makes a step of ours kill AWSCURRENT, restore what was revoked, or outlast a revoke', () => {
  const { states, broken } = explore()

  expect(broken).toEqual([])
  expect(states).toBeGreaterThan(4_000)
})

test('an operator who stores values and moves AWSCURRENT by hand does not change that', () => {
  const { states, broken } = explore({ hasOperator: true })

  expect(broken).toEqual([])
  expect(states).toBeGreaterThan(15_000)
})

test('a settle that cancels where complete is due is found: it kills AWSCURRENT', () => {
  expect(claimsBrokenBy({ settlesOverlapBy: 'cancel' })).toContain('killedCurrent')
})

test('a finish that does not look is found: it moves AWSCURRENT to a value that a colleague has cancelled', () => {
  expect(claimsBrokenBy({ looksBeforeMove: false })).toContain('killedCurrent')
})

test('a rollback after a revoke is found: it restores the revoked value', () => {
  expect(claimsBrokenBy({ rollsBackRevoke: true })).toContain('restoredRevoked')
})

test('a refusal that always clears is found: it hides the only value that works', () => {
  // No rotation of the model comes here: its version holds a new value that is accepted, and its token can ask for nothing.
  const refused: State = { ...registered, slot: 7, next: 1, pending: { value: 1, origin: 'rotate' } }
  const harmUnder = (keepsLivePending: boolean) =>
    harmOf(
      runStep(refused, { step: 'createSecret', isAboutAnother: true, rules: { ...rulesOfDesign, keepsLivePending } }),
      [],
    )

  expect(harmUnder(false)).toEqual(['hidOnlyLive'])
  expect(harmUnder(true)).toEqual([])
})

test.each([
  ['settled', registered, 'rotate', 'overlap'],
  ['overlap', overlap, 'settle', 'settled'],
  ['overlap', overlap, 'rollback', 'rolledBack'],
  ['overlap', overlap, 'revoke', 'overlap'],
] as const)('from %s, an undisturbed %s ends where the design says', (name, from, intent, to) => {
  const { states, end } = rotation(from, intent)

  expect([positionOf(from), end]).toEqual([name, 'done'])
  expect(positionOf(states.at(-1) ?? from)).toBe(to)
})

test.each(intents.filter((intent) => intent !== 'revoke'))('a %s refuses drift and touches nothing', (intent) => {
  const drift: State = { ...registered, slot: 7 }

  const { states, end } = rotation(drift, intent)

  expect([end, states.at(-1)]).toEqual(['refused', drift])
})

test('the sweep clears what is stuck, asks for a revoke again, and lets an overlap be while it lasts', () => {
  const minute = 60_000
  const sight = { pendingAgeMs: 11 * minute, restedMs: 11 * minute, overlapMs: 1440 * minute }

  expect(due({ ...sight, state: overlap })).toEqual({ clear: false, ask: [] })
  expect(due({ ...sight, state: overlap, restedMs: sight.overlapMs })).toEqual({ clear: false, ask: ['settle'] })
  expect(due({ ...sight, state: { ...overlap, pending: { value: 2, origin: 'revoke' } } })).toEqual({
    clear: true,
    ask: ['revoke', 'settle'],
  })
})
