// Whoever may call RotateSecret may also invoke the function, with any step, in any order, for any token. None of it changes what a
// rotation under way would have done, and the dry run changes nothing at all.

import { describe, expect, test } from 'vitest'
import { HOUR_MS } from '../../../lambda/core/base/time-units.ts'
import { type Step, steps } from '../../../lambda/core/rotation/refusal.ts'
import { runStep } from '../../../lambda/core/rotation/run-step.ts'
import type { Intent } from '../../../lambda/core/secret/request-token.ts'
import { effectOf } from '../../fakes/effect.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { createRegisteredWorld, nameOf, textOf, tokenOf, valueNamed, type World } from '../../fakes/world.ts'
import { begun, does, stateOf } from './step-seat.ts'

describe('a step out of its order', () => {
  test.each(['rotate', 'revoke', 'settle', 'rollback'] as const)(
    '%s: every other step after the finish does nothing, whether AWSPENDING is still there or not',
    async (intent) => {
      for (const isCleanedUp of [false, true]) {
        const world = createRegisteredWorld()
        await world.rotate(tokenOf('rotate'))
        const token = await world.rotate(tokenOf(intent))
        if (isCleanedUp) await world.secrets.moveLabel({ secretId: SECRET_ARN, label: 'AWSPENDING', from: token })
        const before = stateOf(world)

        expect(await does(world, 'createSecret', token)).toBe('nothing')
        const set = await does(world, 'setSecret', token)
        expect(await does(world, 'testSecret', token)).toBe('nothing')
        expect(['nothing', 'no pendingMissing, kept']).toContain(set)
        expect(stateOf(world)).toBe(before)
      }
    },
  )
})

describe('a token that has nothing under way', () => {
  const effects = async (world: World, token: string) => {
    const found: Record<string, string> = {}
    for (const step of steps) found[step] = await does(world, step, token)
    return found
  }

  test.each(['rotate', 'revoke', 'settle', 'rollback'] as const)('%s, unknown: nothing is changed', async (intent) => {
    const world = createRegisteredWorld()
    await world.rotate(tokenOf('rotate'))
    const before = stateOf(world)

    expect(await effects(world, tokenOf(intent))).toEqual({
      createSecret: 'no tokenWithoutVersion, kept',
      setSecret: ['settle', 'rollback'].includes(intent) ? 'no tokenWithoutVersion, kept' : 'nothing',
      testSecret: 'no pendingMissing, kept',
      finishSecret: 'no tokenWithoutVersion, kept',
    })
    expect(stateOf(world)).toBe(before)
  })

  test('the token of AWSPREVIOUS: nothing is changed', async () => {
    const world = createRegisteredWorld()
    const old = await world.rotate(tokenOf('rotate'))
    await world.secrets.moveLabel({ secretId: SECRET_ARN, label: 'AWSPENDING', from: old })
    await world.rotate(tokenOf('rotate'))
    const before = stateOf(world)

    expect(await effects(world, old)).toEqual({
      createSecret: 'no notPending, kept',
      setSecret: 'nothing',
      testSecret: 'nothing',
      finishSecret: 'no notPending, kept',
    })
    expect(stateOf(world)).toBe(before)
  })

  test('a rotation whose AWSPENDING was cleared: late steps change nothing', async () => {
    const world = createRegisteredWorld()
    const token = begun(world, 'rotate')
    await world.step('createSecret', token)
    await world.secrets.moveLabel({ secretId: SECRET_ARN, label: 'AWSPENDING', from: token })
    const before = stateOf(world)

    expect(await effects(world, token)).toEqual({
      createSecret: 'no tokenWithoutVersion, kept',
      setSecret: 'nothing',
      testSecret: 'nothing',
      finishSecret: 'no tokenWithoutVersion, kept',
    })
    expect(stateOf(world)).toBe(before)
  })

  test.each(['rotate', 'revoke', 'settle', 'rollback'] as const)(
    'a secret whose rotation was switched off in the middle of a %s: it is brought to its end',
    async (intent) => {
      const world = createRegisteredWorld()
      await world.rotate(tokenOf('rotate'))
      const token = begun(world, intent)
      await world.step('createSecret', token)
      world.secrets.rotationEnabled = false

      for (const step of steps) await world.step(step, token)

      expect(world.secrets.holderOf('AWSCURRENT')).toBe(token)
    },
  )

  test.each(['register', 'adopt'] as const)('%s-… marks a stored value and asks for nothing', async (origin) => {
    for (const step of ['createSecret', 'finishSecret'] as const) {
      const world = createRegisteredWorld()
      const token = tokenOf(origin)
      world.secrets.rotateSecret(token)
      world.secrets.place(token, { text: textOf(valueNamed('A')) })

      expect(await does(world, step, token)).toBe('no storedOrigin, cleared: Refused')
      expect(world.client()).toMatchObject({ current: valueNamed('A'), next: null })
    }
  })
})

describe('a token that is too old', () => {
  const acting = [
    ['settle', 'createSecret'],
    ['settle', 'setSecret'],
    ['settle', 'finishSecret'],
    ['rollback', 'createSecret'],
    ['rollback', 'setSecret'],
    ['rollback', 'finishSecret'],
  ] as const
  const aged = (intent: Intent, step: Step, ageMs: number) => {
    const world = createRegisteredWorld()
    // On the hour, so that a settle's rounding adds nothing.
    world.timing.advance(HOUR_MS / 2)
    const askedAt = world.timing.now() - ageMs
    return { world, step, ask: () => tokenOf(intent, askedAt) }
  }

  test.each(acting)('%s stops at %s after two hours, and clears up', async (intent, step) => {
    const { world, ask } = aged(intent, step, 2 * HOUR_MS + 1)
    await world.rotate(tokenOf('rotate'))
    const token = ask()
    world.secrets.rotateSecret(token)
    if (step !== 'createSecret') {
      world.secrets.place(token, { text: textOf(intent === 'settle' ? 'canary-new1-n001' : valueNamed('A')) })
    }

    expect(await does(world, step, token)).toBe('no tooOld, cleared: Refused')
    expect(world.client().next).not.toBeNull()
  })

  test.each(['settle', 'rollback'] as const)('%s still acts at two hours', async (intent) => {
    const { world, ask } = aged(intent, 'createSecret', 2 * HOUR_MS)
    await world.rotate(tokenOf('rotate'))
    const token = ask()

    expect(await effectOf(world, async () => void (await world.rotate(token)))).toMatch(/> move: Completed/)
  })

  test.each(['rotate', 'revoke'] as const)(
    'a %s is never too old: the service may come back a day later',
    async (intent) => {
      const { world, ask } = aged(intent, 'createSecret', 48 * HOUR_MS)
      const token = ask()

      expect(await effectOf(world, async () => void (await world.rotate(token)))).toMatch(/> move: Completed/)
    },
  )
})

test('the rotation token goes on to the put, and into nothing that is said', async () => {
  const world = createRegisteredWorld()
  const requestToken = begun(world, 'rotate')

  for (const step of steps) {
    await runStep(world.rotation, { step, secretId: SECRET_ARN, requestToken, rotationToken: 'canary-rotation-token' })
  }

  expect(world.secrets.rotationTokens).toEqual(['canary-rotation-token'])
  expect(world.said()).not.toContain('canary')
})

test('a rotation that the service drives again from its first step, twice, ends as if it had been driven once', async () => {
  const world = createRegisteredWorld()
  const token = begun(world, 'rotate')
  await world.step('createSecret', token)
  await world.step('testSecret', token)

  const effect = await effectOf(world, async () => void (await world.rotate(token)))

  expect(effect).toBe('move: Completed, Changed')
  expect(nameOf(world.valueUnder('AWSCURRENT') ?? '')).toBe('new1')
})
