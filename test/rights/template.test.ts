// Reading a template as CloudFormation would leave it: names, ARNs and functions, and a refusal of what is not known.
import { describe, expect, test } from 'vitest'
import { readDeployedTemplate, type Template } from '../../scripts/rights/template.ts'

const place = { partition: 'aws', account: '111111111111', region: 'eu-west-1', stackName: 'm2m-prod' }
/** As `Fn::Sub` names a value. */
const sub = (name: string): string => `$\{${name}}`
const lambda = 'arn:aws:lambda:eu-west-1:111111111111:function'

const template: Template = {
  Parameters: { Version: { Default: '/cdk/version' } },
  Resources: {
    Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'm2m-prod-rotation' } },
    Function: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'm2m-prod-rotation' } },
    VersionabcdefabcdefabcdefabcdefabcdefabcdefA: {
      Type: 'AWS::Lambda::Version',
      Properties: { FunctionName: { Ref: 'Function' } },
    },
    Alias: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: { Ref: 'Function' }, Name: 'live' } },
    Bucket: { Type: 'AWS::S3::Bucket' },
    Key: { Type: 'AWS::KMS::Key' },
    Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'm2m-prod' } },
    OnTheBus: { Type: 'AWS::Events::Rule', Properties: { EventBusName: { Ref: 'Bus' } } },
    OnTheDefaultBus: { Type: 'AWS::Events::Rule' },
    Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'm2m-prod-alarms' } },
    Client: { Type: 'Custom::M2mClient', Properties: { SecretName: 'm2m/prod/billing' } },
  },
}

const { resolve, ofType } = readDeployedTemplate(template, place)

describe('a reference becomes what the resource will have', () => {
  test.each([
    [{ Ref: 'AWS::Region' }, 'eu-west-1'],
    [{ Ref: 'Version' }, '/cdk/version'],
    [{ Ref: 'Role' }, 'm2m-prod-rotation'],
    [{ 'Fn::GetAtt': ['Role', 'Arn'] }, 'arn:aws:iam::111111111111:role/m2m-prod-rotation'],
    [{ 'Fn::GetAtt': ['Function', 'Arn'] }, `${lambda}:m2m-prod-rotation`],
    [{ Ref: 'Alias' }, `${lambda}:m2m-prod-rotation:live`],
    [{ Ref: 'Bucket' }, 'm2m-prod-bucket'],
    [{ 'Fn::GetAtt': ['Key', 'Arn'] }, 'arn:aws:kms:eu-west-1:111111111111:key/Key'],
    [{ Ref: 'Topic' }, 'arn:aws:sns:eu-west-1:111111111111:m2m-prod-alarms'],
    [{ 'Fn::GetAtt': ['OnTheBus', 'Arn'] }, 'arn:aws:events:eu-west-1:111111111111:rule/m2m-prod/m2m-prod-OnTheBus'],
    [
      { 'Fn::GetAtt': ['OnTheDefaultBus', 'Arn'] },
      'arn:aws:events:eu-west-1:111111111111:rule/m2m-prod-OnTheDefaultBus',
    ],
    [
      { 'Fn::GetAtt': ['Client', 'SecretArn'] },
      'arn:aws:secretsmanager:eu-west-1:111111111111:secret:m2m/prod/billing-AbCdEf',
    ],
    [{ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':x']] }, 'arn:aws:x'],
    [{ 'Fn::Sub': `arn:${sub('AWS::Partition')}:${sub('Function.Arn')}` }, `arn:aws:${lambda}:m2m-prod-rotation`],
    [{ 'Fn::Sub': [`${sub('A')}-b`, { A: { Ref: 'AWS::AccountId' } }] }, '111111111111-b'],
    [{ 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b'] }] }, 'b'],
  ])('%j', (value, expected) => {
    expect(resolve(value)).toBe(expected)
  })

  test("a version's logical id, which ends in a hash of its bundle, stands in no ARN", () => {
    expect(resolve({ Ref: 'VersionabcdefabcdefabcdefabcdefabcdefabcdefA' })).toBe(`${lambda}:m2m-prod-rotation:1`)
  })

  test('a property without a value is left out', () => {
    expect(resolve({ kept: 1, dropped: { Ref: 'AWS::NoValue' } })).toEqual({ kept: 1 })
  })
})

test('resources of a type come with their ARN', () => {
  expect(ofType('AWS::Lambda::Alias').map(({ id, properties }) => [id, properties.$arn])).toEqual([
    ['Alias', `${lambda}:m2m-prod-rotation:live`],
  ])
})

test.each([
  [{ 'Fn::ImportValue': 'x' }, 'Fn::ImportValue'],
  [{ Ref: 'Missing' }, 'Missing'],
  [{ 'Fn::Join': ['', [{ a: 1, b: 2 }]] }, 'where a text is expected'],
])('%j is refused by name', (value, named) => {
  expect(() => resolve(value)).toThrow(named)
})
