// What the periodic campaign chooses, day by day, from a fleet in memory; and what a selection does when the list's paging token is lost
// between two of its checkpoints.

import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { readCampaignRequest } from '../../../lambda/core/campaign/campaign-request.ts'
import { selectSecrets } from '../../../lambda/core/campaign/select-secrets.ts'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import { noRecords } from '../../../lambda/core/rotation/records.ts'
import { createCallLog } from '../../fakes/call-log.ts'
import { createFakeDurable, createStore } from '../../fakes/fake-durable.ts'
import { createFakeEvents } from '../../fakes/fake-events.ts'
import { createFakeFleet, createFakeSteps } from '../../fakes/fake-fleet.ts'
import { createFakeFreeze } from '../../fakes/fake-freeze.ts'
import { createFakeJournal } from '../../fakes/fake-journal.ts'
import { createFakeTiming, NOON_THIRTY } from '../../fakes/fake-timing.ts'
import { DAY_MS, HOUR_MS, makeSecret, ROTATION_FUNCTION } from '../../fakes/managed-secret.ts'

const PREFIX = 'm2m/test/'
const DUE = { intent: 'rotate', selector: { due: true }, reason: 'a test', requestedBy: 'ada' }
const REVOKE_ALL = {
  intent: 'revoke',
  selector: { tags: { team: 'payments' } },
  reason: 'a test',
  requestedBy: 'ada',
  incidentId: 'incident-1',
}

const createPlace = () => {
  const timing = createFakeTiming()
  const fleet = createFakeFleet(timing)
  const store = createStore()
  const select = async (input: object = DUE, from = store) => {
    const request = readCampaignRequest(input)
    if (!request.ok) throw new Error(request.refusal.join('\n'))
    const selected = await selectSecrets(
      {
        secrets: fleet,
        steps: createFakeSteps(fleet, timing),
        freeze: createFakeFreeze(),
        bounds: DEPLOYED,
        records: noRecords,
        events: createFakeEvents(createCallLog()),
        timing,
        journal: createFakeJournal(),
        rules: {
          secretNamePrefix: PREFIX,
          rotationFunctionArn: ROTATION_FUNCTION,
          stage: { periodMs: 30 * DAY_MS, overlapMs: DAY_MS, campaignEveryMs: DAY_MS },
          rotationsPerSecond: 24,
        },
      },
      createFakeDurable({ timing, store: from }),
      request.value,
    )
    if (!selected.ok) throw new Error(selected.refusal)
    return { ...selected.value, names: selected.value.chosen.map(({ name }) => name).toSorted() }
  }
  const addAged = (name: string, ageMs: number, tags: Readonly<Record<string, string>> = {}): void =>
    fleet.add(makeSecret({ name: PREFIX + name, current: 'register', rotatedAgoMs: ageMs, tags, more: aged(ageMs) }))
  return { timing, fleet, select, addAged, store }
}

const aged = (ageMs: number) => ({ createdAt: NOON_THIRTY - ageMs, lastRotatedAt: NOON_THIRTY - ageMs })

describe('what is due for a daily campaign', () => {
  test.each([
    ['1d', 20 * HOUR_MS],
    ['1d', 24 * HOUR_MS - 60_000],
    ['2d', 24 * HOUR_MS],
    ['30d', 29 * DAY_MS],
    ['90d', 89 * DAY_MS],
  ])('a value with a period of %s that would be older by the next campaign', async (period, ageMs) => {
    const place = createPlace()
    place.addAged('a', ageMs, { 'm2m:period': period })

    expect((await place.select()).names).toEqual(['a'])
  })

  test('no value in the first fifth of its period', async () => {
    const place = createPlace()
    for (let at = 0; at < 100; at += 1) place.addAged(`s${at}`, 5 * DAY_MS)

    expect(await place.select()).toMatchObject({ names: [], skipped: { notDue: 100 } })
  })

  test('of many whose turn has come, one and a half times the mean; the others are not due yet', async () => {
    const place = createPlace()
    for (let at = 0; at < 300; at += 1) place.addAged(`s${at}`, 25 * DAY_MS)
    place.addAged('last', 29 * DAY_MS)
    for (let at = 0; at < 7; at += 1) place.addAged(`late${at}`, 40 * DAY_MS)

    const { names, skipped } = await place.select()

    // 308 secrets, a day of thirty.
    expect(names).toHaveLength(15 + 7)
    expect(names).toContain('last')
    expect(names.length + (skipped.notDue ?? 0)).toBe(308)
  })
})

test('a secret that failed before takes no other’s place, from the next day on', async () => {
  const place = createPlace()
  for (let at = 0; at < 60; at += 1) place.addAged(`s${at}`, 25 * DAY_MS)
  for (let at = 0; at < 3; at += 1) {
    place.addAged(`failed${at}`, 26 * DAY_MS)
    const { secret, versions } = place.fleet.find(`${PREFIX}failed${at}`)
    const refused = { versionId: `rotate-failed-${at}`, labels: [], createdAt: NOON_THIRTY - DAY_MS }
    place.fleet.secrets.set(secret.arn, { secret, versions: [refused, ...versions] })
  }

  const { names } = await place.select()

  // 63 secrets, two and a bit a day: three, and those that are tried each time.
  expect(names.filter((name) => name.startsWith('failed'))).toHaveLength(3)
  expect(names).toHaveLength(3 + 3)
})

test('one and a half times the mean is not rounded down by how fractions add up', async () => {
  const place = createPlace()
  for (let at = 0; at < 100; at += 1) place.addAged(`s${at}`, 25 * DAY_MS)

  expect((await place.select()).names).toHaveLength(5)
})

const lost = (): Fault => new Fault({ code: 'LIST_TOKEN_LOST', retryable: false, message: 'InvalidNextTokenException' })

describe('a paging token that is lost', () => {
  const createMany = () => {
    const place = createPlace()
    // A step lists sixty pages.
    place.fleet.pageSize = 1
    for (let at = 0; at < 100; at += 1) {
      place.addAged(`s${String(at).padStart(3, '0')}`, 40 * DAY_MS, { team: 'payments', 'm2m:client-id': 'c' })
    }
    return place
  }

  test.each([
    ['in a checkpoint', 60],
    ['within a step', 30],
  ])('%s: the list begins anew, and each secret is counted once', async (_where, at) => {
    const place = createMany()
    let isLost = false
    place.fleet.before = ({ op, about }) => {
      if (op !== 'list' || isLost || about !== `${at} oldestFirst`) return
      isLost = true
      throw lost()
    }

    const selected = await place.select()

    expect(isLost).toBe(true)
    expect(selected.names).toHaveLength(100)
    expect(new Set(selected.names).size).toBe(100)
    expect(selected).toMatchObject({ skipped: {}, failures: [] })
    // Replayed from its checkpoints it is the same.
    expect(await place.select()).toEqual(selected)
  })

  test('every time: a revoke does what was found, and reports that it was not all', async () => {
    const place = createMany()
    place.fleet.before = ({ op, about }) => {
      if (op === 'list' && about.startsWith('60')) throw lost()
    }

    const { names, failures } = await place.select(REVOKE_ALL)

    expect(names).toHaveLength(60)
    expect(failures).toEqual([{ secretName: `${PREFIX}*`, why: 'lost', attempts: 0 }])
    expect(place.fleet.calls.filter(({ about }) => about.startsWith('60'))).toHaveLength(3)
  })
})

describe('a secret that the list shows twice', () => {
  /** Every page shows the last secret of the page before once more, within a step and from one step to the next. */
  const createOverlapping = () => {
    const place = createPlace()
    place.fleet.pageSize = 1
    for (let at = 0; at < 130; at += 1) {
      place.addAged(`s${String(at).padStart(3, '0')}`, 5 * DAY_MS, { team: 'payments', 'm2m:client-id': 'c' })
    }
    const { list } = place.fleet
    const all = [...place.fleet.secrets.values()].map(({ secret }) => secret)
    place.fleet.list = async (prefix, query = {}) => {
      const reply = await list(prefix, query)
      const again = all[Number(query.page ?? 0) - 1]
      return { ...reply, secrets: [...(again === undefined ? [] : [again]), ...reply.secrets] }
    }
    return place
  }

  test('is matched, chosen and left alone once, so that the sums stay true', async () => {
    const revoke = await createOverlapping().select(REVOKE_ALL)
    expect(revoke.chosen).toHaveLength(130)
    expect(new Set(revoke.names).size).toBe(130)
    // One more would be over the count that its reporter may ask for.
    expect((await createOverlapping().select({ ...REVOKE_ALL, maxClients: 130 })).chosen).toHaveLength(130)

    expect((await createOverlapping().select()).skipped).toEqual({ notDue: 130 })
  })

  test('and cannot be reached, fails once', async () => {
    const place = createOverlapping()
    for (const [arn, { secret, versions }] of place.fleet.secrets) {
      place.fleet.secrets.set(arn, { secret: { ...secret, rotationEnabled: false }, versions })
    }
    const off = [...place.fleet.secrets.values()].map(({ secret }) => secret)
    const { list } = place.fleet
    place.fleet.list = async (prefix, query = {}) => {
      const reply = await list(prefix, query)
      return { ...reply, secrets: off.filter(({ arn }) => reply.secrets.some((one) => one.arn === arn)) }
    }

    expect((await place.select(REVOKE_ALL)).failures).toHaveLength(130)
  })
})
