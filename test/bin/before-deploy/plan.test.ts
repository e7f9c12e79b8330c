// What a template says before it is deployed: its names, reservations and policies, on the stack's own template and on planted ones.
import { describe, expect, test } from 'vitest'
import { resolved, resolvedText } from '../../../bin/before-deploy/intrinsics.ts'
import { type DeployTemplate, deployPlanOf, secretPoliciesIn } from '../../../bin/before-deploy/plan.ts'
import { partitionOf } from '../../../lambda/core/base/aws-partition.ts'
import { synthStack } from '../../stack/synth.ts'

const around = {
  account: '111111111111',
  region: 'eu-west-1',
  partition: 'aws',
  urlSuffix: 'amazonaws.com',
  stackName: 'm2m-prod',
}
const BILLING = 'arn:aws:iam::111111111111:role/billing-job'
const client = (name: string, ...readers: readonly string[]) => ({ name, description: 'x', scopes: ['s'], readers })
const templateOf = (changes: Readonly<Record<string, unknown>> = {}): DeployTemplate =>
  synthStack(changes).template().toJSON() as DeployTemplate

describe('values that are known before a deployment', () => {
  test.each<readonly [unknown, string | undefined]>([
    ['plain', 'plain'],
    [3, '3'],
    [{ Ref: 'AWS::Region' }, 'eu-west-1'],
    [
      { 'Fn::Join': [':', ['arn', { Ref: 'AWS::Partition' }, 'iam', '', { Ref: 'AWS::AccountId' }]] },
      'arn:aws:iam::111111111111',
    ],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own
    [{ 'Fn::Sub': 'x-${AWS::AccountId}-${AWS::Region}' }, 'x-111111111111-eu-west-1'],
  ])('%j is %j', (value, text) => {
    expect(resolvedText(value, around)).toBe(text)
  })

  test.each([
    [{ Ref: 'Bucket' }],
    [{ 'Fn::GetAtt': ['Role', 'Arn'] }],
    [{ 'Fn::Join': ['-', ['x', { Ref: 'Bucket' }]] }],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own
    [{ 'Fn::Sub': 'x-${Bucket}' }],
    [undefined],
  ])('%j is not, and is not guessed', (value) => {
    expect(resolvedText(value, around)).toBeUndefined()
  })

  test('a document keeps its form', () => {
    expect(resolved({ a: [{ Ref: 'AWS::Region' }, { b: { Ref: 'X' } }], Ref: 'x', c: 1 }, around)).toEqual({
      a: ['eu-west-1', { b: '<unknown>' }],
      Ref: 'x',
      c: 1,
    })
  })

  test('China and GovCloud are partitions of their own', () => {
    expect(partitionOf('cn-north-1')).toEqual({ partition: 'aws-cn', urlSuffix: 'amazonaws.com.cn' })
    expect(partitionOf('us-gov-west-1').partition).toBe('aws-us-gov')
    expect(partitionOf('eu-west-1').partition).toBe('aws')
  })
})

describe('the stack’s own template', () => {
  test('names the roles that must exist, as Lambda has it of principals', () => {
    const security = 'arn:aws:iam::222222222222:role/security'
    const { letIn } = deployPlanOf(templateOf({ incidents: { security: { roleArns: [security] } } }), around)

    expect([...letIn].sort()).toEqual(['arn:aws:iam::111111111111:role/break-glass', security])
    expect(deployPlanOf(templateOf({ breakGlass: { noneBecause: 'the root removes it' } }), around).letIn).toEqual([])
  })

  const template = templateOf()
  const plan = deployPlanOf(template, around)

  test('has the names of its roles, functions and topic, and each is known; what has a generated name blocks nothing', () => {
    expect(plan.names).toEqual(
      expect.arrayContaining([
        { type: 'AWS::IAM::Role', name: 'm2m-prod-rotation-eu-west-1' },
        { type: 'AWS::Lambda::Function', name: 'm2m-prod-rotation' },
        { type: 'AWS::SNS::Topic', name: 'm2m-prod-alarms' },
        { type: 'AWS::KMS::Alias', name: 'alias/m2m-prod' },
        { type: 'AWS::Events::EventBus', name: 'm2m-prod' },
      ]),
    )
    expect(plan.names.filter(({ type }) => /Logs::LogGroup|SQS::Queue|DynamoDB/.test(type))).toEqual([])
  })

  test('reserves what its functions say, whatever that is', () => {
    const sum = Object.values(template.Resources ?? {}).reduce(
      (total, { Properties: properties }) => total + Number(properties?.ReservedConcurrentExecutions ?? 0),
      0,
    )

    expect(plan.reservations.reduce((total, { executions }) => total + executions, 0)).toBe(sum)
  })

  test('has a durable function as long as there are campaigns', () => {
    expect(plan.durable).toEqual(['m2m-prod-campaign'])
    expect(
      deployPlanOf(templateOf({ rotation: { noCampaignsBecause: 'no durable functions here' } }), around).durable,
    ).toEqual([])
  })

  test('has a type of resource that GovCloud does not have', () => {
    expect(plan.rareTypes).toEqual(['AWS::Lambda::ResourcePolicy'])
  })

  test('asks for API Gateway’s role only with a vendor', () => {
    const vendor = { endpoint: 'regional' }

    expect(plan.apiGatewayLogs).toBe('none')
    expect(deployPlanOf(templateOf({ vendor }), around).apiGatewayLogs).toBe('needRole')
    expect(deployPlanOf(templateOf({ vendor: { ...vendor, accountLogRole: 'create' } }), around).apiGatewayLogs).toBe(
      'makeRole',
    )
  })

  test('has each different policy of a secret once, with one reader where nobody has any', () => {
    const alike = templateOf({ clients: [client('a', BILLING), client('b', BILLING), client('c')] })

    expect(secretPoliciesIn(alike, around).map(({ subject }) => subject)).toEqual(['m2m/prod/a', 'm2m/prod/c'])
    expect(secretPoliciesIn(alike, around)[0]?.text).toContain(BILLING)
    expect(secretPoliciesIn(templateOf({ clients: [] }), around)).toHaveLength(1)
    expect(secretPoliciesIn({ Resources: {} }, around)).toEqual([])
  })
})

test('the bootstrap’s version is CDK’s own rule', () => {
  const template: DeployTemplate = {
    Parameters: {
      BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk-bootstrap/x/version' },
    },
    Rules: {
      CheckBootstrapVersion: {
        Assertions: [{ Assert: { 'Fn::Not': [{ 'Fn::Contains': [['1', '2'], { Ref: 'BootstrapVersion' }] }] } }],
      },
    },
  }

  expect(deployPlanOf(template, around).bootstrap).toEqual({
    parameterName: '/cdk-bootstrap/x/version',
    refused: ['1', '2'],
  })
  expect(deployPlanOf({}, around)).toEqual({
    around,
    names: [],
    reservations: [],
    durable: [],
    rareTypes: [],
    letIn: [],
    apiGatewayLogs: 'none',
  })
})
