// testSecret where Secrets Manager or Stytch is slow: a value that is not visible yet, and one that is not accepted yet.
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import { createRegisteredWorld, nameOf, textOf, tokenOf, valueNamed, type World } from '../../fakes/world.ts'
import { countReads, does, isCurrentAccepted, live, NEW, standing, step, waited } from './stale-seat.ts'
import { BY_HAND, countOf } from './step-seat.ts'

describe('a value that cannot be read yet', () => {
  test.each(['rotate', 'bare'] as const)('does not make testSecret of a %s a dry run', async (kind) => {
    const world = createRegisteredWorld({}, DEPLOYED)
    const token = kind === 'bare' ? randomUUID() : tokenOf('rotate')
    world.secrets.rotateSecret(token)
    await step(world, 'createSecret', token)
    countReads(world)
    world.log.clear()
    world.secrets.history.old.set(0, { ago: 1 })

    await step(world, 'testSecret', token)

    expect(countOf(world, 'issuer.exchange')).toBe(3)
  })
})

describe('a value that Stytch is slow to accept', () => {
  const ripen = (world: World, afterMs: number): void => {
    const at = world.timing.now() + afterMs
    world.issuer.unripe.add(NEW)
    world.timing.onWait.push(() => {
      if (world.timing.now() >= at) world.issuer.unripe.delete(NEW)
    })
  }

  test.each(['rotate', 'revoke'] as const)('by eight seconds is reached: %s', async (intent) => {
    const { world, token } = await standing([], intent, 'testSecret')
    ripen(world, 8000)

    for (const name of ['testSecret', 'finishSecret'] as const) await step(world, name, token)

    expect(nameOf(world.valueUnder('AWSCURRENT') ?? '')).toBe('new1')
  })

  test.each([
    ['rotate', 600_000],
    ['revoke', 120_000],
  ] as const)(
    'is kept for the patience of a %s, then cancelled, and can be asked for again',
    async (intent, patienceMs) => {
      const { world, token } = await standing([], intent, 'testSecret')
      world.issuer.unripe.add(NEW)
      world.timing.advance(patienceMs - 60_000 - waited(world))
      expect(await does(world, 'testSecret', token)).toBe('fault PENDING_REFUSED')
      world.timing.advance(60_000)

      expect(await does(world, 'testSecret', token)).toBe('cancel > no neverAccepted, cleared: Refused')

      expect(world.client()).toMatchObject({ current: valueNamed('A'), next: null })
      await live(world, intent, 'settle')
      expect(isCurrentAccepted(world)).toBe(true)
    },
  )

  test('and is accepted before the second look is not cancelled', async () => {
    const { world, token } = await standing([], 'revoke', 'testSecret')
    world.issuer.unripe.add(NEW)
    world.timing.advance(180_000)
    ripen(world, 5000)

    expect(await does(world, 'testSecret', token)).toBe('nothing')
  })

  test('is not cancelled where AWSCURRENT moved before the second look', async () => {
    const { world, token } = await standing([], 'revoke', 'testSecret')
    world.issuer.unripe.add(NEW)
    world.timing.advance(180_000)
    world.timing.onWait.push(() => {
      if (world.secrets.versions.has(BY_HAND)) return
      world.secrets.place(BY_HAND, { text: textOf(valueNamed('A')), labels: ['AWSCURRENT'] })
    })

    expect(await does(world, 'testSecret', token)).toMatch(/^no currentMoved/)
    expect(world.client().next).toBe(NEW)
  })

  test('of a rollback is not cancelled: it was accepted before', async () => {
    const { world, token } = await standing(['rotate'], 'rollback', 'testSecret')
    Object.assign(world.client(), { current: NEW, next: valueNamed('A') })
    world.issuer.unripe.add(valueNamed('A'))
    world.timing.advance(3_600_000)

    expect(await does(world, 'testSecret', token)).toBe('fault PENDING_REFUSED')
  })
})
