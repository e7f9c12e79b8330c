// Each thing that may be wrong with a fleet is found, with whose it is and what to do; and nothing is found where nothing is wrong.

import { describe, expect, test } from 'vitest'
import type { ClientRecord } from '../../../lambda/core/clients/client-keeper.ts'
import { type FleetSight, fleetFindings } from '../../../lambda/core/clients/fleet-findings.ts'
import { makeRequestToken, type Origin } from '../../../lambda/core/secret/request-token.ts'
import type { Secret } from '../../../lambda/core/secret/secret.ts'
import { BLANK } from '../../fakes/blank-secret.ts'

const NOW = Date.parse('2026-11-01T12:00:00Z')
const HOUR_MS = 3_600_000
const FUNCTION = 'arn:aws:lambda:us-east-1:111111111111:function:m2m-prod-rotation'
const ARN = 'arn:aws:secretsmanager:us-east-1:111111111111:secret:m2m/prod/billing-AbCdEf'
const token = (origin: Origin) =>
  makeRequestToken({ origin, askedAt: NOW - HOUR_MS, secretArn: ARN, about: origin, attempt: 1 })

const secret = (changes: Partial<Secret> = {}): Secret => ({
  ...BLANK,
  arn: ARN,
  name: 'm2m/prod/billing',
  tags: { 'm2m:client-id': 'c', 'm2m:policy': 'fingerprint' },
  labels: { [token('register')]: ['AWSCURRENT'] },
  rotationEnabled: true,
  rotationFunctionArn: FUNCTION,
  isDeleted: false,
  createdAt: NOW - HOUR_MS,
  lastChangedAt: NOW - HOUR_MS,
  lastRotatedAt: NOW - HOUR_MS,
  nextRotationAt: undefined,
  ...changes,
})
const record = (changes: Partial<ClientRecord> = {}): ClientRecord => ({
  clientId: 'c',
  name: 'billing',
  description: '',
  scopes: [],
  isActive: true,
  slots: { current: 'aaaa', next: null },
  boundTo: ARN,
  registeredFor: 'm2m/prod/billing',
  registeredAt: NOW - HOUR_MS,
  ...changes,
})
const find = (secrets: readonly Secret[], records: readonly ClientRecord[] = [record()]) => findIn(secrets, records)
const findIn = (secrets: readonly Secret[], records: FleetSight['records']) => {
  const sight: FleetSight = {
    stage: { secretNamePrefix: 'm2m/prod/' },
    secrets,
    records,
    asOf: {
      rotationFunctionArn: FUNCTION,
      spans: { periodMs: 720 * HOUR_MS, overlapMs: 24 * HOUR_MS, campaignEveryMs: 24 * HOUR_MS },
      now: NOW,
      longestHoldMs: 168 * HOUR_MS,
    },
  }
  return fleetFindings(sight).map(({ kind, weight, subject, what }) => ({ kind, weight, subject, what }))
}
const tags = (changes: Readonly<Record<string, string>>) => ({ ...secret().tags, ...changes })

test('nothing is found where nothing is wrong', () => {
  expect(find([secret()])).toEqual([])
  expect(find([secret({ isDeleted: true, rotationEnabled: false, tags: {} })], [])).toEqual([])
  const retired = secret({ tags: tags({ 'm2m:retired': 'then' }), rotationEnabled: false })
  expect(find([retired], [record({ isActive: false })])).toEqual([])
})

test('where Stytch listed no clients, nothing is said of any, and what Secrets Manager shows is found all the same', () => {
  const off = secret({ rotationEnabled: false })

  expect(findIn([off], undefined).map(({ kind }) => kind)).toEqual(['schedule'])
})

test('a secret that is scheduled for deletion is found while its client is active', () => {
  const deleted = secret({ isDeleted: true, rotationEnabled: false })

  expect(find([deleted])).toMatchObject([
    { kind: 'deleted', weight: 'broken', subject: 'billing', what: expect.stringMatching(/its client c is active/) },
  ])
  expect(find([deleted], [record({ isActive: false })])).toEqual([])
  expect(findIn([deleted], undefined)).toEqual([])
})

describe('of a secret', () => {
  test.each<readonly [string, Partial<Secret>, readonly ClientRecord[] | undefined, RegExp]>([
    ['schedule', { rotationEnabled: false }, undefined, /rotation is off/],
    ['schedule', { rotationFunctionArn: 'arn:other' }, undefined, /rotated by arn:other/],
    ['binding', { tags: { 'm2m:policy': 'x' } }, [], /m2m:client-id is gone/],
    ['binding', {}, [record({ boundTo: 'arn:other' })], /bound to arn:other/],
    ['binding', {}, [record({ boundTo: undefined })], /bound to no secret/],
    ['clientGone', {}, [], /its client c is gone/],
    ['inactive', {}, [record({ isActive: false })], /inactive at Stytch/],
    ['drift', {}, [record({ slots: { current: 'aaaa', next: 'bbbb' } })], /…bbbb, is open/],
    [
      'stuck',
      { labels: { ...secret().labels, [token('rotate')]: ['AWSPENDING'] } },
      undefined,
      /AWSPENDING sits on rotate-/,
    ],
    ['stuck', { labels: {} }, undefined, /no version carries AWSCURRENT/],
    ['stuck', { labels: { [token('revoke')]: ['AWSCURRENT'] } }, undefined, /revoked at .* not settled/],
    ['overdue', { lastRotatedAt: NOW - 901 * HOUR_MS }, undefined, /older than its period/],
    [
      'held',
      { tags: tags({ 'm2m:held': '2026-10-01T00:00:00Z', 'm2m:held-by': 'ada' }) },
      undefined,
      /held by ada since 2026-10-01/,
    ],
    [
      'held',
      { tags: tags({ 'm2m:held': 'some time' }), lastChangedAt: NOW - 168 * HOUR_MS },
      undefined,
      /held by somebody since an unreadable date/,
    ],
    ['policy', { tags: { 'm2m:client-id': 'c' } }, undefined, /no resource policy/],
  ])('%s', (kind, changes, records, what) => {
    const found = find([secret(changes)], records)

    expect(found).toContainEqual({
      kind,
      weight: expect.any(String),
      subject: 'billing',
      what: expect.stringMatching(what),
    })
  })

  test('a short hold is nobody’s business', () => {
    expect(find([secret({ tags: tags({ 'm2m:held': new Date(NOW - HOUR_MS).toISOString() }) })])).toEqual([])
  })
})

describe('of a client that no secret holds', () => {
  const lonely = (changes: Partial<ClientRecord>) =>
    find([secret()], [record(), record({ clientId: 'other', ...changes })])

  test.each<readonly [Partial<ClientRecord>, RegExp]>([
    [{ boundTo: ARN.replace('billing', 'gone') }, /bound to .*gone-AbCdEf, which does not exist/],
    [{ boundTo: undefined, registeredFor: 'm2m/prod/new' }, /made for m2m\/prod\/new, and its value was never stored/],
    [{ boundTo: undefined, registeredFor: undefined, name: 'legacy' }, /no secret of any stage holds it \(legacy\)/],
  ])('%j', (changes, what) => {
    expect(lonely(changes)).toEqual([
      { kind: 'clientUnheld', weight: 'attention', subject: 'other', what: expect.stringMatching(what) },
    ])
  })

  test('another stage’s is none of ours', () => {
    expect(lonely({ boundTo: ARN.replace('m2m/prod', 'm2m/dev') })).toEqual([])
  })
})

test('a period by a tag set by hand, for which campaigns come too seldom, is found', () => {
  expect(find([secret({ tags: tags({ 'm2m:period': '4h' }) })])).toEqual([
    {
      kind: 'schedule',
      weight: 'attention',
      subject: 'billing',
      what: expect.stringMatching(/^its period \(tag m2m:period\) is shorter than the longest time between two/),
    },
  ])
  expect(find([secret({ tags: tags({ 'm2m:period': '1d' }) })])).toEqual([])
})

describe('what to do about a stuck rotation', () => {
  const stuck = (origin: Origin, held: boolean) =>
    fleetFindings({
      stage: { secretNamePrefix: 'm2m/prod/' },
      secrets: [
        secret({
          labels: { [token('settle')]: ['AWSCURRENT'], [token(origin)]: ['AWSPENDING'] },
          ...(held ? { tags: tags({ 'm2m:held': '2026-11-01T11:00:00Z' }) } : {}),
        }),
      ],
      records: [record()],
      asOf: {
        rotationFunctionArn: FUNCTION,
        spans: { periodMs: 720 * HOUR_MS, overlapMs: 24 * HOUR_MS },
        now: NOW,
        longestHoldMs: 168 * HOUR_MS,
      },
    }).find(({ kind }) => kind === 'stuck')

  test('is to wait for the sweep, with since when it is stuck', () => {
    expect(stuck('rotate', false)).toMatchObject({
      what: expect.stringContaining('since 2026-11-01T11:00:00.000Z'),
      todo: expect.stringMatching(/^wait for the next sweep;.*m2m status billing says when$/),
    })
  })

  test('is to end the hold, where the sweep leaves it for that', () => {
    expect(stuck('rotate', true)?.todo).toMatch(/^m2m release billing:/)
    expect(stuck('revoke', true)?.todo).toMatch(/^wait for the next sweep/)
  })
})
