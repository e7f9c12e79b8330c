// How often a search may be asked for, and which deliveries are remembered.
import { expect, test } from 'vitest'
import { createRateLimit } from '../../../lambda/core/intake/rate-limit.ts'
import { createRecentDeliveries } from '../../../lambda/core/intake/recent-deliveries.ts'

test('so many within any minute, and not one more', () => {
  const limit = createRateLimit(3)

  const taken = [0, 1000, 2000, 3000, 59_999, 60_000, 60_001].map((at) => limit.take(at))

  expect(taken).toEqual([true, true, true, false, false, true, false])
})

test('what was refused does not count', () => {
  const limit = createRateLimit(1)
  limit.take(0)
  for (let at = 1; at < 60_000; at += 1000) limit.take(at)

  expect(limit.take(60_000)).toBe(true)
})

test('a clock that goes back does not shut it for ever', () => {
  const limit = createRateLimit(1)
  limit.take(1_000_000)

  expect(limit.take(0)).toBe(true)
})

test('a delivery is remembered for its time', () => {
  const recent = createRecentDeliveries({ keepMs: 1000, max: 10 })
  recent.add('a', 0)

  expect([recent.has('a', 1000), recent.has('a', 1001), recent.has('b', 0)]).toEqual([true, false, false])
})

test('the oldest is forgotten when there are too many', () => {
  const recent = createRecentDeliveries({ keepMs: 1000, max: 2 })
  for (const one of ['a', 'b', 'a', 'c']) recent.add(one, 0)

  expect(['a', 'b', 'c'].map((one) => recent.has(one, 0))).toEqual([true, false, true])
})
