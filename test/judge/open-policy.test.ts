// Everybody, or a whole other account, let in: by each kind of policy, and in the stack that has everything on.
import { describe, expect, test } from 'vitest'
import { openPolicy } from '../../scripts/judge/rules/open-policy.ts'
import { ACCOUNT, planted, plantedBeside, saidOf, statementIn, withStatement } from './everything.ts'
import { policy, resource, said, stackOf } from './plant.ts'

const everybody = { Sid: 'Open', Effect: 'Allow', Principal: { AWS: '*' }, Action: 's3:GetObject', Resource: '*' }

const spoken = (statement: object) =>
  said(
    openPolicy,
    stackOf({ P: resource('AWS::S3::BucketPolicy', { Bucket: 'b', PolicyDocument: policy(statement) }) }),
  )

describe('everybody', () => {
  test.each([
    ['as a wildcard', { Principal: '*' }],
    ['as an AWS wildcard', {}],
    ['as all but one', { Principal: undefined, NotPrincipal: { AWS: 'arn:aws:iam::111111111111:root' } }],
    ['with a condition on the transport', { Condition: { Bool: { 'aws:SecureTransport': 'true' } } }],
    ['except an account', { Condition: { StringNotEquals: { 'aws:PrincipalAccount': '1' } } }],
    ['of an account, if one is named', { Condition: { StringEqualsIfExists: { 'aws:PrincipalAccount': '1' } } }],
    ['of any account', { Condition: { StringLike: { 'aws:PrincipalAccount': '*' } } }],
    ['by a name in any account', { Condition: { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/x' } } }],
  ])('%s is found', async (_what, more) => {
    expect(await spoken({ ...everybody, ...more })).toEqual([
      'planted/P: Open: allows everybody, without a condition on principal, account, organization or source',
    ])
  })

  test.each([
    ['aws:PrincipalArn', 'arn:aws:iam::111111111111:role/m2m-*'],
    ['aws:PrincipalAccount', '111111111111'],
    ['aws:PrincipalOrgID', 'o-abcdefghij'],
    ['aws:SourceArn', 'arn:aws:s3:::bucket'],
    ['aws:SourceVpce', 'vpce-0123456789abcdef0'],
  ])('narrowed by %s is fine', async (key, value) => {
    expect(await spoken({ ...everybody, Condition: { StringLike: { [key]: value } } })).toEqual([])
  })

  test('may be denied', async () => {
    expect(await spoken({ ...everybody, Effect: 'Deny' })).toEqual([])
  })
})

describe('another account', () => {
  test.each([['222222222222'], ['arn:aws:iam::222222222222:root']])('%s as a whole is found', async (AWS) => {
    expect(await spoken({ ...everybody, Principal: { AWS } })).toHaveLength(1)
  })

  test('is fine with one role of it, and so is the own account', async () => {
    expect(await spoken({ ...everybody, Principal: { AWS: 'arn:aws:iam::222222222222:role/x' } })).toEqual([])
    expect(await spoken({ ...everybody, Principal: { AWS: '111111111111' } })).toEqual([])
  })
})

describe('in the stack', () => {
  const open = (Action: string) => ({ ...everybody, Action })

  test.each([
    ['EvidenceBucketPolicy', 'AWS::S3::BucketPolicy', 'PolicyDocument', 's3:GetObject'],
    ['NotificationsTopicPolicy', 'AWS::SNS::TopicPolicy', 'PolicyDocument', 'sns:Publish'],
    ['SweepDeadLettersPolicy', 'AWS::SQS::QueuePolicy', 'PolicyDocument', 'sqs:ReceiveMessage'],
    ['Key', 'AWS::KMS::Key', 'KeyPolicy', 'kms:Decrypt'],
    ['EventsBus', 'AWS::Events::EventBus', 'Policy', 'events:PutEvents'],
    ['IdentifyOnlyItsCallers', 'AWS::Lambda::ResourcePolicy', 'PolicyDocument', 'lambda:InvokeFunction'],
    ['RotationFnRole', 'AWS::IAM::Role', 'AssumeRolePolicyDocument', 'sts:AssumeRole'],
    ['VendorApi', 'AWS::ApiGateway::RestApi', 'Policy', 'execute-api:Invoke'],
  ])('%s of %s that lets everybody in is found', async (id, type, document, action) => {
    const faulty = planted(id, type, (properties) => withStatement(properties[document], open(action)))

    expect(await saidOf(openPolicy, faulty)).toEqual([expect.stringContaining('Open: allows everybody')])
  })

  test('a key that decrypts for whoever comes through Secrets Manager, of whatever account, is found', async () => {
    const faulty = planted('Key', 'AWS::KMS::Key', ({ KeyPolicy }) => {
      const { Condition } = statementIn(KeyPolicy, 'DecryptForReaders') as { Condition: { StringEquals: object } }
      Condition.StringEquals = { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com' }
    })

    expect(await saidOf(openPolicy, faulty)).toEqual([expect.stringContaining('DecryptForReaders: allows everybody')])
  })

  test.each([['999999999999'], ['arn:aws:iam::999999999999:role/x'], [ACCOUNT], ['*']])(
    'a permission for %s is found',
    async (Principal) => {
      const FunctionName = 'm2m-prod-rotation'
      const Action = 'lambda:InvokeFunction'
      const faulty = plantedBeside('More', resource('AWS::Lambda::Permission', { Action, FunctionName, Principal }))

      expect(await saidOf(openPolicy, faulty)).toEqual([expect.stringContaining('a permission is for services')])
    },
  )
})
