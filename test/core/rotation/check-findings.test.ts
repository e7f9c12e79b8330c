// What a check of AWSCURRENT believes, tries and records: which look is enough, what is noted and what is not, and what is said of a text that
// no rotation can go on from. What is found over time is in check-current.test.ts.
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { type Bounds, DEPLOYED, WITHOUT_LAG } from '../../../lambda/core/rotation/bounds.ts'
import type { CheckFinding } from '../../../lambda/core/rotation/check-answer.ts'
import { checkCurrent } from '../../../lambda/core/rotation/check-current.ts'
import type { ClientView } from '../../../lambda/core/rotation/issuer.ts'
import type { CheckQuestion, SecretToCheck } from '../../../lambda/core/rotation/read-check-question.ts'
import type { VersionRecord } from '../../../lambda/core/rotation/records.ts'
import { noRecords } from '../../../lambda/core/rotation/records.ts'
import type { Rotation } from '../../../lambda/core/rotation/rotation.ts'
import type { VersionQuery } from '../../../lambda/core/secret/secrets.ts'
import { PROJECT_ID } from '../../fakes/fake-issuer.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { createKeptRecords } from '../../fakes/kept-records.ts'
import { CLIENT_ID, createRegisteredWorld, nameOf, textOf, valueNamed } from '../../fakes/world.ts'
import { BY_HAND } from './step-seat.ts'

const OTHER_ARN = SECRET_ARN.replace('orders', 'billing')
const A = valueNamed('A')
const Z = valueNamed('Z')

interface Place {
  readonly text?: string
  readonly client?: {
    readonly current?: string
    readonly next?: string | null
    readonly isActive?: boolean
    readonly boundTo?: string | undefined
  }
  /** What is on record of AWSCURRENT's version; 'none': there is no table. */
  readonly record?: Partial<VersionRecord> | 'none'
  /** What a search shows of the client; 'none': there is no search. @default - what a look shows */
  readonly searched?: Partial<ClientView> | 'none'
  readonly bounds?: Bounds
}

const createPlace = ({ text = textOf(A), client = {}, record, searched = {}, bounds = WITHOUT_LAG }: Place) => {
  const world = createRegisteredWorld(client, bounds)
  world.secrets.place(BY_HAND, { text, labels: ['AWSCURRENT'] })
  const kept = createKeptRecords()
  if (record !== undefined && record !== 'none') kept.known.set(BY_HAND, { versionId: BY_HAND, ...record })
  const noted: string[] = []
  const versions: typeof kept.versions = {
    ...kept.versions,
    noteAccepted: async (version) => {
      noted.push('accepted')
      await kept.versions.noteAccepted(version)
    },
    noteLost: async (version) => {
      noted.push('lost')
      await kept.versions.noteLost(version)
    },
  }
  const looked: (readonly [clientId: string, marks: readonly string[] | undefined])[] = []
  const look: Rotation['issuer']['look'] = (clientId, marks) => {
    looked.push([clientId, marks])
    return world.issuer.look(clientId, marks)
  }
  const shown = (): ClientView => {
    const { current, next, isActive, boundTo } = world.client()
    return {
      slots: { current: current.slice(-4), next: next?.slice(-4) ?? null },
      isActive,
      boundTo,
      requestId: 'search',
    }
  }
  const search = async (clientIds: readonly string[]) =>
    new Map(
      clientIds.map((id) => [id, id === CLIENT_ID ? { ...shown(), ...(searched as Partial<ClientView>) } : undefined]),
    )
  const rotation: Rotation = {
    ...world.rotation,
    records: record === 'none' ? noRecords : { ...kept, versions },
    issuer: { ...world.issuer, look, ...(searched === 'none' ? {} : { lookMany: search }) },
  }
  const toCheck: SecretToCheck = { secretArn: SECRET_ARN, versionId: BY_HAND, clientId: CLIENT_ID, isSettled: true }
  const ask = async (
    more: Partial<SecretToCheck> = {},
    how: Partial<CheckQuestion> = {},
  ): Promise<CheckFinding | undefined> => {
    world.timing.restart(60_000)
    world.log.clear()
    looked.length = 0
    noted.length = 0
    const [finding] = await checkCurrent(() => rotation, { secrets: [{ ...toCheck, ...more }], ...how })
    return finding
  }
  const tried = () => world.log.calls.filter(({ name }) => name === 'exchange').map(({ about }) => nameOf(about))
  return { world, rotation, kept, noted, looked, toCheck, ask, tried }
}

const known = { lastFour: 'AAAA' }
const fits = { found: 'fits', holds: CLIENT_ID }

describe('a value is compared, and neither read nor tried', () => {
  test.each<[what: string, place: Place, asked?: Partial<SecretToCheck>]>([
    ['where it is in current', { record: known }],
    [
      'where it is in next of an open overlap',
      { client: { current: Z, next: A }, record: known },
      { isSettled: false },
    ],
    ['by a look, where nothing searches', { record: known, searched: 'none' }],
  ])('%s', async (_, place, asked) => {
    const { ask, tried, world, noted } = createPlace(place)

    expect(await ask(asked)).toEqual(fits)
    expect([tried(), world.log.names().includes('secrets.readValue'), noted]).toEqual([[], false, []])
  })

  test.each<[what: string, place: Place]>([
    ['is inactive', { client: { isActive: false } }],
    ['is another secret’s', { client: { boundTo: OTHER_ARN } }],
    ['has a next secret under a settled label', { client: { next: Z } }],
    ['shows another value', { client: { current: Z } }],
    ['was lost before', { record: { ...known, lostSince: 1 } }],
    ['was never recorded', { record: {} }],
  ])('but never where the client or its record says otherwise: it %s', async (_, place) => {
    const { ask, world } = createPlace({ record: known, ...place })
    await ask()

    expect(world.log.names()).toContain('secrets.readValue')
  })
})

describe('a look', () => {
  test('at a client that no tag names is asked for once the value has named it', async () => {
    const { rotation, looked, toCheck, world } = createPlace({ record: {} })
    const { clientId: _none, ...untagged } = toCheck
    const searchedFor: (readonly string[])[] = []
    const { lookMany } = rotation.issuer
    Object.assign(rotation.issuer, {
      lookMany: async (clientIds: readonly string[]) => {
        searchedFor.push(clientIds)
        return lookMany?.(clientIds)
      },
    })
    world.timing.restart(60_000)

    expect(await checkCurrent(() => rotation, { secrets: [untagged] })).toEqual([fits])
    expect([searchedFor, looked]).toEqual([[[]], [[CLIENT_ID, ['AAAA']]]])
  })

  test('is asked for where the search was for another secret, whose tag is the client’s', async () => {
    const { rotation, looked, toCheck, world } = createPlace({ record: {} })
    const mistagged = { ...toCheck, clientId: 'm2m-client-test-billing' }
    world.timing.restart(60_000)

    expect(await checkCurrent(() => rotation, { secrets: [toCheck, mistagged] })).toEqual([fits, fits])
    expect(looked).toEqual([[CLIENT_ID, ['AAAA']]])
  })

  test('before a value is called dead is by how it ends, the second as the first', async () => {
    const { ask, looked } = createPlace({ client: { current: Z }, record: {} })

    expect(await ask()).toMatchObject({ found: 'dead' })
    expect(looked).toEqual([
      [CLIENT_ID, ['AAAA']],
      [CLIENT_ID, ['AAAA']],
    ])
  })

  test('is not asked for where the search shows the value', async () => {
    const { ask, looked } = createPlace({ record: {} })

    expect(await ask()).toEqual(fits)
    expect(looked).toEqual([])
  })

  test.each<[what: string, searched: Partial<ClientView>]>([
    ['another value', { slots: { current: 'ZZZZ', next: null } }],
    ['an inactive client', { isActive: false }],
    ['another holder', { boundTo: OTHER_ARN }],
  ])('is asked for by how the value ends where the search shows %s', async (_, searched) => {
    const { ask, looked } = createPlace({ record: {}, searched })

    expect(await ask()).toEqual(fits)
    expect(looked).toEqual([[CLIENT_ID, ['AAAA']]])
  })

  test('at the client that the value names is asked for where the tag names another', async () => {
    const { ask, looked, tried } = createPlace({ record: {} })

    expect(await ask({ clientId: 'm2m-client-test-billing' })).toEqual(fits)
    expect([looked, tried()]).toEqual([[[CLIENT_ID, ['AAAA']]], ['A']])
  })

  test.each<[record: Place['record'], marks: readonly string[]]>([
    [known, ['AAAA']],
    [{}, []],
    ['none', []],
  ])('stands in for a search that the issuer has not, given what is on record: %j', async (record, marks) => {
    const { ask, looked } = createPlace({ ...(record === undefined ? {} : { record }), searched: 'none' })
    await ask()

    expect(looked[0]).toEqual([CLIENT_ID, marks])
  })
})

describe('a value in a slot', () => {
  test.each<
    [what: string, place: Place, asked: Partial<SecretToCheck>, how: Partial<CheckQuestion>, tried: readonly string[]]
  >([
    ['is tried where the question is a close one', { record: 'none' }, {}, { isClose: true }, ['A']],
    [
      'is tried where a next secret is open under a settled label',
      { record: 'none', client: { next: Z } },
      {},
      {},
      ['A'],
    ],
    ['is tried where it was lost', { record: { ...known, lostSince: 1 } }, {}, {}, ['A']],
    ['is tried where it is not recorded', { record: {} }, {}, {}, ['A']],
    ['is believed where nothing can be recorded', { record: 'none' }, {}, {}, []],
    [
      'is believed where nothing can be recorded and an overlap is open',
      { record: 'none', client: { next: Z } },
      { isSettled: false },
      {},
      [],
    ],
  ])('%s', async (_, place, asked, how, expected) => {
    const { ask, tried } = createPlace(place)

    expect(await ask(asked, how)).toMatchObject({ holds: CLIENT_ID })
    expect(tried()).toEqual(expected)
  })
})

test('a value that was lost is tried, however many others were tried before it', async () => {
  const lostId = '5f3f2a10-0000-4000-8000-0000000000aa'
  const { rotation, toCheck, tried, kept, world } = createPlace({ record: {} })
  const { describe: describeNow, readValue } = rotation.secrets
  // The same secret, once more, of which the table knows another version as lost.
  const other = SECRET_ARN.replace('orders', 'lost')
  world.secrets.place(lostId, { text: textOf(A), labels: [] })
  Object.assign(rotation.secrets, {
    describe: async (secretId: string) => {
      const state = await describeNow(SECRET_ARN)
      if (state === undefined || secretId === SECRET_ARN) return state
      return { ...state, arn: other, labels: { [lostId]: ['AWSCURRENT'] } }
    },
    readValue: (_: string, query?: VersionQuery) => readValue(SECRET_ARN, query),
  })
  kept.known.set(lostId, { versionId: lostId, lostSince: 1 })
  // Nothing is recorded of the others, so that each of them would be tried.
  if (rotation.records.kind === 'kept') Object.assign(rotation.records.versions, { noteAccepted: async () => {} })
  world.client().boundTo = undefined
  world.timing.restart(60_000)
  world.log.clear()
  const others = Array.from({ length: 21 }, () => toCheck)

  const found = await checkCurrent(() => rotation, {
    secrets: [...others, { ...toCheck, secretArn: other, versionId: lostId }],
  })

  expect(found.map((one) => one.found)).toEqual(Array.from({ length: 22 }, () => 'fits'))
  expect(tried().length).toBe(21)
})

test('nobody waits for Secrets Manager where nothing is suspect', async () => {
  const { ask, world } = createPlace({ record: {}, bounds: DEPLOYED })

  expect(await ask()).toEqual(fits)
  expect(world.timing.waits).toEqual([])
})

test('a secret that is no longer there has moved', async () => {
  const { ask, rotation } = createPlace({ record: {} })
  Object.assign(rotation.secrets, { describe: async () => undefined })

  expect(await ask()).toEqual({ found: 'unknown', why: 'moved' })
})

describe('what is noted', () => {
  test.each<[what: string, place: Place, how: Partial<CheckQuestion>, noted: readonly string[]]>([
    ['an acceptance, of a value that is not recorded', { record: {} }, {}, ['accepted']],
    ['an acceptance, of one that was recorded otherwise', { record: { lastFour: 'OLDS' } }, {}, ['accepted']],
    ['an acceptance, of one that was lost', { record: { ...known, lostSince: 1 } }, {}, ['accepted']],
    ['no acceptance once more', { record: known }, { isClose: true }, []],
    [
      'no acceptance of a text that no rotation takes',
      { record: {}, text: JSON.stringify({ clientId: CLIENT_ID, clientSecret: A }) },
      {},
      [],
    ],
    ['a loss', { client: { current: Z } }, {}, ['lost']],
    ['no loss once more', { client: { current: Z }, record: { lostSince: 1 } }, {}, []],
    ['a holder that is another', { client: { boundTo: OTHER_ARN } }, {}, ['lost']],
    ['no other holder once more', { client: { boundTo: OTHER_ARN }, record: { lostSince: 1 } }, {}, []],
    ['nothing where there is no table', { client: { current: Z }, record: 'none' }, {}, []],
  ])('is %s', async (_, place, how, expected) => {
    const { ask, noted } = createPlace(place)
    await ask({}, how)

    expect(noted).toEqual(expected)
  })

  test.each<[what: string, place: Place, how: Partial<CheckQuestion>, found: string]>([
    ['no loss', { client: { current: Z } }, {}, 'dead'],
    ['no acceptance', {}, { isClose: true }, 'fits'],
  ])('is %s of a version whose record could not be read', async (_, place, how, found) => {
    const { ask, rotation, kept, noted } = createPlace(place)
    const read = async (): Promise<never> => {
      throw new Fault({ code: 'RECORDS_UNAVAILABLE', retryable: true, message: 'down' })
    }
    const versions = rotation.records.kind === 'kept' ? rotation.records.versions : kept.versions
    Object.assign(rotation, { records: { ...kept, versions: { ...versions, read } } })

    expect(await ask({}, how)).toMatchObject({ found })
    expect(noted).toEqual([])
  })
})

describe('a text in no format of ours', () => {
  const named = JSON.stringify({ clientId: CLIENT_ID, clientSecret: A })
  const unnamed = JSON.stringify({ client_secret: A })

  test.each<[what: string, text: string, place: Place, expected: object]>([
    ['fits, and says why no rotation takes it', named, {}, { found: 'fits', holds: CLIENT_ID }],
    ['fits beside no id', unnamed, {}, { found: 'fits', holds: CLIENT_ID }],
    ['is inactive, and says why', named, { client: { isActive: false } }, { found: 'inactive', holds: CLIENT_ID }],
    [
      'fits by how it ends where nothing can be recorded',
      named,
      { record: 'none' },
      { found: 'fits', holds: CLIENT_ID },
    ],
    ['is not called dead beside no id', unnamed, { client: { current: Z } }, { found: 'unknown', why: 'unreadable' }],
  ])('%s', async (_, text, place, expected) => {
    const { ask } = createPlace({ text, record: {}, ...place })

    expect(await ask()).toEqual({
      ...expected,
      faults: expect.arrayContaining([expect.stringMatching(/^client_id is missing/)]),
    })
  })

  test('is tried as the client that it names, and not as the one of the tag', async () => {
    const { ask, looked } = createPlace({ text: named, record: {} })

    expect(await ask({ clientId: 'm2m-client-test-billing' })).toMatchObject({ found: 'fits', holds: CLIENT_ID })
    expect(looked).toEqual([[CLIENT_ID, ['AAAA']]])
  })

  test('is dead beside the client’s id, and what stands there no longer matters', async () => {
    const { ask } = createPlace({ text: named, client: { current: Z } })

    expect(await ask()).toEqual({ found: 'dead', since: expect.any(Number), holds: CLIENT_ID })
  })

  test('is unreadable beside no id where no tag names one either', async () => {
    const { world, rotation } = createPlace({ text: unnamed })
    const asked = { secretArn: SECRET_ARN, versionId: BY_HAND, isSettled: true }

    expect(await checkCurrent(() => rotation, { secrets: [asked] })).toMatchObject([
      { found: 'unknown', why: 'unreadable' },
    ])
    expect(world.log.names()).not.toContain('issuer.exchange')
  })

  test('that does not exist has no faults either', async () => {
    const { ask, world } = createPlace({})
    delete world.secrets.versions.get(BY_HAND)?.text

    expect(await ask()).toEqual({ found: 'unknown', why: 'unreadable' })
  })

  test('of ours has no faults', async () => {
    expect(await createPlace({ record: {} }).ask()).not.toHaveProperty('faults')
  })
})

test('a value of another project is neither looked up nor tried, and says which is wanted', async () => {
  const { ask, looked, tried } = createPlace({ text: textOf(A, { project_id: 'project-live-1' }), record: {} })

  expect(await ask()).toEqual({ found: 'unknown', why: 'otherProject', faults: [`project_id is not ${PROJECT_ID}`] })
  expect([looked, tried()]).toEqual([[], []])
})

test.each(['gone', 'inactive', 'foreign'])(
  'a suspect whose client is %s at the second look is not called dead',
  async (how) => {
    const { ask, world, rotation, tried } = createPlace({ client: { current: Z }, record: {} })
    const { describe: describeNow } = rotation.secrets
    let looks = 0
    Object.assign(rotation, {
      secrets: {
        ...rotation.secrets,
        describe: async (secretId: string) => {
          looks += 1
          if (looks === 2 && how === 'gone') world.issuer.clients.delete(CLIENT_ID)
          if (looks === 2 && how === 'inactive') world.client().isActive = false
          if (looks === 2 && how === 'foreign') world.client().boundTo = OTHER_ARN
          return describeNow(secretId)
        },
      },
    })

    expect(await ask()).toMatchObject({ found: how })
    expect(looks).toBe(2)
    expect(new Set(tried())).toEqual(new Set(['A']))
  },
)

test('one that is suspect keeps no other from its own finding, in the order of the question', async () => {
  const { rotation, toCheck, world } = createPlace({ client: { current: Z }, record: {} })
  world.timing.restart(60_000)
  const moved = { ...toCheck, versionId: 'moved-000000000000000000000000000000000' }

  expect(await checkCurrent(() => rotation, { secrets: [moved, toCheck, moved] })).toMatchObject([
    { found: 'unknown', why: 'moved' },
    { found: 'dead' },
    { found: 'unknown', why: 'moved' },
  ])
})

describe('what is found first is dated', () => {
  test.each<[what: string, ago: number | undefined, since: number]>([
    ['now, where the question names no time', undefined, 0],
    ['now, where it names one to come', -1, 0],
    ['as it says, an hour ago at most', 3_599_999, 3_599_999],
    ['as it says, where it says now', 0, 0],
    ['now, where it names an older time', 3_600_000, 0],
  ])('%s', async (_, ago, since) => {
    const { ask, world } = createPlace({ client: { current: Z }, record: 'none' })
    const now = world.timing.now()

    expect(await ask({}, ago === undefined ? {} : { at: now - ago })).toMatchObject({
      found: 'dead',
      since: now - since,
    })
  })
})

describe('a project secret that Stytch refuses', () => {
  const PROJECT = { secretArn: SECRET_ARN.replace('m2m/test/orders', 'stytch/project'), versionId: 'p'.repeat(32) }
  const refuse = async (): Promise<never> => {
    throw new Fault({ code: 'STYTCH_UNAUTHORIZED', retryable: true, message: 'refused, on purpose' })
  }
  const unauthorized = { found: 'unknown', why: 'STYTCH_UNAUTHORIZED' }
  const refusedAt = (place: Place, look: () => Promise<ClientView | undefined> = refuse) => {
    const seat = createPlace(place)
    const { rotation } = seat
    Object.assign(rotation.issuer, { lookMany: refuse, look, credential: async () => PROJECT })
    return seat
  }

  test('is named since it was first found so, and noted that once', async () => {
    const { ask, noted, world, kept } = refusedAt({})
    const since = world.timing.now()

    expect(await ask()).toEqual({ ...unauthorized, credential: { secretArn: PROJECT.secretArn, since } })
    expect(noted).toEqual(['lost'])
    world.timing.advance(60_000)
    expect(await ask()).toEqual({ ...unauthorized, credential: { secretArn: PROJECT.secretArn, since } })
    expect([noted, kept.known.get(PROJECT.versionId)?.lostSince]).toEqual([[], since])
  })

  test('is dated by its own version, whatever is on record of others', async () => {
    const { ask, kept, world } = refusedAt({})
    kept.known.set('of-before', { versionId: 'of-before', lostSince: 1 })

    expect(await ask()).toMatchObject({ credential: { since: world.timing.now() } })
  })

  test('is named, and not noted, where no table answers', async () => {
    const { ask, world, noted, rotation } = refusedAt({ record: 'none' })

    expect(await ask()).toEqual({
      ...unauthorized,
      credential: { secretArn: PROJECT.secretArn, since: world.timing.now() },
    })
    const kept = createKeptRecords()
    const noteLost = async () => {
      noted.push('lost')
    }
    Object.assign(rotation, { records: { ...kept, versions: { ...kept.versions, noteLost, read: refuse } } })
    expect(await ask()).toEqual({
      ...unauthorized,
      credential: { secretArn: PROJECT.secretArn, since: world.timing.now() },
    })
    expect(noted).toEqual([])
  })

  test.each<[what: string, second: () => Promise<ClientView | undefined>]>([
    ['is accepted', async () => undefined],
    [
      'meets another fault',
      async () => {
        throw new Fault({ code: 'STYTCH_UNAVAILABLE', retryable: true, message: 'down' })
      },
    ],
  ])('is not named where the second look %s', async (_, second) => {
    const { ask, noted } = refusedAt({}, second)

    expect(await ask()).toEqual(unauthorized)
    expect(noted).toEqual([])
  })

  test('is not named for another fault, and not beside what could be found', async () => {
    const { rotation, ask } = createPlace({ record: {} })
    const down = async (): Promise<never> => {
      throw new Fault({ code: 'STYTCH_UNAVAILABLE', retryable: true, message: 'down' })
    }
    let asked = 0
    const credential = async () => {
      asked += 1
      return PROJECT
    }
    Object.assign(rotation.issuer, { lookMany: down, look: refuse, credential })

    expect(await ask()).toEqual({ found: 'unknown', why: 'STYTCH_UNAVAILABLE' })
    expect(asked).toBe(0)
  })

  test.each<[what: string, more: Partial<SecretToCheck>, asked: string]>([
    ['the client that met it', {}, CLIENT_ID],
    ['no client’s id, where no tag names one', { clientId: undefined as never }, 'none'],
  ])('is asked about once more by %s', async (_, more, asked) => {
    const { rotation, toCheck, world } = refusedAt({})
    const looked: unknown[] = []
    const look = async (...given: unknown[]) => {
      looked.push(given)
      return refuse()
    }
    Object.assign(rotation.issuer, { look })
    world.timing.restart(60_000)

    expect(await checkCurrent(() => rotation, { secrets: [{ ...toCheck, ...more }] })).toMatchObject([unauthorized])
    expect(looked).toEqual([[asked, []]])
  })

  test.each<[what: string, credential: () => Promise<undefined>]>([
    ['nobody knows where it is stored', async () => undefined],
    ['that cannot be found out', refuse],
  ])('is not named where %s', async (_, credential) => {
    const { ask, rotation } = refusedAt({})
    Object.assign(rotation.issuer, { credential })

    expect(await ask()).not.toHaveProperty('credential')
  })

  test('is named with those alone that could not be checked because of it', async () => {
    const { rotation, toCheck, world } = createPlace({ record: known, searched: 'none' })
    const { look } = rotation.issuer
    const ofOther = async (clientId: string) => (clientId === CLIENT_ID ? look(clientId) : refuse())
    Object.assign(rotation.issuer, { look: ofOther, credential: async () => PROJECT })
    world.timing.restart(60_000)

    expect(
      await checkCurrent(() => rotation, { secrets: [toCheck, { ...toCheck, clientId: 'm2m-client-test-billing' }] }),
    ).toEqual([fits, { ...unauthorized, credential: { secretArn: PROJECT.secretArn, since: world.timing.now() } }])
  })
})

test('whatever is no Fault is an error of this function, and no finding', async () => {
  const { ask, rotation } = createPlace({ record: {} })
  Object.assign(rotation.issuer, {
    lookMany: async () => {
      throw new TypeError('on purpose')
    },
  })

  await expect(ask()).rejects.toThrow(TypeError)
})

test('no secret is asked about by a question about none', async () => {
  const { rotation, world } = createPlace({})

  expect(await checkCurrent(() => rotation, { secrets: [] })).toEqual([])
  expect(world.log.names()).toEqual([])
})
