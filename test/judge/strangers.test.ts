// Whoever no policy names gets nowhere: each guard taken away is found.
import { describe, expect, test } from 'vitest'
import { fieldsOf, listOf } from '../../lambda/local/stand-in/fields.ts'
import { managedRights } from '../../scripts/judge/rules/managed-rights.ts'
import { roleOutsideFunction } from '../../scripts/judge/rules/role-outside-function.ts'
import { strangers } from '../../scripts/judge/rules/strangers.ts'
import { ACCOUNT, planted, saidOf, statementIn, withoutStatement, withStatement } from './everything.ts'

const OWN = 'an administrator of the account gets through'
const FOREIGN = 'an administrator of another account gets through'

const found = (text: string) => expect.stringContaining(text)

describe('the bus', () => {
  const bus = (change: (properties: Record<string, unknown>) => void) =>
    planted('EventsBus', 'AWS::Events::EventBus', change)

  test('without a policy lets every administrator of the account speak, which is found', async () => {
    const said = await saidOf(
      strangers,
      bus((properties) => {
        delete properties.Policy
      }),
    )

    expect(said).toContainEqual(found(`${OWN}: events of m2m.rotation`))
    expect(said).toContainEqual(found(`${OWN}: events of an unknown source`))
  })

  test.each([
    ['KnownSourcesOnly', 'events of an unknown source'],
    ['NamedSourcesOnly', 'events of no source'],
    ['M2mRotationBySpeakersOnly', 'events of m2m.rotation'],
    ['M2mSecurityBySpeakersOnly', 'events of m2m.security'],
  ])('without %s is found', async (sid, what) => {
    expect(
      await saidOf(
        strangers,
        bus(({ Policy }) => withoutStatement(Policy, sid)),
      ),
    ).toEqual([found(`${OWN}: ${what}`)])
  })

  test('that lets everybody speak is found', async () => {
    const said = await saidOf(
      strangers,
      bus((properties) => {
        properties.Policy = {
          Statement: [{ Effect: 'Allow', Principal: '*', Action: 'events:PutEvents', Resource: '*' }],
        }
      }),
    )

    expect(said).toContainEqual(found(`${FOREIGN}: events of m2m.rotation`))
  })
})

describe("the secrets' key", () => {
  const key = (change: (policy: unknown) => void) =>
    planted('Key', 'AWS::KMS::Key', ({ KeyPolicy }) => change(KeyPolicy))
  const conditionOf = (policy: unknown, sid: string) =>
    statementIn(policy, sid).Condition as Record<string, Record<string, unknown>>

  test('that decrypts for other accounts is found', async () => {
    const faulty = key((policy) => {
      delete conditionOf(policy, 'DecryptForReaders').StringEquals?.['kms:CallerAccount']
    })

    expect(await saidOf(strangers, faulty)).toEqual([found(`${FOREIGN}: kms:Decrypt`)])
  })

  test('that decrypts without Secrets Manager is found', async () => {
    const faulty = key((policy) => {
      statementIn(policy, 'DecryptForReaders').Condition = { StringEquals: { 'kms:CallerAccount': ACCOUNT } }
    })

    expect(await saidOf(strangers, faulty)).toEqual([found(`${OWN}: kms:Decrypt`)])
  })

  test('that encrypts for whoever has the right, or is given away by them, is found', async () => {
    const writers = key((policy) => {
      delete conditionOf(policy, 'EncryptForWriters').ArnEquals
    })
    const root = { AWS: `arn:aws:iam::${ACCOUNT}:root` }
    const whole = key((policy) =>
      withStatement(policy, { Effect: 'Allow', Principal: root, Action: 'kms:*', Resource: '*' }),
    )

    expect(await saidOf(strangers, writers)).toEqual([found(`${OWN}: kms:GenerateDataKey`)])
    expect(await saidOf(strangers, whole)).toContainEqual(found(`${OWN}: kms:CreateGrant`))
  })
})

describe('the records table', () => {
  const without = (...sids: readonly string[]) =>
    planted('RecordsTable', 'AWS::DynamoDB::GlobalTable', ({ Replicas }) => {
      const [replica] = listOf(Replicas)
      const { PolicyDocument } = fieldsOf(fieldsOf(replica).ResourcePolicy)
      for (const sid of sids) withoutStatement(PolicyDocument, sid)
    })

  test('that whoever has the right may write without naming a key is found', async () => {
    const told = await saidOf(strangers, without('OnlyNamedRolesWrite'))

    expect(told).toContainEqual(found(`${OWN}: dynamodb:PutItem without a key`))
    expect(told).toContainEqual(found(`${OWN}: dynamodb:PartiQLUpdate without a key`))
    expect(told).not.toContainEqual(found(`${OWN}: dynamodb:PutItem below gate#`))
  })

  test.each([
    ['OnlyRotationsWriteTheirs', 'lease#'],
    ['OnlyRotationsWriteTheirs', 'versions#'],
    ['OnlyTheIntakeAndReleases', 'gate#'],
    ['OnlyItsFunctionRecordsReads', 'reads#'],
    ['OnlyTheSweepRemembersReports', 'reports#'],
  ])('that has neither a denial for all nor %s is found', async (sid, keys) => {
    const told = await saidOf(strangers, without('OnlyNamedRolesWrite', sid))

    expect(told).toContainEqual(found(`${OWN}: dynamodb:PutItem below ${keys}`))
  })
})

test.each([
  ['OnlyTheArchiveWrites', 's3:PutObject'],
  ['NobodyDeletes', 's3:DeleteObject'],
  ['OnlyKeepersChangeTheBucket', 's3:PutBucketPolicy'],
])("the evidence's bucket without %s is found", async (sid, action) => {
  const faulty = planted('EvidenceBucketPolicy', 'AWS::S3::BucketPolicy', ({ PolicyDocument }) =>
    withoutStatement(PolicyDocument, sid),
  )

  expect(await saidOf(strangers, faulty)).toContainEqual(found(`${OWN}: ${action}`))
})

test("the evidence's bucket in which the archive could replace an object is found", async () => {
  const faulty = planted('EvidenceBucketPolicy', 'AWS::S3::BucketPolicy', ({ PolicyDocument }) =>
    withoutStatement(PolicyDocument, 'WrittenOnce'),
  )

  expect(await saidOf(strangers, faulty)).toEqual([
    found('m2m-prod-archive gets through: s3:PutObject over an object that is there'),
  ])
})

test.each([
  ['SweepDeadLettersPolicy', 'AWS::SQS::QueuePolicy', 'sqs:SendMessage'],
  ['NotificationsTopicPolicy', 'AWS::SNS::TopicPolicy', 'sns:Publish'],
  ['EvidenceBucketPolicy', 'AWS::S3::BucketPolicy', 's3:GetObject'],
])('%s of %s without the denial of requests in plain text is found', async (id, type, action) => {
  const faulty = planted(id, type, (properties) => {
    const document = properties.PolicyDocument as { Statement: object[] }
    document.Statement = document.Statement.filter((one) => !JSON.stringify(one).includes('aws:SecureTransport'))
  })

  expect(await saidOf(strangers, faulty)).toEqual([found(`${OWN}: ${action} without TLS`)])
})

test('an alias without the denial of its own is found', async () => {
  const faulty = planted('ClientsSwitchedByBreakGlass', 'AWS::Lambda::ResourcePolicy', ({ PolicyDocument }) =>
    withoutStatement(PolicyDocument, 'OnlyItsCallers'),
  )

  expect(await saidOf(strangers, faulty)).toContainEqual(found(`${OWN}: lambda:InvokeFunction of arn:`))
})

test.each(['IdentifyOnlyItsCallers', 'ClientsCalledByOperators'])('%s without its denial is found', async (id) => {
  const faulty = planted(id, 'AWS::Lambda::ResourcePolicy', ({ PolicyDocument }) =>
    withoutStatement(PolicyDocument, 'OnlyItsCallers'),
  )

  expect(await saidOf(strangers, faulty)).toContainEqual(found(`${OWN}: lambda:InvokeFunction of m2m-prod-`))
})

describe("a function's role", () => {
  const role = (change: (document: unknown) => void) =>
    planted('RotationFnRoleDefaultPolicy', 'AWS::IAM::Policy', ({ PolicyDocument }) => change(PolicyDocument))

  test('without OnlyFromTheFunction is found', async () => {
    const said = await saidOf(
      roleOutsideFunction,
      role((document) => withoutStatement(document, 'OnlyFromTheFunction')),
    )

    expect(said).toContainEqual(found('does not deny its calls outside of any function: secretsmanager:DescribeSecret'))
  })

  test('that lets its own code make network interfaces is found', async () => {
    const said = await saidOf(
      roleOutsideFunction,
      role((document) => withoutStatement(document, 'NotByTheCodeItself')),
    )

    expect(said).toEqual([found("allows the function's own code ec2:CreateNetworkInterface")])
  })

  test('that leaves a call out of the denial, or lets every function make it, is found', async () => {
    const events = role((document) => {
      statementIn(document, 'OnlyFromTheFunction').Action = ['secretsmanager:*', 's3:*', 'dynamodb:*']
    })
    const any = role((document) => {
      const { Condition } = statementIn(document, 'OnlyFromTheFunction') as { Condition: Record<string, unknown> }
      Condition.ArnNotLike = { 'lambda:SourceFunctionArn': `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:*` }
    })

    expect(await saidOf(roleOutsideFunction, events)).toEqual([
      found('outside of any function: events:PutEvents'),
      found('in another function: events:PutEvents'),
    ])
    expect(await saidOf(roleOutsideFunction, any)).toEqual([found('does not deny its calls in another function')])
  })
})

test.each([
  ['secretsmanager:GetSecretValue', '*'],
  ['secretsmanager:*', `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:m2m/*`],
  ['secretsmanager:PutResourcePolicy', `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:m2m/prod/*`],
])("the operators' policy with %s is found", async (Action, Resource) => {
  const faulty = planted('OperatorsPolicy', 'AWS::IAM::ManagedPolicy', ({ PolicyDocument }) =>
    withStatement(PolicyDocument, { Effect: 'Allow', Action, Resource }),
  )

  expect(await saidOf(managedRights, faulty)).toEqual([found('on the secrets of clients')])
})
