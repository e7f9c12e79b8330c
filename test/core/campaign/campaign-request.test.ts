// A campaign's input: checked as a whole, every fault named; what would not be obeyed is a fault.
import { describe, expect, it } from 'vitest'
import { readCampaignRequest } from '../../../lambda/core/campaign/campaign-request.ts'

const rotate = { intent: 'rotate', selector: { due: true }, reason: 'the schedule', requestedBy: 'scheduler' }
const revoke = {
  intent: 'revoke',
  selector: { all: true, expectedCount: 10 },
  reason: 'a laptop was stolen',
  requestedBy: 'security',
  incidentId: 'inc-7',
}

const faultsOf = (event: unknown): string => {
  const read = readCampaignRequest(event)
  return read.ok ? '' : read.refusal.join('\n')
}

describe('the defaults', () => {
  it('of a rotate: canary 1, concurrency 20, tolerated 5 %', () => {
    const read = readCampaignRequest(rotate)

    expect(read.ok && read.value).toMatchObject({
      canary: 1,
      concurrency: 20,
      toleratedFailurePercentage: 5,
      dryRun: false,
      id: undefined,
      knownLeaked: [],
    })
  })

  it('of a revoke: no canary, never stops', () => {
    const read = readCampaignRequest(revoke)

    expect(read.ok && read.value).toMatchObject({ canary: 0, toleratedFailurePercentage: 100, id: 'inc-7' })
  })
})

describe('what it is about', () => {
  it('is the incident, else the campaign, else nothing that the input says', () => {
    const idOf = (event: object) => {
      const read = readCampaignRequest(event)
      return read.ok ? read.value.id : 'refused'
    }

    expect(idOf({ ...revoke, campaignId: 'c-1' })).toBe('inc-7')
    expect(idOf({ ...rotate, campaignId: 'schedule-2026-11-24T02:00:00Z' })).toBe('schedule-2026-11-24T02:00:00Z')
    expect(idOf(rotate)).toBeUndefined()
  })
})

describe('a fault', () => {
  it.each([
    [undefined, /the input is malformed/],
    [[], /the input is malformed/],
    [{ ...rotate, intent: 'settle' }, /intent is malformed/],
    [{ ...rotate, intent: undefined }, /intent is missing/],
    [{ ...rotate, selector: undefined }, /selector is missing/],
    [{ ...rotate, canary: -1 }, /canary is malformed: expected an integer from 0 to 100/],
    [{ ...rotate, canary: 1.5 }, /canary is malformed/],
    [{ ...rotate, concurrency: 0 }, /concurrency is malformed: expected an integer from 1 to 500/],
    [{ ...rotate, concurrency: '20' }, /concurrency is malformed/],
    [{ ...rotate, toleratedFailurePercentage: 101 }, /toleratedFailurePercentage is malformed/],
    [{ ...rotate, reason: ' ' }, /reason is malformed/],
    [{ ...rotate, requestedBy: undefined }, /requestedBy is missing/],
    [{ ...rotate, dryRun: 'no' }, /dryRun is malformed/],
    [{ ...rotate, campaignId: 'a b' }, /campaignId is malformed/],
    [{ ...rotate, graceSeconds: 600 }, /graceSeconds is misplaced/],
    [{ ...rotate, knownLeaked: ['c'] }, /knownLeaked is misplaced/],
    [{ ...rotate, cannary: 2 }, /cannary is unknown/],
    [{ ...revoke, canary: 1 }, /canary is misplaced/],
    [{ ...revoke, toleratedFailurePercentage: 5 }, /toleratedFailurePercentage is misplaced/],
    [{ ...revoke, incidentId: undefined }, /incidentId is missing/],
    [{ ...revoke, selector: { due: true } }, /selector\.due is misplaced/],
    [{ ...revoke, graceSeconds: 59 }, /graceSeconds is malformed: expected an integer from 60 to 86400/],
    [{ ...revoke, knownLeaked: 'c' }, /knownLeaked is malformed/],
  ])('%j', (event, expected) => {
    expect(faultsOf(event)).toMatch(expected)
  })

  it('is told with all others', () => {
    const faults = faultsOf({ intent: 'rotate', selector: {}, canary: -1, concurrency: 0, more: 1 })

    for (const name of ['selector', 'canary', 'concurrency', 'reason', 'requestedBy', 'more']) {
      expect(faults).toContain(name)
    }
  })
})

it('takes a grace, and who is known to be leaked, for a revoke', () => {
  const read = readCampaignRequest({ ...revoke, graceSeconds: 900, knownLeaked: ['client-1'] })

  expect(read.ok && read.value).toMatchObject({ graceSeconds: 900, knownLeaked: ['client-1'] })
})
