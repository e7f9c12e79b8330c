// The log that every handler writes: one JSON object a line, past the console, with the request's id; a failure without a word that may
// quote a value; a metric's line with the same fields as any other.
import { globSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Fault } from '../../lambda/core/base/fault.ts'
import { createJournal } from '../../lambda/handlers/journal.ts'

const written: string[] = []
beforeEach(() => {
  written.length = 0
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0)
})
afterEach(() => {
  vi.restoreAllMocks()
})

test('an entry is one line, with what every line says', () => {
  createJournal({ requestId: 'request-1' }).note({ outcome: 'done', message: 'two\nlines', none: undefined })

  expect(written).toEqual(['{"outcome":"done","message":"two\\nlines","requestId":"request-1"}\n'])
})

test('a metric’s line says it too', () => {
  createJournal({ requestId: 'request-1' }).measure({ namespace: 'M2M/test', at: 7, counts: { Ends: 1 }, fields: {} })

  expect(written).toHaveLength(1)
  expect(JSON.parse(written.join())).toMatchObject({ Ends: 1, requestId: 'request-1', _aws: { Timestamp: 7 } })
})

test.each([
  [
    new Fault({ code: 'FREEZE_UNREADABLE', retryable: true, message: 'why' }),
    { code: 'FREEZE_UNREADABLE', message: 'why' },
  ],
  [new TypeError('Unexpected token in "a-secret"'), { code: 'DEFECT', message: 'TypeError' }],
  ['a-secret', { code: 'DEFECT', message: 'unknown' }],
])('a failure is told by a Fault’s own words, and by nobody else’s: %s', (error, said) => {
  createJournal({ requestId: 'request-1' }).fail(error, { action: 'list' })

  expect(written.map((line) => JSON.parse(line))).toEqual([
    { action: 'list', outcome: 'failed', ...said, requestId: 'request-1' },
  ])
})

test('no other handler writes a line by itself', () => {
  const handlers = globSync('lambda/handlers/*.ts').filter((file) => file !== 'lambda/handlers/journal.ts')

  expect(handlers.length).toBeGreaterThan(10)
  expect(handlers.filter((file) => /console\.|process\.stdout|metricLine\(/.test(readFileSync(file, 'utf8')))).toEqual(
    [],
  )
})
