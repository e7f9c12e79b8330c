// What Stytch answered, by kind: the error's name decides, the status only where there is no name that we know, and nothing of a
// body is repeated but what looks like a name or a request id.
import { describe, expect, test } from 'vitest'
import type { HttpAnswer } from '../../../lambda/adapters/stytch/http.ts'
import { readReply, type StytchErrorKind } from '../../../lambda/adapters/stytch/reply.ts'
import type { JsonObject } from '../../../lambda/core/base/json-object.ts'

const answered = (status: number, json: JsonObject, retryAfter?: string): HttpAnswer => ({
  arrived: true,
  status,
  json,
  retryAfter,
})
const readNothing = () => undefined
const errorOf = (answer: HttpAnswer) => {
  const reply = readReply(answer, readNothing)
  if (reply.ok) throw new Error('expected an error')
  return reply
}

const byName: readonly (readonly [string, StytchErrorKind])[] = [
  ['m2m_client_already_rotating_secret', 'alreadyRotating'],
  ['m2m_client_not_rotating_secret', 'notRotating'],
  ['m2m_client_not_found', 'notFound'],
  ['too_many_requests', 'rateLimited'],
  ['unauthorized_credentials', 'unauthorizedProject'],
  ['invalid_project_id_authentication', 'unauthorizedProject'],
  ['invalid_secret_authentication', 'unauthorizedProject'],
  ['invalid_authorization_header', 'unauthorizedProject'],
  ['invalid_client', 'refusedCredential'],
]

describe('a name that we know', () => {
  test.each(byName)('%s is %s, whatever its status', (name, kind) => {
    for (const status of [400, 401, 404, 409, 429, 500]) {
      expect(errorOf(answered(status, { error_type: name })).kind).toBe(kind)
    }
  })

  test('counts in the OAuth shape as well, and before the other', () => {
    expect(errorOf(answered(400, { error: 'invalid_client' })).kind).toBe('refusedCredential')
    expect(errorOf(answered(400, { error: 'invalid_client', error_type: 'bad_request' })).error).toBe('invalid_client')
  })
})

describe('a name that we do not know', () => {
  const byStatus: readonly (readonly [number, StytchErrorKind])[] = [
    [400, 'rejected'],
    [401, 'unauthorizedProject'],
    [403, 'rejected'],
    [404, 'rejected'],
    [409, 'rejected'],
    [429, 'rateLimited'],
    [500, 'outcomeUnknown'],
    [502, 'outcomeUnknown'],
    [503, 'outcomeUnknown'],
    [504, 'outcomeUnknown'],
  ]

  test.each(byStatus)('with status %i is %s', (status, kind) => {
    expect(errorOf(answered(status, { error_type: 'something_new' })).kind).toBe(kind)
    expect(errorOf(answered(status, {})).kind).toBe(kind)
  })

  test('a missing route does not read as a missing client', () => {
    expect(errorOf(answered(404, { error_type: 'route_not_found' })).kind).toBe('rejected')
  })
})

describe('a reply that did not arrive', () => {
  test('was not done when it was not sent', () => {
    const answer: HttpAnswer = { arrived: false, effect: 'notSent', status: undefined, why: 'ECONNREFUSED' }

    expect(readReply(answer, readNothing)).toEqual({
      ok: false,
      kind: 'unavailable',
      status: undefined,
      error: 'ECONNREFUSED',
      requestId: 'none',
    })
  })

  test('may have been done otherwise', () => {
    const answer: HttpAnswer = { arrived: false, effect: 'unknown', status: 502, why: 'HTTP 502 without a JSON body' }

    expect(errorOf(answer)).toMatchObject({ kind: 'outcomeUnknown', status: 502 })
  })
})

describe('a success', () => {
  test.each([200, 201])('with status %i is what the reader makes of it', (status) => {
    const reply = readReply(answered(status, { request_id: 'request-id-test-1', a: 7 }), ({ a }) => a)

    expect(reply).toEqual({ ok: true, value: 7, requestId: 'request-id-test-1' })
  })

  test('without what was promised may have been done', () => {
    expect(errorOf(answered(200, { request_id: 'request-id-test-1' }))).toEqual({
      ok: false,
      kind: 'outcomeUnknown',
      status: 200,
      error: 'incomplete_reply',
      requestId: 'request-id-test-1',
    })
  })

  test.each([202, 204, 302])('with an unexpected status %i is none', (status) => {
    expect(readReply(answered(status, { a: 7 }), ({ a }) => a).ok).toBe(false)
  })
})

describe('Retry-After', () => {
  test.each([
    ['3', 3000],
    [' 12 ', 12_000],
    ['0', 0],
  ])('%j is that many seconds', (header, ms) => {
    expect(errorOf(answered(429, {}, header)).retryAfterMs).toBe(ms)
  })

  test.each([undefined, '', 'soon', '-1', '1.5', 'Mon, 02 Nov 2026 12:30:00 GMT'])('%j says nothing', (header) => {
    expect(errorOf(answered(429, {}, header))).not.toHaveProperty('retryAfterMs')
  })
})

describe('what is repeated', () => {
  const odd = ['canary secret', 'canary\nline', 'c'.repeat(81), '', 'canary:7', 17, null, { canary: 1 }]

  test.each(odd)('a name that does not look like one is left out: %j', (name) => {
    expect(errorOf(answered(400, { error_type: name })).error).toBe('http_400')
    expect(errorOf(answered(400, { error: name, error_type: name })).error).toBe('http_400')
  })

  test.each(['canary id', 'canary\n', 'c'.repeat(101), '', 17, null])('nor a request id: %j', (requestId) => {
    expect(errorOf(answered(400, { request_id: requestId })).requestId).toBe('none')
  })

  test('no message, url or detail goes on', () => {
    const body = { error_type: 'bad_request', error_message: 'canary', error_url: 'canary', error_details: ['canary'] }

    expect(JSON.stringify(errorOf(answered(400, body)))).not.toContain('canary')
  })
})
