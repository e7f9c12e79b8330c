// Whose a rotation is can be told from its token by who knows the incident, and by nobody else.
import { expect, test } from 'vitest'
import { isSettleOf } from '../../../lambda/core/drive/settle-request.ts'
import { isAskedBy } from '../../../lambda/core/incident/incident-tokens.ts'
import { makeRequestToken } from '../../../lambda/core/secret/request-token.ts'
import { arnOf, NAME, NOON, revokeToken, settleTokenOf } from '../../fakes/envelopes.ts'

const ARN = arnOf(NAME)

test.each([1, 2, 5, 6, 17, 999])('attempt %i of the incident is its own, whenever it was asked for', (attempt) => {
  expect(isAskedBy('INC-42', ARN, revokeToken({ attempt, askedAt: NOON + 12_345 }))).toBe(true)
  const rotate = makeRequestToken({ origin: 'rotate', askedAt: NOON, secretArn: ARN, about: 'INC-42', attempt })
  expect(isAskedBy('INC-42', ARN, rotate)).toBe(true)
})

test.each([
  ['another incident', 'INC-43', ARN, revokeToken()],
  ['another secret', 'INC-42', arnOf('m2m/prod/shop'), revokeToken()],
  [
    'a settle',
    'INC-42',
    ARN,
    makeRequestToken({ origin: 'settle', askedAt: NOON, secretArn: ARN, about: 'INC-42', attempt: 1 }),
  ],
  ['a token that is not ours', 'INC-42', ARN, 'c0ffee00-0000-4000-8000-000000000000'],
  ['no token', 'INC-42', ARN, ''],
])('%s is not', (_what, incidentId, arn, token) => {
  expect(isAskedBy(incidentId, arn, token)).toBe(false)
})

test('a settle belongs to the switch that it ends, and to no other', () => {
  const settle = settleTokenOf(revokeToken(), { attempt: 3, askedAt: NOON + 7_200_000 })

  expect(isSettleOf(settle, { secretArn: ARN, currentId: revokeToken() })).toBe(true)
  expect(isSettleOf(settle, { secretArn: ARN, currentId: revokeToken({ attempt: 2 }) })).toBe(false)
  expect(isSettleOf(revokeToken(), { secretArn: ARN, currentId: revokeToken() })).toBe(false)
})
