// The box around a value: no way of printing it shows what is inside, and two boxes compare by what they hold.
import { format, inspect } from 'node:util'
import { expect, test } from 'vitest'
import { createClientSecret } from '../../../lambda/core/secret/client-secret.ts'

const VALUE = 'canary-value-of-a-secret-WXYZ'
const secret = createClientSecret(VALUE)

const prints: readonly (readonly [string, () => string])[] = [
  ['toString', () => secret.toString()],
  ['String()', () => String(secret)],
  ['a template string', () => `${secret}`],
  ['concatenation', () => `it is ${secret as object}`],
  ['JSON.stringify', () => JSON.stringify(secret)],
  ['JSON.stringify of an object around it', () => JSON.stringify({ deep: [{ secret }] })],
  ['util.inspect', () => inspect(secret)],
  ['util.inspect of an object around it', () => inspect({ deep: { deeper: [secret] } }, { depth: 9 })],
  ['util.inspect with hidden properties', () => inspect({ secret }, { depth: 9, showHidden: true })],
  ['util.format', () => format('%s %o %O %j', secret, secret, secret, secret)],
  ['an error with it as cause', () => inspect(new Error('failed', { cause: secret }))],
]

test.each(prints)('%s shows that a secret is there, and nothing of it', (_how, print) => {
  const printed = print()

  expect(printed).toContain('[client secret]')
  expect(printed).not.toContain('canary')
  expect(printed).not.toContain('WXYZ')
})

test('the value comes out only when asked for by name', () => {
  expect(secret.reveal()).toBe(VALUE)
  expect(Object.values(secret).filter((held) => held === VALUE)).toEqual([])
})

test('the last four are the end of the value', () => {
  expect(secret.lastFour).toBe('WXYZ')
})

test('boxes are equal when their values are, and not when only the last four are', () => {
  const same = createClientSecret(VALUE)
  const collides = createClientSecret('another-value-WXYZ')
  const longer = createClientSecret(`${VALUE}x`)

  expect([secret.equals(same), same.equals(secret), secret.equals(secret)]).toEqual([true, true, true])
  expect([secret.equals(collides), secret.equals(longer), longer.equals(secret)]).toEqual([false, false, false])
})

test('a box cannot be changed', () => {
  expect(Object.isFrozen(secret)).toBe(true)
})
