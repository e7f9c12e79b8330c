// The settings contract of the campaign function: what lib writes, the handler reads; every fault at once.

import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { DEPLOYED, WITHOUT_LAG } from '../../lambda/core/rotation/bounds.ts'
import { writeBounds } from '../../lambda/env/bounds.ts'
import { type CampaignEnv, readCampaignEnv, writeCampaignEnv } from '../../lambda/env/campaign.ts'

const word = fc.stringMatching(/^[a-z0-9]{1,12}$/)
const functionArn = word.map((name) => `arn:aws:lambda:us-east-1:111111111111:function:${name}`)
const hours = fc.integer({ min: 1, max: 10_000 })
const settings: fc.Arbitrary<CampaignEnv> = fc.record(
  {
    secretNamePrefix: word.map((stage) => `m2m/${stage}/`),
    rotationFunctionArn: functionArn,
    selfArn: functionArn.map((arn) => `${arn}:live`),
    eventBus: word,
    periodHours: hours,
    overlapHours: hours,
    campaignEveryHours: fc.double({ min: 0.1, max: 9000, noNaN: true }),
    stytchCallsPerSecond: fc.double({ min: 0.1, max: 1000, noNaN: true }),
    freeze: fc.record({ parameter: word.map((name) => `/m2m/${name}/freeze`) }),
    controlParameter: word.map((name) => `/m2m/${name}/campaigns`),
    bounds: fc.constantFrom(DEPLOYED, WITHOUT_LAG),
    records: fc.record({ table: word, endpoint: fc.constant('http://127.0.0.1:4566') }, { requiredKeys: ['table'] }),
  },
  {
    requiredKeys: [
      'secretNamePrefix',
      'rotationFunctionArn',
      'selfArn',
      'eventBus',
      'periodHours',
      'overlapHours',
      'freeze',
      'controlParameter',
      'bounds',
    ],
  },
)
const given: CampaignEnv = {
  secretNamePrefix: 'm2m/prod/',
  rotationFunctionArn: 'arn:aws:lambda:us-east-1:111111111111:function:m2m-prod-rotation',
  selfArn: 'arn:aws:lambda:us-east-1:111111111111:function:m2m-prod-campaign:live',
  eventBus: 'm2m-prod',
  periodHours: 720,
  overlapHours: 24,
  freeze: { parameter: '/m2m/prod/freeze' },
  controlParameter: '/m2m/prod/campaigns',
  bounds: DEPLOYED,
}

test('what is written is read back', () => {
  fc.assert(
    fc.property(settings, (written) => {
      expect(readCampaignEnv(writeCampaignEnv(written))).toEqual(written)
    }),
  )
})

test('everything that is missing is named at once', () => {
  const withDefaults = Object.keys(writeBounds(DEPLOYED))
  for (const name of Object.keys(writeCampaignEnv(given)).filter((one) => !withDefaults.includes(one))) {
    expect(() => readCampaignEnv({})).toThrow(new RegExp(`${name} is missing: expected `))
  }
})

describe('is malformed:', () => {
  it.each([
    ['M2M_CAMPAIGN_FUNCTION', 'arn:aws:lambda:us-east-1:111111111111:function:m2m-prod-campaign'],
    ['M2M_CAMPAIGN_FUNCTION', 'm2m-prod-campaign'],
    ['M2M_PERIOD_HOURS', '0'],
    ['M2M_OVERLAP_HOURS', 'a day'],
    ['M2M_STYTCH_CALLS_PER_SECOND', '-1'],
    ['M2M_STYTCH_CALLS_PER_SECOND', 'Infinity'],
  ])('%s=%s', (name, value) => {
    expect(() => readCampaignEnv({ ...writeCampaignEnv(given), [name]: value })).toThrow(`${name} is malformed`)
  })
})
