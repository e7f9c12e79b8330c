// Proof of adoption on the laptop, as deployed: reads are told as CloudTrail tells them, the function writes them down, and the sweep ends an
// overlap once everybody who read the old value has read the new one, or has had the time for it.
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createReadRecorder } from '../../lambda/adapters/aws/read-records.ts'
import { createSignedCall } from '../../lambda/adapters/aws/signed-call.ts'
import { READ_KEYS } from '../../lambda/core/rotation/record-keys.ts'
import type { SweepSummary } from '../../lambda/core/sweep/sweep.ts'
import { credentialsOf, roleIdentity } from '../../lambda/local/iam/people.ts'
import type { Laptop } from '../../lambda/local/laptop/laptop.ts'
import { guardingOf } from '../../lambda/local/story/guarding.ts'
import { createOperator, type Operator } from '../../lambda/local/story/operator.ts'
import { startTestLaptop } from '../fakes/laptop.ts'
import { LAPTOP_RECORDS } from '../fakes/laptop-names.ts'
import { until } from './spawned.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 })

const HOUR_MS = 3_600_000
const role = (name: string): string => `arn:aws:iam::000000000000:role/${name}`
const consumers = ['orders-service', 'orders-report', 'fresh-service', 'slow-service', 'leaked-service'] as const

let laptop: Laptop
let operator: Operator
let lambda: LambdaClient
const lines: string[] = []

beforeAll(async () => {
  laptop = await startTestLaptop({ hasAdoptionProof: true, onLog: (line) => lines.push(line) })
  for (const consumer of consumers) {
    laptop.rights?.add(roleIdentity({ accessKeyId: consumer, roleArn: role(consumer) }))
  }
  operator = createOperator(laptop.address, guardingOf(laptop, consumers.map(role)))
  lambda = new LambdaClient({
    // One sweep at a time: a second is throttled while the scheduled one runs.
    maxAttempts: 20,
    endpoint: laptop.address.aws,
    region: laptop.address.region,
    credentials: credentialsOf('admin'),
  })
})
afterEach(() => {
  laptop.world.reset()
  lines.length = 0
})
afterAll(async () => {
  lambda.destroy()
  operator.secretsManager.destroy()
  await laptop.close()
})

/** A consumer reads with the key of its own role, and what the trail tells of it is written down. */
const readAs = async (consumer: (typeof consumers)[number], secretId: string): Promise<void> => {
  const { aws, region } = laptop.address
  const client = new SecretsManagerClient({
    endpoint: aws,
    region,
    credentials: { accessKeyId: consumer, secretAccessKey: 'x' },
  })
  const before = laptop.world.clock.now()
  await client.send(new GetSecretValueCommand({ SecretId: secretId }))
  client.destroy()
  const isWritten = () =>
    laptop.aws
      .tableItems(LAPTOP_RECORDS)
      .some(
        ({ pk, sk, currentAt }) =>
          pk?.S?.startsWith(READ_KEYS) === true && sk?.S === role(consumer) && Number(currentAt?.N) >= before - 1000,
      )
  await until(isWritten, `the record of the read of ${consumer}`)
}

/** Scheduled for now, by the shared clock. */
const sweep = async (): Promise<SweepSummary> => {
  const scheduledAt = new Date(laptop.world.clock.now()).toISOString()
  const { Payload: payload = new Uint8Array() } = await lambda.send(
    new InvokeCommand({ FunctionName: 'm2m-laptop-sweep', Payload: Buffer.from(JSON.stringify({ scheduledAt })) }),
  )
  await laptop.aws.idle()
  return JSON.parse(Buffer.from(payload).toString('utf8')) as SweepSummary
}
/** As after a month with the record switched on: readers of a month count. */
const haveRecordedForAMonth = async (): Promise<void> => {
  const { aws: endpoint, region } = laptop.address
  const reads = new SecretsManagerClient({ endpoint, region, credentials: credentialsOf('m2m-laptop-reads-us-east-1') })
  const call = createSignedCall(reads, { service: 'dynamodb', endpoint })
  const recorder = createReadRecorder({ call, table: LAPTOP_RECORDS, wait: async () => {} }, 60 * 24 * HOUR_MS)
  await recorder.begin(laptop.world.clock.now() - 31 * 24 * HOUR_MS)
  reads.destroy()
}
const published = (type: string) =>
  laptop.aws
    .events()
    .flatMap(({ detailType, detail }) => (detailType === type ? [detail as Record<string, unknown>] : []))
const isSettled = (clientId: string): boolean => laptop.stytch.slots(clientId)?.nextLastFour === null

test('an overlap goes on until the last who read the old value has read the new one', async () => {
  await haveRecordedForAMonth()
  const { secretArn, clientId } = await operator.register('orders', ['read:things'])
  await readAs('orders-service', secretArn)
  await readAs('orders-report', secretArn)
  laptop.world.clock.advance(2 * HOUR_MS)
  await operator.rotate(secretArn, 'rotate')
  laptop.world.clock.advance(HOUR_MS)
  await readAs('orders-service', secretArn)
  laptop.world.clock.advance(23 * HOUR_MS + 60_000)

  const waiting = await sweep()

  expect([waiting.settlesAsked, waiting.adoptionsAwaited, waiting.failed]).toEqual([0, 1, 0])
  expect(isSettled(clientId)).toBe(false)
  expect(published('Adoption Awaited')).toMatchObject([
    { secretName: 'm2m/laptop/orders', isBlind: false, laggards: [{ principal: role('orders-report') }] },
  ])

  await readAs('orders-report', secretArn)
  const done = await sweep()

  expect([done.settlesAsked, done.adoptionsAwaited]).toEqual([1, 0])
  expect(isSettled(clientId)).toBe(true)
  expect(published('Adoption Unproven')).toEqual([])
})

test('of a record that has just begun nothing is proven, though all who are in it have moved', async () => {
  const { secretArn, clientId } = await operator.register('fresh', ['read:things'])
  await readAs('fresh-service', secretArn)
  laptop.world.clock.advance(2 * HOUR_MS)
  await operator.rotate(secretArn, 'rotate')
  laptop.world.clock.advance(HOUR_MS)
  await readAs('fresh-service', secretArn)
  laptop.world.clock.advance(23 * HOUR_MS + 60_000)

  const waiting = await sweep()

  expect([waiting.settlesAsked, waiting.adoptionsAwaited]).toEqual([0, 1])
  expect(isSettled(clientId)).toBe(false)
  expect(published('Adoption Awaited')[0]).toMatchObject({ isYoung: true, isBlind: false, laggards: [] })

  laptop.world.clock.advance(72 * HOUR_MS)
  await sweep()

  // The clock's own sweep may have been faster than this one.
  await until(() => isSettled(clientId), 'the end of the overlap')
  expect(published('Adoption Unproven')[0]).toMatchObject({ isYoung: true, laggards: [] })
})

test('the wait has an end, and whoever is behind is named in the evidence', async () => {
  await haveRecordedForAMonth()
  const { secretArn, clientId } = await operator.register('slow', ['read:things'])
  await readAs('slow-service', secretArn)
  laptop.world.clock.advance(2 * HOUR_MS)
  await operator.rotate(secretArn, 'rotate')
  laptop.world.clock.advance((24 + 72) * HOUR_MS + 60_000)

  const { settlesAsked } = await sweep()

  expect(settlesAsked).toBe(1)
  expect(isSettled(clientId)).toBe(true)
  expect(published('Adoption Unproven')).toMatchObject([
    { isBlind: false, laggards: [{ principal: role('slow-service') }] },
  ])
})

test('a revoke waits for nobody', async () => {
  const { secretArn, clientId } = await operator.register('leaked', ['read:things'])
  await readAs('leaked-service', secretArn)
  laptop.world.clock.advance(2 * HOUR_MS)
  await operator.rotate(secretArn, 'revoke')

  const { adoptionsAwaited } = await sweep()

  expect(adoptionsAwaited).toBe(0)
  // The clock's own sweep may have been faster than this one.
  await until(() => isSettled(clientId), 'the settle of the revoke')
  expect(published('Adoption Awaited')).toEqual([])
})
