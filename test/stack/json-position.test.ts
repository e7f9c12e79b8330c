// Where a configuration's JSON breaks off: every text that JSON.parse refuses has a place, and none that it takes.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonFault } from '../../lib/config/json-position.ts'

describe('the place is where an editor would put the cursor', () => {
  test.each([
    ['{\n  "stage": "prod"\n  "alarms": {}\n}', 3, 3, 'a comma or }'],
    ['{ "a": 1, }', 1, 11, 'a name in double quotes'],
    ['{ "a": [1, 2, ] }', 1, 15, 'a value'],
    ["{ 'a': 1 }", 1, 3, 'a name in double quotes'],
    ['{ "a" 1 }', 1, 7, 'a colon'],
    ['{ "a": prod }', 1, 8, 'a value'],
    ['{\n  "a": "one\ntwo"\n}', 2, 12, 'a closing " on the same line (a line break in a text is written \\n)'],
    ['{ "a": "C:\\dir" }', 1, 11, 'an escape that JSON knows, such as \\n or \\\\'],
    ['{', 1, 2, 'a name in double quotes, but the text ends here'],
    ['', 1, 1, 'a value, but the text ends here'],
    ['{}\n}', 2, 1, 'nothing more'],
  ])('%j breaks off at %i:%i', (text, line, column, expected) => {
    expect(jsonFault(text)).toEqual({ line, column, expected })
  })
})

test('is where values are nested too deeply to be read at all', () => {
  expect(jsonFault(`{\n"a": ${'['.repeat(100_000)}`)).toEqual({
    line: 2,
    column: 506,
    expected: 'values nested at most 500 deep',
  })
})

test('what JSON.parse takes has no fault, and what it refuses has one', () => {
  const isJson = (text: string): boolean => {
    try {
      JSON.parse(text)
      return true
    } catch {
      return false
    }
  }
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.constantFrom('', ',', '}', '"', '\n', '1', '\\', 'x'), (json, where, put) => {
      const at = where % (json.length + 1)
      const text = json.slice(0, at) + put + json.slice(at)

      expect(jsonFault(text) === undefined).toBe(isJson(text))
    }),
    { numRuns: 2000 },
  )
})
