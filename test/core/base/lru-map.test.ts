// A bounded map: what was used longest ago goes first.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLruMap } from '../../../lambda/core/base/lru-map.ts'

test('forgets what was used longest ago: read or written', () => {
  const map = createLruMap<number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.get('a')
  map.set('c', 3)

  expect([...map]).toEqual([
    ['a', 1],
    ['c', 3],
  ])
  expect(map.oldestKey()).toBe('a')
})

test('a key that is set again takes no second place, and one that is deleted makes room', () => {
  const map = createLruMap<number>(2)
  map.set('a', 1)
  map.set('a', 2)
  map.set('b', 3)
  expect(map.size()).toBe(2)
  expect(map.delete('a')).toBe(true)
  expect(map.delete('a')).toBe(false)
  map.set('c', 4)

  expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([undefined, 3, 4])
})

test('holds the most recently used keys, however it is used', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...'abcdefgh')), fc.integer({ min: 1, max: 6 }), (keys, most) => {
      const map = createLruMap<string>(most)
      for (const key of keys) map.set(key, key)
      const latest = [...new Set([...keys].reverse())].slice(0, most).reverse()

      expect([...map].map(([key]) => key)).toEqual(latest)
    }),
  )
})
