// The bounds of a step event's fields, each at its last good and its first bad value; and that a type alone does not make a field good.
import { expect, test } from 'vitest'
import { readStepEvent } from '../../../lambda/core/rotation/read-step-event.ts'

const good = { Step: 'createSecret', SecretId: 'arn', ClientRequestToken: 'x'.repeat(32) }
const isRead = (change: object): boolean => readStepEvent({ ...good, ...change }).ok

test.each([
  ['SecretId', 'x', ''],
  ['SecretId', 'x'.repeat(2048), 'x'.repeat(2049)],
  ['ClientRequestToken', 'x'.repeat(32), 'x'.repeat(31)],
  ['ClientRequestToken', 'x'.repeat(64), 'x'.repeat(65)],
  ['RotationToken', 'x'.repeat(36), 'x'.repeat(35)],
  ['RotationToken', 'x'.repeat(256), 'x'.repeat(257)],
])('%s: %s is read, %s is not', (field, last, first) => {
  expect([isRead({ [field]: last }), isRead({ [field]: first })]).toEqual([true, false])
})

test.each([
  ['Step', 17, 'Step: expected one of createSecret, setSecret, testSecret, finishSecret'],
  ['SecretId', ['arn'], 'SecretId: expected an ARN'],
  // Written out, it would look like a token.
  ['ClientRequestToken', ['x'.repeat(32)], 'ClientRequestToken: expected 32 to 64 characters'],
  ['RotationToken', new Array(40).fill('x'), 'RotationToken: expected 36 to 256 characters'],
])('%s that is no string is a fault of its own', (field, value, fault) => {
  expect(readStepEvent({ ...good, [field]: value })).toEqual({
    ok: false,
    refusal: { reason: 'malformedEvent', faults: [fault] },
  })
})

test('what is no object is told so', () => {
  expect(readStepEvent(null)).toEqual({
    ok: false,
    refusal: { reason: 'malformedEvent', faults: ['expected an object'] },
  })
})
