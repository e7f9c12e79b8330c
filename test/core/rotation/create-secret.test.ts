// createSecret: it stores one value, however often it is asked, and only beside what it may trust.

import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { effectOf } from '../../fakes/effect.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { createRegisteredWorld, textOf, tokenOf, valueNamed } from '../../fakes/world.ts'
import { begun, does, stateOf } from './step-seat.ts'

describe('a step out of its order', () => {
  test('create twice starts once', async () => {
    const world = createRegisteredWorld()
    const token = begun(world, 'rotate')

    expect(await does(world, 'createSecret', token)).toBe('start > put new1')
    expect(await does(world, 'createSecret', token)).toBe('nothing')
  })

  test.each([
    ['settle', 'put new1'],
    ['rollback', 'nothing'],
  ] as const)('%s: create twice stores one value', async (intent, again) => {
    const world = createRegisteredWorld()
    await world.rotate(tokenOf('rotate'))
    const token = begun(world, intent)
    await world.step('createSecret', token)
    const before = stateOf(world)

    expect(await does(world, 'createSecret', token)).toBe(again)
    expect(stateOf(world)).toBe(before)
  })
})

describe('a token that has nothing under way', () => {
  test('a secret without rotation: createSecret begins nothing, and clears up', async () => {
    const world = createRegisteredWorld()
    const token = begun(world, 'rotate')
    world.secrets.rotationEnabled = false

    expect(await does(world, 'createSecret', token)).toBe('no rotationNotEnabled, cleared: Refused')
    expect(world.client()).toMatchObject({ current: valueNamed('A'), next: null })
  })
})

describe('what is stored is not trusted', () => {
  test.each([
    ['a pending value of another client', { client_id: 'm2m-client-test-other' }, 'pendingOfOtherClient'],
    ['a pending value that changes nothing', { client_secret: valueNamed('A') }, 'pendingEqualsCurrent'],
    ['a pending value in another format', { client_secret: 17 }, 'malformedSecret'],
  ])('%s is refused by createSecret', async (_what, more, reason) => {
    const world = createRegisteredWorld()
    const token = tokenOf('rotate')
    world.secrets.rotateSecret(token)
    world.secrets.place(token, { text: textOf(valueNamed('P'), more) })

    const effect = await effectOf(world, () => world.step('createSecret', token))

    expect(effect).toBe(`no ${reason}, cleared: Refused`)
  })
})

test('a rollback to AWSCURRENT’s own value is refused', async () => {
  const world = createRegisteredWorld()
  const rotate = await world.rotate(tokenOf('rotate'))
  await world.secrets.moveLabel({ secretId: SECRET_ARN, label: 'AWSPENDING', from: rotate })
  const copy = world.secrets.versions.get(rotate)?.text ?? ''
  world.secrets.place(randomUUID(), { text: copy, labels: ['AWSCURRENT'] })

  expect(await does(world, 'createSecret', begun(world, 'rollback'))).toBe('no overlap, cleared: Refused')
})
