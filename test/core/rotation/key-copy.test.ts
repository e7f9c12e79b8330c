// The public half of the key beside the proofs: where it lies, what it says, and that it is stored once an execution environment.
import { expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { createKeyCopy, keyCopyName, writeKeyCopy } from '../../../lambda/core/rotation/key-copy.ts'
import { createProofKey, PROOF_KEY_ARN } from '../../fakes/proof-key.ts'

const key = createProofKey()
const NAME = 'proofs/prod/keys/1111aaaa-22bb-33cc-44dd-555555eeeeee.jwk'

const copyInto = (puts: (readonly [string, string, number])[], fail: () => void = () => {}) =>
  createKeyCopy({
    stage: 'prod',
    keyArn: PROOF_KEY_ARN,
    publicKey: async () => ({ publicKey: key.trusted.publicKey }),
    store: {
      put: async (...put) => {
        puts.push(put)
        fail()
        return 'stored'
      },
    },
  })

test('it is named by the key’s id, below the stage', () => {
  expect(keyCopyName('prod', PROOF_KEY_ARN)).toBe(NAME)
})

test('it is a JWK that says what the key is for, names its ARN, and holds nothing private', () => {
  const { kty, crv, x, y } = key.trusted.publicKey.export({ format: 'jwk' })

  expect(JSON.parse(writeKeyCopy(key.trusted))).toEqual({
    kty,
    crv,
    x,
    y,
    kid: PROOF_KEY_ARN,
    use: 'sig',
    alg: 'ES256',
  })
})

test('it is stored once, in the time that it is given, under the ARN that signs', async () => {
  const puts: (readonly [string, string, number])[] = []
  const copy = copyInto(puts)

  await copy(1234)
  await copy(1234)

  expect(puts).toEqual([[NAME, writeKeyCopy(key.trusted), 1234]])
})

test('a copy that failed is tried again', async () => {
  const puts: (readonly [string, string, number])[] = []
  const copy = copyInto(puts, () => {
    if (puts.length === 1) throw new Fault({ code: 'ARCHIVE_UNAVAILABLE', retryable: true, message: 'down' })
  })

  await expect(copy(1000)).rejects.toMatchObject({ code: 'ARCHIVE_UNAVAILABLE' })
  await copy(1000)
  await copy(1000)

  expect(puts).toHaveLength(2)
})
