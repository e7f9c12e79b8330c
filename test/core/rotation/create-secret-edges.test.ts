// createSecret at its edges: what it reads and publishes, AWSCURRENT gone or unreadable meanwhile, and how long it tries to store.
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { failAt, onceAt } from '../../fakes/call-log.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { CLIENT_ID, valueNamed, type World } from '../../fakes/world.ts'
import { countOf, detailsOf, does, standing } from './step-seat.ts'

const readsOf = ({ log }: World): readonly string[] =>
  log.calls.filter(({ port, name }) => port === 'secrets' && name === 'readValue').map(({ about }) => about)

describe('what a label carries by the time it is read', () => {
  /** After the labels were seen; nothing is pending on AWSCURRENT's version then. */
  const dropCurrent = (world: World): void => {
    world.log.after.push(
      onceAt('secrets.describe', () => {
        world.secrets.versions.get(world.secrets.holderOf('AWSCURRENT') ?? '')?.labels.delete('AWSCURRENT')
      }),
    )
  }

  test('is gone before a slot is ended: nothing is ended', async () => {
    const { world, token } = await standing('createSecret', 'rotate', ['rotate'])
    dropCurrent(world)

    expect(await does(world, 'createSecret', token)).toBe('no noCurrent, cleared: Refused')
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
    // Of a secret whose tag says otherwise, or that has none, naming the client takes another look.
    world.secrets.tags = { 'm2m:client-id': CLIENT_ID }

    const currentId = world.secrets.holderOf('AWSCURRENT')

    expect(await does(world, 'createSecret', token)).toBe('no drift, cleared: Refused, Drift')
    expect([countOf(world, 'issuer.look'), readsOf(world)]).toEqual([
      1,
      // Then what refusing needs: AWSCURRENT's client, and that nothing is pending, twice.
      [token, currentId, currentId, token, token],
    ])
  })
})

describe('what is told', () => {
  test('names the client, also before anything is stored', async () => {
    const { world, token } = await standing('createSecret', 'rotate')
    world.client().isActive = false

    await expect(world.step('createSecret', token)).rejects.toThrow(`(client ${CLIENT_ID})`)
    expect(detailsOf(world, 'Rotation Refused')).toMatchObject([{ clientId: CLIENT_ID, secretArn: SECRET_ARN }])
  })

  test('names no client where AWSCURRENT tells none', async () => {
    const { world, token } = await standing('createSecret', 'rotate')
    world.secrets.place(world.secrets.holderOf('AWSCURRENT') ?? '', { text: 'canary' })

    await does(world, 'createSecret', token)

    expect(detailsOf(world, 'Rotation Refused').map((detail) => 'clientId' in detail)).toEqual([false])
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
    expect(countOf(world, 'secrets.putPending')).toBe(1)
  })
})
