// A settle's steps once AWSCURRENT is on its version already: a person has moved it on before the other value was ended, or the step is repeated.
import { describe, expect, test } from 'vitest'
import { HOUR_MS, MINUTE_MS } from '../../../lambda/core/base/time-units.ts'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import type { Intent } from '../../../lambda/core/secret/request-token.ts'
import { createKeptRecords } from '../../fakes/kept-records.ts'
import { createRegisteredWorld, textOf, valueNamed, type World } from '../../fakes/world.ts'
import { does, drive, live, standing, step, waited } from './stale-seat.ts'
import { accepted, BY_HAND, begun, detailsOf, upTo } from './step-seat.ts'

const moveOn = ({ secrets }: World, token: string): void => secrets.place(token, { labels: ['AWSCURRENT'] })

/** The next looks at the client show what was so before the last change, as far back as they may. */
const showOldSlots = ({ issuer: { history } }: World, looks: number): void => {
  history.boundMs = DEPLOYED.readLagMs
  history.reads = 0
  for (let look = 0; look < looks; look += 1) history.old.set(look, { ago: 1 })
}

/** Before its setSecret. */
const movedOn = async (...finished: readonly Intent[]) => {
  const { world, token } = await standing(finished, 'settle', 'setSecret')
  moveOn(world, token)
  return { world, token }
}

/** Through all of its steps, AWSPENDING where it was. */
const finished = async (intent: Intent = 'rotate') => {
  const { world, token } = await standing([intent], 'settle', 'setSecret')
  for (const name of ['setSecret', 'testSecret', 'finishSecret'] as const) await step(world, name, token)
  world.timing.waits.length = 0
  return { world, token }
}

describe('moved on by hand', () => {
  test.each(['rotate', 'revoke'] as const)(
    'after a %s, the value before it is ended all the same, once',
    async (intent) => {
      const { world, token } = await movedOn(intent)

      expect(await does(world, 'setSecret', token)).toBe('complete')
      expect(world.timing.waits).toEqual([DEPLOYED.staleLabelsMs])
      expect(accepted(world)).toEqual(['new1'])
      expect(await does(world, 'setSecret', token)).toBe('nothing')
    },
  )

  test('by way of another version, nothing says what it is about: nothing is ended, and nothing reported', async () => {
    const { world, token } = await standing(['revoke'], 'settle', 'setSecret')
    world.secrets.place(BY_HAND, { text: textOf(valueNamed('X')), labels: ['AWSCURRENT'] })
    moveOn(world, token)

    expect(await does(world, 'setSecret', token)).toBe('nothing')
    expect(await does(world, 'finishSecret', token)).toBe('fault STEP_OUT_OF_ORDER')
    expect(accepted(world)).toEqual(['A', 'new1'])
  })

  test('moved back while the second look is waited for, it refuses, and gives up AWSPENDING', async () => {
    const { world, token } = await movedOn('rotate')
    const back = world.secrets.holderOf('AWSPREVIOUS') ?? ''
    const register = [...world.secrets.versions.keys()].find((versionId) => versionId.startsWith('register-')) ?? back
    world.timing.onWait.push(() => world.secrets.place(register, { labels: ['AWSCURRENT'] }))

    expect(await does(world, 'setSecret', token)).toBe('no currentMoved, cleared: Refused')
    expect(accepted(world)).toEqual(['A', 'new1'])
  })

  test('where the issuer keeps a list, an entry beside AWSCURRENT’s may have come later: nothing is ended', async () => {
    const { world, token } = await movedOn('rotate')
    Object.assign(world.issuer, { keepsList: () => true })

    expect(await does(world, 'setSecret', token)).toBe('nothing')
    expect(accepted(world)).toEqual(['A', 'new1'])
  })

  test.each<[string, (world: World, token: string) => void]>([
    [
      'Secrets Manager has seen it end',
      ({ secrets }, token) => secrets.versions.get(token)?.labels.delete('AWSPENDING'),
    ],
    ['it is older than a settle may be', ({ timing }) => timing.advance(3 * HOUR_MS)],
    ['a colleague has replaced the value', ({ client }) => Object.assign(client(), { current: 'B', next: 'C' })],
    ['the client is gone', ({ issuer }) => issuer.clients.clear()],
    [
      'the client is another secret’s',
      ({ client }) => Object.assign(client(), { boundTo: 'arn:aws:secretsmanager:eu-central-1:1:secret:b' }),
    ],
  ])('nothing is done, and nothing refused, where %s', async (_where, change) => {
    const { world, token } = await movedOn('rotate')
    change(world, token)

    expect(await does(world, 'setSecret', token)).toBe('nothing')
  })

  test('a look from before the switch is not believed', async () => {
    const world = createRegisteredWorld({}, DEPLOYED)
    await drive(world, 'revoke')
    const token = begun(world, 'settle')
    for (const name of upTo('setSecret')) await step(world, name, token)
    moveOn(world, token)
    showOldSlots(world, 1)

    expect(await does(world, 'setSecret', token)).toBe('complete')
    expect(accepted(world)).toEqual(['new1'])
  })

  test('while a replica is behind, the step fails and is to be repeated; AWSPENDING stays for that', async () => {
    const { world, token } = await movedOn('rotate')
    world.secrets.replicas = [{ region: 'eu-north-1', status: 'Failed', message: 'no key' }]

    expect(await does(world, 'setSecret', token)).toBe('fault CURRENT_MOVED')
    expect(world.secrets.holderOf('AWSPENDING')).toBe(token)
    expect(accepted(world)).toEqual(['A', 'new1'])

    world.secrets.replicas = [{ region: 'eu-north-1', status: 'InSync' }]
    expect(await does(world, 'setSecret', token)).toBe('complete')
  })

  test('labels from before it are not taken for a move away', async () => {
    const { world, token } = await movedOn('rotate')
    world.secrets.history.boundMs = DEPLOYED.staleLabelsMs
    world.secrets.replicas = [{ region: 'eu-north-1', status: 'InProgress' }]
    world.timing.onWait.push(() => {
      world.secrets.replicas = [{ region: 'eu-north-1', status: 'InSync' }]
    })
    world.secrets.history.reads = 0
    // After labels, own value and AWSCURRENT's: the labels again, while the replica is waited for.
    world.secrets.history.old.set(3, { ago: 1 })

    expect(await does(world, 'setSecret', token)).toBe('complete')
    expect(detailsOf(world, 'Rotation Refused')).toEqual([])
  })

  test.each(['rotate', 'revoke'] as const)(
    'after a %s, it is not reported done while the value before it is accepted',
    async (intent) => {
      const { world, token } = await movedOn(intent)
      const reported = world.events.published.length

      expect(await does(world, 'finishSecret', token)).toBe('fault STEP_OUT_OF_ORDER')
      expect(world.events.published).toHaveLength(reported)
    },
  )

  test('after a rollback, the next secret is left alone: it may be a colleague’s', async () => {
    const world = createRegisteredWorld({}, DEPLOYED)
    Object.assign(world.rotation, { records: createKeptRecords() })
    await live(world, 'rotate', 'rollback')
    const token = begun(world, 'settle')
    for (const name of upTo('setSecret')) await step(world, name, token)
    moveOn(world, token)

    expect(await does(world, 'setSecret', token)).toBe('nothing')
    expect(accepted(world)).toEqual(['A', 'new1'])
  })
})

describe('a settle that has ended, repeated', () => {
  test('leaves alone what a colleague has started since', async () => {
    const { world, token } = await finished()
    world.timing.advance(3 * MINUTE_MS)
    world.issuer.history.note()
    world.client().next = valueNamed('C')

    for (const name of ['createSecret', 'setSecret', 'testSecret'] as const) {
      expect(await does(world, name, token)).toBe('nothing')
    }
    expect(await does(world, 'finishSecret', token)).toBe('nothing: Completed')
    expect(accepted(world)).toEqual(['new1', 'C'])
  })

  test.each<[string, string, (world: World) => void]>([
    ['', 'Revoked, Completed', () => {}],
    [
      ', but for its evidence, after a colleague has started another rotation',
      'Completed',
      ({ client }) => Object.assign(client(), { next: 'C' }),
    ],
    [', but for its evidence, after the client was deleted', 'Completed', ({ issuer }) => issuer.clients.clear()],
  ])('is reported after a revoke%s', async (_what, events, change) => {
    const { world, token } = await finished('revoke')
    change(world)

    expect(await does(world, 'finishSecret', token)).toBe(`nothing: ${events}`)
  })

  test('does nothing by a look from before its end', async () => {
    const { world, token } = await finished()
    showOldSlots(world, 10)

    expect(await does(world, 'setSecret', token)).toBe('nothing')
    expect(waited(world)).toBe(DEPLOYED.staleLabelsMs)
    expect(accepted(world)).toEqual(['new1'])
  })

  test('is reported, though a look from before its end shows the value that it ended', async () => {
    const { world, token } = await finished()
    showOldSlots(world, 10)

    expect(await does(world, 'finishSecret', token)).toBe('nothing: Completed')
  })
})
