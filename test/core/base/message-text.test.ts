// What a message may hold: nothing that a terminal obeys, and no more than a person reads.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import {
  boundedText,
  messageText,
  visibleJson,
  visibleLine,
  visibleText,
} from '../../../lambda/core/base/message-text.ts'

const controls = /(?![\n\t\u200C\u200D])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

describe('visible text', () => {
  test.each([
    ['billing\u001B[31m\u001B[2J', 'billing\uFFFD\uFFFD'],
    ['\u001B]8;;https://evil.example\u001B\\here\u001B]8;;\u001B\\', '\uFFFDhere\uFFFD'],
    ['one\u001B]0;no end\nthe next line stays', 'one\uFFFD\nthe next line stays'],
    ['a\r\nb\rc', 'a\nb\uFFFDc'],
    ['exe\u202Etxt', 'exe\uFFFDtxt'],
    ['\u009D0;title\u009Cx\u0085y\u2028z', '\uFFFDx\uFFFDy\uFFFDz'],
    ['Grüße, 東京, \u{1F469}\u200D\u{1F4BB}, 5 % – “ok”\t|', 'Grüße, 東京, \u{1F469}\u200D\u{1F4BB}, 5 % – “ok”\t|'],
  ])('of %j', (text, shown) => {
    expect(visibleText(text)).toBe(shown)
  })

  test('holds no control character, whatever it is made of', () => {
    const pieces = fc.constantFrom(
      '\u001B',
      '[',
      ']',
      '8;;',
      '\\',
      '\u0007',
      'm',
      '\u009B',
      '\u202E',
      '\uD800',
      '\n',
      'x',
      '\u0000',
      '\u061C',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ unit: 'binary' }))), (parts) => {
        expect(visibleText(parts.join(''))).not.toMatch(controls)
      }),
      { numRuns: 500 },
    )
  })

  test('in one line has no line feed either', () => {
    expect(visibleLine(' a\n| b |\r\nc\t')).toBe('a | b | c')
  })

  test('as JSON is the same document', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
        const json = JSON.stringify({ value, text })
        expect(JSON.parse(visibleJson(json))).toEqual(JSON.parse(json))
        expect(visibleJson(json)).not.toMatch(/[\p{Cc}\p{Cf}]/u)
      }),
    )
  })
})

describe('a bounded text', () => {
  test('has the beginning and the end of a line, and says how much is between', () => {
    expect(boundedText(`name is malformed: ${'x'.repeat(2_000_000)}; expected a name`)).toMatch(
      /^name is malformed: x+ … 1,999,1\d\d more characters … x+; expected a name$/,
    )
  })

  test('has the first of many lines, and says how many more there are', () => {
    const lines = boundedText(Array.from({ length: 5000 }, (_, at) => `fault ${at}`).join('\n')).split('\n')

    expect(lines).toHaveLength(200)
    expect(lines.slice(-2)).toEqual(['fault 198', '… and 4,801 more lines'])
  })

  test('splits no character in two', () => {
    expect(boundedText('\u{1F600}'.repeat(2000))).not.toMatch(/\p{Cs}/u)
  })

  test('is what a Fault says, whatever a service answered', () => {
    const fault = new Fault({
      code: 'SECRETS_MANAGER_REJECTED',
      retryable: false,
      message: `refused: \u001B[2J${'y'.repeat(3_000_000)}`,
    })

    expect(fault.message).toBe(messageText(fault.message))
    expect(fault.message.length).toBeLessThan(1_000)
  })
})
