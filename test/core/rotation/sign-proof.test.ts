// Signing and storing: what is signed is what is stored, nothing is replaced, and whatever fails leaves the proof pending and the step unharmed.
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { proofKey, signingInput, verifyProof } from '../../../lambda/core/rotation/proof.ts'
import { copyKey, noProofs, type Proofs, type Proving, signAndStore } from '../../../lambda/core/rotation/sign-proof.ts'
import { createFakeJournal } from '../../fakes/fake-journal.ts'
import { SECRET_NAME } from '../../fakes/fake-secrets.ts'
import { createFakeTiming } from '../../fakes/fake-timing.ts'
import { createProofKey, PROOF_KEY_ARN, payloadOf, REVOKE_TOKEN, SETTLE_TOKEN } from '../../fakes/proof-key.ts'

const { version: _version, stage: _stage, at, ...facts } = payloadOf()
const proven = { ...facts, at: Date.parse(at) }
const FIRST = proofKey({ stage: 'test', secretName: SECRET_NAME, revokeToken: REVOKE_TOKEN, settleToken: SETTLE_TOKEN })

const createSeat = ({
  sign,
  put,
}: {
  readonly sign?: () => Promise<Uint8Array>
  readonly put?: () => Promise<never>
} = {}) => {
  const key = createProofKey()
  key.expect(signingInput(payloadOf(), PROOF_KEY_ARN))
  const stored = new Map<string, string>()
  const timing = createFakeTiming()
  const journal = createFakeJournal()
  const timeouts: number[] = []
  const proofs: Proofs = {
    kind: 'signed',
    stage: 'test',
    signer: {
      keyArn: PROOF_KEY_ARN,
      sign: async (digest, timeoutMs) => {
        timeouts.push(timeoutMs)
        return sign === undefined ? key.signDigest(digest) : sign()
      },
    },
    store: {
      put: async (at, jws, timeoutMs) => {
        timeouts.push(timeoutMs)
        if (put !== undefined) return put()
        if (stored.has(at)) return 'exists'
        stored.set(at, jws)
        return 'stored'
      },
    },
  }
  const proving: Proving = { proofs, timing, journal }
  return { key, stored, timing, journal, timeouts, proving }
}

test('what is stored verifies, and says what was proven', async () => {
  const { key, stored, timing, journal, proving } = createSeat()

  expect(await signAndStore(proving, proven)).toEqual({ state: 'stored', key: FIRST })
  expect(verifyProof(stored.get(FIRST) ?? '', key.trusted, timing.now() + 60_000)).toEqual({
    ok: true,
    value: payloadOf(),
  })
  expect(key.digests).toHaveLength(1)
  expect(journal.entries).toEqual([])
})

test('a proof that is made again is kept beside the one before', async () => {
  const { stored, proving } = createSeat()
  await signAndStore(proving, proven)
  const first = stored.get(FIRST)

  expect(await signAndStore(proving, proven)).toEqual({ state: 'stored', key: FIRST.replace('.jws', '.2.jws') })
  expect(await signAndStore(proving, proven)).toEqual({ state: 'stored', key: FIRST.replace('.jws', '.3.jws') })
  expect(stored.get(FIRST)).toBe(first)
})

test('whoever asks without end is stopped', async () => {
  const { stored, proving, journal } = createSeat()
  for (let turn = 0; turn < 20; turn += 1) await signAndStore(proving, proven)

  expect(await signAndStore(proving, proven)).toEqual({ state: 'pending', reason: 'ARCHIVE_REJECTED' })
  expect(stored.size).toBe(20)
  expect(journal.entries.at(-1)?.message).toContain(`20 proofs are stored under ${FIRST} already; no more are added.`)
})

test('a deployment without a key signs nothing, and says so', async () => {
  const { timing, journal } = createSeat()

  expect(await signAndStore({ proofs: noProofs, timing, journal }, proven)).toEqual({ state: 'off' })
  expect(journal.entries).toEqual([])
})

describe('the copy of the key', () => {
  const withCopy = (copy: (timeoutMs: number) => Promise<void>) => {
    const seat = createSeat()
    const { proofs } = seat.proving
    if (proofs.kind !== 'signed') throw new Error('nothing is signed')
    return { ...seat, proving: { ...seat.proving, proofs: { ...proofs, copyKey: copy } } }
  }

  test('is nothing that a proof waits for, nor is told by', async () => {
    let copies = 0
    const { proving } = withCopy(async () => {
      copies += 1
    })

    const signed = await signAndStore(proving, proven)
    expect([signed.state, copies]).toEqual(['stored', 0])
    await copyKey(proving, signed)
    expect(copies).toBe(1)
  })

  test.each([
    [
      'a Fault',
      new Fault({ code: 'SIGNATURE_UNAVAILABLE', retryable: true, message: 'down' }),
      'SIGNATURE_UNAVAILABLE',
    ],
    ['a defect', new TypeError('canary'), 'DEFECT'],
  ])('that ends in %s is logged, and throws nothing', async (_, error, code) => {
    const { journal, proving } = withCopy(async () => {
      throw error
    })

    await copyKey(proving, { state: 'stored', key: FIRST })
    expect(journal.entries).toMatchObject([{ outcome: 'keyNotCopied', code }])
    expect(JSON.stringify(journal.entries)).not.toContain('canary')
  })

  test('is not tried where no proof was stored, nor with the last five seconds', async () => {
    let copies = 0
    const { proving, timing, journal } = withCopy(async () => {
      copies += 1
    })

    await copyKey(proving, { state: 'pending', reason: 'ARCHIVE_UNAVAILABLE' })
    await copyKey(proving, { state: 'off' })
    await copyKey(proving, undefined)
    timing.restart(5200)
    await copyKey(proving, { state: 'stored', key: FIRST })

    expect(copies).toBe(0)
    expect(journal.entries).toEqual([
      {
        outcome: 'keyNotCopied',
        code: 'TIME_TOO_SHORT',
        message: 'The function has too little time left to sign the proof.',
      },
    ])
  })

  test('is none where nobody keeps copies', async () => {
    const { proving, journal } = createSeat()

    await copyKey(proving, { state: 'stored', key: FIRST })
    expect(journal.entries).toEqual([])
  })
})

describe('the proof is pending, and counted', () => {
  const fault = (code: 'SIGNATURE_UNAVAILABLE' | 'ARCHIVE_UNAVAILABLE') => async (): Promise<never> => {
    throw new Fault({ code, retryable: true, message: 'It failed: ThrottlingException; it may be tried again.' })
  }

  test.each([
    ['SIGNATURE_UNAVAILABLE', { sign: fault('SIGNATURE_UNAVAILABLE') }],
    ['ARCHIVE_UNAVAILABLE', { put: fault('ARCHIVE_UNAVAILABLE') }],
    ['SIGNATURE_UNAVAILABLE', { sign: async () => Buffer.from('not DER') }],
    [
      'TypeError',
      {
        sign: async () => {
          throw new TypeError('a defect')
        },
      },
    ],
  ])('with %s', async (reason, broken) => {
    const { stored, journal, proving } = createSeat(broken)

    expect(await signAndStore(proving, proven)).toEqual({ state: 'pending', reason })
    expect(stored.size).toBe(0)
    expect(journal.entries).toMatchObject([
      { outcome: 'proofPending', reason, secretName: SECRET_NAME, revokeToken: REVOKE_TOKEN },
    ])
    expect(journal.entries[0]?.message).toContain('Once KMS and S3 answer, have it proven again.')
  })

  test('of a planned rotation is noted, and not counted', async () => {
    const { journal, proving } = createSeat({ put: fault('ARCHIVE_UNAVAILABLE') })
    const revokeToken = 'rotate-1793622600000-001-0000000000000000000000000001'

    expect(await signAndStore(proving, { ...proven, revokeToken })).toMatchObject({ state: 'pending' })
    expect(journal.entries).toMatchObject([{ outcome: 'proofMissing', revokeToken }])
  })

  test('when the function has too little time left, without a call', async () => {
    const { timing, timeouts, proving } = createSeat()
    timing.restart(5500)

    expect(await signAndStore(proving, proven)).toEqual({ state: 'pending', reason: 'TIME_TOO_SHORT' })
    expect(timeouts).toEqual([])
  })

  test('not when exactly so much is left as a call needs', async () => {
    const { timing, timeouts, proving } = createSeat()
    timing.restart(6000)

    expect(await signAndStore(proving, proven)).toMatchObject({ state: 'stored' })
    expect(timeouts).toEqual([500, 1000])
  })

  test('not with much time left, of which a call gets six seconds at the most', async () => {
    const { timing, timeouts, proving } = createSeat()
    timing.restart(60_000)
    await signAndStore(proving, proven)

    expect(timeouts).toEqual([6000, 6000])
  })

  test('with what is no error at all, and says no more of it', async () => {
    const { journal, proving } = createSeat({ sign: () => Promise.reject('canary') })

    expect(await signAndStore(proving, proven)).toEqual({ state: 'pending', reason: 'unknown' })
    expect(JSON.stringify(journal.entries)).not.toContain('canary')
    expect(journal.entries[0]?.message).toContain('is not stored: unknown The rotation itself')
  })

  test.each([30_000, 12_000, 7_000])('never with the last five seconds of %d ms', async (remaining) => {
    const { timing, timeouts, proving } = createSeat()
    timing.restart(remaining)
    await signAndStore(proving, proven)

    const [signing = 0, putting = 0] = timeouts
    expect(timeouts).toHaveLength(2)
    expect(signing).toBeLessThanOrEqual((remaining - 5000) / 2)
    expect(putting).toBeLessThanOrEqual(remaining - 5000)
  })
})
