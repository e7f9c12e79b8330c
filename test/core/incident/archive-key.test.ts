// Where an event lies: the same event always at the same key, two that differ never at one, nothing outside of its place.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { summaryPrefix } from '../../../lambda/core/base/summary-place.ts'
import {
  archiveKey,
  campaignPrefix,
  dayPrefix,
  incidentPrefix,
  isKeyOf,
  secretPrefix,
} from '../../../lambda/core/incident/archive-key.ts'
import { archivedPairs } from '../../../lambda/env/archive-rule.ts'
import {
  archived,
  leakEvent,
  NAME,
  NOON,
  refusedEvent,
  revokedEvent,
  revokeToken,
  settledEvent,
} from '../../fakes/envelopes.ts'

const DAY_MS = 86_400_000
/** Lone surrogates and control characters, too. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 300 })
  .map((units) => String.fromCharCode(...units))
const at = (instant: number) => new Date(instant).toISOString()

describe('an event of one secret', () => {
  test.each([
    [revokedEvent(revokeToken()), 'secret-revoked'],
    [settledEvent(revokeToken()), 'rotation-completed'],
    [refusedEvent(revokeToken(), 'drift'), 'rotation-refused'],
    [archived('Drift Detected', { secretName: NAME, id: 'drift-00001', at: at(NOON) }), 'drift-detected'],
    [archived('Rotation Stuck', { secretName: NAME, id: 'stuck-00001', at: at(NOON) }), 'rotation-stuck', 'sweep'],
    [archived('Secret Dead', { secretName: NAME, id: 'dead-000001', at: at(NOON) }), 'secret-dead', 'sweep'],
  ])('lies below the secret and its day, with who said it: %#', (event, slug, source = 'rotation') => {
    const pattern = `^secrets/m2m/prod/billing/2026/03/10/${slug}-${source}-[0-9a-f]{32}\\.json$`
    expect(archiveKey(event)).toMatch(new RegExp(pattern))
  })

  test('said again word for word, a day later, has the same key; with other answers it is kept beside it', () => {
    const once = revokedEvent(revokeToken())
    const again = { ...once, time: at(NOON + DAY_MS), envelope: { ...once.envelope, id: 'another' } }
    const later = revokedEvent(revokeToken(), { at: NOON + DAY_MS })

    expect(archiveKey(again)).toBe(archiveKey(once))
    expect(archiveKey(later)).not.toBe(archiveKey(once))
    expect(archiveKey(later)).toMatch(/^secrets\/m2m\/prod\/billing\/2026\/03\/10\//)
  })

  test('is not kept out by one that comes first under the same id, whoever says it and however', () => {
    const real = revokedEvent(revokeToken())
    const detail = { ...real.detail, evidence: 'invented' }
    const forged = [
      archived('Secret Revoked', detail),
      archived('Secret Revoked', real.detail, { source: 'm2m.security' }),
      archived('Secret Revoked', real.detail, { source: 'm2m.sweep' }),
      archived('Secret Revoked', real.detail, { source: 'rotation' }),
    ]

    expect(new Set([real, ...forged].map(archiveKey)).size).toBe(5)
    // What its source may not say has no place beside what it imitates.
    for (const one of forged.slice(1)) expect(archiveKey(one)).toMatch(/^unsorted\/secret-revoked-/)
  })

  test.each([
    [
      'the day it was asked for, which the token knows',
      { requestToken: revokeToken({ askedAt: NOON - DAY_MS }), at: at(NOON) },
      '2026/03/09',
    ],
    [
      'the day it happened, under a token that is not ours',
      { requestToken: 'c0ffee00-0000-4000-8000-000000000000', at: at(NOON) },
      '2026/03/10',
    ],
    ['the day the bus took it, when it says nothing else', { at: 'yesterday' }, '2026/03/10'],
    ['no day that would sort elsewhere', { at: '+012026-03-10T00:00:00Z' }, '2026/03/10'],
  ])('lies in %s', (_what, detail, day) => {
    const event = archived('Rotation Completed', { secretName: NAME, id: 'an-id-of-its-own', ...detail })

    expect(archiveKey(event)).toContain(`secrets/m2m/prod/billing/${day}/rotation-completed-rotation-`)
  })

  test('is known by what it says', () => {
    const one = archiveKey(archived('Drift Detected', { secretName: NAME, reason: 'drift' }))

    expect(one).toMatch(/drift-detected-rotation-[0-9a-f]{32}\.json$/)
    expect(archiveKey(archived('Drift Detected', { secretName: NAME, reason: 'drift' }))).toBe(one)
    expect(archiveKey(archived('Drift Detected', { secretName: NAME, reason: 'other' }))).not.toBe(one)
  })

  test.each(['../../x', 'a/b', '', 'short', 'x'.repeat(65)])('takes no id that is none: %j', (id) => {
    expect(archiveKey(archived('Drift Detected', { secretName: NAME, id }))).toMatch(
      /drift-detected-rotation-[0-9a-f]{32}\.json$/,
    )
  })
})

describe('an event of an incident', () => {
  test('lies below the incident', () => {
    expect(archiveKey(leakEvent())).toMatch(/^incidents\/INC-42\/secret-leak-reported-security-[0-9a-f]{32}\.json$/)
  })

  test.each(['Leak Closed', 'Leak Unresolved', 'Incident Held', 'Incident Completed', 'Campaign Completed'])(
    '%s lies there too, whatever secret it names',
    (type) => {
      const event = archived(type, { incidentId: 'INC-42', secretName: NAME, campaignId: 'c' })

      expect(archiveKey(event)).toMatch(
        /^incidents\/INC-42\/[a-z-]+-(leak-intake|incident|campaign)-[0-9a-f]{32}\.json$/,
      )
    },
  )

  test('told again is the same; said otherwise, or by somebody else, is kept beside it', () => {
    const key = archiveKey(leakEvent())

    expect(archiveKey(leakEvent({}, { id: 'another', time: '2026-03-11T00:00:00Z' }))).toBe(key)
    const others = [
      leakEvent({ reason: 'also in a log' }),
      leakEvent({ id: 'its-own-id-0001' }),
      leakEvent({ id: 'its-own-id-0001', reason: 'x' }),
      leakEvent({}, { source: 'm2m.break-glass' }),
    ].map(archiveKey)
    expect(new Set([key, ...others]).size).toBe(5)
  })
})

test('a campaign without an incident lies below itself', () => {
  expect(archiveKey(archived('Campaign Completed', { campaignId: 'monthly' }))).toMatch(
    /^campaigns\/monthly\/campaign-completed-campaign-[0-9a-f]{32}\.json$/,
  )
})

test('the summary of a day lies below that day', () => {
  const at = '2026-11-03T06:00:00.000Z'

  expect(archiveKey(archived('Daily Summary', { at }))).toMatch(
    /^days\/2026\/11\/03\/daily-summary-sweep-[0-9a-f]{32}\.json$/,
  )
  expect(archiveKey(archived('Daily Summary', { at }))).toContain(summaryPrefix(Date.parse(at)))
})

test.each(archivedPairs.flatMap((pair) => pair['detail-type']).filter((type) => type !== 'Daily Summary'))(
  '%s without the name of its place is kept, unsorted',
  (type) => {
    expect(archiveKey(archived(type, {}))).toMatch(/^unsorted\/[a-z-]+-[0-9a-f]{32}\.json$/)
  },
)

describe('a name in a key', () => {
  test('stays as it is when Secrets Manager takes it', () => {
    expect(secretPrefix('m2m/prod/a_b+c=d.e@f-g')).toBe('secrets/m2m/prod/a_b+c=d.e@f-g/')
    expect(dayPrefix(NAME, NOON)).toBe('secrets/m2m/prod/billing/2026/03/10/')
  })

  test.each([
    ['..', 'incidents/%2E%2E/'],
    ['.', 'incidents/%2E/'],
    ['a/../b', 'incidents/a%2F..%2Fb/'],
    ['a b\n', 'incidents/a%20b%0A/'],
    ['Zürich', 'incidents/Z%C3%BCrich/'],
    ["it's(1)!*~%", 'incidents/it%27s%281%29%21%2A%7E%25/'],
    ['\ud800', 'incidents/%EF%BF%BD/'],
  ])('leaves no way out of its place: %j', (id, prefix) => {
    expect(incidentPrefix(id)).toBe(prefix)
  })

  test('is cut when it is long, and still its own', () => {
    const long = 'x'.repeat(1000)

    expect(campaignPrefix(long)).toMatch(/^campaigns\/x{100}~[0-9a-f]{32}\/$/)
    expect(campaignPrefix(`${long}y`)).not.toBe(campaignPrefix(long))
  })

  test('whatever it is, makes one segment of a key that S3 takes', () => {
    fc.assert(
      fc.property(anyText, (id) => {
        const prefix = incidentPrefix(id)
        expect(prefix).toMatch(/^incidents\/[A-Za-z0-9_.@=+%~-]+\/$/)
        expect(prefix).not.toMatch(/\/\.{1,2}\//)
        expect(archiveKey(leakEvent({ incidentId: id })).length).toBeLessThan(400)
      }),
    )
  })
})

test('a key tells the type of its event', () => {
  const key = archiveKey(revokedEvent(revokeToken()))

  expect(isKeyOf(key, 'Rotation Refused', 'Secret Revoked')).toBe(true)
  expect(isKeyOf(key, 'Rotation Refused')).toBe(false)
})
