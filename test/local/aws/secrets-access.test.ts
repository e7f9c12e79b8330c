// Who may do what with secrets at the stand-in: the caller's own policies, the secret's, the key's, and the rotation function's, in AWS's words.
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { may, policy, REGION, roleOf, sessionOf, useGuardedAws } from './signed-as.ts'

const KEY_ALIAS = 'alias/clients'
const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:rotation'
const SIGN_KEY = { alias: 'alias/sign' }
const clientsKey = {
  alias: KEY_ALIAS,
  usage: 'ENCRYPT_DECRYPT' as const,
  policy: policy(
    { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::000000000000:root' }, Action: 'kms:*', Resource: '*' },
    {
      Effect: 'Allow',
      Principal: { AWS: '*' },
      Action: 'kms:Decrypt',
      Resource: '*',
      Condition: {
        StringEquals: {
          'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com',
          'kms:CallerAccount': '111111111111',
        },
        ArnLike: { 'kms:EncryptionContext:SecretARN': 'arn:aws:secretsmanager:us-east-1:000000000000:secret:m2m/*' },
      },
    },
  ),
}

const steps: string[] = []
const aws = useGuardedAws({
  keys: [clientsKey, SIGN_KEY],
  settings: { redriveCount: 0 },
  invoke: async (_, { Step }) => {
    steps.push(Step)
    return { ok: true }
  },
})
const { be, beAbroad, call, rights, standIn } = aws

const create = async (name: string, more: object = {}): Promise<string> => {
  const { body } = await call('admin', 'secretsmanager', 'CreateSecret', {
    Name: name,
    ClientRequestToken: randomUUID(),
    ...more,
  })
  return String(body.ARN)
}

const read = (who: string | undefined, SecretId: string, more: object = {}) =>
  call(who, 'secretsmanager', 'GetSecretValue', { SecretId, ...more })

describe('a read', () => {
  test('of nobody who signed, and of a stranger, is refused as AWS refuses it', async () => {
    await create('m2m/a', { SecretString: 'x' })

    expect(await read(undefined, 'm2m/a')).toMatchObject({ status: 400, type: 'MissingAuthenticationTokenException' })
    expect(await read('AKIAUNKNOWN', 'm2m/a')).toMatchObject({
      status: 400,
      type: 'AccessDeniedException',
      message:
        'User: arn:aws:sts::000000000000:assumed-role/stranger/AKIAUNKNOWN is not authorized to perform: secretsmanager:GetSecretValue on resource: m2m/a because no identity-based policy allows the secretsmanager:GetSecretValue action',
    })
  })

  test('is allowed by the own policy, and denied by the policy of the secret from the moment that it is set', async () => {
    const arn = await create('m2m/a', { SecretString: 'x' })
    be('reader', may('secretsmanager:GetSecretValue', 'arn:aws:secretsmanager:*:*:secret:m2m/a-??????'))
    const ResourcePolicy = JSON.stringify(
      policy({
        Effect: 'Deny',
        Principal: '*',
        Action: 'secretsmanager:Get*',
        Resource: '*',
        Condition: { ArnEquals: { 'aws:PrincipalArn': roleOf('reader') } },
      }),
    )

    expect(await read('reader', 'm2m/a')).toMatchObject({ status: 200, body: { SecretString: 'x' } })
    expect((await call('admin', 'secretsmanager', 'PutResourcePolicy', { SecretId: arn, ResourcePolicy })).status).toBe(
      200,
    )
    expect((await read('reader', arn)).message).toBe(
      `User: ${sessionOf('reader')} is not authorized to perform: secretsmanager:GetSecretValue on resource: ${arn} with an explicit deny in a resource-based policy`,
    )
    await call('admin', 'secretsmanager', 'DeleteResourcePolicy', { SecretId: arn })
    expect((await read('reader', arn)).status).toBe(200)
  })

  test('of a secret that is not there is denied as well, and is not found by whoever may', async () => {
    be('reader', may('secretsmanager:GetSecretValue', 'arn:aws:secretsmanager:*:*:secret:m2m/a-??????'))

    expect((await read('reader', 'm2m/b')).type).toBe('AccessDeniedException')
    expect((await read('admin', 'm2m/b')).type).toBe('ResourceNotFoundException')
  })

  test('needs the key of the secret, by Secrets Manager, for the caller', async () => {
    const arn = await create('m2m/a', { SecretString: 'x', KmsKeyId: KEY_ALIAS })
    be('reader', may('secretsmanager:GetSecretValue'))
    be('with-key', may(['secretsmanager:GetSecretValue', 'kms:Decrypt']))
    be(
      'via',
      may('secretsmanager:GetSecretValue'),
      may('kms:Decrypt', '*', { StringEquals: { 'kms:EncryptionContext:SecretARN': arn } }),
    )
    be(
      'direct',
      may('secretsmanager:GetSecretValue'),
      may('kms:Decrypt', '*', { Bool: { 'aws:ViaAWSService': 'false' } }),
    )

    expect(await read('reader', arn)).toMatchObject({
      type: 'AccessDeniedException',
      message: 'Access to KMS is not allowed',
    })
    expect((await read('with-key', arn)).status).toBe(200)
    expect((await read('via', arn)).status).toBe(200)
    expect((await read('direct', arn)).message).toBe('Access to KMS is not allowed')
  })

  test('from another account needs both sides of the secret and of the key, and an ARN', async () => {
    const arn = await create('m2m/a', { SecretString: 'x', KmsKeyId: KEY_ALIAS })
    const elsewhere = await create('other/a', { SecretString: 'x', KmsKeyId: KEY_ALIAS })
    const plain = await create('m2m/plain', { SecretString: 'x' })
    for (const SecretId of [arn, elsewhere, plain]) {
      const ResourcePolicy = JSON.stringify(
        policy({
          Effect: 'Allow',
          Principal: { AWS: '111111111111' },
          Action: 'secretsmanager:GetSecretValue',
          Resource: '*',
        }),
      )
      await call('admin', 'secretsmanager', 'PutResourcePolicy', { SecretId, ResourcePolicy })
    }
    beAbroad('abroad', '111111111111', may(['secretsmanager:GetSecretValue', 'kms:Decrypt']))
    beAbroad('without-key', '111111111111', may('secretsmanager:GetSecretValue'))
    beAbroad('other', '222222222222', may(['secretsmanager:GetSecretValue', 'kms:Decrypt']))

    expect((await read('abroad', arn)).status).toBe(200)
    expect((await read('abroad', 'm2m/a')).type).toBe('ResourceNotFoundException')
    expect((await read('without-key', arn)).message).toBe('Access to KMS is not allowed')
    expect((await read('abroad', elsewhere)).message).toBe('Access to KMS is not allowed')
    expect((await read('other', arn)).message).toContain('because no resource-based policy allows')
    expect(await read('abroad', plain)).toMatchObject({
      type: 'InvalidRequestException',
      message: expect.stringContaining('default KMS service key'),
    })
  })

  test('has the label that it names, and without one AWSCURRENT or none, as the setting says', async () => {
    await create('m2m/a', { SecretString: 'x' })
    be(
      'current',
      may('secretsmanager:GetSecretValue', '*', { StringEquals: { 'secretsmanager:VersionStage': 'AWSCURRENT' } }),
    )

    expect((await read('current', 'm2m/a')).type).toBe('AccessDeniedException')
    expect((await read('current', 'm2m/a', { VersionStage: 'AWSCURRENT' })).status).toBe(200)
    standIn.configure({ absentStage: 'current' })
    expect((await read('current', 'm2m/a')).status).toBe(200)
    expect((await read('current', 'm2m/a', { VersionStage: 'AWSPREVIOUS' })).type).toBe('AccessDeniedException')
  })

  test('of many is answered one by one', async () => {
    await create('m2m/a', { SecretString: 'x' })
    await create('m2m/b', { SecretString: 'y' })
    be(
      'reader',
      may('secretsmanager:BatchGetSecretValue'),
      may('secretsmanager:GetSecretValue', 'arn:aws:secretsmanager:*:*:secret:m2m/a-*'),
    )
    be('half', may('secretsmanager:GetSecretValue'))
    const SecretIdList = ['m2m/a', 'm2m/b']

    const { body } = await call('reader', 'secretsmanager', 'BatchGetSecretValue', { SecretIdList })
    expect(body).toMatchObject({
      SecretValues: [{ Name: 'm2m/a' }],
      Errors: [{ SecretId: 'm2m/b', ErrorCode: 'AccessDeniedException' }],
    })
    expect((await call('half', 'secretsmanager', 'BatchGetSecretValue', { SecretIdList })).message).toBe(
      `User: ${sessionOf('half')} is not authorized to perform: secretsmanager:BatchGetSecretValue because no identity-based policy allows the secretsmanager:BatchGetSecretValue action`,
    )
  })
})

describe('a write', () => {
  test('of a value needs the key, and one without a value does not', async () => {
    be('writer', may(['secretsmanager:CreateSecret', 'secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecret']))
    be('with-key', may(['secretsmanager:*', 'kms:Decrypt', 'kms:GenerateDataKey']))
    const given = { KmsKeyId: KEY_ALIAS, ClientRequestToken: randomUUID() }

    expect(
      (await call('writer', 'secretsmanager', 'CreateSecret', { Name: 'm2m/a', ...given, SecretString: 'x' })).message,
    ).toBe('Access to KMS is not allowed')
    expect((await call('writer', 'secretsmanager', 'CreateSecret', { Name: 'm2m/a', ...given })).status).toBe(200)
    expect(
      (
        await call('writer', 'secretsmanager', 'PutSecretValue', {
          SecretId: 'm2m/a',
          ClientRequestToken: randomUUID(),
          SecretString: 'x',
        })
      ).message,
    ).toBe('Access to KMS is not allowed')
    expect(
      (
        await call('writer', 'secretsmanager', 'UpdateSecret', {
          SecretId: 'm2m/a',
          ClientRequestToken: randomUUID(),
          Description: 'd',
        })
      ).status,
    ).toBe(200)
    expect(
      (
        await call('with-key', 'secretsmanager', 'PutSecretValue', {
          SecretId: 'm2m/a',
          ClientRequestToken: randomUUID(),
          SecretString: 'x',
        })
      ).status,
    ).toBe(200)
  })

  test('of a value goes to every replica, under the key of its Region', async () => {
    const arn = await create('m2m/a', { KmsKeyId: KEY_ALIAS })
    const there = 'arn:aws:kms:eu-west-1:000000000000:key/there'
    await call('admin', 'secretsmanager', 'ReplicateSecretToRegions', {
      SecretId: arn,
      AddReplicaRegions: [{ Region: 'eu-west-1', KmsKeyId: there }],
    })
    const named = [...rights.evaluations()].at(-1)
    expect(named).toMatchObject({
      action: 'secretsmanager:ReplicateSecretToRegions',
      context: { 'secretsmanager:AddReplicaRegions': ['eu-west-1'] },
    })

    const put = () =>
      call('admin', 'secretsmanager', 'PutSecretValue', {
        SecretId: arn,
        ClientRequestToken: randomUUID(),
        SecretString: 'x',
      })
    expect((await put()).message).toBe('Access to KMS is not allowed')
    rights.setResourcePolicy(there, clientsKey.policy)
    expect((await put()).status).toBe(200)
  })

  test('of a label is about that label', async () => {
    const arn = await create('m2m/a', { SecretString: 'x' })
    be(
      'operator',
      may('secretsmanager:UpdateSecretVersionStage', '*', {
        StringEquals: { 'secretsmanager:VersionStage': 'AWSPENDING' },
      }),
    )
    const move = (VersionStage: string) =>
      call('operator', 'secretsmanager', 'UpdateSecretVersionStage', {
        SecretId: arn,
        VersionStage,
        MoveToVersionId: randomUUID(),
      })

    expect((await move('AWSCURRENT')).type).toBe('AccessDeniedException')
    expect((await move('AWSPENDING')).type).toBe('ResourceNotFoundException')
  })

  test('of tags is about those tags, and about those that are there', async () => {
    const arn = await create('m2m/a', { Tags: [{ Key: 'team', Value: 'billing' }] })
    const keys = { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['m2m:held'] }, Null: { 'aws:TagKeys': 'false' } }
    be('operator', may(['secretsmanager:TagResource', 'secretsmanager:UntagResource'], '*', keys))
    be('billing', may('secretsmanager:DescribeSecret', '*', { StringEquals: { 'aws:ResourceTag/team': 'billing' } }))
    const tag = (Key: string) =>
      call('operator', 'secretsmanager', 'TagResource', { SecretId: arn, Tags: [{ Key, Value: 'x' }] })

    expect((await tag('m2m:held')).status).toBe(200)
    expect((await tag('m2m:client-id')).type).toBe('AccessDeniedException')
    expect((await call('operator', 'secretsmanager', 'UntagResource', { SecretId: arn, TagKeys: ['team'] })).type).toBe(
      'AccessDeniedException',
    )
    expect((await call('billing', 'secretsmanager', 'DescribeSecret', { SecretId: arn })).status).toBe(200)
    await call('admin', 'secretsmanager', 'UntagResource', { SecretId: arn, TagKeys: ['team'] })
    expect((await call('billing', 'secretsmanager', 'DescribeSecret', { SecretId: arn })).type).toBe(
      'AccessDeniedException',
    )
  })

  test('of a secret with tags needs the right to tag', async () => {
    be('maker', may('secretsmanager:CreateSecret'))
    const Tags = [{ Key: 'a', Value: 'b' }]

    expect(
      (await call('maker', 'secretsmanager', 'CreateSecret', { Name: 'm2m/x', ClientRequestToken: randomUUID(), Tags }))
        .message,
    ).toContain('secretsmanager:TagResource')
    expect(
      (await call('maker', 'secretsmanager', 'CreateSecret', { Name: 'm2m/x', ClientRequestToken: randomUUID() }))
        .status,
    ).toBe(200)
  })
})

describe('a rotation', () => {
  const permit = (Condition: object = {}) =>
    rights.setResourcePolicy(
      FUNCTION,
      policy({
        Effect: 'Allow',
        Principal: { Service: 'secretsmanager.amazonaws.com' },
        Action: 'lambda:InvokeFunction',
        Resource: FUNCTION,
        Condition,
      }),
    )
  const rotate = (who: string, more: object = {}) =>
    call(who, 'secretsmanager', 'RotateSecret', { SecretId: 'm2m/a', ClientRequestToken: randomUUID(), ...more })
  const withFunction = { RotationLambdaARN: FUNCTION, RotateImmediately: true }

  test('needs the function of its caller as well, by Secrets Manager', async () => {
    await create('m2m/a', { SecretString: 'x' })
    permit()
    be('operator', may('secretsmanager:RotateSecret'))
    be('both', may('secretsmanager:RotateSecret'), may('lambda:InvokeFunction', FUNCTION))

    expect((await rotate('operator', withFunction)).message).toContain(`lambda:InvokeFunction on resource: ${FUNCTION}`)
    expect((await rotate('both', withFunction)).status).toBe(200)
    await standIn.idle()
  })

  test('is refused where the function permits Secrets Manager nothing, and its steps end when it no longer does', async () => {
    const arn = await create('m2m/a', { SecretString: 'x' })
    rights.setResourcePolicy(FUNCTION, undefined)
    expect(await rotate('admin', withFunction)).toMatchObject({
      type: 'AccessDeniedException',
      message: expect.stringContaining('Secrets Manager cannot invoke the specified Lambda function'),
    })
    permit({ StringEquals: { 'aws:SourceAccount': '999999999999' } })
    expect((await rotate('admin', withFunction)).type).toBe('AccessDeniedException')

    permit({ StringEquals: { 'aws:SourceAccount': '000000000000' }, ArnLike: { 'aws:SourceArn': arn } })
    expect((await rotate('admin', withFunction)).status).toBe(200)
    rights.setResourcePolicy(FUNCTION, undefined)
    steps.length = 0
    await standIn.idle()
    expect(steps).toEqual([])
    expect(standIn.rotationOutcomes().at(-1)?.outcome).toBe('failed')
  })

  test('names the function that is set or none when the request names none, as the setting says', async () => {
    await create('m2m/a', { SecretString: 'x' })
    permit()
    await rotate('admin', withFunction)
    await standIn.idle()
    be(
      'strict',
      may('secretsmanager:RotateSecret', '*', { ArnEquals: { 'secretsmanager:RotationLambdaARN': FUNCTION } }),
      may('lambda:InvokeFunction'),
    )

    expect((await rotate('strict')).type).toBe('AccessDeniedException')
    standIn.configure({ rotationLambdaArnKey: 'filled' })
    expect((await rotate('strict')).type).not.toBe('AccessDeniedException')
    await standIn.idle()
  })

  test('with rules changes the schedule, which may be denied', async () => {
    await create('m2m/a', { SecretString: 'x' })
    permit()
    be(
      'operator',
      may('lambda:InvokeFunction'),
      may('secretsmanager:RotateSecret', '*', { BoolIfExists: { 'secretsmanager:ModifyRotationRules': 'false' } }),
    )

    expect((await rotate('operator', { ...withFunction, RotationRules: { AutomaticallyAfterDays: 30 } })).type).toBe(
      'AccessDeniedException',
    )
    expect((await rotate('operator', withFunction)).status).toBe(200)
    await standIn.idle()
  })
})

describe('a policy for everybody', () => {
  const put = async (Condition: object | undefined, publicPolicy: 'anyCondition' | 'fixedValues') => {
    standIn.configure({ publicPolicy })
    await create('m2m/a')
    const ResourcePolicy = JSON.stringify(
      policy({
        Effect: 'Allow',
        Principal: '*',
        Action: 'secretsmanager:GetSecretValue',
        Resource: '*',
        ...(Condition && { Condition }),
      }),
    )
    const { status, type } = await call('admin', 'secretsmanager', 'PutResourcePolicy', {
      SecretId: 'm2m/a',
      ResourcePolicy,
      BlockPublicPolicy: true,
    })
    return status === 200 ? 'taken' : type
  }

  test.each([
    ['no condition', undefined, 'PublicPolicyException', 'PublicPolicyException'],
    ['some condition', { Bool: { 'aws:SecureTransport': 'true' } }, 'taken', 'PublicPolicyException'],
    ['a fixed role', { ArnEquals: { 'aws:PrincipalArn': roleOf('a') } }, 'taken', 'taken'],
    ['a pattern of roles', { ArnLike: { 'aws:PrincipalArn': roleOf('a*') } }, 'taken', 'PublicPolicyException'],
    ['all but a role', { ArnNotEquals: { 'aws:PrincipalArn': roleOf('a') } }, 'taken', 'PublicPolicyException'],
  ] as const)('with %s', async (_name, condition, any, fixed) => {
    expect(await put(condition, 'anyCondition')).toBe(any)
    aws.world.reset()
    expect(await put(condition, 'fixedValues')).toBe(fixed)
  })
})

test('whoever signs for the Region of a replica reads the replica, by its ARN there and its key there', async () => {
  const arn = await create('m2m/a', { KmsKeyId: KEY_ALIAS, SecretString: 'x' })
  const there = 'arn:aws:kms:eu-west-1:000000000000:key/there'
  rights.setResourcePolicy(there, clientsKey.policy)
  await call('admin', 'secretsmanager', 'ReplicateSecretToRegions', {
    SecretId: arn,
    AddReplicaRegions: [{ Region: 'eu-west-1', KmsKeyId: there }],
  })
  const arnThere = arn.replace(REGION, 'eu-west-1')
  be(
    'there',
    may('secretsmanager:GetSecretValue', arnThere),
    may('kms:Decrypt', there, { StringEquals: { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com' } }),
  )

  expect(
    (await call('there', 'secretsmanager', 'GetSecretValue', { SecretId: arnThere }, 'eu-west-1')).body.SecretString,
  ).toBe('x')
  expect((await read('there', arn)).type).toBe('AccessDeniedException')
})
