// What the stored proofs of a secret prove about its newest revoke: only what is signed, about this secret, under these tokens.
import { describe, expect, test } from 'vitest'
import { readProofs } from '../../../lambda/core/incident/read-proofs.ts'
import { type ProofPayload, proofKey } from '../../../lambda/core/rotation/proof.ts'
import { SECRET_ARN, SECRET_NAME } from '../../fakes/fake-secrets.ts'
import { createProofKey, jwsOf, payloadOf, REVOKE_TOKEN, SETTLE_TOKEN } from '../../fakes/proof-key.ts'

const key = createProofKey()
const NOW = Date.parse('2026-11-03T00:00:00Z')
const LATER_REVOKE = 'revoke-1793700000000-0000000000000000000000000000000a'
const nameOf = (changes: { readonly revokeToken?: string; readonly n?: number } = {}) =>
  proofKey({ stage: 'test', secretName: SECRET_NAME, revokeToken: REVOKE_TOKEN, settleToken: SETTLE_TOKEN, ...changes })

const reading = (
  objects: Readonly<Record<string, string>>,
  versionIds: readonly string[] = [REVOKE_TOKEN, SETTLE_TOKEN],
) =>
  readProofs(
    {
      list: async (prefix) => Object.keys(objects).filter((at) => at.startsWith(prefix)),
      read: async (at) => objects[at],
    },
    { stage: 'test', secretArn: SECRET_ARN, versionIds, trusted: [key.trusted], now: NOW },
  )
const signed = (changes: Partial<ProofPayload> = {}) => jwsOf(key, payloadOf(changes))

describe('the newest revoke', () => {
  test('is proven by a valid proof under its token', async () => {
    const report = await reading({ [nameOf()]: signed() })

    expect(report).toMatchObject({ secretName: SECRET_NAME, newestRevoke: REVOKE_TOKEN, isProven: true })
    expect(report.proofs).toEqual([
      { key: nameOf(), revokeToken: REVOKE_TOKEN, proof: { ok: true, value: payloadOf() } },
    ])
  })

  test('is proven by any of the proofs that were made of it', async () => {
    const report = await reading({ [nameOf()]: 'broken', [nameOf({ n: 2 })]: signed() })

    expect(report.isProven).toBe(true)
    expect(report.proofs.map(({ proof }) => proof.ok)).toEqual([false, true])
  })

  test('is not proven by the proof of an earlier one', async () => {
    const report = await reading({ [nameOf()]: signed() }, [REVOKE_TOKEN, LATER_REVOKE])

    expect(report).toMatchObject({ newestRevoke: LATER_REVOKE, isProven: false })
    expect(report.proofs[0]?.proof.ok).toBe(true)
  })

  test('may be known by its proof alone, when the versions are forgotten', async () => {
    expect(await reading({ [nameOf()]: signed() }, [])).toMatchObject({ newestRevoke: REVOKE_TOKEN, isProven: true })
  })

  test('with nothing stored is not proven, and a secret that was never revoked has none', async () => {
    expect(await reading({})).toMatchObject({ newestRevoke: REVOKE_TOKEN, isProven: false, proofs: [] })
    const never = await reading({}, [SETTLE_TOKEN, '9d2c1f0e-0000-4000-8000-000000000000'])
    expect(never).not.toHaveProperty('newestRevoke')
    expect(never.isProven).toBe(false)
  })
})

describe('nothing is proven by', () => {
  test.each<[string, string, string]>([
    ['another key’s signature', jwsOf(createProofKey()), 'its signature is not that of the trusted key'],
    ['a proof about another secret', signed({ secretArn: `${SECRET_ARN}x` }), 'it is about another secret'],
    ['a proof of another stage', signed({ stage: 'prod' }), 'it is of another stage, prod'],
    ['a proof of another revoke', signed({ revokeToken: LATER_REVOKE }), 'it is about another revoke'],
    ['a proof under another settle', signed({ settleToken: 'settle-1' }), 'it is about another revoke'],
    ['slots alone', signed({ refused: [] }), 'it names no value that was refused, only slots'],
    ['text', 'dead, I promise', 'it is not a compact JWS'],
  ])('%s', async (_what, jws, why) => {
    const report = await reading({ [nameOf()]: jws })

    expect(report.isProven).toBe(false)
    expect(report.proofs).toMatchObject([{ proof: { ok: false, refusal: why } }])
  })

  test('an object of another kind, which is passed over', async () => {
    expect((await reading({ [`proofs/test/${SECRET_NAME}/note.txt`]: signed() })).proofs).toEqual([])
  })
})
