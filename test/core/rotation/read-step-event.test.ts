// The event of a rotation step: whoever may invoke the function writes it, so every field is checked and none is repeated.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readStepEvent } from '../../../lambda/core/rotation/read-step-event.ts'
import { steps } from '../../../lambda/core/rotation/refusal.ts'

const event = {
  Step: 'createSecret',
  SecretId: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:m2m/test/orders-AbCdEf',
  ClientRequestToken: 'rotate-1793622600000-00000000000000000000000000000000',
}
const rotationToken = 'canary-rotation-token-0123456789-0123456789'
const faultsOf = (given: unknown): readonly string[] => {
  const result = readStepEvent(given)
  if (result.ok || result.refusal.reason !== 'malformedEvent') return []
  return result.refusal.faults
}

describe('a good event', () => {
  test.each(steps)('%s is read', (step) => {
    expect(readStepEvent({ ...event, Step: step })).toEqual({
      ok: true,
      value: { step, secretId: event.SecretId, requestToken: event.ClientRequestToken, rotationToken: undefined },
    })
  })

  test.each(['x'.repeat(32), 'x'.repeat(64), '0b8f5a53-bdb2-4d8c-8e2e-8b1c0a5f7d11'])(
    'a token of any form is read: %s',
    (token) => {
      expect(readStepEvent({ ...event, ClientRequestToken: token }).ok).toBe(true)
    },
  )

  test('a rotation token is taken along; null is none', () => {
    const read = (RotationToken: unknown) => {
      const result = readStepEvent({ ...event, RotationToken })
      return result.ok ? result.value.rotationToken : 'refused'
    }

    expect([read(rotationToken), read(null), read(undefined)]).toEqual([rotationToken, undefined, undefined])
  })

  test('fields that we do not know are left alone', () => {
    expect(readStepEvent({ ...event, Something: 'new' }).ok).toBe(true)
  })
})

describe('a bad event', () => {
  test('is told with all its faults', () => {
    expect(faultsOf({ RotationToken: 'short' })).toEqual([
      'Step: expected one of createSecret, setSecret, testSecret, finishSecret',
      'SecretId: expected an ARN',
      'ClientRequestToken: expected 32 to 64 characters',
      'RotationToken: expected 36 to 256 characters',
    ])
  })

  test.each([undefined, null, 'canary', 17, []])('is refused whatever it is: %j', (given) => {
    expect(faultsOf(given).length).toBeGreaterThan(0)
  })

  test.each([
    ['Step', 'deleteSecret'],
    ['Step', 'toString'],
    ['Step', ['createSecret']],
    ['SecretId', ''],
    ['SecretId', 'x'.repeat(2049)],
    ['SecretId', { canary: 1 }],
    ['ClientRequestToken', 'x'.repeat(31)],
    ['ClientRequestToken', 'x'.repeat(65)],
    ['ClientRequestToken', `${'x'.repeat(40)}\n`],
    ['ClientRequestToken', `${'x'.repeat(20)} ${'x'.repeat(20)}`],
    ['RotationToken', ''],
    ['RotationToken', 'x'.repeat(257)],
    ['RotationToken', 36],
  ])('is refused for its %s alone', (name, value) => {
    expect(faultsOf({ ...event, [name]: value })).toEqual([expect.stringMatching(`^${name}: expected `)])
  })

  test('nothing of it is repeated', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...Object.keys(event), 'RotationToken'), fc.constant('canary')),
        (given) => {
          expect(faultsOf(given).join()).not.toContain('canary')
        },
      ),
    )
  })
})
