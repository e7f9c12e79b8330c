// A client that is deleted between a step's look and its next call: Stytch rejects the call, and the step says why at once. What it
// rejects of a client that is still there stays the fault that it is.
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import { answerProof } from '../../../lambda/core/rotation/prove-again.ts'
import type { Intent } from '../../../lambda/core/secret/request-token.ts'
import { failAt, onceAt } from '../../fakes/call-log.ts'
import { effectOf } from '../../fakes/effect.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { CLIENT_ID, createRegisteredWorld, nameOf, textOf, tokenOf, valueNamed, type World } from '../../fakes/world.ts'

const rejected = new Fault({ code: 'STYTCH_REJECTED', retryable: false, message: 'Stytch rejected it, on purpose.' })

interface Case {
  readonly call: string
  readonly intent: Intent
  readonly before: readonly Intent[]
  readonly step: 'createSecret' | 'setSecret'
}
const cases: readonly Case[] = [
  { call: 'start', intent: 'rotate', before: [], step: 'createSecret' },
  { call: 'complete', intent: 'rotate', before: ['rotate'], step: 'createSecret' },
  { call: 'cancel', intent: 'revoke', before: ['rotate', 'rollback'], step: 'createSecret' },
  { call: 'complete', intent: 'settle', before: ['rotate'], step: 'setSecret' },
  { call: 'cancel', intent: 'settle', before: ['rotate', 'rollback'], step: 'setSecret' },
]

const reach = async ({ before, intent, step }: Omit<Case, 'call'>): Promise<{ world: World; token: string }> => {
  const world = createRegisteredWorld()
  for (const each of before) await world.rotate(tokenOf(each))
  const token = tokenOf(intent)
  world.secrets.rotateSecret(token)
  if (step === 'setSecret') await world.step('createSecret', token)
  return { world, token }
}

describe('a client that is deleted', () => {
  test.each(cases)('right before $call in $step of a $intent is named', async ({ call, ...place }) => {
    const { world, token } = await reach(place)
    world.log.before.push(
      onceAt(`issuer.${call}`, () => {
        world.issuer.clients.clear()
        throw rejected
      }),
    )

    const effect = await effectOf(world, () => world.step(place.step, token))

    expect(effect).toBe(`${call} > no clientNotFound, cleared: Refused, Drift`)
  })

  test.each(cases)('or deactivated right before $call in $step of a $intent is named', async ({ call, ...place }) => {
    const { world, token } = await reach(place)
    world.log.before.push(
      onceAt(`issuer.${call}`, () => {
        world.client().isActive = false
        throw rejected
      }),
    )

    const effect = await effectOf(world, () => world.step(place.step, token))

    expect(effect).toMatch(new RegExp(`^${call} > no clientInactive, (cleared|kept): Refused$`))
  })

  test('right before it is bound is named', async () => {
    const { world, token } = await reach({ intent: 'rotate', before: [], step: 'createSecret' })
    world.client().boundTo = undefined
    world.log.before.push(
      onceAt('issuer.bind', () => {
        world.issuer.clients.clear()
        throw rejected
      }),
    )

    expect(await effectOf(world, () => world.step('createSecret', token))).toBe(
      'bind > no clientNotFound, cleared: Refused, Drift',
    )
  })

  test('is not looked for where AWSCURRENT cannot be read: the rejection stays', async () => {
    const { world, token } = await reach({ intent: 'rotate', before: [], step: 'createSecret' })
    world.log.before.push(
      onceAt('issuer.start', () => {
        world.secrets.place(world.secrets.holderOf('AWSCURRENT') ?? '', { text: 'canary' })
        throw rejected
      }),
    )

    await expect(world.step('createSecret', token)).rejects.toBe(rejected)
  })
})

test.each(cases)('$call in $step of a $intent, rejected though the client is there, is that fault', async (each) => {
  const { call, ...place } = each
  const { world, token } = await reach(place)
  world.log.before.push(failAt(`issuer.${call}`, rejected))

  await expect(world.step(place.step, token)).rejects.toBe(rejected)
  expect(world.secrets.holderOf('AWSPENDING')).toBe(token)
})

test('another fault is not looked into', async () => {
  const { world, token } = await reach({ intent: 'rotate', before: [], step: 'createSecret' })
  const unavailable = new Fault({ code: 'STYTCH_UNAVAILABLE', retryable: true, message: 'down, on purpose.' })
  world.log.before.push(
    onceAt('issuer.start', () => {
      world.issuer.clients.clear()
      throw unavailable
    }),
  )

  await expect(world.step('createSecret', token)).rejects.toBe(unavailable)
})

describe('asked about a client that is deleted', () => {
  const asked = async () => {
    const world = createRegisteredWorld()
    await world.rotate(tokenOf('rotate'))
    world.issuer.clients.clear()
    world.log.clear()
    return { world, answer: await answerProof(world.rotation, SECRET_ARN) }
  }

  test('it is gone, when Stytch says so twice and refuses every value of it three times', async () => {
    const { world, answer } = await asked()

    expect(answer).toEqual({ outcome: 'gone', refusals: 6 })
    expect(world.log.names().filter((name) => name === 'issuer.look')).toHaveLength(2)
  })

  test('it is gone by its older values, where AWSCURRENT cannot be read', async () => {
    const world = createRegisteredWorld()
    await world.rotate(tokenOf('rotate'))
    world.secrets.place(world.secrets.holderOf('AWSCURRENT') ?? '', { text: 'canary' })
    world.issuer.clients.clear()

    expect(await answerProof(world.rotation, SECRET_ARN)).toEqual({ outcome: 'gone', refusals: 3 })
  })

  test('nothing is known, where AWSCURRENT cannot be read and there is such a client', async () => {
    const world = createRegisteredWorld()
    await world.rotate(tokenOf('rotate'))
    world.secrets.place(world.secrets.holderOf('AWSCURRENT') ?? '', { text: 'canary' })

    expect(await answerProof(world.rotation, SECRET_ARN)).toEqual({
      outcome: 'unknown',
      code: 'malformedSecret',
      message: 'AWSCURRENT cannot be read.',
    })
  })

  test('nothing is waited for, where another client that the secret may hold is there', async () => {
    const world = createRegisteredWorld({}, DEPLOYED)
    world.secrets.place(world.secrets.holderOf('AWSCURRENT') ?? '', {
      text: textOf(valueNamed('A'), { client_id: 'm2m-client-test-gone' }),
    })
    world.secrets.place('past-000000000000000000000000000000', { text: textOf(valueNamed('P')) })

    expect(await answerProof(world.rotation, SECRET_ARN)).toEqual({ outcome: 'notOwed' })
    expect(world.timing.waits).toEqual([])
  })

  test('each value is tried once, of the older ones the newest two', async () => {
    const world = createRegisteredWorld()
    for (const name of ['P', 'Q', 'R']) {
      world.timing.advance(1000)
      world.secrets.place(tokenOf('rotate'), { text: textOf(valueNamed(name)), labels: ['AWSCURRENT'] })
    }
    world.secrets.place(tokenOf('rotate'), { text: textOf(valueNamed('Q')), labels: ['AWSCURRENT'] })
    world.issuer.clients.clear()
    world.log.clear()

    expect(await answerProof(world.rotation, SECRET_ARN)).toEqual({ outcome: 'gone', refusals: 6 })
    const tried = world.log.calls.filter(({ name }) => name === 'exchange').map(({ about }) => nameOf(about))
    expect(tried.sort()).toEqual(['Q', 'Q', 'Q', 'R', 'R', 'R'])
  })

  test('nothing is known of it, where no value of it can be read: that there is none is no refusal', async () => {
    const world = createRegisteredWorld()
    for (const version of world.secrets.versions.values()) version.text = '{}'
    world.secrets.tags = { 'm2m:client-id': CLIENT_ID }
    world.issuer.clients.clear()

    expect(await answerProof(world.rotation, SECRET_ARN)).toMatchObject({ outcome: 'unknown', code: 'malformedSecret' })
    expect(world.log.names().filter((name) => name === 'issuer.look')).toHaveLength(2)
  })

  test('nobody is asked about, and nothing waited for, where nothing names a client', async () => {
    const world = createRegisteredWorld({}, DEPLOYED)
    for (const version of world.secrets.versions.values()) version.text = '{}'

    expect(await answerProof(world.rotation, SECRET_ARN)).toMatchObject({ outcome: 'unknown', code: 'malformedSecret' })
    expect(world.log.names().filter((name) => name.startsWith('issuer.'))).toEqual([])
    expect(world.timing.waits).toEqual([])
  })

  test('the client of the tag is looked at first, and nothing else is read where there is one', async () => {
    const world = createRegisteredWorld()
    world.secrets.tags = { 'm2m:client-id': CLIENT_ID }
    world.secrets.place(world.secrets.holderOf('AWSCURRENT') ?? '', { text: 'canary' })
    world.log.clear()

    expect(await answerProof(world.rotation, SECRET_ARN)).toMatchObject({ outcome: 'unknown' })
    expect(world.log.names()).not.toContain('secrets.listVersions')
  })

  test('a defect is no answer', async () => {
    const world = createRegisteredWorld()
    world.log.before.push(failAt('secrets.describe', new TypeError('on purpose')))

    await expect(answerProof(world.rotation, SECRET_ARN)).rejects.toThrow(TypeError)
  })

  test('it is alive, when a value of it is accepted all the same', async () => {
    const world = createRegisteredWorld()
    Object.assign(world.rotation.issuer, { look: async () => undefined })

    const answer = await answerProof(world.rotation, SECRET_ARN)

    expect(answer).toMatchObject({ outcome: 'alive', code: 'STILL_ACCEPTED' })
  })

  test('nothing is asked for and nothing changes', async () => {
    const { world } = await asked()

    const changes = ['issuer.start', 'issuer.complete', 'issuer.cancel', 'issuer.bind', 'secrets.putPending']
    expect(world.log.names().filter((name) => changes.includes(name))).toEqual([])
  })
})
