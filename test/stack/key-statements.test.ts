// The statements of a key of a stage's secrets: what stays within KMS's limit however many clients and readers there are, and what a replica's
// key says in its own Region.
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import { MAX_POLICY_CHARACTERS, policyFault, secretPolicy } from '../../lambda/core/clients/secret-policy.ts'
import { MAX_EXTRA_PREFIXES } from '../../lambda/core/secret/stage-secrets.ts'
import { administrationStatements, replicaKeyStatements, useStatements } from '../../lib/base/key-statements.ts'
import { M2mClient } from '../../lib/clients/m2m-client.ts'
import { Registrar } from '../../lib/clients/registrar.ts'
import { MAX_READER_ACCOUNTS } from '../../lib/config/config-defaults.ts'
import { role } from './read-template.ts'
import { ACCOUNT, bySid, lean, REGION, roleStatements, synthStack } from './synth.ts'

/** AWS's: KMS quotas, "Key policy document size". */
const MAX_KEY_POLICY_BYTES = 32_768
const trust = {
  partition: 'aws',
  region: REGION,
  urlSuffix: 'amazonaws.com',
  account: ACCOUNT,
  secretNamePrefix: 'm2m/prod/',
  readerAccounts: Array.from({ length: MAX_READER_ACCOUNTS }, (_, at) => String(200_000_000_000 + at)),
  readerOrganizationId: 'o-a1b2c3d4e5',
  writerRoleArns: [role('rotation')],
  creatorRoleArns: [role('registrar'), role('clients'), role('deploy')],
}

describe('five hundred clients with twelve readers each', () => {
  const readersOf = (client: number) =>
    Array.from({ length: 12 }, (_, at) => `arn:aws:iam::${ACCOUNT}:role/service-${client}-of-some-team-task-role-${at}`)

  test('leave the key’s policy as it is: a tenth of KMS’s limit with every account that may be admitted', () => {
    const statements = [
      ...administrationStatements(trust, [role('deploy'), role('break-glass')]),
      ...useStatements(trust),
    ]

    expect(JSON.stringify({ Version: '2012-10-17', Statement: statements }).length).toBeLessThan(
      MAX_KEY_POLICY_BYTES / 5,
    )
  })

  test('each have a policy of their own, far below Secrets Manager’s limit', () => {
    const roles = { readers: [role('rotation')], changers: [role('registrar')], rotators: [role('sweep')] }
    const arnOf = (at: number) => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:m2m/prod/client-${at}-AbCdEf`

    for (let at = 0; at < 500; at += 1) {
      const named = { ...roles, consumers: readersOf(at) }
      expect(policyFault(arnOf(at), named)).toBeUndefined()
      expect(JSON.stringify(secretPolicy(arnOf(at), named)).length).toBeLessThan(MAX_POLICY_CHARACTERS / 3)
    }
  })

  test('can be declared in stacks of their own, in whose templates nothing grows but the declarations', () => {
    const app = new App(lean)
    const stack = new Stack(app, 'Services', { env: { account: ACCOUNT, region: REGION } })
    const registrar = Registrar.fromStage(stack, { stage: 'prod' })
    for (let at = 0; at < 490; at += 1) {
      const client = new M2mClient(stack, `Client${at}`, {
        registrar,
        clientName: `client-${at}`,
        description: 'One of many',
        scopes: ['a:b'],
      })
      for (const reader of readersOf(at)) client.allow(reader)
    }

    const { Resources } = Template.fromStack(stack).toJSON() as { Resources: Record<string, { Type: string }> }

    expect(new Set(Object.values(Resources).map(({ Type }) => Type))).toEqual(new Set(['Custom::M2mClient']))
  })
})

describe('a replica', () => {
  const keyArn = `arn:aws:kms:eu-north-1:${ACCOUNT}:key/1`

  test('has the same readers on its key, through Secrets Manager of its own Region', () => {
    const there = { ...trust, region: 'eu-north-1' }
    const statements = replicaKeyStatements(there)

    expect(statements.map(({ Sid }) => Sid)).toEqual([
      'DecryptForReaders',
      'DecryptForReadersOfTheOrganization',
      'EncryptReplicas',
    ])
    for (const { Condition } of statements) {
      expect(Condition?.StringEquals?.['kms:ViaService']).toBe('secretsmanager.eu-north-1.amazonaws.com')
      expect(String(Condition?.StringLike?.['kms:EncryptionContext:SecretARN'])).toContain(':eu-north-1:')
    }
  })

  test.each(['RotationFn', 'RegistrarFn', 'ClientsFn'])(
    'lets %s encrypt there: it stores the values that are copied',
    (logicalId) => {
      const { template } = synthStack({ replicas: [{ region: 'eu-west-3' }, { region: 'eu-north-1', keyArn }] })

      const statement = bySid(roleStatements(template(), logicalId), 'EncryptReplicas2')

      expect(statement).toMatchObject({
        Action: ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:Decrypt'],
        Resource: keyArn,
      })
      expect(JSON.stringify(statement.Condition)).toContain('secretsmanager.eu-north-1.')
    },
  )
})

describe('extra prefixes', () => {
  const many = {
    ...trust,
    extraPrefixes: Array.from({ length: MAX_EXTRA_PREFIXES }, (_, at) => `${String(at).repeat(47)}/`),
  }

  test('stand beside the own one wherever the key works, a replica’s too, and stay far below KMS’s limit', () => {
    const statements = [...useStatements(many), ...replicaKeyStatements(many)]
    const bound = statements.filter(({ Sid }) => Sid !== 'TryForCreators')

    for (const { Condition } of bound) {
      const contexts = [Condition?.StringLike?.['kms:EncryptionContext:SecretARN'] ?? []].flat()
      for (const prefix of ['m2m/prod/', ...many.extraPrefixes]) {
        expect(contexts.some((one) => one.endsWith(`:secret:${prefix}*`))).toBe(true)
      }
    }
    expect(JSON.stringify(statements).length).toBeLessThan(MAX_KEY_POLICY_BYTES / 3)
  })
})
