// finishSecret: AWSCURRENT moves once, from where it was seen; nothing is claimed that is not proven; repeated, it ends the same.
import { describe, expect, test } from 'vitest'
import type { Step } from '../../../lambda/core/rotation/refusal.ts'
import { failAt, onceAt } from '../../fakes/call-log.ts'
import { effectOf } from '../../fakes/effect.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { createRegisteredWorld, textOf, tokenOf, valueNamed } from '../../fakes/world.ts'
import { begin, begun, does, down, fault, stateOf } from './step-seat.ts'

describe('a step out of its order', () => {
  test.each(['rotate', 'revoke', 'settle', 'rollback'] as const)(
    '%s: finish before create moves nothing',
    async (intent) => {
      const world = createRegisteredWorld()
      const token = begun(world, intent)
      const before = stateOf(world)

      expect(await does(world, 'finishSecret', token)).toBe('no pendingMissing, kept')
      expect(stateOf(world)).toBe(before)
    },
  )

  test('a settle’s finish before its set waits for it, and the settle goes on', async () => {
    const world = createRegisteredWorld()
    await world.rotate(tokenOf('rotate'))
    const token = begun(world, 'settle')
    await world.step('createSecret', token)

    expect(await does(world, 'finishSecret', token)).toBe('fault STEP_OUT_OF_ORDER')
    expect(await does(world, 'setSecret', token)).toBe('complete')
    expect(await does(world, 'testSecret', token)).toBe('nothing')
    expect(await does(world, 'finishSecret', token)).toBe('move: Completed')
  })

  test('finish twice tells the same again, under the same ids, and moves nothing', async () => {
    const world = createRegisteredWorld()
    const token = await world.rotate(tokenOf('rotate'))
    const published = world.events.published.map(({ type, detail }) => [type, detail.id])
    const before = stateOf(world)

    expect(await does(world, 'finishSecret', token)).toBe('nothing: Completed, Changed')
    expect(world.events.published.slice(2).map(({ type, detail }) => [type, detail.id])).toEqual(published)
    expect(stateOf(world)).toBe(before)
  })

  test('finish, long after Secrets Manager took AWSPENDING away, tells nothing', async () => {
    const world = createRegisteredWorld()
    const token = await world.rotate(tokenOf('rotate'))
    await world.secrets.moveLabel({ secretId: SECRET_ARN, label: 'AWSPENDING', from: token })

    expect(await does(world, 'finishSecret', token)).toBe('nothing')
  })

  test('a registered value is never told as a completed rotation', async () => {
    const world = createRegisteredWorld()

    expect(await does(world, 'finishSecret', world.secrets.holderOf('AWSCURRENT') ?? '')).toBe('nothing')
  })
})

describe('finishSecret', () => {
  const upToTest: readonly Step[] = ['createSecret', 'setSecret', 'testSecret']

  test('a move whose reply is lost counts as moved', async () => {
    for (const intent of ['rotate', 'settle'] as const) {
      const { world, token } = await begin(['rotate'], intent, upToTest)
      world.log.after.push(failAt('secrets.moveLabel', down))

      expect(await does(world, 'finishSecret', token)).toMatch(/^move: Completed/)
      expect(world.secrets.holderOf('AWSCURRENT')).toBe(token)
    }
  })

  test('a move that did not happen is a fault, and happens when repeated', async () => {
    const { world, token } = await begin([], 'rotate', upToTest)
    world.log.before.push(failAt('secrets.moveLabel', down))

    expect(await does(world, 'finishSecret', token)).toBe('move > fault SECRETS_MANAGER_UNAVAILABLE')
    expect(world.secrets.holderOf('AWSCURRENT')).not.toBe(token)
    expect(await does(world, 'finishSecret', token)).toBe('move: Completed, Changed')
  })

  test.each([
    ['rotate', [], 'move > fault CURRENT_MOVED'],
    ['revoke', [], 'move > fault CURRENT_MOVED'],
    ['settle', ['rotate'], 'move > no currentMoved, cleared: Refused'],
    ['rollback', ['rotate'], 'move > no currentMoved, cleared: Refused'],
  ] as const)(
    'the label of a %s moves only from where it was seen: somebody else’s move in between is not undone',
    async (intent, finished, effect) => {
      const { world, token } = await begin(finished, intent, upToTest)
      world.log.before.push(
        onceAt('secrets.moveLabel', () =>
          world.secrets.place('by-hand-000000000000000000000000000000', { labels: ['AWSCURRENT'] }),
        ),
      )

      expect(await does(world, 'finishSecret', token)).toBe(effect)
      expect(world.secrets.holderOf('AWSCURRENT')).toBe('by-hand-000000000000000000000000000000')
    },
  )

  test('what the bus did not take after the move is told when the service asks again', async () => {
    const { world, token } = await begin([], 'rotate', upToTest)
    world.log.before.push(failAt('events.publish', fault('EVENT_NOT_SENT')))

    expect(await does(world, 'finishSecret', token)).toBe('move > fault EVENT_NOT_SENT')
    expect(await does(world, 'finishSecret', token)).toBe('nothing: Completed, Changed')
  })

  test('a settle that cannot report its evidence finishes, and reports it after the label has moved', async () => {
    const { world, token } = await begin(['revoke'], 'settle', upToTest)
    world.log.before.push(onceAt('events.publish', () => Promise.reject(fault('EVENT_NOT_SENT'))))

    expect(await does(world, 'finishSecret', token)).toBe('move: Revoked, Completed')
    expect(world.secrets.holderOf('AWSCURRENT')).toBe(token)
  })

  test('a settle whose reports all fail has moved the label, and reports, with fresh evidence, when it is driven again', async () => {
    const { world, token } = await begin(['revoke'], 'settle', upToTest)
    let isDown = true
    world.log.before.push(({ port, name }) => {
      if (isDown && `${port}.${name}` === 'events.publish') throw fault('EVENT_NOT_SENT')
    })

    expect(await does(world, 'finishSecret', token)).toBe('move > fault EVENT_NOT_SENT')
    expect(world.secrets.holderOf('AWSCURRENT')).toBe(token)
    isDown = false
    expect(await does(world, 'finishSecret', token)).toBe('nothing: Revoked, Completed')
  })

  test('two executions at once end as one', async () => {
    const { world, token } = await begin([], 'rotate', upToTest)
    world.log.before.push(onceAt('secrets.moveLabel', () => world.step('finishSecret', token)))

    expect(await does(world, 'finishSecret', token)).toBe('move > move: Completed, Changed, Completed, Changed')
    expect(new Set(world.events.published.map(({ detail }) => detail.id)).size).toBe(2)
  })

  test('two executions of a settle’s at once end as one, at whatever call the second comes in', async () => {
    for (const at of ['secrets.readValue', 'issuer.look', 'issuer.exchange', 'secrets.moveLabel', 'events.publish']) {
      const { world, token } = await begin(['rotate'], 'settle', upToTest)
      world.events.published.length = 0
      world.log.before.push(onceAt(at, () => world.step('finishSecret', token)))

      await world.step('finishSecret', token)

      expect(new Set(world.events.published.map(({ type }) => type))).toEqual(new Set(['Rotation Completed']))
      expect(world.secrets.holderOf('AWSCURRENT')).toBe(token)
    }
  })

  test.each(['rotate', 'revoke'] as const)(
    'a value that lives on after a %s keeps its settle from finishing',
    async (intent) => {
      const { world, token } = await begin([intent], 'settle', upToTest)
      world.issuer.lingering.add(valueNamed('A'))

      expect(await does(world, 'finishSecret', token)).toBe('fault STILL_ACCEPTED')
      expect(world.secrets.holderOf('AWSCURRENT')).not.toBe(token)
    },
  )

  test('a value that takes a few seconds to die is waited for', async () => {
    const { world, token } = await begin(['revoke'], 'settle', upToTest)
    world.issuer.lingering.add(valueNamed('A'))
    world.timing.onWait.push(() => {
      if (world.timing.waits.length === 2) world.issuer.lingering.clear()
    })

    expect(await does(world, 'finishSecret', token)).toBe('move: Revoked, Completed')
    expect(world.timing.waits).toEqual([500, 1500])
  })

  test('the settle of a revoke does not finish while its own value is refused', async () => {
    const { world, token } = await begin(['revoke'], 'settle', upToTest)
    world.issuer.unripe.add('canary-new1-n001')

    expect(await does(world, 'finishSecret', token)).toBe('fault PENDING_REFUSED')
  })
})

/** Somebody put a value of his own under this rotation: ours never end like AWSCURRENT's (docs/decisions/007). */
describe('a planted pending value that ends like AWSCURRENT’s', () => {
  const planted = async () => {
    const world = createRegisteredWorld()
    const token = tokenOf('rotate')
    world.secrets.rotateSecret(token)
    world.secrets.place(token, { text: textOf(valueNamed('P', 'AAAA')) })
    world.client().next = valueNamed('P', 'AAAA')
    for (const step of ['createSecret', 'setSecret', 'testSecret'] as const) await world.step(step, token)
    return { world, token }
  }

  test('does not become AWSCURRENT once it is cancelled', async () => {
    const { world, token } = await planted()
    world.client().next = null

    const effect = await effectOf(world, () => world.step('finishSecret', token))

    expect(effect).toBe('no poisoned, cleared: Refused, Drift')
  })

  test('is told apart by an exchange once it is completed, and becomes AWSCURRENT', async () => {
    const { world, token } = await planted()
    Object.assign(world.client(), { current: valueNamed('P', 'AAAA'), next: null })

    const effect = await effectOf(world, () => world.step('finishSecret', token))

    expect(effect).toBe('move: Completed, Changed')
  })
})

test('the evidence of a revoke needs no AWSPREVIOUS', async () => {
  const world = createRegisteredWorld()
  await world.rotate(tokenOf('revoke'))
  world.secrets.versions.get(world.secrets.holderOf('AWSPREVIOUS') ?? '')?.labels.delete('AWSPREVIOUS')

  await world.rotate(tokenOf('settle'))

  const revoked = world.events.published.find(({ type }) => type === 'Secret Revoked')
  expect(JSON.stringify(revoked?.detail)).toContain('AAAA')
})
