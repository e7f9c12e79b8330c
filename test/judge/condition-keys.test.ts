// Actions and keys that exist, sets that are compared as sets, and keys that a request may lack.
import { describe, expect, test } from 'vitest'
import { conditionKeys } from '../../scripts/judge/rules/condition-keys.ts'
import { policy, resource, said, stackOf } from './plant.ts'

const spoken = (statement: object) =>
  said(
    conditionKeys,
    stackOf({
      P: resource('AWS::IAM::Policy', {
        PolicyName: 'p',
        Roles: ['role'],
        PolicyDocument: policy({ Sid: 'S', Effect: 'Allow', Resource: '*', ...statement }),
      }),
    }),
  )

describe('actions and keys', () => {
  test.each([['secretsmanager:GetSecretValue'], ['kms:GenerateDataKey*'], ['s3:*'], ['*']])(
    '%s is an action, or stands for some',
    async (Action) => {
      expect(await spoken({ Action })).toEqual([])
    },
  )

  test.each([['secretsmanager:ReadSecretValue'], ['secretmanager:GetSecretValue'], ['kms:Frob*']])(
    '%s is not one',
    async (Action) => {
      expect(await spoken({ Action })).toEqual([`planted/P: S: ${Action} is not an action`])
    },
  )

  test('a NotAction names actions that exist as well', async () => {
    expect(await spoken({ Effect: 'Deny', NotAction: ['kms:Decrypt', 'kms:Decipher'] })).toEqual([
      'planted/P: S: kms:Decipher is not an action',
    ])
  })

  test('a key that is not available for the actions of its statement is found', async () => {
    const Condition = { StringEquals: { 'secretsmanager:VersionStage': 'AWSCURRENT' } }

    expect(await spoken({ Effect: 'Deny', Action: 'secretsmanager:GetSecretValue', Condition })).toEqual([])
    expect(await spoken({ Effect: 'Deny', Action: 'secretsmanager:DescribeSecret', Condition })).toEqual([
      'planted/P: S: secretsmanager:VersionStage is not available for any action of the statement',
    ])
  })

  test('an undocumented key is found', async () => {
    const Condition = { StringEquals: { 'aws:PrincipleArn': 'x', 'secretsmanager:Stage': 'x' } }

    expect(await spoken({ Effect: 'Deny', Action: 'secretsmanager:GetSecretValue', Condition })).toEqual(
      expect.arrayContaining([
        'planted/P: S: aws:PrincipleArn is not a condition key',
        'planted/P: S: secretsmanager:Stage is not a condition key',
      ]),
    )
  })

  test('a key with a variable part is known for the actions that have it', async () => {
    const Condition = { StringLike: { 'kms:EncryptionContext:SecretARN': '*' } }

    expect(await spoken({ Action: 'kms:Decrypt', Condition })).toEqual([])
    expect(await spoken({ Action: 'kms:ListKeys', Condition })).toHaveLength(1)
  })
})

describe('a key with several values', () => {
  const put = (Effect: string, Condition: object) => spoken({ Effect, Action: 'events:PutEvents', Condition })
  const source = { 'events:source': 'm2m.rotation' }

  test.each([['StringEquals'], ['StringNotEquals'], ['StringLike']])(
    'is not compared by %s alone',
    async (operator) => {
      expect(await put('Deny', { [operator]: source })).toEqual([
        `planted/P: S: events:source has several values: ${operator} needs ForAnyValue or ForAllValues`,
      ])
    },
  )

  test('is allowed as a whole set that is not empty', async () => {
    const all = { 'ForAllValues:StringEquals': source }

    expect(await put('Allow', { ...all, Null: { 'events:source': 'false' } })).toEqual([])
    expect(await put('Allow', all)).toEqual([
      'planted/P: S: ForAllValues:StringEquals is true when events:source is absent: set Null to false beside it',
    ])
    expect(await put('Allow', { ...all, Null: { 'events:source': 'true' } })).toHaveLength(1)
  })

  test('is denied for any of its values', async () => {
    expect(await put('Deny', { 'ForAnyValue:StringNotEquals': source })).toEqual([])
  })

  test('a key with one value is not compared as a whole set', async () => {
    const Condition = {
      'ForAllValues:StringEquals': { 'aws:PrincipalAccount': '1' },
      Null: { 'aws:PrincipalAccount': 'false' },
    }

    expect(await spoken({ Action: 'kms:Decrypt', Condition })).toEqual([
      expect.stringContaining('aws:PrincipalAccount has one value'),
    ])
  })
})

describe('a key that a request may lack', () => {
  const stage = { 'secretsmanager:VersionStage': 'AWSCURRENT' }
  const read = 'secretsmanager:GetSecretValue'

  test('allows nobody who does not send it', async () => {
    expect(await spoken({ Action: read, Condition: { StringEquals: stage } })).toEqual([
      `planted/P: S: secretsmanager:VersionStage may be absent from ${read}, which is then not allowed`,
    ])
  })

  test.each([['StringEqualsIfExists'], ['StringNotEquals']])('may be compared by %s', async (operator) => {
    expect(await spoken({ Action: read, Condition: { [operator]: stage } })).toEqual([])
  })

  test('may be compared where the call requires it', async () => {
    const Condition = { StringEquals: stage }

    expect(await spoken({ Action: 'secretsmanager:UpdateSecretVersionStage', Condition })).toEqual([])
  })

  test('may be compared in a Deny', async () => {
    expect(await spoken({ Effect: 'Deny', Action: read, Condition: { StringEquals: stage } })).toEqual([])
  })

  test('a source is there when a service calls, and not when a role does', async () => {
    const Condition = { StringEquals: { 'aws:SourceAccount': '1' } }

    expect(await spoken({ Principal: { Service: 's3.amazonaws.com' }, Action: 'sqs:SendMessage', Condition })).toEqual(
      [],
    )
    expect(await spoken({ Principal: { AWS: '*' }, Action: 'sqs:SendMessage', Condition })).toHaveLength(1)
  })

  test('a key that AWS may fill from what is stored is required neither to be absent nor to be there', async () => {
    const absent = { Null: { 'secretsmanager:RotationLambdaARN': 'true' } }
    const tolerant = { ArnEqualsIfExists: { 'secretsmanager:RotationLambdaARN': 'arn:aws:lambda:r:a:function:f' } }

    expect(await spoken({ Action: 'secretsmanager:RotateSecret', Condition: absent })).toHaveLength(1)
    const strict = { ArnEquals: tolerant.ArnEqualsIfExists }

    expect(await spoken({ Action: 'secretsmanager:RotateSecret', Condition: strict })).toHaveLength(1)
    expect(await spoken({ Action: 'secretsmanager:RotateSecret', Condition: tolerant })).toEqual([])
  })
})
