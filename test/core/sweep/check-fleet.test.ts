// A dead AWSCURRENT is found within one sweep, whoever killed it and however: sweep and rotation function as they are, the fleet and Stytch in
// memory. And what the sweep asks of many, at which rate, and what it leaves to the next one.
import { describe, expect, test } from 'vitest'
import { defined } from '../../../lambda/core/base/defined.ts'
import { Fault } from '../../../lambda/core/base/fault.ts'
import type { CheckQuestions } from '../../../lambda/core/drive/check-questions.ts'
import type { Publication } from '../../../lambda/core/revocations/publish.ts'
import type { CheckFinding } from '../../../lambda/core/rotation/check-answer.ts'
import { checkCurrent } from '../../../lambda/core/rotation/check-current.ts'
import type { CheckQuestion } from '../../../lambda/core/rotation/read-check-question.ts'
import { noRecords } from '../../../lambda/core/rotation/records.ts'
import type { Rotation } from '../../../lambda/core/rotation/rotation.ts'
import { readRequestToken } from '../../../lambda/core/secret/request-token.ts'
import { CHECK_SECONDS, checkableOf } from '../../../lambda/core/sweep/check-fleet.ts'
import { sweep } from '../../../lambda/core/sweep/sweep.ts'
import { createCallLog } from '../../fakes/call-log.ts'
import { createFakeEvents } from '../../fakes/fake-events.ts'
import { createFakeFleet, createFakeSteps } from '../../fakes/fake-fleet.ts'
import { createFakeFreeze } from '../../fakes/fake-freeze.ts'
import { createFakeJournal } from '../../fakes/fake-journal.ts'
import { createFakePublication } from '../../fakes/fake-publication.ts'
import { createFakeReportMemory } from '../../fakes/fake-report-memory.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { createFakeTiming, type FakeTiming } from '../../fakes/fake-timing.ts'
import { createKeptRecords } from '../../fakes/kept-records.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, makeSecret, ROTATION_FUNCTION } from '../../fakes/managed-secret.ts'
import { CLIENT_ID, createRegisteredWorld, textOf, tokenOf, valueNamed } from '../../fakes/world.ts'

const SWEEP_EVERY_MS = 15 * MINUTE_MS
const rules = {
  rotationFunctionArn: ROTATION_FUNCTION,
  stage: { periodMs: 30 * DAY_MS, overlapMs: DAY_MS },
  sweepEveryMs: SWEEP_EVERY_MS,
  longestHoldMs: 7 * DAY_MS,
}

const createPlace = (timing: FakeTiming, check: CheckQuestions['check'], publication?: Publication) => {
  const fleet = createFakeFleet(timing)
  const events = createFakeEvents(createCallLog())
  const journal = createFakeJournal()
  const freeze = createFakeFreeze()
  const memory = createFakeReportMemory(timing.now)
  const asked: CheckQuestion[] = []
  // Paging is another test's.
  fleet.pageSize = 100_000
  const questions: CheckQuestions = {
    check: async (question) => {
      // The one value that is tried once a day is another test's.
      if (question.isClose === true) return question.secrets.map(() => ({ found: 'fits' }))
      asked.push(question)
      return check(question)
    },
  }
  const run = (remainingMs = 300_000, perSecond = 200) => {
    timing.restart(remainingMs)
    return sweep(
      {
        secrets: fleet,
        steps: createFakeSteps(fleet, timing),
        freeze,
        records: noRecords,
        events,
        timing,
        journal,
        memory,
        secretNamePrefix: 'm2m/test/',
        rules,
        checks: { questions, perSecond },
        ...defined({ publication }),
      },
      timing.now(),
    )
  }
  return { fleet, events, journal, freeze, memory, asked, run }
}

/** A client that was rotated and settled, with its rotation function and a table. */
const createSettled = async () => {
  const world = createRegisteredWorld()
  const rotation: Rotation = { ...world.rotation, records: createKeptRecords() }
  Object.assign(world.rotation, { records: rotation.records })
  await world.rotate(tokenOf('rotate'))
  await world.rotate(tokenOf('settle'))
  const place = createPlace(world.timing, (question) => checkCurrent(() => rotation, question))
  const sweepNow = async (more: Readonly<Record<string, string>> = {}) => {
    const seen = await world.secrets.describe(SECRET_ARN)
    const { secret, versions } = makeSecret({ name: 'm2m/test/orders', tags: { 'm2m:client-id': CLIENT_ID, ...more } })
    place.fleet.add({ secret: { ...secret, labels: seen?.labels ?? {} }, versions, currentId: '' })
    const summary = await place.run()
    world.timing.advance(SWEEP_EVERY_MS)
    return summary
  }
  const told = () => place.events.published.filter(({ type }) => type === 'Secret Dead')
  return { world, ...place, sweepNow, told }
}

describe('within one sweep it is found, reported, and reported again once a day', () => {
  test('that a colleague rotated and completed in the Stytch dashboard', async () => {
    const { world, sweepNow, told } = await createSettled()
    expect(await sweepNow()).toMatchObject({ checked: 1, secretsDead: 0, checksLeft: 0, reported: 0 })
    Object.assign(world.client(), { current: valueNamed('Z'), next: null })
    const foundAt = world.timing.now()

    expect(await sweepNow()).toMatchObject({ checked: 1, secretsDead: 1, reported: 1 })

    expect(told()).toMatchObject([
      {
        type: 'Secret Dead',
        detail: {
          secretArn: SECRET_ARN,
          secretName: 'm2m/test/orders',
          clientId: CLIENT_ID,
          found: 'dead',
          since: new Date(foundAt).toISOString(),
          explanation: expect.stringContaining('m2m incident NAME'),
        },
      },
    ])
    for (let at = 1; at < DAY_MS / SWEEP_EVERY_MS; at += 1) {
      expect(await sweepNow()).toMatchObject({ secretsDead: 1, reported: 0 })
    }
    expect(await sweepNow()).toMatchObject({ secretsDead: 1, reported: 1 })
    expect(new Set(told().map(({ detail }) => detail.id)).size).toBe(2)
  })

  test('that somebody put an older value back as AWSCURRENT, by hand or by Terraform', async () => {
    const { world, sweepNow, told } = await createSettled()
    const text = textOf(valueNamed('A'))
    world.secrets.place('5f3f2a10-0000-4000-8000-00000000000a', { text, labels: ['AWSCURRENT'] })

    expect(await sweepNow()).toMatchObject({ checked: 1, secretsDead: 1, reported: 1 })

    expect(told()).toMatchObject([{ detail: { found: 'dead' } }])
  })

  test('that the client was deleted, or belongs to another secret', async () => {
    const { world, sweepNow, told } = await createSettled()
    world.client().boundTo = SECRET_ARN.replace('orders', 'billing')
    await sweepNow()
    world.issuer.clients.delete(CLIENT_ID)
    await sweepNow()

    // Two things, each of which is reported when it is found; the second has the date of the first, since which the value is of no use.
    expect(told().map(({ detail }) => detail.found)).toEqual(['foreign', 'gone'])
    expect(new Set(told().map(({ detail }) => detail.since)).size).toBe(1)
  })

  test('that Stytch refuses the project secret, as a fact of its own, and once for all who cannot be checked', async () => {
    const { world, fleet, sweepNow, told } = await createSettled()
    const project = { secretArn: SECRET_ARN.replace('m2m/test/orders', 'stytch/project'), versionId: 'p'.repeat(32) }
    const isRefused = { is: false }
    const ask = async () => {
      if (!isRefused.is) return new Map()
      throw new Fault({ code: 'STYTCH_UNAUTHORIZED', retryable: true, message: 'refused, on purpose' })
    }
    const { look } = world.issuer
    Object.assign(world.issuer, {
      lookMany: ask,
      look: async (...about: Parameters<typeof look>) => (await ask()) && look(...about),
      credential: async () => project,
    })
    for (let at = 0; at < 250; at += 1) {
      fleet.add(makeSecret({ name: `m2m/test/c${at}`, tags: { 'm2m:client-id': `c${at}` } }))
    }
    isRefused.is = true
    const foundAt = world.timing.now()

    expect(await sweepNow()).toMatchObject({ secretsDead: 1, checked: 0, checksLeft: 251, reported: 1 })
    expect(told()).toMatchObject([
      {
        detail: {
          secretArn: project.secretArn,
          found: 'projectSecret',
          since: new Date(foundAt).toISOString(),
          explanation: expect.stringContaining('consumers are not refused'),
        },
      },
    ])
    expect(told()[0]?.detail).not.toHaveProperty('clientId')
    expect(await sweepNow()).toMatchObject({ secretsDead: 1, reported: 0 })
    isRefused.is = false
    expect(await sweepNow()).toMatchObject({ reported: 0 })
  })

  test('and of a client that was retired since, nothing is open any more', async () => {
    const { world, memory, sweepNow } = await createSettled()
    Object.assign(world.client(), { current: valueNamed('Z') })
    expect(await sweepNow()).toMatchObject({ secretsDead: 1, findingsOpen: 1 })

    expect(await sweepNow({ 'm2m:retired': 'x' })).toMatchObject({ findingsOpen: 0 })
    expect(memory.findings.size).toBe(0)
  })

  test('also while everything is frozen', async () => {
    const { world, freeze, sweepNow } = await createSettled()
    freeze.state = 'all'
    Object.assign(world.client(), { current: valueNamed('Z') })

    expect(await sweepNow()).toMatchObject({ secretsDead: 1, reported: 1 })
  })
})

describe('a value that a planned rotation would refuse is in the digest, with its faults in the log', () => {
  const value = 'canary-value-of-somebody-WXYZ'
  const store = async (text: string) => {
    const seat = await createSettled()
    const { world } = seat
    Object.assign(world.client(), { current: value, next: null })
    world.secrets.place('5f3f2a10-0000-4000-8000-00000000000a', { text, labels: ['AWSCURRENT'] })
    return { ...seat, digests: () => seat.events.published.filter(({ type }) => type === 'Sweep Digest') }
  }

  test.each([
    ['camel case', JSON.stringify({ clientId: CLIENT_ID, clientSecret: value }), 1, /found clientSecret: rename it/],
    ['an empty object', '{}', 0, /client_secret is missing/],
    ['cut off', `{"client_id":"${CLIENT_ID}","client_secret":"${value}"`, 1, /cut off/],
    [
      'another project',
      JSON.stringify({ client_id: CLIENT_ID, client_secret: value, project_id: 'p-other', token_url: 'https://x' }),
      0,
      /project_id is not/,
    ],
  ])('%s', async (_what, text, checked, fault) => {
    const { world, memory, journal, sweepNow, events, digests } = await store(text)

    expect(await sweepNow()).toMatchObject({ checked, valuesMalformed: 1, secretsDead: 0, findingsOpen: 1 })
    expect(await sweepNow()).toMatchObject({ checked, valuesMalformed: 1, findingsOpen: 1 })

    expect(digests()).toMatchObject([
      { detail: { findings: [{ kind: 'valueMalformed', names: ['m2m/test/orders'] }] } },
    ])
    const [noted] = journal.entries.filter(({ outcome }) => outcome === 'valueMalformed')
    expect(JSON.stringify(noted)).toMatch(fault)
    expect(JSON.stringify([journal.entries, events.published])).not.toContain('canary')

    const labels = ['AWSCURRENT', 'AWSPENDING']
    world.secrets.place('5f3f2a10-0000-4000-8000-00000000000b', { text: textOf(value), labels })
    expect(await sweepNow()).toMatchObject({ checked: 1, valuesMalformed: 0, findingsOpen: 0 })
    expect(memory.findings.size).toBe(0)
  })

  test('and many of them are no outage of Stytch', async () => {
    const timing = createFakeTiming()
    const faults = ['the value is not a JSON object: it is empty']
    const place = createPlace(timing, async ({ secrets }) =>
      secrets.map(() => ({ found: 'unknown', why: 'unreadable', faults })),
    )
    for (let at = 0; at < 3; at += 1) {
      place.fleet.add(makeSecret({ name: `m2m/test/c${at}`, tags: { 'm2m:client-id': `c${at}` } }))
    }

    expect(await place.run()).toMatchObject({ failed: 0, valuesMalformed: 3, findingsOpen: 3 })
  })

  test('and of one that is scheduled for deletion since, it is over', async () => {
    const timing = createFakeTiming()
    const place = createPlace(timing, async ({ secrets }) => secrets.map(() => ({ found: 'fits', faults: ['x'] })))
    const made = makeSecret({ name: 'm2m/test/c', tags: { 'm2m:client-id': 'c' } })
    place.fleet.add(made)
    expect(await place.run()).toMatchObject({ valuesMalformed: 1 })

    place.fleet.add({ ...made, secret: { ...made.secret, isDeleted: true } })
    timing.advance(SWEEP_EVERY_MS)
    await place.run()

    expect([...place.memory.findings.values()].map(({ kind }) => kind)).toEqual(['secretDeleted'])
  })

  test('and where nothing is remembered, once a day and not in every sweep', async () => {
    const timing = createFakeTiming()
    const place = createPlace(timing, async ({ secrets }) => secrets.map(() => ({ found: 'fits', faults: ['x'] })))
    place.fleet.add(makeSecret({ name: 'm2m/test/c', tags: { 'm2m:client-id': 'c' } }))
    place.memory.isGone = true
    for (let at = 0; at < (2 * DAY_MS) / SWEEP_EVERY_MS; at += 1) {
      await place.run()
      timing.advance(SWEEP_EVERY_MS)
    }

    const digests = place.events.published.filter(({ type }) => type === 'Sweep Digest')
    expect(new Set(digests.map(({ detail }) => detail.id)).size).toBe(2)
    expect(digests.length).toBeLessThanOrEqual(8)
  })
})

test('an open next secret and an inactive client are counted, and nobody is told', async () => {
  const { world, sweepNow, told } = await createSettled()
  world.client().next = valueNamed('Z')
  expect(await sweepNow()).toMatchObject({ checked: 1, nextOpen: 1, secretsDead: 0 })
  world.client().isActive = false
  expect(await sweepNow()).toMatchObject({ checked: 1, clientsInactive: 1, nextOpen: 0, secretsDead: 0 })
  expect(told()).toEqual([])
})

test('a stale label, and a rotation that began meanwhile, are left to the next sweep', async () => {
  const { world, fleet, sweepNow, told, journal } = await createSettled()
  const { secret } = makeSecret({ name: 'm2m/test/orders', current: 'rotate' })
  fleet.stale.set(SECRET_ARN, { ...secret, tags: { 'm2m:client-id': CLIENT_ID } })
  Object.assign(world.client(), { current: valueNamed('Z') })

  expect(await sweepNow()).toMatchObject({ checked: 0, checksLeft: 1, secretsDead: 0 })
  fleet.stale.clear()
  fleet.before = ({ op }) => {
    if (op === 'list') world.secrets.place(tokenOf('rotate'), { labels: ['AWSPENDING'] })
  }
  expect(await sweepNow()).toMatchObject({ checked: 0, checksLeft: 1, secretsDead: 0 })
  expect(told()).toEqual([])
  expect(journal.entries.filter(({ outcome }) => outcome === 'notChecked')).toEqual([])
})

test('what is not managed, retired, deleted, empty, or under way is not asked about', () => {
  const at = { rules }
  const { secret } = makeSecret({ current: 'settle' })
  const [currentId = ''] = Object.keys(secret.labels)
  const pendingOn = (labels: readonly string[]) =>
    checkableOf({ ...secret, labels: { ...secret.labels, [tokenOf('rotate')]: labels } }, at)

  expect(checkableOf(secret, at)).toEqual({
    secretArn: secret.arn,
    versionId: currentId,
    clientId: 'm2m-client-test-1',
    isSettled: true,
  })
  expect(checkableOf(makeSecret({ current: 'rotate' }).secret, at)).toMatchObject({ isSettled: false })
  for (const other of [
    { ...secret, rotationEnabled: false },
    { ...secret, rotationFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:other' },
    { ...secret, isDeleted: true },
    { ...secret, tags: { 'm2m:retired': '2026-11-02T12:00:00.000Z' } },
    { ...secret, labels: {} },
  ]) {
    expect(checkableOf(other, at)).toBeUndefined()
  }
  expect(pendingOn(['AWSPENDING'])).toBeUndefined()
  // It was switched to, and away from by hand: nothing is under way.
  expect(pendingOn(['AWSPENDING', 'AWSPREVIOUS'])).toBeDefined()
})

const named = (count: number) =>
  Array.from({ length: count }, (_none, at) =>
    makeSecret({ name: `m2m/test/${String(at).padStart(6, '0')}`, current: 'settle' }),
  )
const fits = (question: CheckQuestion): readonly CheckFinding[] => question.secrets.map(() => ({ found: 'fits' }))

describe('of many', () => {
  test('a hundred are asked about at once, and as many a second as the stage allows', async () => {
    const timing = createFakeTiming()
    const place = createPlace(timing, async (question) => fits(question))
    place.fleet.add(...named(1050))
    const from = timing.now()

    expect(await place.run(300_000, 100)).toMatchObject({ checked: 1050, checksLeft: 0 })

    expect(place.asked.map(({ secrets }) => secrets.length)).toEqual([...Array.from({ length: 10 }, () => 100), 50])
    expect(timing.now() - from).toBeGreaterThanOrEqual(9000)
    expect(new Set(place.asked.map(({ at }) => at))).toEqual(new Set([from]))
  })

  test('more than one sweep takes are counted, and the next sweeps ask about the others', async () => {
    const timing = createFakeTiming()
    const place = createPlace(timing, async (question) => fits(question))
    const perSecond = 10
    const most = perSecond * CHECK_SECONDS
    place.fleet.add(...named(3 * most + 100))
    const seen = () => new Set(place.asked.flatMap(({ secrets }) => secrets.map(({ secretArn }) => secretArn)))

    expect(await place.run(300_000, perSecond)).toMatchObject({ checked: most, checksLeft: 2 * most + 100 })
    for (let sweeps = 1; sweeps < 4; sweeps += 1) {
      timing.advance(SWEEP_EVERY_MS)
      await place.run(300_000, perSecond)
    }

    expect(seen().size).toBe(3 * most + 100)
  })

  test('sweeps that are cut short every time do not leave out the same ones every time', async () => {
    const timing = createFakeTiming()
    const place = createPlace(timing, async (question) => fits(question))
    place.fleet.add(...named(800))
    const seen = () => new Set(place.asked.flatMap(({ secrets }) => secrets.map(({ secretArn }) => secretArn)))

    for (let sweeps = 0; sweeps < 4; sweeps += 1) {
      expect(await place.run(74_000, 100)).toMatchObject({ checked: 400, checksLeft: 400 })
      timing.advance(SWEEP_EVERY_MS)
    }

    expect(seen().size).toBe(800)
  })

  // docs/cost.md, "Checking every value".
  test.each([
    { clients: 1000, questions: 10, seconds: 5, checked: 1000 },
    { clients: 10_000, questions: 100, seconds: 50, checked: 10_000 },
    { clients: 100_000, questions: 300, seconds: 150, checked: 30_000 },
  ])('$clients clients take $questions questions and $seconds s of a sweep', async (expected) => {
    const timing = createFakeTiming()
    let from: number | undefined
    const place = createPlace(timing, async (question) => {
      from ??= timing.now()
      return fits(question)
    })
    place.fleet.add(...named(expected.clients))

    const { checked } = await place.run()

    const spent = Math.round((timing.now() - (from ?? 0)) / 1000)
    expect({ clients: expected.clients, questions: place.asked.length, seconds: spent, checked }).toEqual(expected)
  })

  test('none are asked about when the time is up, or while something urgent is left', async () => {
    const timing = createFakeTiming()
    const place = createPlace(timing, async (question) => fits(question))
    place.fleet.add(...named(3))
    expect(await place.run(60_000)).toMatchObject({ checked: 0, checksLeft: 3 })

    const revoked = Array.from({ length: 40 }, (_none, at) =>
      makeSecret({ name: `m2m/test/revoked-${at}`, current: 'revoke' }),
    )
    place.fleet.add(...revoked)
    place.fleet.before = ({ op }) => {
      if (op === 'rotate') timing.advance(0)
      if (op === 'describe') return timing.wait(30_000)
      return undefined
    }
    expect(await place.run(300_000)).toMatchObject({ checked: 0 })
    expect(place.asked).toEqual([])
  })

  test('a function that does not answer, or a Stytch that does not, ends it after five questions', async () => {
    for (const check of [
      async (): Promise<never> => {
        throw new Fault({ code: 'CHECK_NOT_ANSWERED', retryable: true, message: 'No answer.' })
      },
      async ({ secrets }: CheckQuestion): Promise<readonly CheckFinding[]> =>
        secrets.map(() => ({ found: 'unknown', why: 'STYTCH_UNAVAILABLE' })),
    ]) {
      const timing = createFakeTiming()
      const place = createPlace(timing, check)
      place.fleet.add(...named(2000))

      expect(await place.run()).toMatchObject({ checked: 0, checksLeft: 2000, secretsDead: 0 })

      expect(place.asked.length).toBeLessThanOrEqual(6)
      expect(place.events.published).toEqual([])
    }
  })

  test('one of which nothing can be said is named with the reason, and the others are judged', async () => {
    const timing = createFakeTiming()
    const place = createPlace(timing, async ({ secrets }) =>
      secrets.map(({ secretArn }): CheckFinding => {
        if (secretArn.includes('000000')) return { found: 'unknown', why: 'unreadable' }
        return secretArn.includes('000001') ? { found: 'gone', since: timing.now() - HOUR_MS / 2 } : { found: 'fits' }
      }),
    )
    place.fleet.add(...named(4))

    expect(await place.run()).toMatchObject({ checked: 3, checksLeft: 1, secretsDead: 1, reported: 1, failed: 0 })
    expect(place.journal.entries).toContainEqual({
      secret: 'm2m/test/000000',
      outcome: 'notChecked',
      why: 'unreadable',
    })
  })
})

test('no value is in what the sweep says', async () => {
  const { world, sweepNow, journal, events } = await createSettled()
  Object.assign(world.client(), { current: valueNamed('Z') })
  await sweepNow()

  expect(readRequestToken(world.secrets.holderOf('AWSCURRENT') ?? '').origin).toBe('settle')
  expect(JSON.stringify([journal.entries, events.published])).not.toContain('canary-')
})

describe('a secret that is scheduled for deletion', () => {
  const deleted = (more: Parameters<typeof makeSecret>[0] = {}) =>
    makeSecret({ name: 'm2m/test/gone', current: 'settle', more: { isDeleted: true, ...more.more }, ...more })

  const sweptWith = async (found: CheckFinding, secret = deleted()) => {
    const timing = createFakeTiming()
    const place = createPlace(timing, async ({ secrets }) => secrets.map(() => found))
    place.fleet.add(secret)
    const summaries = []
    for (let at = 0; at < 6 * HOUR_MS; at += SWEEP_EVERY_MS) {
      summaries.push(await place.run())
      timing.advance(SWEEP_EVERY_MS)
    }
    return { ...place, summaries }
  }

  test('is reported while Stytch accepts its value, and not in every sweep', async () => {
    const { events, summaries } = await sweptWith({ found: 'fits' })

    expect(events.published.filter(({ type }) => type === 'Secret Dead')).toMatchObject([
      {
        detail: { secretName: 'm2m/test/gone', found: 'deleted', explanation: expect.stringMatching(/restore-secret/) },
      },
    ])
    expect(summaries.every(({ secretsDead }) => secretsDead === 1)).toBe(true)
  })

  test.each([
    { found: 'gone', since: 1 },
    { found: 'dead', since: 1 },
    { found: 'inactive' },
    { found: 'unknown', why: 'unreadable' },
  ] as const)('is nobody’s loss where Stytch says $found', async (finding) => {
    const { events, summaries } = await sweptWith(finding)

    expect(events.published).toEqual([])
    expect(summaries.every(({ secretsDead, checksLeft }) => secretsDead + checksLeft === 0)).toBe(true)
  })

  test('of another function’s, or of a client that was retired, nothing is asked', async () => {
    for (const more of [
      { more: { isDeleted: true, rotationFunctionArn: `${ROTATION_FUNCTION}-of-another-stage` } },
      { tags: { 'm2m:retired': 'then' } },
    ]) {
      const { asked } = await sweptWith({ found: 'fits' }, deleted(more))

      expect(asked).toEqual([])
    }
  })
})

test.each(['dead', 'gone', 'inactive'] as const)(
  'tokens of a client whose secret is %s are refused by the list, and never those of one that a secret is merely tagged for',
  async (found) => {
    const timing = createFakeTiming()
    const finding: CheckFinding = found === 'inactive' ? { found } : { found, since: timing.now() }
    let holds: string | undefined
    const publication = createFakePublication()
    const check: CheckQuestions['check'] = async ({ secrets }) =>
      secrets.map(() => ({ ...finding, ...defined({ holds }) }))
    const place = createPlace(timing, check, publication)
    place.fleet.add(makeSecret({ name: 'm2m/test/decoy', tags: { 'm2m:client-id': CLIENT_ID } }))
    await place.run()
    expect(publication.named()).toEqual({})

    holds = CLIENT_ID
    await place.run()

    expect(Object.keys(publication.named())).toEqual([CLIENT_ID])
  },
)

test.each([
  ['names the client that its secret holds, whatever it is tagged for', 'dead', CLIENT_ID, { clientId: CLIENT_ID }],
  ['names the client whose value it is, of one that is gone', 'gone', CLIENT_ID, { clientId: CLIENT_ID }],
  [
    'says that a name is from a tag, where nothing else names the client',
    'dead',
    undefined,
    { clientId: 'm2m-client-test-tagged', clientIdFrom: 'tag' },
  ],
  [
    'says so of a client that belongs to another secret',
    'foreign',
    undefined,
    { clientId: 'm2m-client-test-tagged', clientIdFrom: 'tag' },
  ],
] as const)('a notice %s', async (_, found, holds, named) => {
  const timing = createFakeTiming()
  const place = createPlace(timing, async ({ secrets }) =>
    secrets.map(() => ({ found, since: timing.now(), ...defined({ holds }) })),
  )
  place.fleet.add(makeSecret({ name: 'm2m/test/decoy', tags: { 'm2m:client-id': 'm2m-client-test-tagged' } }))

  await place.run()

  const dead = place.events.published.find(({ type }) => type === 'Secret Dead')?.detail
  const { clientId, clientIdFrom } = dead ?? {}
  expect({ clientId, clientIdFrom }).toEqual({ clientIdFrom: undefined, ...named })
})
