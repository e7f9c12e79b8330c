// What the rotation function answers about a planned switch that was settled, as a revoke with a grace leaves it: whether what was valid before
// is refused. Nothing of it is signed.
import { expect, test } from 'vitest'
import { answerProof } from '../../../lambda/core/rotation/prove-again.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { createRegisteredWorld, tokenOf, type World } from '../../fakes/world.ts'

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
    revokeToken: switchToken,
    settleToken: world.secrets.holderOf('AWSCURRENT'),
    refusals: 3,
    signed: 'off',
  })
  const changes = ['issuer.start', 'issuer.complete', 'issuer.cancel', 'issuer.bind', 'secrets.putPending']
  expect(world.log.names().filter((name) => changes.includes(name))).toEqual([])
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
