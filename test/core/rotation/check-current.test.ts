// Whether Stytch accepts what consumers read, as the rotation function finds it: what fits is compared and not tried; what is dead is dead by
// refusals alone; nothing is changed; and what is about to change is not judged.
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { type Bounds, DEPLOYED, WITHOUT_LAG } from '../../../lambda/core/rotation/bounds.ts'
import { checkCurrent } from '../../../lambda/core/rotation/check-current.ts'
import type { ClientView } from '../../../lambda/core/rotation/issuer.ts'
import type { SecretToCheck } from '../../../lambda/core/rotation/read-check-question.ts'
import type { Rotation } from '../../../lambda/core/rotation/rotation.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { createKeptRecords } from '../../fakes/kept-records.ts'
import { CLIENT_ID, createRegisteredWorld, nameOf, textOf, tokenOf, valueNamed } from '../../fakes/world.ts'

const OTHER_ARN = SECRET_ARN.replace('orders', 'billing')

const createPlace = (bounds: Bounds = WITHOUT_LAG) => {
  const world = createRegisteredWorld({}, bounds)
  const records = createKeptRecords()
  /** What a search shows instead of what is so. */
  const searched = new Map<string, ClientView | undefined>()
  const rotation: Rotation = {
    ...world.rotation,
    records,
    issuer: {
      ...world.issuer,
      lookMany: (clientIds) =>
        world.log
          .run({ port: 'issuer', name: 'lookMany', about: String(clientIds.length) }, () =>
            [...world.issuer.clients]
              .filter(([id]) => clientIds.includes(id))
              .map(([id, { current, next, isActive, boundTo }]) => {
                const slots = { current: current.slice(-4), next: next?.slice(-4) ?? null }
                return [id, { slots, isActive, boundTo, requestId: 'request-search' }] as const
              }),
          )
          .then(
            (found) =>
              new Map<string, ClientView | undefined>([
                ...clientIds.map((id) => [id, undefined] as const),
                ...found,
                ...searched,
              ]),
          ),
    },
  }
  const toCheck = (more: Partial<SecretToCheck> = {}): SecretToCheck => ({
    secretArn: SECRET_ARN,
    versionId: world.secrets.holderOf('AWSCURRENT') ?? '',
    clientId: CLIENT_ID,
    isSettled: true,
    ...more,
  })
  const check = async (more: Partial<SecretToCheck> = {}, at?: number) => {
    world.timing.restart(60_000)
    world.log.clear()
    const question = { secrets: [toCheck(more)], ...(at === undefined ? {} : { at }) }
    const [finding] = await checkCurrent(() => rotation, question)
    return finding
  }
  const exchanges = (): readonly string[] =>
    world.log.calls.filter(({ name }) => name === 'exchange').map(({ about }) => nameOf(about))
  return { world, records, rotation, searched, check, toCheck, exchanges }
}

/** A value of the client's own, settled, and recorded. */
const createRecorded = async (bounds?: Bounds) => {
  const place = createPlace(bounds)
  expect(await place.check()).toMatchObject({ found: 'fits' })
  return place
}

const READS = /^(issuer\.(look|lookMany|exchange)|secrets\.(describe|readValue))$/

describe('what fits', () => {
  test('is tried once when no record names it, and only compared from then on', async () => {
    const place = createPlace()

    expect(await place.check()).toMatchObject({ found: 'fits' })
    expect(place.exchanges()).toEqual(['A'])

    expect(await place.check()).toMatchObject({ found: 'fits' })
    expect(place.world.log.names()).toEqual(['issuer.lookMany'])
  })

  test('is read and tried all the same where the question is a close one', async () => {
    const { world, rotation, exchanges, toCheck } = await createRecorded()
    world.timing.restart(60_000)
    world.log.clear()

    expect(await checkCurrent(() => rotation, { secrets: [toCheck()], isClose: true })).toMatchObject([
      { found: 'fits' },
    ])

    expect(world.log.names()).toContain('secrets.readValue')
    expect(exchanges()).toEqual(['A'])
  })

  test('is compared, and not tried, after a rotation and its settle', async () => {
    const { world, rotation, check, records } = createPlace()
    Object.assign(world.rotation, { records: rotation.records })
    await world.rotate(tokenOf('rotate'))

    expect(await check({ isSettled: false })).toMatchObject({ found: 'fits' })
    expect(world.log.names()).toEqual(['issuer.lookMany'])

    const token = await world.rotate(tokenOf('settle'))

    expect(records.known.get(token)?.lastFour).toBeDefined()
    expect(await check()).toMatchObject({ found: 'fits' })
    expect(world.log.names()).toEqual(['issuer.lookMany'])
  })

  test('is believed by how it ends where there is no table', async () => {
    const { world, check, exchanges, rotation } = createPlace()
    Object.assign(rotation, { records: { kind: 'none' } })

    expect(await check()).toMatchObject({ found: 'fits' })

    expect(exchanges()).toEqual([])
    expect(world.log.names()).toContain('secrets.readValue')
  })

  test('is judged by the client that the value names when the tag is gone', async () => {
    const { world, rotation, toCheck } = createPlace()
    const { clientId: _gone, ...untagged } = toCheck()

    expect(await checkCurrent(() => rotation, { secrets: [untagged] })).toMatchObject([{ found: 'fits' }])
    Object.assign(world.client(), { current: valueNamed('Z') })
    expect(await checkCurrent(() => rotation, { secrets: [untagged] })).toMatchObject([{ found: 'dead' }])
  })
})

describe('a value is dead', () => {
  test('when a colleague rotated and completed in the dashboard', async () => {
    const { world, check, exchanges } = await createRecorded()
    Object.assign(world.client(), { current: valueNamed('Z'), next: null })

    expect(await check()).toMatchObject({ found: 'dead', since: world.timing.now() })
    expect(exchanges()).toEqual(['A', 'A', 'A', 'A'])
  })

  test.each(['a label that was moved back', 'a new version, stored by hand'])(
    'when an older value was put back as %s',
    async (how) => {
      const { world, check } = await createRecorded()
      const older = world.secrets.holderOf('AWSCURRENT') ?? ''
      const rotated = await world.rotate(tokenOf('rotate'))
      await world.rotate(tokenOf('settle'))
      const versionId = how.startsWith('a label') ? older : '5f3f2a10-0000-4000-8000-000000000001'
      world.secrets.place(versionId, { text: textOf(valueNamed('A')), labels: ['AWSCURRENT'] })

      expect(rotated).not.toBe(versionId)
      expect(await check({ isSettled: false })).toMatchObject({ found: 'dead' })
    },
  )

  test('in whatever format it stands', async () => {
    const { world, check } = await createRecorded()
    const text = JSON.stringify({ clientId: CLIENT_ID, clientSecret: valueNamed('B') })
    world.secrets.place('5f3f2a10-0000-4000-8000-000000000002', { text, labels: ['AWSCURRENT'] })

    expect(await check({ isSettled: false })).toMatchObject({ found: 'dead' })
  })

  test('since it was first found so, whoever asks later; and no longer, once it is accepted', async () => {
    const { world, check } = await createRecorded()
    Object.assign(world.client(), { current: valueNamed('Z') })
    const asked = world.timing.now() - 1000

    expect(await check({}, asked)).toMatchObject({ found: 'dead', since: asked })
    world.timing.advance(900_000)
    expect(await check({}, world.timing.now())).toMatchObject({ found: 'dead', since: asked })

    Object.assign(world.client(), { current: valueNamed('A') })
    expect(await check()).toMatchObject({ found: 'fits' })
    Object.assign(world.client(), { current: valueNamed('Z') })
    expect(await check()).toMatchObject({ found: 'dead', since: world.timing.now() })
  })

  test('since now, for a question that names a time that nobody believes', async () => {
    const { world, check } = await createRecorded()
    Object.assign(world.client(), { current: valueNamed('Z') })
    Object.assign(world.rotation, { records: { kind: 'none' } })

    expect(await check({}, 0)).toMatchObject({ found: 'dead', since: world.timing.now() })
  })
})

describe('a value is not called dead', () => {
  test('because its last four match no slot: one acceptance is enough', async () => {
    const { world, searched, check, exchanges } = await createRecorded()
    world.issuer.lingering.add(valueNamed('A'))
    Object.assign(world.client(), { current: valueNamed('Z') })
    searched.clear()

    expect(await check()).toMatchObject({ found: 'fits' })
    expect(exchanges()).toEqual(['A'])
  })

  test('because a search is behind', async () => {
    const { searched, check } = await createRecorded()
    for (const view of [
      undefined,
      { slots: { current: 'ZZZZ', next: null }, isActive: true, boundTo: SECRET_ARN, requestId: 'old' },
      { slots: { current: 'AAAA', next: null }, isActive: false, boundTo: SECRET_ARN, requestId: 'old' },
      { slots: { current: 'AAAA', next: null }, isActive: true, boundTo: OTHER_ARN, requestId: 'old' },
    ]) {
      searched.set(CLIENT_ID, view)
      expect(await check()).toMatchObject({ found: 'fits' })
    }
  })

  test('because the label that was seen is stale', async () => {
    const { world, check, exchanges } = await createRecorded()
    const versionId = world.secrets.holderOf('AWSCURRENT') ?? ''
    await world.rotate(tokenOf('revoke'))
    await world.rotate(tokenOf('settle'))

    expect(await check({ versionId })).toMatchObject({ found: 'unknown', why: 'moved' })
    expect(exchanges()).toEqual([])
  })

  test('because Secrets Manager still shows the label as it was: it is looked at again, one bound later', async () => {
    const place = await createRecorded(DEPLOYED)
    const { world, check, rotation } = place
    const versionId = world.secrets.holderOf('AWSCURRENT') ?? ''
    const before = await world.secrets.describe(SECRET_ARN)
    Object.assign(world.client(), { current: valueNamed('B') })
    world.secrets.place(tokenOf('revoke'), { text: textOf(valueNamed('B')), labels: ['AWSCURRENT'] })
    const movedAt = world.timing.now()
    const describeNow = rotation.secrets.describe
    Object.assign(rotation, {
      secrets: {
        ...rotation.secrets,
        describe: async (secretId: string) =>
          world.timing.now() < movedAt + DEPLOYED.staleLabelsMs ? before : describeNow(secretId),
      },
    })

    expect(await check({ versionId })).toMatchObject({ found: 'unknown', why: 'moved' })
    expect(world.timing.waits).toContain(DEPLOYED.staleLabelsMs)
  })

  test('by a part of its ARN', async () => {
    const { world, check } = await createRecorded()
    world.client().next = valueNamed('Z')

    expect(await check({ secretArn: SECRET_ARN.replace('-AbCdEf', '') })).toMatchObject({
      found: 'unknown',
      why: 'moved',
    })
  })

  test('in the middle of a rotation', async () => {
    const { world, check, exchanges } = await createRecorded()
    world.secrets.rotateSecret(tokenOf('rotate'))
    Object.assign(world.client(), { current: valueNamed('Z') })

    expect(await check()).toMatchObject({ found: 'unknown', why: 'rotating' })
    expect(exchanges()).toEqual([])
  })

  test('when nothing in its text is one', async () => {
    const { world, check } = createPlace()
    world.secrets.place('5f3f2a10-0000-4000-8000-000000000003', { text: '{}', labels: ['AWSCURRENT'] })

    expect(await check()).toMatchObject({
      found: 'unknown',
      why: 'unreadable',
      faults: expect.arrayContaining(['client_secret is missing']),
    })
  })

  test('when there is too little time to be sure', async () => {
    const { world, rotation, toCheck } = await createRecorded(DEPLOYED)
    Object.assign(world.client(), { current: valueNamed('Z') })
    world.timing.restart(15_000)

    expect(await checkCurrent(() => rotation, { secrets: [toCheck()] })).toEqual([
      { found: 'unknown', why: 'TIME_TOO_SHORT' },
    ])
  })

  test('when Stytch does not answer', async () => {
    const { world, check } = await createRecorded()
    world.log.before.push(({ port }) => {
      if (port === 'issuer') throw new Fault({ code: 'STYTCH_UNAVAILABLE', retryable: true, message: 'down' })
    })

    expect(await check()).toMatchObject({ found: 'unknown', why: 'STYTCH_UNAVAILABLE' })
  })
})

describe('a project secret', () => {
  const PROJECT = { secretArn: SECRET_ARN.replace('m2m/test/orders', 'stytch/project'), versionId: 'p'.repeat(32) }
  const refuse = async () => {
    throw new Fault({ code: 'STYTCH_UNAUTHORIZED', retryable: true, message: 'refused, on purpose' })
  }

  test('that Stytch refuses is named with every secret that cannot be checked because of it, since it was first found so', async () => {
    const { world, rotation, check, records } = await createRecorded()
    Object.assign(rotation.issuer, { lookMany: refuse, look: refuse, credential: async () => PROJECT })

    const first = await check({}, world.timing.now())
    world.timing.advance(60_000)

    expect(first).toMatchObject({
      found: 'unknown',
      why: 'STYTCH_UNAUTHORIZED',
      credential: { secretArn: PROJECT.secretArn },
    })
    expect(await check({}, world.timing.now())).toEqual(first)
    expect(records.known.get(PROJECT.versionId)).toMatchObject({ lostSince: expect.any(Number) })
  })

  test('that was replaced a moment ago, and is accepted at the second look, is not', async () => {
    const { rotation, check, records } = await createRecorded()
    Object.assign(rotation.issuer, { lookMany: refuse, credential: async () => PROJECT })

    expect(await check()).toMatchObject({ found: 'unknown', why: 'STYTCH_UNAUTHORIZED' })
    expect(records.known.has(PROJECT.versionId)).toBe(false)
  })

  test('of which nobody knows where it is stored is not named', async () => {
    const { rotation, check } = await createRecorded()
    Object.assign(rotation.issuer, { lookMany: refuse, look: refuse })

    expect(await check()).toMatchObject({ found: 'unknown', why: 'STYTCH_UNAUTHORIZED' })
  })
})

describe('a client', () => {
  test('that is deleted is gone, since it was first found so', async () => {
    const { world, check, exchanges } = await createRecorded()
    world.issuer.clients.delete(CLIENT_ID)
    const since = world.timing.now()

    expect(await check()).toMatchObject({ found: 'gone', since })
    world.timing.advance(900_000)
    expect(await check()).toMatchObject({ found: 'gone', since })
    expect(exchanges()).toEqual([])
  })

  test('that is bound to another secret is foreign', async () => {
    const { world, check } = await createRecorded()
    world.client().boundTo = OTHER_ARN

    expect(await check()).toMatchObject({ found: 'foreign' })
  })

  test('that nobody has claimed yet is judged as any other, and held by nobody', async () => {
    const { world, check } = await createRecorded()
    world.client().boundTo = undefined

    expect(await check()).toEqual({ found: 'fits' })
  })

  test('is said to be held by this secret where the issuer says so, and never for the tag', async () => {
    const { world, check } = await createRecorded()
    expect(await check()).toEqual({ found: 'fits', holds: CLIENT_ID })
    world.client().boundTo = OTHER_ARN

    expect(await check()).toEqual({ found: 'foreign', since: expect.any(Number) })
  })

  test('that is inactive is said to be so, whatever its slots hold', async () => {
    const { world, check, exchanges } = await createRecorded()
    Object.assign(world.client(), { isActive: false, current: valueNamed('Z') })

    expect(await check()).toMatchObject({ found: 'inactive' })
    expect(exchanges()).toEqual([])
  })

  test('with a next secret under a settled label has AWSCURRENT tried', async () => {
    const { world, check, exchanges } = await createRecorded()
    world.client().next = valueNamed('Z')

    expect(await check({ isSettled: false })).toMatchObject({ found: 'fits' })
    expect(exchanges()).toEqual([])
    expect(await check()).toMatchObject({ found: 'openNext' })
    expect(exchanges()).toEqual(['A'])
  })
})

test('a hundred that are known take one search and a query each, and nothing else', async () => {
  const { world, rotation, toCheck, records } = createPlace()
  records.known.set(toCheck().versionId, { versionId: toCheck().versionId, lastFour: 'AAAA' })
  let queries = 0
  const read = async (secretArn: string) => {
    queries += 1
    return records.versions.read(secretArn)
  }
  Object.assign(rotation, { records: { ...records, versions: { ...records.versions, read } } })
  world.log.clear()

  await checkCurrent(() => rotation, { secrets: Array.from({ length: 100 }, () => toCheck()) })

  expect([world.log.names(), queries]).toEqual([['issuer.lookMany'], 100])
})

test('many are looked at by one search; of those in a slot that no record names, twenty are tried', async () => {
  const { world, rotation, toCheck, exchanges } = createPlace()
  const secrets = Array.from({ length: 100 }, () => toCheck())
  Object.assign(rotation, {
    records: { ...createKeptRecords(), versions: { ...createKeptRecords().versions, read: async () => [] } },
  })
  world.log.clear()

  const findings = await checkCurrent(() => rotation, { secrets })

  expect(findings).toMatchObject(secrets.map(() => ({ found: 'fits' })))
  expect(world.log.names().filter((name) => name === 'issuer.lookMany')).toHaveLength(1)
  expect(exchanges()).toHaveLength(20)
})

test('a table that does not answer is asked once, and stops nothing', async () => {
  const { world, rotation, toCheck } = createPlace()
  let asked = 0
  const read = async (): Promise<never> => {
    asked += 1
    throw new Fault({ code: 'RECORDS_UNAVAILABLE', retryable: true, message: 'gone' })
  }
  const kept = createKeptRecords()
  Object.assign(rotation, { records: { ...kept, versions: { ...kept.versions, read } } })
  const secrets = Array.from({ length: 40 }, () => toCheck())

  expect(await checkCurrent(() => rotation, { secrets })).toMatchObject(secrets.map(() => ({ found: 'fits' })))

  // Those that were under way at once.
  expect(asked).toBeLessThanOrEqual(10)
  expect(world.said()).not.toContain('canary-')
})

test('in every state it only reads, tells nobody, and says no value', async () => {
  const { world, check } = await createRecorded()
  const states: readonly (() => void)[] = [
    () => {},
    () => Object.assign(world.client(), { next: valueNamed('Z') }),
    () => Object.assign(world.client(), { current: valueNamed('Y') }),
    () => Object.assign(world.client(), { isActive: false }),
    () => Object.assign(world.client(), { boundTo: OTHER_ARN }),
    () => world.issuer.clients.delete(CLIENT_ID),
  ]
  for (const change of states) {
    change()
    const state = () =>
      JSON.stringify([
        [...world.issuer.clients],
        [...world.secrets.versions.values()].map(({ text, labels }) => [text, [...labels]]),
      ])
    const before = state()

    const finding = await check()

    expect(state()).toBe(before)
    expect(world.log.names().filter((name) => !READS.test(name))).toEqual([])
    expect(world.events.published).toEqual([])
    expect(`${JSON.stringify(finding)}${world.said()}`).not.toContain('canary-')
  }
})
