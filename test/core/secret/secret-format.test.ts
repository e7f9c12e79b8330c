// The JSON that a secret holds: what is written is read back, an operator's own fields survive, and whatever is wrong is named
// at once without repeating a character of it.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createClientSecret } from '../../../lambda/core/secret/client-secret.ts'
import { formatSecret, parseSecret, withClientSecret } from '../../../lambda/core/secret/secret-format.ts'
import { NOT_UTF8 } from '../../../lambda/core/secret/stored-fields.ts'

const CREATED_AT = Date.UTC(2026, 8, 1)
const fields = {
  client_id: 'm2m-client-test-1',
  client_secret: 'canary-value-ABCD',
  project_id: 'project-test-1',
  token_url: 'https://test.stytch.com/v1/public/project-test-1/oauth2/token',
  issued_at: '2026-10-01T02:03:04.005Z',
}
const parsed = (more: Readonly<Record<string, unknown>> = {}) => {
  const result = parseSecret(JSON.stringify({ ...fields, ...more }), CREATED_AT)
  if (!result.ok) throw new Error(result.refusal.join('; '))
  return result.value
}
const faultsOf = (text: string): readonly string[] => {
  const result = parseSecret(text, CREATED_AT)
  return result.ok ? [] : result.refusal
}

describe('reading', () => {
  test('names every field in the domain’s words', () => {
    const secret = parsed()

    expect(secret.clientId).toBe('m2m-client-test-1')
    expect(secret.clientSecret.reveal()).toBe('canary-value-ABCD')
    expect(secret.projectId).toBe('project-test-1')
    expect(secret.fields.token_url).toBe('https://test.stytch.com/v1/public/project-test-1/oauth2/token')
    expect(secret.issuedAt).toBe(Date.UTC(2026, 9, 1, 2, 3, 4, 5))
  })

  test('a value without issued_at is as old as its version', () => {
    expect(parsed({ issued_at: undefined }).issuedAt).toBe(CREATED_AT)
  })
})

describe('writing', () => {
  test('what was read is written back as it was', () => {
    expect(JSON.parse(formatSecret(parsed()))).toEqual(fields)
  })

  test('an operator’s own fields survive a new value', () => {
    const own = { team: 'orders', nested: { list: [1, null, 'x'] }, note: '' }

    const text = formatSecret(
      withClientSecret(parsed(own), { clientSecret: createClientSecret('canary-next-EFGH'), issuedAt: CREATED_AT }),
    )

    expect(JSON.parse(text)).toEqual({
      ...fields,
      ...own,
      client_secret: 'canary-next-EFGH',
      issued_at: '2026-09-01T00:00:00.000Z',
    })
  })

  test('the same secret gives the same text, so that storing it twice is a no-op', () => {
    const once = formatSecret(parsed({ team: 'orders' }))
    const result = parseSecret(once, CREATED_AT + 1)

    expect(result.ok && formatSecret(result.value)).toBe(once)
  })

  test('any secret that is written reads back the same', () => {
    const filled = fc.string({ minLength: 1, maxLength: 40 })
    const known = new Set(Object.keys(fields))
    const own = fc.dictionary(
      fc.string({ maxLength: 12 }).filter((name) => !known.has(name) && name !== '__proto__'),
      fc.jsonValue({ maxDepth: 2 }),
    )

    fc.assert(
      fc.property(filled, filled, filled, own, fc.integer({ min: 0, max: 4e12 }), (id, value, url, more, issuedAt) => {
        const text = formatSecret({
          clientId: id,
          clientSecret: createClientSecret(value),
          projectId: 'p',
          issuedAt,
          fields: { ...more, token_url: url },
        })
        const result = parseSecret(text, 0)

        expect(result.ok && [result.value.clientId, result.value.clientSecret.reveal(), result.value.issuedAt]).toEqual(
          [id, value, issuedAt],
        )
        expect(result.ok && formatSecret(result.value)).toBe(text)
      }),
    )
  })
})

describe('faults', () => {
  test.each([
    ['', 'it is empty'],
    [' \r\n', 'it is empty'],
    ['canary', 'store the object, with every field in it, not a value alone'],
    ['{"client_secret":"canary-value', 'it is cut off, or its syntax is wrong'],
    ['{"client_secret":"canary-value"}\0', 'it holds a NUL character'],
    [NOT_UTF8, 'it is binary, and not UTF-8'],
    ['"canary"', 'store the object, with every field in it, not a value alone'],
    ['["canary"]', 'store the object, with every field in it, not a value alone'],
    ['null', 'store the object, with every field in it, not a value alone'],
    ['17', 'store the object, with every field in it, not a value alone'],
  ])('a text that is no JSON object is refused without its words: %j', (text, why) => {
    expect(faultsOf(text)).toEqual([`the value is not a JSON object: ${why}`])
  })

  test.each([
    [{ clientId: 'canary', 'Client Secret': 'canary' }, 'client_id is missing; found clientId: rename it to client_id'],
    [{ STYTCH_CLIENT_ID: 'canary' }, 'client_id is missing; found STYTCH_CLIENT_ID: rename it to client_id'],
    [
      { clientId: 'canary', 'CLIENT-ID': 'canary' },
      'client_id is missing; found clientId and CLIENT-ID: keep one of them, as client_id',
    ],
    [{ canary: { client_id: 'canary' } }, 'client_id is missing; found one level deeper: move it to the top level'],
    [{ [`client${'_'.repeat(50)}id`]: 'canary' }, 'client_id is missing'],
    [{ 'client\nid': 'canary' }, 'client_id is missing'],
  ])('a field that stands there otherwise is named as it is found: %j', (stored, fault) => {
    const faults = faultsOf(JSON.stringify(stored))

    expect(faults[0]).toBe(fault)
    expect(faults.join()).not.toContain('canary')
  })

  test('every fault is listed at once', () => {
    expect(faultsOf('{"issued_at":"yesterday"}')).toEqual([
      'client_id is missing',
      'client_secret is missing',
      'project_id is missing',
      'token_url is missing',
      'issued_at is malformed: expected an ISO 8601 date',
    ])
  })

  test('missing and malformed are different words', () => {
    const text = JSON.stringify({ ...fields, client_id: 17, client_secret: '', token_url: undefined })

    expect(faultsOf(text)).toEqual([
      'client_id is malformed: expected a non-empty string',
      'client_secret is malformed: expected a non-empty string',
      'token_url is missing',
    ])
  })

  test.each(['', 5, null, 'canary-date'])('a bad issued_at is named: %j', (issuedAt) => {
    expect(faultsOf(JSON.stringify({ ...fields, issued_at: issuedAt }))).toEqual([
      'issued_at is malformed: expected an ISO 8601 date',
    ])
  })

  test('no fault repeats what stands in the text', () => {
    const odd = fc.oneof(
      fc.constant('canary'),
      fc.constant(['canary']),
      fc.constant({ canary: 'canary' }),
      fc.constant(''),
    )
    const texts = fc.record(
      { client_id: odd, client_secret: odd, project_id: odd, token_url: odd, issued_at: odd },
      { requiredKeys: [] },
    )

    fc.assert(
      fc.property(texts, fc.boolean(), (record, isCut) => {
        const whole = JSON.stringify(record)
        const faults = faultsOf(isCut ? whole.slice(0, -1) : whole)

        expect(faults.join('\n')).not.toContain('canary')
      }),
    )
  })
})
