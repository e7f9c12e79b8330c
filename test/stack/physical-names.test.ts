// Names that AWS sees. Two stages of one account and Region share none; and what is kept when a stage, or a feature of it, is taken away has
// no name that the next one would need.
import type { Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, test } from 'vitest'
import { readDeployConfig } from '../../lib/config/deploy-config.ts'
import { everything } from './everything.ts'
import { exampleConfig, resourcesOf, synthStack } from './synth.ts'

interface Kept {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
  readonly DeletionPolicy?: string
  readonly UpdateReplacePolicy?: string
}

/** Of each type, the properties that name a resource within an account and Region; a bus's statements among them. */
const NAMED_BY: Readonly<Record<string, readonly string[]>> = {
  'AWS::CloudWatch::Alarm': ['AlarmName'],
  'AWS::CloudWatch::Dashboard': ['DashboardName'],
  'AWS::DynamoDB::GlobalTable': ['TableName'],
  'AWS::Events::EventBus': ['Name'],
  'AWS::Events::EventBusPolicy': ['StatementId'],
  'AWS::Events::Rule': ['Name'],
  'AWS::IAM::ManagedPolicy': ['ManagedPolicyName'],
  'AWS::IAM::Role': ['RoleName'],
  'AWS::KMS::Alias': ['AliasName'],
  'AWS::Lambda::Function': ['FunctionName'],
  'AWS::Logs::LogGroup': ['LogGroupName'],
  'AWS::Logs::QueryDefinition': ['Name'],
  'AWS::S3::Bucket': ['BucketName'],
  'AWS::SNS::Topic': ['TopicName'],
  'AWS::SQS::Queue': ['QueueName'],
  'AWS::Scheduler::Schedule': ['Name'],
  'AWS::SecretsManager::Secret': ['Name'],
}

/** Named by what they belong to, or by nothing. */
const UNNAMED = [
  'AWS::ApiGateway::Account',
  'AWS::ApiGateway::Deployment',
  'AWS::ApiGateway::GatewayResponse',
  'AWS::ApiGateway::Method',
  'AWS::ApiGateway::Resource',
  'AWS::ApiGateway::RestApi',
  'AWS::ApiGateway::Stage',
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Stage',
  'AWS::IAM::Policy',
  'AWS::KMS::Key',
  'AWS::Lambda::Alias',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::Permission',
  'AWS::Lambda::ResourcePolicy',
  'AWS::Lambda::Version',
  'AWS::Logs::MetricFilter',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::SecretsManager::RotationSchedule',
  'Custom::M2mClaims',
  'Custom::M2mClient',
  'Custom::M2mRevocations',
]

const text = (value: unknown): string => JSON.stringify(value)
const namesOf = (template: Template): readonly string[] =>
  Object.values(resourcesOf(template)).flatMap(({ Type, Properties = {} }) =>
    (NAMED_BY[Type] ?? []).flatMap((name) =>
      Properties[name] === undefined ? [] : [`${Type} ${text(Properties[name])}`],
    ),
  )

let prod: Template
let staging: Template
beforeAll(() => {
  prod = synthStack(everything).template()
  staging = synthStack({ ...everything, stage: 'prod-eu' }).template()
})

test('every type of resource is known here, by its name or as one that has none', () => {
  const types = new Set(Object.values(resourcesOf(prod)).map(({ Type }) => Type))

  expect([...types].filter((type) => NAMED_BY[type] === undefined && !UNNAMED.includes(type))).toEqual([])
})

test('two stages of one account and Region have no name in common', () => {
  const [one, other] = [namesOf(prod), namesOf(staging)]

  expect(one.length).toBeGreaterThan(60)
  expect(one.filter((name) => other.includes(name))).toEqual([])
  expect(new Set(one).size).toBe(one.length)
})

test.each(['prod-sweep', 'prod-project', 'prod-campaign', 'prod-incident', 'prod-project-rotation'])(
  'a stage called %s is refused: its names would be those of a part of another stage',
  (stage) => {
    expect(() => readDeployConfig({ ...exampleConfig, stage })).toThrow(/m2m\.stage ends in the name of a part/)
  },
)

describe('what is kept', () => {
  const kept = (): readonly (readonly [string, Kept])[] =>
    Object.entries(resourcesOf(prod) as Readonly<Record<string, Kept>>).filter(([, { DeletionPolicy = 'Delete' }]) =>
      DeletionPolicy.startsWith('Retain'),
    )

  /** A name that AWS makes part of: another resource's id or an attribute, which is another when it is made anew. */
  const isNewEachTime = (name: unknown): boolean => /"Ref":"(?!AWS::)|"Fn::GetAtt"/.test(text(name))

  test('has no name that the next of its kind would need', () => {
    const inTheWay = kept().flatMap(([id, { Type, Properties }]) =>
      (NAMED_BY[Type] ?? [])
        .filter((name) => Properties[name] !== undefined && !isNewEachTime(Properties[name]))
        .map(() => id),
    )

    expect(kept().length).toBeGreaterThan(20)
    expect(inTheWay).toEqual([])
  })

  test('is kept when it is replaced, too', () => {
    for (const [id, { UpdateReplacePolicy }] of kept()) {
      if (id.startsWith('VendorApi')) continue
      expect([id, UpdateReplacePolicy]).toEqual([id, 'Retain'])
    }
  })

  test('goes with a first deployment that fails, but for what may be in use by then', () => {
    const stays = kept().filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain')

    // A secret may have been made with the key; evidence written; a log encrypted. API Gateway's role is the account's. The records table
    // refuses to be deleted.
    expect([...new Set(stays.map(([, { Type }]) => Type))].sort()).toEqual([
      'AWS::DynamoDB::GlobalTable',
      'AWS::KMS::Key',
      'AWS::S3::Bucket',
      'AWS::S3::BucketPolicy',
      // Nothing but a question to a function, which has nothing to delete.
      'Custom::M2mRevocations',
    ])
  })
})

test('the template stays far below what CloudFormation takes', () => {
  const clients = Array.from({ length: 80 }, (_, at) => ({
    name: `client-${at}`,
    description: 'Reads',
    scopes: ['read:x'],
  }))
  const largest = synthStack({ ...everything, clients })
    .template()
    .toJSON()

  expect(Object.keys(largest.Resources).length).toBeLessThan(500)
  // As CDK writes it, with a space for each step of indentation.
  expect(JSON.stringify(largest, undefined, 1).length).toBeLessThan(1_000_000)
})
