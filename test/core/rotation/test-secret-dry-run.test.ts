// testSecret alone is Secrets Manager's dry run: it passes with nothing pending, and changes nothing, whatever is forged after it.
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createRegisteredWorld, textOf, tokenOf, valueNamed, type World } from '../../fakes/world.ts'
import { begun, does, stateOf } from './step-seat.ts'

/** The dry run's version, as Secrets Manager may make it: AWSCURRENT's own value under a bare token. */
const dryRun = (world: World): string => {
  const token = randomUUID()
  world.secrets.rotateSecret(token)
  world.secrets.place(token, {
    text: world.secrets.versions.get(world.secrets.holderOf('AWSCURRENT') ?? '')?.text ?? '',
  })
  return token
}

describe('the dry run, which is testSecret alone', () => {
  const copies = [
    ['no value', undefined],
    ['AWSCURRENT’s value', textOf(valueNamed('A'))],
    ['AWSCURRENT’s value, written another way', ` ${textOf(valueNamed('A'))}\n`],
  ] as const

  test.each(copies)('passes with %s and changes nothing', async (_what, text) => {
    const world = createRegisteredWorld()
    const token = randomUUID()
    world.secrets.rotateSecret(token)
    if (text !== undefined) world.secrets.place(token, { text })
    const before = stateOf(world)

    expect(await does(world, 'testSecret', token)).toBe('nothing')
    expect(stateOf(world)).toBe(before)
  })

  test.each(['rotate', 'revoke', 'settle', 'rollback'] as const)(
    'is never one of ours: %s without a value stops',
    async (intent) => {
      const world = createRegisteredWorld()
      const token = begun(world, intent)
      const before = stateOf(world)

      expect(await does(world, 'testSecret', token)).toBe('no pendingMissing, kept')
      expect(stateOf(world)).toBe(before)
    },
  )

  test('passes in the middle of an overlap', async () => {
    const world = createRegisteredWorld()
    await world.rotate(tokenOf('rotate'))
    const token = dryRun(world)
    const before = stateOf(world)

    expect(await does(world, 'testSecret', token)).toBe('nothing')
    expect(stateOf(world)).toBe(before)
  })

  test('followed by a forged finish does not move AWSCURRENT off the version of a revoke', async () => {
    const world = createRegisteredWorld()
    const revoke = await world.rotate(tokenOf('revoke'))
    const token = dryRun(world)

    expect(await does(world, 'finishSecret', token)).toBe('no pendingEqualsCurrent, cleared: Refused')
    expect(world.secrets.holderOf('AWSCURRENT')).toBe(revoke)
  })

  test('followed by a forged create starts nothing', async () => {
    const world = createRegisteredWorld()

    expect(await does(world, 'createSecret', dryRun(world))).toBe('no pendingEqualsCurrent, cleared: Refused')
    expect(world.client().next).toBeNull()
  })

  test('fails when AWSCURRENT is dead, and changes nothing', async () => {
    const world = createRegisteredWorld({ current: valueNamed('X') })
    const token = randomUUID()
    world.secrets.rotateSecret(token)
    world.secrets.place(token, { text: textOf(valueNamed('A')) })
    const before = stateOf(world)

    expect(await does(world, 'testSecret', token)).toBe('no dryRunRefused, kept')
    expect(stateOf(world)).toBe(before)
  })
})
