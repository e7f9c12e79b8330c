// What becomes of proofs when their key is lost or replaced, when the archive is rewritten, and in a second Region: signed, stored and read as the
// functions and the command line do it, in one bucket in memory.
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { readPublicKey, type Signer, type TrustedKey } from '../../../lambda/core/base/jws.ts'
import { archiveKey } from '../../../lambda/core/incident/archive-key.ts'
import { writeArchivedEvent } from '../../../lambda/core/incident/archived-event.ts'
import { gatherIncident } from '../../../lambda/core/incident/gather-incident.ts'
import { buildIncidentReport } from '../../../lambda/core/incident/incident-report.ts'
import { createKeyCopy, keyCopyName } from '../../../lambda/core/rotation/key-copy.ts'
import { copyKey, type ProofStore, signAndStore } from '../../../lambda/core/rotation/sign-proof.ts'
import { signDigest } from '../../../lambda/local/aws/ecdsa.ts'
import { leakEvent, NAME, NOON, revokeToken, settleTokenOf } from '../../fakes/envelopes.ts'
import { createFakeArchive } from '../../fakes/fake-archive.ts'
import { createFakeJournal } from '../../fakes/fake-journal.ts'
import { createFakeTiming } from '../../fakes/fake-timing.ts'
import { proofPayload } from '../../fakes/incident-proofs.ts'

const kmsKey = (arn: string) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const scalar = Buffer.from(String(privateKey.export({ format: 'jwk' }).d), 'base64url')
  const trusted: TrustedKey = { publicKey, keyArn: arn }
  const signer: Signer = { keyArn: arn, sign: async (digest) => signDigest(Buffer.from(digest), scalar) }
  return { arn, trusted, signer, pem: String(publicKey.export({ type: 'spki', format: 'pem' })) }
}
type Key = ReturnType<typeof kmsKey>

const FIRST = 'arn:aws:kms:eu-central-1:123456789012:key/1111'
const SECOND = 'arn:aws:kms:eu-central-1:123456789012:key/2222'

const setUp = () => {
  const archive = createFakeArchive()
  archive.objects.set(archiveKey(leakEvent()), writeArchivedEvent(leakEvent()))
  const store: ProofStore = {
    put: async (key, text) => {
      if (archive.objects.has(key)) return 'exists'
      archive.objects.set(key, text)
      return 'stored'
    },
  }
  /** As the rotation function ends a revoke, with a key of its own. */
  const prove = async (
    key: Key,
    { stage = 'prod', ...changes }: { readonly stage?: string; readonly secretArn?: string } = {},
  ) => {
    const { version: _version, stage: _stage, at, ...facts } = proofPayload(revokeToken())
    const copy = createKeyCopy({ stage, keyArn: key.arn, store, publicKey: async () => key.trusted })
    const proofs = { kind: 'signed', stage, signer: key.signer, store, copyKey: copy } as const
    const proving = { proofs, timing: createFakeTiming(), journal: createFakeJournal() }
    const signed = await signAndStore(proving, { ...facts, ...changes, at: Date.parse(at) })
    await copyKey(proving, signed)
    return signed
  }
  const show = async (...trusted: readonly (TrustedKey | undefined)[]) => {
    const keys = trusted.filter((one) => one !== undefined)
    expect(keys).toHaveLength(trusted.length)
    const verification = { stage: 'prod', trusted: keys, now: NOON + 3_600_000 }
    return buildIncidentReport(await gatherIncident(archive, { incidentId: 'INC-42', verification }))
  }
  return { archive, prove, show }
}

const proven = { outcome: 'proven', proven: [NAME] }
const notProven = { outcome: 'notProven', proven: [] }

describe('a key that was replaced', () => {
  test('still verifies what it signed, from the file that was kept; the new one alone does not', async () => {
    const { prove, show } = setUp()
    const [former, now] = [kmsKey(FIRST), kmsKey(SECOND)]
    await prove(former)

    expect(await show(readPublicKey(former.pem), now.trusted)).toMatchObject(proven)
    expect(await show(now.trusted)).toMatchObject({
      ...notProven,
      ignored: [{ why: 'it names another key than the trusted one' }],
    })
  })

  test('has its public half beside the proofs, each key under its own id, as a JWK that pins its ARN', async () => {
    const { archive, prove, show } = setUp()
    const [former, now] = [kmsKey(FIRST), kmsKey(SECOND)]
    await prove(former)
    await prove(now)

    const copy = readPublicKey(archive.objects.get(keyCopyName('prod', FIRST)) ?? '')
    expect([...archive.objects.keys()].filter((key) => key.endsWith('.jwk'))).toEqual([
      'proofs/prod/keys/1111.jwk',
      'proofs/prod/keys/2222.jwk',
    ])
    expect(copy?.keyArn).toBe(FIRST)
    expect(copy?.publicKey.equals(former.trusted.publicKey)).toBe(true)
    // By whoever compared it with what was pinned, and says so by naming the file.
    expect(await show(copy)).toMatchObject(proven)
  })
})

describe('an archive that was rewritten with a key of somebody’s own', () => {
  test('proves nothing to whoever pinned the key, by KMS or by a file: neither its proofs nor the copy beside them', async () => {
    const { archive, prove, show } = setUp()
    const [real, own] = [kmsKey(FIRST), kmsKey(FIRST)]
    await prove(own)
    expect(archive.objects.has(keyCopyName('prod', FIRST))).toBe(true)

    for (const pinned of [real.trusted, readPublicKey(real.pem)]) {
      expect(await show(pinned)).toMatchObject({
        ...notProven,
        ignored: [{ why: 'its signature is not that of the trusted key' }],
      })
    }
  })
})

describe('a key that is lost', () => {
  const lost: Key = {
    ...kmsKey(FIRST),
    signer: {
      keyArn: FIRST,
      sign: async () => {
        throw new Fault({ code: 'SIGNATURE_UNAVAILABLE', retryable: false, message: 'KMSInvalidStateException' })
      },
    },
  }

  test('leaves the proof pending, and the next key signs it under the same name', async () => {
    const { prove, show } = setUp()
    const next = kmsKey(SECOND)

    expect(await prove(lost)).toEqual({ state: 'pending', reason: 'SIGNATURE_UNAVAILABLE' })
    expect(await show(next.trusted)).toMatchObject(notProven)

    expect(await prove(next)).toMatchObject({
      state: 'stored',
      key: `proofs/prod/${NAME}/${revokeToken()}.${settleTokenOf(revokeToken())}.jws`,
    })
    expect(await show(next.trusted)).toMatchObject(proven)
  })

  test('whose public half nobody kept leaves its proofs without worth', async () => {
    const { prove, show } = setUp()
    await prove(kmsKey(FIRST))

    expect(await show(kmsKey(SECOND).trusted)).toMatchObject(notProven)
  })

  test('does not keep a proof from being stored when only its public half cannot be had', async () => {
    const { archive, prove, show } = setUp()
    const key = kmsKey(FIRST)
    const mute = {
      ...key,
      get trusted(): TrustedKey {
        throw new Fault({ code: 'SIGNATURE_UNAVAILABLE', retryable: true, message: 'no' })
      },
    }

    expect(await prove(mute)).toMatchObject({ state: 'stored' })

    expect([...archive.objects.keys()].filter((one) => one.endsWith('.jwk'))).toEqual([])
    expect(await show(key.trusted)).toMatchObject(proven)
  })
})

describe('a second Region', () => {
  const elsewhere = kmsKey('arn:aws:kms:eu-north-1:123456789012:key/3333')

  test('a copy of the bucket is verified there by the file alone', async () => {
    const { prove, archive } = setUp()
    const key = kmsKey(FIRST)
    await prove(key)
    const copy = createFakeArchive()
    for (const [name, text] of archive.objects) copy.objects.set(name, text)
    const pinned = readPublicKey(key.pem)
    const verification = { stage: 'prod', trusted: pinned === undefined ? [] : [pinned], now: NOON + 3_600_000 }

    expect(buildIncidentReport(await gatherIncident(copy, { incidentId: 'INC-42', verification }))).toMatchObject(
      proven,
    )
  })

  test('a proof of the stage that stands there is none here, by key, by secret, and by both keys at once', async () => {
    const { prove, show } = setUp()
    const here = kmsKey(FIRST)
    const { secretArn } = proofPayload(revokeToken())
    await prove(elsewhere, { secretArn: secretArn.replace(/eu-[a-z]+-\d/, 'eu-north-1') })

    expect(await show(here.trusted)).toMatchObject(notProven)
    // Its token is about another ARN, so that it is no proof of this incident's revoke.
    expect(await show(here.trusted, elsewhere.trusted)).toMatchObject(notProven)
  })
})
