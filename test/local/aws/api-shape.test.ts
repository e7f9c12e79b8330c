// How the AWS stand-in refuses a request that breaks the service's API model: with AWS's names, counts and wording, before the operation.
import { describe, expect, it, test } from 'vitest'
import {
  dynamoDbModel,
  eventBridgeModel,
  kmsModel,
  secretsManagerModel,
  systemsManagerModel,
} from '../../../lambda/local/aws/api-models.ts'
import {
  type ApiModel,
  bytes,
  checkShape,
  integer,
  list,
  required,
  structure,
  text,
} from '../../../lambda/local/aws/api-shape.ts'
import { AwsFault } from '../../../lambda/local/aws/aws-fault.ts'
import { post, startAws } from './aws-harness.ts'

const faultOf = (act: () => void): AwsFault => {
  try {
    act()
  } catch (error) {
    if (error instanceof AwsFault) return error
    throw error
  }
  throw new Error('expected a refusal')
}

const members = {
  Name: required(text({ min: 1, max: 3, pattern: /[a-z]+/ })),
  Size: integer({ min: 1, max: 5 }),
  Kind: text({ oneOf: ['one', 'two'] }),
  Secret: text({ max: 2, isSensitive: true }),
  Blob: bytes({ min: 1, max: 2 }),
  Labels: list(text({ min: 1, max: 4 }), { max: 2 }),
  Tags: list(structure({ Key: required(text({ min: 1, max: 2 })) })),
}
const NAME = "at 'name' failed to satisfy constraint: Member must"

describe('a request that breaks its model is refused', () => {
  it.each<[string, object, string]>([
    ['for a member that is missing', {}, `1 validation error detected: Value null ${NAME} not be null`],
    ['for one that is null', { Name: null }, `1 validation error detected: Value null ${NAME} not be null`],
    [
      'for every constraint at once',
      { Name: 'ABCD', Size: 6 },
      `3 validation errors detected: Value 'ABCD' ${NAME} have length less than or equal to 3; Value 'ABCD' ${NAME} satisfy regular expression pattern: [a-z]+; Value '6' at 'size' failed to satisfy constraint: Member must have value less than or equal to 5`,
    ],
    [
      'for a pattern that only a part of the text matches',
      { Name: 'a1' },
      `1 validation error detected: Value 'a1' ${NAME} satisfy regular expression pattern: [a-z]+`,
    ],
    [
      'for a name that is not one of those that there are',
      { Name: 'a', Kind: 'three' },
      "1 validation error detected: Value 'three' at 'kind' failed to satisfy constraint: Member must satisfy enum value set: [one, two]",
    ],
    [
      'without the value of a member that is sensitive',
      { Name: 'a', Secret: 'hush' },
      "1 validation error detected: Value at 'secret' failed to satisfy constraint: Member must have length less than or equal to 2",
    ],
    [
      'for the length of what base64 stands for',
      { Name: 'a', Blob: 'YWJj' },
      "1 validation error detected: Value at 'blob' failed to satisfy constraint: Member must have length less than or equal to 2",
    ],
    [
      'for a list that is too long',
      { Name: 'a', Labels: ['a', 'b', 'c'] },
      "1 validation error detected: Value '[a, b, c]' at 'labels' failed to satisfy constraint: Member must have length less than or equal to 2",
    ],
    [
      'for a member of a list, with all that such a member must be',
      { Name: 'a', Labels: ['a', ''] },
      "1 validation error detected: Value '[a, ]' at 'labels' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 4, Member must have length greater than or equal to 1]",
    ],
    [
      'for what is nested, by its place',
      { Name: 'a', Tags: [{ Key: 'k' }, { Key: 'key' }, {}] },
      "2 validation errors detected: Value 'key' at 'tags.2.member.key' failed to satisfy constraint: Member must have length less than or equal to 2; Value null at 'tags.3.member.key' failed to satisfy constraint: Member must not be null",
    ],
  ])('%s', (_what, body, message) => {
    expect(faultOf(() => checkShape(members, body))).toMatchObject({ type: 'ValidationException', message })
  })

  it.each([
    ['a text that is a number', { Name: 1 }],
    ['a number that is a text', { Name: 'a', Size: '1' }],
    ['a list that is a text', { Name: 'a', Labels: 'a' }],
    ['a member of a list', { Name: 'a', Labels: [1] }],
    ['bytes that are not base64', { Name: 'a', Blob: 'not base64!' }],
  ])('for the type of %s, whatever else is wrong', (_what, body) => {
    expect(faultOf(() => checkShape(members, body)).type).toBe('SerializationException')
  })
})

const services: Readonly<Record<string, ApiModel>> = {
  secretsmanager: secretsManagerModel,
  AmazonSSM: systemsManagerModel,
  TrentService: kmsModel,
  AWSEvents: eventBridgeModel,
  DynamoDB_20120810: dynamoDbModel,
}

test('every operation is held against its model: what is required, what is too long, what is of another type', async () => {
  const { origin } = await startAws()
  const refused = async (target: string, body: object): Promise<string> => {
    const reply = await post(origin, target, JSON.stringify(body))
    const { __type: type, message } = (await reply.json()) as { __type: string; message: string }
    return `${reply.status} ${type}: ${message}`
  }

  for (const [service, model] of Object.entries(services)) {
    for (const [operation, of] of Object.entries(model)) {
      for (const [member, shape] of Object.entries(of)) {
        const at = `'${member.charAt(0).toLowerCase()}${member.slice(1)}'`
        const target = `${service}.${operation}`
        const what = `${target} ${member}`
        if (shape.kind === 'required') expect(await refused(target, {}), what).toContain(`Value null at ${at}`)
        const inner = shape.kind === 'required' ? shape.of : shape
        const wrong = inner.kind === 'text' || inner.kind === 'bytes' ? 1 : 'a text'
        expect(await refused(target, { [member]: wrong }), what).toContain('400 SerializationException')
        if (inner.kind !== 'text' || inner.max === undefined) continue
        const long = await refused(target, { [member]: 'a'.repeat(inner.max + 1) })
        expect(long, what).toContain(`at ${at} failed to satisfy constraint: Member must have length less than`)
      }
    }
  }
})

test('a secret that is binary and no base64 is not stored', async () => {
  const { origin, standIn } = await startAws()

  const reply = await post(
    origin,
    'secretsmanager.CreateSecret',
    JSON.stringify({ Name: 'b', ClientRequestToken: 'a'.repeat(32), SecretBinary: '***' }),
  )

  expect(await reply.json()).toMatchObject({ __type: 'SerializationException' })
  expect(standIn.peek('b')).toBeUndefined()
})
