// What a campaign tells: counts that add up, failures up to a bound, one id for one run, and when a person has to look.
import { describe, expect, it } from 'vitest'
import {
  type CampaignReport,
  campaignCompleted,
  needsSomebody,
  noCounts,
  REPORT_FAILURES,
  REPORT_NOT_DONE,
  shortened,
} from '../../../lambda/core/campaign/campaign-report.ts'
import type { CampaignRequest } from '../../../lambda/core/campaign/campaign-request.ts'
import type { Selector } from '../../../lambda/core/secret/selector.ts'

const request: CampaignRequest = {
  intent: 'rotate',
  selector: { clientIds: ['client-1'] },
  canary: 1,
  concurrency: 20,
  toleratedFailurePercentage: 5,
  reason: 'the schedule',
  requestedBy: 'scheduler',
  dryRun: false,
  id: 'c-1',
  incidentId: undefined,
  graceSeconds: undefined,
  knownLeaked: [],
}
const report: CampaignReport = {
  outcome: 'completed',
  counts: { ...noCounts, selected: 3, switched: 3, settled: 3 },
  failures: [],
  failuresOmitted: 0,
  notDone: [],
  notDoneOmitted: 0,
  settledNames: [],
  startedAt: Date.UTC(2026, 10, 2, 12, 30),
  endedAt: Date.UTC(2026, 10, 3, 12, 31, 5),
}

describe('campaignCompleted', () => {
  it('names the first that were settled, of a revoke alone', () => {
    const done = { ...report, settledNames: ['m2m/prod/billing'] }
    const about = { id: 'c-1', executionId: 'e-1' }
    const namedOf = (more: Partial<CampaignRequest>) =>
      campaignCompleted({ ...request, ...more }, done, about).detail.settledNames

    expect(namedOf({ intent: 'revoke', incidentId: 'c-1' })).toEqual(['m2m/prod/billing'])
    expect(namedOf({})).toBeUndefined()
    expect(namedOf({ intent: 'revoke', incidentId: 'c-1', dryRun: true })).toBeUndefined()
  })

  it('tells what was asked for, by whom and why, and what came of it', () => {
    const { type, detail } = campaignCompleted(request, report, { id: 'c-1', executionId: 'e-1' })

    expect(type).toBe('Campaign Completed')
    expect(detail).toMatchObject({
      version: 1,
      campaignId: 'c-1',
      intent: 'rotate',
      outcome: 'completed',
      needsSomebody: false,
      selector: 'clientIds',
      reason: 'the schedule',
      requestedBy: 'scheduler',
      durationSeconds: 86_465,
      startedAt: '2026-11-02T12:30:00.000Z',
    })
    expect(detail).not.toHaveProperty('incidentId')
  })

  it('has the same id when it is told twice, and another for another run', () => {
    const idOf = (executionId: string) => campaignCompleted(request, report, { id: 'c-1', executionId }).detail.id

    expect(idOf('e-1')).toBe(idOf('e-1'))
    expect(idOf('e-1')).not.toBe(idOf('e-2'))
  })

  it('fits into an event of 256 KB, at its longest', () => {
    const failures = Array.from({ length: REPORT_FAILURES }, () =>
      shortened({ secretName: 'n'.repeat(512), why: 'rejected', attempts: 5, message: 'm'.repeat(5000) }),
    )
    const secretNames = Array.from({ length: 200 }, () => 'n'.repeat(512))
    const notDone = Array.from({ length: REPORT_NOT_DONE }, () => ({
      secretName: 'n'.repeat(512),
      outcome: 'leftToSweep' as const,
      until: '2026-11-03T12:31:05.000Z',
    }))
    const { detail } = campaignCompleted(
      request,
      { ...report, failures, notDone, secretNames },
      { id: 'c-1', executionId: 'e' },
    )

    expect(Buffer.byteLength(JSON.stringify(detail))).toBeLessThan(256 * 1024 - 1024)
  })
})

describe('a person has to look', () => {
  const due = { due: true } as const
  const chosen = { clientIds: ['client-1'] } as const
  const isNeeded = (more: Partial<CampaignReport>, intent: 'rotate' | 'revoke' = 'rotate', selector: Selector = due) =>
    needsSomebody({ intent, selector }, { ...report, ...more })

  it.each([
    ['after a stop', { outcome: 'stopped' } as const, true],
    ['after a refusal', { outcome: 'refused' } as const, true],
    ['after one failure', { outcome: 'incomplete', counts: { ...noCounts, failed: 1 } } as const, true],
    [
      'when something was not started',
      { outcome: 'incomplete', counts: { ...noCounts, notStarted: 1 } } as const,
      true,
    ],
    [
      'not when a freeze came in between',
      { outcome: 'incomplete', counts: { ...noCounts, skipped: { frozen: 9 } } } as const,
      false,
    ],
    ['not when all went well', {}, false],
    ['not when rotations are frozen, since somebody froze them', { outcome: 'frozen' } as const, false],
    ['not after a dry run', { outcome: 'dryRun' } as const, false],
  ])('%s', (_claim, more, expected) => {
    expect(isNeeded(more)).toBe(expected)
  })

  it('when a freeze held up a revoke', () => {
    expect(isNeeded({ outcome: 'frozen' }, 'revoke')).toBe(true)
    expect(isNeeded({ outcome: 'incomplete', counts: { ...noCounts, skipped: { frozen: 2 } } }, 'revoke')).toBe(true)
  })

  it.each(['frozen', 'incomplete'] as const)('when somebody chose the secrets, and it ends as %s', (outcome) => {
    expect(isNeeded({ outcome }, 'rotate', chosen)).toBe(true)
  })

  describe('about clients that had failed before', () => {
    const DAY_MS = 86_400_000
    const monday = Date.UTC(2026, 10, 2, 2)
    const isNeededOn = (startedAt: number, counts: Partial<CampaignReport['counts']>, selector: Selector = due) => {
      const told = { ...report, outcome: 'incomplete' as const, counts: { ...noCounts, ...counts }, startedAt }
      return needsSomebody({ intent: 'rotate', selector }, told, DAY_MS)
    }
    const week = Array.from({ length: 7 }, (_, day) => monday + day * DAY_MS)

    it('the periodic campaign of each day says so on Mondays alone', () => {
      expect(week.map((at) => isNeededOn(at, { failed: 30, knownFailures: 30 }))).toEqual([
        true,
        ...Array.from({ length: 6 }, () => false),
      ])
    })

    it('it says so on any day where one is new among them, or where something was not begun', () => {
      expect(week.every((at) => isNeededOn(at, { failed: 31, knownFailures: 30 }))).toBe(true)
      expect(week.every((at) => isNeededOn(at, { failed: 1, knownFailures: 1, notStarted: 1 }))).toBe(true)
    })

    it('a campaign of clients that somebody chose says so each time', () => {
      expect(week.every((at) => isNeededOn(at, { failed: 1, knownFailures: 1 }, chosen))).toBe(true)
    })

    it('a weekly campaign says so each time', () => {
      const told = { ...report, outcome: 'incomplete' as const, counts: { ...noCounts, failed: 1, knownFailures: 1 } }
      for (let startedAt = monday; startedAt < monday + 70 * DAY_MS; startedAt += 7 * DAY_MS) {
        expect(needsSomebody({ intent: 'rotate', selector: due }, { ...told, startedAt }, 7 * DAY_MS)).toBe(true)
      }
    })
  })
})
