// What the steps do at their edges: what was read turns out unreadable, another client's or gone, time is nearly out, somebody was
// quicker; and that nothing is read, exchanged or told that need not be.

import { describe, expect, test } from 'vitest'

import { Fault } from '../../../lambda/core/base/fault.ts'

import { failAt, onceAt } from '../../fakes/call-log.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { NOON_THIRTY } from '../../fakes/fake-timing.ts'
import { createRegisteredWorld, textOf, tokenOf, valueNamed, type World } from '../../fakes/world.ts'
import { does, standing } from './step-seat.ts'

test.each(['createSecret', 'finishSecret'] as const)(
  'a secret that is gone is a fault that names it, and nothing is asked of the issuer: %s',
  async (step) => {
    const { world, token } = await standing(step, 'rotate')
    world.secrets.exists = false

    await expect(world.step(step, token)).rejects.toMatchObject({
      code: 'SECRETS_MANAGER_REJECTED',
      retryable: false,
      message: expect.stringContaining(SECRET_ARN),
    })
    expect(world.log.names().filter((name) => !name.startsWith('secrets.'))).toEqual([])
  },
)

describe('what a label carries by the time it is read', () => {
  const spoil = ({ secrets }: World, label: string, text: string): void => {
    secrets.place(secrets.holderOf(label) ?? '', { text })
  }
  /** After the labels were seen; nothing is pending on AWSCURRENT's version then. */
  const dropCurrent = (world: World): void => {
    world.log.after.push(
      onceAt('secrets.describe', () => {
        world.secrets.versions.get(world.secrets.holderOf('AWSCURRENT') ?? '')?.labels.delete('AWSCURRENT')
      }),
    )
  }

  test.each([
    ['createSecret', 'rotate', 'complete > start > put new2'],
    ['createSecret', 'settle', 'put new1'],
    ['finishSecret', 'rotate', 'move > fault SECRETS_MANAGER_REJECTED'],
    ['finishSecret', 'settle', 'move > fault SECRETS_MANAGER_REJECTED'],
  ] as const)(
    'is gone after it was seen: %s of a %s goes by its id, and moves nothing',
    async (step, intent, effect) => {
      const { world, token } = await standing(step, intent, ['rotate'])
      // The labels of a complete are looked at again right before.
      if (step === 'createSecret' && intent === 'rotate') Object.assign(world.client(), { next: null })
      if (step === 'createSecret' && intent === 'rotate') world.client().current = world.valueUnder('AWSCURRENT') ?? ''
      dropCurrent(world)

      expect(await does(world, step, token)).toBe(effect.replace('complete > ', ''))
      expect(world.secrets.holderOf('AWSCURRENT')).toBeUndefined()
    },
  )

  test.each([
    ['setSecret', 'settle'],
    ['setSecret', 'rollback'],
    ['testSecret', 'rotate'],
    ['finishSecret', 'rotate'],
    ['finishSecret', 'settle'],
  ] as const)('is no secret: %s of a %s refuses the pending one', async (step, intent) => {
    const { world, token } = await standing(step, intent, ['rotate'])
    spoil(world, 'AWSPENDING', 'canary')

    expect(await does(world, step, token)).toBe('no malformedSecret, cleared: Refused')
    expect(world.said()).toContain('the value of AWSPENDING is not')
  })

  test.each(['setSecret', 'testSecret', 'finishSecret'] as const)('is another client’s: %s refuses', async (step) => {
    const { world, token } = await standing(step, 'settle', ['rotate'])
    spoil(world, 'AWSPENDING', textOf(valueNamed('X'), { client_id: 'm2m-client-test-other' }))

    expect(await does(world, step, token)).toBe('no pendingOfOtherClient, cleared: Refused')
  })
})

describe('the journal', () => {
  test('says how long a step took', async () => {
    const { world, token } = await standing('testSecret', 'rotate')
    world.timing.advance(5000)
    world.issuer.unripe.add('canary-new1-n001')
    world.timing.onWait.push(() => {
      if (world.timing.waits.length === 2) world.issuer.unripe.clear()
    })

    await world.step('testSecret', token)

    expect(world.journal.entries.at(-1)).toMatchObject({ step: 'testSecret', outcome: 'done', ms: 2000 })
  })

  test('says of a fault whether it may be retried', async () => {
    for (const retryable of [true, false]) {
      const { world, token } = await standing('createSecret', 'rotate')
      const fault = new Fault({ code: 'STYTCH_UNAVAILABLE', retryable, message: 'Down, on purpose.' })
      world.log.before.push(failAt('issuer.look', fault))

      await does(world, 'createSecret', token)

      expect(world.journal.entries.at(-1)).toEqual({
        step: 'createSecret',
        secret: SECRET_ARN,
        requestToken: token,
        intent: 'rotate',
        outcome: 'failed',
        code: 'STYTCH_UNAVAILABLE',
        retryable,
        message: 'Down, on purpose.',
        ms: 0,
      })
    }
  })

  test('says of what is no error that it is unknown', async () => {
    const { world, token } = await standing('createSecret', 'rotate')
    world.log.before.push(({ name }) => (name === 'look' ? Promise.reject('canary') : undefined))

    await expect(world.step('createSecret', token)).rejects.toBe('canary')
    expect(world.journal.entries.at(-1)).toMatchObject({ outcome: 'failed', code: 'DEFECT', message: 'unknown' })
  })
})

describe('the age of a settle', () => {
  test.each([
    ['settle', 'testSecret'],
    ['settle', 'setSecret'],
    ['rollback', 'finishSecret'],
    ['rollback', 'setSecret'],
  ] as const)('%s, over two hours old: %s refuses', async (intent, step) => {
    const { world, token } = await standing(step, intent, ['rotate'])
    if (step === 'testSecret') Object.assign(world.client(), { current: valueNamed('X'), next: null })
    world.timing.advance(3 * 3_600_000)

    expect(await does(world, step, token)).toMatch(/^no tooOld, (kept|cleared): Refused/)
  })

  test('of two hours exactly is not too old', async () => {
    const world = createRegisteredWorld()
    await world.rotate(tokenOf('rotate'))
    const token = tokenOf('rollback')
    world.secrets.rotateSecret(token)
    world.timing.advance(NOON_THIRTY + 7_200_000 - world.timing.now())

    expect(await does(world, 'createSecret', token)).toBe('put A')
    world.timing.advance(1)
    expect(await does(world, 'setSecret', token)).toBe('no tooOld, cleared: Refused')
  })
})
