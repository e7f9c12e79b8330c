// Replicas in the rotation function: what a planned rotation ends only once every Region is in sync, what a revoke ends at once, and what
// events and proofs say of them.
import { describe, expect, test } from 'vitest'
import type { ReplicaState } from '../../../lambda/core/secret/replica-state.ts'
import { type Intent, makeRequestToken } from '../../../lambda/core/secret/request-token.ts'
import { anywayAbout } from '../../../lambda/core/secret/settle-subject.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { NOON_THIRTY } from '../../fakes/fake-timing.ts'
import { textOf, valueNamed, type World } from '../../fakes/world.ts'
import { accepted, BY_HAND, begin, begun, detailsOf, does, standing } from './step-seat.ts'

const inSync: ReplicaState = { region: 'eu-west-1', status: 'InSync' }
const late: ReplicaState = { region: 'eu-north-1', status: 'InProgress' }
const failed: ReplicaState = { region: 'eu-north-1', status: 'Failed', message: 'no access to the key' }

/** In sync once so much time has been waited. */
const syncsAfter = ({ timing, secrets }: World, ms: number): void => {
  const at = timing.now() + ms
  secrets.replicas = [inSync, late]
  timing.onWait.push(() => {
    if (timing.now() >= at) secrets.replicas = [inSync, { ...late, status: 'InSync' }]
  })
}

describe('a planned settle', () => {
  test.each([
    ['a rotate', ['rotate'], ['A', 'new1']],
    ['a rollback', ['rotate', 'rollback'], ['A', 'new1']],
  ] as const)('after %s leaves both values accepted while a replica has failed', async (_what, finished, values) => {
    const { world, token } = await begin([...finished], 'settle', ['createSecret'])
    world.secrets.replicas = [inSync, failed]

    expect(await does(world, 'setSecret', token)).toBe('no replicaBehind, cleared: Refused')

    expect(accepted(world)).toEqual(values)
    expect(world.timing.waits).toEqual([])
    expect(detailsOf(world, 'Rotation Refused')).toMatchObject([{ reason: 'replicaBehind' }])
    expect(world.said()).not.toContain('no access to the key')
  })

  test('does not wait for one that is in progress where another has failed', async () => {
    const { world, token } = await begin(['rotate'], 'settle', ['createSecret'])
    world.secrets.replicas = [{ ...late, region: 'ap-south-1' }, failed]

    expect(await does(world, 'setSecret', token)).toBe('no replicaBehind, cleared: Refused')
    expect(world.timing.waits).toEqual([])
  })

  test('waits for a replica that is in progress, and settles once it is in sync', async () => {
    const { world, token } = await begin(['rotate'], 'settle', ['createSecret'])
    syncsAfter(world, 5000)

    expect(await does(world, 'setSecret', token)).toBe('complete')
    expect(accepted(world)).toEqual(['new1'])
    expect(world.timing.waits).toEqual([250, 750, 1000, 2000, 4000])
  })

  const meanwhile = async (change: (world: World, token: string) => void) => {
    const { world, token } = await begin(['rotate'], 'settle', ['createSecret'])
    syncsAfter(world, 60_000)
    world.timing.onWait.push(() => change(world, token))
    const effect = await does(world, 'setSecret', token, 60_000)
    expect(accepted(world)).toEqual(['A', 'new1'])
    return { effect, waits: world.timing.waits }
  }

  test('ends nothing when another execution has finished while it waited', async () => {
    const { effect, waits } = await meanwhile(({ secrets }, token) => {
      secrets.place(token, { labels: ['AWSCURRENT'] })
      secrets.versions.get(token)?.labels.delete('AWSPENDING')
    })

    expect([effect, waits]).toEqual(['nothing', [250]])
  })

  test('waits on when its label was moved on by hand, before the other value was ended', async () => {
    const { world, token } = await begin(['rotate'], 'settle', ['createSecret'])
    syncsAfter(world, 5000)
    world.timing.onWait.push(() => world.secrets.place(token, { labels: ['AWSCURRENT'] }))

    expect(await does(world, 'setSecret', token)).toBe('complete')
    expect(world.timing.now() - NOON_THIRTY).toBeGreaterThanOrEqual(5000)
    expect(accepted(world)).toEqual(['new1'])
  })

  test('ends nothing when its labels were taken away while it waited', async () => {
    const { effect, waits } = await meanwhile(({ secrets }, token) => secrets.versions.get(token)?.labels.clear())

    expect([effect, waits]).toEqual(['no tokenWithoutVersion, kept', [250]])
  })

  test('gives up after twenty seconds, and ends nothing', async () => {
    const { world, token } = await begin(['rotate'], 'settle', ['createSecret'])
    syncsAfter(world, 60_000)

    expect(await does(world, 'setSecret', token, 60_000)).toBe('no replicaBehind, cleared: Refused')
    expect(world.timing.now() - NOON_THIRTY).toBe(20_000)
    expect(accepted(world)).toEqual(['A', 'new1'])
  })

  test('does not wait for longer than its function lives', async () => {
    const { world, token } = await begin(['rotate'], 'settle', ['createSecret'])
    syncsAfter(world, 60_000)

    expect(await does(world, 'setSecret', token, 9000)).toBe('no replicaBehind, cleared: Refused')
    expect(world.timing.waits).toEqual([250, 750, 1000])
  })

  test('looks again when a replica falls behind at the last moment', async () => {
    const { world, token } = await begin(['rotate'], 'settle', ['createSecret'])
    world.secrets.replicas = [inSync]
    let looks = 0
    world.log.before.push(({ name }) => {
      if (name !== 'describe') return
      looks += 1
      world.secrets.replicas = [looks === 2 ? { ...inSync, status: 'InProgress' } : inSync]
    })

    expect(await does(world, 'setSecret', token)).toBe('complete')
    expect(looks).toBeGreaterThan(2)
  })

  const anyway = async () => {
    const { world } = await begin(['rotate'], 'rotate')
    const currentId = world.secrets.holderOf('AWSCURRENT') ?? ''
    world.secrets.versions.get(world.secrets.holderOf('AWSPENDING') ?? '')?.labels.delete('AWSPENDING')
    const about = anywayAbout(currentId)
    const asked = { origin: 'settle', askedAt: NOON_THIRTY, secretArn: SECRET_ARN, attempt: 1 } as const
    const token = makeRequestToken({ ...asked, about })
    world.secrets.rotateSecret(token)
    world.secrets.replicas = [failed]
    await world.step('createSecret', token)
    return { world, token }
  }

  test('does not wait when a person said so', async () => {
    const { world, token } = await anyway()

    expect(await does(world, 'setSecret', token)).toBe('complete')
    expect(accepted(world)).toEqual(['new1'])
  })

  test('does not wait when a person said so, and moved its label on', async () => {
    const { world, token } = await anyway()
    world.secrets.place(token, { labels: ['AWSCURRENT'] })

    expect(await does(world, 'setSecret', token)).toBe('complete')
    expect(accepted(world)).toEqual(['new1'])
  })

  test('asks no more than before of a secret without replicas', async () => {
    const { world, token } = await begin(['rotate'], 'settle', ['createSecret'])

    await does(world, 'setSecret', token)

    expect(world.log.names().filter((name) => name === 'secrets.describe')).toHaveLength(2)
  })

  test('says in which Regions the switch has arrived', async () => {
    const { world, token } = await standing('finishSecret', 'settle', ['rotate'])
    world.secrets.replicas = [inSync]

    await does(world, 'finishSecret', token)

    const completed = detailsOf(world, 'Rotation Completed').at(-1)
    expect(completed).toMatchObject({ evidence: { replicas: [{ region: 'eu-west-1', status: 'InSync' }] } })
  })
})

describe('a planned rotate in an overlap', () => {
  test('does not end it for a replica that has failed', async () => {
    const { world, token } = await begin(['rotate'], 'rotate')
    world.secrets.replicas = [failed]

    expect(await does(world, 'createSecret', token)).toBe('no replicaBehind, cleared: Refused')
    expect(accepted(world)).toEqual(['A', 'new1'])
  })

  test('waits no longer once somebody has moved AWSCURRENT, and ends nothing', async () => {
    const { world, token } = await begin(['rotate'], 'rotate')
    syncsAfter(world, 60_000)
    world.timing.onWait.push(() => {
      world.secrets.place(BY_HAND, { text: textOf(valueNamed('X')), labels: ['AWSCURRENT'] })
    })

    expect(await does(world, 'createSecret', token)).toBe('no currentMoved, cleared: Refused')
    expect([accepted(world), world.timing.waits]).toEqual([['A', 'new1'], [250]])
  })

  test('of a settled secret begins: no replica loses anything by it', async () => {
    const { world, token } = await begin([], 'rotate')
    world.secrets.replicas = [failed]

    expect(await does(world, 'createSecret', token)).toBe('start > put new1')
  })
})

describe('a revoke', () => {
  const finished: readonly Intent[] = ['rotate']

  test('ends an open overlap at once, whatever its replicas have', async () => {
    const { world, token } = await begin(finished, 'revoke')
    world.secrets.replicas = [failed]

    expect(await does(world, 'createSecret', token)).toBe('complete > start > put new2')
    expect(world.timing.waits).toEqual([])
  })

  test('tells who reads a replica that the new value is not there yet', async () => {
    const { world, token } = await standing('finishSecret', 'revoke')
    world.secrets.replicas = [inSync, failed]

    await does(world, 'finishSecret', token)

    expect(detailsOf(world, 'M2M Secret Changed')).toMatchObject([
      {
        requestToken: token,
        replicas: [
          { region: 'eu-west-1', status: 'InProgress' },
          { region: 'eu-north-1', status: 'Failed' },
        ],
      },
    ])
  })

  test('is settled without a wait, and its evidence names the Regions that are behind', async () => {
    const { world } = await begin(['revoke'], 'rotate')
    world.secrets.versions.get(world.secrets.holderOf('AWSPENDING') ?? '')?.labels.delete('AWSPENDING')
    const token = begun(world, 'settle')
    world.secrets.replicas = [inSync, failed]

    await world.step('createSecret', token)
    expect(await does(world, 'setSecret', token)).toBe('complete')
    await world.step('testSecret', token)
    expect(await does(world, 'finishSecret', token)).toBe('move: Revoked, Completed')

    const replicas = [
      { region: 'eu-west-1', status: 'InSync' },
      { region: 'eu-north-1', status: 'Failed' },
    ]
    expect(detailsOf(world, 'Secret Revoked')).toMatchObject([{ evidence: { replicas } }])
    expect(JSON.stringify(detailsOf(world, 'Secret Revoked'))).not.toContain('no access')
  })
})
