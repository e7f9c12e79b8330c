// Members of a JSON object changed in its text: what they hold afterwards, and that no other byte moved.
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { editMembers } from '../../../lambda/core/base/json-edit.ts'

const put = (text: string, name: string, value: string | undefined, after: readonly string[] = []): string =>
  editMembers(text, [{ name, value }], after)

describe('a member that is there', () => {
  test.each([
    ['compact', '{"a":"old","n":1}', '{"a":"new","n":1}'],
    ['spaced', '{ "a" : "old" }', '{ "a" : "new" }'],
    ['with CRLF', '{\r\n  "a": "old",\r\n  "n": 1.0\r\n}\r\n', '{\r\n  "a": "new",\r\n  "n": 1.0\r\n}\r\n'],
    [
      'between what numbers would lose',
      '{"b":1.0,"a":"old","c":12345678901234567890}',
      '{"b":1.0,"a":"new","c":12345678901234567890}',
    ],
    ['among integer-like names', '{"2":0,"a":"old","1":0}', '{"2":0,"a":"new","1":0}'],
    ['written with escapes', '{"\\u0061":"o\\"l\\u0064\\\\","n":"a"}', '{"\\u0061":"new","n":"a"}'],
    ['of another type', '{"a":{"a":[1,"}"]},"n":null}', '{"a":"new","n":null}'],
    ['twice', '{"a":"old","n":0,"a":"older"}', '{"a":"new","n":0,"a":"new"}'],
    [
      'in an object inside as well',
      '{"o":{"a":"theirs"},"l":[{"a":"x"}],"a":"old"}',
      '{"o":{"a":"theirs"},"l":[{"a":"x"}],"a":"new"}',
    ],
    ['whose name stands in a text', '{"t":"\\"a\\":\\"old\\",{[","a":"old"}', '{"t":"\\"a\\":\\"old\\",{[","a":"new"}'],
    [
      'behind true, false and a number',
      '{"t":true,"f":false,"e":-1.5e+10 ,"a":"old"}',
      '{"t":true,"f":false,"e":-1.5e+10 ,"a":"new"}',
    ],
  ])('%s, is replaced in place', (_what, text, edited) => {
    expect(put(text, 'a', 'new')).toBe(edited)
  })

  test('that means the value already stays as it is written', () => {
    const text = '{"a": "\\u006eew\\/"}'

    expect(put(text, 'a', 'new/')).toBe(text)
  })
})

describe('a member that is missing', () => {
  test.each([
    ['compact', '{"a":1,"b":2}', '{"a":1,"new":"x","b":2}'],
    ['spaced', '{ "a" : 1, "b" : 2 }', '{ "a" : 1, "new" : "x", "b" : 2 }'],
    [
      'on lines of their own',
      '{\r\n\t"z": 0,\r\n\t"a": 1,\r\n\t"b": 2\r\n}',
      '{\r\n\t"z": 0,\r\n\t"a": 1,\r\n\t"new": "x",\r\n\t"b": 2\r\n}',
    ],
    ['with the comma first', '{ "z": 0\n, "a": 1\n, "b": 2\n}', '{ "z": 0\n, "a": 1\n, "new": "x"\n, "b": 2\n}'],
    ['the only one', '{\n  "a": 1\n}', '{\n  "a": 1,\n  "new": "x"\n}'],
    ['with none of those that it stands behind', '{"b": 1, "c": 2}', '{"b": 1, "c": 2, "new": "x"}'],
    ['in an empty object', '{ }', '{"new":"x" }'],
  ])('%s, is written as its neighbour is', (_what, text, edited) => {
    expect(put(text, 'new', 'x', ['a'])).toBe(edited)
  })
})

describe('a member that is to go', () => {
  test.each([
    ['the first', '{\n  "a": 1,\n  "b": 2\n}', '{\n  "b": 2\n}'],
    ['the last', '{\n  "b": 2,\n  "a": 1\n}', '{\n  "b": 2\n}'],
    ['in between', '{"b":2, "a":1, "c":3}', '{"b":2, "c":3}'],
    ['the only one', '{"a":1}', '{}'],
    ['everywhere', '{"a":1,"a":2,"b":3,"a":4,"a":5}', '{"b":3}'],
    ['nowhere', '{"b":[{"a":1}]}', '{"b":[{"a":1}]}'],
  ])('%s, goes with one comma', (_what, text, edited) => {
    expect(put(text, 'a', undefined)).toBe(edited)
  })
})

describe('several members at once', () => {
  test.each([
    ['neighbours that go', '{"a":1, "b":2, "c":3}', ['a', 'b'], '{"c":3}'],
    ['the last two', '{"a":1, "b":2, "c":3}', ['b', 'c'], '{"a":1}'],
    ['all', '{ "a":1, "b":2, "c":3 }', ['a', 'b', 'c'], '{  }'],
    ['one of two names in between', '{"a":1,"b":2,"a":3,"c":4,"b":5}', ['b'], '{"a":1,"a":3,"c":4}'],
  ])('%s', (_what, text, names, edited) => {
    const edits = names.map((name) => ({ name, value: undefined }))

    expect(editMembers(text, edits, [])).toBe(edited)
  })

  test('replaced, taken out and added', () => {
    const edits = [
      { name: 'alias', value: undefined },
      { name: 'a', value: 'new' },
      { name: 'date', value: 'x' },
    ]

    expect(editMembers('{"alias":"old","a":"old","n":1.0}', edits, ['a'])).toBe('{"a":"new","date":"x","n":1.0}')
  })
})

describe('a text of many members', () => {
  /** Characters that are copied, as `slice` and `join` hand them out. */
  const copied = (edit: () => void): number => {
    let characters = 0
    const { slice } = String.prototype
    const spy = vi.spyOn(String.prototype, 'slice').mockImplementation(function (this: string, ...range) {
      const part = slice.apply(this, range)
      characters += part.length
      return part
    })
    edit()
    spy.mockRestore()
    return characters
  }
  const many = (count: number, name: (at: number) => string): string =>
    `{${Array.from({ length: count }, (_none, at) => `"${name(at)}":"old"`).join(',')}}`

  test.each([
    ['one name replaced everywhere', () => 'a', [{ name: 'a', value: 'new' }]],
    ['one name taken out everywhere', (at: number) => (at % 2 === 0 ? 'a' : 'b'), [{ name: 'a', value: undefined }]],
    [
      'many names taken out',
      (at: number) => `n${at}`,
      Array.from({ length: 6000 }, (_none, at) => ({ name: `n${at}`, value: undefined })),
    ],
  ])('%s: the work grows with the text, not with its square', (_what, name, edits) => {
    const [small, large] = [many(1500, name), many(6000, name)]
    const [few, more] = [small, large].map((text) => copied(() => editMembers(text, edits, [])))

    expect(more).toBeLessThan(6 * (few ?? 0))
    expect(more).toBeLessThan(6 * large.length)
  })
})

// Texts as anybody might write them: every kind of value, digits that a number would lose, odd names, any white space, any way to escape.
const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/)
const odd = fc.constantFrom(
  '"',
  '\\',
  '\u2028',
  '\ud800',
  '\udc00',
  '\u{1f600}',
  '\0',
  '\n',
  'é',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  'a',
  '/',
)
const character = fc.oneof({ weight: 3, arbitrary: odd }, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }))
const escaped = (one: string): string =>
  [...one.split('')].map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
const stringText = fc
  .array(fc.tuple(character, fc.boolean()), { maxLength: 8 })
  .map(
    (parts) =>
      `"${parts.map(([one, isEscaped]) => (isEscaped ? escaped(one) : JSON.stringify(one).slice(1, -1))).join('')}"`,
  )
/**
 * None that holds a backslash: once V8 13.6 (Node 24) has parsed `{"x":1,"\\":2}`, JSON.parse takes the second name of `{"x":1,"\"":2}`, and of
 * `{"x":1,"\n":2}`, for a backslash. These tests hold the edit against JSON.parse.
 */
const anyName = stringText.filter((text) => !JSON.parse(text).includes('\\'))
const numberText = fc.stringMatching(/^-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,3})?$/)
const { value: valueText } = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    stringText,
    numberText,
    fc.constantFrom('true', 'false', 'null'),
    tie('list'),
    tie('object'),
  ),
  list: fc
    .tuple(fc.array(fc.tuple(space, tie('value'), space), { maxLength: 3 }), space)
    .map(([items, gap]) => `[${items.length === 0 ? gap : items.map((item) => item.join('')).join(',')}]`),
  object: fc
    .tuple(fc.array(fc.tuple(space, anyName, space, space, tie('value'), space), { maxLength: 3 }), space)
    .map(
      ([items, gap]) =>
        `{${items.length === 0 ? gap : items.map(([a, name, b, c, value, d]) => `${a}${name}${b}:${c}${value}${d}`).join(',')}}`,
    ),
}))

const OWN = ['secret', 'issued_at']
const nameText = fc.oneof(
  { weight: 2, arbitrary: anyName },
  {
    weight: 1,
    arbitrary: fc.constantFrom('"secret"', '"s\\u0065cret"', '"issued_at"', '"7"', '"__proto__"', '"constructor"'),
  },
)

interface Piece {
  /** As it stands between the braces, without its value. */
  readonly lead: string
  readonly name: string
  readonly value: string
  readonly tail: string
}

const piece: fc.Arbitrary<Piece> = fc
  .tuple(space, nameText, space, space, valueText, space)
  .map(([a, name, b, c, value, d]) => ({ lead: `${a}${name}${b}:${c}`, name: JSON.parse(name), value, tail: d }))
const write = (pieces: readonly Piece[], [before, after]: readonly [string, string]): string =>
  `${before}{${pieces.map(({ lead, value, tail }) => lead + value + tail).join(',')}}${after}`
const pieces = fc.array(piece, { maxLength: 6 })
const around = fc.tuple(space, space)
const newValue = fc.array(character, { maxLength: 8 }).map((parts) => parts.join(''))

describe('any JSON object', () => {
  test('keeps every byte that is of no edited value', () => {
    fc.assert(
      fc.property(pieces, around, newValue, (given, edges, value) => {
        const text = write(given, edges)
        fc.pre(given.some(({ name }) => name === 'secret'))
        const expected = given.map((one) =>
          one.name === 'secret' && JSON.parse(one.value) !== value ? { ...one, value: JSON.stringify(value) } : one,
        )

        expect(put(text, 'secret', value)).toBe(write(expected, edges))
      }),
      { numRuns: 500 },
    )
  })

  test('reads as before but for what was edited, replaced, added or taken out', () => {
    const edit = fc.record({ name: fc.constantFrom(...OWN), value: fc.option(newValue, { nil: undefined }) })
    fc.assert(
      fc.property(pieces, around, edit, (given, edges, { name, value }) => {
        const text = write(given, edges)
        const before = new Map(Object.entries(JSON.parse(text)))
        const edited = put(text, name, value, ['secret'])
        const after = new Map(Object.entries(JSON.parse(edited)))

        if (value === undefined) before.delete(name)
        else before.set(name, value)
        expect(after).toEqual(before)
        expect(put(edited, name, value, ['secret'])).toBe(edited)
      }),
      { numRuns: 500 },
    )
  })

  test('is lengthened by the new member alone, at one place', () => {
    fc.assert(
      fc.property(pieces, around, newValue, (given, edges, value) => {
        fc.pre(given.every(({ name }) => name !== 'issued_at'))
        const text = write(given, edges)
        const edited = put(text, 'issued_at', value, ['secret'])
        const at = edited.indexOf(`"issued_at"`)
        const places = Array.from({ length: text.length + 1 }, (_, index) => index)
        const isOnePlace = places.some(
          (index) => edited.startsWith(text.slice(0, index)) && edited.endsWith(text.slice(index)),
        )

        expect(at).toBeGreaterThan(0)
        expect(isOnePlace && edited.length > text.length).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})
