// Which executions are runs of one campaign.
import { expect, test } from 'vitest'
import { campaignIdOf, isSameCampaign } from '../../../lambda/core/campaign/campaign-runs.ts'

const selector = { tags: { team: 'payments' } }
const first = { name: 'payments-1', input: { intent: 'rotate', selector } }
const repeated = { name: 'm2m-prod-campaign-x', input: { intent: 'rotate', selector, campaignId: 'payments-1' } }
const ofIncident = (name: string, secretNames: readonly string[]) => ({
  name,
  input: { intent: 'revoke', selector: { secretNames }, incidentId: 'INC-7' },
})

test('a repetition has the first execution’s name, or an id of its own, in common with it', () => {
  expect([first, repeated, ofIncident('a', [])].map(campaignIdOf)).toEqual(['payments-1', 'payments-1', 'INC-7'])
  expect(isSameCampaign(first, repeated)).toBe(true)
})

test('two campaigns of one incident about different secrets do not repeat each other', () => {
  expect(isSameCampaign(ofIncident('a', ['m2m/prod/a']), ofIncident('b', ['m2m/prod/b']))).toBe(false)
  expect(isSameCampaign(ofIncident('a', ['m2m/prod/a']), ofIncident('b', ['m2m/prod/a']))).toBe(true)
})
