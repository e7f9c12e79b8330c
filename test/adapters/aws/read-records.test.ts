// The record of reads against the stand-in's table, over HTTP: the latest read wins in whichever order they come, and what fails is tried
// again or told, without repeating what was to be written.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SecretsManagerClient as Client } from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createReadLookup, createReadRecorder } from '../../../lambda/adapters/aws/read-records.ts'
import { createSignedCall } from '../../../lambda/adapters/aws/signed-call.ts'
import { createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'

const TABLE = 'm2m-test-records'
const AT = Date.UTC(2026, 10, 24, 12)
const KEEP_MS = 1000

const world = createWorld()
const standIn = createAwsStandIn({
  world,
  invoke: async () => ({ ok: true }),
  tables: [{ name: TABLE, partitionKey: 'pk', sortKey: 'sk' }],
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

    expect((await of(secretName, AT)).reads).toEqual([
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

    expect((await of(secretName, AT)).reads).toMatchObject([{ currentAt: AT + 5 }])
  })

  test('goes when its time is over', async () => {
    const secretName = nextName()
    await records().note({ secretName, principal: 'a', at: AT, asked: { kind: 'current' } })
    const item = standIn.tableItems(TABLE).find((one) => one.pk?.S === `reads#${secretName}`)

    expect(item?.keptUntil).toEqual({ N: String((AT + KEEP_MS) / 1000) })
  })

  test('may be more than a page', async () => {
    const secretName = nextName()
    const { note, of } = records()
    for (let at = 0; at < 230; at += 1) {
      await note({ secretName, principal: `p${at}`, at: AT, asked: { kind: 'current' } })
    }

    expect((await of(secretName, AT)).reads).toHaveLength(230)
  })
})

describe('since when reads are recorded', () => {
  /** In seconds, as DynamoDB's time to live counts. */
  const LONG_MS = 60_000
  const lasting = () => {
    const input = {
      call: createSignedCall(client, { service: 'dynamodb', endpoint: origin }),
      table: TABLE,
      wait: async () => {},
    }
    const since = async (asOf: number) => (await createReadLookup(input).of('m2m/test/any', asOf)).since
    return { ...createReadRecorder(input, LONG_MS), since }
  }
  beforeEach(() => world.reset())

  test('nobody knows before the first', async () => {
    expect(await lasting().since(AT)).toBeUndefined()
  })

  test('is the first time that it was said, whoever says it again, and in whichever order', async () => {
    const { begin, since } = lasting()
    for (const at of [AT, AT + 30_000, AT - 10_000, AT + 40_000]) await begin(at)

    expect(await since(AT + 50_000)).toBe(AT)
  })

  test('is the same for those who say it at once', async () => {
    await Promise.all(Array.from({ length: 5 }, () => lasting().begin(AT)))

    expect(await lasting().since(AT)).toBe(AT)
    expect(standIn.tableItems(TABLE)).toHaveLength(1)
  })

  test('is begun anew when nothing was recorded for too long, though DynamoDB has not deleted the item', async () => {
    const { begin, since } = lasting()
    await begin(AT)
    const later = AT + LONG_MS + 1000

    expect(await since(later)).toBeUndefined()
    expect(standIn.tableItems(TABLE)).toHaveLength(1)
    await begin(later)
    expect(await since(later)).toBe(later)
  })

  test('is asked once a sweep', async () => {
    const { of } = records()
    for (const name of ['m2m/test/a', 'm2m/test/b']) await of(name, AT)

    expect(standIn.calls().map(({ op }) => op)).toEqual(['Query', 'Query', 'Query'])
  })
})

describe('what fails', () => {
  test.each([500, 503, 429])('with %i is tried again, after a while', async (status) => {
    const secretName = nextName()
    standIn.faults.add({ op: 'UpdateItem', kind: 'error', status, count: 2 })
    await records().note({ secretName, principal: 'a', at: AT, asked: { kind: 'current' } })

    expect(waits).toEqual([200, 400])
    expect((await records().of(secretName, AT)).reads).toHaveLength(1)
  })

  test('three times is told, by table and kind alone', async () => {
    standIn.faults.add({ op: 'Query', kind: 'error', status: 500, count: 3 })

    await expect(records().of('m2m/test/canary', AT)).rejects.toMatchObject({
      code: 'RECORDS_UNAVAILABLE',
      retryable: true,
      message: expect.stringMatching(/^Query of the table m2m-test-records failed: (?!.*canary)/),
    })
  })

  test('for good is told at once', async () => {
    const gone = records('m2m-test-gone').of('m2m/test/any', AT)

    await expect(gone).rejects.toMatchObject({ message: expect.stringContaining('ResourceNotFoundException') })
    expect(waits).toEqual([])
  })

  test('without an answer is told', async () => {
    const nowhere = createReadLookup({
      call: createSignedCall(client, { service: 'dynamodb', endpoint: 'http://127.0.0.1:1' }),
      table: TABLE,
      wait: async () => {},
    })

    await expect(nowhere.of('m2m/test/any', AT)).rejects.toMatchObject({ code: 'RECORDS_UNAVAILABLE' })
  })
})
