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
const matter: JobSubject = { secretArn: ARN, about: 'inc-7', originOf: () => 'revoke' }
const graceful: JobSubject = { ...matter, originOf: (attempt) => (attempt === 1 ? 'rotate' : 'revoke') }

const version = (versionId: string, ...labels: string[]): VersionEntry => ({ versionId, labels, createdAt: AT })
const mine = (attempt: number, ...labels: string[]) => version(tokenOf(matter, attempt, AT), ...labels)
const settleOf = (attempt: number, ...labels: string[]) =>
  version(settleToken({ secretArn: ARN, currentId: tokenOf(matter, attempt, AT) }, [], AT), ...labels)
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
      { state: 'exhausted', attempt: MAX_ATTEMPTS },
    ],
  ])('%s', (_claim, versions, expected) => {
    expect(progressOf(matter, versions)).toMatchObject(expected)
  })

  it('knows its attempts whenever they were asked for, and nobody else’s', () => {
    const later = version(tokenOf(matter, 1, AT + 86_400_000), 'AWSPENDING')
    const elsewhere = version(tokenOf({ ...matter, about: 'inc-8' }, 1, AT), 'AWSPENDING')
    const asRotate = version(tokenOf({ ...matter, originOf: () => 'rotate' }, 1, AT), 'AWSPENDING')

    expect(progressOf(matter, [later])).toMatchObject({ state: 'running' })
    expect(progressOf(matter, [elsewhere])).toMatchObject({ state: 'ask', attempt: 1 })
    expect(progressOf(matter, [asRotate])).toMatchObject({ state: 'ask', attempt: 1 })
  })

  it('with a grace, begins with a rotate and goes on with a revoke', () => {
    const rotate = version(tokenOf(graceful, 1, AT))

    expect(tokenOf(graceful, 1, AT)).toMatch(/^rotate-/)
    expect(progressOf(graceful, [other('AWSCURRENT'), rotate])).toEqual({ state: 'ask', attempt: 2 })
    expect(tokenOf(graceful, 2, AT)).toMatch(/^revoke-/)
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
