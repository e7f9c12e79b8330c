// How an incident's campaign is started, over HTTP: under a name that makes a repeated event the same execution, and that no other stage's
// campaign can have, whether Lambda takes names to be the account's or the function's.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createCampaigns } from '../../../lambda/adapters/aws/campaigns.ts'
import { executionName } from '../../../lambda/adapters/aws/execution-name.ts'
import { createInvoke } from '../../../lambda/adapters/aws/invoke.ts'
import { createSignedCall } from '../../../lambda/adapters/aws/signed-call.ts'
import type { LeakReport } from '../../../lambda/core/incident/leak-report.ts'
import { createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'
import { useAws } from '../../fakes/stand-ins.ts'

const arnOf = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`
const report: LeakReport = {
  source: 'm2m.security',
  incidentId: 'INC-1',
  selector: { all: true, expectedCount: 60 },
  reason: 'a test',
  requestedBy: 'vitest',
}

const aws = useAws()
const world = createWorld()
const lambda = createAwsStandIn({
  world,
  functions: {
    exists: () => true,
    isDurable: () => true,
    invoke: async () => ({ ok: true, value: { Status: 'SUCCEEDED' } }),
  },
})
let endpoint = ''
beforeAll(async () => {
  endpoint = await lambda.listen(0)
})
beforeEach(() => world.reset())
afterAll(() => lambda.close())

const campaignsOf = (functionName: string) =>
  createCampaigns(
    createInvoke(createSignedCall(aws.sdk().secrets, { service: 'lambda', endpoint })),
    `${arnOf(functionName)}:live`,
  )
const started = (): readonly string[] => lambda.durableExecutions().map(({ input }) => input.functionArn)

describe.each(['account', 'function'] as const)('where names are unique in the %s', (executionNames) => {
  beforeEach(() => lambda.configure({ executionNames }))

  test('the same incident in two stages is two campaigns', async () => {
    await campaignsOf('m2m-dev-campaign').revoke(report, 'event-1')
    await campaignsOf('m2m-prod-campaign').revoke(report, 'event-1')

    expect(started()).toEqual([arnOf('m2m-dev-campaign'), arnOf('m2m-prod-campaign')])
  })

  test('an event that is delivered twice is one campaign, another event of the incident is another', async () => {
    const campaigns = campaignsOf('m2m-prod-campaign')
    await campaigns.revoke(report, 'event-1')
    await campaigns.revoke(report, 'event-1')
    await campaigns.revoke(report, 'event-2')

    expect(started()).toHaveLength(2)
  })
})

describe('a name', () => {
  test('says whose it is, of what, and for what', () => {
    const name = executionName(`${arnOf('m2m-prod-campaign')}:live`, 'incident', ['INC-1', 'event-1'])

    expect(name).toMatch(/^m2m-prod-campaign-incident-[\w-]{22}$/)
  })

  test.each(['m2m-a-campaign', `m2m-${'long-'.repeat(11)}campaign`])(
    'of %s is one that Lambda takes',
    (functionName) => {
      expect(executionName(functionName, 'incident', ['ü '.repeat(200)])).toMatch(/^[a-zA-Z0-9\-_]{1,64}$/)
    },
  )

  test('that is cut still differs by what was cut off', () => {
    const long = 'x'.repeat(60)

    expect(executionName(`${long}a`, 'incident', [])).not.toBe(executionName(`${long}b`, 'incident', []))
  })
})
