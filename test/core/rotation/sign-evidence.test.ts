// What is signed of a settle's evidence: all that was proven, and, of evidence that an earlier release wrote, what that said of a single refusal.
import { expect, test } from 'vitest'
import type { Evidence, RefusedValue } from '../../../lambda/core/rotation/outcome.ts'
import { proveAgain, signEvidence } from '../../../lambda/core/rotation/prove-again.ts'
import type { Version } from '../../../lambda/core/rotation/rotation.ts'
import type { Proofs } from '../../../lambda/core/rotation/sign-proof.ts'
import { clientForm } from '../../../lambda/core/secret/secret-format.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { PROOF_KEY_ARN, REVOKE_TOKEN, SETTLE_TOKEN } from '../../fakes/proof-key.ts'
import { CLIENT_ID, createRegisteredWorld, textOf, tokenOf, valueNamed } from '../../fakes/world.ts'

/** A signature of the right form, over whatever is asked. */
const DER = Buffer.from(`3044${'0220'}${'11'.repeat(32)}${'0220'}${'22'.repeat(32)}`, 'hex')

const versionOf = (name: string, versionId: string): Version => {
  const parsed = clientForm.parse(textOf(valueNamed(name)), 0)
  if (!parsed.ok) throw new Error('the text is no secret')
  return { versionId, arn: SECRET_ARN, createdAt: 0, secret: parsed.value }
}

const signed = async (evidence: Evidence): Promise<unknown> => {
  const world = createRegisteredWorld()
  const stored: string[] = []
  const proofs: Proofs = {
    kind: 'signed',
    stage: 'test',
    signer: { keyArn: PROOF_KEY_ARN, sign: async () => DER },
    store: {
      put: async (_key, jws) => {
        stored.push(jws)
        return 'stored'
      },
    },
  }
  const pending = versionOf('A', SETTLE_TOKEN)
  const outcome = await signEvidence(
    { ...world.rotation, proofs },
    { pending, evidence, revokeToken: REVOKE_TOKEN, settleToken: SETTLE_TOKEN },
  )
  expect(outcome.state).toBe('stored')
  return JSON.parse(Buffer.from(stored[0]?.split('.')[1] ?? '', 'base64url').toString())
}

const once: RefusedValue = {
  versionId: 'v1',
  lastFour: 'oooo',
  status: 401,
  error: 'invalid_client',
  requestId: 'request-1',
  provenAt: '2026-11-02T12:30:05.000Z',
}
const slots = { current: 'AAAA', next: null, requestId: 'request-5' }

test('a refusal without counts is one refusal, by its own error and request, at its own time', async () => {
  expect(await signed({ slots, refused: [once] })).toMatchObject({
    clientId: CLIENT_ID,
    revokeToken: REVOKE_TOKEN,
    settleToken: SETTLE_TOKEN,
    slots,
    confirmedAfterMs: 0,
    refused: [
      {
        versionId: 'v1',
        lastFour: 'oooo',
        refusals: 1,
        firstRefusedAt: once.provenAt,
        errors: ['invalid_client'],
        requestIds: ['request-1'],
      },
    ],
  })
})

test('what was counted, accepted, left to the slots and seen in other Regions is signed as it was proven', async () => {
  const counts = {
    refusals: 2,
    firstRefusedAt: '2026-11-02T12:30:01.000Z',
    lastAcceptedAt: '2026-11-02T12:30:00.000Z',
    errors: ['invalid_client', 'unauthorized_client'],
    requestIds: ['request-1', 'request-2'],
  }
  const accepted = { versionId: 'v2', lastFour: 'AAAA', requestId: 'request-4', provenAt: once.provenAt }
  const replicas = [{ region: 'eu-west-1', status: 'InSync' }] as const

  expect(await signed({ slots, refused: [{ ...once, ...counts }], bySlots: ['v0'], accepted, replicas })).toMatchObject(
    {
      refused: [{ versionId: 'v1', lastFour: 'oooo', ...counts }],
      bySlots: ['v0'],
      accepted,
      regions: replicas,
    },
  )
})

test.each([
  ['does not look settled', { next: valueNamed('X') }, 'STYTCH_OUTCOME_UNKNOWN', 'does not look settled at Stytch'],
  ['is inactive', { isActive: false }, 'CLIENT_INACTIVE', 'nothing is proven by exchange until it is active.'],
] as const)('of a client that %s nothing is proven again yet', async (_what, change, code, words) => {
  const world = createRegisteredWorld()
  const previousId = await world.rotate(tokenOf('revoke'))
  const currentId = await world.rotate(tokenOf('settle'))
  const state = await world.secrets.describe(SECRET_ARN)
  if (state === undefined) throw new Error('the secret is gone')
  const parsed = clientForm.parse(world.secrets.versions.get(currentId)?.text ?? '', 0)
  if (!parsed.ok) throw new Error('the text is no secret')
  const current = { versionId: currentId, arn: SECRET_ARN, createdAt: 0, secret: parsed.value }
  Object.assign(world.client(), change)

  await expect(proveAgain(world.rotation, current, { state, previousId })).rejects.toMatchObject({
    code,
    retryable: true,
    message: expect.stringContaining(words),
  })
})
