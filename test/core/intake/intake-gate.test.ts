// How many incidents the intake reports by itself: within any hour, also across the full hour; and that a shut gate stays shut.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  admit,
  formatGate,
  type Gate,
  type HeldLeak,
  MAX_HELD,
  nextVersion,
  OPEN_GATE,
  readGate,
} from '../../../lambda/core/intake/intake-gate.ts'

const HOUR = 3_600_000
const NOW = Date.parse('2026-10-05T09:12:31Z')
const leak = (incidentId: string, at = NOW): HeldLeak => ({ incidentId, clientId: 'c', reference: 'r', at })

/** Passes all of them, one after the other. */
const passAll = (leaks: readonly HeldLeak[], gate: Gate = OPEN_GATE, max = 10) => {
  let now = gate
  const decisions = leaks.map((one) => {
    const { decision, next } = admit(now, one, max)
    now = next ?? now
    return decision
  })
  return { gate: now, decisions }
}

const many = (count: number, at = NOW) => Array.from({ length: count }, (_, index) => leak(`leak-${index}`, at + index))

describe('an open gate', () => {
  test('lets ten pass within an hour, and holds the eleventh', () => {
    const { decisions, gate } = passAll(many(11))

    expect(decisions).toEqual([...Array(10).fill('admitted'), 'held'])
    expect(gate.state).toBe('held')
    expect(gate.held.map(({ incidentId }) => incidentId)).toEqual(['leak-10'])
  })

  test('counts from any moment, not by the clock', () => {
    const before = many(10, NOW - HOUR / 2)

    expect(passAll([...before, leak('next')]).decisions.at(-1)).toBe('held')
    expect(passAll([...before, leak('next', NOW + HOUR / 2 + 10)]).decisions.at(-1)).toBe('admitted')
  })

  test('counts the same incident once', () => {
    const { decisions } = passAll([...many(10), leak('leak-3'), leak('leak-0')])

    expect(decisions.slice(-2)).toEqual(['joined', 'joined'])
  })

  test('never lets more than so many pass within any hour, whatever comes', () => {
    const times = fc
      .array(fc.integer({ min: 0, max: 4 * HOUR }), { maxLength: 60 })
      .map((all) => all.toSorted((a, b) => a - b))

    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 10 }), (at, max) => {
        const leaks = at.map((time, index) => leak(`leak-${index}`, NOW + time))
        const { decisions } = passAll(leaks, OPEN_GATE, max)
        const admitted = leaks.filter((_, index) => decisions[index] === 'admitted')
        for (const one of admitted) {
          expect(
            admitted.filter(({ at: other }) => other > one.at - HOUR && other <= one.at).length,
          ).toBeLessThanOrEqual(max)
        }
      }),
    )
  })
})

describe('a shut gate', () => {
  const shut: Gate = { state: 'held', recent: [], held: [] }

  test('holds whatever comes, though the hour is long over', () => {
    const { decisions } = passAll([leak('a', NOW + 10 * HOUR)], shut)

    expect(decisions).toEqual(['held'])
  })

  test('tells apart the one that shut it', () => {
    const full = passAll(many(10)).gate
    const first = admit(full, leak('a'), 10)
    const second = admit(first.next ?? full, leak('b'), 10)

    expect([first.isFirst, second.isFirst]).toEqual([true, false])
  })

  test('remembers each once, and no more than it can keep', () => {
    const { gate } = passAll([...many(MAX_HELD + 5), ...many(3)], shut)
    const beyond = admit(gate, leak('one more'), 10)

    expect(gate.held).toHaveLength(MAX_HELD)
    expect(beyond).toEqual({ decision: 'held', isFirst: false, isRemembered: false })
  })
})

describe('what is stored', () => {
  test('is read as it was written', () => {
    const { gate } = passAll(many(12))

    expect(readGate(formatGate(gate))).toEqual(gate)
  })

  test('by a person may be as short as this', () => {
    expect(readGate('{"state":"open"}')).toEqual(OPEN_GATE)
  })

  test.each(['', 'open', '[]', '{}', '{"state":"Open"}', '{"state":7}'])('like %j is a shut gate', (text) => {
    expect(readGate(text).state).toBe('held')
  })

  test('drops what is no entry', () => {
    const text = JSON.stringify({
      state: 'open',
      recent: [{ incidentId: 'a' }, 7, { incidentId: 'b', at: 1 }],
      held: 'x',
    })

    expect(readGate(text)).toEqual({ state: 'open', recent: [{ incidentId: 'b', at: 1 }], held: [] })
  })

  test('under a version of its own, which follows from the one before', () => {
    expect(nextVersion('a', 'x')).toMatch(/^gate-[0-9a-f]{40}$/)
    expect(nextVersion('a', 'x')).toBe(nextVersion('a', 'x'))
    const others = [nextVersion('a', 'x'), nextVersion('b', 'x'), nextVersion('a', 'y'), nextVersion(undefined, 'x')]
    expect(new Set(others).size).toBe(4)
  })
})
