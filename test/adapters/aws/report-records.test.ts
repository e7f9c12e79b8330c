// What was reported, against the stand-in's table, over HTTP: it is read back as it was written, what is over is gone, whether or not DynamoDB has
// deleted it, and one sweep at a time reports.
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createReportRecords } from '../../../lambda/adapters/aws/report-records.ts'
import { createSignedCall } from '../../../lambda/adapters/aws/signed-call.ts'
import type { OpenFinding } from '../../../lambda/core/sweep/reports.ts'
import { createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'
import { DAY_MS, MINUTE_MS } from '../../fakes/managed-secret.ts'

const AT = Date.UTC(2026, 10, 24, 12)
const tables = ['a', 'b', 'c', 'd', 'e'].map((letter) => `m2m-test-reports-${letter}`)
const world = createWorld()
const standIn = createAwsStandIn({
  world,
  invoke: async () => ({ ok: true }),
  tables: tables.map((name) => ({ name, partitionKey: 'pk', sortKey: 'sk' })),
})
let origin: string
let client: SecretsManagerClient
let table: string
let now = AT

beforeEach(async () => {
  origin ??= await standIn.listen(0)
  client = new SecretsManagerClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  })
  table = tables.pop() ?? ''
  now = AT
})
afterEach(() => {
  client.destroy()
  standIn.faults.clear()
})

const memoryOf = (holder = 'a sweep') =>
  createReportRecords(
    {
      call: createSignedCall(client, { service: 'dynamodb', endpoint: origin }),
      table,
      wait: async () => {},
      now: () => now,
    },
    holder,
  )
const finding = (at: number, more: Partial<OpenFinding> = {}): OpenFinding => ({
  about: `arn:aws:secretsmanager:eu-west-1:111111111111:secret:m2m/test/s${at}-AbCdEf`,
  name: `m2m/test/s${at}`,
  kind: 'rotationOff',
  since: AT - MINUTE_MS,
  reportedAt: AT,
  isForPeople: true,
  ...more,
})

describe('a finding', () => {
  test('is read back as it was written, one for each kind and secret, the last one written', async () => {
    const { note, open } = memoryOf()
    await note(finding(1))
    await note(finding(1, { kind: 'overdue', isForPeople: false }))
    await note(finding(2))
    await note(finding(2, { reportedAt: AT + DAY_MS }))

    const found = await open(AT)

    expect(found).toHaveLength(3)
    expect(found).toEqual(
      expect.arrayContaining([
        finding(1),
        finding(1, { kind: 'overdue', isForPeople: false }),
        finding(2, { reportedAt: AT + DAY_MS }),
      ]),
    )
  })

  test('that is over is gone; and so is one that nobody has seen for three days', async () => {
    const { note, end, open } = memoryOf()
    await note(finding(1))
    await note(finding(2))
    await end(finding(1))

    expect(await open(AT)).toEqual([finding(2)])
    expect(await open(AT + 3 * DAY_MS)).toEqual([finding(2)])
    expect(await open(AT + 3 * DAY_MS + MINUTE_MS)).toEqual([])
  })
})

describe('reporting', () => {
  test('is one sweep’s at a time, until it is done or its time is up', async () => {
    const [first, second] = [memoryOf('first'), memoryOf('second')]

    expect(await first.take(6 * MINUTE_MS)).toBe('taken')
    expect(await first.take(6 * MINUTE_MS)).toBe('taken')
    expect(await second.take(6 * MINUTE_MS)).toBe('held')
    // Somebody else's turn is left alone.
    await second.release()
    expect(await second.take(6 * MINUTE_MS)).toBe('held')
    await first.release()
    expect(await second.take(6 * MINUTE_MS)).toBe('taken')
    now += 6 * MINUTE_MS + 1
    expect(await first.take(6 * MINUTE_MS)).toBe('taken')
  })

  test('of a day is noted', async () => {
    const { daysDone, noteDay } = memoryOf()

    expect(await daysDone()).toEqual({})
    await noteDay('summary', AT)
    await noteDay('value', AT)
    await noteDay('summary', AT + DAY_MS)
    expect(await daysDone()).toEqual({ summary: AT + DAY_MS, value: AT })
  })
})

test('a table that is gone is a fault of the records', async () => {
  table = 'm2m-test-nowhere'

  await expect(memoryOf().open(AT)).rejects.toMatchObject({ code: 'RECORDS_UNAVAILABLE' })
})
