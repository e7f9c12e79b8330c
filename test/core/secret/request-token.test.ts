// The request token carries a rotation's intent through Secrets Manager: who asks for the same thing gets the same token, a new
// attempt gets another, and whatever we did not make means `rotate`.
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  firstToken,
  intentOfOrigin,
  isAbout,
  isSameRequest,
  isSameSubject,
  isSettledOrigin,
  makeRequestToken,
  type Origin,
  readRequestToken,
} from '../../../lambda/core/secret/request-token.ts'

const origins: readonly Origin[] = ['rotate', 'revoke', 'settle', 'rollback', 'register', 'adopt']
const asked = {
  origin: 'settle' as Origin,
  askedAt: Date.UTC(2026, 10, 2, 12, 30, 15, 250),
  secretArn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:one-AbCdEf',
  about: 'rotate-1793622615250-00000000000000000000000000000000',
  attempt: 1,
}
const requests = fc.record({
  origin: fc.constantFrom(...origins),
  askedAt: fc.integer({ min: 0, max: 9_999_999_999_999 }),
  secretArn: fc.string(),
  about: fc.string(),
  attempt: fc.integer({ min: 1, max: 999 }),
})

describe('making', () => {
  test('every token fits what Secrets Manager takes, and reads back as what was asked', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const token = makeRequestToken(request)

        expect(token).toMatch(/^[a-z0-9-]{32,64}$/)
        const { origin, askedAt, attempt } = request
        expect(readRequestToken(token)).toEqual({ origin, askedAt, attempt })
      }),
    )
  })

  test('the same request gives the same token', () => {
    fc.assert(
      fc.property(requests, (request) => {
        expect(makeRequestToken({ ...request })).toBe(makeRequestToken(request))
      }),
    )
  })

  test.each(['rotate', 'revoke', 'settle', 'rollback', 'register', 'adopt'] as const)(
    '%s keeps the millisecond at which it was asked for',
    (origin) => {
      expect(readRequestToken(makeRequestToken({ ...asked, origin })).askedAt).toBe(asked.askedAt)
    },
  )

  test('another attempt, secret or reason is another token', () => {
    const tokens = [
      asked,
      { ...asked, attempt: 2 },
      { ...asked, attempt: 11 },
      { ...asked, about: 'incident-7' },
      { ...asked, secretArn: `${asked.secretArn}x` },
      { ...asked, origin: 'revoke' as Origin },
    ].map(makeRequestToken)

    expect(new Set(tokens).size).toBe(tokens.length)
  })

  test('where one part ends and the next begins counts', () => {
    const one = makeRequestToken({ ...asked, secretArn: 'ab', about: 'c' })
    const other = makeRequestToken({ ...asked, secretArn: 'a', about: 'bc' })

    expect(one).not.toBe(other)
  })
})

describe('what a token is about', () => {
  test('stands in it, whoever asks, whenever, and however often', () => {
    fc.assert(
      fc.property(
        requests,
        fc.integer({ min: 0, max: 9_999_999_999_999 }),
        fc.integer({ min: 1, max: 999 }),
        (request, askedAt, attempt) => {
          expect(isAbout(makeRequestToken({ ...request, askedAt, attempt }), request)).toBe(true)
        },
      ),
    )
  })

  test('another secret or another reason is something else', () => {
    const token = makeRequestToken(asked)

    expect(isAbout(token, { ...asked, about: 'incident-7' })).toBe(false)
    expect(isAbout(token, { ...asked, secretArn: `${asked.secretArn}x` })).toBe(false)
  })

  test('a bare id, and a token of before attempts stood in it, are about nothing that is known', () => {
    expect(isAbout(randomUUID(), asked)).toBe(false)
    expect(isAbout('settle-1793622615250-0123456789abcdef0123456789abcdef', asked)).toBe(false)
  })
})

describe('reading', () => {
  const hex = '0123456789abcdef0123456789abcdef'
  const foreign: readonly (readonly [string, string])[] = [
    ['the bare UUID of the console', randomUUID()],
    ['an unknown word', `renew-1793622615250-${hex}`],
    ['a word in capitals', `SETTLE-1793622615250-${hex}`],
    ['a short time', `settle-179362261525-${hex}`],
    ['a long time', `settle-17936226152500-${hex}`],
    ['a short end', `settle-1793622615250-${hex.slice(1)}`],
    ['capitals at the end', `settle-1793622615250-${hex.toUpperCase()}`],
    ['something before it', ` settle-1793622615250-${hex}`],
    ['a line after it', `settle-1793622615250-${hex}\n`],
    ['something before a token with an attempt', `x${makeRequestToken(asked)}`],
    ['something after a token with an attempt', `${makeRequestToken(asked)}x`],
    ['nothing', ''],
  ]

  test('a token of before attempts stood in it is still ours', () => {
    const origin = 'settle'

    expect(readRequestToken(`settle-1793622615250-${hex}`)).toEqual({ origin, askedAt: 1_793_622_615_250 })
  })

  test.each(foreign)('%s means rotate, at an unknown time', (_what, token) => {
    expect(readRequestToken(token)).toEqual({ origin: 'rotate' })
  })

  test('no text makes the reader fail', () => {
    fc.assert(
      fc.property(fc.string(), (token) => {
        expect(origins).toContain(readRequestToken(token).origin)
      }),
    )
  })
})

test.each([
  ['rotate', 'rotate', false],
  ['revoke', 'revoke', false],
  ['settle', 'settle', true],
  ['rollback', 'rollback', false],
  ['register', 'rotate', true],
  ['adopt', 'rotate', true],
] as const)('a version that came from %s counts as a %s; settled: %s', (origin, intent, isSettled) => {
  expect(intentOfOrigin(origin)).toBe(intent)
  expect(isSettledOrigin(origin)).toBe(isSettled)
})

describe('a point in time that no token can hold', () => {
  test.each([-1, 1e13, Number.NaN, Number.POSITIVE_INFINITY])('%s is refused, whatever it is for', (at) => {
    const why = `askedAt is not a point in time in epoch milliseconds: ${at}`

    expect(() => makeRequestToken({ ...asked, askedAt: at })).toThrow(new RangeError(why))
    expect(() => firstToken('register', { arn: asked.secretArn, createdAt: at })).toThrow(new RangeError(why))
  })

  test.each([0, 9_999_999_999_999, 1.9])('%s is none', (askedAt) => {
    expect(readRequestToken(makeRequestToken({ ...asked, askedAt })).askedAt).toBe(Math.floor(askedAt))
  })
})

describe('two tokens', () => {
  const about = { ...asked, about: 'version-1', attempt: 1 }
  const one = makeRequestToken(about)
  const later = { ...about, askedAt: asked.askedAt + 60_000 }

  test.each<[what: string, other: string, isRequest: boolean, isSubject: boolean]>([
    ['the same, asked for later', makeRequestToken(later), true, true],
    ['another attempt', makeRequestToken({ ...later, attempt: 2 }), false, true],
    ['another version', makeRequestToken({ ...later, about: 'version-2' }), false, false],
    ['another secret', makeRequestToken({ ...later, secretArn: `${asked.secretArn}x` }), false, false],
    ['another intent', makeRequestToken({ ...later, origin: 'revoke' }), false, false],
    ['somebody else’s', randomUUID(), false, false],
  ])('ask for the same, or at another attempt: %s', (_, other, isRequest, isSubject) => {
    expect([isSameRequest(one, other), isSameRequest(other, one)]).toEqual([isRequest, isRequest])
    expect([isSameSubject(one, other), isSameSubject(other, one)]).toEqual([isSubject, isSubject])
  })
})

describe('the version of a first value', () => {
  const subject = { arn: asked.secretArn, createdAt: asked.askedAt }

  test.each(['register', 'adopt'] as const)('says that it is one, since the secret was made: %s', (origin) => {
    const token = firstToken(origin, subject)

    expect(token).toMatch(/^[a-z0-9-]{32,64}$/)
    expect(readRequestToken(token)).toEqual({ origin, askedAt: asked.askedAt })
  })

  // Whoever stores it, of whichever release: another id would be a second first value.
  test('is the same for whoever stores it, and another for another secret', () => {
    expect(firstToken('adopt', subject)).toBe('adopt-1793622615250-180b1ff0e93575d56bd86597dff9d026')
    expect(firstToken('adopt', { ...subject, arn: `${subject.arn}x` })).not.toBe(firstToken('adopt', subject))
    expect(firstToken('adopt', { arn: subject.arn })).toMatch(/^adopt-0{13}-[0-9a-f]{32}$/)
  })
})
