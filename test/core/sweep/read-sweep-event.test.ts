// The event of a sweep: the time it decides by, and no other.
import { expect, test } from 'vitest'
import { readSweepEvent } from '../../../lambda/core/sweep/read-sweep-event.ts'
import { NOON_THIRTY } from '../../fakes/fake-timing.ts'

const MINUTE_MS = 60_000
const at = (ms: number) => ({ scheduledAt: new Date(NOON_THIRTY + ms).toISOString() })
const read = (event: unknown, mayBeAhead = false) => readSweepEvent(event, { now: NOON_THIRTY, mayBeAhead })

test.each([undefined, null, {}, 'text', { other: 1 }])('%j means now', (event) => {
  expect(read(event)).toBe(NOON_THIRTY)
})

test.each([0, 59 * 1000, -MINUTE_MS, -59 * MINUTE_MS])('%d ms from now is taken', (ms) => {
  expect(read(at(ms))).toBe(NOON_THIRTY + ms)
})

test.each([at(-61 * MINUTE_MS), at(2 * MINUTE_MS), { scheduledAt: 'soon' }, { scheduledAt: 5 }, { scheduledAt: null }])(
  '%j is refused',
  (event) => {
    expect(() => read(event)).toThrow(/no sweep of this hour/)
  },
)

test('a clock that was moved ahead is taken on a laptop only', () => {
  expect(read(at(40 * 24 * 60 * MINUTE_MS), true)).toBe(NOON_THIRTY + 40 * 24 * 60 * MINUTE_MS)
  expect(() => read(at(-61 * MINUTE_MS), true)).toThrow()
})
