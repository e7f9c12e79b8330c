// A freeze at the beginning of a rotation: what it stops and what it lets through, what an unreadable one stops, and that it takes no
// AWSPENDING away but that of the rotation it stops.
import { describe, expect, test } from 'vitest'
import type { FreezeState } from '../../../lambda/core/rotation/freeze.ts'
import type { Origin } from '../../../lambda/core/secret/request-token.ts'
import { effectOf } from '../../fakes/effect.ts'
import { createRegisteredWorld, textOf, tokenOf, valueNamed, type World } from '../../fakes/world.ts'

/** A secret whose AWSCURRENT came from this origin, with an overlap open unless that says otherwise. */
const worldOn = (origin: Origin): World => {
  const world = createRegisteredWorld()
  if (origin === 'register') return world
  const settled = origin === 'settle' || origin === 'adopt'
  const value = settled ? valueNamed('A') : valueNamed('B')
  world.secrets.place(tokenOf(origin), { text: textOf(value), labels: ['AWSCURRENT'] })
  if (!settled) world.client().next = value
  return world
}

const create = async (world: World, token: string): Promise<string> => {
  world.secrets.rotateSecret(token)
  return effectOf(world, () => world.step('createSecret', token))
}

const startOf = (intent: Origin): string => (intent === 'settle' || intent === 'rollback' ? 'put' : 'start')

describe.each<[FreezeState | 'unreadable', Origin, Origin, string]>([
  ['off', 'rotate', 'register', 'goes on'],
  ['off', 'settle', 'rotate', 'goes on'],
  ['planned', 'rotate', 'register', 'no frozen, cleared: Refused'],
  ['planned', 'settle', 'rotate', 'no frozen, cleared: Refused'],
  ['planned', 'settle', 'revoke', 'goes on'],
  ['planned', 'revoke', 'rotate', 'goes on'],
  ['planned', 'rollback', 'rotate', 'goes on'],
  ['all', 'rotate', 'register', 'no frozen, cleared: Refused'],
  ['all', 'settle', 'revoke', 'no frozen, cleared: Refused'],
  ['all', 'revoke', 'rotate', 'no frozen, cleared: Refused'],
  ['all', 'rollback', 'rotate', 'no frozen, cleared: Refused'],
  ['unreadable', 'rotate', 'register', 'fault FREEZE_UNREADABLE'],
  ['unreadable', 'settle', 'rotate', 'fault FREEZE_UNREADABLE'],
  ['unreadable', 'settle', 'revoke', 'goes on'],
  ['unreadable', 'revoke', 'register', 'goes on'],
  ['unreadable', 'rollback', 'rotate', 'goes on'],
])('freeze %s, %s from %s', (state, intent, from, expected) => {
  test(expected, async () => {
    const world = worldOn(from)
    world.freeze.state = state

    const effect = await create(world, tokenOf(intent))

    if (expected === 'goes on') expect(effect).toMatch(new RegExp(`${startOf(intent)}\\b`))
    else expect(effect).toBe(expected)
    expect(world.freeze.reads).toBe(1)
  })
})

test("Secrets Manager's own schedule is stopped, too, and can begin again once the freeze is lifted", async () => {
  const world = createRegisteredWorld()
  world.freeze.state = 'planned'

  expect(await create(world, 'd3b07384-d9a0-4c4b-8f1e-2f0f2b1c9a10')).toBe('no frozen, cleared: Refused')
  expect(world.client().next).toBeNull()
  world.freeze.state = 'off'
  await world.rotate('e3b07384-d9a0-4c4b-8f1e-2f0f2b1c9a11')

  expect(world.valueUnder('AWSCURRENT')).not.toBe(valueNamed('A'))
})

test('it says what stands in the way, and what to do', async () => {
  const world = createRegisteredWorld()
  world.freeze.state = 'planned'

  await create(world, tokenOf('rotate'))

  expect(world.events.published[0]?.detail).toMatchObject({
    reason: 'frozen',
    explanation: expect.stringMatching(/frozen \(planned\); lift the freeze/),
  })
})

test('an unreadable freeze takes no AWSPENDING away: the step is asked for again', async () => {
  const world = createRegisteredWorld()
  world.freeze.state = 'unreadable'
  const token = tokenOf('rotate')

  await create(world, token)

  expect(world.secrets.holderOf('AWSPENDING')).toBe(token)
  world.freeze.state = 'off'
  for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const) await world.step(step, token)
  expect(world.secrets.holderOf('AWSCURRENT')).toBe(token)
})

test('a rotation that has begun is brought to its end', async () => {
  const world = createRegisteredWorld()
  const token = tokenOf('rotate')
  await create(world, token)
  world.freeze.state = 'all'

  for (const step of ['setSecret', 'testSecret', 'finishSecret'] as const) await world.step(step, token)

  expect(world.secrets.holderOf('AWSCURRENT')).toBe(token)
  expect(world.freeze.reads).toBe(1)
})

test('one that is driven again from its beginning is brought to its end, too', async () => {
  const world = createRegisteredWorld()
  const token = tokenOf('rotate')
  await create(world, token)
  world.freeze.state = 'planned'

  expect(await effectOf(world, () => world.step('createSecret', token))).toBe('nothing')
  for (const step of ['setSecret', 'testSecret', 'finishSecret'] as const) await world.step(step, token)

  expect(world.secrets.holderOf('AWSCURRENT')).toBe(token)
})

describe('a forged or late event', () => {
  test('for a rotation that is done changes nothing', async () => {
    const world = createRegisteredWorld()
    const token = await world.rotate(tokenOf('rotate'))
    world.freeze.state = 'all'

    expect(await effectOf(world, () => world.step('createSecret', token))).toBe('nothing')
  })

  test('for a version that is not there is refused as ever', async () => {
    const world = createRegisteredWorld()
    world.freeze.state = 'all'

    expect(await effectOf(world, () => world.step('createSecret', tokenOf('rotate')))).toBe(
      'no tokenWithoutVersion, kept',
    )
  })
})
