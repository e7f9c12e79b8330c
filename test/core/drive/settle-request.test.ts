// Whoever asks for a settle asks under a token about the version that is to be settled; attempts are known by their tokens alone.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isSettleOf, settleAttempts, settleToken } from '../../../lambda/core/drive/settle-request.ts'
import { makeRequestToken, readRequestToken } from '../../../lambda/core/secret/request-token.ts'
import type { VersionEntry } from '../../../lambda/core/secret/secrets.ts'
import { NOON_THIRTY } from '../../fakes/fake-timing.ts'

const MINUTE_MS = 60_000
const secretArn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:m2m/test/orders-AbCdEf'
const currentId = makeRequestToken({ origin: 'rotate', askedAt: 1, secretArn, about: 'x', attempt: 1 })
const subject = { secretArn, currentId }

const version = (versionId: string, createdAt: number): VersionEntry => ({ versionId, labels: [], createdAt })

/** The versions that so many attempts leave behind, an hour apart. */
const attemptsMade = (attempts: number): readonly VersionEntry[] => {
  const versions: VersionEntry[] = []
  for (let made = 0; made < attempts; made += 1) {
    const at = NOON_THIRTY + made * 60 * MINUTE_MS
    versions.unshift(version(settleToken(subject, versions, at), at))
  }
  return versions
}

describe('the token', () => {
  test('says when it was asked for, which attempt it is, and what it is about', () => {
    const token = settleToken(subject, [], NOON_THIRTY + 123)

    expect(readRequestToken(token)).toEqual({ origin: 'settle', askedAt: NOON_THIRTY + 123, attempt: 1 })
    expect(isSettleOf(token, subject)).toBe(true)
  })

  test('of two who ask is two tokens about the same', () => {
    const early = settleToken(subject, [], NOON_THIRTY)
    const late = settleToken(subject, [], NOON_THIRTY + 1)

    expect(late).not.toBe(early)
    expect(isSettleOf(late, subject)).toBe(true)
  })

  test.each([
    ['another secret', { ...subject, secretArn: `${secretArn}x` }],
    ['another AWSCURRENT', { ...subject, currentId: 'another' }],
  ])('is another for %s', (_what, other) => {
    expect(settleToken(other, [], NOON_THIRTY)).not.toBe(settleToken(subject, [], NOON_THIRTY))
  })

  test('is another after an attempt that left a version, also within the hour', () => {
    const first = settleToken(subject, [], NOON_THIRTY)
    const second = settleToken(subject, [version(first, NOON_THIRTY)], NOON_THIRTY)

    expect(second).not.toBe(first)
    expect(readRequestToken(second).attempt).toBe(2)
  })

  test('never is one that is listed, however many attempts there were', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 5 }), (attempts, pruned) => {
        const versions = attemptsMade(attempts).slice(0, Math.max(0, attempts - pruned))

        const token = settleToken(subject, versions, NOON_THIRTY + attempts * MINUTE_MS)

        expect(versions.map(({ versionId }) => versionId)).not.toContain(token)
      }),
    )
  })
})

describe('the attempts', () => {
  test('are counted, with the first and the last date', () => {
    expect(settleAttempts(subject, attemptsMade(3))).toEqual({
      made: 3,
      firstAt: NOON_THIRTY,
      lastAt: NOON_THIRTY + 120 * MINUTE_MS,
    })
  })

  test('that Secrets Manager has pruned still count, as long as a later one is listed', () => {
    expect(settleAttempts(subject, attemptsMade(4).slice(0, 2)).made).toBe(4)
  })

  test('of another AWSCURRENT, of another secret, of another intent or by hand are none', () => {
    const others = [
      settleToken({ ...subject, currentId: 'before' }, [], NOON_THIRTY),
      settleToken({ ...subject, secretArn: 'other' }, [], NOON_THIRTY),
      makeRequestToken({ origin: 'revoke', askedAt: NOON_THIRTY, secretArn, about: currentId, attempt: 1 }),
      makeRequestToken({ origin: 'settle', askedAt: NOON_THIRTY, secretArn, about: 'by hand', attempt: 1 }),
      'd3b07384-d9a0-4c4b-8f1e-2f0f2b1c9a10',
    ].map((versionId) => version(versionId, NOON_THIRTY))

    expect(settleAttempts(subject, others)).toEqual({ made: 0 })
  })
})
