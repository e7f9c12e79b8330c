// Contract: secrets as a whole, through the real SDK client. Create, describe, update, delete, restore, tag.
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  RestoreSecretCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { createSecret, DAY_MS, errorName, labels, NOON, newToken, post, startAws, tokenOf } from './aws-harness.ts'

describe('CreateSecret', () => {
  it('makes the value AWSCURRENT, under the token as version id and an ARN with six random characters', async () => {
    const aws = await startAws()
    const token = tokenOf('first')

    const created = await aws.secrets.send(
      new CreateSecretCommand({
        Name: 'team/billing',
        ClientRequestToken: token,
        SecretString: 'v1',
        Description: 'Billing',
        Tags: [{ Key: 'team', Value: 'blue' }],
      }),
    )

    expect(created.ARN).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:team\/billing-[A-Za-z0-9]{6}$/)
    expect(created.VersionId).toBe(token)
    expect(labels(aws, 'team/billing')).toEqual({ [token]: 'AWSCURRENT' })
    const described = await aws.secrets.send(new DescribeSecretCommand({ SecretId: 'team/billing' }))
    expect(described).toMatchObject({
      ARN: created.ARN,
      Name: 'team/billing',
      Description: 'Billing',
      Tags: [{ Key: 'team', Value: 'blue' }],
      VersionIdsToStages: { [token]: ['AWSCURRENT'] },
      CreatedDate: new Date(NOON),
      LastChangedDate: new Date(NOON),
    })
    expect(described.RotationEnabled).toBeUndefined()
    expect(described.LastAccessedDate).toBeUndefined()
  })

  it('makes no version when no value is given', async () => {
    const aws = await startAws()

    const created = await aws.secrets.send(new CreateSecretCommand({ Name: 'empty' }))

    expect(created.VersionId).toBeUndefined()
    expect(labels(aws, 'empty')).toEqual({})
    await expect(aws.secrets.send(new GetSecretValueCommand({ SecretId: 'empty' }))).rejects.toThrow(
      "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    )
  })

  it('repeats its answer for the same token and value, and refuses the name otherwise', async () => {
    const aws = await startAws()
    const same = { Name: 'one', ClientRequestToken: tokenOf('a'), SecretString: 'v' }
    const first = await aws.secrets.send(new CreateSecretCommand(same))

    const again = await aws.secrets.send(new CreateSecretCommand(same))
    const otherValue = aws.secrets.send(new CreateSecretCommand({ ...same, SecretString: 'w' }))
    const otherToken = errorName(
      aws.secrets.send(new CreateSecretCommand({ ...same, ClientRequestToken: tokenOf('b') })),
    )

    expect(again.ARN).toBe(first.ARN)
    await expect(otherValue).rejects.toMatchObject({
      name: 'ResourceExistsException',
      message: expect.stringMatching(/^You can't use ClientRequestToken/),
    })
    expect(await otherToken).toBe('ResourceExistsException')
  })

  it.each([
    ['a name with a space', { Name: 'a b' }, 'ValidationException'],
    ['a name over 512 characters', { Name: 'n'.repeat(513) }, 'ValidationException'],
    ['a token under 32 characters', { ClientRequestToken: 'short' }, 'ValidationException'],
    ['a token over 64 characters', { ClientRequestToken: 't'.repeat(65) }, 'ValidationException'],
    ['a value over 64 KiB', { SecretString: 's'.repeat(65_537) }, 'ValidationException'],
    ['both kinds of value', { SecretString: 's', SecretBinary: new Uint8Array([1]) }, 'InvalidParameterException'],
    ['a description over 2048 characters', { Description: 'd'.repeat(2049) }, 'ValidationException'],
    ['a tag key of AWS', { Tags: [{ Key: 'aws:x', Value: '1' }] }, 'InvalidParameterException'],
    [
      'one tag key twice',
      {
        Tags: [
          { Key: 'x', Value: '1' },
          { Key: 'x', Value: '2' },
        ],
      },
      'InvalidParameterException',
    ],
    [
      'more than 50 tags',
      { Tags: Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}`, Value: '' })) },
      'InvalidParameterException',
    ],
    ['replicas, which are not played', { AddReplicaRegions: [{ Region: 'eu-west-1' }] }, 'InvalidParameterException'],
  ])('refuses %s', async (_what, wrong, name) => {
    const aws = await startAws()

    const refused = await errorName(aws.secrets.send(new CreateSecretCommand({ Name: 'fine', ...wrong })))

    expect(refused).toBe(name)
    expect(aws.standIn.peek('fine')).toBeUndefined()
  })

  it('takes a value of exactly 64 KiB', async () => {
    const aws = await startAws()

    await aws.secrets.send(new CreateSecretCommand({ Name: 'big', SecretString: 's'.repeat(65_536) }))

    expect(aws.standIn.peek('big')?.versions[0]?.value).toHaveLength(65_536)
  })

  it('refuses a raw request without a ClientRequestToken, which every SDK fills in', async () => {
    const aws = await startAws()

    const response = await post(aws.origin, 'secretsmanager.CreateSecret', '{"Name":"raw","SecretString":"v"}')

    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      __type: 'InvalidRequestException',
      message: 'You must provide a ClientRequestToken value. We recommend a UUID-type value.',
    })
  })

  it('names every broken constraint at once, and never the value', async () => {
    const aws = await startAws()
    const marked = `MARKED-${'x'.repeat(65_536)}`

    const sent = aws.secrets.send(
      new CreateSecretCommand({ Name: '', ClientRequestToken: 'short', SecretString: marked }),
    )

    const message = await sent.then(
      () => '',
      (error: Error) => error.message,
    )
    expect(message).toContain("'name'")
    expect(message).toContain("'clientRequestToken'")
    expect(message).toContain("'secretString'")
    expect(message).not.toContain('MARKED')
  })
})

describe('SecretId', () => {
  it('is a name, a full ARN or the ARN without its random suffix', async () => {
    const aws = await startAws()
    const { arn } = await createSecret(aws, 'team/a')

    const found = await Promise.all(
      ['team/a', arn, arn.slice(0, -7)].map((SecretId) => aws.secrets.send(new DescribeSecretCommand({ SecretId }))),
    )

    expect(found.map(({ ARN }) => ARN)).toEqual([arn, arn, arn])
  })

  // Secrets Manager User Guide, "Troubleshoot", partial ARNs: use the complete ARN or the name.
  it.each(['name-abc123', 'billing-worker', 'name-v1.2.3', 'team/name-a_b=c+'])(
    'takes a partial ARN of %s for a complete one, and finds it by name and by complete ARN',
    async (name) => {
      const aws = await startAws()
      const { arn } = await createSecret(aws, name)
      const find = (SecretId: string) => aws.secrets.send(new DescribeSecretCommand({ SecretId }))

      await expect(find(arn.slice(0, -7))).rejects.toBeInstanceOf(ResourceNotFoundException)
      expect((await find(name)).ARN).toBe(arn)
      expect((await find(arn)).Name).toBe(name)
    },
  )

  it('does not take the name with the suffix of the ARN for the name', async () => {
    const aws = await startAws()
    const { arn } = await createSecret(aws, 'orders')

    const sent = aws.secrets.send(new DescribeSecretCommand({ SecretId: arn.slice(arn.lastIndexOf(':') + 1) }))

    await expect(sent).rejects.toBeInstanceOf(ResourceNotFoundException)
  })

  it.each([
    ['an unknown name', 'nobody'],
    ['an ARN of another region', 'arn:aws:secretsmanager:eu-west-1:000000000000:secret:known'],
    ['an ARN of another account', 'arn:aws:secretsmanager:us-east-1:999999999999:secret:known'],
  ])('of %s is not found, with status 400', async (_what, SecretId) => {
    const aws = await startAws()
    await createSecret(aws, 'known')

    const sent = aws.secrets.send(new GetSecretValueCommand({ SecretId }))

    await expect(sent).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret.",
      $metadata: { httpStatusCode: 400 },
    })
  })
})

describe('UpdateSecret', () => {
  it('changes the description alone without a new version', async () => {
    const aws = await startAws()
    const { versionId } = await createSecret(aws, 'u')

    const updated = await aws.secrets.send(new UpdateSecretCommand({ SecretId: 'u', Description: 'new' }))

    expect(updated.VersionId).toBeUndefined()
    expect(aws.standIn.peek('u')?.description).toBe('new')
    expect(labels(aws, 'u')).toEqual({ [versionId]: 'AWSCURRENT' })
  })

  it('moves AWSCURRENT to a new value and AWSPREVIOUS to the old one', async () => {
    const aws = await startAws()
    const { versionId } = await createSecret(aws, 'u')

    const updated = await aws.secrets.send(new UpdateSecretCommand({ SecretId: 'u', SecretString: 'v2' }))

    expect(labels(aws, 'u')).toEqual({ [versionId]: 'AWSPREVIOUS', [updated.VersionId ?? '']: 'AWSCURRENT' })
  })

  it('repeats its answer for the same token and value, and refuses another value as PutSecretValue does', async () => {
    const aws = await startAws()
    const { arn, versionId } = await createSecret(aws, 'u', 'v')
    const update = (SecretString: string) =>
      aws.secrets.send(new UpdateSecretCommand({ SecretId: 'u', ClientRequestToken: versionId, SecretString }))

    const again = await update('v')

    expect(again).toMatchObject({ ARN: arn, VersionId: versionId })
    await expect(update('w')).rejects.toMatchObject({
      name: 'ResourceExistsException',
      message: `You can't use ClientRequestToken ${versionId} because that value is already in use for a version of secret ${arn}.`,
    })
    expect(labels(aws, 'u')).toEqual({ [versionId]: 'AWSCURRENT' })
  })
})

describe('DeleteSecret', () => {
  it('hides the value and keeps the description until the window ends, then everything is gone', async () => {
    const aws = await startAws()
    await createSecret(aws, 'd')

    const deleted = await aws.secrets.send(new DeleteSecretCommand({ SecretId: 'd', RecoveryWindowInDays: 7 }))

    expect(deleted.DeletionDate).toEqual(new Date(NOON + 7 * DAY_MS))
    const described = await aws.secrets.send(new DescribeSecretCommand({ SecretId: 'd' }))
    expect(described.DeletedDate).toEqual(new Date(NOON + 7 * DAY_MS))
    expect(await errorName(aws.secrets.send(new GetSecretValueCommand({ SecretId: 'd' })))).toBe(
      'InvalidRequestException',
    )
    aws.world.clock.advance(7 * DAY_MS)
    expect(await errorName(aws.secrets.send(new DescribeSecretCommand({ SecretId: 'd' })))).toBe(
      'ResourceNotFoundException',
    )
  })

  it('waits thirty days when no window is given', async () => {
    const aws = await startAws()
    await createSecret(aws, 'd')

    const deleted = await aws.secrets.send(new DeleteSecretCommand({ SecretId: 'd' }))

    expect(deleted.DeletionDate).toEqual(new Date(NOON + 30 * DAY_MS))
  })

  it('refuses every change of a secret that is scheduled for deletion', async () => {
    const aws = await startAws()
    await createSecret(aws, 'd')
    await aws.secrets.send(new DeleteSecretCommand({ SecretId: 'd' }))

    const refusals = await Promise.all([
      errorName(aws.secrets.send(new PutSecretValueCommand({ SecretId: 'd', SecretString: 'v' }))),
      errorName(aws.secrets.send(new UpdateSecretCommand({ SecretId: 'd', Description: 'x' }))),
      errorName(aws.secrets.send(new TagResourceCommand({ SecretId: 'd', Tags: [{ Key: 'k', Value: 'v' }] }))),
      errorName(aws.secrets.send(new UntagResourceCommand({ SecretId: 'd', TagKeys: ['k'] }))),
      errorName(aws.secrets.send(new DeleteSecretCommand({ SecretId: 'd' }))),
    ])

    expect(new Set(refusals)).toEqual(new Set(['InvalidRequestException']))
  })

  it('keeps the name taken until then', async () => {
    const aws = await startAws()
    await createSecret(aws, 'd')
    await aws.secrets.send(new DeleteSecretCommand({ SecretId: 'd' }))

    const sent = aws.secrets.send(new CreateSecretCommand({ Name: 'd', SecretString: 'v' }))

    await expect(sent).rejects.toThrow(
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    )
  })

  it('by force is at once, frees the name, and the next secret of that name has another ARN', async () => {
    const aws = await startAws()
    const before = await createSecret(aws, 'd')

    await aws.secrets.send(new DeleteSecretCommand({ SecretId: 'd', ForceDeleteWithoutRecovery: true }))

    expect(aws.standIn.peek('d')).toBeUndefined()
    const after = await createSecret(aws, 'd')
    expect(after.arn).not.toBe(before.arn)
  })

  it('by force does not mind a secret that is not there', async () => {
    const aws = await startAws()

    const deleted = await aws.secrets.send(
      new DeleteSecretCommand({ SecretId: 'nobody', ForceDeleteWithoutRecovery: true }),
    )

    expect(deleted.Name).toBe('nobody')
    expect(await errorName(aws.secrets.send(new DeleteSecretCommand({ SecretId: 'nobody' })))).toBe(
      'ResourceNotFoundException',
    )
  })

  it.each([
    ['a window under seven days', { RecoveryWindowInDays: 6 }],
    ['a window over thirty days', { RecoveryWindowInDays: 31 }],
    ['a window and force', { RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true }],
  ])('refuses %s', async (_what, wrong) => {
    const aws = await startAws()
    await createSecret(aws, 'd')

    const refused = errorName(aws.secrets.send(new DeleteSecretCommand({ SecretId: 'd', ...wrong })))

    expect(await refused).toBe('InvalidParameterException')
  })

  it('is undone by RestoreSecret', async () => {
    const aws = await startAws()
    await createSecret(aws, 'd', 'v')
    await aws.secrets.send(new DeleteSecretCommand({ SecretId: 'd' }))

    await aws.secrets.send(new RestoreSecretCommand({ SecretId: 'd' }))

    const read = await aws.secrets.send(new GetSecretValueCommand({ SecretId: 'd' }))
    expect(read.SecretString).toBe('v')
  })
})

describe('tags', () => {
  it('are added, replaced by key, and removed', async () => {
    const aws = await startAws()
    await createSecret(aws, 't')

    await aws.secrets.send(
      new TagResourceCommand({
        SecretId: 't',
        Tags: [
          { Key: 'a', Value: '1' },
          { Key: 'b', Value: '2' },
        ],
      }),
    )
    await aws.secrets.send(new TagResourceCommand({ SecretId: 't', Tags: [{ Key: 'a', Value: '3' }] }))
    await aws.secrets.send(new UntagResourceCommand({ SecretId: 't', TagKeys: ['b', 'absent'] }))

    expect(aws.standIn.peek('t')?.tags).toEqual({ a: '3' })
  })
})

describe('the protocol', () => {
  it('answers an unknown operation and a broken body as AWS does', async () => {
    const aws = await startAws()

    const unknown = await post(aws.origin, 'secretsmanager.Nothing', '{}')
    const broken = await post(aws.origin, 'secretsmanager.ListSecrets', '{')
    const mistyped = await post(aws.origin, 'secretsmanager.DescribeSecret', '{"SecretId":7}')

    expect(await unknown.json()).toMatchObject({ __type: 'UnknownOperationException' })
    expect(await broken.json()).toMatchObject({ __type: 'SerializationException' })
    expect(await mistyped.json()).toMatchObject({ __type: 'SerializationException' })
    expect([unknown.status, broken.status, mistyped.status]).toEqual([400, 400, 400])
  })

  it('gives every answer a request id of its own', async () => {
    const aws = await startAws()
    const token = newToken()

    const first = await aws.secrets.send(new CreateSecretCommand({ Name: 'r', ClientRequestToken: token }))
    const second = await aws.secrets.send(new DescribeSecretCommand({ SecretId: 'r' }))

    expect(first.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/)
    expect(second.$metadata.requestId).not.toBe(first.$metadata.requestId)
  })
})
