// The records table over HTTP: what is asked of DynamoDB, what its answers mean, and how long a table that hangs may take.
import { createServer } from 'node:http'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createRecords } from '../../../lambda/adapters/aws/records.ts'
import { createSignedCall, type SignedCall } from '../../../lambda/adapters/aws/signed-call.ts'
import { createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { listenWhileTesting } from './listening.ts'

const NOW = Date.UTC(2026, 10, 24, 12)
const TABLE = 'm2m-test-records'
const client = new SecretsManagerClient({
  region: 'eu-west-1',
  credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
})
const waits: number[] = []
beforeEach(() => {
  waits.length = 0
})
afterAll(() => client.destroy())

const recordsBy = (call: SignedCall) =>
  createRecords(
    {
      call,
      table: TABLE,
      now: () => NOW,
      wait: async (ms) => {
        waits.push(ms)
      },
    },
    'request-1',
  )

interface Asked {
  readonly operation: string
  readonly input: Record<string, unknown>
}

describe('what is asked', () => {
  const asked: Asked[] = []
  let answers: { readonly status: number; readonly body: object }[] = []
  const server = createServer(async (message, response) => {
    const parts: Buffer[] = []
    for await (const part of message) parts.push(part as Buffer)
    asked.push({
      operation: String(message.headers['x-amz-target']),
      input: JSON.parse(Buffer.concat(parts).toString('utf8')) as Record<string, unknown>,
    })
    const { status, body } = answers.shift() ?? { status: 200, body: {} }
    response.writeHead(status).end(JSON.stringify(body))
  })
  const origin = listenWhileTesting(server)
  beforeEach(() => {
    asked.length = 0
    answers = []
  })
  const records = () => recordsBy(createSignedCall(client, { service: 'dynamodb', endpoint: origin() }))
  const refusal = (type: string, status = 400) => ({
    status,
    body: { __type: `com.amazonaws.dynamodb.v20120810#${type}` },
  })

  test('a lease is taken by one conditional put', async () => {
    expect(await records().lease.take(SECRET_ARN, 'request-1', NOW + 65_000)).toBe('taken')
    expect(asked).toEqual([
      {
        operation: 'DynamoDB_20120810.PutItem',
        input: {
          TableName: TABLE,
          Item: {
            pk: { S: `lease#${SECRET_ARN}` },
            sk: { S: 'lease' },
            holder: { S: 'request-1' },
            expiresAt: { N: String(NOW + 65_000) },
            keptUntil: { N: String((NOW + 65_000 + 86_400_000) / 1000) },
          },
          ConditionExpression: 'attribute_not_exists(pk) OR expiresAt < :now OR holder = :holder',
          ExpressionAttributeValues: { ':now': { N: String(NOW) }, ':holder': { S: 'request-1' } },
        },
      },
    ])
  })

  test('a condition that does not hold means held, and is not retried', async () => {
    answers = [refusal('ConditionalCheckFailedException')]

    expect(await records().lease.take(SECRET_ARN, 'request-1', NOW + 1)).toBe('held')
    expect(asked).toHaveLength(1)
  })

  test('what passes is retried, with the same holder', async () => {
    answers = [refusal('ThrottlingException'), refusal('InternalServerError', 500)]

    expect(await records().lease.take(SECRET_ARN, 'request-1', NOW + 1)).toBe('taken')
    expect(waits).toEqual([200, 400])
    expect(new Set(asked.map(({ input }) => JSON.stringify(input))).size).toBe(1)
  })

  test.each(['AccessDeniedException', 'ResourceNotFoundException'])('%s is told at once', async (type) => {
    answers = [refusal(type)]

    await expect(records().lease.take(SECRET_ARN, 'request-1', NOW + 1)).rejects.toMatchObject({
      code: 'RECORDS_UNAVAILABLE',
      message: expect.stringContaining(`PutItem of the table ${TABLE} failed: ${type}`),
    })
    expect(asked).toHaveLength(1)
  })

  test("a lease is given back if it is the holder's own, and another's stays without a word", async () => {
    answers = [{ status: 200, body: {} }, refusal('ConditionalCheckFailedException')]
    const { lease } = records()
    await lease.release(SECRET_ARN, 'request-1')
    await lease.release(SECRET_ARN, 'request-1')

    expect(asked[0]).toEqual({
      operation: 'DynamoDB_20120810.DeleteItem',
      input: {
        TableName: TABLE,
        Key: { pk: { S: `lease#${SECRET_ARN}` }, sk: { S: 'lease' } },
        ConditionExpression: 'holder = :holder',
        ExpressionAttributeValues: { ':holder': { S: 'request-1' } },
      },
    })
  })

  test('what is only noted is sent once', async () => {
    answers = [refusal('ThrottlingException')]

    const noting = records().versions.noteSwitch({ secretArn: SECRET_ARN, versionId: 'v1', switchedAt: NOW })

    await expect(noting).rejects.toMatchObject({ code: 'RECORDS_UNAVAILABLE' })
    expect(asked).toHaveLength(1)
    expect(waits).toEqual([])
  })
})

test('a table that hangs gets a second a try: three for the lease, one for a note', async () => {
  const timeouts: number[] = []
  const hanging = recordsBy(async (_request, timeoutMs) => {
    timeouts.push(timeoutMs)
    throw new DOMException('no answer', 'TimeoutError')
  })

  await expect(hanging.lease.take(SECRET_ARN, 'request-1', NOW + 1)).rejects.toMatchObject({
    message: expect.stringContaining('TimeoutError'),
  })
  expect(timeouts).toEqual([1000, 1000, 1000])
  await expect(hanging.versions.read(SECRET_ARN)).rejects.toMatchObject({ code: 'RECORDS_UNAVAILABLE' })
  await expect(hanging.lease.release(SECRET_ARN, 'request-1')).rejects.toMatchObject({ code: 'RECORDS_UNAVAILABLE' })
  expect(timeouts).toHaveLength(5)
})

describe('what is kept of versions, in a table', () => {
  const standIn = createAwsStandIn({
    world: createWorld(),
    invoke: async () => ({ ok: true }),
    tables: [{ name: TABLE, partitionKey: 'pk', sortKey: 'sk' }],
  })
  let call: SignedCall
  beforeAll(async () => {
    const endpoint = await standIn.listen(0)
    call = createSignedCall(client, { service: 'dynamodb', endpoint })
    return () => standIn.close()
  })

  test('is one record a version, whichever part comes first; another secret has its own', async () => {
    const { versions } = recordsBy(call)
    const other = `${SECRET_ARN}2`
    await versions.noteVersion({ secretArn: SECRET_ARN, versionId: 'v1', lastFour: 'aaaa', at: NOW })
    await versions.noteSwitch({ secretArn: SECRET_ARN, versionId: 'v1', switchedAt: NOW + 5 })
    await versions.noteSwitch({ secretArn: SECRET_ARN, versionId: 'v2', switchedAt: NOW + 7 })
    await versions.noteVersion({ secretArn: other, versionId: 'v3', lastFour: 'cccc', at: NOW })

    expect(await versions.read(SECRET_ARN)).toEqual([
      { versionId: 'v1', lastFour: 'aaaa', storedAt: NOW, switchedAt: NOW + 5 },
      { versionId: 'v2', switchedAt: NOW + 7 },
    ])
    expect(await versions.read(other)).toEqual([{ versionId: 'v3', lastFour: 'cccc', storedAt: NOW }])
    expect(await versions.read(`${SECRET_ARN}3`)).toEqual([])
  })

  test('remembers since when a value is lost, until it is accepted', async () => {
    const { versions } = recordsBy(call)
    const one = { secretArn: `${SECRET_ARN}5`, versionId: 'v1' }
    await versions.noteSwitch({ ...one, switchedAt: NOW })
    await versions.noteLost({ ...one, lostSince: NOW + 3 })
    expect(await versions.read(one.secretArn)).toEqual([{ versionId: 'v1', switchedAt: NOW, lostSince: NOW + 3 }])

    await versions.noteAccepted({ ...one, lastFour: 'aaaa', at: NOW + 9 })
    expect(await versions.read(one.secretArn)).toEqual([{ versionId: 'v1', lastFour: 'aaaa', switchedAt: NOW }])
  })

  test('is read whole, page by page', async () => {
    const { versions } = recordsBy(call)
    const many = `${SECRET_ARN}4`
    const ids = Array.from({ length: 120 }, (_, at) => `v${String(at).padStart(3, '0')}`)
    for (const versionId of ids) await versions.noteVersion({ secretArn: many, versionId, lastFour: 'aaaa', at: NOW })

    expect((await versions.read(many)).map(({ versionId }) => versionId)).toEqual(ids)
  })
})
