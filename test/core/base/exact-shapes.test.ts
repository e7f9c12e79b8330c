// Shapes to the key: what an event leaves out it does not hold at all, and a token that would not read back is told why.

import { expect, test } from 'vitest'
import { ROTATION_SOURCE } from '../../../lambda/core/base/event-types.ts'
import { completedEvents, type OutcomeFacts, refusedEvents } from '../../../lambda/core/rotation/outcome.ts'
import { makeRequestToken } from '../../../lambda/core/secret/request-token.ts'

const facts: OutcomeFacts = {
  secretArn: 'arn',
  secretName: 'm2m/test/orders',
  clientId: undefined,
  intent: 'rotate',
  requestToken: 'token',
  at: 0,
}
const always = ['version', 'id', 'secretArn', 'secretName', 'intent', 'requestToken', 'at']
const keysOf = (events: readonly { readonly detail: object }[]) => events.map(({ detail }) => Object.keys(detail))

test('events come from the rotation', () => {
  expect(ROTATION_SOURCE).toBe('m2m.rotation')
})

test('a completion without evidence holds no such key, nor a client where none is known', () => {
  expect(keysOf(completedEvents(facts))).toEqual([always, always])
})

test('a refusal names a position only where a position is what it refuses', () => {
  expect(keysOf(refusedEvents(facts, { reason: 'unproven' }))).toEqual([[...always, 'reason', 'explanation']])
  expect(keysOf(refusedEvents(facts, { reason: 'clientNotFound' }))).toEqual([
    [...always, 'reason', 'explanation'],
    [...always, 'reason', 'explanation'],
  ])
  const drift = { reason: 'position', step: 'setSecret', intent: 'settle', position: 'drift' } as const
  expect(keysOf(refusedEvents(facts, drift))).toEqual([
    [...always, 'reason', 'explanation', 'position'],
    [...always, 'reason', 'explanation', 'position'],
  ])
})

test.each([-1, Number.NaN, 1e14])('a token asked for at %d is not made: it would mean rotate', (askedAt) => {
  const make = () => makeRequestToken({ origin: 'revoke', askedAt, secretArn: 'arn', about: 'INC-1', attempt: 1 })

  expect(make).toThrow(new RangeError(`askedAt is not a point in time in epoch milliseconds: ${askedAt}`))
})
