// What labels alone say of a client, state by state, and what they say together with Stytch's slots.

import { describe, expect, test } from 'vitest'
import type { ClientRecord } from '../../../lambda/core/clients/client-keeper.ts'
import {
  checkedState,
  shownState,
  slotWords,
  type VisibleState,
  visibleOf,
} from '../../../lambda/core/clients/client-status.ts'
import type { AsOf } from '../../../lambda/core/secret/is-managed.ts'
import { makeRequestToken, type Origin } from '../../../lambda/core/secret/request-token.ts'
import type { Secret } from '../../../lambda/core/secret/secret.ts'
import { BLANK } from '../../fakes/blank-secret.ts'

const NOW = Date.parse('2026-11-01T12:00:00Z')
const HOUR_MS = 3_600_000
const FUNCTION = 'arn:aws:lambda:us-east-1:111111111111:function:m2m-prod-rotation'
const asOf: AsOf = {
  rotationFunctionArn: FUNCTION,
  spans: { periodMs: 720 * HOUR_MS, overlapMs: 24 * HOUR_MS },
  now: NOW,
}
const token = (origin: Origin, agoMs = HOUR_MS) =>
  makeRequestToken({ origin, askedAt: NOW - agoMs, secretArn: 'arn:x', about: origin, attempt: 1 })
const BARE = '11111111-2222-4333-8444-555555555555'

const secret = (changes: Partial<Secret> = {}): Secret => ({
  ...BLANK,
  arn: 'arn:x',
  name: 'm2m/prod/x',
  tags: {},
  labels: { [token('register')]: ['AWSCURRENT'] },
  rotationEnabled: true,
  rotationFunctionArn: FUNCTION,
  isDeleted: false,
  createdAt: NOW - 2 * HOUR_MS,
  lastChangedAt: NOW - HOUR_MS,
  lastRotatedAt: NOW - HOUR_MS,
  nextRotationAt: undefined,
  ...changes,
})
const current = (versionId: string) => ({ [versionId]: ['AWSCURRENT'] })
const pending = (versionId: string) => ({ ...current(token('register')), [versionId]: ['AWSPENDING'] })

describe('the state', () => {
  test.each<readonly [string, Partial<Secret>]>([
    ['settled', {}],
    ['settled', { labels: current(token('adopt')) }],
    ['settled', { labels: current(token('settle')) }],
    ['overlap', { labels: current(token('rotate')) }],
    ['overlap', { labels: current(token('rollback')) }],
    ['overlap', { labels: current(BARE) }],
    ['revoked', { labels: current(token('revoke')) }],
    ['rotating', { labels: pending(token('rotate', 9 * 60_000)) }],
    ['stuck', { labels: pending(token('rotate', 11 * 60_000)) }],
    ['rotating', { labels: pending(BARE), lastChangedAt: NOW - 1000 }],
    ['stuck', { labels: pending(BARE), lastChangedAt: NOW - 11 * 60_000 }],
    ['settled', { labels: { [token('settle')]: ['AWSCURRENT', 'AWSPENDING'] } }],
    ['off', { rotationEnabled: false }],
    ['off', { rotationFunctionArn: 'arn:other' }],
    ['retired', { tags: { 'm2m:retired': '2026-10-01T00:00:00Z' }, rotationEnabled: false }],
    ['empty', { labels: {} }],
    ['deleted', { isDeleted: true }],
  ])('%s', (state, changes) => {
    expect(visibleOf(secret(changes), asOf).state).toBe(state)
  })
})

test.each([
  ['settled', 'held'],
  ['overlap', 'held'],
  ['revoked', 'revoked'],
  ['rotating', 'rotating'],
  ['off', 'off'],
  ['dead', 'dead'],
] as const)('%s, on hold, is shown as %s: a hold says what waits, and hides nothing that does not', (state, shown) => {
  expect(shownState({ state, hold: { since: NOW, by: 'ada' } })).toBe(shown)
  expect(shownState({ state, hold: undefined })).toBe(state)
})

describe('the state with what Stytch says', () => {
  const own: ClientRecord = {
    clientId: 'm2m-client-live-1',
    name: '',
    description: '',
    scopes: [],
    isActive: true,
    slots: { current: 'abcd', next: null },
    boundTo: 'arn:x',
    registeredFor: undefined,
    registeredAt: undefined,
  }
  const tagged = secret({ tags: { 'm2m:client-id': own.clientId } })
  const stateOf = (state: VisibleState, more: Partial<Parameters<typeof checkedState>[1]>) =>
    checkedState(state, { secret: tagged, record: own, finding: undefined, ...more })

  test.each(['settled', 'overlap', 'revoked', 'off'] as const)('goes by what was found, in %s', (state) => {
    expect(stateOf(state, { finding: { found: 'dead', since: 1 } })).toBe('dead')
    expect(stateOf(state, { finding: { found: 'gone', since: 1 } })).toBe('gone')
    expect(stateOf(state, { finding: { found: 'foreign', since: 1 } })).toBe('foreign')
    expect(stateOf(state, { finding: { found: 'inactive' } })).toBe('inactive')
    expect(stateOf(state, { finding: { found: 'fits' } })).toBe(state)
    expect(stateOf(state, { finding: { found: 'openNext' } })).toBe(state)
  })

  test.each(['rotating', 'stuck', 'retired', 'empty', 'deleted'] as const)('is %s whatever was found', (state) => {
    expect(stateOf(state, { finding: { found: 'dead', since: 1 } })).toBe(state)
  })

  test('goes by the client’s record where nothing could be tried, and never calls it dead', () => {
    const finding = { found: 'unknown', why: 'you may not invoke it' } as const
    expect(stateOf('settled', { finding })).toBe('settled')
    expect(stateOf('settled', { finding, record: undefined })).toBe('gone')
    expect(stateOf('settled', { finding, record: { ...own, isActive: false } })).toBe('inactive')
    expect(stateOf('settled', { finding, record: { ...own, boundTo: 'arn:y' } })).toBe('foreign')
    expect(stateOf('settled', { finding, record: undefined, secret: secret() })).toBe('settled')
  })
})

test('an overlap ends after the secret’s own span since the last change', () => {
  const rotated = { labels: current(token('rotate')) }

  expect(visibleOf(secret(rotated), asOf).overlapUntil).toBe(NOW + 23 * HOUR_MS)
  expect(visibleOf(secret({ ...rotated, tags: { 'm2m:overlap': '2h' } }), asOf).overlapUntil).toBe(NOW + HOUR_MS)
  expect(visibleOf(secret(), asOf).overlapUntil).toBeUndefined()
})

test('a value older than its period and a quarter of it is overdue, unless it is held or retired', () => {
  const old = { lastRotatedAt: NOW - 901 * HOUR_MS }

  expect(visibleOf(secret(old), asOf).isOverdue).toBe(true)
  expect(visibleOf(secret({ ...old, tags: { 'm2m:held': '2026-10-01T00:00:00Z' } }), asOf).isOverdue).toBe(false)
  expect(visibleOf(secret({ ...old, tags: { 'm2m:retired': 'then' } }), asOf).isOverdue).toBe(false)
  expect(visibleOf(secret(), asOf).isOverdue).toBe(false)
})

describe('with Stytch’s slots', () => {
  const record = (changes: Partial<ClientRecord> = {}): ClientRecord => ({
    clientId: 'c',
    name: '',
    description: '',
    scopes: [],
    isActive: true,
    slots: { current: 'aaaa', next: null },
    boundTo: 'arn:x',
    registeredFor: undefined,
    registeredAt: undefined,
    ...changes,
  })

  test('a function that keeps no record of who switches is quoted for nothing', () => {
    expect(slotWords('settled', record({ isActive: false }))).toBe(
      'inactive at Stytch: every value is refused; tokens that it has end within an hour of it',
    )
  })

  test('agreement needs no words', () => {
    expect(slotWords('settled', record())).toBeUndefined()
    expect(slotWords('overlap', record({ slots: { current: 'aaaa', next: 'bbbb' } }))).toBeUndefined()
  })

  test.each([
    ['settled', record({ slots: { current: 'aaaa', next: 'bbbb' } }), /…bbbb, is open at Stytch/],
    ['overlap', record(), /no second value is accepted any more/],
    ['settled', record({ isActive: false }), /inactive at Stytch/],
    ['settled', record({ isActive: false, switchedOff: null }), /not by this stage's commands/],
    [
      'settled',
      record({ isActive: false, switchedOff: { at: Date.parse('2026-11-01T12:00:00Z'), by: 'm2m deactivate (jane)' } }),
      /recorded: by m2m deactivate \(jane\), 2026-11-01T12:00:00.000Z; tokens that it has end by 2026-11-01T13:00/,
    ],
    ['settled', undefined, /knows no such client/],
  ] as const)('%s: what does not agree is said', (state, found, words) => {
    expect(slotWords(state, found)).toMatch(words)
  })
})
