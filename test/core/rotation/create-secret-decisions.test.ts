// What createSecret decides beside its moves: what it copies and stores, for how long a settle before it counts, whose client a revoke acts for, and
// what somebody stored under its token meanwhile.
import { describe, expect, test } from 'vitest'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import { MAX_SECRET_BYTES } from '../../../lambda/core/secret/fit-secret.ts'
import { createKeptRecords } from '../../fakes/kept-records.ts'
import { CLIENT_ID, createRegisteredWorld, textOf, valueNamed, type World } from '../../fakes/world.ts'
import { does as doesLate, drive, NEW, standing as standingLate } from './stale-seat.ts'
import { begin, begun, countOf, does } from './step-seat.ts'
import { corpus, LEAKED, worldWith } from './unreadable.ts'

describe('a copy', () => {
  test('that is too large beside AWSCURRENT’s fields is stored nowhere: a rollback is refused', async () => {
    const { world, token } = await begin(['rotate'], 'rollback')
    const text = textOf(NEW, { issued_at: undefined, padding: '' })
    const full = text.replace('"padding":""', `"padding":"${'p'.repeat(MAX_SECRET_BYTES - text.length)}"`)
    world.secrets.place(world.secrets.holderOf('AWSCURRENT') ?? '', { text: full })

    expect(await does(world, 'createSecret', token)).toBe('no tooLarge, cleared: Refused')
    expect(world.client()).toMatchObject({ current: valueNamed('A'), next: NEW })
  })

  test('under a token that holds another value already is refused, and that value is kept out of use', async () => {
    const { world, token } = await begin(['rotate'], 'settle')
    world.secrets.place(token, { text: textOf(valueNamed('X')) })

    expect(await does(world, 'createSecret', token)).toBe('put new1 > no currentMoved, cleared: Refused')
    expect(world.client()).toMatchObject({ current: valueNamed('A'), next: NEW })
  })

  test('is compared again after a look that was behind: what lies under the token is never taken for it', async () => {
    const { world, token } = await standingLate(['rotate', 'settle'], 'settle')
    world.secrets.place(token, { text: textOf(valueNamed('X')) })
    // As before the rotate: AWSCURRENT's value in no slot, which an exchange contradicts.
    for (const at of [0, 1]) world.issuer.history.old.set(at, { asOf: 0 })

    expect(await doesLate(world, 'createSecret', token)).toBe('put new1 > no currentMoved, cleared: Refused')
    expect(world.timing.waits).toEqual([DEPLOYED.readLagMs])
  })
})

describe('the settle before', () => {
  const waitsAt = async (ageMs: number, ...finished: readonly ('rotate' | 'settle')[]): Promise<readonly number[]> => {
    const world = createRegisteredWorld({}, DEPLOYED)
    for (const intent of finished.slice(0, -1)) await drive(world, intent)
    const askedAt = world.timing.now()
    for (const intent of finished.slice(-1)) await drive(world, intent)
    world.timing.advance(askedAt + ageMs - world.timing.now())
    const token = begun(world, 'rotate')
    world.timing.waits.length = 0
    expect(await doesLate(world, 'createSecret', token)).toMatch(/^start > put/)
    return world.timing.waits
  }

  test('may have ended a slot that a look still shows, while it is younger than it takes and than looks lag', async () => {
    expect(await waitsAt(62_999, 'rotate', 'settle')).toEqual([DEPLOYED.readLagMs])
    expect(await waitsAt(63_000, 'rotate', 'settle')).toEqual([])
  })

  test('is waited for only where there was one', async () => {
    expect(await waitsAt(0)).toEqual([])
  })
})

describe('a value that is stored under the token meanwhile', () => {
  test('and that cannot be read stops createSecret, which starts no other', async () => {
    const { world, token } = await standingLate([], 'rotate')
    await world.rotation.issuer.start(CLIENT_ID)
    world.timing.onWait.push(() => {
      if (world.secrets.versions.get(token)?.text === undefined) world.secrets.place(token, { text: 'canary' })
    })
    world.log.clear()

    expect(await doesLate(world, 'createSecret', token)).toBe('no malformedSecret, cleared: Refused')
    expect(countOf(world, 'issuer.start')).toBe(0)
  })
})

describe('a revoke of what names another client, with no tag that says whose it is', () => {
  const OTHER = 'm2m-client-test-of-another-secret'
  const seat = (spoil: (world: World) => void): World => {
    const world = worldWith(corpus['another client’s'], 'alone')
    world.secrets.tags = {}
    spoil(world)
    return world
  }
  const other = { current: 'canary-others-oooo', next: null, isActive: true }

  test.each<[string, (world: World) => void]>([
    ['that does not exist', () => {}],
    [
      'that is another secret’s',
      ({ issuer }) => {
        issuer.clients.set(OTHER, { ...other, boundTo: 'arn:aws:secretsmanager:eu-central-1:1:secret:b' })
      },
    ],
  ])('%s, acts for the client that Stytch says is this secret’s', async (_what, spoil) => {
    const world = seat(spoil)
    const token = begun(world, 'revoke')

    expect(await does(world, 'createSecret', token)).toBe('start > put new1')
    expect(world.client()).toMatchObject({ current: LEAKED, next: NEW })
    expect(world.secrets.versions.get(token)?.text).toContain(CLIENT_ID)
  })

  test('stays refused for what it was refused, where there is no other', async () => {
    const world = seat(({ issuer }) => issuer.clients.clear())

    expect(await does(world, 'createSecret', begun(world, 'revoke'))).toBe('no clientNotFound, cleared: Refused, Drift')
  })

  test('that is there and nobody’s, is refused for its value alone: nothing is recovered from that', async () => {
    const world = seat(({ issuer }) => {
      issuer.clients.set(OTHER, { ...other, current: 'canary-unlike-oooo', boundTo: undefined })
    })

    expect(await does(world, 'createSecret', begun(world, 'revoke'))).toBe('no unproven, cleared: Refused')
    expect(world.client()).toMatchObject({ current: LEAKED, next: null })
  })

  test('is no case for a planned rotation, which is refused', async () => {
    const world = seat(() => {})

    expect(await does(world, 'createSecret', begun(world, 'rotate'))).toBe('no clientNotFound, cleared: Refused, Drift')
    expect(world.client()).toMatchObject({ current: LEAKED, next: null })
  })
})

test('what only stands for a value that cannot be read is never exchanged', async () => {
  const world = worldWith('{}', 'alone')
  const records = createKeptRecords()
  records.known.set(world.secrets.holderOf('AWSCURRENT') ?? '', {
    versionId: world.secrets.holderOf('AWSCURRENT') ?? '',
    lastFour: 'zzzz',
  })
  Object.assign(world.rotation, { records })

  expect(await does(world, 'createSecret', begun(world, 'revoke'))).toBe('start > put new1')
  expect(world.log.calls.filter(({ about }) => about.startsWith('unreadable-'))).toEqual([])
})
