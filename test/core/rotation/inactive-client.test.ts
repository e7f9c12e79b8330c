// A client that is inactive at Stytch: everything of it is refused, and accepted again once somebody activates it. A revoke goes by the slots
// then, so that what leaked is gone before that; what is planned waits; and nothing is taken for proven.
import { describe, expect, test } from 'vitest'
import { answerProof } from '../../../lambda/core/rotation/prove-again.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { createRegisteredWorld, nameOf, secretIn, tokenOf, type World } from '../../fakes/world.ts'

const current = (world: World): string => nameOf(world.valueUnder('AWSCURRENT') ?? '')

const revoked = async (): Promise<World> => {
  const world = createRegisteredWorld({ isActive: false })
  await world.rotate(tokenOf('revoke'))
  await world.rotate(tokenOf('settle'))
  return world
}

describe('a revoke and its settle', () => {
  test('replace the value, and leave nothing else in a slot', async () => {
    const world = await revoked()

    expect(world.client()).toMatchObject({ next: null })
    expect(nameOf(world.client().current)).toBe(current(world))
    expect(current(world)).not.toBe('A')
    expect(world.secrets.holderOf('AWSPENDING')).toBe(world.secrets.holderOf('AWSCURRENT'))
  })

  test('claim no proof: every value is refused, whatever it is', async () => {
    const world = await revoked()

    expect(world.events.published.map(({ type }) => type)).not.toContain('Secret Revoked')
    expect(await answerProof(world.rotation, SECRET_ARN)).toMatchObject({ outcome: 'unknown', code: 'CLIENT_INACTIVE' })
  })

  test('are proven once the client is active, when the leaked value is not accepted', async () => {
    const world = await revoked()
    world.client().isActive = true

    expect(await answerProof(world.rotation, SECRET_ARN)).toMatchObject({ outcome: 'refused', refusals: 3 })
  })
})

test('a planned rotation is refused, and does not advise to activate first', async () => {
  const world = createRegisteredWorld({ isActive: false })

  await expect(world.rotate(tokenOf('rotate'))).rejects.toMatchObject({ refusal: { reason: 'clientInactive' } })

  expect(world.said()).not.toContain('activate it to')
  expect(current(world)).toBe('A')
})

test('a rotation that has begun when the client is deactivated ends by the slots, so that it stands in no revoke’s way', async () => {
  const world = createRegisteredWorld()
  const token = tokenOf('rotate')
  world.secrets.rotateSecret(token)
  await world.step('createSecret', token)
  world.client().isActive = false

  await world.step('testSecret', token)
  await world.step('finishSecret', token)

  expect(world.secrets.holderOf('AWSCURRENT')).toBe(token)
  expect(secretIn(world.secrets.versions.get(token)?.text)).toBe(world.client().next)
  await world.rotate(tokenOf('revoke'))
  await world.rotate(tokenOf('settle'))
  expect(nameOf(world.client().current)).toBe(current(world))
})

test('an unreadable AWSCURRENT does not keep a new value that is accepted from its finish', async () => {
  const world = createRegisteredWorld()
  const token = tokenOf('rotate')
  world.secrets.rotateSecret(token)
  await world.step('createSecret', token)
  world.secrets.place('by hand', { text: '\uFEFF{}', labels: ['AWSCURRENT'] })

  await world.step('finishSecret', token)

  expect(world.secrets.holderOf('AWSCURRENT')).toBe(token)
})
