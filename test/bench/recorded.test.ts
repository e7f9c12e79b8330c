// The gate: which ratios hold, which do not, and that it cannot pass by saying nothing.
import { expect, test } from 'vitest'
import { benches } from '../../bench/benches.ts'
import { compare, GATE, readRecorded } from '../../bench/recorded.ts'

const verdicts = (now: Record<string, number>, recorded: Record<string, number>) =>
  Object.fromEntries(compare(now, recorded).map(({ name, verdict }) => [name, verdict]))

test('a ratio holds up to one and a half times the recorded one', () => {
  expect(verdicts({ a: 0.3, b: 0.3 * GATE, c: 0.3 * GATE + 0.01 }, { a: 0.3, b: 0.3, c: 0.3 })).toEqual({
    a: 'holds',
    b: 'holds',
    c: 'worse',
  })
})

test('one that is measured no more, or was never recorded, or came to nothing, does not hold', () => {
  expect(verdicts({ fresh: 1, broken: Number.NaN }, { gone: 1, broken: 1 })).toEqual({
    gone: 'unknown',
    broken: 'unknown',
    fresh: 'unknown',
  })
})

test('what is recorded belongs to a bench, and each bench has recorded something', () => {
  const recorded = Object.entries(readRecorded())

  expect(recorded.length).toBeGreaterThan(10)
  for (const [name, ratio] of recorded) {
    expect(Object.keys(benches)).toContain(name.slice(0, name.indexOf(':')))
    expect(ratio).toBeGreaterThan(0)
  }
  for (const bench of Object.keys(benches)) {
    expect(
      recorded.some(([name]) => name.startsWith(`${bench}:`)),
      bench,
    ).toBe(true)
  }
})
