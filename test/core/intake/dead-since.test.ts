// Since when a value is dead, by the ids and dates of versions: by the settle that ended it, and by nothing less.
import { describe, expect, test } from 'vitest'
import { deadSince } from '../../../lambda/core/intake/dead-since.ts'
import { makeRequestToken, type Origin } from '../../../lambda/core/secret/request-token.ts'
import type { VersionEntry } from '../../../lambda/core/secret/secrets.ts'
import { anywayAbout } from '../../../lambda/core/secret/settle-subject.ts'

const secretArn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:m2m/test/billing-AbCdEf'
const BEGIN = Date.UTC(2026, 9, 5)

const tokenOf = (origin: Origin, about: string, attempt = 1): string =>
  makeRequestToken({ origin, askedAt: BEGIN, attempt, secretArn, about })

/** Oldest first, an hour apart; AWSCURRENT on the last that has no other label. */
const historyOf = (...ids: readonly (string | readonly [id: string, ...labels: string[]])[]): readonly VersionEntry[] =>
  ids
    .map((one, at): VersionEntry => {
      const [versionId, ...labels] = typeof one === 'string' ? [one] : one
      return { versionId, labels, createdAt: BEGIN + at * 3_600_000 }
    })
    .toReversed()

const FIRST = 'leaked'
const REVOKE = tokenOf('revoke', 'INC-1')
const SETTLE = tokenOf('settle', REVOKE)
const since = (versions: readonly VersionEntry[], versionId = FIRST): number | undefined => {
  const at = deadSince(versions, { secretArn, versionId })
  return at === undefined ? undefined : (at - BEGIN) / 3_600_000
}

describe('a value is dead', () => {
  test('since the settle of the revoke that replaced it', () => {
    expect(since(historyOf(FIRST, [REVOKE, 'AWSPREVIOUS'], [SETTLE, 'AWSCURRENT']))).toBe(2)
  })

  test('since that settle, whatever came later', () => {
    const rotate = tokenOf('rotate', 'campaign')

    expect(since(historyOf(FIRST, REVOKE, [SETTLE, 'AWSPREVIOUS'], [rotate, 'AWSCURRENT']))).toBe(2)
    expect(
      since(historyOf(FIRST, REVOKE, SETTLE, [rotate, 'AWSPREVIOUS'], [tokenOf('settle', rotate), 'AWSCURRENT'])),
    ).toBe(2)
  })

  test('since the attempt that went through, of several', () => {
    const second = tokenOf('settle', REVOKE, 2)

    expect(since(historyOf(FIRST, [REVOKE, 'AWSPREVIOUS'], SETTLE, [second, 'AWSCURRENT']))).toBe(3)
  })

  test('since a settle that did not wait for replicas', () => {
    const rotate = tokenOf('rotate', 'campaign')
    const settle = tokenOf('settle', anywayAbout(rotate))

    expect(since(historyOf(FIRST, [rotate, 'AWSPREVIOUS'], [settle, 'AWSCURRENT']))).toBe(2)
  })

  test('also where the settle carries both labels, which is a valid end', () => {
    expect(since(historyOf(FIRST, [REVOKE, 'AWSPREVIOUS'], [SETTLE, 'AWSCURRENT', 'AWSPENDING']))).toBe(2)
  })
})

describe('nothing says since when', () => {
  test.each<[string, readonly VersionEntry[], string?]>([
    ['of the value in force', historyOf(FIRST, [SETTLE, 'AWSCURRENT']), SETTLE],
    ['before the settle', historyOf([FIRST, 'AWSPREVIOUS'], [REVOKE, 'AWSCURRENT'])],
    [
      'while the settle is under way',
      historyOf([FIRST, 'AWSPREVIOUS'], [REVOKE, 'AWSCURRENT'], [SETTLE, 'AWSPENDING']),
    ],
    [
      'by a settle of something else',
      historyOf(FIRST, [REVOKE, 'AWSPREVIOUS'], [tokenOf('settle', 'x'), 'AWSCURRENT']),
    ],
    [
      'of a value that replaced the dead one',
      historyOf(FIRST, [REVOKE, 'AWSPREVIOUS'], [SETTLE, 'AWSCURRENT']),
      REVOKE,
    ],
    ['of a version that is not there', historyOf([REVOKE, 'AWSPREVIOUS'], [SETTLE, 'AWSCURRENT'])],
    ['without AWSCURRENT', historyOf(FIRST, REVOKE, SETTLE)],
  ])('%s', (_, versions, versionId) => {
    expect(since(versions, versionId)).toBeUndefined()
  })
})
