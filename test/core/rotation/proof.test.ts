// A proof: its key, its three parts, and who believes it. jose reads it as any auditor's library would.
import { generateKeyPairSync, sign } from 'node:crypto'
import { compactVerify, importJWK } from 'jose'
import { describe, expect, test } from 'vitest'
import { digestOf, readPublicKey } from '../../../lambda/core/base/jws.ts'
import {
  explainProofFault,
  isProofOf,
  type ProofPayload,
  proofKey,
  proofPrefix,
  readProofKey,
  signingInput,
  verifyProof,
  verifyProofWith,
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
    'a.b.0.jws',
    'a.b.2.jws.jws',
    'a.b.jws.bak',
    'a..jws',
    '.b.jws',
    'a.b.c.jws',
  ])('%s is none of a proof', (other) => {
    expect(readProofKey(other)).toBeUndefined()
  })

  test.each([1, 2, 12])('is that of a proof under its own tokens: the proof number %d', (n) => {
    expect(isProofOf(proofKey({ ...name, n }), name)).toBe(true)
  })

  test.each<[string, string]>([
    ['under another revoke', proofKey({ ...name, revokeToken: `${REVOKE_TOKEN}0` })],
    ['under another settle', proofKey({ ...name, settleToken: `${SETTLE_TOKEN}0`, n: 2 })],
    ['of another secret', proofKey({ ...name, secretName: 'm2m/prod/billing2' })],
    ['of another stage', proofKey({ ...name, stage: 'test' })],
    ['in another place', `copies/${proofKey(name)}`],
    ['of none', 'proofs/prod/keys/1234.jwk'],
    ['whose number is none that a proof gets', proofKey(name).replace('.jws', '.1.jws')],
  ])('is not that of a proof under these tokens: one %s', (_what, other) => {
    expect(isProofOf(other, name)).toBe(false)
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

  test.each<[string, Record<string, unknown>]>([
    ['with a span of nothing', { confirmedAfterMs: 0 }],
    ['with the versions that only the slots speak for', { bySlots: ['v1', 'v2'] }],
    ['without an acceptance', { accepted: undefined }],
    [
      'with a refusal that was never accepted before',
      { refused: [{ ...payloadOf().refused[0], lastAcceptedAt: undefined }] },
    ],
    ['with a field that is not known yet', { later: true }],
    ['without Regions, as of earlier releases', {}],
    ['with Regions, in a status that was not known yet', { regions: [{ region: 'eu-north-1', status: 'Paused' }] }],
  ])('but not a payload %s', (_what, changes) => {
    expect(faultOf(signed(HEADER, { ...payloadOf(), ...changes }))).toBe('believed')
  })

  const [refusal] = payloadOf().refused
  test.each<[string, Record<string, unknown>]>([
    ['another version', { version: 2 }],
    ...['stage', 'secretArn', 'clientId', 'revokeToken', 'settleToken'].flatMap(
      (name): [string, Record<string, unknown>][] => [
        [`no ${name}`, { [name]: '' }],
        [`a ${name} that is no text`, { [name]: 1 }],
      ],
    ),
    ['a refusal that is no object', { refused: [refusal, null] }],
    ['a refusal of no version', { refused: [{ ...refusal, versionId: undefined }] }],
    ['a refusal of no value', { refused: [{ ...refusal, lastFour: '' }] }],
    ['a refusal counted in parts', { refused: [{ ...refusal, refusals: 1.5 }] }],
    ['a refusal counted below zero', { refused: [{ ...refusal, refusals: -1 }] }],
    [
      'a refusal whose time begins with more than a date',
      { refused: [{ ...refusal, firstRefusedAt: '+002026-11-02T12:30:05Z' }] },
    ],
    ['a refusal on a day that there is not', { refused: [{ ...refusal, firstRefusedAt: '2026-13-40T12:30:05Z' }] }],
    ['a refusal on a day alone', { refused: [{ ...refusal, firstRefusedAt: '2026-11-02' }] }],
    ['a refusal that was accepted at no time', { refused: [{ ...refusal, lastAcceptedAt: 'never' }] }],
    ['a refusal without one of its errors', { refused: [{ ...refusal, errors: ['invalid_client', ''] }] }],
    ['a refusal without one of its requests', { refused: [{ ...refusal, requestIds: ['request-1', 7] }] }],
    ['slots alone that are no list', { bySlots: 'v1' }],
    ['slots alone for no version', { bySlots: ['v1', ''] }],
    ['an acceptance that is no object', { accepted: null }],
    ['an acceptance of no version', { accepted: { ...payloadOf().accepted, versionId: undefined } }],
    ['an acceptance at no time', { accepted: { ...payloadOf().accepted, provenAt: 'then' } }],
    ['slots that are no object', { slots: null }],
    ['slots without a current one', { slots: { ...payloadOf().slots, current: '' } }],
    ['slots that no request showed', { slots: { ...payloadOf().slots, requestId: undefined } }],
    ['slots that say nothing of the next', { slots: { ...payloadOf().slots, next: undefined } }],
    ['a span below zero', { confirmedAfterMs: -1 }],
    ['a span in parts', { confirmedAfterMs: 0.5 }],
    ['a span that is text', { confirmedAfterMs: '60000' }],
    ['one Region that is none', { regions: [{ region: 'eu-west-1', status: 'InSync' }, null] }],
    ['a Region without a name', { regions: [{ status: 'InSync' }] }],
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

describe('with several trusted keys', () => {
  const FORMER_ARN = PROOF_KEY_ARN.replace('1111aaaa', '2222bbbb')
  const former = createProofKey(FORMER_ARN)
  const refusalOf = (jws: string, trusted: Parameters<typeof verifyProofWith>[1], now = NOW) => {
    const result = verifyProofWith(jws, trusted, now)
    return result.ok ? 'believed' : result.refusal
  }

  test.each([
    ['the first', [former.trusted, key.trusted]],
    ['the last', [key.trusted, former.trusted]],
  ])('a proof is valid by %s that signed it', (_which, trusted) => {
    expect(verifyProofWith(jwsOf(former), trusted, NOW)).toEqual({ ok: true, value: payloadOf() })
  })

  test('one that names none of them names another key, and so does any where none is trusted', () => {
    const stranger = createProofKey(`${PROOF_KEY_ARN}0`)

    expect(refusalOf(jwsOf(stranger), [key.trusted, former.trusted])).toBe('otherKey')
    expect(refusalOf(jwsOf(key), [])).toBe('otherKey')
  })

  test.each([
    ['before', [key.trusted, former.trusted]],
    ['behind', [former.trusted, key.trusted]],
  ])('a forged one is refused by the key that it names, %s the others', (_where, trusted) => {
    const forged = jwsOf({ privateKey: createProofKey().privateKey, trusted: key.trusted })

    expect(refusalOf(forged, trusted)).toBe('wrongSignature')
    expect(refusalOf(jwsOf(key), trusted, Date.parse(payloadOf().at) - 301_000)).toBe('fromTheFuture')
  })
})

test.each([
  ['notAJws', 'it is not a compact JWS'],
  ['otherAlgorithm', 'its header does not say ES256'],
  ['otherType', 'its header does not say m2m-proof+jwt'],
  ['otherKey', 'it names another key than the trusted one'],
  ['wrongSignature', 'its signature is not that of the trusted key'],
  ['malformedPayload', 'what it says cannot be read as a proof of version 1'],
  ['fromTheFuture', 'it is dated in the future'],
] as const)('%s is explained to whoever reads a report', (fault, why) => {
  expect(explainProofFault(fault)).toBe(why)
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
