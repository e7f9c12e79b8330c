// Systems Manager's parameters in the stand-in, by AWS's own client: what is put is what is got, and what is refused has AWS's names.
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Aws, NOON, startAws } from './aws-harness.ts'

const NAME = '/m2m/test/freeze'
let aws: Aws
let client: SSMClient

beforeEach(async () => {
  aws = await startAws()
  client = new SSMClient({
    endpoint: aws.origin,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
  })
})
afterEach(() => client.destroy())

const put = (Value: string, more = {}) => client.send(new PutParameterCommand({ Name: NAME, Value, ...more }))
const get = async () => (await client.send(new GetParameterCommand({ Name: NAME }))).Parameter
const nameOf = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'done',
    (error: Error) => error.name,
  )

test('is got as it was put, with its version and date', async () => {
  await put('planned', { Type: 'String' })

  expect(await get()).toEqual({
    ARN: 'arn:aws:ssm:us-east-1:000000000000:parameter/m2m/test/freeze',
    DataType: 'text',
    LastModifiedDate: new Date(NOON),
    Name: NAME,
    Type: 'String',
    Value: 'planned',
    Version: 1,
  })
})

test('is overwritten only on request, by the next version', async () => {
  await put('planned', { Type: 'String' })

  expect(await nameOf(put('off'))).toBe('ParameterAlreadyExists')
  expect(await put('off', { Overwrite: true })).toMatchObject({ Version: 2 })
  expect(await get()).toMatchObject({ Value: 'off', Version: 2 })
})

describe('is refused', () => {
  test('when it is not there', async () => {
    expect(await nameOf(get())).toBe('ParameterNotFound')
  })

  test('without a type, when it is new', async () => {
    expect(await nameOf(put('off'))).toBe('ValidationException')
  })

  test('when it does not fit the pattern it was made with', async () => {
    await put('off', { Type: 'String', AllowedPattern: '^(off|planned|all)$' })

    expect(await nameOf(put('on', { Overwrite: true }))).toBe('ParameterPatternMismatchException')
    expect(await get()).toMatchObject({ Value: 'off' })
  })

  test('of a type that this stand-in does not play', async () => {
    expect(await nameOf(put('off', { Type: 'SecureString' }))).toBe('UnsupportedParameterType')
  })

  test('with a name that no parameter has', async () => {
    expect(await nameOf(client.send(new GetParameterCommand({ Name: 'a b' })))).toBe('ValidationException')
  })
})

test('is gone after a reset, and remembered by name among the calls', async () => {
  await put('all', { Type: 'String' })

  expect(aws.standIn.calls()).toMatchObject([{ op: 'PutParameter', subject: NAME, status: 200 }])
  aws.world.reset()
  expect(await nameOf(get())).toBe('ParameterNotFound')
})
