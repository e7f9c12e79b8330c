// setSecret, which ends the overlap of a settle: after lost replies, out of its order, and when it comes too late.
import { describe, expect, test } from 'vitest'
import type { Step } from '../../../lambda/core/rotation/refusal.ts'
import type { Intent } from '../../../lambda/core/secret/request-token.ts'
import { onceAt } from '../../fakes/call-log.ts'
import { effectOf } from '../../fakes/effect.ts'
import type { Loss } from '../../fakes/fake-issuer.ts'
import { createRegisteredWorld, nameOf, tokenOf, type World } from '../../fakes/world.ts'

const does = (world: World, step: Step, token: string, remainingMs?: number) =>
  effectOf(world, () => world.step(step, token, remainingMs))
const accepted = ({ client }: World): readonly string[] => {
  const { current, next } = client()
  return [current, next].filter((value) => value !== null).map(nameOf)
}
/** A world in which these are finished, and this one has begun, up to a step. */
const begin = async (finished: readonly Intent[], intent: Intent, upTo: readonly Step[] = []) => {
  const world = createRegisteredWorld()
  for (const before of finished) await world.rotate(tokenOf(before))
  const token = tokenOf(intent)
  world.secrets.rotateSecret(token)
  for (const step of upTo) await world.step(step, token)
  return { world, token }
}
/** The lost call's effect comes with the second wait. */
const landLate = ({ timing, issuer }: World): void => {
  timing.onWait.push(() => {
    if (timing.waits.length === 2) issuer.land()
  })
}
interface LostCase {
  readonly call: 'start' | 'complete' | 'cancel'
  readonly loss: readonly Loss[]
  readonly effect: string
}
const begun = (world: World, intent: Intent): string => {
  const token = tokenOf(intent, world.timing.now())
  world.secrets.rotateSecret(token)
  return token
}
/** Everything that a forger could have changed. */
const stateOf = ({ secrets, client }: World) =>
  JSON.stringify([
    client(),
    [...secrets.versions.values()].map(({ versionId, text, labels }) => [versionId, text, [...labels]]),
  ])
const HOUR_MS = 3_600_000

describe('a step out of its order', () => {
  test.each(['settle', 'rollback'] as const)('%s: set before create changes nothing', async (intent) => {
    const world = createRegisteredWorld()
    await world.rotate(tokenOf('rotate'))
    const token = begun(world, intent)
    const before = stateOf(world)

    expect(await does(world, 'setSecret', token)).toBe('no pendingMissing, kept')
    expect(stateOf(world)).toBe(before)
  })

  test('a settle’s set, three hours after its finish, does nothing, though AWSPENDING is still there', async () => {
    const world = createRegisteredWorld()
    await world.rotate(tokenOf('rotate'))
    const settle = await world.rotate(tokenOf('settle'))
    world.timing.advance(3 * HOUR_MS)

    expect(world.secrets.holderOf('AWSPENDING')).toBe(settle)
    expect(await does(world, 'setSecret', settle)).toBe('nothing')
  })

  test('a settle’s set, sent again when a new rotation is under way, does nothing', async () => {
    const world = createRegisteredWorld()
    await world.rotate(tokenOf('rotate'))
    const settle = await world.rotate(tokenOf('settle'))
    const rotate = begun(world, 'rotate')
    await world.step('createSecret', rotate)
    const before = stateOf(world)

    expect(await does(world, 'setSecret', settle)).toBe('nothing')
    expect(stateOf(world)).toBe(before)
  })
})

describe('a lost reply in a settle’s setSecret', () => {
  const cases: readonly (LostCase & { readonly finished: readonly Intent[] })[] = [
    { call: 'complete', loss: ['before'], finished: ['rotate'], effect: 'complete > complete' },
    { call: 'complete', loss: ['after'], finished: ['rotate'], effect: 'complete' },
    { call: 'complete', loss: ['late'], finished: ['rotate'], effect: 'complete' },
    {
      call: 'complete',
      loss: ['before', 'before', 'before', 'before'],
      finished: ['rotate'],
      effect: 'complete > complete > complete > complete > fault STYTCH_OUTCOME_UNKNOWN',
    },
    { call: 'cancel', loss: ['before'], finished: ['rotate', 'rollback'], effect: 'cancel > cancel' },
    { call: 'cancel', loss: ['after'], finished: ['rotate', 'rollback'], effect: 'cancel' },
    { call: 'cancel', loss: ['late'], finished: ['rotate', 'rollback'], effect: 'cancel' },
  ]

  test.each(cases)('$call, $loss the effect: $effect', async ({ call, loss, finished, effect }) => {
    const { world, token } = await begin(finished, 'settle', ['createSecret'])
    world.issuer.losses[call].push(...loss)
    world.timing.waits.length = 0
    landLate(world)
    const current = nameOf(world.valueUnder('AWSCURRENT') ?? '')

    expect(await does(world, 'setSecret', token)).toBe(effect)
    expect(accepted(world)).toContain(current)
  })

  test('somebody who completed it meanwhile is found by looking', async () => {
    const { world, token } = await begin(['rotate'], 'settle', ['createSecret'])
    world.log.before.push(
      onceAt('issuer.complete', () => {
        Object.assign(world.client(), { current: world.client().next, next: null })
      }),
    )

    expect(await does(world, 'setSecret', token)).toBe('complete')
    expect(accepted(world)).toEqual(['new1'])
  })

  test('somebody who cancelled it meanwhile is found by looking', async () => {
    const { world, token } = await begin(['rotate'], 'settle', ['createSecret'])
    world.log.before.push(
      onceAt('issuer.complete', () => {
        world.client().next = null
      }),
    )

    // It is cancelledUnderUs; see the departures of run-step-cells.
    expect(await does(world, 'setSecret', token)).toMatch(
      /^complete > no (drift|cancelledUnderUs), cleared: Refused, Drift$/,
    )
    expect(accepted(world)).toEqual(['A'])
  })
})
