// A stack as CloudFormation deploys it, with players that only note what they are asked: what is made, changed, replaced, kept and taken away, and
// what a deployment that fails leaves.
import { beforeEach, describe, expect, test } from 'vitest'
import type { Players } from '../../../lambda/local/stack/player.ts'
import { createStack, type Stack } from '../../../lambda/local/stack/stack.ts'

const place = { name: 'app', account: '000000000000', region: 'us-east-1' }
const acts: string[] = []
/** Logical ids whose next change fails. */
const failing = new Set<string>()

const noting: Players[string] = {
  put: ({ id, name, properties }, before) => {
    acts.push(`${before === undefined ? 'make' : 'change'} ${name}`)
    if (failing.has(id)) throw new Error(`no ${id}`)
    return properties.Answers === undefined ? undefined : { name: String(properties.Answers) }
  },
  remove: ({ name }) => {
    acts.push(`remove ${name}`)
  },
}
const players: Players = { 'AWS::S3::Bucket': noting, 'AWS::SNS::Topic': noting, 'Custom::': noting }

const open = (): Stack =>
  createStack({
    place,
    players,
    notPlayed: (type) => type === 'AWS::CloudWatch::Dashboard',
    parameters: { Version: '3' },
  })
const bucket = (more: object = {}, name?: string) => ({
  Type: 'AWS::S3::Bucket',
  Properties: { Tags: [], ...(name === undefined ? {} : { BucketName: name }) },
  ...more,
})
const topic = (title: string) => ({ Type: 'AWS::SNS::Topic', Properties: { DisplayName: title } })
const custom = (answers: string) => ({ Type: 'Custom::Client', Properties: { Answers: answers } })

let stack: Stack
beforeEach(() => {
  stack = open()
  acts.length = 0
  failing.clear()
})
/** What a deployment does. */
const deploy = async (resources: object, more: object = {}): Promise<readonly string[]> => {
  acts.length = 0
  await stack.deploy({ Resources: resources, ...more })
  return [...acts]
}

describe('an update', () => {
  test('makes what is new, changes what differs in place, and leaves what does not', async () => {
    await deploy({ Files: bucket(), News: topic('a') })

    expect(await deploy({ Files: bucket(), News: topic('b'), More: topic('c') })).toEqual([
      'change app-News',
      'make app-More',
    ])
  })

  test('takes away what is gone, once the rest has succeeded, unless its policy retains it', async () => {
    await deploy({ Files: bucket({ DeletionPolicy: 'Retain' }), Old: topic('a') })

    expect(await deploy({ New: topic('b') })).toEqual(['make app-New', 'remove app-Old'])
    expect(stack.resources().map(({ id }) => id)).toEqual(['New'])
  })

  test('of a name replaces the resource, and removes the old one at the end', async () => {
    await deploy({ Files: bucket({}, 'one') })

    expect(await deploy({ Files: bucket({}, 'two') })).toEqual(['make two', 'remove one'])
    expect(stack.resource('Files')?.name).toBe('two')
  })

  test('keeps what was replaced where UpdateReplacePolicy says so', async () => {
    await deploy({ Files: bucket({ UpdateReplacePolicy: 'Retain' }, 'one') })

    expect(await deploy({ Files: bucket({ UpdateReplacePolicy: 'Retain' }, 'two') })).toEqual(['make two'])
  })

  test('that a custom resource answers with another physical id removes the old one at the end', async () => {
    await deploy({ Client: custom('first'), News: topic('a') })

    expect(await deploy({ Client: custom('second'), News: topic('b') })).toEqual([
      'change first',
      'change app-News',
      'remove first',
    ])
    expect(stack.resource('Client')?.name).toBe('second')
  })
})

describe('a deployment that fails', () => {
  test('takes back what it made, the failed one included', async () => {
    failing.add('Late')

    await expect(deploy({ Early: topic('a'), Late: topic('b') })).rejects.toThrow('Late (AWS::SNS::Topic): no Late')
    expect(acts).toEqual(['make app-Early', 'make app-Late', 'remove app-Late', 'remove app-Early'])
    expect(stack.resources()).toEqual([])
  })

  test('puts back what it changed, and removes nothing that stood', async () => {
    await deploy({ Files: bucket(), News: topic('a') })
    failing.add('Late')

    await expect(deploy({ News: topic('b'), Late: topic('c') })).rejects.toThrow('no Late')
    expect(acts).toEqual(['change app-News', 'make app-Late', 'remove app-Late', 'change app-News'])
    expect(stack.resource('News')?.properties).toEqual({ DisplayName: 'a' })
    expect(stack.resource('Files')).toBeDefined()
  })

  test.each([
    [{ Odd: { Type: 'AWS::Odd::Thing' } }, {}, 'Nothing plays AWS::Odd::Thing.'],
    [
      { News: topic('a') },
      {
        Parameters: { Version: {} },
        Rules: {
          Check: {
            Assertions: [
              {
                Assert: { 'Fn::Not': [{ 'Fn::Contains': [['3'], { Ref: 'Version' }] }] },
                AssertDescription: 'too old',
              },
            ],
          },
        },
      },
      'Rule Check failed: too old',
    ],
  ])('before anything is made makes nothing: %j', async (resources, more, message) => {
    await expect(deploy(resources, more)).rejects.toThrow(message)
    expect(acts).toEqual([])
  })
})

test('a resource whose condition does not hold is not made, and removal takes all but what is retained', async () => {
  const never = { Never: { 'Fn::Equals': ['a', 'b'] } }
  await deploy(
    { Off: { ...topic('a'), Condition: 'Never' }, On: topic('b'), Files: bucket({ DeletionPolicy: 'Retain' }) },
    { Conditions: never, Outputs: { Name: { Value: { Ref: 'On' } } } },
  )
  expect(stack.outputs()).toEqual({ Name: 'arn:aws:sns:us-east-1:000000000000:app-On' })
  acts.length = 0

  await stack.remove()

  expect(acts).toEqual(['remove app-On'])
})
