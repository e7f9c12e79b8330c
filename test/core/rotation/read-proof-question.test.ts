// A question to the rotation function: whoever may invoke it writes it, so that every field is checked and none is repeated. And its answer,
// which whoever asked reads as strictly.
import { describe, expect, test } from 'vitest'
import { isOfPlannedSwitch, readProofAnswer } from '../../../lambda/core/rotation/proof-answer.ts'
import { asksSomething, readProofQuestion } from '../../../lambda/core/rotation/read-proof-question.ts'

const SecretId = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:m2m/test/orders-AbCdEf'
const faultsOf = (event: unknown): readonly string[] => {
  const read = readProofQuestion(event)
  return read.ok || read.refusal.reason !== 'malformedEvent' ? [] : read.refusal.faults
}

test('a good question is read', () => {
  expect(asksSomething({ Ask: 'prove', SecretId })).toBe(true)
  expect(readProofQuestion({ Ask: 'prove', SecretId })).toEqual({ ok: true, value: { secretId: SecretId } })
})

test.each([undefined, null, 'Ask', [], { Step: 'createSecret' }])('%j asks nothing', (event) => {
  expect(asksSomething(event)).toBe(false)
})

test.each<[object, readonly string[]]>([
  [{ Ask: 'canary', SecretId }, ['Ask: expected prove']],
  [{ Ask: ['prove'], SecretId }, ['Ask: expected prove']],
  [{ Ask: 'prove' }, ['SecretId: expected an ARN']],
  [{ Ask: 'prove', SecretId: '' }, ['SecretId: expected an ARN']],
  [{ Ask: 'prove', SecretId: 'canary'.repeat(400) }, ['SecretId: expected an ARN']],
  [{ Ask: 'prove', SecretId, Step: 'createSecret' }, ['expected Ask and SecretId alone']],
  [
    { Ask: 1, SecretId: 2, canary: 3 },
    ['Ask: expected prove', 'SecretId: expected an ARN', 'expected Ask and SecretId alone'],
  ],
])('a malformed question is refused as a whole, case %#', (event, faults) => {
  expect(asksSomething(event)).toBe(true)
  expect(faultsOf(event)).toEqual(faults)
  expect(faults.join()).not.toContain('canary')
})

test('what is no object is no question', () => {
  expect(faultsOf(null)).toEqual(['expected an object'])
})

describe('an answer', () => {
  const refused = { outcome: 'refused', revokeToken: 'r', settleToken: 's', refusals: 3, signed: 'stored' }
  test.each([
    refused,
    { ...refused, signed: 'pending' },
    { ...refused, signed: 'off' },
    { ...refused, clientId: 'm2m-client-test-orders' },
    { outcome: 'gone', refusals: 6 },
    { outcome: 'notOwed' },
    { outcome: 'alive', code: 'STILL_ACCEPTED', message: 'text' },
    { outcome: 'unknown', code: 'STYTCH_UNAVAILABLE', message: 'text' },
  ])('is read: %j', (answer) => {
    expect(readProofAnswer(JSON.stringify(answer))).toEqual(answer)
  })

  test.each([
    'null',
    '',
    '[]',
    '{}',
    '{"outcome":"dead"}',
    '{"outcome":"toString"}',
    '{"outcome":"alive"}',
    JSON.stringify({ ...refused, refusals: '3' }),
    JSON.stringify({ ...refused, signed: true }),
    JSON.stringify({ ...refused, refusals: 1.5 }),
    JSON.stringify({ ...refused, revokeToken: undefined }),
    JSON.stringify({ ...refused, settleToken: '' }),
    JSON.stringify({ ...refused, signed: undefined }),
    '{"outcome":"gone"}',
    '{"outcome":"gone","refusals":"6"}',
    '{"outcome":"alive","code":"STILL_ACCEPTED"}',
    '{"outcome":"unknown","message":"text"}',
  ])('is none: %s', (text) => {
    expect(readProofAnswer(text)).toBeUndefined()
  })
})

test.each([
  ['rotate', true],
  ['revoke', false],
  ['settle', false],
] as const)('what a %s switched to and was settled is that of a planned switch: %s', (origin, isPlanned) => {
  const revokeToken = `${origin}-1793622600000-001-0000000000000000000000000001`

  expect(isOfPlannedSwitch({ revokeToken })).toBe(isPlanned)
})
