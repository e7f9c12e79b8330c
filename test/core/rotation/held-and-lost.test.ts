// What adoption leaves behind, in the rotation's own hands: a hold, which no schedule breaks and which stops neither an incident nor whoever
// asks on purpose; and a value that is lost, beside which the first rotation makes another, whenever it was killed.

import { describe, expect, test } from 'vitest'
import { steps } from '../../../lambda/core/rotation/refusal.ts'
import { describeOrThrow } from '../../../lambda/core/rotation/rotation.ts'
import { runStep } from '../../../lambda/core/rotation/run-step.ts'
import type { Intent } from '../../../lambda/core/secret/request-token.ts'
import { LOST_VALUE } from '../../../lambda/core/secret/secret-format.ts'
import { effectOf } from '../../fakes/effect.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import {
  CLIENT_ID,
  createRegisteredWorld,
  createWorld,
  nameOf,
  textOf,
  tokenOf,
  valueNamed,
  type World,
} from '../../fakes/world.ts'

const BARE = '11111111-2222-4333-8444-555555555555'

/** The same world, with these tags on the secret. */
const tagged = (world: World, tags: Readonly<Record<string, string>>) => ({
  ...world.rotation,
  secrets: {
    ...world.secrets,
    describe: async (secretId: string) => ({ ...(await describeOrThrow(world.secrets, secretId)), tags }),
  },
})

const rotateHeld = async (requestToken: string): Promise<World> => {
  const world = createRegisteredWorld()
  const rotation = tagged(world, { 'm2m:held': '2026-11-01T00:00:00Z', 'm2m:held-by': 'ada' })
  world.secrets.rotateSecret(requestToken)
  for (const step of steps) {
    world.timing.restart(30_000)
    await runStep(rotation, { step, secretId: SECRET_ARN, requestToken })
  }
  return world
}

describe('a hold', () => {
  test('stops what Secrets Manager’s own schedule begins, says who holds it, and leaves nothing behind', async () => {
    const world = createRegisteredWorld()
    const rotation = tagged(world, { 'm2m:held': '2026-11-01T00:00:00Z', 'm2m:held-by': 'ada' })
    world.secrets.rotateSecret(BARE)

    const first = runStep(rotation, { step: 'createSecret', secretId: SECRET_ARN, requestToken: BARE })

    await expect(first).rejects.toMatchObject({ refusal: { reason: 'held', by: 'ada' } })
    expect(world.secrets.holderOf('AWSPENDING')).toBeUndefined()
    expect(world.client().next).toBeNull()
    expect(nameOf(world.valueUnder('AWSCURRENT') ?? '')).toBe('A')
  })

  test('stops no event that is forged or late: it is answered as ever', async () => {
    const world = createRegisteredWorld()
    const rotation = tagged(world, { 'm2m:held': '2026-11-01T00:00:00Z', 'm2m:held-by': 'ada' })
    const create = (requestToken: string) =>
      effectOf(world, () => runStep(rotation, { step: 'createSecret', secretId: SECRET_ARN, requestToken }))

    expect(await create(BARE)).toBe('no tokenWithoutVersion, kept')
    await world.rotate(BARE)
    expect(await create(BARE)).toBe('nothing')
  })

  test.each(['rotate', 'revoke'] as const)('stops no %s that was asked for by a token of ours', async (intent) => {
    const world = await rotateHeld(tokenOf(intent))

    expect(nameOf(world.valueUnder('AWSCURRENT') ?? '')).toBe('new1')
  })

  test('that nobody has is none: the schedule rotates', async () => {
    const world = createRegisteredWorld()

    await world.rotate(BARE)

    expect(nameOf(world.valueUnder('AWSCURRENT') ?? '')).toBe('new1')
  })
})

/** Adopted without its value: Stytch accepts A, and the secret holds what nobody ever accepted. */
const createLostWorld = (): World => {
  const world = createWorld()
  world.secrets.place(tokenOf('adopt'), { text: textOf(LOST_VALUE.reveal()), labels: ['AWSCURRENT'] })
  world.issuer.clients.set(CLIENT_ID, { current: valueNamed('A'), next: null, isActive: true, boundTo: SECRET_ARN })
  return world
}
const live = async (world: World, intent: Intent): Promise<string> => {
  world.timing.advance(3_600_000)
  const token = tokenOf(intent, world.timing.now())
  return effectOf(world, async () => void (await world.rotate(token)))
}
const slotsOf = (world: World) => [world.client().current, world.client().next].map((value) => value && nameOf(value))

describe('a value that is lost', () => {
  test('keeps working beside the one that the first rotation makes', async () => {
    const world = createLostWorld()

    const effect = await live(world, 'rotate')

    expect(effect).toBe('start > put new1 > move: Completed, Changed')
    expect(slotsOf(world)).toEqual(['A', 'new1'])
    expect(nameOf(world.valueUnder('AWSCURRENT') ?? '')).toBe('new1')
  })

  test('ends with the settle, and the placeholder is no fault then', async () => {
    const world = createLostWorld()
    await live(world, 'rotate')

    const effect = await live(world, 'settle')

    expect(effect).toBe('put new1 > complete > move: Completed')
    expect(slotsOf(world)).toEqual(['new1', null])
  })

  test('survives a start whose reply was lost: what it began is cancelled, and begun anew', async () => {
    const world = createLostWorld()
    world.client().next = valueNamed('X')

    const effect = await live(world, 'rotate')

    expect(effect).toBe('cancel > start > put new1 > move: Completed, Changed')
    expect(slotsOf(world)).toEqual(['A', 'new1'])
  })

  test.each(['settle', 'rollback'] as const)('is nothing that a %s could act on: refused, and kept', async (intent) => {
    const world = createLostWorld()

    await expect(world.rotate(tokenOf(intent))).rejects.toMatchObject({ refusal: { reason: 'position' } })
    expect(slotsOf(world)).toEqual(['A', null])
  })

  test('is dead after a revoke and its settle', async () => {
    const world = createLostWorld()

    await live(world, 'revoke')
    await live(world, 'settle')

    expect(slotsOf(world)).toEqual(['new1', null])
  })

  test('does not come back by a rollback after the first rotation', async () => {
    const world = createLostWorld()
    await live(world, 'rotate')

    await expect(world.rotate(tokenOf('rollback'))).rejects.toThrow()
    expect(nameOf(world.valueUnder('AWSCURRENT') ?? '')).toBe('new1')
    expect(slotsOf(world)).toEqual(['A', 'new1'])
  })
})

test('a value that was never lost is not taken for it: in drift, a rotate is refused as ever', async () => {
  const world = createRegisteredWorld({ current: valueNamed('X') })

  await expect(world.rotate(tokenOf('rotate'))).rejects.toMatchObject({ refusal: { position: 'drift' } })
})
