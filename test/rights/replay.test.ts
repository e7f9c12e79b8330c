// A right that is taken out of a policy makes the calls fail that needed it, by their names; one that no call needs is found. The calls are those
// that a stand-in evaluated.
import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { statementsOf } from '../../lambda/local/iam/policy.ts'
import { deniedNow, unneededRights, usedRights } from '../../scripts/rights/replay.ts'
import { may, policy, roleOf, useGuardedAws } from '../local/aws/signed-as.ts'

const KEY = 'alias/clients'
const aws = useGuardedAws({
  keys: [
    {
      alias: KEY,
      usage: 'ENCRYPT_DECRYPT',
      policy: policy({
        Sid: 'TheAccount',
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::000000000000:root' },
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Resource: '*',
      }),
    },
  ],
})
const { be, call, rights } = aws

const rotation = policy(
  {
    Sid: 'Secrets',
    Effect: 'Allow',
    Action: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue', 'secretsmanager:DeleteSecret'],
    Resource: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:m2m/*',
  },
  { Effect: 'Allow', Action: 'kms:*', Resource: '*' },
)

const ofRotation = () =>
  rights.evaluations().filter(({ caller }) => 'accessKeyId' in caller && caller.accessKeyId === 'rotation')

beforeEach(async () => {
  be('rotation', rotation)
  await call('admin', 'secretsmanager', 'CreateSecret', {
    Name: 'm2m/a',
    KmsKeyId: KEY,
    ClientRequestToken: randomUUID(),
  })
  await call('rotation', 'secretsmanager', 'PutSecretValue', {
    SecretId: 'm2m/a',
    ClientRequestToken: randomUUID(),
    SecretString: 'x',
  })
  await call('rotation', 'secretsmanager', 'GetSecretValue', { SecretId: 'm2m/a' })
  await call('rotation', 'secretsmanager', 'DescribeSecret', { SecretId: 'm2m/a' })
})

describe('each action taken out in turn', () => {
  test('names the calls that need it, those of a key on behalf of Secrets Manager as well', () => {
    const found = usedRights(ofRotation()).map(({ holder, statement, action, neededBy }) => [
      holder.split(/[/:]/).at(-1),
      statement,
      action,
      neededBy.map((text) => text.replace(/ on .*$/, '')),
    ])

    expect(found).toEqual([
      ['rotation', 'Secrets', 'secretsmanager:GetSecretValue', ['rotation calls secretsmanager:GetSecretValue']],
      ['rotation', 'Secrets', 'secretsmanager:PutSecretValue', ['rotation calls secretsmanager:PutSecretValue']],
      ['rotation', 'Secrets', 'secretsmanager:DeleteSecret', []],
      ['rotation', 'statement 2', 'kms:*', ['rotation calls kms:GenerateDataKey', 'rotation calls kms:Decrypt']],
      [expect.any(String), 'TheAccount', 'kms:Decrypt', ['rotation calls kms:Decrypt']],
      [expect.any(String), 'TheAccount', 'kms:GenerateDataKey', ['rotation calls kms:GenerateDataKey']],
    ])
  })

  test('finds those that no call needs', () => {
    expect(unneededRights(ofRotation())).toEqual([
      { holder: roleOf('rotation'), statement: 'Secrets', action: 'secretsmanager:DeleteSecret' },
    ])
  })
})

describe('the calls, evaluated with the policies of today', () => {
  /** The record is of all tests before, each with a secret of its own. */
  const now = (...identityPolicies: readonly ReturnType<typeof policy>[]) => {
    const denied = deniedNow(ofRotation(), {
      ofRole: (arn) => (arn === roleOf('rotation') ? identityPolicies : undefined),
    })
    return [...new Set(denied.map((text) => text.replace(/ on arn\S+(?=:)/, ' on m2m/a')))]
  }

  test('are all allowed by the policies of then; a call that was denied then counts for nothing', () => {
    expect(ofRotation().map(({ decision }) => decision)).toContain('implicitDeny')
    expect(now(rotation)).toEqual([])
  })

  test.each(['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'])(
    'without %s, the call fails by its name',
    (taken) => {
      const [first] = statementsOf(rotation)
      const Action = [first?.Action].flat().filter((one) => one !== taken)

      expect(now(policy({ ...first, Action }, { Effect: 'Allow', Action: 'kms:*', Resource: '*' }))).toEqual([
        `rotation calls ${taken} on m2m/a: implicitDeny by identity policies`,
      ])
    },
  )

  test('fail all of them when the role is gone', () => {
    expect(now().length).toBeGreaterThan(2)
  })

  test('are denied by what a resource’s policy says now', () => {
    const denying = policy({ Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' })

    expect(
      deniedNow(ofRotation(), { ofRole: () => [may('*')], ofResource: () => denying }).every((text) =>
        text.endsWith('explicitDeny by resource policies'),
      ),
    ).toBe(true)
  })
})
