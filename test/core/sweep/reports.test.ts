// When a fact is reported: at the first look that shows it, whatever sweeps were skipped, and then no more than once a day; where nothing is
// remembered, rather twice than not at all. In a model, with ten thousand secrets of which a sweep looks at some.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createReports,
  findingKey,
  isDueByTime,
  type OpenFinding,
  REPORT_EVERY_MS,
} from '../../../lambda/core/sweep/reports.ts'
import { inTurn } from '../../../lambda/core/sweep/turns.ts'
import { NOON_THIRTY } from '../../fakes/fake-timing.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../fakes/managed-secret.ts'
import { createPlace, over, SWEEP_EVERY_MS } from './sweep-place.ts'

const SECRETS = 10_000
/** Somewhat fewer than a sweep has time for. */
const LOOKS = 1700
const DAYS = 3

interface Model {
  readonly remembers: boolean
  /** Whether this sweep is made at all. */
  readonly isMade: (turn: number) => boolean
}

/** All of them broken since the beginning. @returns when each was reported */
const simulate = ({ remembers, isMade }: Model): ReadonlyMap<string, readonly number[]> => {
  const arns = Array.from({ length: SECRETS }, (_, at) => `arn:secret-${String(at).padStart(5, '0')}`)
  const told = new Map<string, number[]>(arns.map((arn) => [arn, []]))
  let known: readonly OpenFinding[] = []
  for (let turn = 0; turn < (DAYS * DAY_MS) / SWEEP_EVERY_MS; turn += 1) {
    if (!isMade(turn)) continue
    const asOf = NOON_THIRTY + turn * SWEEP_EVERY_MS
    const reports = createReports({ asOf, sweepEveryMs: SWEEP_EVERY_MS, known: remembers ? known : undefined })
    reports.expect({ looks: SECRETS, checks: 0 })
    for (const about of inTurn(arns, turn).slice(0, LOOKS)) {
      const finding = { about, name: about, kind: 'settleRefusing', since: NOON_THIRTY, isForPeople: true } as const
      if (!reports.isDue(finding)) continue
      told.get(about)?.push(asOf)
      reports.made(finding)
    }
    const now = new Map(known.map((one) => [findingKey(one), one]))
    for (const finding of reports.all()) now.set(findingKey(finding), { ...finding, reportedAt: asOf })
    known = [...now.values()]
  }
  return told
}

/** Every fifth sweep is skipped, and all of one night’s two hours. */
const someSkipped = (turn: number): boolean => turn % 5 !== 3 && !(turn >= 40 && turn < 48)

describe('what a look at ten thousand secrets finds', () => {
  test('is reported within a day, and no more than once a day, although sweeps are skipped', () => {
    const told = [...simulate({ remembers: true, isMade: someSkipped }).values()]

    for (const times of told) {
      expect((times[0] ?? Number.POSITIVE_INFINITY) - NOON_THIRTY).toBeLessThan(DAY_MS / 2)
      for (const [at, time] of times.entries()) {
        const before = times[at - 1]
        if (before !== undefined) expect(time - before).toBeGreaterThanOrEqual(DAY_MS)
      }
    }
    expect(Math.min(...told.map(({ length }) => length))).toBeGreaterThanOrEqual(DAYS - 1)
  })

  test('is reported within a day where nothing is remembered, perhaps twice', () => {
    const told = [...simulate({ remembers: false, isMade: (turn) => turn % 5 !== 3 }).values()]

    for (const times of told) {
      for (let day = 0; day < DAYS; day += 1) {
        const from = NOON_THIRTY + day * DAY_MS
        expect(times.some((at) => at >= from && at < from + DAY_MS)).toBe(true)
      }
    }
  })
})

test('by time alone, no series of looks that are at most the stated gap apart misses a day', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: MINUTE_MS, max: 6 * HOUR_MS }),
      fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 20, maxLength: 60 }),
      (gapMs, steps) => {
        let asOf = NOON_THIRTY
        let hasPassed = false
        let wasReported = false
        for (const step of steps) {
          asOf += step * gapMs * 0.999
          hasPassed = asOf - NOON_THIRTY >= gapMs
          wasReported ||= isDueByTime(NOON_THIRTY, { asOf, gapMs })
          if (hasPassed) expect(wasReported).toBe(true)
        }
        expect(isDueByTime(NOON_THIRTY, { asOf: NOON_THIRTY - 1, gapMs })).toBe(false)
      },
    ),
  )
})

const off = { current: 'settle', changedAgoMs: HOUR_MS + MINUTE_MS, more: { rotationEnabled: false } } as const

describe('what began while sweeps were skipped', () => {
  test('is reported by the next one', async () => {
    const place = createPlace()
    place.add({ name: 'off', ...off })
    place.timing.advance(5 * HOUR_MS)

    await place.run()
    await place.next()

    expect(place.reported()).toEqual(['Rotation Off: off'])
  })

  test('also where the table is gone, at once and for the sweeps of half an hour each day', async () => {
    const place = createPlace()
    place.memory.isGone = true
    place.add({ name: 'off', ...off })

    const { reports, findingsOpen } = await place.run()
    expect([reports, findingsOpen]).toEqual(['forgotten', undefined])
    for (let turn = 1; turn < DAY_MS / SWEEP_EVERY_MS; turn += 1) await place.next()

    expect(place.reported()).toEqual(['Rotation Off: off', 'Rotation Off: off'])
    expect(place.journal.entries).toContainEqual(
      expect.objectContaining({ outcome: 'recordsUnavailable', call: 'open' }),
    )
  })
})

describe('what is over', () => {
  test('is forgotten, so that it is reported at once when it begins anew', async () => {
    const place = createPlace()
    place.add({ name: 'off', ...off })
    await place.run()
    const { secret } = place.fleet.find('m2m/test/off')
    Object.assign(secret, { rotationEnabled: true })
    expect(await place.next()).toMatchObject({ findingsOpen: 0 })
    expect(place.memory.findings.size).toBe(0)
    Object.assign(secret, { rotationEnabled: false })

    await place.next()

    expect(place.reported()).toEqual(['Rotation Off: off', 'Rotation Off: off'])
  })

  test('of a secret that is no longer listed, goes as well, and stays while the list breaks off', async () => {
    const place = createPlace()
    place.add({ name: 'off', ...off }, { name: 'other', current: 'settle' })
    await place.run()
    const list = place.fleet.list
    place.fleet.list = async () => ({ secrets: [place.fleet.find('m2m/test/other').secret], nextPage: undefined })
    place.fleet.before = ({ op }) => {
      if (op === 'describe') throw new Error('nobody is looked at')
    }
    await place.next()
    expect(place.memory.findings.size).toBe(0)
    place.fleet.list = list
  })

  test('of what waits for the end of a freeze, is not: it goes on afterwards, and is not reported as new', async () => {
    const place = createPlace()
    place.add({ name: 'drifted', ...over })
    place.fleet.outcome = () => 'refuse'
    for (let turn = 0; turn < 4; turn += 1) await place.next()
    expect(place.reported()).toEqual(['Settle Refusing: drifted'])
    place.freeze.state = 'planned'
    await place.next()
    place.freeze.state = 'off'

    for (let turn = 0; turn < 30; turn += 1) await place.next()

    expect(place.reported()).toEqual(['Settle Refusing: drifted'])
  })
})

test('a fact that lasts is reported to the day, once', async () => {
  const place = createPlace()
  place.add({ name: 'off', ...off })
  await place.run()
  const days = 3
  for (let turn = 0; turn < (days * REPORT_EVERY_MS) / SWEEP_EVERY_MS; turn += 1) await place.next()

  expect(place.reported()).toHaveLength(1 + days)
})
