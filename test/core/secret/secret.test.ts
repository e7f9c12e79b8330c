// What is derived from a secret's metadata, and is no field of it.
import { describe, expect, test } from 'vitest'
import { hasValue, scheduleOf } from '../../../lambda/core/secret/secret.ts'
import { FUNCTION_ARN, id, NOW, secret } from '../../fakes/billing-secret.ts'

describe('a schedule', () => {
  const rules = { everyDays: 60 }

  test('is the function and its rules', () => {
    expect(scheduleOf(secret({ rules }))).toEqual({ functionArn: FUNCTION_ARN, rules })
  })

  test.each([
    ['rotation is off', { rules, rotationEnabled: false }],
    ['there is no function', { rules, rotationFunctionArn: undefined }],
    ['there are no rules', { rules: undefined }],
  ] as const)('is none while %s', (_why, changes) => {
    expect(scheduleOf(secret(changes))).toBeUndefined()
  })
})

describe('a value', () => {
  test('is there once a version carries AWSCURRENT', () => {
    expect(hasValue(secret())).toBe(true)
  })

  test.each([
    ['no version', {}],
    ['a pending version alone', { [id('rotate', NOW)]: ['AWSPENDING'] }],
  ] as const)('is not there with %s', (_what, labels) => {
    expect(hasValue(secret({ labels }))).toBe(false)
  })
})
