// What the steps do at their edges: what was read turns out unreadable, another client's or gone, time is nearly out, somebody was
// quicker; and that nothing is read, exchanged or told that need not be.

import { describe, expect, test } from 'vitest'
import type { EventType } from '../../../lambda/core/base/event-types.ts'
import { Fault, type FaultCode } from '../../../lambda/core/base/fault.ts'
import type { Evidence } from '../../../lambda/core/rotation/outcome.ts'
import { type Step, steps } from '../../../lambda/core/rotation/refusal.ts'
import type { Intent } from '../../../lambda/core/secret/request-token.ts'
import { failAt, onceAt } from '../../fakes/call-log.ts'
import { effectOf } from '../../fakes/effect.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { NOON_THIRTY } from '../../fakes/fake-timing.ts'
import { CLIENT_ID, createRegisteredWorld, nameOf, textOf, tokenOf, valueNamed, type World } from '../../fakes/world.ts'

const does = (world: World, step: Step, token: string, remainingMs?: number) =>
  effectOf(world, () => world.step(step, token, remainingMs))
const upTo = (last: Step): readonly Step[] => steps.slice(0, steps.indexOf(last))

/** A world in which these are finished, and this one stands before a step. */
const standing = async (step: Step, intent: Intent, finished: readonly Intent[] = []) => {
  const world = createRegisteredWorld()
  for (const each of finished) await world.rotate(tokenOf(each))
  const token = tokenOf(intent)
  world.secrets.rotateSecret(token)
  for (const each of upTo(step)) await world.step(each, token)
  world.log.clear()
  return { world, token }
}
const count = ({ log }: World, name: string): number => log.names().filter((each) => each === name).length
const readsOf = ({ log }: World): readonly string[] =>
  log.calls.filter(({ port, name }) => port === 'secrets' && name === 'readValue').map(({ about }) => about)
const detailsOf = (world: World, type: EventType) =>
  world.events.published.filter((event) => event.type === type).map(({ detail }) => detail)

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

  test('is gone before a slot is ended: nothing is ended', async () => {
    const { world, token } = await standing('createSecret', 'rotate', ['rotate'])
    dropCurrent(world)

    expect(await does(world, 'createSecret', token)).toBe('no noCurrent, cleared: Refused')
  })

  test('is gone before anything is stored: finishSecret says that, and not that something is pending', async () => {
    const { world, token } = await standing('createSecret', 'rotate')
    world.secrets.versions.get(world.secrets.holderOf('AWSCURRENT') ?? '')?.labels.clear()

    expect(await does(world, 'finishSecret', token)).toBe('no noCurrent, cleared: Refused')
  })

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

  test.each([['setSecret', 'settle', 'cleared']] as const)(
    'is no secret: %s of a %s refuses AWSCURRENT’s, AWSPENDING %s',
    async (step, intent, pending) => {
      const { world, token } = await standing(step, intent, ['rotate'])
      spoil(world, 'AWSCURRENT', 'canary')

      expect(await does(world, step, token)).toBe(`no malformedSecret, ${pending}: Refused`)
      expect(world.said()).toContain('the value of AWSCURRENT is not')
    },
  )

  test('is no secret: testSecret, whose pending value is refused, refuses AWSCURRENT’s', async () => {
    const { world, token } = await standing('testSecret', 'rotate')
    world.client().next = null
    spoil(world, 'AWSCURRENT', 'canary')

    expect(await does(world, 'testSecret', token)).toBe('no malformedSecret, cleared: Refused')
  })

  test.each(['setSecret', 'testSecret', 'finishSecret'] as const)('is another client’s: %s refuses', async (step) => {
    const { world, token } = await standing(step, 'settle', ['rotate'])
    spoil(world, 'AWSPENDING', textOf(valueNamed('X'), { client_id: 'm2m-client-test-other' }))

    expect(await does(world, step, token)).toBe('no pendingOfOtherClient, cleared: Refused')
  })

  test('is another client’s, in the past: that is no evidence', async () => {
    const { world, token } = await standing('finishSecret', 'settle', ['rotate'])
    spoil(world, 'AWSPREVIOUS', textOf(valueNamed('A'), { client_id: 'm2m-client-test-other' }))

    await world.step('finishSecret', token)

    expect(detailsOf(world, 'Rotation Completed').at(-1)?.evidence).toMatchObject({ refused: [] })
  })
})

describe('what is read', () => {
  test('is asked for by its version’s id, never by a label', async () => {
    const { world, token } = await standing('createSecret', 'rotate')
    const currentId = world.secrets.holderOf('AWSCURRENT')

    await world.step('createSecret', token)

    expect(readsOf(world)).toEqual([token, currentId])
  })

  test('in drift, with no AWSPREVIOUS to name it by: one look, and nothing more', async () => {
    const { world, token } = await standing('createSecret', 'rotate')
    world.client().current = valueNamed('X')

    const currentId = world.secrets.holderOf('AWSCURRENT')

    expect(await does(world, 'createSecret', token)).toBe('no drift, cleared: Refused, Drift')
    expect([count(world, 'issuer.look'), readsOf(world)]).toEqual([
      1,
      // Then what refusing needs: AWSCURRENT's client, and that nothing is pending, twice.
      [token, currentId, currentId, token, token],
    ])
  })

  test('to refuse a settle exchanges nothing: its copy is AWSCURRENT', async () => {
    const { world, token } = await standing('setSecret', 'settle', ['rotate'])
    world.client().boundTo = 'arn:aws:secretsmanager:eu-central-1:1:secret:b'

    expect(await does(world, 'setSecret', token)).toBe('no boundElsewhere, cleared: Refused')
    expect(count(world, 'issuer.exchange')).toBe(0)
  })
})

describe('what is told', () => {
  test('names the client, also before anything is stored', async () => {
    const { world, token } = await standing('createSecret', 'rotate')
    world.client().isActive = false

    await expect(world.step('createSecret', token)).rejects.toThrow(`(client ${CLIENT_ID})`)
    expect(detailsOf(world, 'Rotation Refused')).toMatchObject([{ clientId: CLIENT_ID, secretArn: SECRET_ARN }])
  })

  test('names the client when the pending value is refused by Stytch', async () => {
    const { world, token } = await standing('testSecret', 'rotate')
    world.client().next = null

    await expect(world.step('testSecret', token)).rejects.toThrow('rotate stops at testSecret in position poisoned')
    expect(detailsOf(world, 'Rotation Refused')).toMatchObject([{ clientId: CLIENT_ID, position: 'poisoned' }])
  })

  test('names no client where AWSCURRENT tells none', async () => {
    const { world, token } = await standing('createSecret', 'rotate')
    world.secrets.place(world.secrets.holderOf('AWSCURRENT') ?? '', { text: 'canary' })

    await does(world, 'createSecret', token)

    expect(detailsOf(world, 'Rotation Refused').map((detail) => 'clientId' in detail)).toEqual([false])
  })

  test('again, with AWSCURRENT unreadable by then, names no client', async () => {
    const { world, token } = await standing('finishSecret', 'rotate')
    world.log.before.push(
      failAt('events.publish', new Fault({ code: 'EVENT_NOT_SENT', retryable: true, message: 'down' })),
    )
    await does(world, 'finishSecret', token)
    world.secrets.place(token, { text: 'canary' })

    expect(await does(world, 'finishSecret', token)).toBe('nothing: Completed, Changed')
    expect(detailsOf(world, 'Rotation Completed').map((detail) => 'clientId' in detail)).toEqual([false])
  })

  test('after a rotate’s settle is told in one go, and no event without content', async () => {
    const { world, token } = await standing('finishSecret', 'settle', ['rotate'])

    await world.step('finishSecret', token)

    const published = world.log.calls.filter(({ port }) => port === 'events').map(({ about }) => about)
    expect(published).toEqual(['Rotation Completed'])
  })

  test('of a rotate, or of a revoke that follows a revoke, is no evidence', async () => {
    for (const intent of ['rotate', 'revoke'] as const) {
      const { world, token } = await standing('finishSecret', intent, ['revoke'])
      world.events.published.length = 0

      await world.step('finishSecret', token)

      expect(world.events.published.map(({ type }) => type)).toEqual(['Rotation Completed', 'M2M Secret Changed'])
      expect(detailsOf(world, 'Rotation Completed').map((detail) => 'evidence' in detail)).toEqual([false])
    }
  })

  test('where another execution was quicker is told by both, under the same ids', async () => {
    const { world, token } = await standing('finishSecret', 'rotate')
    world.events.published.length = 0
    world.log.before.push(onceAt('secrets.readValue', () => world.step('finishSecret', token)))

    await world.step('finishSecret', token)

    const published = world.events.published.map(({ type, detail }) => `${type} ${String(detail.id)}`)
    expect(published).toHaveLength(4)
    expect(new Set(published).size).toBe(2)
    // The second is refused, as the label is not there any more.
    expect(count(world, 'secrets.moveLabel')).toBe(2)
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

  test('says of a fault whether it may be asked again', async () => {
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

describe('storing', () => {
  const down = new Fault({ code: 'SECRETS_MANAGER_UNAVAILABLE', retryable: true, message: 'down, on purpose' })

  test('is tried again while 3.5 s are left, and no longer', async () => {
    const { world, token } = await standing('createSecret', 'rotate')
    world.log.before.push(failAt('secrets.putPending', down, 99))
    world.timing.waits.length = 0

    expect(await does(world, 'createSecret', token, 10_000)).toMatch(/^start > .*fault SECRETS_MANAGER_UNAVAILABLE$/)
    // From 10 s in steps of 200 ms: at 3.6 s it waits, at 3.4 s it gives up.
    expect(world.timing.waits).toEqual(Array.from({ length: 33 }, () => 200))
  })

  test('with exactly 3.5 s left is tried once more', async () => {
    const { world, token } = await standing('createSecret', 'settle', ['rotate'])
    world.log.before.push(failAt('secrets.putPending', down))

    expect(await does(world, 'createSecret', token, 3500)).toBe('put new1 > put new1')
  })

  test('that cannot succeed is not tried again', async () => {
    const { world, token } = await standing('createSecret', 'rotate')
    const rejected = new Fault({ code: 'SECRETS_MANAGER_REJECTED', retryable: false, message: 'no, on purpose' })
    world.log.before.push(failAt('secrets.putPending', rejected))

    expect(await does(world, 'createSecret', token)).toBe('start > put new1 > fault SECRETS_MANAGER_REJECTED')
  })

  test('what is no fault is not tried again', async () => {
    const { world, token } = await standing('createSecret', 'rotate')
    const defect = new TypeError('on purpose')
    world.log.before.push(failAt('secrets.putPending', defect))

    await expect(world.step('createSecret', token)).rejects.toBe(defect)
    expect(count(world, 'secrets.putPending')).toBe(1)
  })
})

describe('proving', () => {
  const faultOf = async (run: () => Promise<unknown>): Promise<Fault> => {
    const error = await run().then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (error instanceof Fault) return error
    throw new Error('no fault was thrown')
  }
  const cases: readonly (readonly [FaultCode, string, (world: World) => void])[] = [
    ['STILL_ACCEPTED', 'Stytch still accepts', ({ issuer }) => issuer.lingering.add(valueNamed('A'))],
    ['PENDING_REFUSED', 'Stytch refuses', ({ issuer }) => issuer.unripe.add('canary-new1-n001')],
  ]

  test.each(cases)('ends in %s, in a sentence that names the version and the client', async (code, words, spoil) => {
    const { world, token } = await standing('finishSecret', 'settle', ['revoke'])
    const registered = world.secrets.holderOf('AWSPREVIOUS') ?? 'none'
    const revoked = world.secrets.holderOf('AWSCURRENT') ?? 'none'
    world.timing.waits.length = 0
    spoil(world)

    const fault = await faultOf(() => world.step('finishSecret', token))

    expect(fault).toMatchObject({ code, retryable: true })
    expect(fault.message).toContain(words)
    expect(fault.message).toContain(code === 'STILL_ACCEPTED' ? registered : revoked)
    expect(fault.message).toContain(CLIENT_ID)
    expect(fault.message).toMatch(/retried\.$/)
    expect(world.timing.waits).toEqual(code === 'STILL_ACCEPTED' ? [500, 1500, 4000] : [])
  })

  test('a pending value that stays refused is told in a sentence that names the client', async () => {
    const { world, token } = await standing('testSecret', 'rotate')
    world.issuer.unripe.add('canary-new1-n001')

    const fault = await faultOf(() => world.step('testSecret', token))

    expect(fault).toMatchObject({ code: 'PENDING_REFUSED', retryable: true })
    expect(fault.message).toMatch(new RegExp(`client ${CLIENT_ID} in a slot and still refuses it.*retried\\.$`))
  })

  test('quotes the look that found the client settled', async () => {
    const { world, token } = await standing('finishSecret', 'settle', ['revoke'])

    await world.step('finishSecret', token)

    const { evidence } = detailsOf(world, 'Secret Revoked')[0] ?? {}
    const { slots, refused, accepted } = evidence as Evidence
    expect(slots).toEqual({ current: 'n001', next: null, requestId: expect.stringMatching(/^request-id-\d+$/) })
    expect(refused.map(({ status, error }) => [status, error])).toEqual([[401, 'invalid_client']])
    expect(accepted?.provenAt).toBe(new Date(world.timing.now()).toISOString())
    expect(nameOf(world.valueUnder('AWSCURRENT') ?? '')).toBe('new1')
  })
})
