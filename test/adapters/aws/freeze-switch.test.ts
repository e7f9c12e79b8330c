// The freeze as the command line sets it and the functions read it: the same parameter, the same words.
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFreezeSwitch } from '../../../lambda/adapters/aws/freeze-switch.ts'
import { freezes } from '../../../lambda/core/rotation/freeze.ts'
import { type AwsStandIn, createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'

const NAME = '/m2m/prod/freeze'
let standIn: AwsStandIn
let client: SSMClient

beforeAll(async () => {
  standIn = createAwsStandIn({ world: createWorld() })
  client = new SSMClient({
    endpoint: await standIn.listen(0),
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  })
})
afterAll(async () => {
  client.destroy()
  await standIn.close()
})

test('a parameter that nobody made freezes nothing', async () => {
  expect(await createFreezeSwitch(client, NAME).read()).toBe('off')
})

test.each(freezes)('what is set is read back: %s', async (state) => {
  const freeze = createFreezeSwitch(client, NAME)

  await freeze.set(state)

  expect(await freeze.read()).toBe(state)
})

test('who froze it, and when, is what Systems Manager recorded; set again to the same, it is no other freeze', async () => {
  const freeze = createFreezeSwitch(client, NAME)
  await freeze.set('off')
  const before = Date.now()
  await freeze.set('all')
  const first = await freeze.origin()
  await freeze.set('all')

  expect(first.by).toBe('arn:aws:sts::000000000000:assumed-role/any/session')
  expect(first.since).toBeGreaterThanOrEqual(before)
  expect(await freeze.origin()).toEqual(first)
})

test('of more changes than a page shows, the last ones count', async () => {
  const freeze = createFreezeSwitch(client, NAME)
  for (let n = 0; n < 60; n += 1) await freeze.set(n % 2 === 0 ? 'planned' : 'all')
  await freeze.set('off')

  expect((await freeze.origin()).by).toContain('assumed-role/any')
  await freeze.set('all')
})

test('who may not read the history is told since when, and not by whom', async () => {
  standIn.faults.add({ op: 'GetParameterHistory', kind: 'error', status: 403 })

  expect(await createFreezeSwitch(client, NAME).origin()).toEqual({ by: undefined, since: expect.any(Number) })
})

test('whatever else it holds is unreadable, and is not repeated', async () => {
  await client.send(new PutParameterCommand({ Name: NAME, Value: 'of', Type: 'String', Overwrite: true }))

  expect(await createFreezeSwitch(client, NAME).read()).toBe('unreadable')
})

test.each(['GetParameter', 'PutParameter'])('a failed %s says which parameter, and may be retried', async (op) => {
  standIn.faults.add({ op, kind: 'error', status: 400 })
  const freeze = createFreezeSwitch(client, NAME)

  await expect(op === 'GetParameter' ? freeze.read() : freeze.set('off')).rejects.toMatchObject({
    code: 'FREEZE_UNREADABLE',
    message: expect.stringContaining(NAME),
  })
})
