// Which texts hold a client's value, and that none that is refused is ever repeated.
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { parseValue } from '../../bin/adopt/read-value.ts'

const VALUE = 'canary-value-0123456789'
const parse = (text: string) => parseValue(text, 'stdin', 'client-1')

test.each([
  VALUE,
  `${VALUE}\n`,
  `{"client_secret": "${VALUE}"}`,
  `{"client_id": "client-1", "client_secret": "${VALUE}", "host": "db"}`,
  `\uFEFF{"clientId": "client-1", "CLIENT_SECRET": "${VALUE}"}\r\n`,
])('accepted: %j', (text) => {
  expect(parse(text).reveal()).toBe(VALUE)
})

describe('refused', () => {
  test.each([
    ['', /expected 8 to 1024 characters/],
    ['short', /expected 8 to 1024 characters/],
    [`${VALUE} ${VALUE}`, /without spaces/],
    [`{"client_secret": "${VALUE}"`, /begins like a JSON object and is none/],
    [`{"secret": "${VALUE}"}`, /expected client_secret/],
    [`{"ClientId": "client-2", "client_secret": "${VALUE}"}`, /its client_id is not client-1/],
    [`{"clientSecret": "${VALUE}", "CLIENT_SECRET": "${VALUE}2"}`, /expected client_secret/],
    [`{"client_id": "client-2", "client_secret": "${VALUE}"}`, /its client_id is not client-1/],
  ])('%j, and not repeated', (text, why) => {
    let fault: unknown
    try {
      parse(text)
    } catch (error) {
      fault = error
    }

    expect(inspect(fault, { depth: null })).toMatch(why)
    expect(inspect(fault, { depth: null })).not.toContain('canary')
    expect((fault as Error).message).toMatch(/nothing was changed$/)
  })
})
