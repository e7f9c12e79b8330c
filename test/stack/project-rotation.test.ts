// The rotation of the project's own secret in the stack: who may read the workspace key, what the function may write, and who may ask.

import type { Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, test } from 'vitest'
import { readDeployConfig } from '../../lib/config/deploy-config.ts'
import { ACCOUNT, busStatements, exampleConfig, REGION, resourcesOf, roleStatements, synthStack } from './synth.ts'

const projectRotation = {
  projectSlug: 'acme',
  environmentSlug: 'production',
  workspaceKeySecretName: 'stytch/workspace',
}
const stytch = { ...exampleConfig.stytch, projectRotation }
let template: Template
beforeAll(() => {
  template = synthStack({ stytch }).template()
})

const text = (value: unknown): string => JSON.stringify(value)
const secret = (name: string): string => `:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}-??????`
const rolesWith = (needle: string): readonly string[] =>
  Object.entries(resourcesOf(template))
    .filter(([, { Type, Properties }]) => Type === 'AWS::IAM::Policy' && text(Properties).includes(needle))
    .map(([id]) => id)

describe('the function', () => {
  test('alone may read the workspace key', () => {
    expect(rolesWith('secret:stytch/workspace')).toEqual([expect.stringMatching(/^ProjectRotationFnRole/)])
  })

  test('may write that one secret, and none of a client', () => {
    const statements = roleStatements(template, 'ProjectRotationFnRole')
    const writing = statements.filter(({ Action }) => text(Action).includes('PutSecretValue'))

    expect(writing).toHaveLength(1)
    expect(text(writing[0]?.Resource)).toContain(secret('stytch/m2m-prod'))
    expect(text(statements)).not.toContain('secret:m2m/prod/')
  })

  test('knows names and slugs, and no secret', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'm2m-prod-project-rotation',
      Timeout: 60,
      Environment: {
        Variables: {
          STYTCH_PROJECT_SLUG: 'acme',
          STYTCH_ENVIRONMENT_SLUG: 'production',
          STYTCH_WORKSPACE_KEY_ID: 'stytch/workspace',
          M2M_PROJECT_SECRET: 'stytch/m2m-prod',
          M2M_QUIET_HOURS: '25',
        },
      },
    })
  })

  test('is called by Secrets Manager for this account alone, every ninety days, and not by a deployment', () => {
    template.hasResourceProperties('AWS::Lambda::Permission', {
      Principal: 'secretsmanager.amazonaws.com',
      SourceAccount: ACCOUNT,
    })
    template.hasResourceProperties('AWS::SecretsManager::RotationSchedule', {
      SecretId: 'stytch/m2m-prod',
      RotateImmediatelyOnUpdate: false,
      RotationRules: { AutomaticallyAfterDays: 90 },
    })
  })

  test('may put outcomes on the bus, as the rotation function may', () => {
    expect(text(busStatements(template))).toContain(`role/m2m-prod-project-rotation-${REGION}`)
  })
})

describe.each([
  ['the sweep', 'SweepFnRole', 'm2m-prod-sweep'],
  ['the incident function', 'IncidentFnRole', 'm2m-prod-incident'],
])('%s', (_name, role, FunctionName) => {
  test('may ask for its rotation, and not read it', () => {
    const statements = roleStatements(template, role).filter((statement) =>
      text(statement).includes(secret('stytch/m2m-prod')),
    )

    expect(statements.flatMap(({ Action }) => Action).toSorted()).toEqual([
      'secretsmanager:DescribeSecret',
      'secretsmanager:ListSecretVersionIds',
      'secretsmanager:RotateSecret',
    ])
  })

  test('is told where it is', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName,
      Environment: { Variables: { M2M_PROJECT_SECRET: 'stytch/m2m-prod' } },
    })
  })
})

test('an operator may look at it, and neither read nor rotate it', () => {
  const [operators] = Object.values(template.findResources('AWS::IAM::ManagedPolicy'))
  const statements: readonly { readonly Action: unknown; readonly Resource: unknown }[] =
    operators?.Properties.PolicyDocument.Statement ?? []
  const about = statements.filter(({ Resource }) => text(Resource).includes(secret('stytch/m2m-prod')))

  expect(about.map(({ Action }) => Action)).toEqual([
    ['secretsmanager:DescribeSecret', 'secretsmanager:ListSecretVersionIds', 'secretsmanager:GetResourcePolicy'],
  ])
})

test('without the setting there is nothing of it', () => {
  const bare = synthStack().template()

  expect(text(resourcesOf(bare))).not.toContain('project-rotation')
})

describe('the configuration', () => {
  test.each([
    ['a key below the prefix', { workspaceKeySecretName: 'm2m/prod/key' }, 'lies below m2m/prod/'],
    ['the project secret as the key', { workspaceKeySecretName: 'stytch/m2m-prod' }, 'is the project secret'],
    ['a slug with a path', { projectSlug: 'a/b' }, 'stytch.projectRotation.projectSlug is malformed'],
    ['no quiet time', { quietHours: 0 }, 'stytch.projectRotation.quietHours is malformed'],
    ['what it does not know', { colour: 'red' }, 'stytch.projectRotation.colour is unknown'],
  ])('refuses %s', (_what, change, fault) => {
    const config = { ...exampleConfig, stytch: { ...stytch, projectRotation: { ...projectRotation, ...change } } }

    expect(() => readDeployConfig(config)).toThrow(fault)
  })
})
