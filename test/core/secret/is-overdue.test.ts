// How old a value is by metadata alone, and from when on it is due and overdue.
import { describe, expect, it } from 'vitest'
import type { AsOf } from '../../../lambda/core/secret/is-managed.ts'
import { isDue, isOverdue, issuedAtEstimate, overdueAt } from '../../../lambda/core/secret/is-overdue.ts'
import type { Secret } from '../../../lambda/core/secret/secret.ts'
import { DAY, FUNCTION_ARN, id, NOW, secret } from '../../fakes/billing-secret.ts'

/** AWSCURRENT of this origin, switched so long ago. */
const switched = (origin: string, agoMs: number): Partial<Secret> => ({
  labels: {
    [id(origin, NOW - agoMs, '1')]: ['AWSCURRENT'],
    [id('register', NOW - 90 * DAY)]: ['AWSPREVIOUS'],
  },
  lastRotatedAt: NOW - agoMs,
  lastChangedAt: NOW - agoMs,
})

describe('issuedAtEstimate', () => {
  it.each([
    ['a registration: when it was created', {}, NOW - 40 * DAY],
    ['a switch: when it was asked for', switched('rotate', 3 * DAY), NOW - 3 * DAY],
    [
      'a settle after a settle, which closed what a stuck rotation had left: of the one before it',
      {
        labels: {
          [id('settle', NOW - 2 * DAY, '4')]: ['AWSCURRENT'],
          [id('settle', NOW - 20 * DAY, '3')]: ['AWSPREVIOUS'],
        },
        lastRotatedAt: NOW - 2 * DAY,
      },
      NOW - 20 * DAY,
    ],
    [
      'a settle of a first value: when that was stored',
      {
        labels: {
          [id('settle', NOW - 2 * DAY, '3')]: ['AWSCURRENT'],
          [id('register', NOW - 40 * DAY)]: ['AWSPREVIOUS'],
        },
        lastRotatedAt: NOW - 2 * DAY,
      },
      NOW - 40 * DAY,
    ],
    [
      'a settle: of the switch before it, not of itself',
      {
        labels: {
          [id('settle', NOW - 2 * DAY, '3')]: ['AWSCURRENT'],
          [id('rotate', NOW - 3 * DAY, '1')]: ['AWSPREVIOUS'],
        },
        lastRotatedAt: NOW - 2 * DAY,
      },
      NOW - 3 * DAY,
    ],
    [
      'a settle of a foreign switch: LastRotatedDate',
      {
        labels: { [id('settle', NOW - 2 * DAY, '3')]: ['AWSCURRENT'], [`${'a'.repeat(36)}`]: ['AWSPREVIOUS'] },
        lastRotatedAt: NOW - 2 * DAY,
      },
      NOW - 2 * DAY,
    ],
    [
      'a settle of a rollback: LastRotatedDate, since the value is an older one',
      {
        labels: {
          [id('settle', NOW - DAY, '3')]: ['AWSCURRENT'],
          [id('rollback', NOW - 2 * DAY, '1')]: ['AWSPREVIOUS'],
        },
        lastRotatedAt: NOW - DAY,
      },
      NOW - DAY,
    ],
  ] as const)('%s', (_claim, more, expected) => {
    expect(issuedAtEstimate(secret(more as Partial<Secret>))).toBe(expected)
  })
})

const spans = { periodMs: 30 * DAY, overlapMs: DAY }
const at = (now: number): AsOf => ({ rotationFunctionArn: FUNCTION_ARN, now, spans })

describe('a value', () => {
  it('is due at its period, and overdue a quarter of it later', () => {
    const issuedAt = NOW - 40 * DAY

    expect(isDue(secret(), at(issuedAt + 30 * DAY - 1))).toBe(false)
    expect(isDue(secret(), at(issuedAt + 30 * DAY))).toBe(true)
    expect(isOverdue(secret(), at(issuedAt + 37.5 * DAY - 1))).toBe(false)
    expect(isOverdue(secret(), at(issuedAt + 37.5 * DAY))).toBe(true)
    expect(overdueAt(secret(), spans)).toBe(issuedAt + 37.5 * DAY)
  })

  it('has a period of its own, where its tag says so', () => {
    const own = secret({ tags: { 'm2m:period': '4d' }, createdAt: NOW - 5 * DAY })

    expect(isOverdue(own, at(NOW - 1))).toBe(false)
    expect(isOverdue(own, at(NOW))).toBe(true)
  })

  it('gets no younger by its settle', () => {
    const settled = secret({
      labels: {
        [id('settle', NOW - 29 * DAY, '3')]: ['AWSCURRENT'],
        [id('rotate', NOW - 30 * DAY, '1')]: ['AWSPREVIOUS'],
      },
      lastRotatedAt: NOW - 29 * DAY,
    })

    expect(isDue(settled, at(NOW))).toBe(true)
  })

  it.each<[string, Partial<Secret>]>([
    ['is retired', { tags: { 'm2m:retired': '2026-10-01T00:00:00Z' } }],
    ['is held', { tags: { 'm2m:held': 'yes' } }],
    ['is deleted', { isDeleted: true }],
    ['rotates no more', { rotationEnabled: false }],
    ['is rotated by another function', { rotationFunctionArn: 'arn:other' }],
  ])('is never overdue while its secret %s', (_what, more) => {
    expect(isOverdue(secret(more), at(NOW))).toBe(false)
    expect(isOverdue(secret(), at(NOW))).toBe(true)
  })
})
