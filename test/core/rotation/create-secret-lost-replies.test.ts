// createSecret, with replies that are lost and writes that fail: between start and store there is one copy in the world.
import { describe, expect, test } from 'vitest'
import type { Intent } from '../../../lambda/core/secret/request-token.ts'
import { failAt } from '../../fakes/call-log.ts'
import type { Loss } from '../../fakes/fake-issuer.ts'
import { nameOf, tokenOf } from '../../fakes/world.ts'
import { accepted, begin, does, down, fault, type LostCase, landLate } from './step-seat.ts'

describe('a lost reply in createSecret', () => {
  const cases: readonly (LostCase & { readonly finished: readonly Intent[] })[] = [
    { call: 'start', loss: ['before'], finished: [], effect: 'start > start > put new1' },
    { call: 'start', loss: ['after'], finished: [], effect: 'start > cancel > start > put new2' },
    { call: 'start', loss: ['late'], finished: [], effect: 'start > cancel > start > put new2' },
    {
      call: 'start',
      loss: ['after', 'after'],
      finished: [],
      effect: 'start > cancel > start > cancel > start > put new3',
    },
    { call: 'start', loss: ['before', 'after'], finished: [], effect: 'start > start > cancel > start > put new2' },
    { call: 'complete', loss: ['before'], finished: ['rotate'], effect: 'complete > complete > start > put new2' },
    { call: 'complete', loss: ['after'], finished: ['rotate'], effect: 'complete > start > put new2' },
    { call: 'complete', loss: ['late'], finished: ['rotate'], effect: 'complete > start > put new2' },
    {
      call: 'cancel',
      loss: ['before'],
      finished: ['rotate', 'rollback'],
      effect: 'cancel > cancel > start > put new2',
    },
    { call: 'cancel', loss: ['after'], finished: ['rotate', 'rollback'], effect: 'cancel > start > put new2' },
    { call: 'cancel', loss: ['late'], finished: ['rotate', 'rollback'], effect: 'cancel > start > put new2' },
  ]

  test.each(cases)('$call, $loss the effect: $effect', async ({ call, loss, finished, effect }) => {
    const { world, token } = await begin(finished, 'rotate')
    world.issuer.losses[call].push(...loss)
    landLate(world)

    expect(await does(world, 'createSecret', token)).toBe(effect)
    expect(accepted(world)).toContain(nameOf(world.valueUnder('AWSPENDING') ?? ''))
    expect(accepted(world)).toContain(nameOf(world.valueUnder('AWSCURRENT') ?? ''))
    expect(world.said()).not.toContain('canary')
  })

  test.each(cases)('$call, $loss the effect: the rotation ends as ever', async ({ call, loss, finished }) => {
    const { world, token } = await begin(finished, 'revoke')
    world.issuer.losses[call].push(...loss)
    landLate(world)
    await world.rotate(token)
    const value = nameOf(world.valueUnder('AWSCURRENT') ?? '')

    await world.rotate(tokenOf('settle'))

    expect(accepted(world)).toEqual([value])
  })

  test('an issuer that never answers ends the step while the last start still had its time', async () => {
    const { world, token } = await begin([], 'rotate')
    world.issuer.losses.start.push(...new Array<Loss>(9).fill('before'))

    expect(await does(world, 'createSecret', token)).toBe('start > start > start > start > fault TIME_TOO_SHORT')
    expect(world.valueUnder('AWSPENDING')).toBeUndefined()
  })

  test('a start whose reply is lost is waited for, also when a slot was retired just before', async () => {
    const { world, token } = await begin(['rotate'], 'rotate')
    world.issuer.losses.start.push('before')

    await world.step('createSecret', token)

    expect(world.timing.waits).toEqual([250, 750, 2000, 3000])
  })

  test('it looks before it acts again', async () => {
    const { world, token } = await begin([], 'rotate')
    world.issuer.losses.start.push('before')

    await world.step('createSecret', token)

    const names = world.log.names()
    const first = names.indexOf('issuer.start')
    expect(names.slice(first + 1, names.lastIndexOf('issuer.start'))).toContain('issuer.look')
  })
})

describe('the only copy', () => {
  test.each([[[]], [['rotate']], [['rotate', 'rollback']]] as const)(
    'nothing comes between start and its put (after %j)',
    async (finished) => {
      const { world, token } = await begin(finished, 'rotate')
      world.log.clear()

      await world.step('createSecret', token)

      const names = world.log.names()
      expect(names.slice(names.indexOf('issuer.start'))).toEqual(['issuer.start', 'secrets.putPending'])
      expect(world.timing.waits).toEqual([])
    },
  )

  test.each([0, 1, 9_999])('start is not sent with %i ms left', async (remainingMs) => {
    const { world, token } = await begin([], 'rotate')

    expect(await does(world, 'createSecret', token, remainingMs)).toBe('fault TIME_TOO_SHORT')
  })

  test('start is sent with ten seconds left', async () => {
    const { world, token } = await begin([], 'rotate')

    expect(await does(world, 'createSecret', token, 10_000)).toBe('start > put new1')
  })

  test('a put that fails is repeated as long as the function lives', async () => {
    const { world, token } = await begin([], 'rotate')
    world.log.before.push(failAt('secrets.putPending', down, 20))

    expect(await does(world, 'createSecret', token)).toMatch(/^start > (put new1( > )?){21}$/)
    expect(nameOf(world.valueUnder('AWSPENDING') ?? '')).toBe('new1')
  })

  test('a put whose reply is lost is repeated and changes nothing', async () => {
    const { world, token } = await begin([], 'rotate')
    world.log.after.push(failAt('secrets.putPending', down))

    expect(await does(world, 'createSecret', token)).toBe('start > put new1 > put new1')
  })

  test('a put that never succeeds costs the value, and no more: the next execution cancels it', async () => {
    const { world, token } = await begin([], 'rotate')
    world.log.before.push(failAt('secrets.putPending', fault('SECRETS_MANAGER_REJECTED', false)))

    expect(await does(world, 'createSecret', token)).toBe('start > put new1 > fault SECRETS_MANAGER_REJECTED')
    expect(await does(world, 'createSecret', token)).toBe('cancel > start > put new2')
  })

  test('a bus, a vault or an issuer that fails before start costs nothing', async () => {
    for (const at of ['secrets.describe', 'secrets.readValue', 'issuer.look', 'issuer.start']) {
      const { world, token } = await begin([], 'rotate')
      world.log.before.push(failAt(at, down))

      expect(await does(world, 'createSecret', token)).toMatch(/^(start > )?fault SECRETS_MANAGER_UNAVAILABLE$/)
      expect(await does(world, 'createSecret', token)).toBe('start > put new1')
    }
  })
})
