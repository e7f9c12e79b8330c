// The record of reads against the stand-in's table, over HTTP: the latest read wins in whichever order they come, and what fails is tried
// again or told, without repeating what was to be written.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SecretsManagerClient as Client } from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createReadLookup, createReadRecorder } from '../../../lambda/adapters/aws/read-records.ts'
import { createSignedCall } from '../../../lambda/adapters/aws/signed-call.ts'
import { createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'

const TABLE = 'm2m-test-reads'
const AT = Date.UTC(2026, 10, 24, 12)
const KEEP_MS = 1000

const standIn = createAwsStandIn({
  world: createWorld(),
  invoke: async () => ({ ok: true }),
  tables: [{ name: TABLE, partitionKey: 'secretName', sortKey: 'principal' }],
})
let origin: string
let client: SecretsManagerClient
const waits: number[] = []

beforeEach(async () => {
  origin ??= await standIn.listen(0)
  client = new Client({ region: 'us-east-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' } })
  waits.length = 0
})
afterEach(async () => {
  client.destroy()
  standIn.faults.clear()
})

const records = (table = TABLE) => {
  const input = {
    call: createSignedCall(client, { service: 'dynamodb', endpoint: origin }),
    table,
    wait: async (ms: number) => {
      waits.push(ms)
    },
  }
  return { ...createReadRecorder(input, KEEP_MS), ...createReadLookup(input) }
}
let turn = 0
const nextName = (): string => {
  turn += 1
  return `m2m/test/client-${turn}`
}

describe('what is noted', () => {
  test('is asked for by its secret, each kind of read by itself', async () => {
    const secretName = nextName()
    const { note, of } = records()
    await note({ secretName, principal: 'a', at: AT, asked: { kind: 'current' } })
    await note({ secretName, principal: 'a', at: AT + 1, asked: { kind: 'previous' } })
    await note({ secretName, principal: 'a', at: AT + 2, asked: { kind: 'version', versionId: 'v1' } })
    await note({ secretName, principal: 'b', at: AT, asked: { kind: 'current' } })
    await note({ secretName: nextName(), principal: 'c', at: AT, asked: { kind: 'current' } })

    expect(await of(secretName)).toEqual([
      { principal: 'a', currentAt: AT, previousAt: AT + 1, version: { versionId: 'v1', at: AT + 2 } },
      { principal: 'b', currentAt: AT, previousAt: undefined },
    ])
  })

  test('is the latest, in whichever order it comes', async () => {
    const secretName = nextName()
    const { note, of } = records()
    for (const at of [AT + 2, AT, AT + 5, AT + 5, AT + 1]) {
      await note({ secretName, principal: 'a', at, asked: { kind: 'current' } })
    }

    expect(await of(secretName)).toMatchObject([{ currentAt: AT + 5 }])
  })

  test('goes when its time is over', async () => {
    const secretName = nextName()
    await records().note({ secretName, principal: 'a', at: AT, asked: { kind: 'current' } })
    const item = standIn.tableItems(TABLE).find((one) => one.secretName?.S === secretName)

    expect(item?.keptUntil).toEqual({ N: String((AT + KEEP_MS) / 1000) })
  })

  test('may be more than a page', async () => {
    const secretName = nextName()
    const { note, of } = records()
    for (let at = 0; at < 230; at += 1) {
      await note({ secretName, principal: `p${at}`, at: AT, asked: { kind: 'current' } })
    }

    expect(await of(secretName)).toHaveLength(230)
  })
})

describe('what fails', () => {
  test.each([500, 503, 429])('with %i is tried again, after a while', async (status) => {
    const secretName = nextName()
    standIn.faults.add({ op: 'UpdateItem', kind: 'error', status, count: 2 })
    await records().note({ secretName, principal: 'a', at: AT, asked: { kind: 'current' } })

    expect(waits).toEqual([200, 400])
    expect(await records().of(secretName)).toHaveLength(1)
  })

  test('three times is told, by table and kind alone', async () => {
    standIn.faults.add({ op: 'Query', kind: 'error', status: 500, count: 3 })

    await expect(records().of('m2m/test/canary')).rejects.toMatchObject({
      code: 'RECORDS_UNAVAILABLE',
      retryable: true,
      message: expect.stringMatching(/^Query of the table m2m-test-reads failed: (?!.*canary)/),
    })
  })

  test('for good is told at once', async () => {
    const gone = records('m2m-test-gone').of('m2m/test/any')

    await expect(gone).rejects.toMatchObject({ message: expect.stringContaining('ResourceNotFoundException') })
    expect(waits).toEqual([])
  })

  test('without an answer is told', async () => {
    const nowhere = createReadLookup({
      call: createSignedCall(client, { service: 'dynamodb', endpoint: 'http://127.0.0.1:1' }),
      table: TABLE,
      wait: async () => {},
    })

    await expect(nowhere.of('m2m/test/any')).rejects.toMatchObject({ code: 'RECORDS_UNAVAILABLE' })
  })
})
