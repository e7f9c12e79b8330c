// What is said of an incident's signed proofs: from valid ones of that incident alone.
import { describe, expect, test } from 'vitest'
import { rawSignatureOf } from '../../../lambda/core/base/ecdsa-signature.ts'
import { compactJws, digestOf } from '../../../lambda/core/base/jws.ts'
import { signedProofOf } from '../../../lambda/core/incident/signed-proof.ts'
import { type ProofPayload, proofKey, signingInput } from '../../../lambda/core/rotation/proof.ts'
import { makeRequestToken } from '../../../lambda/core/secret/request-token.ts'
import { SECRET_ARN, SECRET_NAME } from '../../fakes/fake-secrets.ts'
import { createProofKey, PROOF_KEY_ARN, payloadOf, SETTLE_TOKEN } from '../../fakes/proof-key.ts'

const NOW = Date.parse(payloadOf().at) + 3_600_000
const revokeOf = (about: string): string =>
  makeRequestToken({ origin: 'revoke', askedAt: NOW - 7_200_000, secretArn: SECRET_ARN, about, attempt: 1 })

const createBucket = () => {
  const key = createProofKey()
  const objects = new Map<string, string>()
  const put = (changes: Partial<ProofPayload>, n = 1, by = key): void => {
    const payload = payloadOf(changes)
    const input = signingInput(payload, PROOF_KEY_ARN)
    by.expect(input)
    const name = {
      stage: 'test',
      secretName: SECRET_NAME,
      revokeToken: payload.revokeToken,
      settleToken: SETTLE_TOKEN,
      n,
    }
    const der = by.signDigest(digestOf(input))
    objects.set(proofKey(name), compactJws(input, rawSignatureOf(der) ?? Buffer.alloc(64)))
  }
  const reader = {
    list: async (prefix: string) => [...objects.keys()].filter((one) => one.startsWith(prefix)),
    read: async (one: string) => objects.get(one),
  }
  const ask = (incidentId: string) =>
    signedProofOf(reader, { incidentId, stage: 'test', secretArn: SECRET_ARN, trusted: [key.trusted], now: NOW })
  return { put, ask }
}

const NOTHING = {
  refusals: 0,
  firstRefusedAt: null,
  signed: false,
  isPlanned: false,
  confirmed: false,
  confirmableAt: null,
}

test('nothing stored: not signed', async () => {
  expect(await createBucket().ask('INC-1')).toEqual(NOTHING)
})

test('the first proof and its confirmation count together, from the first refusal on', async () => {
  const { put, ask } = createBucket()
  const [value] = payloadOf().refused
  if (value === undefined) throw new Error('no value')
  put({ revokeToken: revokeOf('INC-1') })
  put({ revokeToken: revokeOf('INC-1'), refused: [{ ...value, firstRefusedAt: '2026-11-02T12:32:00.000Z' }] }, 2)

  expect(await ask('INC-1')).toMatchObject({ refusals: 6, firstRefusedAt: value.firstRefusedAt, signed: true })
})

test("another incident's proof is none of this one's", async () => {
  const { put, ask } = createBucket()
  put({ revokeToken: revokeOf('INC-2') })

  expect(await ask('INC-1')).toMatchObject({ signed: false })
  expect(await ask('INC-2')).toMatchObject({ signed: true, refusals: 3 })
})

test('a proof by another key, or of slots alone, is none', async () => {
  const { put, ask } = createBucket()
  put({ revokeToken: revokeOf('INC-1') }, 1, createProofKey())
  put({ revokeToken: revokeOf('INC-1'), refused: [] }, 2)

  expect(await ask('INC-1')).toEqual(NOTHING)
})

describe('a proof is confirmed by a later one under the same tokens', () => {
  const at = Date.parse(payloadOf().at)
  const later = (ms: number): string => new Date(at + ms).toISOString()

  test.each<[string, number | undefined, readonly number[], boolean]>([
    ['one alone is not', undefined, [], false],
    ['nor is one without a span', 0, [], false],
    ['a second one that came too early does not', undefined, [59_999], false],
    ['a minute later it does', undefined, [60_000], true],
    ['after the span that the first one names', 5000, [4999, 5000], true],
    ['at once where the span is zero', 0, [0], true],
  ])('%s', async (_, confirmedAfterMs, offsets, confirmed) => {
    const { put, ask } = createBucket()
    const span = confirmedAfterMs === undefined ? {} : { confirmedAfterMs }
    put({ revokeToken: revokeOf('INC-1'), ...span })
    for (const [n, offset] of offsets.entries()) {
      put({ revokeToken: revokeOf('INC-1'), ...span, at: later(offset) }, n + 2)
    }

    const found = await ask('INC-1')

    expect(found).toMatchObject({ signed: true, confirmed })
    expect(found.confirmableAt).toBe(confirmed ? null : later(confirmedAfterMs ?? 60_000))
  })

  test('not by one that another key signed', async () => {
    const { put, ask } = createBucket()
    put({ revokeToken: revokeOf('INC-1') })
    put({ revokeToken: revokeOf('INC-1'), at: later(120_000) }, 2, createProofKey())

    expect(await ask('INC-1')).toMatchObject({ confirmed: false })
  })
})
