// What a campaign decides on metadata: whom it leaves alone, in which order and pages it goes, how fast, and when it stops.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Eligibility,
  inOrder,
  PAGE_SECRETS,
  pagesOf,
  rotationsPerSecond,
  sharesOf,
  skipOf,
} from '../../../lambda/core/campaign/campaign.ts'
import { failuresAllowed, hasHadEnough } from '../../../lambda/core/campaign/stop-rule.ts'
import type { Secret } from '../../../lambda/core/secret/secret.ts'
import { createSelection } from '../../../lambda/core/secret/selector.ts'
import { DAY, FUNCTION_ARN, HOUR, id, NOW, secret } from '../../fakes/billing-secret.ts'

const named: Eligibility = {
  intent: 'rotate',
  now: NOW,
  spans: { periodMs: 30 * DAY, overlapMs: 24 * HOUR },
  rotationFunctionArn: FUNCTION_ARN,
}
const revoke: Eligibility = { ...named, intent: 'revoke' }

/** Why the periodic campaign leaves a secret alone. */
const skippedByPeriodic = (one: Secret) =>
  skipOf(one, named) ?? createSelection({ by: [{ due: true }] }, named).whyNot(one)

/** AWSCURRENT of this origin, switched so long ago. */
const switched = (origin: string, agoMs: number): Partial<Secret> => ({
  labels: {
    [id(origin, NOW - agoMs, '1')]: ['AWSCURRENT'],
    [id('register', NOW - 90 * DAY)]: ['AWSPREVIOUS'],
  },
  lastRotatedAt: NOW - agoMs,
  lastChangedAt: NOW - agoMs,
})

describe('a planned campaign', () => {
  it.each([
    ['takes what was registered longer ago than the period', {}, undefined],
    ['leaves what is younger', { createdAt: NOW - 29 * DAY, lastChangedAt: NOW - 29 * DAY }, 'notDue'],
    ['goes by the secret’s own period', { tags: { 'm2m:period': '60d' } }, 'notDue'],
    ['goes by a shorter one, too', { tags: { 'm2m:period': '7d' }, createdAt: NOW - 8 * DAY }, undefined],
    ['leaves what is held', { tags: { 'm2m:held': '2026-10-01T00:00:00Z' } }, 'held'],
    ['leaves what is held by an unreadable date', { tags: { 'm2m:held': 'yes' } }, 'held'],
    ['leaves what is about to be deleted', { isDeleted: true }, 'deleted'],
    ['leaves whose client is retired', { tags: { 'm2m:retired': '2026-10-01T00:00:00Z' } }, 'retired'],
    ['leaves what rotates no more', { rotationEnabled: false }, 'notManaged'],
    ['leaves what another function rotates', { rotationFunctionArn: `${FUNCTION_ARN}2` }, 'notManaged'],
    ['leaves what has no function', { rotationFunctionArn: undefined }, 'notManaged'],
    ['leaves what is in its overlap', switched('rotate', 23 * HOUR), 'overlapOpen'],
    ['leaves what was rolled back lately', switched('rollback', HOUR), 'overlapOpen'],
    ['leaves what the console rotated lately', { ...switched('rotate', HOUR) }, 'overlapOpen'],
    ['leaves what was revoked and is not proven yet', switched('revoke', 40 * DAY), 'overlapOpen'],
    ['takes what nobody settled though its overlap is over', switched('rotate', 40 * DAY), undefined],
    [
      'leaves what a rotation is under way for',
      {
        labels: {
          [id('register', NOW - 40 * DAY)]: ['AWSCURRENT'],
          [id('rotate', NOW - HOUR, '2')]: ['AWSPENDING'],
        },
      },
      'unfinished',
    ],
    [
      'does not mind a label that AWS left on AWSCURRENT',
      { labels: { [id('register', NOW - 40 * DAY)]: ['AWSCURRENT', 'AWSPENDING'] } },
      undefined,
    ],
  ] as const)('%s', (_claim, more, expected) => {
    expect(skippedByPeriodic(secret(more as Partial<Secret>))).toBe(expected)
  })

  it('takes what somebody names before it is due, and still neither a hold nor an overlap', () => {
    const young = { createdAt: NOW - DAY, lastChangedAt: NOW - DAY }

    expect(skipOf(secret(young), named)).toBeUndefined()
    expect(skipOf(secret({ ...young, tags: { 'm2m:held': 'x' } }), named)).toBe('held')
    expect(skipOf(secret(switched('rotate', HOUR)), named)).toBe('overlapOpen')
  })
})

describe('a revoke', () => {
  it.each([
    ['what is held', { tags: { 'm2m:held': 'x' } }],
    ['what is in its overlap', switched('rotate', HOUR)],
    ['what a rotation is under way for', { labels: { [id('register', 1)]: ['AWSCURRENT'], x: ['AWSPENDING'] } }],
    ['what is young', { createdAt: NOW }],
  ] as const)('takes %s', (_what, more) => {
    expect(skipOf(secret(more as Partial<Secret>), revoke)).toBeUndefined()
  })

  it('leaves only what it cannot reach', () => {
    expect(skipOf(secret({ isDeleted: true }), revoke)).toBe('deleted')
    expect(skipOf(secret({ rotationEnabled: false }), revoke)).toBe('notManaged')
  })
})

describe('the order', () => {
  it('is leaked first, then oldest first', () => {
    const chosen = [
      { name: 'young', issuedAt: 30 },
      { name: 'leaked', issuedAt: 40, isLeaked: true as const },
      { name: 'old-b', issuedAt: 10 },
      { name: 'old-a', issuedAt: 10 },
    ]

    expect(inOrder(chosen).map(({ name }) => name)).toEqual(['leaked', 'old-a', 'old-b', 'young'])
  })
})

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `client-${at}`)

describe('the pages', () => {
  it('hold every secret once, never over a hundred, all about as many, in whole rounds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12_000 }), fc.integer({ min: 1, max: 20 }), (count, atOnce) => {
        const pages = pagesOf(names(count), atOnce)

        expect(pages.flat().sort()).toEqual(names(count).sort())
        const sizes = pages.map((page) => page.length)
        expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(PAGE_SECRETS)
        expect(Math.max(0, ...sizes) - Math.min(PAGE_SECRETS, ...sizes)).toBeLessThanOrEqual(2)
        if (count >= atOnce) expect(pages.length % atOnce).toBe(0)
      }),
      { numRuns: 200 },
    )
  })

  it('begin together with what comes first', () => {
    const pages = pagesOf(names(400), 4)

    expect(pages.map(([first]) => first)).toEqual(['client-0', 'client-1', 'client-2', 'client-3'])
  })

  it('come in rounds, the first secrets in the first round', () => {
    const [first, second] = pagesOf(names(200), 1)

    expect(first?.[0]).toBe('client-0')
    expect(second?.[0]).toBe('client-100')
  })
})

describe('the pace', () => {
  it('is 24 rotations a second: two of the 50 writes each, and a little left', () => {
    expect(rotationsPerSecond(undefined)).toBe(24)
  })

  it('is what Stytch grants, where that is less', () => {
    expect(rotationsPerSecond(60)).toBe(8)
    expect(rotationsPerSecond(10_000)).toBe(24)
  })

  it.each([
    // Two hundred at once, ten a page: twenty pages.
    ['revoke', 200, 10_000, { pagesAtOnce: 20, inFlight: 10, rotationsPerSecond: 1.2 }],
    ['revoke', 200, 1000, { pagesAtOnce: 10, inFlight: 20, rotationsPerSecond: 2.4 }],
    ['revoke', 200, 30, { pagesAtOnce: 1, inFlight: 200, rotationsPerSecond: 24 }],
    // One wave after the other.
    ['rotate', 20, 3000, { pagesAtOnce: 1, inFlight: 20, rotationsPerSecond: 24 }],
    ['rotate', 100, 3000, { pagesAtOnce: 5, inFlight: 20, rotationsPerSecond: 4.8 }],
  ] as const)('%s, %i at once, of %i: shares %j', (intent, concurrency, count, expected) => {
    expect(sharesOf({ intent, concurrency }, count, 24)).toEqual(expected)
  })

  it('never asks for more together than the whole, and never begins a page that would have to wait for minutes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('rotate' as const, 'revoke' as const),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 100_000 }),
        fc.double({ min: 0.05, max: 24, noNaN: true }),
        (intent, concurrency, count, perSecond) => {
          const shares = sharesOf({ intent, concurrency }, count, perSecond)

          expect(shares.pagesAtOnce * shares.rotationsPerSecond).toBeCloseTo(perSecond)
          expect(shares.inFlight).toBeGreaterThanOrEqual(1)
          expect(shares.inFlight / shares.rotationsPerSecond).toBeLessThanOrEqual(10 + 1 / shares.rotationsPerSecond)
        },
      ),
    )
  })
})

describe('the tolerated share', () => {
  it.each([
    // 5 % of a wave of 100
    [5, { begun: 1, failed: 0 }, 99, 5],
    [5, { begun: 100, failed: 5 }, 100, 5],
    [5, { begun: 100, failed: 11 }, 100, -1],
    [0, { begun: 500, failed: 0 }, 100, 0],
    [100, { begun: 0, failed: 0 }, 100, 100],
    [5, { begun: 0, failed: 0 }, 10, 0],
  ])('of %i %%, after %j, lets %i more fail %i times', (tolerated, soFar, size, expected) => {
    expect(failuresAllowed(tolerated, soFar, size)).toBe(expected)
  })

  it('is passed when more have failed than it', () => {
    expect(hasHadEnough(5, { begun: 100, failed: 5 })).toBe(false)
    expect(hasHadEnough(5, { begun: 100, failed: 6 })).toBe(true)
    expect(hasHadEnough(100, { begun: 100, failed: 100 })).toBe(false)
  })
})
