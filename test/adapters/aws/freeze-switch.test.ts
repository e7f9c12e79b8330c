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

test('whatever else it holds is unreadable, and is not repeated', async () => {
  await client.send(new PutParameterCommand({ Name: NAME, Value: 'of', Type: 'String', Overwrite: true }))

  expect(await createFreezeSwitch(client, NAME).read()).toBe('unreadable')
})

test.each(['GetParameter', 'PutParameter'])('a failed %s says which parameter, and may be asked again', async (op) => {
  standIn.faults.add({ op, kind: 'error', status: 400 })
  const freeze = createFreezeSwitch(client, NAME)

  await expect(op === 'GetParameter' ? freeze.read() : freeze.set('off')).rejects.toMatchObject({
    code: 'FREEZE_UNREADABLE',
    message: expect.stringContaining(NAME),
  })
})
