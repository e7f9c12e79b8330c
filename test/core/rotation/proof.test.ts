// A proof: its key, its three parts, and who believes it. jose reads it as any auditor's library would.
import { generateKeyPairSync, sign } from 'node:crypto'
import { compactVerify, importJWK } from 'jose'
import { describe, expect, test } from 'vitest'
import { digestOf, readPublicKey } from '../../../lambda/core/base/jws.ts'
import {
  type ProofPayload,
  proofKey,
  proofPrefix,
  readProofKey,
  signingInput,
  verifyProof,
} from '../../../lambda/core/rotation/proof.ts'
import { createProofKey, jwsOf, PROOF_KEY_ARN, payloadOf, REVOKE_TOKEN, SETTLE_TOKEN } from '../../fakes/proof-key.ts'

const NOW = Date.parse('2026-11-03T00:00:00Z')
const key = createProofKey()
const partsOf = (jws: string) => jws.split('.') as [string, string, string]
const encode = (json: unknown): string => Buffer.from(JSON.stringify(json)).toString('base64url')
const signed = (header: unknown, payload: unknown = payloadOf(), by = key.privateKey): string => {
  const input = `${encode(header)}.${typeof payload === 'string' ? payload : encode(payload)}`
  return `${input}.${sign('sha256', Buffer.from(input), { key: by, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}
const HEADER = { alg: 'ES256', typ: 'm2m-proof+jwt', kid: PROOF_KEY_ARN }

describe('the key in the bucket', () => {
  const name = { stage: 'prod', secretName: 'm2m/prod/billing', revokeToken: REVOKE_TOKEN, settleToken: SETTLE_TOKEN }

  test('names the secret and both tokens, and from the second on the number', () => {
    const first = `proofs/prod/m2m/prod/billing/${REVOKE_TOKEN}.${SETTLE_TOKEN}.jws`

    expect(proofKey(name)).toBe(first)
    expect(proofKey({ ...name, n: 1 })).toBe(first)
    expect(proofKey({ ...name, n: 2 })).toBe(first.replace('.jws', '.2.jws'))
    expect(proofPrefix('prod', 'm2m/prod/billing')).toBe('proofs/prod/m2m/prod/billing/')
  })

  test.each([1, 2, 12])('is read back: the proof number %d', (n) => {
    const { revokeToken, settleToken } = name

    expect(readProofKey(proofKey({ ...name, n }))).toEqual({ revokeToken, settleToken, n })
  })

  test.each([
    'proofs/prod/keys/1234.jwk',
    'proofs/prod/m2m/prod/billing/x.jws',
    'a.b.1.jws',
    'a.b.02.jws',
    'a.b.c.jws',
  ])('%s is none of a proof', (other) => {
    expect(readProofKey(other)).toBeUndefined()
  })

  test('stays below its prefix, whatever a secret is called', () => {
    expect(proofKey({ ...name, secretName: 'm2m/prod/../../x' })).toMatch(
      /^proofs\/prod\/m2m\/prod\/%2E%2E\/%2E%2E\/x\//,
    )
  })
})

describe('a proof', () => {
  test('is a compact JWS with this header, which jose verifies', async () => {
    const jws = jwsOf(key)
    const jwk = await importJWK(key.trusted.publicKey.export({ format: 'jwk' }), 'ES256')

    const { protectedHeader, payload } = await compactVerify(jws, jwk, { algorithms: ['ES256'] })

    expect(protectedHeader).toEqual(HEADER)
    expect(JSON.parse(Buffer.from(payload).toString())).toEqual(payloadOf())
    expect(digestOf(signingInput(payloadOf(), PROOF_KEY_ARN))).toHaveLength(32)
  })

  test('says what was signed to whoever has the key', () => {
    expect(verifyProof(jwsOf(key), key.trusted, NOW)).toEqual({ ok: true, value: payloadOf() })
    expect(verifyProof(`${jwsOf(key)}\n`, { publicKey: key.trusted.publicKey }, NOW).ok).toBe(true)
  })

  test.each<[string, Partial<ProofPayload>]>([
    ['no value that could be read', { refused: [] }],
    ['a next slot', { slots: { current: 'aaaa', next: 'bbbb', requestId: 'r' } }],
  ])('may be about %s', (_what, changes) => {
    const payload = payloadOf(changes)

    expect(verifyProof(jwsOf(key, payload), key.trusted, NOW)).toEqual({ ok: true, value: payload })
  })
})

describe('what is not believed', () => {
  const faultOf = (jws: string, trusted = key.trusted, now = NOW) => {
    const result = verifyProof(jws, trusted, now)
    return result.ok ? 'believed' : result.refusal
  }
  const [head, body, signature] = partsOf(jwsOf(key))

  test.each<[string, string]>([
    ['nothing', ''],
    ['JSON', JSON.stringify(payloadOf())],
    ['two parts', `${head}.${body}`],
    ['four parts', `${head}.${body}.${signature}.${signature}`],
    ['an empty part', `${head}..${signature}`],
    ['another base64', `${head}=.${body}.${signature}`],
    ['a header that is not JSON', `${Buffer.from('x').toString('base64url')}.${body}.${signature}`],
    ['far too much', `${head}.${'A'.repeat(200_000)}.${signature}`],
    ['a header with critical extensions', signed({ ...HEADER, crit: ['exp'], exp: 1 })],
  ])('%s is no JWS', (_what, jws) => {
    expect(faultOf(jws)).toBe('notAJws')
  })

  test.each(['none', 'HS256', 'ES384', undefined])('algorithm %s', (alg) => {
    expect(faultOf(signed({ ...HEADER, alg }))).toBe('otherAlgorithm')
  })

  test.each(['m2m-revocations+jwt', 'JWT', undefined])('type %s', (typ) => {
    expect(faultOf(signed({ ...HEADER, typ }))).toBe('otherType')
  })

  test('another key by name, or none', () => {
    expect(faultOf(signed({ ...HEADER, kid: `${PROOF_KEY_ARN}0` }))).toBe('otherKey')
    expect(faultOf(signed({ ...HEADER, kid: undefined }))).toBe('otherKey')
  })

  test("another key's signature under the trusted key's name", () => {
    expect(faultOf(signed(HEADER, payloadOf(), createProofKey().privateKey))).toBe('wrongSignature')
  })

  test('a changed payload, or a changed signature', () => {
    const other = encode(payloadOf({ stage: 'prod' }))
    const bytes = Buffer.from(signature, 'base64url')
    bytes[10] = (bytes[10] ?? 0) ^ 1

    expect(faultOf(`${head}.${other}.${signature}`)).toBe('wrongSignature')
    expect(faultOf(`${head}.${body}.${bytes.toString('base64url')}`)).toBe('wrongSignature')
    expect(faultOf(`${head}.${body}.${bytes.subarray(1).toString('base64url')}`)).toBe('wrongSignature')
  })

  test('a signature in DER, which is KMS’s form and not that of a JWS', () => {
    const der = sign('sha256', Buffer.from(`${head}.${body}`), { key: key.privateKey, dsaEncoding: 'der' })

    expect(faultOf(`${head}.${body}.${der.toString('base64url')}`)).toBe('wrongSignature')
  })

  test('a date in the future, beyond what clocks differ', () => {
    const at = Date.parse(payloadOf().at)

    expect(faultOf(jwsOf(key), key.trusted, at - 299_000)).toBe('believed')
    expect(faultOf(jwsOf(key), key.trusted, at - 301_000)).toBe('fromTheFuture')
  })

  test.each([
    ['without Regions, as of earlier releases', {}],
    ['with Regions, in a status that was not known yet', { regions: [{ region: 'eu-north-1', status: 'Paused' }] }],
  ])('but not a payload %s', (_what, changes) => {
    expect(faultOf(signed(HEADER, { ...payloadOf(), ...changes }))).toBe('believed')
  })

  const [refusal] = payloadOf().refused
  test.each<[string, Record<string, unknown>]>([
    ['another version', { version: 2 }],
    ['no tokens', { revokeToken: '' }],
    ['no list of refusals', { refused: undefined }],
    ['a refusal without a count', { refused: [{ ...refusal, refusals: 0 }] }],
    ['a refusal without a time', { refused: [{ ...refusal, firstRefusedAt: 'yesterday' }] }],
    ['a refusal without errors', { refused: [{ ...refusal, errors: 'invalid_client' }] }],
    ['an acceptance without a request', { accepted: { versionId: 'v', lastFour: 'x', provenAt: payloadOf().at } }],
    ['no slots', { slots: undefined }],
    ['Regions that are no list', { regions: 'eu-north-1' }],
    ['a Region without a status', { regions: [{ region: 'eu-north-1' }] }],
    ['no time', { at: 0 }],
  ])('a payload with %s', (_what, changes) => {
    expect(faultOf(signed(HEADER, { ...payloadOf(), ...changes }))).toBe('malformedPayload')
    expect(faultOf(signed(HEADER, Buffer.from('[]').toString('base64url')))).toBe('malformedPayload')
  })
})

describe('a public key', () => {
  const { publicKey } = key.trusted
  const jwk = publicKey.export({ format: 'jwk' })

  test('is read as PEM, as SPKI, and as a JWK, whose kid says which it is', () => {
    const jws = jwsOf(key)
    const forms = [
      publicKey.export({ type: 'spki', format: 'pem' }) as string,
      publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify({ ...jwk, kid: PROOF_KEY_ARN }),
    ]

    for (const form of forms) {
      const trusted = readPublicKey(form)
      expect(trusted === undefined ? undefined : verifyProof(jws, trusted, NOW).ok).toBe(true)
    }
    expect(readPublicKey(JSON.stringify({ ...jwk, kid: PROOF_KEY_ARN }))?.keyArn).toBe(PROOF_KEY_ARN)
  })

  test.each<[string, string]>([
    ['text', 'not a key'],
    [
      'RSA',
      generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    ],
    [
      'another curve',
      generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    ],
    ['a JWK without coordinates', '{"kty":"EC","crv":"P-256"}'],
  ])('is not %s', (_what, text) => {
    expect(readPublicKey(text)).toBeUndefined()
  })
})
