// Contract: resource policies and random passwords.
import {
  DeleteResourcePolicyCommand,
  GetRandomPasswordCommand,
  GetResourcePolicyCommand,
  PutResourcePolicyCommand,
  ValidateResourcePolicyCommand,
} from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { createSecret, errorName, startAws } from './aws-harness.ts'

const policyFor = (more: object): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*', ...more }],
  })

const ROOT = policyFor({ Principal: { AWS: 'arn:aws:iam::000000000000:root' } })
const PUBLIC = policyFor({ Principal: '*' })
const CONDITIONAL = policyFor({
  Principal: { AWS: ['*'] },
  Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } },
})
const DENYING = policyFor({ Effect: 'Deny', Principal: '*' })

describe('a resource policy', () => {
  it('is stored, given back and deleted', async () => {
    const aws = await startAws()
    await createSecret(aws, 's')
    const read = () => aws.secrets.send(new GetResourcePolicyCommand({ SecretId: 's' }))
    const before = await read()

    await aws.secrets.send(new PutResourcePolicyCommand({ SecretId: 's', ResourcePolicy: ROOT }))
    const stored = await read()
    await aws.secrets.send(new DeleteResourcePolicyCommand({ SecretId: 's' }))
    const after = await read()

    expect([before, stored, after].map(({ ResourcePolicy }) => ResourcePolicy)).toEqual([undefined, ROOT, undefined])
  })

  it.each([
    ['a public one', PUBLIC, 'PublicPolicyException'],
    ['one whose principal list has *', policyFor({ Principal: { AWS: ['*'] } }), 'PublicPolicyException'],
    ['one for everybody but', policyFor({ NotPrincipal: { AWS: 'arn:aws:iam::1:root' } }), 'PublicPolicyException'],
    ['text that is no JSON', '{', 'MalformedPolicyDocumentException'],
    ['JSON that is no policy', '{"a":1}', 'MalformedPolicyDocumentException'],
    ['a statement without a principal', policyFor({}), 'MalformedPolicyDocumentException'],
    ['more than 20480 characters', policyFor({ Principal: '*', Sid: 's'.repeat(20_480) }), 'ValidationException'],
  ])('is refused under BlockPublicPolicy when it is %s', async (_what, ResourcePolicy, name) => {
    const aws = await startAws()
    await createSecret(aws, 's')

    const refused = await errorName(
      aws.secrets.send(new PutResourcePolicyCommand({ SecretId: 's', ResourcePolicy, BlockPublicPolicy: true })),
    )

    expect(refused).toBe(name)
  })

  it.each([
    ['a condition narrows *', CONDITIONAL, true],
    ['* is denied', DENYING, true],
    ['public ones are not blocked', PUBLIC, false],
  ])('is taken when %s', async (_what, ResourcePolicy, BlockPublicPolicy) => {
    const aws = await startAws()
    await createSecret(aws, 's')

    const stored = await aws.secrets.send(
      new PutResourcePolicyCommand({ SecretId: 's', ResourcePolicy, BlockPublicPolicy }),
    )

    expect(stored.Name).toBe('s')
  })

  it('is validated without a secret', async () => {
    const aws = await startAws()

    const good = await aws.secrets.send(new ValidateResourcePolicyCommand({ ResourcePolicy: ROOT }))
    const bad = await aws.secrets.send(new ValidateResourcePolicyCommand({ ResourcePolicy: PUBLIC }))

    expect(good).toMatchObject({ PolicyValidationPassed: true, ValidationErrors: [] })
    expect(bad.PolicyValidationPassed).toBe(false)
    expect(bad.ValidationErrors).toHaveLength(1)
  })
})

describe('GetRandomPassword', () => {
  it('has 32 characters, one of each type at least', async () => {
    const aws = await startAws()

    const { RandomPassword = '' } = await aws.secrets.send(new GetRandomPasswordCommand({}))

    expect(RandomPassword).toHaveLength(32)
    for (const type of [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9 ]/]) expect(RandomPassword).toMatch(type)
  })

  it('keeps to what it may contain', async () => {
    const aws = await startAws()

    const { RandomPassword } = await aws.secrets.send(
      new GetRandomPasswordCommand({
        PasswordLength: 200,
        ExcludePunctuation: true,
        ExcludeUppercase: true,
        ExcludeCharacters: 'abc123',
      }),
    )

    expect(RandomPassword).toMatch(/^[d-z04-9]{200}$/)
  })

  it.each([
    ['a length over 4096', { PasswordLength: 4097 }, 'ValidationException'],
    ['a length that cannot hold each type', { PasswordLength: 3 }, 'InvalidParameterException'],
    [
      'no characters at all',
      { ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true },
      'InvalidParameterException',
    ],
  ])('refuses %s', async (_what, input, name) => {
    const aws = await startAws()

    const refused = await errorName(aws.secrets.send(new GetRandomPasswordCommand(input)))

    expect(refused).toBe(name)
  })
})
