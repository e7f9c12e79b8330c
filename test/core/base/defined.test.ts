// Members that are undefined are left out, in the value and in its type.
import { expect, expectTypeOf, test } from 'vitest'
import { defined } from '../../../lambda/core/base/defined.ts'

test('leaves out what is undefined, and nothing else', () => {
  const members = defined({ a: undefined, b: null, c: 0, d: '', e: false, f: Number.NaN })

  expect(Object.entries(members)).toEqual([
    ['b', null],
    ['c', 0],
    ['d', ''],
    ['e', false],
    ['f', Number.NaN],
  ])
})

test('a member that may be undefined becomes an optional one', () => {
  const read = (text: string | undefined) => ({ always: 1, ...defined({ text }) })

  expectTypeOf(read('a')).branded.toEqualTypeOf<{ always: number; text?: string }>()
  expect(read('a')).toEqual({ always: 1, text: 'a' })
  expect('text' in read(undefined)).toBe(false)
})
