// What a refused step clears, and what it leaves: AWSPENDING goes only where it hides nothing that works.
import { describe, expect, test } from 'vitest'
import { DEPLOYED, WITHOUT_LAG } from '../../../lambda/core/rotation/bounds.ts'
import type { Rotation } from '../../../lambda/core/rotation/rotation.ts'
import { failAt, onceAt } from '../../fakes/call-log.ts'
import { effectOf } from '../../fakes/effect.ts'
import { CLIENT_ID, createRegisteredWorld, textOf, tokenOf, valueNamed, type World } from '../../fakes/world.ts'
import { begin, does, fault } from './step-seat.ts'

describe('a refusal', () => {
  const intruded = async () => {
    const { world, token } = await begin([], 'rotate', ['createSecret'])
    world.client().next = valueNamed('X')
    return { world, token }
  }

  test('lets the next rotation in', async () => {
    const { world, token } = await intruded()

    expect(await does(world, 'testSecret', token)).toBe('no poisoned, cleared: Refused, Drift')
    expect(await effectOf(world, async () => void (await world.rotate(tokenOf('revoke'))))).toBe(
      'cancel > start > put new2 > move: Completed, Changed',
    )
  })

  test('takes AWSPENDING away though the bus is down, so that the next rotation is let in', async () => {
    const { world, token } = await intruded()
    world.log.before.push(failAt('events.publish', fault('EVENT_NOT_SENT')))

    expect(await does(world, 'testSecret', token)).toBe('no poisoned, cleared')
    expect(world.secrets.holderOf('AWSPENDING')).toBeUndefined()
    expect(world.journal.entries.slice(-2)).toMatchObject([
      { outcome: 'failed', code: 'EVENT_NOT_SENT', retryable: true, step: 'testSecret', requestToken: token },
      { outcome: 'refused', reason: 'position', step: 'testSecret', requestToken: token },
    ])
    expect(await does(world, 'createSecret', token)).toBe('no tokenWithoutVersion, kept')
  })

  test('leaves AWSPENDING where it is when Stytch accepts what is pending and refuses AWSCURRENT', async () => {
    const refusals: readonly (readonly [string, (world: World) => void])[] = [
      [
        'boundElsewhere',
        (world) => Object.assign(world.client(), { boundTo: 'arn:aws:secretsmanager:eu-central-1:1:secret:b' }),
      ],
      ['noCurrent', (world) => world.secrets.versions.get(world.secrets.holderOf('AWSCURRENT') ?? '')?.labels.clear()],
    ]
    for (const [reason, spoil] of refusals) {
      const { world, token } = await begin([], 'rotate', ['createSecret'])
      Object.assign(world.client(), { current: world.client().next, next: null })
      spoil(world)

      expect(await does(world, 'finishSecret', token)).toBe(`no ${reason}, kept: Refused`)
      expect(world.secrets.holderOf('AWSPENDING')).toBe(token)
    }
  })

  test('leaves it there when Stytch accepts both, too', async () => {
    const { world, token } = await begin([], 'rotate', ['createSecret'])
    world.client().boundTo = 'arn:aws:secretsmanager:eu-central-1:1:secret:b'

    expect(await does(world, 'finishSecret', token)).toBe('no boundElsewhere, kept: Refused')
  })

  test('takes AWSPENDING away when neither is accepted, or only AWSCURRENT, which is asked three times', async () => {
    const slots = [
      { current: valueNamed('X'), next: null },
      { current: valueNamed('A'), next: null },
    ]
    for (const held of slots) {
      const { world, token } = await begin([], 'rotate', ['createSecret'])
      Object.assign(world.client(), held, { boundTo: 'arn:aws:secretsmanager:eu-central-1:1:secret:b' })

      expect(await does(world, 'finishSecret', token)).toBe('no boundElsewhere, cleared: Refused')
      expect(world.log.names().filter((name) => name === 'issuer.exchange')).toHaveLength(3)
    }
  })

  test('decides nothing while Stytch cannot be asked', async () => {
    const { world, token } = await begin([], 'rotate', ['createSecret'])
    world.client().boundTo = 'arn:aws:secretsmanager:eu-central-1:1:secret:b'
    world.log.before.push(failAt('issuer.exchange', fault('STYTCH_UNAVAILABLE')))

    expect(await does(world, 'finishSecret', token)).toBe('fault STYTCH_UNAVAILABLE')
    expect(world.secrets.holderOf('AWSPENDING')).toBe(token)
  })
})

describe('a refusal that is to clear up', () => {
  const refusing = async () => {
    const world = createRegisteredWorld()
    const token = tokenOf('rollback')
    world.secrets.rotateSecret(token)
    return { world, token, create: () => effectOf(world, () => world.step('createSecret', token)) }
  }

  test('is content when another execution took AWSPENDING away first', async () => {
    const { world, token, create } = await refusing()
    world.log.before.push(
      onceAt('secrets.moveLabel', () => {
        world.secrets.versions.get(token)?.labels.delete('AWSPENDING')
        throw new Error('AWSPENDING is not there')
      }),
    )

    expect(await create()).toMatch(/^no settled, cleared/)
  })

  test('says so when AWSPENDING stays', async () => {
    const { world, create } = await refusing()
    world.log.before.push(failAt('secrets.moveLabel', new Error('not now')))

    await expect(create()).rejects.toThrow('not now')
  })

  test('names the client, also when the pending value is AWSCURRENT’s own', async () => {
    const world = createRegisteredWorld()
    const token = tokenOf('settle')
    world.secrets.rotateSecret(token)
    await world.step('createSecret', token)
    world.client().current = valueNamed('X')

    expect(await effectOf(world, () => world.step('setSecret', token))).toMatch(/^no drift, cleared/)
    expect(world.events.published.map(({ detail }) => detail.clientId)).toEqual(
      world.events.published.map(() => CLIENT_ID),
    )
  })

  const namedAs = async (tagged: string | undefined, lookFails = false) => {
    const { world, token } = await begin([], 'rotate', [])
    world.client().isActive = false
    world.secrets.tags = tagged === undefined ? {} : { 'm2m:client-id': tagged }
    let looks = 0
    world.log.before.push(({ port, name }) => {
      if (port !== 'issuer' || name !== 'look') return
      looks += 1
      // The first is the step's own.
      if (lookFails && looks > 1) throw fault('STYTCH_UNAVAILABLE')
    })
    expect(await does(world, 'createSecret', token)).toMatch(/^no clientInactive/)
    const [first] = world.events.published
    return { clientId: first?.detail.clientId, clientIdFrom: first?.detail.clientIdFrom }
  }

  test.each([
    ['by what is stored, where its tag says the same', CLIENT_ID, false, { clientId: CLIENT_ID }],
    ['by what is stored, where its tag says otherwise', 'somebody-else', false, { clientId: CLIENT_ID }],
    ['by what is stored, where there is no tag', undefined, false, { clientId: CLIENT_ID }],
    [
      'as its tag says, and marks that, while Stytch cannot say whether there is such a client',
      'somebody-else',
      true,
      { clientId: 'somebody-else', clientIdFrom: 'tag' },
    ],
    ['not at all, where nothing else is known: a value may stand where the id should be', undefined, true, {}],
  ] as const)('names the client %s', async (_, tagged, lookFails, named) => {
    expect(await namedAs(tagged, lookFails)).toEqual({ clientId: undefined, clientIdFrom: undefined, ...named })
  })

  test('does not hide a defect of the bus’s adapter', async () => {
    const { world, create } = await refusing()
    world.log.before.push(failAt('events.publish', new TypeError('a defect')))

    await expect(create()).rejects.toThrow('a defect')
  })
})

describe('a refusal that rests on a look at Stytch', () => {
  test.each([
    ['is looked at twice where Stytch may be behind', DEPLOYED, 'move: Completed, Changed'],
    ['stands where it is never behind', WITHOUT_LAG, 'no clientNotFound, kept: Refused, Drift'],
  ])('%s', async (_, bounds, effect) => {
    const { world, token } = await begin([], 'rotate', ['createSecret'])
    const { look } = world.rotation.issuer
    let looks = 0
    const issuer: Rotation['issuer'] = {
      ...world.rotation.issuer,
      look: async (clientId, marks) => {
        looks += 1
        return looks === 1 ? undefined : look(clientId, marks)
      },
    }
    Object.assign(world.rotation, { bounds, issuer })

    expect(await effectOf(world, () => world.step('finishSecret', token, 120_000))).toBe(effect)
  })

  test('is marked in the journal where secret and Stytch have come apart', async () => {
    const { world, token } = await begin([], 'rotate', ['createSecret'])
    world.client().next = valueNamed('X')
    await does(world, 'testSecret', token)

    expect(world.journal.entries.at(-1)).toMatchObject({ outcome: 'refused', drift: true })
  })

  test('is not marked where they have not', async () => {
    const { world, token } = await begin([], 'rotate')
    world.client().isActive = false
    await does(world, 'createSecret', token)

    expect(world.journal.entries.at(-1)).toMatchObject({ outcome: 'refused' })
    expect(world.journal.entries.at(-1)).not.toHaveProperty('drift')
  })
})

describe('an AWSPENDING', () => {
  test('that is new and empty stays, however old the secret’s other versions are', async () => {
    const world = createRegisteredWorld()
    world.timing.advance(3_600_000)
    const token = tokenOf('rotate', world.timing.now())
    world.secrets.rotateSecret(token)

    expect(await does(world, 'finishSecret', token)).toBe('no pendingMissing, kept')
    expect(world.secrets.holderOf('AWSPENDING')).toBe(token)
  })

  test.each(['register', 'adopt'] as const)(
    'that somebody put on the value which a %s stored is taken away, though Stytch accepts that value',
    async (origin) => {
      const world = createRegisteredWorld({ next: valueNamed('B') })
      const token = tokenOf(origin)
      world.secrets.place(token, { text: textOf(valueNamed('B')), labels: ['AWSPENDING'] })

      expect(await does(world, 'createSecret', token)).toBe('no storedOrigin, cleared: Refused')
      expect(world.client().next).toBe(valueNamed('B'))
    },
  )
})
