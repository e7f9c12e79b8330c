// KMS as its SDK speaks to it: the wire by hand, and Node's own verification of what comes back.
import { createHash, createPublicKey, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { KmsKey } from '../../../lambda/local/aws/kms-operations.ts'
import { type Aws, startAws } from './aws-harness.ts'

const KEYS = [{ alias: 'alias/proofs' }, { alias: 'alias/data', usage: 'ENCRYPT_DECRYPT' }] as const
const MESSAGE = Buffer.from('what was refused, and when')
const digest = (message = MESSAGE): string => createHash('sha256').update(message).digest('base64')

const kms = async (aws: Aws, operation: string, body: object) => {
  const response = await fetch(aws.origin, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `TrentService.${operation}` },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Record<string, string> }
}

const start = async () => {
  const aws = await startAws({ keys: KEYS })
  const [signing, data] = aws.standIn.keys()
  if (signing === undefined || data === undefined) throw new Error('expected two keys')
  const sign = (change: object = {}) =>
    kms(aws, 'Sign', {
      KeyId: signing.arn,
      Message: digest(),
      MessageType: 'DIGEST',
      SigningAlgorithm: 'ECDSA_SHA_256',
      ...change,
    })
  return { aws, signing, data, sign }
}

const publicKeyOf = async (aws: Aws, KeyId: string) => {
  const { body } = await kms(aws, 'GetPublicKey', { KeyId })
  return createPublicKey({ key: Buffer.from(body.PublicKey ?? '', 'base64'), format: 'der', type: 'spki' })
}

describe('a signature', () => {
  test('over a digest is DER, and verifies over the message with the public key', async () => {
    const { aws, signing, sign } = await start()
    const key = await publicKeyOf(aws, signing.arn)

    for (let turn = 0; turn < 20; turn += 1) {
      const message = Buffer.from(`message ${turn}`)
      const { status, body } = await sign({ Message: digest(message) })
      const signature = Buffer.from(body.Signature ?? '', 'base64')

      expect(status).toBe(200)
      expect(verify('sha256', message, { key, dsaEncoding: 'der' }, signature)).toBe(true)
      expect(verify('sha256', MESSAGE, { key, dsaEncoding: 'der' }, signature)).toBe(false)
    }
  })

  test('names the key by its ARN, however it was asked for', async () => {
    const { signing, sign } = await start()

    for (const KeyId of [signing.keyId, signing.arn, signing.alias, signing.aliasArn]) {
      const { body } = await sign({ KeyId })
      expect(body).toMatchObject({ KeyId: signing.arn, SigningAlgorithm: 'ECDSA_SHA_256' })
    }
  })
})

describe('the public key', () => {
  test('is P-256 in SPKI, with what it is for', async () => {
    const { aws, signing } = await start()

    const { body } = await kms(aws, 'GetPublicKey', { KeyId: signing.alias })

    expect(body).toMatchObject({
      KeyId: signing.arn,
      KeySpec: 'ECC_NIST_P256',
      KeyUsage: 'SIGN_VERIFY',
      SigningAlgorithms: ['ECDSA_SHA_256'],
    })
    expect((await publicKeyOf(aws, signing.arn)).asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
  })

  test('stays over a reset', async () => {
    const { aws, signing } = await start()
    const before = await kms(aws, 'GetPublicKey', { KeyId: signing.arn })

    aws.world.reset()

    expect(await kms(aws, 'GetPublicKey', { KeyId: signing.arn })).toEqual(before)
  })
})

describe('the keys', () => {
  test('are listed with alias and ARN, by ListAliases and by the stand-in, without anything private', async () => {
    const { aws, signing } = await start()

    const listed = await kms(aws, 'ListAliases', {})
    const control = (await (await fetch(`${aws.origin}/_stand-in/keys`)).json()) as { keys: KmsKey[] }

    expect(listed.body.Aliases?.[0]).toEqual({
      AliasName: 'alias/proofs',
      AliasArn: signing.aliasArn,
      TargetKeyId: signing.keyId,
    })
    expect(signing.arn).toBe(`arn:aws:kms:us-east-1:000000000000:key/${signing.keyId}`)
    expect(control.keys).toEqual(aws.standIn.keys())
    expect(Object.keys(signing)).toEqual(['keyId', 'arn', 'alias', 'aliasArn', 'usage', 'publicKey'])
  })

  test('are one, which signs, when none are asked for', async () => {
    const aws = await startAws()

    expect(aws.standIn.keys()).toMatchObject([{ alias: 'alias/stand-in', usage: 'SIGN_VERIFY' }])
  })
})

describe('KMS refuses', () => {
  test.each([
    ['an unknown alias', { KeyId: 'alias/none' }, 'NotFoundException'],
    ['an unknown key', { KeyId: '00000000-0000-4000-8000-000000000000' }, 'NotFoundException'],
    ['a key that encrypts', { KeyId: 'alias/data' }, 'InvalidKeyUsageException'],
    ['an algorithm of another curve', { SigningAlgorithm: 'ECDSA_SHA_384' }, 'InvalidKeyUsageException'],
    ['an algorithm that there is not', { SigningAlgorithm: 'ES256' }, 'ValidationException'],
    ['no algorithm', { SigningAlgorithm: undefined }, 'ValidationException'],
    ['a message type that there is not', { MessageType: 'HASH' }, 'ValidationException'],
    ['a raw message, which is not played', { MessageType: 'RAW' }, 'ValidationException'],
    ['no message type, which means raw', { MessageType: undefined }, 'ValidationException'],
    ['a digest of another length', { Message: Buffer.alloc(48).toString('base64') }, 'ValidationException'],
    ['no message', { Message: undefined }, 'ValidationException'],
    ['a message over 4,096 bytes', { Message: Buffer.alloc(4097).toString('base64') }, 'ValidationException'],
    ['what is no base64', { Message: '!' }, 'SerializationException'],
    ['a grant, which is not played', { GrantTokens: ['x'] }, 'ValidationException'],
  ])('to sign with %s', async (_what, change, error) => {
    const { sign } = await start()

    const refused = await sign(change)

    expect([refused.status, refused.body.__type]).toEqual([400, error])
  })

  test.each([
    ['an unknown key', 'alias/none', 'NotFoundException'],
    ['a symmetric key', 'alias/data', 'UnsupportedOperationException'],
  ])('the public key of %s', async (_what, KeyId, error) => {
    const { aws } = await start()

    expect((await kms(aws, 'GetPublicKey', { KeyId })).body.__type).toBe(error)
  })

  test('by a name of its own when it fails itself', async () => {
    const { aws, sign } = await start()
    aws.standIn.faults.add({ op: 'Sign', kind: 'error', status: 500 })

    const refused = await sign()

    expect([refused.status, refused.body.__type]).toEqual([500, 'KMSInternalException'])
  })

  test('operations that are not played', async () => {
    const { aws } = await start()

    expect((await kms(aws, 'Decrypt', {})).body.__type).toBe('UnknownOperationException')
  })
})
