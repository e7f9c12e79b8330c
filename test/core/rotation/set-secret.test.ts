// setSecret, which ends the overlap of a settle: after lost replies, out of its order, and when it comes too late.
import { describe, expect, test } from 'vitest'
import { HOUR_MS } from '../../../lambda/core/base/time-units.ts'
import type { Intent } from '../../../lambda/core/secret/request-token.ts'
import { onceAt } from '../../fakes/call-log.ts'
import { createRegisteredWorld, nameOf, tokenOf } from '../../fakes/world.ts'
import { accepted, begin, begun, does, type LostCase, landLate, stateOf } from './step-seat.ts'

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
