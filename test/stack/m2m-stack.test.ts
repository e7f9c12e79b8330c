// The stack, statement by statement: what each role may do, on what, and under which condition; and what is around the functions.
// The template is that of a stage in a known account and Region, so that ARNs read as they will be.

import type { Template } from 'aws-cdk-lib/assertions'
import { Match } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, test } from 'vitest'
import { ROTATION_SOURCE } from '../../lambda/core/base/event-types.ts'
import { asSource, flat, functionArn, list, MANAGED, rights, role } from './read-template.ts'
import {
  ACCOUNT,
  BREAK_GLASS,
  bySid,
  REGION,
  resourcesOf,
  roleStatements,
  type Statement,
  synthStack,
} from './synth.ts'

const DEPLOY_ROLE = `arn:aws:iam::${ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`

let template: Template
beforeAll(() => {
  template = synthStack().template()
})

const PROJECT_SECRET = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:stytch/m2m-prod-??????`
const ROTATION_FUNCTION = functionArn('rotation')

const shown = (statement: Statement) => ({
  sid: statement.Sid,
  effect: statement.Effect,
  ...rights(statement),
})

const propertiesOf = (resource: { readonly Properties: Readonly<Record<string, unknown>> } | undefined) => {
  if (resource === undefined) throw new Error('no such resource')
  return resource.Properties
}

const VIA = `StringEquals kms:ViaService secretsmanager.${REGION}.amazonaws.com`
const CONTEXT = `StringLike kms:EncryptionContext:SecretARN ${MANAGED}`

describe('the rotation function', () => {
  test('may do exactly this', () => {
    const statements = roleStatements(template, 'RotationFnRole').map(shown)

    expect(statements).toEqual([
      expect.objectContaining({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [expect.stringMatching(/^<RotationFnLog.*\.Arn>$/)],
      }),
      expect.objectContaining({ actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], resources: ['*'] }),
      {
        sid: 'ReadProjectSecret',
        effect: 'Allow',
        actions: ['secretsmanager:GetSecretValue'],
        resources: [PROJECT_SECRET],
        conditions: [],
      },
      {
        sid: 'RotateManagedSecrets',
        effect: 'Allow',
        actions: [
          'secretsmanager:DescribeSecret',
          'secretsmanager:ListSecretVersionIds',
          'secretsmanager:GetSecretValue',
          'secretsmanager:PutSecretValue',
          'secretsmanager:UpdateSecretVersionStage',
        ],
        resources: [MANAGED],
        conditions: [],
      },
      {
        sid: 'KeyThroughSecretsManager',
        effect: 'Allow',
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [expect.stringMatching(/^<Key.*\.Arn>$/)],
        conditions: [VIA, CONTEXT],
      },
      {
        sid: 'PublishOnTheBus',
        effect: 'Allow',
        actions: ['events:PutEvents'],
        resources: [expect.stringMatching(/^<EventsBus.*\.Arn>$/)],
        conditions: asSource('m2m.rotation'),
      },
      {
        sid: 'ReadFreeze',
        effect: 'Allow',
        actions: ['ssm:GetParameter'],
        resources: [`arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/m2m/prod/freeze`],
        conditions: [],
      },
      {
        sid: 'ReadClaims',
        effect: 'Allow',
        actions: ['dynamodb:GetItem'],
        resources: [expect.stringMatching(/^<RecordsTable.*\.Arn>$/)],
        conditions: [
          'ForAllValues:StringLike dynamodb:LeadingKeys claims#*',
          'Null dynamodb:LeadingKeys false',
          `StringEquals aws:ResourceAccount ${ACCOUNT}`,
        ],
      },
      {
        sid: 'HoldLeases',
        effect: 'Allow',
        actions: ['dynamodb:PutItem', 'dynamodb:DeleteItem'],
        resources: [expect.stringMatching(/^<RecordsTable.*\.Arn>$/)],
        conditions: [
          'ForAllValues:StringLike dynamodb:LeadingKeys lease#*',
          'Null dynamodb:LeadingKeys false',
          `StringEquals aws:ResourceAccount ${ACCOUNT}`,
        ],
      },
      {
        sid: 'KeepVersions',
        effect: 'Allow',
        actions: ['dynamodb:UpdateItem', 'dynamodb:Query'],
        resources: [expect.stringMatching(/^<RecordsTable.*\.Arn>$/)],
        conditions: [
          'ForAllValues:StringLike dynamodb:LeadingKeys versions#*',
          'Null dynamodb:LeadingKeys false',
          `StringEquals aws:ResourceAccount ${ACCOUNT}`,
        ],
      },
      {
        sid: 'SignProofs',
        effect: 'Allow',
        actions: ['kms:Sign'],
        resources: [expect.stringMatching(/^<ProofsKey.*\.Arn>$/)],
        conditions: ['StringEquals kms:MessageType DIGEST', 'StringEquals kms:SigningAlgorithm ECDSA_SHA_256'],
      },
      {
        sid: 'PutProofs',
        effect: 'Allow',
        actions: ['s3:PutObject'],
        resources: [expect.stringMatching(/^arn:aws:s3:::<EvidenceBucket.*>\/proofs\/\*$/)],
        conditions: [`StringEquals aws:ResourceAccount ${ACCOUNT}`],
      },
    ])
  })

  test('may be called by Secrets Manager for this account, and by no other service', () => {
    const permissions = Object.values(resourcesOf(template)).filter(
      ({ Type, Properties }) =>
        Type === 'AWS::Lambda::Permission' && JSON.stringify(Properties.FunctionName).includes('RotationFn'),
    )

    expect(permissions).toHaveLength(1)
    expect(permissions[0]?.Properties).toMatchObject({
      Action: 'lambda:InvokeFunction',
      Principal: 'secretsmanager.amazonaws.com',
      SourceAccount: ACCOUNT,
    })
  })

  test('stops after the 60 seconds that whoever waits for a step counts on, and has executions of its own', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'm2m-prod-rotation',
      Timeout: 60,
      ReservedConcurrentExecutions: 50,
      MemorySize: 512,
      Environment: {
        Variables: {
          STYTCH_PROJECT_ID: 'project-live-00000000-0000-4000-8000-000000000000',
          STYTCH_PROJECT_SECRET_ID: 'stytch/m2m-prod',
          M2M_EVENT_BUS: Match.anyValue(),
          M2M_FREEZE_PARAMETER: '/m2m/prod/freeze',
        },
      },
    })
  })

  test('is called m2m.rotation on the bus, which consumers match', () => {
    expect(ROTATION_SOURCE).toBe('m2m.rotation')
  })
})

describe('the registrar', () => {
  let statements: readonly Statement[]
  beforeAll(() => {
    statements = roleStatements(template, 'RegistrarFnRole')
  })

  test('may do exactly this', () => {
    expect(statements.map(({ Sid, Action }) => Sid ?? list(Action).join())).toEqual([
      'logs:CreateLogStream,logs:PutLogEvents',
      'xray:PutTraceSegments,xray:PutTelemetryRecords',
      'sqs:SendMessage,sqs:GetQueueAttributes,sqs:GetQueueUrl',
      'ReadProjectSecret',
      'RegisterBelowThePrefix',
      'NoPublicPolicy',
      'RotateByOurFunctionOnly',
      'WhatRotateSecretDemands',
      'KeyThroughSecretsManager',
      'Claim',
      'ListSecrets',
    ])
  })

  test.each(['RegisterBelowThePrefix', 'NoPublicPolicy', 'RotateByOurFunctionOnly'])(
    '%s: only below the prefix',
    (sid) => {
      expect(shown(bySid(statements, sid)).resources).toEqual([MANAGED])
    },
  )

  test('stores values, and moves no label', () => {
    const actions = statements.flatMap(({ Action }) => list(Action))

    expect(actions).toContain('secretsmanager:PutSecretValue')
    expect(actions).not.toContain('secretsmanager:UpdateSecretVersionStage')
  })

  test('sets no public policy, and names no other rotation function', () => {
    expect(shown(bySid(statements, 'NoPublicPolicy')).conditions).toEqual([
      'Bool secretsmanager:BlockPublicPolicy true',
    ])
    expect(shown(bySid(statements, 'RotateByOurFunctionOnly')).conditions).toEqual([
      `ArnEqualsIfExists secretsmanager:RotationLambdaARN ${ROTATION_FUNCTION}`,
    ])
    expect(shown(bySid(statements, 'WhatRotateSecretDemands')).resources).toEqual([ROTATION_FUNCTION])
  })

  test('may let Secrets Manager try the key before a secret exists', () => {
    expect(shown(bySid(statements, 'KeyThroughSecretsManager')).conditions).toEqual([
      VIA,
      `${CONTEXT} RequestToValidateKeyAccess`,
    ])
  })

  test('knows every role that a policy must name', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'm2m-prod-registrar',
      Environment: { Variables: Match.objectLike({ M2M_SECRET_PREFIX: 'm2m/prod/' }) },
    })
    const registrar = Object.values(resourcesOf(template)).find(
      ({ Type, Properties }) => Type === 'AWS::Lambda::Function' && Properties.FunctionName === 'm2m-prod-registrar',
    )
    const { Variables } = propertiesOf(registrar).Environment as { Variables: Record<string, unknown> }
    expect(flat(Variables.M2M_READERS).split(' ')).toEqual([
      role('rotation'),
      role('registrar'),
      role('clients'),
      role('identify'),
      BREAK_GLASS,
    ])
    expect(flat(Variables.M2M_CHANGERS).split(' ')).toEqual([
      role('rotation'),
      role('registrar'),
      role('clients'),
      BREAK_GLASS,
    ])
  })
})

describe('the key', () => {
  let statements: readonly Statement[]
  beforeAll(() => {
    const key = Object.values(resourcesOf(template)).find(({ Type }) => Type === 'AWS::KMS::Key')
    statements = (propertiesOf(key).KeyPolicy as { Statement: Statement[] }).Statement
  })

  const ROOT = `arn:aws:iam::${ACCOUNT}:root`

  test('is looked at by the account, and changed by deploy role, break-glass and the root alone', () => {
    const look = shown(bySid(statements, 'LookNotUse'))
    const administer = shown(bySid(statements, 'AdministerNotUse'))

    expect(look.conditions).toEqual([])
    expect(look.actions.filter((action) => !/^kms:(Describe|Get|List)/.test(action))).toEqual([])
    expect(administer.conditions).toEqual([`ArnEquals aws:PrincipalArn ${DEPLOY_ROLE} ${BREAK_GLASS} ${ROOT}`])
    expect(administer.actions).toContain('kms:PutKeyPolicy')
    expect(administer.actions).toContain('kms:ScheduleKeyDeletion')
  })

  test('lets nobody make a grant, which would decrypt whatever its policy says, and no administrator use it', () => {
    const actions = statements.flatMap(({ Action }) => list(Action))
    const administering = ['LookNotUse', 'AdministerNotUse'].flatMap((sid) => shown(bySid(statements, sid)).actions)

    expect(actions.filter((action) => /\*|CreateGrant/.test(action))).toEqual([])
    expect(administering.filter((action) => /crypt|GenerateDataKey|Sign|Import/.test(action))).toEqual([])
  })

  test('decrypts through Secrets Manager, below the prefix, for callers of this account alone', () => {
    const { actions, conditions } = shown(bySid(statements, 'DecryptForReaders'))

    expect(actions).toEqual(['kms:Decrypt'])
    expect(conditions).toEqual([VIA, `StringEquals kms:CallerAccount ${ACCOUNT}`, CONTEXT])
  })

  test('encrypts for the named roles alone, and is tried by those that create secrets', () => {
    const writers = [role('rotation'), role('registrar'), role('clients')].join(' ')
    const creators = [role('registrar'), role('clients')].join(' ')

    expect(shown(bySid(statements, 'EncryptForWriters'))).toMatchObject({
      actions: ['kms:GenerateDataKey'],
      conditions: [VIA, CONTEXT, `ArnEquals aws:PrincipalArn ${writers}`],
    })
    expect(shown(bySid(statements, 'TryForCreators')).conditions).toEqual([
      VIA,
      'StringEquals kms:EncryptionContext:SecretARN RequestToValidateKeyAccess',
      `ArnEquals aws:PrincipalArn ${creators}`,
    ])
  })

  test('has no further statement, rotates, and outlives the stack', () => {
    expect(statements).toHaveLength(5)
    template.hasResource('AWS::KMS::Key', {
      DeletionPolicy: 'Retain',
      Properties: { EnableKeyRotation: true },
    })
  })

  test('is as large with eighty clients of ten readers each as without one', () => {
    const readers = Array.from({ length: 10 }, (_, at) => `arn:aws:iam::${ACCOUNT}:role/reader-${at}`)
    const clients = Array.from({ length: 80 }, (_, at) => ({
      name: `client-${at}`,
      description: 'One of many',
      scopes: ['a:b'],
      readers,
    }))

    const keyOf = (changes: object) =>
      Object.values(
        synthStack({ ...changes })
          .template()
          .findResources('AWS::KMS::Key'),
      ).map(({ Properties }) => Properties.KeyPolicy)

    expect(keyOf({ clients })).toEqual(keyOf({ clients: [] }))
  })

  test('admits accounts and an organization, as the configuration says', () => {
    const admitting = synthStack({ readerAccounts: ['222222222222'], readerOrganizationId: 'o-a1b2c3d4e5' })
    const key = Object.values(resourcesOf(admitting.template())).find(({ Type }) => Type === 'AWS::KMS::Key')
    const { Statement } = propertiesOf(key).KeyPolicy as { Statement: Statement[] }

    expect(shown(bySid(Statement, 'DecryptForReaders')).conditions[1]).toBe(
      `StringEquals kms:CallerAccount ${ACCOUNT} 222222222222`,
    )
    expect(shown(bySid(Statement, 'DecryptForReadersOfTheOrganization')).conditions).toEqual([
      VIA,
      'StringEquals aws:PrincipalOrgID o-a1b2c3d4e5',
      CONTEXT,
    ])
  })
})

describe('every function', () => {
  test('runs Node 24 on arm64, is traced, and logs to a group of its own that forgets', () => {
    const functions = Object.values(resourcesOf(template)).filter(({ Type }) => Type === 'AWS::Lambda::Function')

    expect(functions.length).toBeGreaterThanOrEqual(2)
    for (const { Properties } of functions) {
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        TracingConfig: { Mode: 'Active' },
        Handler: 'index.handler',
        LoggingConfig: { LogGroup: { Ref: expect.stringMatching(/Log/) } },
      })
    }
    template.resourcePropertiesCountIs('AWS::Logs::LogGroup', { RetentionInDays: 365 }, functions.length)
  })

  test('has a role with nothing but its own policy', () => {
    for (const { Properties } of Object.values(resourcesOf(template)).filter(({ Type }) => Type === 'AWS::IAM::Role')) {
      expect(Properties.ManagedPolicyArns).toBeUndefined()
      expect(Properties.AssumeRolePolicyDocument).toMatchObject({
        // A schedule's role starts one function, and is looked at in sweep.test.ts.
        Statement: [
          {
            Principal: {
              Service: /-schedule-/.test(String(Properties.RoleName))
                ? 'scheduler.amazonaws.com'
                : 'lambda.amazonaws.com',
            },
          },
        ],
      })
    }
  })

  test('is granted no wildcard action, and `*` as a resource only for tracing and lists', () => {
    const statements = [...roleStatements(template, 'RotationFnRole'), ...roleStatements(template, 'RegistrarFnRole')]

    for (const statement of statements) {
      const { actions, resources } = shown(statement)
      for (const action of actions) expect(action).not.toMatch(/\*/)
      // It knows no resource.
      const isFree = actions.every((action) => action.startsWith('xray:') || action === 'secretsmanager:ListSecrets')
      if (!isFree) expect(resources).not.toContain('*')
    }
  })
})

describe('a declared client', () => {
  test('is a custom resource that holds what is declared, and no secret', () => {
    template.hasResourceProperties('Custom::M2mClient', {
      SecretName: 'm2m/prod/billing',
      DisplayName: 'billing',
      Description: 'Reads invoices',
      Scopes: ['read:invoices'],
      Rotation: { Schedule: 'rate(60 days)', DurationHours: 1 },
      OnRemoval: 'retain',
      ServiceTimeout: '900',
    })
  })

  test('is asked for once registrar and rotation function may do what it takes', () => {
    const client = Object.values(template.findResources('Custom::M2mClient'))[0]
    const dependencies = client?.DependsOn as readonly string[]

    for (const needed of [
      /^RegistrarFnRoleDefaultPolicy/,
      /^RotationFnRoleDefaultPolicy/,
      /^RotationOnlySecretsManager/,
    ]) {
      expect(dependencies.some((dependency) => needed.test(dependency))).toBe(true)
    }
  })

  test("is kept out of CloudFormation's own rotation schedule, which would cancel rotation on removal", () => {
    template.resourceCountIs('AWS::SecretsManager::RotationSchedule', 0)
    template.resourceCountIs('AWS::SecretsManager::Secret', 0)
  })
})

describe('the options', () => {
  test('a permissions boundary stands on every role', () => {
    const permissionsBoundaryArn = `arn:aws:iam::${ACCOUNT}:policy/boundary`
    const bounded = synthStack({ permissionsBoundaryArn }).template()

    const roles = Object.keys(bounded.findResources('AWS::IAM::Role')).length
    bounded.resourcePropertiesCountIs('AWS::IAM::Role', { PermissionsBoundary: permissionsBoundaryArn }, roles)
  })

  test('tags stand on what can be tagged', () => {
    const tagged = synthStack({ tags: { team: 'identity' } }).template()

    for (const type of ['AWS::Lambda::Function', 'AWS::KMS::Key', 'AWS::IAM::Role', 'AWS::SNS::Topic']) {
      tagged.hasResourceProperties(type, { Tags: Match.arrayWith([{ Key: 'team', Value: 'identity' }]) })
    }
  })

  test('a stack that is to leave nothing removes the key and the logs', () => {
    const leaving = synthStack({ onRemoval: 'destroy' }).template()

    leaving.hasResource('AWS::KMS::Key', { DeletionPolicy: 'Delete' })
    leaving.hasResource('AWS::Logs::LogGroup', { DeletionPolicy: 'Delete' })
  })

  test('an own key is used and not made', () => {
    const keyArn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/0000`
    const keyed = synthStack({ keyArn }).template()

    // None but the one that signs proofs.
    keyed.resourceCountIs('AWS::KMS::Key', 1)
    keyed.hasResourceProperties('AWS::KMS::Key', { KeyUsage: 'SIGN_VERIFY' })
    expect(shown(bySid(roleStatements(keyed, 'RotationFnRole'), 'KeyThroughSecretsManager')).resources).toEqual([
      keyArn,
    ])
  })

  test('inside of a VPC, the function cannot use the network interfaces that Lambda makes for it', () => {
    const network = { subnetIds: ['subnet-0123456789abcdef0'], securityGroupIds: ['sg-0123456789abcdef0'] }
    const inside = synthStack({ network }).template()

    const functions = Object.keys(inside.findResources('AWS::Lambda::Function')).length
    const placed = { VpcConfig: { SubnetIds: network.subnetIds } }
    inside.resourcePropertiesCountIs('AWS::Lambda::Function', placed, functions)
    expect(shown(bySid(roleStatements(inside, 'RotationFnRole'), 'NotByTheCodeItself'))).toMatchObject({
      effect: 'Deny',
      conditions: [`ArnLike lambda:SourceFunctionArn ${ROTATION_FUNCTION.replace('m2m-prod-rotation', '*')}`],
    })
  })

  test("replicas are the registrar's to make, in the declared Regions only", () => {
    const replicated = synthStack({ replicas: [{ region: 'eu-north-1' }] }).template()

    expect(shown(bySid(roleStatements(replicated, 'RegistrarFnRole'), 'ReplicateToDeclaredRegions'))).toMatchObject({
      actions: ['secretsmanager:ReplicateSecretToRegions', 'secretsmanager:CreateSecret'],
      resources: [MANAGED, MANAGED.replace(REGION, 'eu-north-1')],
    })
    expect(
      roleStatements(replicated, 'RotationFnRole')
        .map(shown)
        .some(({ resources }) => resources.some((arn) => arn.includes('eu-north-1'))),
    ).toBe(false)
  })

  test('the key of the project secret may be used for that secret only', () => {
    const projectSecretKeyArn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1111`
    const stytch = { projectId: 'project-live-1', projectSecretName: 'stytch/m2m-prod', projectSecretKeyArn }
    const keyed = synthStack({ stytch }).template()

    expect(shown(bySid(roleStatements(keyed, 'RotationFnRole'), 'DecryptProjectSecret'))).toMatchObject({
      actions: ['kms:Decrypt'],
      resources: [projectSecretKeyArn],
      conditions: [VIA, `StringLike kms:EncryptionContext:SecretARN ${PROJECT_SECRET}`],
    })
  })
})
