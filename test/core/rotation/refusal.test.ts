// Every refusal speaks a whole sentence; which of them take AWSPENDING away, and which mean drift, is listed here by name.
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { positions } from '../../../lambda/core/rotation/position.ts'
import {
  clearsPending,
  dependsOnLook,
  explainRefusal,
  isDrift,
  type Refusal,
  type RefusalReason,
  RotationRefused,
  steps,
} from '../../../lambda/core/rotation/refusal.ts'
import { intents } from '../../../lambda/core/secret/request-token.ts'

/** One of each; a reason that is added and not listed here does not compile. */
const one: { readonly [Reason in RefusalReason]: Extract<Refusal, { readonly reason: Reason }> } = {
  malformedEvent: { reason: 'malformedEvent', faults: ['Step: expected one of four', 'SecretId: expected an ARN'] },
  rotationNotEnabled: { reason: 'rotationNotEnabled' },
  tokenWithoutVersion: { reason: 'tokenWithoutVersion' },
  notPending: { reason: 'notPending' },
  pendingMissing: { reason: 'pendingMissing' },
  noCurrent: { reason: 'noCurrent' },
  storedOrigin: { reason: 'storedOrigin', origin: 'adopt' },
  tooOld: { reason: 'tooOld', intent: 'settle', ageMs: 7_500_000 },
  malformedSecret: { reason: 'malformedSecret', label: 'AWSCURRENT', faults: ['client_id is missing'] },
  otherProject: { reason: 'otherProject', projectId: 'project-test-1', expectedProjectId: 'project-test-2' },
  pendingOfOtherClient: { reason: 'pendingOfOtherClient' },
  pendingEqualsCurrent: { reason: 'pendingEqualsCurrent' },
  currentMoved: { reason: 'currentMoved' },
  askedTwice: { reason: 'askedTwice' },
  neverAccepted: { reason: 'neverAccepted', patienceMs: 120_000 },
  held: { reason: 'held', by: 'somebody' },
  dryRunRefused: { reason: 'dryRunRefused' },
  clientNotFound: { reason: 'clientNotFound' },
  clientInactive: { reason: 'clientInactive' },
  boundElsewhere: { reason: 'boundElsewhere', boundTo: 'arn:aws:secretsmanager:eu-central-1:1:secret:b-AbCdEf' },
  unproven: { reason: 'unproven' },
  holderUnproven: { reason: 'holderUnproven' },
  tooLarge: { reason: 'tooLarge', bytes: 65_600 },
  wouldRestoreRevoked: { reason: 'wouldRestoreRevoked' },
  stillUsed: { reason: 'stillUsed', usedAt: Date.UTC(2026, 9, 1, 2, 3), quietMs: 3_600_000 },
  replicaBehind: {
    reason: 'replicaBehind',
    replicas: [
      { region: 'eu-north-1', status: 'Failed', message: 'no access' },
      { region: 'eu-west-3', status: 'InProgress' },
    ],
  },
  frozen: { reason: 'frozen', freeze: 'planned' },
  position: { reason: 'position', step: 'setSecret', intent: 'settle', position: 'drift' },
}
const everyPosition: readonly Refusal[] = positions.flatMap((position) =>
  intents.flatMap((intent) => steps.map((step): Refusal => ({ reason: 'position', step, intent, position }))),
)
const all: readonly Refusal[] = [
  ...Object.values(one),
  ...everyPosition,
  { reason: 'boundElsewhere', boundTo: undefined },
  { reason: 'storedOrigin', origin: 'register' },
]

describe('explanations', () => {
  test.each(all)('$reason $position says what stands in the way, in a line', (refusal) => {
    const explanation = explainRefusal(refusal)

    expect(explanation.length).toBeGreaterThan(20)
    expect(explanation).not.toMatch(/undefined|null|NaN|\[object|\n|\.$/)
  })

  test('no two reasons share an explanation', () => {
    const explanations = [...Object.values(one), { reason: 'boundElsewhere', boundTo: undefined } as const].map(
      explainRefusal,
    )

    expect(new Set(explanations).size).toBe(explanations.length)
  })

  test('facts are in it', () => {
    expect(explainRefusal(one.tooOld)).toContain('125 minutes')
    expect(explainRefusal(one.neverAccepted)).toContain('has refused it for 2 minutes')
    expect(explainRefusal(one.malformedEvent)).toContain('Step: expected one of four; SecretId: expected an ARN')
    expect(explainRefusal(one.boundElsewhere)).toContain('secret:b-AbCdEf')
    expect(explainRefusal(one.held)).toContain('held by somebody (tag m2m:held)')
    expect(explainRefusal({ reason: 'held', by: 'alice' })).toContain('held by alice')
    expect(explainRefusal({ reason: 'held', by: undefined })).toContain('held by somebody')
    expect(explainRefusal(one.stillUsed)).toContain('used up to 2026-10-01T02:03:00.000Z, and 60 minutes without')
    expect(explainRefusal(one.replicaBehind)).toContain('(eu-north-1 Failed, eu-west-3 InProgress)')
    expect(explainRefusal(one.position)).toContain('settle stops at setSecret in position drift')
    expect(explainRefusal({ ...one.malformedSecret, faults: ['one', 'another'] })).toContain(': one; another')
  })

  test.each(positions)('a position says what it is, and what to do: %s', (position) => {
    expect(explainRefusal({ ...one.position, position })).toMatch(/ in position \w+: \w.{20,}$/)
  })
})

/** [takes its AWSPENDING away, means that Stytch and the secret came apart] */
const consequences: Readonly<Record<Exclude<RefusalReason, 'position'>, readonly [boolean, boolean]>> = {
  malformedEvent: [false, false],
  rotationNotEnabled: [true, false],
  tokenWithoutVersion: [false, false],
  notPending: [false, false],
  pendingMissing: [true, false],
  dryRunRefused: [false, false],
  noCurrent: [true, false],
  storedOrigin: [true, false],
  tooOld: [true, false],
  malformedSecret: [true, false],
  otherProject: [true, false],
  pendingOfOtherClient: [true, false],
  pendingEqualsCurrent: [true, false],
  currentMoved: [true, false],
  askedTwice: [true, false],
  neverAccepted: [true, false],
  held: [true, false],
  clientNotFound: [true, true],
  clientInactive: [true, false],
  boundElsewhere: [true, false],
  unproven: [true, false],
  holderUnproven: [true, false],
  tooLarge: [true, false],
  wouldRestoreRevoked: [true, false],
  stillUsed: [true, false],
  replicaBehind: [true, false],
  frozen: [true, false],
}
const driftPositions = ['ambiguous', 'promoted', 'poisoned', 'cancelledUnderUs', 'drift']

describe('consequences', () => {
  test.each(Object.values(one).filter(({ reason }) => reason !== 'position'))('of $reason', (refusal) => {
    const listed: Readonly<Record<string, readonly [boolean, boolean]>> = consequences

    expect([clearsPending(refusal), isDrift(refusal)]).toEqual(listed[refusal.reason])
  })

  test.each(everyPosition)('of a position, $position at $step for $intent', (refusal) => {
    const isApart = refusal.reason === 'position' && driftPositions.includes(refusal.position)

    expect([clearsPending(refusal), isDrift(refusal)]).toEqual([true, isApart])
  })
})

describe('what is thrown', () => {
  test('a refused rotation names secret, client and reason', () => {
    const error = new RotationRefused({ refusal: one.unproven, secretId: 'm2m/test/a', clientId: 'client-1' })

    expect(error.message).toBe(`Rotation of m2m/test/a (client client-1) refused: ${explainRefusal(one.unproven)}.`)
    expect([error.name, error.refusal]).toEqual(['RotationRefused', one.unproven])
  })

  test('a refused rotation whose client was not reached names none', () => {
    const error = new RotationRefused({ refusal: one.noCurrent, secretId: 'm2m/test/a' })

    expect(error.message).toBe(`Rotation of m2m/test/a refused: ${explainRefusal(one.noCurrent)}.`)
  })

  test('a fault carries its code, whether to ask again, and its cause', () => {
    const cause = new Error('below')
    const fault = new Fault({ code: 'EVENT_NOT_SENT', message: 'not sent', retryable: true, cause })
    const bare = new Fault({ code: 'STILL_ACCEPTED', message: 'alive', retryable: false })

    expect([fault.code, fault.retryable, fault.cause, fault.name]).toEqual(['EVENT_NOT_SENT', true, cause, 'Fault'])
    expect('cause' in bare).toBe(false)
  })
})

test('by name: which rest on what Stytch showed or refused at one moment, and are looked at once more', () => {
  expect(
    Object.values(one)
      .filter(dependsOnLook)
      .map(({ reason }) => reason)
      .sort(),
  ).toEqual([
    'boundElsewhere',
    'clientInactive',
    'clientNotFound',
    'dryRunRefused',
    'holderUnproven',
    'position',
    'unproven',
  ])
})
