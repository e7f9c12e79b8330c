// Times and counts as people read them, the CLI's settings, and its exit codes.
import { expect, test } from 'vitest'
import { readCliEnv } from '../../bin/terminal/cli-env.ts'
import { EXIT, exitOf } from '../../bin/terminal/command-fault.ts'
import { table } from '../../bin/terminal/table.ts'
import { at, atAndSpan, count, iso, span } from '../../bin/terminal/words.ts'

const NOW = Date.parse('2026-11-01T12:00:00Z')
const MINUTE = 60_000

test.each([
  [0, '0 s'],
  [59_000, '59 s'],
  [5 * MINUTE, '5 min'],
  [60 * MINUTE, '1 h'],
  [90 * MINUTE, '1 h 30 min'],
  [24 * 60 * MINUTE, '1 d'],
  [(3 * 24 + 4) * 60 * MINUTE, '3 d 4 h'],
])('%d ms is %s', (ms, words) => {
  expect(span(ms)).toBe(words)
})

test('a time is UTC, to the minute, and how far away', () => {
  expect(at(NOW)).toBe('2026-11-01 12:00Z')
  expect(at(undefined)).toBe('–')
  expect(atAndSpan(NOW + 90 * MINUTE, NOW)).toBe('2026-11-01 13:30Z (in 1 h 30 min)')
  expect(atAndSpan(NOW - MINUTE, NOW)).toBe('2026-11-01 11:59Z (1 min ago)')
  expect(iso(NOW)).toBe('2026-11-01T12:00:00.000Z')
  expect(iso(undefined)).toBeNull()
})

test('a count has its word', () => {
  expect(count(1, 'client')).toBe('1 client')
  expect(count(3000, 'client')).toBe('3,000 clients')
})

test('a table has columns, no lines, and no space at the end of one', () => {
  expect(
    table(
      ['A', 'BB'],
      [
        ['long', 'x'],
        ['s', ''],
      ],
    ),
  ).toBe('A     BB\nlong  x\ns')
})

test('of many, all, some or none went through', () => {
  expect(exitOf({ done: 2, failed: 0 })).toBe(EXIT.ok)
  expect(exitOf({ done: 2, failed: 1 })).toBe(EXIT.partly)
  expect(exitOf({ done: 0, failed: 1 })).toBe(EXIT.failed)
})

test('the environment says which stage, whether to paint, and who is at work', () => {
  expect(readCliEnv({})).toEqual({ stage: undefined, noColor: false, operator: undefined })
  expect(readCliEnv({ M2M_STAGE: 'prod', NO_COLOR: '1', USER: 'ada' })).toEqual({
    stage: 'prod',
    noColor: true,
    operator: undefined,
  })
  // https://no-color.org: set, and not empty.
  expect(readCliEnv({ M2M_STAGE: '', NO_COLOR: '', M2M_OPERATOR: 'on call', USER: 'ada' })).toEqual({
    stage: undefined,
    noColor: false,
    operator: 'on call',
  })
})
