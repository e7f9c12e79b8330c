// The end of an incident that a campaign has carried out, or not: by the campaign's report alone.
import { describe, expect, it } from 'vitest'
import type { M2mEvent } from '../../../lambda/core/base/events.ts'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { noCounts } from '../../../lambda/core/campaign/campaign-report.ts'
import { endOfCampaign } from '../../../lambda/core/incident/end-of-campaign.ts'
import { publishedFaults } from '../../docs/event-schemas.ts'

const FUNCTION = 'arn:aws:lambda:eu-west-1:111111111111:function:m2m-prod-rotation'
const base = {
  id: 'c'.repeat(32),
  incidentId: 'INC-1',
  intent: 'revoke',
  dryRun: false,
  requestedBy: 'ada',
  reason: 'in a log',
  durationSeconds: 90,
}

const endOf = async (detail: object) => {
  const published: M2mEvent[] = []
  const ending = {
    secrets: {
      describe: async (): Promise<never> => {
        throw new Fault({ code: 'SECRETS_MANAGER_UNAVAILABLE', retryable: true, message: 'down' })
      },
    },
    events: { publish: async (news: readonly M2mEvent[]) => void published.push(...news) },
    journal: { note: () => {} },
    secretNamePrefix: 'm2m/prod/',
    rotationFunctionArn: FUNCTION,
    now: () => Date.UTC(2026, 9, 5),
  }
  await endOfCampaign(ending, { ...base, ...detail })
  for (const event of published) expect(publishedFaults('m2m.incident', event)).toEqual([])
  return published[0]?.detail
}

describe('of a campaign', () => {
  it.each([
    ['a rotate', { intent: 'rotate', outcome: 'completed' }],
    ['a rehearsal', { outcome: 'dryRun', dryRun: true }],
    ['no incident', { outcome: 'completed', incidentId: undefined }],
  ])('of %s there is none', async (_, detail) => {
    expect(await endOf(detail)).toBeUndefined()
  })

  it('is the same when the report is delivered again', async () => {
    const detail = {
      outcome: 'completed',
      counts: { ...noCounts, matched: 1, settled: 1 },
      settledNames: ['m2m/prod/a'],
    }

    expect((await endOf(detail))?.id).toBe((await endOf(detail))?.id)
    expect((await endOf(detail))?.id).not.toBe((await endOf({ ...detail, id: 'd'.repeat(32) }))?.id)
  })

  it.each([
    ['frozen', 'rotations are frozen (all)', 'failed', /m2m freeze off/],
    ['refused', 'nobody: the selection by tags matches no client', 'nobody', /nobody: the selection by tags/],
    [
      'refused',
      'the selector means 26 clients, and its reporter may ask for 25 at most',
      'failed',
      /26 clients.*correct/,
    ],
  ])('that began nothing (%s: %s) is a failure, and says why', async (outcome, explanation, expected, text) => {
    const end = await endOf({ outcome, explanation, counts: noCounts })

    expect(end).toMatchObject({ outcome: expected, clients: [{ outcome: 'failed' }] })
    expect(end?.summary).toMatch(text)
  })

  it('that left some counts each that is not settled as one whose leaked value may be accepted, and names these first', async () => {
    const end = await endOf({
      outcome: 'stopped',
      counts: { ...noCounts, matched: 5, settled: 1, failed: 1, leftToSweep: 1, notStarted: 2 },
      failures: [{ secretName: 'm2m/prod/a', why: 'refused', attempts: 5, reason: 'drift', message: 'a "b"' }],
      notDone: [
        { secretName: 'm2m/prod/b', outcome: 'leftToSweep', until: '2026-10-06T00:00:00.000Z' },
        { secretName: 'm2m/prod/c', outcome: 'notStarted', why: 'stopped' },
      ],
      settledNames: ['m2m/prod/e'],
    })

    expect(end).toMatchObject({
      outcome: 'partly',
      counts: { clients: 5, revoked: 1, failed: 4 },
      clients: [
        { secretName: 'm2m/prod/a', why: 'every attempt was refused or cleared (drift)' },
        { secretName: 'm2m/prod/b', why: expect.stringMatching(/STAYS ACCEPTED until 2026-10-06/) },
        { secretName: 'm2m/prod/c', why: 'the campaign was stopped before its turn' },
        { secretName: 'm2m/prod/e', outcome: 'revoked', requestTokens: [] },
      ],
    })
    expect(end?.summary).toMatch(/MAY STILL BE ACCEPTED of 4 of 5 clients: .*and 1 more/)
  })

  it('of thousands fits into one event', async () => {
    const name = (at: number) => `m2m/prod/${String(at).padStart(5, '0')}${'n'.repeat(490)}`
    const end = await endOf({
      outcome: 'incomplete',
      counts: { ...noCounts, matched: 4000, settled: 3000, failed: 1000 },
      failures: Array.from({ length: 100 }, (_, at) => ({
        secretName: name(at),
        why: 'refused',
        message: '東'.repeat(300),
      })),
      settledNames: Array.from({ length: 50 }, (_, at) => name(at + 200)),
    })

    expect(end?.clients).toHaveLength(100)
    expect(Buffer.byteLength(JSON.stringify(end))).toBeLessThan(250 * 1024)
  })
})
