// testSecret: a value is waited for while Stytch comes round to it, and its refusal is named.
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { onceAt } from '../../fakes/call-log.ts'
import { effectOf } from '../../fakes/effect.ts'
import { CLIENT_ID, createRegisteredWorld, tokenOf, type World } from '../../fakes/world.ts'
import { begin, detailsOf, does, standing } from './step-seat.ts'

describe('what a label carries by the time it is read', () => {
  const spoil = ({ secrets }: World, label: string, text: string): void => {
    secrets.place(secrets.holderOf(label) ?? '', { text })
  }

  test('is no secret: testSecret, whose pending value is refused, refuses AWSCURRENT’s', async () => {
    const { world, token } = await standing('testSecret', 'rotate')
    world.client().next = null
    spoil(world, 'AWSCURRENT', 'canary')

    expect(await does(world, 'testSecret', token)).toBe('no malformedSecret, cleared: Refused')
  })

  test('is no secret: a rollback, whose copy is not accepted yet, refuses AWSCURRENT’s', async () => {
    const { world, token } = await standing('testSecret', 'rollback', ['rotate'])
    world.issuer.unripe.add('canary-A-AAAA')
    spoil(world, 'AWSCURRENT', 'canary')

    expect(await does(world, 'testSecret', token)).toBe('no malformedSecret, cleared: Refused')
  })

  test('may have moved: what is asked once the value is refused is whether it still is pending', async () => {
    const { world, token } = await standing('testSecret', 'rotate')
    world.client().next = null
    world.log.before.push(
      onceAt('issuer.exchange', () => {
        world.secrets.versions.get(token)?.labels.delete('AWSPENDING')
      }),
    )

    expect(await does(world, 'testSecret', token)).toBe('no tokenWithoutVersion, kept')
  })
})

describe('what is told', () => {
  test('names the client when the pending value is refused by Stytch', async () => {
    const { world, token } = await standing('testSecret', 'rotate')
    world.client().next = null

    await expect(world.step('testSecret', token)).rejects.toThrow('rotate stops at testSecret in position poisoned')
    expect(detailsOf(world, 'Rotation Refused')).toMatchObject([{ clientId: CLIENT_ID, position: 'poisoned' }])
  })
})

describe('proving', () => {
  const faultOf = async (run: () => Promise<unknown>): Promise<Fault> => {
    const error = await run().then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (error instanceof Fault) return error
    throw new Error('no fault was thrown')
  }

  test('a pending value that stays refused is told in a sentence that names the client', async () => {
    const { world, token } = await standing('testSecret', 'rotate')
    world.issuer.unripe.add('canary-new1-n001')

    const fault = await faultOf(() => world.step('testSecret', token))

    expect(fault).toMatchObject({ code: 'PENDING_REFUSED', retryable: true })
    expect(fault.message).toMatch(new RegExp(`client ${CLIENT_ID} in a slot and still refuses it.*retried\\.$`))
  })
})

describe('testSecret', () => {
  test('a value that Stytch does not know everywhere yet is waited for', async () => {
    const { world, token } = await begin([], 'rotate', ['createSecret'])
    world.issuer.unripe.add('canary-new1-n001')
    world.timing.onWait.push(() => {
      if (world.timing.waits.length === 3) world.issuer.unripe.clear()
    })

    expect(await does(world, 'testSecret', token)).toBe('nothing')
    expect(world.timing.waits).toEqual([500, 1500, 4000])
  })

  test('a value in a slot that stays refused is a fault, not a refusal: AWSPENDING stays', async () => {
    const { world, token } = await begin([], 'rotate', ['createSecret'])
    world.issuer.unripe.add('canary-new1-n001')

    expect(await does(world, 'testSecret', token)).toBe('fault PENDING_REFUSED')
    expect(world.secrets.holderOf('AWSPENDING')).toBe(token)
  })
})

test('testSecret says that the client was deleted, when that is why the value is refused', async () => {
  const world = createRegisteredWorld()
  const token = tokenOf('rotate')
  world.secrets.rotateSecret(token)
  await world.step('createSecret', token)
  world.issuer.clients.delete(CLIENT_ID)

  expect(await effectOf(world, () => world.step('testSecret', token))).toMatch(/^no clientNotFound/)
})
