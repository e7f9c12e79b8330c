// testSecret where Secrets Manager or Stytch is slow: a value that is not visible yet, and one that is not accepted yet.
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import { type Step, steps } from '../../../lambda/core/rotation/refusal.ts'
import type { Intent } from '../../../lambda/core/secret/request-token.ts'
import { effectOf } from '../../fakes/effect.ts'
import { CLIENT_ID, createRegisteredWorld, nameOf, tokenOf, valueNamed, type World } from '../../fakes/world.ts'

/** The function's timeout. */
const TIMEOUT_MS = 60_000
const step = (world: World, name: Step, token: string) => world.step(name, token, TIMEOUT_MS)
/** From now on reads are counted from 0. */
const countReads = ({ secrets, issuer, timing }: World): void => {
  secrets.history.reads = 0
  issuer.history.reads = 0
  timing.waits.length = 0
}
const countOf = ({ log }: World, name: string): number => log.names().filter((each) => each === name).length
/** Between two rotations. */
const GAP_MS = 60_000
const NEW = 'canary-new1-n001'
const does = (world: World, name: Step, token: string) => effectOf(world, () => step(world, name, token))
const begun = (world: World, intent: Intent): string => {
  const token = tokenOf(intent, world.timing.now())
  world.secrets.rotateSecret(token)
  return token
}
const drive = async (world: World, intent: Intent): Promise<void> => {
  const token = begun(world, intent)
  for (const name of steps) await step(world, name, token)
}
/** Undisturbed, and long ago: no bound reaches back to it. */
const live = async (world: World, ...intents: readonly Intent[]): Promise<void> => {
  for (const intent of intents) {
    await drive(world, intent)
    world.timing.advance(GAP_MS)
  }
}
const standing = async (finished: readonly Intent[], intent: Intent, upTo: Step = 'createSecret') => {
  const world = createRegisteredWorld({}, DEPLOYED)
  await live(world, ...finished)
  const token = begun(world, intent)
  for (const name of steps.slice(0, steps.indexOf(upTo))) await step(world, name, token)
  countReads(world)
  return { world, token }
}
const isCurrentAccepted = (world: World): boolean =>
  world.issuer.accepts(CLIENT_ID, world.valueUnder('AWSCURRENT') ?? '')
const waited = ({ timing }: World): number => timing.waits.reduce((sum, ms) => sum + ms, 0)

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

  test('of a rollback is not cancelled: it was accepted before', async () => {
    const { world, token } = await standing(['rotate'], 'rollback', 'testSecret')
    Object.assign(world.client(), { current: NEW, next: valueNamed('A') })
    world.issuer.unripe.add(valueNamed('A'))
    world.timing.advance(3_600_000)

    expect(await does(world, 'testSecret', token)).toBe('fault PENDING_REFUSED')
  })
})
