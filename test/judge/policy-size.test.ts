// Each quota of the table, one byte, statement or entry below it and above it.
import { describe, expect, test } from 'vitest'
import * as quotas from '../../scripts/judge/quotas.ts'
import { policySize } from '../../scripts/judge/rules/policy-size.ts'
import { policy, ref, resource, said, stackOf } from './plant.ts'

const statement = (index: number) => ({ Sid: `S${index}`, Effect: 'Allow', Action: 'x:Y', Resource: '*' })
const statements = (count: number) => Array.from({ length: count }, (_, index) => statement(index))

/** A policy of exactly so many bytes, by the length of one statement id. */
const ofBytes = (bytes: number) => {
  const rest = Buffer.byteLength(JSON.stringify(policy({ ...statement(0), Sid: '' })))
  return policy({ ...statement(0), Sid: 'x'.repeat(bytes - rest) })
}

const spoken = (resources: Readonly<Record<string, unknown>>, more: Readonly<Record<string, unknown>> = {}) =>
  said(policySize, stackOf(resources, more))

const kinds = {
  sqs: (document: object) => ({ P: resource('AWS::SQS::QueuePolicy', { Queues: ['q'], PolicyDocument: document }) }),
  sns: (document: object) => ({ P: resource('AWS::SNS::TopicPolicy', { Topics: ['t'], PolicyDocument: document }) }),
  kms: (document: object) => ({ P: resource('AWS::KMS::Key', { KeyPolicy: document }) }),
  bus: (document: object) => ({ P: resource('AWS::Events::EventBus', { Name: 'bus', Policy: document }) }),
  s3: (document: object) => ({ P: resource('AWS::S3::BucketPolicy', { Bucket: 'b', PolicyDocument: document }) }),
  secret: (document: object) => ({
    P: resource('AWS::SecretsManager::ResourcePolicy', { SecretId: 's', ResourcePolicy: document }),
  }),
  lambda: (document: object) => ({
    P: resource('AWS::Lambda::ResourcePolicy', {
      ResourceArn: 'arn:aws:lambda:r:a:function:f',
      PolicyDocument: document,
    }),
  }),
  dynamodb: (document: object) => ({
    P: resource('AWS::DynamoDB::Table', { ResourcePolicy: { PolicyDocument: document } }),
  }),
  api: (document: object) => ({ P: resource('AWS::ApiGateway::RestApi', { Policy: document }) }),
  logs: (document: object) => ({
    P: resource('AWS::Logs::ResourcePolicy', { PolicyName: 'p', PolicyDocument: JSON.stringify(document) }),
  }),
  trust: (document: object) => ({ P: resource('AWS::IAM::Role', { AssumeRolePolicyDocument: document }) }),
  inline: (document: object) => ({
    P: resource('AWS::IAM::Policy', { PolicyName: 'p', Roles: ['role'], PolicyDocument: document }),
  }),
  managed: (document: object) => ({
    P: resource('AWS::IAM::ManagedPolicy', { ManagedPolicyName: 'p', PolicyDocument: document }),
  }),
}

test('every kind of policy has a quota that is tried here', () => {
  expect(Object.keys(kinds).sort()).toEqual(Object.keys(quotas.policyQuotas).sort())
})

describe.each(Object.entries(kinds))('a policy of the kind %s', (kind, plant) => {
  const { bytes = 0 } = quotas.policyQuotas[kind as keyof typeof kinds]

  test('fits with exactly the bytes of its quota', async () => {
    expect(await spoken(plant(ofBytes(bytes)))).toEqual([])
  })

  test('does not fit with one more, and the finding says both numbers', async () => {
    const findings = await spoken(plant(ofBytes(bytes + 1)))

    expect(findings).toHaveLength(1)
    expect(findings[0]).toContain(`${(bytes + 1).toLocaleString('en')} bytes`)
    expect(findings[0]).toContain(`of ${bytes.toLocaleString('en')}`)
  })
})

describe('statements', () => {
  test('of a queue are twenty at most', async () => {
    expect(await spoken(kinds.sqs(policy(...statements(20))))).toEqual([])
    expect(await spoken(kinds.sqs(policy(...statements(21))))).toEqual([
      'planted/P: 21 statements in an SQS policy, of 20',
    ])
  })

  test('of a queue have bounds of their own', async () => {
    const actions = Array.from({ length: 8 }, (_, index) => `sqs:A${index}`)

    expect(await spoken(kinds.sqs(policy({ ...statement(0), Action: actions })))).toEqual([
      expect.stringContaining('8 actions in one statement'),
    ])
  })

  test('that a bus keeps one by one count together', async () => {
    const one = (index: number) =>
      resource('AWS::Events::EventBusPolicy', {
        EventBusName: ref('Bus'),
        StatementId: `S${index}`,
        Statement: { ...statement(index), Action: 'x'.repeat(3_000) },
      })
    const Bus = resource('AWS::Events::EventBus', { Name: 'bus' })

    expect(await spoken({ Bus, A: one(1), B: one(2), C: one(3) })).toEqual([])
    expect(await spoken({ Bus, A: one(1), B: one(2), C: one(3), D: one(4) })).toEqual([
      expect.stringContaining("bytes in an event bus's policy"),
    ])
  })

  test('of all inline policies of a role count together', async () => {
    const Role = resource('AWS::IAM::Role', { RoleName: 'role' })
    const half = resource('AWS::IAM::Policy', { PolicyName: 'p', Roles: [ref('Role')], PolicyDocument: ofBytes(6_000) })

    expect(await spoken({ Role, A: half })).toEqual([])
    expect(await spoken({ Role, A: half, B: half })).toHaveLength(1)
  })
})

describe('what else grows', () => {
  test("a function's environment takes 4 KB", async () => {
    const fn = (bytes: number) => ({
      Fn: resource('AWS::Lambda::Function', { Environment: { Variables: { NAME: 'x'.repeat(bytes - 4) } } }),
    })

    expect(await spoken(fn(4_096))).toEqual([])
    expect(await spoken(fn(4_097))).toEqual(["planted/Fn: 4,097 bytes in a function's environment, of 4,096"])
  })

  test("a rule's pattern takes 2,048 characters, and a rule five targets", async () => {
    const rule = (length: number, targets: number) => ({
      Rule: resource('AWS::Events::Rule', {
        EventPattern: { source: ['x'.repeat(length)] },
        Targets: Array.from({ length: targets }, (_, index) => ({ Id: `${index}`, Arn: 'arn' })),
      }),
    })

    expect(await spoken(rule(2_000, 5))).toEqual([])
    expect(await spoken(rule(2_048, 6))).toHaveLength(2)
  })

  test('managed policies on a role', async () => {
    const role = (count: number) => ({
      Role: resource('AWS::IAM::Role', {
        ManagedPolicyArns: Array.from({ length: count }, (_, index) => `arn${index}`),
      }),
    })

    expect(await spoken(role(10))).toEqual([])
    expect(await spoken(role(11))).toEqual(['planted/Role: 11 managed policies on a role, of 10'])
  })

  test('names, a made-up one included', async () => {
    const named = (length: number) => ({ Queue: resource('AWS::SQS::Queue', { QueueName: 'q'.repeat(length) }) })

    expect(await spoken(named(80))).toEqual([])
    expect(await spoken(named(81))).toEqual(['planted/Queue: 81 characters in QueueName, of 80'])
  })

  test('security groups and subnets of a function', async () => {
    const ids = (count: number) => Array.from({ length: count }, (_, index) => `id-${index}`)
    const fn = (groups: number, subnets: number) => ({
      Fn: resource('AWS::Lambda::Function', { VpcConfig: { SecurityGroupIds: ids(groups), SubnetIds: ids(subnets) } }),
    })

    expect(await spoken(fn(5, 16))).toEqual([])
    expect(await spoken(fn(6, 17))).toEqual(['planted/Fn: 6 security groups, of 5', 'planted/Fn: 17 subnets, of 16'])
  })

  test('tags of a resource, whether they are a list or an object', async () => {
    const list = (count: number) => Array.from({ length: count }, (_, index) => ({ Key: `k${index}`, Value: 'v' }))
    const map = (count: number) => Object.fromEntries(list(count).map(({ Key, Value }) => [Key, Value]))
    const tagged = (count: number) => ({
      Queue: resource('AWS::SQS::Queue', { Tags: list(count) }),
      Parameter: resource('AWS::SSM::Parameter', { Tags: map(count) }),
    })

    expect(await spoken(tagged(50))).toEqual([])
    expect(await spoken(tagged(51))).toEqual(['planted/Queue: 51 tags, of 50', 'planted/Parameter: 51 tags, of 50'])
  })

  test('resources, outputs and bytes of a template', async () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`R${index}`, { Value: 'x' }]))

    expect(await spoken(many(500), { Outputs: many(200) })).toEqual([])
    expect(await spoken(many(501), { Outputs: many(201) })).toEqual([
      'planted/: 501 resources in a template, of 500',
      'planted/: 201 outputs in a template, of 200',
    ])
    expect(await spoken({}, { Metadata: 'x'.repeat(1_048_576) })).toEqual([
      expect.stringContaining('bytes in a template'),
    ])
  })
})
