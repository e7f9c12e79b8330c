// What is held against stored values: the value, or GitGuardian's hash of it, by its own test vector.
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { hmslHash } from '../../../lambda/core/intake/hmsl.ts'
import { createLeakMatcher, MAX_VALUE_CHARACTERS, readProof } from '../../../lambda/core/intake/leak-proof.ts'
import { createClientSecret } from '../../../lambda/core/secret/client-secret.ts'

const key = Buffer.alloc(32, 7)

test('HMSL is what GitGuardian’s own command line makes of "test"', async () => {
  expect(await hmslHash('test')).toBe('bdbfe17c6018147f07ce79f8ec415a075d761ccacc14803e7d645155bf21a75f')
})

describe('a proof', () => {
  const proofOf = (value: unknown, hash?: unknown) => {
    const proof = readProof(value, hash)
    if (!proof.ok) throw new Error(proof.refusal)
    return proof.value
  }

  test('by value fits that value and no other', async () => {
    const matches = createLeakMatcher(proofOf('leaked'), key)

    expect(await matches(createClientSecret('leaked'))).toBe(true)
    for (const other of ['leake', 'leaked ', 'Leaked', 'x', await hmslHash('leaked')]) {
      expect(await matches(createClientSecret(other))).toBe(false)
    }
  })

  test('by hash fits the value that has it', async () => {
    const matches = createLeakMatcher(proofOf(undefined, await hmslHash('leaked')), key)

    expect(await matches(createClientSecret('leaked'))).toBe(true)
    expect(await matches(createClientSecret(await hmslHash('leaked')))).toBe(false)
    expect(await matches(createClientSecret('other'))).toBe(false)
  })

  test('shows its value to nobody', () => {
    const proof = proofOf('canary-value')

    expect(`${JSON.stringify(proof)}${inspect(proof, { depth: 5, showHidden: true })}`).not.toContain('canary-value')
  })

  test.each([
    [undefined, undefined],
    ['a', 'ab'.repeat(32)],
    ['', undefined],
    [7, undefined],
    ['x'.repeat(MAX_VALUE_CHARACTERS + 1), undefined],
    [undefined, 'AB'.repeat(32)],
    [undefined, 'ab'],
    [undefined, 7],
  ])('is not made of %j and %j', (value, hash) => {
    expect(readProof(value, hash).ok).toBe(false)
  })
})
