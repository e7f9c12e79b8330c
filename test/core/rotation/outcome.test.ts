// The shapes that the rotation function puts on the bus, whole, and their ids: the same happening has the same id however often
// it is told.
import { describe, expect, test } from 'vitest'
import {
  completedEvents,
  type Evidence,
  evidenceEvents,
  type OutcomeFacts,
  refusedEvents,
} from '../../../lambda/core/rotation/outcome.ts'
import { explainRefusal, type Refusal } from '../../../lambda/core/rotation/refusal.ts'

const facts: OutcomeFacts = {
  secretArn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:m2m/test/orders-AbCdEf',
  secretName: 'm2m/test/orders',
  clientId: 'm2m-client-test-orders',
  intent: 'rotate',
  requestToken: 'rotate-1793622615250-00000000000000000000000000000000',
  at: Date.UTC(2026, 10, 2, 12, 30),
}
const evidence: Evidence = {
  slots: { current: 'aaaa', next: null, requestId: 'request-id-1' },
  refused: [
    {
      versionId: 'v-1',
      lastFour: 'bbbb',
      status: 401,
      error: 'invalid_client',
      requestId: 'request-id-2',
      provenAt: '2026-11-02T12:30:00.000Z',
    },
  ],
}
const base = {
  version: 1,
  id: expect.stringMatching(/^[0-9a-f]{32}$/),
  secretArn: facts.secretArn,
  secretName: facts.secretName,
  clientId: facts.clientId,
  intent: 'rotate',
  requestToken: facts.requestToken,
  at: '2026-11-02T12:30:00.000Z',
}

describe('shapes', () => {
  test.each(['rotate', 'revoke', 'rollback'] as const)(
    'a finished %s tells consumers that the secret changed',
    (intent) => {
      expect(completedEvents({ ...facts, intent })).toEqual([
        { type: 'Rotation Completed', detail: { ...base, intent } },
        { type: 'M2M Secret Changed', detail: { ...base, intent } },
      ])
    },
  )

  test('a finished settle tells its evidence, and no consumer, since the value is the same', () => {
    expect(completedEvents({ ...facts, intent: 'settle' }, { evidence })).toEqual([
      { type: 'Rotation Completed', detail: { ...base, intent: 'settle', evidence } },
    ])
  })

  test('what is dead after a revoke is told with the revoke’s token', () => {
    expect(evidenceEvents({ ...facts, intent: 'settle' }, evidence, 'revoke-token')).toEqual([
      { type: 'Secret Revoked', detail: { ...base, intent: 'settle', evidence, revokeToken: 'revoke-token' } },
    ])
  })

  test('a settle that no revoke led to revokes nothing', () => {
    expect(evidenceEvents({ ...facts, intent: 'settle' }, evidence, undefined)).toEqual([])
  })

  test('a refusal tells its reason and its explanation', () => {
    const refusal: Refusal = { reason: 'unproven' }

    expect(refusedEvents(facts, refusal)).toEqual([
      { type: 'Rotation Refused', detail: { ...base, reason: 'unproven', explanation: explainRefusal(refusal) } },
    ])
  })

  test('a refusal for anything else names none', () => {
    for (const reason of ['unproven', 'clientNotFound'] as const) {
      const details = refusedEvents(facts, { reason }).map(({ detail }) => detail)

      expect(details.filter((detail) => 'position' in detail)).toEqual([])
    }
  })

  test('a refusal for a position names it, and drift is told apart', () => {
    const settled: Refusal = { reason: 'position', step: 'createSecret', intent: 'rollback', position: 'settled' }
    const drift: Refusal = { ...settled, position: 'drift' }
    const detailOf = (refusal: Refusal, position: string) => ({
      ...base,
      reason: 'position',
      explanation: explainRefusal(refusal),
      position,
    })

    expect(refusedEvents(facts, settled)).toEqual([{ type: 'Rotation Refused', detail: detailOf(settled, 'settled') }])
    expect(refusedEvents(facts, drift)).toEqual([
      { type: 'Rotation Refused', detail: detailOf(drift, 'drift') },
      { type: 'Drift Detected', detail: detailOf(drift, 'drift') },
    ])
  })

  test('a client that was not reached is left out', () => {
    const [event] = refusedEvents({ ...facts, clientId: undefined }, { reason: 'noCurrent' })

    expect(event?.detail).not.toHaveProperty('clientId')
  })
})

describe('ids', () => {
  const idsOf = (more: Partial<OutcomeFacts>) =>
    completedEvents({ ...facts, ...more }).map(({ detail }) => String(detail.id))

  test('telling it again, later and with the client unknown, is recognised', () => {
    expect(idsOf({ at: facts.at + 60_000, clientId: undefined })).toEqual(idsOf({}))
  })

  test('another secret, another token and another type are other events', () => {
    const ids = [
      ...idsOf({}),
      ...idsOf({ secretArn: `${facts.secretArn}x` }),
      ...idsOf({ requestToken: `${facts.requestToken}x` }),
      ...refusedEvents(facts, { reason: 'clientNotFound' }).map(({ detail }) => String(detail.id)),
    ]

    expect(new Set(ids).size).toBe(8)
  })
})
