// What Secrets Manager shows of a secret, read into the domain's Secret: by the SDK's adapter and by the vendor's, which has no SDK, from
// a described secret and from a listed one.
import type { DescribeSecretResponse, SecretListEntry } from '@aws-sdk/client-secrets-manager'
import { expect, test } from 'vitest'
import { toSecret } from '../../../lambda/adapters/aws/to-secret.ts'
import { createVendSecrets } from '../../../lambda/adapters/vend/vend-secrets.ts'
import type { JsonObject } from '../../../lambda/core/base/json-object.ts'
import type { Secret } from '../../../lambda/core/secret/secret.ts'

const NAME = 'm2m/test/orders'
const ARN = `arn:aws:secretsmanager:us-east-1:111111111111:secret:${NAME}-AbCdEf`
const FUNCTION = 'arn:aws:lambda:us-east-1:111111111111:function:rotation'
const at = (day: number): Date => new Date(Date.UTC(2026, 10, day))
const labels = { one: ['AWSCURRENT'], two: ['AWSPENDING'] }

const shared = {
  ARN,
  Name: NAME,
  Description: 'takes orders',
  Tags: [{ Key: 'team', Value: 'orders' }],
  RotationEnabled: true,
  RotationLambdaARN: FUNCTION,
  RotationRules: { ScheduleExpression: 'cron(0 2 1 1/3 ? *)', Duration: '4h' },
  CreatedDate: at(1),
  LastChangedDate: at(2),
  LastRotatedDate: at(3),
  LastAccessedDate: at(4),
  DeletedDate: at(5),
  NextRotationDate: at(6),
  KmsKeyId: 'alias/m2m',
}
const described: DescribeSecretResponse = {
  ...shared,
  VersionIdsToStages: labels,
  ReplicationStatus: [
    { Region: 'eu-west-1', Status: 'InSync' },
    { Status: 'Failed' },
    { Region: 'eu-north-1' },
    { Region: 'eu-west-3', Status: 'Failed', StatusMessage: 'Secret with this name already exists in this region' },
  ],
}
const listed: SecretListEntry = { ...shared, SecretVersionsToStages: labels }
const expected: Secret = {
  arn: ARN,
  name: NAME,
  description: 'takes orders',
  tags: { team: 'orders' },
  labels,
  rotationEnabled: true,
  rotationFunctionArn: FUNCTION,
  rules: { schedule: 'cron(0 2 1 1/3 ? *)', durationHours: 4 },
  isDeleted: true,
  createdAt: at(1).getTime(),
  lastChangedAt: at(2).getTime(),
  lastRotatedAt: at(3).getTime(),
  lastReadOnDayAt: at(4).getTime(),
  nextRotationAt: at(6).getTime(),
  kmsKeyId: 'alias/m2m',
  replicas: [
    { region: 'eu-west-1', status: 'InSync' },
    { region: 'eu-north-1', status: 'Unknown' },
    { region: 'eu-west-3', status: 'Failed', message: 'Secret with this name already exists in this region' },
  ],
}
/** Of a reply that shows nothing. */
const nothing: Secret = {
  arn: NAME,
  name: NAME,
  description: undefined,
  tags: {},
  labels: {},
  rotationEnabled: false,
  rotationFunctionArn: undefined,
  rules: undefined,
  isDeleted: false,
  createdAt: undefined,
  lastChangedAt: undefined,
  lastRotatedAt: undefined,
  lastReadOnDayAt: undefined,
  nextRotationAt: undefined,
  kmsKeyId: undefined,
  replicas: [],
}

/** As it comes over the wire: times in seconds. */
const onTheWire = (reply: object): JsonObject =>
  Object.fromEntries(
    Object.entries(reply).map(([key, value]) => [key, value instanceof Date ? value.getTime() / 1000 : value]),
  )
const vendorOf = (reply: JsonObject) => createVendSecrets(async () => reply)

test.each([
  ['all', described, expected],
  ['nothing', {}, nothing],
  [
    'days instead of a schedule',
    { RotationRules: { AutomaticallyAfterDays: 60 } },
    { ...nothing, rules: { everyDays: 60 } },
  ],
] as const)('a described secret that shows %s', async (_what, reply: DescribeSecretResponse, secret) => {
  expect(toSecret(reply, NAME)).toStrictEqual(secret)
  expect(await vendorOf(onTheWire(reply)).describe(NAME)).toStrictEqual(secret)
})

test('a listed secret shows the same, but for its replicas', () => {
  const secret = { ...expected, replicas: [] }

  expect(toSecret(listed, NAME)).toStrictEqual(secret)
})
