// The slots of searches against the stand-in's table, over HTTP: so many within any minute, whichever environments ask, and not one more.
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSearchSlots } from '../../../lambda/adapters/aws/search-slots.ts'
import { createSignedCall } from '../../../lambda/adapters/aws/signed-call.ts'
import { createTableCall } from '../../../lambda/adapters/aws/table-call.ts'
import { createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'

const TABLES = ['one', 'many', 'late'].map((name) => ({ name, partitionKey: 'kind', sortKey: 'slot' }))
const AT = Date.UTC(2026, 10, 24, 12)

const standIn = createAwsStandIn({ world: createWorld(), invoke: async () => ({ ok: true }), tables: TABLES })
const client = new SecretsManagerClient({
  region: 'us-east-1',
  credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
})
let endpoint: string
beforeAll(async () => {
  endpoint = await standIn.listen(0)
})
afterAll(async () => {
  client.destroy()
  await standIn.close()
})

const slots = (table: string, perMinute: number, first = 0) => {
  const call = createSignedCall(client, { service: 'dynamodb', endpoint })
  return createSearchSlots(createTableCall({ call, table, wait: async () => {} }), perMinute, () => first)
}

test('so many within any minute, and not one more', async () => {
  const { take } = slots('one', 3)

  const taken: boolean[] = []
  for (const after of [0, 1000, 2000, 3000, 60_000, 60_001, 60_002]) taken.push(await take(AT + after))

  expect(taken).toEqual([true, true, true, false, false, true, false])
})

test('environments share them, wherever each begins to look', async () => {
  const environments = [0, 0.3, 0.6, 0.99].map((first) => slots('many', 10, first))

  const taken = await Promise.all(Array.from({ length: 5 }, () => environments.map(({ take }) => take(AT))).flat())

  expect(taken.filter((one) => one)).toHaveLength(10)
})

test('a clock that is behind takes no slot twice', async () => {
  const { take } = slots('late', 1)
  await take(AT)

  expect(await take(AT - 5000)).toBe(false)
})

test('a table that is not there fails, and lets no search through', async () => {
  await expect(slots('absent', 3).take(AT)).rejects.toMatchObject({
    code: 'RECORDS_UNAVAILABLE',
    message: expect.stringMatching(/^UpdateItem of the table absent failed: ResourceNotFoundException/),
  })
})
