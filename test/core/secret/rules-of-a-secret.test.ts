// The other rules about one secret, each at its edge: labels, stuck, held too long, and when an overlap ends.
import { describe, expect, test } from 'vitest'
import { holdEndsAt, isHeldTooLong } from '../../../lambda/core/secret/is-held-too-long.ts'
import { isManaged } from '../../../lambda/core/secret/is-managed.ts'
import { isStuck, isStuckSince, pendingSince } from '../../../lambda/core/secret/is-stuck.ts'
import { entryLabelled, labelled, unfinishedVersion, versionLabelled } from '../../../lambda/core/secret/labels.ts'
import {
  isOverlapOpen,
  isUnsettled,
  overlapEndsAt,
  overlapEndsAtEarliest,
} from '../../../lambda/core/secret/overlap.ts'
import type { Secret } from '../../../lambda/core/secret/secret.ts'
import { NOON_THIRTY } from '../../fakes/fake-timing.ts'
import {
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  makeSecret,
  ROTATION_FUNCTION,
  type SecretTraits,
  versionId,
} from '../../fakes/managed-secret.ts'

const secretOf = (traits: SecretTraits): Secret => makeSecret(traits).secret
const spans = { periodMs: 30 * DAY_MS, overlapMs: DAY_MS }

describe('a label', () => {
  const labels = { a: ['AWSPREVIOUS'], [versionId('revoke', 0)]: ['AWSCURRENT', 'mine'] }

  test('is found on the version that carries it', () => {
    expect(labelled({ labels }, 'AWSPREVIOUS')).toBe('a')
    expect(labelled({ labels }, 'AWSPENDING')).toBeUndefined()
    expect(versionLabelled({ labels }, 'mine')).toEqual({ versionId: versionId('revoke', 0), origin: 'revoke' })
    expect(
      entryLabelled(
        [
          { at: 1, labels: [] },
          { at: 2, labels: ['x'] },
        ],
        'x',
      ),
    ).toMatchObject({ at: 2 })
  })

  test('AWSPENDING beside AWSCURRENT is no unfinished rotation', () => {
    expect(unfinishedVersion({ labels: { a: ['AWSCURRENT', 'AWSPENDING'] } })).toBeUndefined()
    expect(unfinishedVersion({ labels: { a: ['AWSCURRENT'], b: ['AWSPENDING'] } })?.versionId).toBe('b')
  })
})

describe('a rotation is stuck', () => {
  test.each<[string, SecretTraits, boolean]>([
    ['after ten minutes', { pending: { kind: 'rotate', agoMs: 10 * MINUTE_MS } }, true],
    ['not before', { pending: { kind: 'rotate', agoMs: 10 * MINUTE_MS - 1 } }, false],
    ['a foreign one by the last change', { pending: { kind: 'bare', agoMs: 0 }, changedAgoMs: 10 * MINUTE_MS }, true],
    ['never, where none is under way', { current: 'rotate', rotatedAgoMs: DAY_MS }, false],
  ])('%s', (_when, traits, expected) => {
    expect(isStuck(secretOf(traits), NOON_THIRTY)).toBe(expected)
  })

  test('not the moment a settle begins', () => {
    expect(isStuck(secretOf({ pending: { kind: 'settle', agoMs: 0 } }), NOON_THIRTY)).toBe(false)
    expect(isStuck(secretOf({ pending: { kind: 'settle', agoMs: 10 * MINUTE_MS } }), NOON_THIRTY)).toBe(true)
  })

  test('by its version’s CreatedDate where versions are listed; an unknown time is no reason', () => {
    const { secret, versions } = makeSecret({ pending: { kind: 'settle', agoMs: HOUR_MS } })
    const pending = unfinishedVersion(secret)

    expect(pending && pendingSince(pending, versions)).toBe(NOON_THIRTY - HOUR_MS)
    expect(pending && pendingSince(pending, [])).toBeUndefined()
    expect(isStuckSince(undefined, NOON_THIRTY)).toBe(false)
  })
})

describe('a hold is too long', () => {
  const limit = { rotationFunctionArn: ROTATION_FUNCTION, now: NOON_THIRTY, longestHoldMs: 3 * DAY_MS }
  const held = (agoMs: number) => ({ 'm2m:held': new Date(NOON_THIRTY - agoMs).toISOString() })

  test.each<[string, SecretTraits, boolean]>([
    ['at the limit', { tags: held(3 * DAY_MS) }, true],
    ['not before', { tags: held(3 * DAY_MS - 1) }, false],
    [
      'from the last change, where its date is unreadable',
      { tags: { 'm2m:held': '?' }, changedAgoMs: 3 * DAY_MS },
      true,
    ],
    ['and no sooner', { tags: { 'm2m:held': '?' }, changedAgoMs: DAY_MS }, false],
    ['never, where there is none', { changedAgoMs: 9 * DAY_MS }, false],
    ['never, for a retired client', { tags: { ...held(9 * DAY_MS), 'm2m:retired': 'then' } }, false],
    ['never, where nothing rotates it', { tags: held(9 * DAY_MS), more: { rotationEnabled: false } }, false],
  ])('%s', (_when, traits, expected) => {
    expect(isHeldTooLong(secretOf(traits), limit)).toBe(expected)
  })

  test('from a point in time that can be reported', () => {
    expect(holdEndsAt(secretOf({ tags: held(DAY_MS) }), limit)).toBe(NOON_THIRTY + 2 * DAY_MS)
    expect(holdEndsAt(secretOf({}), limit)).toBeUndefined()
  })
})

describe('an overlap', () => {
  const now = NOON_THIRTY

  test('ends its length after the rotation, whatever was changed since', () => {
    const changed = secretOf({ rotatedAgoMs: 20 * HOUR_MS, changedAgoMs: HOUR_MS })

    expect(overlapEndsAt(changed, spans)).toBe(NOON_THIRTY + 4 * HOUR_MS)
    expect(overlapEndsAtEarliest(changed, spans)).toBe(NOON_THIRTY + 4 * HOUR_MS)
  })

  test('counts from the switch that was recorded', () => {
    const switched = { recordedAt: NOON_THIRTY - 3 * HOUR_MS }

    expect(overlapEndsAt(secretOf({ rotatedAgoMs: 20 * HOUR_MS }), spans, switched)).toBe(NOON_THIRTY + 21 * HOUR_MS)
  })

  test.each([
    ['the last change, where the rotation was driven on', 20, 19, 5],
    ['its length after the version was made, where something is changed all the time', 40, 1, 8],
  ])('without a date of the rotation counts from %s', (_what, madeHours, changedHours, leftHours) => {
    const driven = secretOf({
      current: 'rotate',
      rotatedAgoMs: madeHours * HOUR_MS,
      changedAgoMs: changedHours * HOUR_MS,
    })

    expect(overlapEndsAt({ ...driven, lastRotatedAt: undefined }, spans)).toBe(NOON_THIRTY + leftHours * HOUR_MS)
  })

  test('of a version with a bare id ends, however often a tag is written', () => {
    const bare = {
      ...secretOf({ current: 'bare', rotatedAgoMs: 49 * HOUR_MS, changedAgoMs: 0 }),
      lastRotatedAt: undefined,
    }

    expect(overlapEndsAt(bare, spans, { versionCreatedAt: NOON_THIRTY - 49 * HOUR_MS })).toBe(NOON_THIRTY - HOUR_MS)
  })

  test.each<[SecretTraits, boolean, boolean]>([
    [{ current: 'rotate', rotatedAgoMs: DAY_MS - 1 }, true, true],
    [{ current: 'rotate', rotatedAgoMs: DAY_MS }, false, true],
    [{ current: 'revoke', rotatedAgoMs: 9 * DAY_MS }, true, true],
    [{ current: 'settle', rotatedAgoMs: 0 }, false, false],
    [{ current: 'register', rotatedAgoMs: 0 }, false, false],
    [{ current: undefined }, false, false],
  ])('of %j: open %s, unsettled %s', (traits, isOpen, unsettled) => {
    expect(isOverlapOpen(secretOf(traits), { now, spans })).toBe(isOpen)
    expect(isUnsettled(secretOf(traits))).toBe(unsettled)
  })
})

test('a secret is managed while our function rotates it', () => {
  const ours = { rotationFunctionArn: ROTATION_FUNCTION }

  expect(isManaged(secretOf({}), ours)).toBe(true)
  expect(isManaged(secretOf({ more: { rotationEnabled: false } }), ours)).toBe(false)
  expect(isManaged(secretOf({ more: { isDeleted: true } }), ours)).toBe(false)
  expect(isManaged(secretOf({}), { rotationFunctionArn: 'arn:other' })).toBe(false)
})
