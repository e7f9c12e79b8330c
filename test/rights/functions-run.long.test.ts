// The deployed functions, each in processes of its own that sign with the key of its role: a rotation, its settle, a sweep, a campaign and an incident
// on the laptop, with the policies of the template. Nothing that they call is denied; and a right that is taken out of a policy fails here by the
// name of the call that needs it.
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { statementsOf } from '../../lambda/local/iam/policy.ts'
import type { Evaluation } from '../../lambda/local/iam/rights.ts'
import { awaitThat } from '../../lambda/local/laptop/await-rest.ts'
import { createOperator, type Operator } from '../../lambda/local/story/operator.ts'
import { callOf, deniedNow, usedRights } from '../../scripts/rights/replay.ts'
import { type LaptopWithRights, startLaptopWithRights } from './laptop-with-rights.ts'

const MINUTES = 60_000
let seat: LaptopWithRights
let operator: Operator
let secretArn = ''

const clientOf = (accessKeyId: string) => ({
  endpoint: seat.laptop.address.aws,
  region: seat.laptop.address.region,
  credentials: { accessKeyId, secretAccessKey: 'x' },
})

const events = (type: string) => seat.laptop.aws.events().filter(({ detailType }) => detailType === type)
const until = (holds: () => boolean, message: string): Promise<void> =>
  awaitThat(async () => holds(), { patienceMs: 2 * MINUTES, message })

const partOf = ({ caller }: Evaluation): string =>
  'accessKeyId' in caller ? caller.accessKeyId.replace(/^m2m-laptop-|-us-east-1$/g, '') : caller.service
const callsOf = (part: string): readonly string[] => [
  ...new Set(
    seat
      .ofFunctions()
      .filter((one) => partOf(one) === part)
      .map(({ action }) => action),
  ),
]

beforeAll(async () => {
  seat = await startLaptopWithRights()
  const { laptop } = seat
  operator = createOperator(laptop.address)
  secretArn = (await operator.register('billing', ['read:invoices'])).secretArn
  await operator.rotate(secretArn, 'rotate')
  await operator.rotate(secretArn, 'settle')
  laptop.aws.sendToFunction(laptop.address.rotation_lambda_arn.replace(/rotation$/, 'sweep'), {})

  const lambda = new LambdaClient(clientOf('operator'))
  const campaign = {
    campaignId: 'with-rights',
    intent: 'rotate',
    selector: { secretNames: ['m2m/laptop/billing'] },
    reason: 'to see what it calls',
    requestedBy: 'a test',
  }
  await lambda.send(
    new InvokeCommand({
      FunctionName: 'm2m-laptop-campaign:live',
      InvocationType: 'Event',
      Payload: Buffer.from(JSON.stringify(campaign)),
    }),
  )
  lambda.destroy()
  await until(() => events('Rotation Completed').length > 2, 'The campaign rotated nothing.')
  await laptop.aws.idle()

  const bus = new EventBridgeClient(clientOf('security'))
  const Detail = JSON.stringify({
    incidentId: 'with-rights',
    selector: { secretNames: ['m2m/laptop/billing'] },
    reason: 'found in a public repository',
    requestedBy: 'on-call',
  })
  const entry = { EventBusName: laptop.address.bus, Source: 'm2m.security', DetailType: 'Secret Leak Reported', Detail }
  await bus.send(new PutEventsCommand({ Entries: [entry] }))
  bus.destroy()
  await until(() => events('Incident Completed').length > 0, 'The incident did not end.')
  await until(() => callsOf('sweep').includes('secretsmanager:ListSecrets'), 'The sweep looked at nothing.')
  await until(() => callsOf('archive').length > 0, 'Nothing was archived.')
}, 8 * MINUTES)
afterAll(() => seat.close())

test('no call of a function is denied', () => {
  const denied = seat.ofFunctions().filter(({ decision }) => decision !== 'allowed')

  expect([...new Set(denied.map((one) => `${callOf(one)}: ${one.message}`))]).toEqual([])
})

test.each([
  ['rotation', ['secretsmanager:PutSecretValue', 'kms:Sign', 's3:PutObject', 'dynamodb:Query', 'events:PutEvents']],
  ['sweep', ['secretsmanager:ListSecrets', 'ssm:GetParameter']],
  ['campaign', ['secretsmanager:RotateSecret', 'lambda:InvokeFunction', 'lambda:CheckpointDurableExecution']],
  ['incident', ['secretsmanager:RotateSecret', 'lambda:InvokeFunction', 'events:PutEvents']],
  ['archive', ['s3:PutObject']],
])('%s has called %j', (part, actions) => {
  expect(callsOf(part)).toEqual(expect.arrayContaining(actions))
})

describe('a right that is taken out of a role of the template', () => {
  test.each([
    ['rotation', 'secretsmanager:PutSecretValue'],
    ['rotation', 's3:PutObject'],
    ['sweep', 'secretsmanager:ListSecrets'],
    ['incident', 'secretsmanager:RotateSecret'],
    ['archive', 's3:PutObject'],
  ])('%s: %s fails by the name of the call', (part, taken) => {
    const own = seat.ofFunctions().filter((one) => partOf(one) === part)
    const [{ caller } = { caller: undefined }] = own
    if (caller === undefined || !('identityPolicies' in caller)) throw new Error(`${part} called nothing`)
    const without = caller.identityPolicies.map((document) => ({
      ...document,
      Statement: statementsOf(document).map((statement) =>
        statement.Effect === 'Allow'
          ? { ...statement, Action: [statement.Action].flat().filter((action) => action !== taken) }
          : statement,
      ),
    }))

    const failed = deniedNow(own, { ofRole: () => without })

    expect(failed.length).toBeGreaterThan(0)
    expect(failed.every((text) => text.includes(` calls ${taken} on `))).toBe(true)
  })

  test('is found in the same way for every right that a call needs, and each such right says which', () => {
    const needed = usedRights(seat.ofFunctions()).filter(({ neededBy }) => neededBy.length > 0)
    const roles = new Set(needed.map(({ holder }) => holder.split('/').at(-1)))

    for (const part of ['rotation', 'sweep', 'campaign', 'incident', 'archive']) {
      expect(roles).toContain(`m2m-laptop-${part}-us-east-1`)
    }
  })
})
