// How far attempts have come, from version ids and labels alone: joined, not repeated; and a failed one is followed by the next.
import { describe, expect, it } from 'vitest'
import {
  type JobSubject,
  MAX_ATTEMPTS,
  progressInLabels,
  progressOf,
  tokenOf,
} from '../../../lambda/core/drive/attempts.ts'
import { settleToken } from '../../../lambda/core/drive/settle-request.ts'
import type { VersionEntry } from '../../../lambda/core/secret/secrets.ts'

const ARN = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:m2m/prod/billing-AbCdEf'
const AT = Date.UTC(2026, 10, 2, 12, 30)
const matter: JobSubject = { secretArn: ARN, about: 'inc-7', intent: 'revoke', since: AT }
const graceful: JobSubject = { ...matter, isGraceful: true }
/** The token of an attempt, the first of its series or a later one. */
const token = (subject: JobSubject, attempt: number, askedAt = AT) =>
  tokenOf(subject, { attempt, made: attempt - 1 }, askedAt)

const version = (versionId: string, ...labels: string[]): VersionEntry => ({ versionId, labels, createdAt: AT })
const mine = (attempt: number, ...labels: string[]) => version(token(matter, attempt), ...labels)
const settleOf = (attempt: number, ...labels: string[]) =>
  version(settleToken({ secretArn: ARN, currentId: token(matter, attempt) }, [], AT), ...labels)
const other = (...labels: string[]) => version('9d1a0000-0000-4000-8000-000000000000', ...labels)

describe('progressOf', () => {
  it.each([
    ['nothing yet', [other('AWSCURRENT')], { state: 'ask', attempt: 1 }],
    ['under way', [other('AWSCURRENT'), mine(1, 'AWSPENDING')], { state: 'running', attempt: 1 }],
    ['switched', [mine(1, 'AWSCURRENT'), other('AWSPREVIOUS')], { state: 'switched', attempt: 1 }],
    ['switched, and its label not cleaned up', [mine(1, 'AWSCURRENT', 'AWSPENDING')], { state: 'switched' }],
    ['settled', [settleOf(1, 'AWSCURRENT'), mine(1, 'AWSPREVIOUS')], { state: 'settled', attempt: 1 }],
    [
      'settled, or its settle refused: labels no longer tell, so it is not taken for proven',
      [other('AWSCURRENT'), mine(1), settleOf(1)],
      { state: 'ask', attempt: 2 },
    ],
    [
      'settled before the last rotation',
      [other('AWSCURRENT'), mine(1), settleOf(1, 'AWSPREVIOUS')],
      { state: 'settled' },
    ],
    ['refused once', [other('AWSCURRENT'), mine(1)], { state: 'ask', attempt: 2 }],
    [
      'refused twice, then under way',
      [other('AWSCURRENT'), mine(1), mine(2), mine(3, 'AWSPENDING')],
      { state: 'running', attempt: 3 },
    ],
    [
      'overtaken by a rotation of somebody’s',
      [other('AWSCURRENT'), mine(1, 'AWSPREVIOUS')],
      { state: 'overtaken', attempt: 1 },
    ],
    [
      'overtaken, though its settle had been asked for',
      [other('AWSCURRENT'), mine(1, 'AWSPREVIOUS'), settleOf(1)],
      { state: 'overtaken', attempt: 1 },
    ],
    [
      'overtaken, then asked for again',
      [mine(2, 'AWSCURRENT'), mine(1, 'AWSPREVIOUS')],
      { state: 'switched', attempt: 2 },
    ],
    [
      'refused every time',
      [other('AWSCURRENT'), ...[1, 2, 3, 4, 5].map((attempt) => mine(attempt))],
      { state: 'exhausted', attempt: MAX_ATTEMPTS.revoke },
    ],
  ])('%s', (_claim, versions, expected) => {
    expect(progressOf(matter, versions)).toMatchObject(expected)
  })

  it('knows its attempts whenever they were asked for, and nobody else’s', () => {
    const later = version(token(matter, 1, AT + 86_400_000), 'AWSPENDING')
    const elsewhere = version(token({ ...matter, about: 'inc-8' }, 1), 'AWSPENDING')
    const asRotate = version(token({ ...matter, intent: 'rotate' }, 1), 'AWSPENDING')

    expect(progressOf(matter, [later])).toMatchObject({ state: 'running' })
    expect(progressOf(matter, [elsewhere])).toMatchObject({ state: 'ask', attempt: 1 })
    expect(progressOf(matter, [asRotate])).toMatchObject({ state: 'ask', attempt: 1 })
  })

  it('with a grace, begins with a rotate and goes on with a revoke', () => {
    const rotate = version(token(graceful, 1))

    expect(token(graceful, 1)).toMatch(/^rotate-/)
    expect(progressOf(graceful, [other('AWSCURRENT'), rotate])).toEqual({ state: 'ask', attempt: 2, made: 1 })
    expect(token(graceful, 2)).toMatch(/^revoke-/)
  })

  it('of a planned rotation, allows two', () => {
    const planned: JobSubject = { ...matter, intent: 'rotate' }
    const asked = (attempt: number) => version(token(planned, attempt))

    expect(progressOf(planned, [asked(1)])).toEqual({ state: 'ask', attempt: 2, made: 1 })
    expect(progressOf(planned, [asked(1), asked(2)])).toEqual({ state: 'exhausted', attempt: 2 })
  })
})

describe('a series', () => {
  const LATER = AT + 3_600_000
  const again: JobSubject = { ...matter, since: LATER }
  const five = [1, 2, 3, 4, 5].map((attempt) => mine(attempt))
  const later = (attempt: number, ...labels: string[]) => version(token(matter, attempt, LATER), ...labels)

  it('begins anew when the same is asked for again, and its numbers go on', () => {
    expect(progressOf(again, [other('AWSCURRENT'), ...five])).toEqual({ state: 'ask', attempt: 6, made: 0 })
    expect(token(again, 6, LATER)).toMatch(/^revoke-\d{13}-006-/)
  })

  it('has as many attempts as the one before, and then is exhausted', () => {
    const more = [6, 7, 8, 9].map((attempt) => later(attempt))

    expect(progressOf(again, [...five, ...more])).toEqual({ state: 'ask', attempt: 10, made: 4 })
    expect(progressOf(again, [...five, ...more, later(10)])).toEqual({ state: 'exhausted', attempt: 10 })
  })

  it('is the same for a retry, which is about the same moment', () => {
    expect(progressOf(matter, five)).toMatchObject({ state: 'exhausted' })
    expect(progressOf(matter, [mine(1), later(2)])).toEqual({ state: 'ask', attempt: 3, made: 2 })
  })

  it.each([
    ['is under way', [other('AWSCURRENT'), mine(1), mine(2, 'AWSPENDING')], { state: 'running', attempt: 2 }],
    ['has switched', [mine(3, 'AWSCURRENT'), other('AWSPREVIOUS'), mine(2)], { state: 'switched', attempt: 3 }],
    ['is settled', [settleOf(1, 'AWSCURRENT'), mine(1, 'AWSPREVIOUS')], { state: 'settled', attempt: 1 }],
    ['was overtaken', [other('AWSCURRENT'), mine(1, 'AWSPREVIOUS')], { state: 'overtaken', attempt: 1 }],
  ])('joins what %s in an earlier one', (_claim, versions, expected) => {
    expect(progressOf(again, versions)).toMatchObject(expected)
  })

  it('goes on behind what Secrets Manager has pruned', () => {
    expect(progressOf(again, [mine(4), mine(5)])).toEqual({ state: 'ask', attempt: 6, made: 0 })
  })

  it('with a grace, begins with a rotate once more', () => {
    const before = [version(token(graceful, 1)), ...[2, 3, 4, 5].map((attempt) => mine(attempt))]
    const next = progressOf({ ...graceful, since: LATER }, before)

    expect(next).toEqual({ state: 'ask', attempt: 6, made: 0 })
    expect(tokenOf(graceful, { attempt: 6, made: 0 }, LATER)).toMatch(/^rotate-/)
  })

  it('ends at the last number that a token has room for, and asks under it again', () => {
    const last = [1, 2, 3].map((ms) => version(token(matter, 1000, LATER + ms)))

    expect(token(matter, 1000)).toMatch(/^revoke-\d{13}-999-/)
    expect(progressOf(again, last)).toEqual({ state: 'ask', attempt: 1000, made: 3 })
  })

  it('is found by its labels, whatever its number', () => {
    const labels = { [token(matter, 6, LATER)]: ['AWSPENDING'], [token(matter, 1)]: ['AWSPREVIOUS'] }

    expect(progressInLabels(again, labels)).toMatchObject({ state: 'running', attempt: 6 })
  })
})

describe('progressInLabels', () => {
  const labelsOf = (versions: readonly VersionEntry[]) =>
    Object.fromEntries(versions.flatMap(({ versionId, labels }) => (labels.length > 0 ? [[versionId, labels]] : [])))

  it.each([
    ['under way', [other('AWSCURRENT'), mine(2, 'AWSPENDING')], { state: 'running', attempt: 2 }],
    ['switched', [mine(1, 'AWSCURRENT')], { state: 'switched', attempt: 1 }],
    ['settled', [settleOf(1, 'AWSCURRENT'), mine(1, 'AWSPREVIOUS')], { state: 'settled', attempt: 1 }],
    ['nothing to be seen', [other('AWSCURRENT')], undefined],
    ['overtaken: the versions must tell', [other('AWSCURRENT'), mine(1, 'AWSPREVIOUS')], undefined],
  ])('%s', (_claim, versions, expected) => {
    const seen = progressInLabels(matter, labelsOf(versions))

    if (expected === undefined) expect(seen).toBeUndefined()
    else expect(seen).toMatchObject(expected)
  })

  it('says what all versions would say', () => {
    for (const versions of [
      [other('AWSCURRENT'), mine(2, 'AWSPENDING'), mine(1)],
      [mine(1, 'AWSCURRENT')],
      [settleOf(1, 'AWSCURRENT'), mine(1, 'AWSPREVIOUS')],
    ]) {
      expect(progressInLabels(matter, labelsOf(versions))).toEqual(progressOf(matter, versions))
    }
  })
})
