// When a rotate has had enough: also late in a long one, by its last fifty.
import { describe, expect, it } from 'vitest'
import { type PageOrder, readPageOrder } from '../../../lambda/core/campaign/campaign-page.ts'
import { readCampaignRequest } from '../../../lambda/core/campaign/campaign-request.ts'
import type { Campaigning } from '../../../lambda/core/campaign/campaigning.ts'
import { runCampaign } from '../../../lambda/core/campaign/run-campaign.ts'
import type { SecretEnd } from '../../../lambda/core/campaign/secret-end.ts'
import { goneOn, isBadRun, merged, whyEnough, withEnd } from '../../../lambda/core/campaign/stop-rule.ts'
import type { Secret } from '../../../lambda/core/secret/secret.ts'
import { BLANK } from '../../fakes/blank-secret.ts'
import { createFakeDurable, createStore } from '../../fakes/fake-durable.ts'
import { FUNCTION_ARN, PREFIX } from '../../fakes/rotating-fleet.ts'
import { createSeat, DAY } from './seat.ts'

const run = (failures: number, others: number): string => '.'.repeat(others) + 'x'.repeat(failures)

describe('the window', () => {
  it.each([
    [5, 10, false],
    [5, 11, true],
    [1, 10, false],
    [0, 11, true],
    [20, 20, false],
    [20, 21, true],
    [50, 50, false],
    [100, 50, false],
  ])('where %i %% are tolerated, %i failures of the last fifty are too many: %s', (tolerated, failures, isBad) => {
    expect(isBadRun(tolerated, run(failures, 50 - failures))).toBe(isBad)
  })

  it('forgets what is more than fifty back', () => {
    let recent = run(11, 0)
    for (let n = 0; n < 50; n += 1) recent = withEnd(recent, false)
    expect(recent).toBe('.'.repeat(50))
  })

  it('of pages that ran side by side holds the end of each', () => {
    expect(merged([run(0, 50), run(25, 25)])).toBe('.'.repeat(25) + 'x'.repeat(25))
    expect(merged([run(2, 1)])).toBe('.xx')
    expect(merged([])).toBe('')
  })

  it('counts no failure twice where pages begin with what was known and try little or nothing', () => {
    const known = run(3, 20)
    const waited = Array.from({ length: 20 }, () => ({ recent: known, tried: 0 }))
    expect(goneOn(known, waited)).toBe(known)
    expect(isBadRun(5, goneOn(known, waited))).toBe(false)
    expect(goneOn(known, [{ recent: `${known}.x`, tried: 2 }, ...waited])).toBe(`${known}.x`)
    // One that was lost has no more to say than that it tried some.
    expect(goneOn(known, [{ recent: '', tried: 7 }])).toBe(known)
  })

  it('is named when it was what stopped it; the total goes first', () => {
    expect(whyEnough(5, { begun: 50_000, failed: 20 }, run(12, 38))).toBe('12 of the last 50 failed')
    expect(whyEnough(5, { begun: 100, failed: 20 }, run(12, 38))).toBe('more than 5 % of those begun failed')
    expect(whyEnough(5, { begun: 50_000, failed: 20 }, run(3, 47))).toBeUndefined()
  })
})

/** A hundred thousand secrets whose pages are played: from the turn of `failsFrom` on, everything fails. */
const playLarge = async (failsFrom: number, concurrency: number) => {
  const { timing, campaigning } = createSeat()
  const createdAt = timing.now() - 90 * DAY
  const secrets: Secret[] = Array.from({ length: 100_000 }, (_, n) => ({
    ...BLANK,
    arn: `arn:${n}`,
    tags: {},
    isDeleted: false,
    name: `${PREFIX}${String(n).padStart(6, '0')}`,
    labels: { [`register-${createdAt}-${'0'.repeat(32)}`]: ['AWSCURRENT'] },
    rotationEnabled: true,
    rotationFunctionArn: FUNCTION_ARN,
    createdAt,
    lastChangedAt: createdAt,
    lastRotatedAt: undefined,
    nextRotationAt: undefined,
  }))
  let begun = 0
  /** As many as are under way at once end as one after the other would. */
  const playPage = (order: PageOrder) => {
    let recent = order.window?.recent ?? ''
    let failed = 0
    const ends = order.names.map((): SecretEnd => {
      const isEnough =
        (order.failuresAllowed !== undefined && failed > order.failuresAllowed) ||
        (order.window !== undefined && isBadRun(order.window.toleratedPercentage, recent))
      if (order.phase === 'settle') return { end: 'settled' }
      if (isEnough) return { end: 'notStarted', why: 'enough' }
      begun += 1
      const isFailure = begun > failsFrom
      failed += isFailure ? 1 : 0
      recent = withEnd(recent, isFailure)
      return isFailure
        ? { end: 'failed', why: 'refused', attempts: 2 }
        : { end: 'switched', overlapEndsAt: timing.now() }
    })
    return { counts: {}, failures: [], failuresOmitted: 0, endedAt: timing.now(), ends, recent }
  }
  const large: Campaigning = {
    ...campaigning,
    secrets: {
      ...campaigning.secrets,
      list: async (_prefix, { page } = {}) => {
        const from = Number(page ?? 0)
        return {
          secrets: secrets.slice(from, from + 100),
          nextPage: from + 100 < secrets.length ? String(from + 100) : undefined,
        }
      },
      listVersions: async () => [],
    },
  }
  const request = readCampaignRequest({
    intent: 'rotate',
    selector: { due: true },
    reason: 'r',
    requestedBy: 'ada',
    concurrency,
  })
  if (!request.ok) throw new Error(request.refusal.join())
  const store = createStore()
  const durable = createFakeDurable({
    timing,
    store,
    invoke: async (_name, order) => {
      const read = readPageOrder(order)
      if (!read.ok) throw new Error(read.refusal.join())
      return playPage(read.value)
    },
  })
  const report = await runCampaign(large, durable, { request: request.value, id: 'c', executionId: 'e' })
  return { report, operations: store.ran.length + store.waited.length }
}

describe('of a hundred thousand, everything fails from the fifty-thousandth on', () => {
  it.each([
    // One page at a time; twenty, each of which notices by itself.
    [20, 11],
    [500, 20 * 11],
  ])('%i at once: it stops after %i failures at most, beside what is under way', async (concurrency, most) => {
    const { report } = await playLarge(50_000, concurrency)

    expect(report.outcome).toBe('stopped')
    expect(report.explanation).toMatch(/^\d+ of the last 50 failed$/)
    expect(report.counts.failed).toBeLessThanOrEqual(most)
    expect(report.counts).toMatchObject({ selected: 100_000, settled: 50_000 })
    expect(report.counts.notStarted).toBe(50_000 - report.counts.failed)
  })
})

it('a hundred thousand that go well fit into one execution’s 3,000 operations', async () => {
  const { report, operations } = await playLarge(100_000, 20)

  expect(report).toMatchObject({ outcome: 'completed', counts: { settled: 100_000 } })
  expect(operations).toBeLessThan(2400)
})
