// A stack as CloudFormation deploys it, with players that only note what they are asked: what is made, changed, replaced, kept and taken away, and
// what a deployment that fails leaves.
import { beforeEach, describe, expect, test } from 'vitest'
import { createAccountNames } from '../../../lambda/local/stack/account-names.ts'
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
const custom = (answers: string, token = 'one') => ({
  Type: 'Custom::Client',
  Properties: { Answers: answers, ServiceToken: token },
})

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

  test('that brings back what was kept makes another one beside it', async () => {
    await deploy({ Files: bucket({ DeletionPolicy: 'Retain' }) })
    await deploy({})

    expect(await deploy({ Files: bucket() })).toEqual(['make app-files-2'])
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
    // As CloudFormation's cleanup follows its rollback.
    expect(acts).toEqual(['change app-News', 'make app-Late', 'change app-News', 'remove app-Late'])
    expect(stack.resource('News')?.properties).toEqual({ DisplayName: 'a' })
    expect(stack.resource('Files')).toBeDefined()
  })

  test('puts back first what others depend on', async () => {
    const uses = (title: string) => ({ ...topic(title), DependsOn: 'Base' })
    await deploy({ Base: topic('a'), Uses: uses('a') })
    failing.add('Late')

    await expect(
      deploy({ Late: { ...topic('c'), DependsOn: 'Uses' }, Base: topic('b'), Uses: uses('b') }),
    ).rejects.toThrow()
    expect(acts.slice(-3)).toEqual(['change app-Base', 'change app-Uses', 'remove app-Late'])
  })

  test('puts back a custom resource under the id that it answers, and removes what the update made of it', async () => {
    await deploy({ Client: custom('first') })
    failing.add('Late')

    await expect(deploy({ Client: custom('second'), Late: topic('c') })).rejects.toThrow('no Late')
    expect(acts).toEqual(['change first', 'make app-Late', 'change second', 'remove app-Late', 'remove second'])
    expect(stack.resource('Client')?.name).toBe('first')
  })

  test('leaves behind what it made under a policy that retains it, but for RetainExceptOnCreate', async () => {
    failing.add('Late')
    const made = {
      Kept: bucket({ DeletionPolicy: 'Retain' }, 'kept'),
      Gone: bucket({ DeletionPolicy: 'RetainExceptOnCreate' }, 'gone'),
    }

    await expect(deploy({ ...made, Late: topic('b') })).rejects.toThrow('no Late')
    expect(acts).toEqual(['make kept', 'make gone', 'make app-Late', 'remove app-Late', 'remove gone'])
    await expect(deploy({ Again: bucket({}, 'kept') })).rejects.toThrow('Again (AWS::S3::Bucket): kept already exists')
  })

  test('says what could not be put back', async () => {
    await deploy({ News: topic('a') })
    failing.add('News')

    const failed = await deploy({ News: topic('b') }).catch((error: unknown) => error)

    expect(failed).toMatchObject({ notPutBack: ['News'], message: 'News (AWS::SNS::Topic): no News' })
  })

  test.each([
    ['another type', { News: bucket() }, 'AWS::SNS::Topic cannot become AWS::S3::Bucket'],
    ['another function of a custom resource', { Client: custom('first', 'two') }, 'Modifying service token'],
    ['a name that another has', { News: topic('a'), Client: custom('first'), B: bucket({}, 'files') }, 'files already'],
  ])('is one that asks for %s', async (_what, resources, message) => {
    await deploy({ Files: bucket({}, 'files'), News: topic('a'), Client: custom('first') })

    await expect(deploy({ Files: bucket({}, 'files'), ...resources })).rejects.toThrow(message)
    expect(acts).toEqual([])
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

test('two stacks of one account cannot have a thing of one name, and make up different ones', async () => {
  const names = createAccountNames()
  const other = createStack({ place, players, notPlayed: () => false, names })
  stack = createStack({ place, players, notPlayed: () => false, names })
  await other.deploy({ Resources: { Files: bucket(), Mail: bucket({}, 'mail') } })

  expect(await deploy({ Files: bucket() })).toEqual(['make app-files-2'])
  await expect(deploy({ Mine: bucket({}, 'mail') })).rejects.toThrow('mail already exists')
})

test('what an update would do is known before, and changes nothing', async () => {
  const before = {
    Files: bucket({ DeletionPolicy: 'Retain' }),
    Named: bucket({ UpdateReplacePolicy: 'Retain' }, 'one'),
    News: topic('a'),
    Old: topic('b'),
    Same: topic('c'),
    Uses: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: { Ref: 'Named' } } },
  }
  await deploy(before)
  acts.length = 0
  const { Files: _kept, Old: _removed, ...rest } = before
  const after = { ...rest, Named: bucket({ UpdateReplacePolicy: 'Retain' }, 'two'), News: topic('d'), New: topic('e') }

  expect(stack.changes({ Resources: after })).toEqual([
    {
      id: 'Named',
      type: 'AWS::S3::Bucket',
      name: 'two',
      action: 'replace',
      properties: ['BucketName'],
      replaced: { name: 'one', isKept: true },
    },
    { id: 'News', type: 'AWS::SNS::Topic', name: 'app-News', action: 'update', properties: ['DisplayName'] },
    { id: 'Uses', type: 'AWS::SNS::Topic', name: 'app-Uses', action: 'update', properties: ['DisplayName'] },
    { id: 'New', type: 'AWS::SNS::Topic', name: 'app-New', action: 'create' },
    { id: 'Files', type: 'AWS::S3::Bucket', name: 'app-files', action: 'keep' },
    { id: 'Old', type: 'AWS::SNS::Topic', name: 'app-Old', action: 'remove' },
  ])
  expect(acts).toEqual([])
  expect(await deploy(after)).toEqual([
    'make two',
    'change app-News',
    'change app-Uses',
    'make app-New',
    'remove app-Old',
  ])
  expect(stack.changes({ Resources: after })).toEqual([])
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
