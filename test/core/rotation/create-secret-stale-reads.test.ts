// createSecret on replies that are older than what was acknowledged: it neither completes nor cancels on one of them.
import { describe, expect, test } from 'vitest'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import { steps } from '../../../lambda/core/rotation/refusal.ts'
import { onceAt } from '../../fakes/call-log.ts'
import { CLIENT_ID, createRegisteredWorld, textOf, tokenOf, type World } from '../../fakes/world.ts'
import { countReads, does, isCurrentAccepted, live, NEW, standing, step } from './stale-seat.ts'
import { begun } from './step-seat.ts'

describe('slots as before their last change', () => {
  test('after a lost start do not make createSecret complete twice', async () => {
    const { world, token } = await standing(['rotate'], 'rotate')
    world.issuer.history.boundMs = DEPLOYED.readLagMs
    // Killed as soon as it was sent: nobody has the value.
    world.log.after.push(
      onceAt('issuer.start', () => {
        throw new Error('killed')
      }),
    )
    await expect(step(world, 'createSecret', token)).rejects.toThrow('killed')
    countReads(world)
    world.issuer.history.old.set(0, { ago: 2 })

    expect(await does(world, 'createSecret', token)).not.toContain('complete')
    expect(isCurrentAccepted(world)).toBe(true)
  })

  test('after the settle before do not make the next createSecret complete either', async () => {
    const world = createRegisteredWorld({}, DEPLOYED)
    world.issuer.history.boundMs = DEPLOYED.readLagMs
    await world.rotate(tokenOf('rotate'))
    await world.rotate(tokenOf('settle'))
    const token = begun(world, 'rotate')
    world.log.after.push(
      onceAt('issuer.start', () => {
        throw new Error('killed')
      }),
    )
    await expect(step(world, 'createSecret', token)).rejects.toThrow('killed')
    countReads(world)
    world.issuer.history.old.set(0, { ago: 2 })

    expect(await does(world, 'createSecret', token)).not.toContain('complete')
    expect(isCurrentAccepted(world)).toBe(true)
  })
})

describe('a second execution of createSecret, which looked before the first one stored its value', () => {
  /** The first has asked for the next secret; the second's look takes it for one that nobody stored. */
  const twice = async (meanwhile: (world: World, token: string) => Promise<void>) => {
    const { world, token } = await standing([], 'rotate')
    await world.rotation.issuer.start(CLIENT_ID)
    let done = false
    world.timing.onWait.push(async () => {
      if (done) return
      done = true
      await meanwhile(world, token)
    })
    return { effect: await does(world, 'createSecret', token), world, done: () => done }
  }
  const store = ({ secrets }: World, token: string): void =>
    secrets.place(token, { text: textOf(NEW), labels: ['AWSPENDING'] })

  test('does not cancel it after its switch', async () => {
    const { effect, world, done } = await twice(async (each, token) => {
      store(each, token)
      each.secrets.place(token, { labels: ['AWSCURRENT'] })
    })

    expect([effect, done()]).toEqual(['nothing', true])
    expect(isCurrentAccepted(world)).toBe(true)
  })

  test('does not cancel it once it is stored', async () => {
    const { effect, world, done } = await twice(async (each, token) => store(each, token))

    expect([effect, done()]).toEqual(['nothing', true])
    expect(world.client().next).toBe(NEW)
  })

  test('does not cancel what looks different by then', async () => {
    const { effect, world } = await twice(async ({ issuer }) => {
      await issuer.complete(CLIENT_ID, { known: [], slots: { current: '', next: null } })
    })

    // By a colleague: AWSCURRENT is refused, and nothing of ours can change that without a revoke.
    expect(effect).toBe('complete > no drift, cleared: Refused, Drift')
    expect(world.client()).toMatchObject({ current: NEW, next: null })
  })
})

describe('right after a settle that ended its slot late, a start whose reply is lost', () => {
  test.each([
    ['rotate', 0],
    ['rotate', 180_000],
    ['revoke', 0],
    ['revoke', 180_000],
  ] as const)('kills no AWSCURRENT: %s, the settle driven again after %i ms', async (intent, idleMs) => {
    const world = createRegisteredWorld({}, DEPLOYED)
    world.issuer.history.boundMs = DEPLOYED.readLagMs
    await live(world, 'rotate')
    const settle = begun(world, 'settle')
    await step(world, 'createSecret', settle)
    world.timing.advance(idleMs)
    for (const name of steps) await step(world, name, settle)
    const token = begun(world, intent)
    countReads(world)
    world.issuer.losses.start.push('after')
    // The look of the next round is from before the settle's complete, if it still may be.
    world.issuer.history.old.set(2, { ago: 2 })

    expect(await does(world, 'createSecret', token)).not.toContain('complete')
    expect(isCurrentAccepted(world)).toBe(true)
  })
})
