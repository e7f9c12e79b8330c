// The deployed campaign handler under AWS's own testing package, which runs it in this process and moves this process's clock; the stand-ins
// run in another, over HTTP. What the laptop's own durable executions do is for test/e2e/campaign.long.test.ts to show.

import { LocalDurableTestRunner } from '@aws/durable-execution-sdk-js-testing'
import { ExecutionStatus } from '@aws-sdk/client-lambda'
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { CampaignReport } from '../../lambda/core/campaign/campaign-report.ts'
import { DEPLOYED } from '../../lambda/core/rotation/bounds.ts'
import { writeCampaignEnv } from '../../lambda/env/campaign.ts'
import type { LaptopAddress } from '../../lambda/local/laptop/address.ts'
import { LAPTOP_PREFIX } from '../../lambda/local/laptop/deployment.ts'
import { createOperator, type Operator } from '../../lambda/local/story/operator.ts'
import { eventsOf } from '../e2e/control.ts'
import { endAll, laptopPath, spawnCommand } from '../e2e/spawned.ts'
import { LAPTOP_BUS, LAPTOP_FREEZE } from '../fakes/laptop-names.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const SELF = 'arn:aws:lambda:us-east-1:000000000000:function:m2m-laptop-campaign:live'
const NAMES = ['one', 'two', 'three'].map((name) => `${LAPTOP_PREFIX}${name}`)

let address: LaptopAddress
let operator: Operator
let handler: ConstructorParameters<typeof LocalDurableTestRunner>[0]['handlerFunction']

beforeAll(async () => {
  const child = spawnCommand({ args: [laptopPath, '--stytch-port', '0', '--aws-port', '0', '--rights', 'off'] })
  address = JSON.parse(await child.printed(/^.*\n/)) as LaptopAddress
  operator = createOperator(address)
  for (const name of ['one', 'two', 'three']) await operator.register(name, ['read:things'])
  const settings = writeCampaignEnv({
    secretNamePrefix: LAPTOP_PREFIX,
    rotationFunctionArn: address.rotation_lambda_arn,
    selfArn: SELF,
    eventBus: LAPTOP_BUS,
    periodHours: 720,
    overlapHours: 24,
    freeze: { parameter: LAPTOP_FREEZE, endpoint: address.aws },
    controlParameter: '/m2m/laptop/campaigns',
    bounds: DEPLOYED,
  })
  const aws = {
    AWS_ENDPOINT_URL: address.aws,
    AWS_REGION: address.region,
    AWS_ACCESS_KEY_ID: 'any',
    AWS_SECRET_ACCESS_KEY: 'any',
  }
  for (const [name, value] of Object.entries({ ...settings, ...aws })) vi.stubEnv(name, value)
  handler = (await import('../../lambda/handlers/on-campaign.ts')).handler
  await LocalDurableTestRunner.setupTestEnvironment({ skipTime: true })
})
afterAll(async () => {
  await LocalDurableTestRunner.teardownTestEnvironment()
  operator.secretsManager.destroy()
  vi.unstubAllEnvs()
  endAll()
})

const run = async (event: object) => {
  const runner = new LocalDurableTestRunner<CampaignReport>({ handlerFunction: handler })
  runner.registerDurableFunction(SELF, handler)
  return runner.run({ payload: { reason: 'a test', requestedBy: 'vitest', ...event } })
}

const valuesOf = (names: readonly string[]): Promise<readonly (string | undefined)[]> =>
  Promise.all(
    names.map(async (SecretId) => {
      const { SecretString } = await operator.secretsManager.send(new GetSecretValueCommand({ SecretId }))
      return SecretString
    }),
  )

const published = async () =>
  (await eventsOf(address.aws))
    .filter(({ detailType }) => detailType === 'Campaign Completed')
    .map(({ detail }) => detail)

describe('the handler', () => {
  it('names every fault of its input, and begins nothing', async () => {
    const execution = await run({ intent: 'rotate', selector: {}, canary: -1 })

    expect(execution.getStatus()).toBe(ExecutionStatus.FAILED)
    const { errorMessage } = execution.getError()
    expect(errorMessage).toMatch(/nothing was begun: .*selector is malformed: .*canary is malformed/)
    expect(await published()).toEqual([])
  })

  it('refuses a page of a format that it does not know', async () => {
    const execution = await run({ page: 1, format: 2 })

    expect(execution.getError().errorMessage).toContain('format is 2: this version knows 1')
  })

  it('changes nothing in a dry run', async () => {
    const before = await valuesOf(NAMES)

    const execution = await run({ intent: 'rotate', selector: { secretNames: NAMES }, dryRun: true })

    const { outcome, secretNames = [] } = execution.getResult() as { outcome: string; secretNames?: readonly string[] }
    // The oldest first: which that is, on a machine where all are of one second, is left open.
    expect([outcome, [...secretNames].sort()]).toEqual(['dryRun', [...NAMES].sort()])
    expect(await valuesOf(NAMES)).toEqual(before)
  })

  it('revokes, settles and tells, with no value in anything that it keeps', async () => {
    const before = await valuesOf(NAMES)

    const execution = await run({ intent: 'revoke', selector: { secretNames: NAMES }, incidentId: 'INC-1' })

    expect(execution.getResult()).toMatchObject({
      outcome: 'completed',
      counts: { switched: 3, settled: 3, failed: 0 },
    })
    const after = await valuesOf(NAMES)
    expect(after.filter((value, at) => value === before[at])).toEqual([])
    expect((await published()).at(-1)).toMatchObject({ campaignId: 'INC-1', needsSomebody: false })
    const kept = JSON.stringify(execution.getOperations().map((one) => one.getOperationData()))
    const secrets = [...before, ...after].map((value) => JSON.parse(value ?? '{}').client_secret as string)
    expect(secrets.filter((secret) => kept.includes(secret))).toEqual([])
  })
})
