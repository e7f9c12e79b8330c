// What people get: one message a sweep, however many secrets it is about, and one a day of all that is open; whatever is killed, doubled or refused
// in between, they hear of it, and not twice.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { findingWords } from '../../../lambda/core/sweep/finding-words.ts'
import { FROZEN_FOR_LONG_MS, UNREADABLE_FOR_LONG_MS } from '../../../lambda/core/sweep/freeze-findings.ts'
import { NOON_THIRTY } from '../../fakes/fake-timing.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../fakes/managed-secret.ts'
import { createPlace, SWEEP_EVERY_MS } from './sweep-place.ts'

const off = { current: 'settle', changedAgoMs: HOUR_MS + MINUTE_MS, more: { rotationEnabled: false } } as const
const addOff = (place: ReturnType<typeof createPlace>, count: number, from = 0): void =>
  place.add(...Array.from({ length: count }, (_, at) => ({ name: `s${String(from + at).padStart(3, '0')}`, ...off })))
const sweepsIn = (ms: number): number => ms / SWEEP_EVERY_MS
const sweepFor = async (place: ReturnType<typeof createPlace>, ms: number): Promise<void> => {
  for (let turn = 0; turn < sweepsIn(ms); turn += 1) await place.next()
}
const typesOf = (place: ReturnType<typeof createPlace>) => place.mails().map(({ type }) => type)

describe('the digest of a sweep', () => {
  test('of three hundred secrets that were switched off is one, with a count, a few names and a command', async () => {
    const place = createPlace()
    addOff(place, 300)

    await place.run()
    await sweepFor(place, 2 * HOUR_MS)

    expect(place.reported()).toHaveLength(300)
    expect(place.mails()).toHaveLength(1)
    const { type, detail } = place.mails()[0] ?? {}
    expect(type).toBe('Sweep Digest')
    expect(detail).toMatchObject({
      total: 300,
      findings: [{ kind: 'rotationOff', count: 300, page: 'rotation-off' }],
      text: expect.stringMatching(
        /^300 × rotation off since 2026-11-02T12:29Z: m2m\/test\/s000, .* and 290 more \(.*m2m list --state off.*#rotation-off\)\. m2m doctor lists all\.$/,
      ),
    })
    expect(String(detail?.text).length).toBeLessThan(600)
  })

  test('says nothing of what programs alone are told', async () => {
    const place = createPlace()
    place.freeze.state = 'all'
    place.add({ name: 'stuck', current: 'settle', pending: { kind: 'rotate', agoMs: 20 * MINUTE_MS } })

    await place.run()

    expect(place.reported()).toEqual(['Rotation Stuck: stuck'])
    expect(place.mails()).toEqual([])
  })

  test('that the bus does not take comes with the next sweep, and what is done stays done', async () => {
    const place = createPlace()
    addOff(place, 3)
    const { publish } = place.events
    place.events.publish = async (events) => {
      if (events.some(({ type }) => type === 'Sweep Digest')) {
        throw new Fault({ code: 'EVENT_NOT_SENT', retryable: true, message: 'down' })
      }
      return publish(events)
    }
    expect(await place.run()).toMatchObject({ reports: 'failed', failed: 1 })
    place.events.publish = publish

    await place.next()

    expect(typesOf(place)).toEqual(['Sweep Digest'])
    expect(place.mails()[0]?.detail).toMatchObject({ total: 3 })
  })

  test('of a sweep that was killed before it, comes with the next', async () => {
    const place = createPlace()
    addOff(place, 3)
    const { take } = place.memory
    place.memory.take = () => new Promise(() => {})
    await Promise.race([place.run(), new Promise((resolve) => setTimeout(resolve, 0))])
    place.memory.take = take

    await place.next()

    expect(typesOf(place)).toEqual(['Sweep Digest'])
  })

  test('of two sweeps that meet is one', async () => {
    const place = createPlace()
    addOff(place, 30)
    place.fleet.before = () => new Promise((resolve) => setImmediate(resolve))

    const summaries = await Promise.all([place.run(), place.run()])
    await place.next()

    expect(typesOf(place)).toEqual(['Sweep Digest'])
    expect(summaries.map(({ failed }) => failed)).toEqual([0, 0])
  })

  test('that another sweep was killed over is written once its turn is over', async () => {
    const place = createPlace()
    addOff(place, 1)
    place.memory.heldUntil = NOON_THIRTY + 6 * MINUTE_MS

    expect(await place.run()).toMatchObject({ reports: 'elsewhere' })
    expect(place.mails()).toEqual([])
    expect(await place.next()).toMatchObject({ reports: 'done' })
    expect(typesOf(place)).toEqual(['Sweep Digest'])
  })

  test('of what could not be remembered comes again, under the same id on the same day', async () => {
    const place = createPlace()
    addOff(place, 2)
    const { note } = place.memory
    place.memory.note = async () => {
      throw new Fault({ code: 'RECORDS_UNAVAILABLE', retryable: true, message: 'throttled' })
    }
    expect(await place.run()).toMatchObject({ reports: 'forgotten', failed: 0 })
    place.memory.note = note
    await place.next()
    await place.next()

    expect(typesOf(place)).toEqual(['Sweep Digest', 'Sweep Digest'])
    expect(new Set(place.mails().map(({ detail }) => detail.id)).size).toBe(1)
  })
})

describe('the summary of a day', () => {
  test('names what is open, the oldest first and since when, once a day, also when every sweep is run twice', async () => {
    const place = createPlace()
    await place.run()
    addOff(place, 2)
    for (let turn = 0; turn < sweepsIn(3 * DAY_MS); turn += 1) {
      await place.next()
      await place.run()
      if (turn === 10) addOff(place, 30, 10)
    }

    expect(typesOf(place).filter((type) => type === 'Daily Summary')).toHaveLength(3)
    expect(typesOf(place).filter((type) => type === 'Sweep Digest')).toHaveLength(2)
    const summary = place.mails().find(({ type }) => type === 'Daily Summary')
    expect(summary?.detail).toMatchObject({
      at: expect.stringMatching(/^2026-11-03T06:00:0/),
      isWell: false,
      total: 32,
      oldest: expect.arrayContaining([
        { kind: 'rotationOff', name: 'm2m/test/s000', since: '2026-11-02T12:29:00.000Z' },
      ]),
      text: expect.stringMatching(
        /^Open now: 32 × rotation off\. Oldest first: .* and 7 more\. m2m doctor lists all\.$/,
      ),
    })
  })

  test('of a day on which nothing is open says that all is well', async () => {
    const place = createPlace()
    await place.run()
    await sweepFor(place, DAY_MS)

    expect(place.mails().map(({ detail }) => detail)).toMatchObject([
      { isWell: true, total: 0, text: 'All is well: nothing is open.' },
    ])
  })

  test('says once that it is over, also of what began and ended between two of them', async () => {
    const place = createPlace()
    await place.run()
    addOff(place, 1)
    await place.next()
    place.fleet.secrets.clear()
    await sweepFor(place, 3 * DAY_MS)

    const summaries = place.mails().filter(({ type }) => type === 'Daily Summary')
    expect(summaries.map(({ detail }) => [detail.isWell, detail.isEnd, detail.text])).toEqual([
      [true, true, 'It is over: nothing is open any more.'],
      [true, undefined, 'All is well: nothing is open.'],
      [true, undefined, 'All is well: nothing is open.'],
    ])
  })

  test('of the day after one with something open says that it is over', async () => {
    const place = createPlace()
    await place.run()
    addOff(place, 1)
    await sweepFor(place, DAY_MS)
    place.fleet.secrets.clear()
    await sweepFor(place, 2 * DAY_MS)

    const summaries = place.mails().filter(({ type }) => type === 'Daily Summary')
    expect(summaries.map(({ detail }) => [detail.isWell, detail.isEnd])).toEqual([
      [false, undefined],
      [true, true],
      [true, undefined],
    ])
  })

  test('claims no end right after days without a sweep, in which what was open expired, but a day later', async () => {
    const place = createPlace()
    await place.run()
    addOff(place, 1)
    await place.next()
    place.timing.advance(4 * DAY_MS)
    place.memory.findings.clear()
    place.fleet.secrets.clear()
    await sweepFor(place, 2 * DAY_MS)

    const summaries = place.mails().filter(({ type }) => type === 'Daily Summary')
    expect(summaries.map(({ detail }) => [detail.isWell, detail.isEnd])).toEqual([
      [true, undefined],
      [true, true],
      [true, undefined],
    ])
  })

  test('whose sweeps were all skipped is left out, and the next day has one', async () => {
    const place = createPlace()
    await place.run()
    place.timing.advance(3 * DAY_MS)
    await place.run()
    await place.next()

    expect(typesOf(place)).toEqual(['Daily Summary'])
  })
})

describe('a freeze', () => {
  test('that lasts for a day is reported, with its own date, and then in the summaries', async () => {
    const place = createPlace()
    place.freeze.state = 'planned'
    place.frozen.at = NOON_THIRTY - HOUR_MS
    await place.run()
    await sweepFor(place, FROZEN_FOR_LONG_MS - HOUR_MS - SWEEP_EVERY_MS)
    expect(typesOf(place)).toEqual(['Daily Summary'])
    expect(place.mails()[0]?.detail).toMatchObject({ isWell: true })

    await sweepFor(place, DAY_MS)

    expect(typesOf(place)).toEqual(['Daily Summary', 'Sweep Digest', 'Daily Summary'])
    expect(place.mails()[1]?.detail).toMatchObject({
      findings: [{ kind: 'frozen', count: 1, names: ['planned'], since: '2026-11-02T11:30:00.000Z' }],
      text: expect.stringMatching(/rotations are frozen since 2026-11-02T11:30Z: planned \(.*m2m freeze off/),
    })
    expect(place.mails()[2]?.detail).toMatchObject({ isWell: false })
  })

  test('that is lifted within the day is nobody’s news', async () => {
    const place = createPlace()
    place.freeze.state = 'all'
    await place.run()
    await sweepFor(place, 20 * HOUR_MS)
    place.freeze.state = 'off'
    await sweepFor(place, DAY_MS)

    expect(place.mails().map(({ detail }) => detail.isWell)).toEqual([true, true])
    expect(place.memory.findings.size).toBe(0)
  })

  test('whose date is not known counts from the sweep that first met it', async () => {
    const place = createPlace()
    place.freeze.state = 'all'
    await place.run()
    await sweepFor(place, FROZEN_FOR_LONG_MS)

    expect(place.mails().at(-1)?.detail).toMatchObject({
      findings: [{ kind: 'frozen', names: ['all'], since: new Date(NOON_THIRTY).toISOString() }],
    })
  })

  test('that cannot be read for an hour is reported, and not for one sweep', async () => {
    const place = createPlace()
    place.freeze.state = 'unreadable'
    await place.run()
    expect(place.mails()).toEqual([])
    await sweepFor(place, UNREADABLE_FOR_LONG_MS)

    expect(typesOf(place)).toEqual(['Sweep Digest'])
    expect(place.mails()[0]?.detail).toMatchObject({ findings: [{ kind: 'freezeUnreadable', count: 1 }] })
  })
})

test('every kind of finding names a page that the runbook has', () => {
  const runbook = readFileSync(new URL('../../../docs/runbook.md', import.meta.url), 'utf8')
  const anchors = new Set(
    [...runbook.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')),
  )

  expect(
    Object.values(findingWords)
      .map(({ page }) => page)
      .filter((page) => !anchors.has(page)),
  ).toEqual([])
})
