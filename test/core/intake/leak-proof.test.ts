// What is held against stored values: the value, or GitGuardian's hash of it, by its own test vector.
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { hmslHash } from '../../../lambda/core/intake/hmsl.ts'
import { createLeakMatcher, readProof } from '../../../lambda/core/intake/leak-proof.ts'
import { MAX_LEAK_BYTES } from '../../../lambda/core/intake/leak-text.ts'
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

  test('by values fits each of them, by its place, and no other', async () => {
    const matches = createLeakMatcher(
      { kind: 'values', values: ['another', 'leaked'].map((one) => createClientSecret(one)) },
      key,
    )

    expect(await matches(createClientSecret('leaked'))).toBe(1)
    expect(await matches(createClientSecret('another'))).toBe(0)
    for (const other of ['leake', 'leaked ', 'Leaked', 'x', await hmslHash('leaked')]) {
      expect(await matches(createClientSecret(other))).toBeUndefined()
    }
  })

  test('by hash fits the value that has it', async () => {
    const matches = createLeakMatcher({ kind: 'hmsl', hash: await hmslHash('leaked') }, key)

    expect(await matches(createClientSecret('leaked'))).toBe(0)
    expect(await matches(createClientSecret(await hmslHash('leaked')))).toBeUndefined()
    expect(await matches(createClientSecret('other'))).toBeUndefined()
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
    ['x'.repeat(MAX_LEAK_BYTES + 1), undefined],
    [undefined, 'AB'.repeat(32)],
    [undefined, 'ab'],
    [undefined, 7],
  ])('is not made of %j and %j', (value, hash) => {
    expect(readProof(value, hash).ok).toBe(false)
  })
})
