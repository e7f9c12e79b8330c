// A key as KMS has it, in memory: signs digests as KMS does, and gives its public half away.
import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { TrustedKey } from '../../lambda/core/base/jws.ts'
import { compactJws, signingInputOf } from '../../lambda/core/base/jws.ts'
import type { ProofPayload } from '../../lambda/core/rotation/proof.ts'
import { signingInput } from '../../lambda/core/rotation/proof.ts'
import { SECRET_ARN } from './fake-secrets.ts'

export const PROOF_KEY_ARN = 'arn:aws:kms:eu-central-1:123456789012:key/1111aaaa-22bb-33cc-44dd-555555eeeeee'
export const REVOKE_TOKEN = 'revoke-1793622600000-00000000000000000000000000000001'
export const SETTLE_TOKEN = 'settle-1793620800000-00000000000000000000000000000002'

export interface ProofKey {
  readonly trusted: TrustedKey
  readonly privateKey: KeyObject
  /** What was given to be signed. */
  readonly digests: Buffer[]
  signDigest(digest: Uint8Array): Buffer
}

/** Node signs no digest with ECDSA, but for one of its own making: the text that it belongs to has to be told before. */
export const createProofKey = (keyArn = PROOF_KEY_ARN): ProofKey & { expect(input: string): void } => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const texts = new Map<string, string>()
  const digests: Buffer[] = []
  return {
    trusted: { publicKey, keyArn },
    privateKey: createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    digests,
    expect: (input) => {
      texts.set(createHash('sha256').update(input).digest('hex'), input)
    },
    signDigest: (digest) => {
      digests.push(Buffer.from(digest))
      const text = texts.get(Buffer.from(digest).toString('hex'))
      if (text === undefined) throw new Error('the digest is not that of an expected text')
      return sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'der' })
    },
  }
}

export const payloadOf = (changes: Partial<ProofPayload> = {}): ProofPayload => ({
  version: 1,
  stage: 'test',
  secretArn: SECRET_ARN,
  clientId: 'm2m-client-test-orders',
  revokeToken: REVOKE_TOKEN,
  settleToken: SETTLE_TOKEN,
  refused: [
    {
      versionId: 'rotate-1793600000000-00000000000000000000000000000003',
      lastFour: 'oooo',
      refusals: 3,
      firstRefusedAt: '2026-11-02T12:30:05.000Z',
      lastAcceptedAt: '2026-11-02T12:29:50.000Z',
      errors: ['invalid_client', 'invalid_client', 'invalid_client'],
      requestIds: ['request-1', 'request-2', 'request-3'],
    },
  ],
  accepted: {
    versionId: REVOKE_TOKEN,
    lastFour: 'nnnn',
    requestId: 'request-4',
    provenAt: '2026-11-02T12:30:15.000Z',
  },
  slots: { current: 'nnnn', next: null, requestId: 'request-5' },
  at: '2026-11-02T12:30:20.000Z',
  ...changes,
})

/** Signed as JWS wants it at once, without KMS's form of a signature. */
export const jwsOf = (
  { privateKey, trusted, type }: Pick<ProofKey, 'privateKey' | 'trusted'> & { readonly type?: string },
  payload: ProofPayload = payloadOf(),
): string => {
  const keyArn = trusted.keyArn ?? ''
  const input = type === undefined ? signingInput(payload, keyArn) : signingInputOf(type, keyArn, payload)
  return compactJws(input, sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }))
}
