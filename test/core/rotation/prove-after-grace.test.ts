// What the rotation function answers about a planned switch that was settled, as a revoke with a grace leaves it: whether what was valid before
// is refused, and that it is signed.
import { expect, test } from 'vitest'
import { answerProof } from '../../../lambda/core/rotation/prove-again.ts'
import type { Proofs } from '../../../lambda/core/rotation/sign-proof.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { CLIENT_ID, createRegisteredWorld, tokenOf, valueNamed, type World } from '../../fakes/world.ts'

/** A signature of the right form, over whatever is asked. */
const DER = Buffer.from(`3044${'0220'}${'11'.repeat(32)}${'0220'}${'22'.repeat(32)}`, 'hex')

/** @returns the keys that proofs are stored under. */
const letSign = (world: World): readonly string[] => {
  const stored: string[] = []
  const proofs: Proofs = {
    kind: 'signed',
    stage: 'test',
    signer: { keyArn: 'arn:aws:kms:eu-central-1:123456789012:key/1', sign: async () => DER },
    store: {
      put: async (key) => {
        stored.push(key)
        return 'stored'
      },
    },
  }
  world.timing.restart(60_000)
  Object.assign(world.rotation, { proofs })
  return stored
}

const settledAfterGrace = async (): Promise<World> => {
  const world = createRegisteredWorld()
  await world.rotate(tokenOf('rotate'))
  await world.rotate(tokenOf('settle'))
  return world
}

test('after a grace and its settle, what leaked is tried and found refused', async () => {
  const world = await settledAfterGrace()
  const switchToken = world.secrets.holderOf('AWSPREVIOUS')
  world.log.clear()

  expect(await answerProof(world.rotation, SECRET_ARN)).toEqual({
    outcome: 'refused',
    clientId: CLIENT_ID,
    revokeToken: switchToken,
    settleToken: world.secrets.holderOf('AWSCURRENT'),
    refusals: 3,
    signed: 'off',
  })
  const changes = ['issuer.start', 'issuer.complete', 'issuer.cancel', 'issuer.bind', 'secrets.putPending']
  expect(world.log.names().filter((name) => changes.includes(name))).toEqual([])
})

test('the key is copied once AWSCURRENT has moved and that is reported, however long it takes and however it ends', async () => {
  const world = createRegisteredWorld()
  const order: string[] = []
  letSign(world)
  const { proofs } = world.rotation
  if (proofs.kind !== 'signed') throw new Error('nothing is signed')
  Object.assign(world.rotation, {
    proofs: {
      ...proofs,
      copyKey: async () => {
        order.push(...world.log.names())
        throw new TypeError('a defect')
      },
    },
  })
  await world.rotate(tokenOf('revoke'))
  world.log.clear()

  await world.rotate(tokenOf('settle'))

  expect(order.lastIndexOf('secrets.moveLabel')).toBeGreaterThan(-1)
  expect(order.at(-1)).toBe('events.publish')
  expect(world.events.published.map(({ type }) => type)).toContain('Secret Revoked')
  expect(world.journal.entries.map(({ outcome }) => outcome)).not.toContain('proofPending')
})

test('the settle of a planned switch signs what it ended, since it may have been that of an incident; repeated, it is signed again', async () => {
  const world = createRegisteredWorld()
  const stored = letSign(world)
  const rotated = await world.rotate(tokenOf('rotate'))
  expect(stored).toEqual([])
  const settled = await world.rotate(tokenOf('settle'))

  expect(stored).toEqual([expect.stringContaining(`${rotated}.${settled}.jws`)])
  world.timing.restart(60_000)
  expect(await answerProof(world.rotation, SECRET_ARN)).toMatchObject({ revokeToken: rotated, signed: 'stored' })
  expect(stored).toHaveLength(2)
})

test('the settle of a switch that Secrets Manager’s schedule asked for signs nothing: no incident has such a token', async () => {
  const world = createRegisteredWorld()
  const stored = letSign(world)
  await world.rotate('9d2c1f0e-0000-4000-8000-000000000000')
  await world.rotate(tokenOf('settle'))

  expect(stored).toEqual([])
  expect(world.journal.entries.filter(({ outcome }) => String(outcome).startsWith('proof'))).toEqual([])
})

test('the settle of a rollback signs nothing, though it proves what it ended', async () => {
  const world = createRegisteredWorld()
  const stored = letSign(world)
  await world.rotate(tokenOf('rotate'))
  await world.rotate(tokenOf('rollback'))
  await world.rotate(tokenOf('settle'))

  expect(world.events.published.at(-1)?.detail.evidence).toMatchObject({ refused: [{ error: 'invalid_client' }] })
  expect(stored).toEqual([])
})

test('a value that Stytch accepts again after the settle is alive', async () => {
  const world = await settledAfterGrace()
  Object.assign(world.rotation.issuer, {
    exchange: async () => ({ accepted: true, requestId: 'request-1' }),
  })

  expect(await answerProof(world.rotation, SECRET_ARN)).toMatchObject({ outcome: 'alive', code: 'STILL_ACCEPTED' })
})

test('while the overlap is open, nothing is tried', async () => {
  const world = createRegisteredWorld()
  await world.rotate(tokenOf('rotate'))

  expect(await answerProof(world.rotation, SECRET_ARN)).toEqual({ outcome: 'notOwed' })
})

test('a settle that refused no value signs nothing, and neither does a question about it', async () => {
  const world = createRegisteredWorld()
  const stored = letSign(world)
  await world.rotate(tokenOf('rotate'))
  const switchToken = await world.rotate(tokenOf('rotate'))
  for (const { versionId } of [...world.secrets.versions.values()]) {
    if (versionId !== switchToken) world.secrets.place(versionId, { text: 'canary' })
  }
  await world.rotate(tokenOf('settle'))

  world.timing.restart(60_000)
  expect(await answerProof(world.rotation, SECRET_ARN)).toMatchObject({
    outcome: 'refused',
    refusals: 0,
    signed: 'off',
  })
  expect(stored).toEqual([])
})

test('a client that does not look settled any more is unknown, and may be asked about again', async () => {
  const world = await settledAfterGrace()
  world.client().next = valueNamed('X')

  expect(await answerProof(world.rotation, SECRET_ARN)).toMatchObject({
    outcome: 'unknown',
    code: 'STYTCH_OUTCOME_UNKNOWN',
    message: expect.stringContaining('does not look settled at Stytch'),
  })
})
