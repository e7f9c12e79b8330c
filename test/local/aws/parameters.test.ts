// Systems Manager's parameters in the stand-in, by AWS's own client: what is put is what is got, and what is refused has AWS's names.
import { GetParameterCommand, GetParametersByPathCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
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

  test.each([
    ['awsome', 'ValidationException', 'can\'t be prefixed with "aws" or "ssm"'],
    ['Ssm-one', 'ValidationException', 'can\'t be prefixed with "aws" or "ssm"'],
    ['/aws/one', 'AccessDeniedException', 'No access to reserved parameter name: /aws/one.'],
    ['/SSM/one', 'ValidationException', 'can\'t be prefixed with "ssm"'],
    ['a/b', 'ValidationException', 'fully qualified name'],
    ['/a/b/', 'ValidationException', 'must not end with slash'],
    ['/a b', 'ValidationException', 'letters, numbers and the following 3 symbols .-_'],
    [`${'/a'.repeat(16)}`, 'HierarchyLevelLimitExceededException', '15 levels'],
    [`/${'a'.repeat(1000)}`, 'ValidationException', '1011'],
  ])('to be made with the name %s', async (Name, name, message) => {
    await expect(put('off', { Type: 'String', Name })).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message),
    })
  })

  test.each([
    ['no data type', { DataType: 'Text' }, 'The following data type is not supported: Text'],
    ['one that is not played', { DataType: 'aws:ec2:image' }, 'not played'],
    ['another tier', { Tier: 'Advanced' }, 'not played'],
    ['tags', { Tags: [{ Key: 'a', Value: 'b' }] }, 'not played'],
  ] as const)('with %s', async (_what, more, message) => {
    await expect(put('off', { Type: 'String', ...more })).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message),
    })
  })

  test('with a name that no parameter has', async () => {
    expect(await nameOf(client.send(new GetParameterCommand({ Name: 'a b' })))).toBe('ValidationException')
  })
})

test('are listed by path in pages of ten', async () => {
  for (let nth = 10; nth < 22; nth += 1) await put(`${nth}`, { Type: 'String', Name: `/m2m/list/${nth}` })
  const page = (more: object) => client.send(new GetParametersByPathCommand({ Path: '/m2m/list', ...more }))

  const first = await page({})
  const last = await page({ NextToken: first.NextToken })

  expect([...(first.Parameters ?? []), ...(last.Parameters ?? [])].map(({ Value }) => Value)).toEqual(
    Array.from({ length: 12 }, (_, nth) => `${nth + 10}`),
  )
  expect(last.NextToken).toBeUndefined()
  expect(await nameOf(page({ NextToken: 'made-up' }))).toBe('InvalidNextToken')
  expect(await nameOf(page({ MaxResults: 11 }))).toBe('ValidationException')
})

test('is gone after a reset, and remembered by name among the calls', async () => {
  await put('all', { Type: 'String' })

  expect(aws.standIn.calls()).toMatchObject([{ op: 'PutParameter', subject: NAME, status: 200 }])
  aws.world.reset()
  expect(await nameOf(get())).toBe('ParameterNotFound')
})
