// The checks on an account that is made up: what is fine, what is a problem, and what could not be looked at.
import { describe, expect, test } from 'vitest'
import type { Account } from '../../../bin/before-deploy/account.ts'
import {
  checkConcurrency,
  checkDurable,
  checkLogRole,
  checkResourceTypes,
} from '../../../bin/before-deploy/capacity-checks.ts'
import { AwsCallError, couldNotLook, passed, problem, runChecks } from '../../../bin/before-deploy/check.ts'
import { checkNames } from '../../../bin/before-deploy/name-checks.ts'
import { checkBootstrap, checkIdentity, checkRoles, checkStack } from '../../../bin/before-deploy/place-checks.ts'
import type { DeployPlan, NamedResource } from '../../../bin/before-deploy/plan.ts'
import { checkForeignKey, checkSecretPolicies } from '../../../bin/before-deploy/policy-checks.ts'
import { secretChecks } from '../../../bin/before-deploy/secret-checks.ts'
import { checkTopic, topicStatementsIn } from '../../../bin/before-deploy/topic-check.ts'
import { readDeployConfig } from '../../../lib/config/deploy-config.ts'
import { createFakeTiming } from '../../fakes/fake-timing.ts'
import { exampleConfig, synthStack } from '../../stack/synth.ts'

const around = {
  account: '111111111111',
  region: 'eu-west-1',
  partition: 'aws',
  urlSuffix: 'amazonaws.com',
  stackName: 'm2m-prod',
}
const plan = (changes: Partial<DeployPlan> = {}): DeployPlan => ({
  around,
  names: [],
  reservations: [],
  durable: [],
  rareTypes: [],
  apiGatewayLogs: 'none',
  letIn: [],
  ...changes,
})
const denied = (action: string) => new AwsCallError(action, 'AccessDeniedException', 'no')
const never = async (): Promise<never> => {
  throw new Error('was asked')
}

describe('a check that cannot look', () => {
  test('says which action is denied, or how the call failed, and hides no other', async () => {
    const results = await runChecks([
      { check: 'one', what: 'whether one', run: async () => Promise.reject(denied('kms:GetKeyPolicy')) },
      { check: 'two', what: 'whether two', run: async () => [passed('two', 'fine')] },
      {
        check: 'three',
        what: 'whether three',
        run: async () => Promise.reject(new AwsCallError('a:B', 'TimeoutError', '')),
      },
      { check: 'four', what: 'whether four', run: async () => Promise.reject(new TypeError('odd')) },
    ])

    expect(results).toMatchObject([
      {
        check: 'one',
        state: 'notChecked',
        what: 'whether one: kms:GetKeyPolicy is denied',
        todo: expect.stringContaining('allow your own role kms:GetKeyPolicy'),
      },
      { check: 'two', state: 'ok' },
      { check: 'three', state: 'notChecked', what: 'whether three: a:B failed with TimeoutError' },
      { check: 'four', state: 'notChecked', what: 'whether four: TypeError: odd' },
    ])
  })

  test.each(['AccessDenied', 'AccessDeniedException', 'AuthorizationError', 'UnauthorizedOperation'])(
    '%s is a denial',
    (name) => {
      expect(couldNotLook('x', 'whether', new AwsCallError('a:B', name, '')).what).toBe('whether: a:B is denied')
    },
  )
})

describe('roles that functions let in', () => {
  const roleOf = (account: string) => `arn:aws:iam::${account}:role/people/break-glass`
  const check = (letIn: readonly string[], isThere: boolean) =>
    checkRoles(plan({ letIn }), {
      isTaken: async ({ type, name }) => isThere && type === 'AWS::IAM::Role' && name === 'break-glass',
    })

  test('are fine when they exist, or when there are none', async () => {
    expect(await check([roleOf('111111111111')], true)).toMatchObject([{ state: 'ok' }])
    expect(await check([], false)).toMatchObject([{ state: 'ok' }])
  })

  test('are a problem when they do not, since Lambda would refuse the policy', async () => {
    expect(await check([roleOf('111111111111')], false)).toMatchObject([
      { check: 'roles', state: 'problem', what: expect.stringContaining(roleOf('111111111111')) },
    ])
  })

  test('of another account are for its owner to look at', async () => {
    expect(await check([roleOf('222222222222')], true)).toMatchObject([
      { state: 'notChecked', todo: expect.stringContaining('222222222222') },
    ])
  })
})

describe('concurrency', () => {
  const reservations = [
    { functionName: 'one', executions: 50 },
    { functionName: 'two', executions: 43 },
  ]
  const check = async (limit: number, unreserved: number, ours = 0) => {
    const account = {
      concurrency: async () => ({ limit, unreserved }),
      reservedBy: async (name: string) => (name === 'one' ? ours : 0),
    }
    return (await checkConcurrency(plan({ reservations }), account))[0]
  }

  test.each([
    [193, 193, 0, 'ok'],
    [192, 192, 0, 'problem'],
    [10, 10, 0, 'problem'],
    [1000, 192, 0, 'problem'],
    // Deployed already: what it has, it gives back.
    [193, 143, 50, 'ok'],
  ] as const)('of %i with %i unreserved and %i ours: %s', async (limit, unreserved, ours, state) => {
    expect(await check(limit, unreserved, ours)).toMatchObject({ state })
  })

  test('a quota that fits is named, and what would be reserved', async () => {
    const found = await check(10, 10)

    expect(found?.todo).toContain('--desired-value 193;')
    expect(found?.what).toContain('93 concurrent executions are to be reserved (one 50, two 43)')
  })

  test('nothing reserved needs nothing, and asks nothing', async () => {
    expect(await checkConcurrency(plan(), { concurrency: never, reservedBy: never })).toMatchObject([{ state: 'ok' }])
  })
})

describe('durable functions', () => {
  const check = (hasThem: boolean, durable: readonly string[]) =>
    checkDurable(plan({ durable }), { hasDurableFunctions: async () => hasThem })

  test('that are missing are a problem only where one is made', async () => {
    expect(await check(false, ['m2m-prod-campaign'])).toMatchObject([
      { state: 'problem', todo: expect.stringContaining('noCampaignsBecause') },
    ])
    expect(await check(true, ['m2m-prod-campaign'])).toMatchObject([{ state: 'ok' }])
    expect(await checkDurable(plan(), { hasDurableFunctions: never })).toMatchObject([{ state: 'ok' }])
  })
})

test('a type of resource that the Region does not have is a problem, and only where it is made', async () => {
  const rareTypes = ['AWS::Lambda::ResourcePolicy']
  const check = async (has: boolean) => checkResourceTypes(plan({ rareTypes }), { hasResourceType: async () => has })

  expect(await check(true)).toMatchObject([{ state: 'ok' }])
  expect(await check(false)).toMatchObject([
    { check: 'resource types', state: 'problem', what: expect.stringContaining('eu-west-1 does not know AWS::Lambda') },
  ])
  expect(await checkResourceTypes(plan(), { hasResourceType: never })).toMatchObject([{ state: 'ok' }])
})

describe('the role by which API Gateway writes logs', () => {
  const check = async (apiGatewayLogs: DeployPlan['apiGatewayLogs'], role?: string) =>
    (await checkLogRole(plan({ apiGatewayLogs }), { apiGatewayLogRole: async () => role }))[0]?.state

  test('must be there, or be made, and another stack’s is not to be replaced', async () => {
    expect(await check('needRole')).toBe('problem')
    expect(await check('needRole', 'arn:aws:iam::1:role/logs')).toBe('ok')
    expect(await check('makeRole')).toBe('ok')
    expect(await check('makeRole', 'arn:aws:iam::1:role/m2m-prod-VendorApiCloudWatchRole-X')).toBe('ok')
    expect(await check('makeRole', 'arn:aws:iam::1:role/logs')).toBe('problem')
    expect(await checkLogRole(plan(), { apiGatewayLogRole: never })).toMatchObject([{ state: 'ok' }])
  })
})

describe('where it is to stand', () => {
  test('another account than the configuration’s is a problem', () => {
    const identity = { account: '222222222222', arn: 'arn:aws:iam::222222222222:role/ada' }

    expect(
      checkIdentity({ environment: { account: '111111111111', region: 'eu-west-1' } }, identity, 'eu-west-1').state,
    ).toBe('problem')
    expect(checkIdentity({}, identity, 'eu-west-1').state).toBe('ok')
  })

  test.each([
    [undefined, 'problem'],
    ['5', 'problem'],
    ['6', 'ok'],
  ])('bootstrap version %s: %s', async (version, state) => {
    const bootstrap = { parameterName: '/cdk-bootstrap/hnb659fds/version', refused: ['1', '2', '3', '4', '5'] }

    expect(await checkBootstrap(plan({ bootstrap }), { parameter: async () => version })).toMatchObject([{ state }])
  })

  test.each([
    [undefined, 'ok', ''],
    ['REVIEW_IN_PROGRESS', 'ok', ''],
    ['CREATE_COMPLETE', 'ok', ''],
    ['UPDATE_ROLLBACK_COMPLETE', 'ok', ''],
    ['ROLLBACK_COMPLETE', 'ok', ''],
    ['UPDATE_IN_PROGRESS', 'problem', 'describe-stacks'],
    ['UPDATE_ROLLBACK_FAILED', 'problem', 'continue-update-rollback'],
    ['ROLLBACK_FAILED', 'problem', 'delete-stack'],
    ['DELETE_FAILED', 'problem', 'delete-stack'],
  ])('a stack in %s: %s', (status, state, command) => {
    const found = checkStack('m2m-prod', status === undefined ? undefined : { status, resources: [] })

    expect(found.state).toBe(state)
    expect(found.todo ?? '').toContain(command)
  })
})

describe('names', () => {
  const group: NamedResource = { type: 'AWS::Logs::LogGroup', name: '/aws/lambda/m2m-prod-sweep' }
  const queue: NamedResource = { type: 'AWS::SQS::Queue', name: 'm2m-prod-dead-letters' }
  const gate: NamedResource = { type: 'AWS::SecretsManager::Secret', name: 'm2m-intake/prod/gate' }
  const names = [group, queue, gate]
  const resources = [
    { type: group.type, physicalId: group.name },
    { type: queue.type, physicalId: `https://sqs.eu-west-1.amazonaws.com/111111111111/${queue.name}` },
    { type: gate.type, physicalId: `arn:aws:secretsmanager:eu-west-1:111111111111:secret:${gate.name}-AbCdEf` },
  ]
  const check = (stack: Parameters<typeof checkNames>[0]['stack'], isTaken: Account['isTaken']) =>
    checkNames({ names, stack, account: { isTaken }, timing: createFakeTiming() })

  test('that nobody has are free', async () => {
    expect(await check(undefined, async () => false)).toEqual([passed('names', "3 are free, or this stack's own")])
  })

  test('that the stack has itself are not looked up', async () => {
    expect(await check({ status: 'UPDATE_COMPLETE', resources }, never)).toMatchObject([{ state: 'ok' }])
  })

  test('that a creation left which was rolled back are in the way', async () => {
    const found = await check({ status: 'ROLLBACK_COMPLETE', resources }, async ({ name }) => name === queue.name)

    expect(found).toMatchObject([
      {
        state: 'problem',
        what: "the queue m2m-prod-dead-letters exists and is not this stack's",
        todo: expect.stringContaining('its messages would be lost'),
      },
      { state: 'ok', what: "2 are free, or this stack's own" },
    ])
  })

  test('of another type do not count as the stack’s own', async () => {
    const other = resources.map(({ physicalId }) => ({ type: 'AWS::SNS::Topic', physicalId }))

    expect(await check({ status: 'CREATE_COMPLETE', resources: other }, async () => true)).toHaveLength(3)
  })

  test('that exist while the stack cannot be read are neither free nor in the way', async () => {
    const found = await check(denied('cloudformation:DescribeStacks'), async ({ name }) => name === group.name)

    expect(found).toMatchObject([
      {
        state: 'notChecked',
        what: expect.stringContaining(`log group ${group.name}: cloudformation:DescribeStacks is denied`),
      },
    ])
  })

  test('that cannot be looked up are listed once for each right that is missing', async () => {
    const found = await check(undefined, async ({ type }) =>
      Promise.reject(denied(type === queue.type ? 'sqs:GetQueueUrl' : 'a:B')),
    )

    expect(found.map(({ state, what }) => [state, what.split(': ').at(-1)])).toEqual([
      ['notChecked', 'a:B is denied'],
      ['notChecked', 'sqs:GetQueueUrl is denied'],
    ])
  })

  test('of a bucket that another account has need another stage', async () => {
    expect((await check(undefined, async () => 'elsewhere'))[0]).toMatchObject({
      state: 'problem',
      todo: 'take another stage name',
    })
  })
})

describe('secrets that are stored by hand', () => {
  const KEY = 'arn:aws:kms:eu-west-1:111111111111:key/1'
  const withKey = { ...exampleConfig.stytch, projectSecretKeyArn: KEY }
  const check = async (account: Partial<Account>, stytch: object = exampleConfig.stytch) => {
    const config = readDeployConfig({ ...exampleConfig, stytch })
    return runChecks(
      secretChecks(config, { secret: async () => undefined, valueFault: async () => undefined, ...account }),
    )
  }
  const stored = (kmsKeyId?: string, isBeingDeleted = false) => ({ secret: async () => ({ kmsKeyId, isBeingDeleted }) })

  test('are those of the features that are on', async () => {
    const projectRotation = { projectSlug: 'a', environmentSlug: 'b', workspaceKeySecretName: 'stytch/workspace' }
    const config = readDeployConfig({
      ...exampleConfig,
      stytch: { ...exampleConfig.stytch, projectRotation },
      incidents: { intake: { signingSecretName: 'intake/signing', githubAppSecretName: 'intake/app' } },
    })

    expect(secretChecks(config, { secret: never, valueFault: never }).map((one) => one.check)).toEqual([
      'stytch/m2m-prod',
      'stytch/workspace',
      'intake/signing',
      'intake/app',
    ])
  })

  test('must be there, and not on their way out', async () => {
    expect(await check({})).toMatchObject([
      { state: 'problem', todo: expect.stringContaining('create-secret --name stytch/m2m-prod') },
    ])
    expect(await check(stored(undefined, true))).toMatchObject([
      { state: 'problem', todo: 'aws secretsmanager restore-secret --secret-id stytch/m2m-prod' },
    ])
    expect(await check(stored())).toMatchObject([{ state: 'ok' }])
  })

  test.each([
    ['alias/aws/secretsmanager', exampleConfig.stytch, 'ok'],
    [KEY, withKey, 'ok'],
    ['1', withKey, 'ok'],
    ['alias/own', withKey, 'ok'],
    [KEY, exampleConfig.stytch, 'problem'],
    [undefined, withKey, 'problem'],
    [`${KEY}2`, withKey, 'problem'],
  ])('encrypted with %s, as %j says: %s', async (keyId, stytch, state) => {
    expect((await check(stored(keyId), stytch))[0]).toMatchObject({ state })
  })

  test('have a value of the format, which somebody else may have to look at', async () => {
    const malformed = await check({ ...stored(), valueFault: async () => 'secret is missing' })
    const unread = await check({
      ...stored(),
      valueFault: async () => Promise.reject(denied('secretsmanager:GetSecretValue')),
    })

    expect(malformed).toMatchObject([
      { state: 'problem', what: 'the Stytch project secret stytch/m2m-prod is malformed: secret is missing' },
    ])
    expect(unread).toMatchObject([
      { state: 'notChecked', what: expect.stringContaining('stytch/m2m-prod is there; its value was not looked at') },
    ])
  })
})

describe('policies', () => {
  test('that Secrets Manager would refuse are named with its reason', async () => {
    const policies = [
      { subject: 'm2m/prod/a', text: '{}' },
      { subject: 'm2m/prod/b', text: '{"x":1}' },
    ]
    const found = await checkSecretPolicies(policies, {
      policyFaults: async (text) => (text === '{}' ? [] : ['NO_PUBLIC_ACCESS: no']),
    })

    expect(found).toEqual([
      problem(
        'secret policy',
        'Secrets Manager would refuse the policy of m2m/prod/b: NO_PUBLIC_ACCESS: no',
        expect.any(String),
      ),
    ])
    expect(await checkSecretPolicies(policies, { policyFaults: async () => [] })).toMatchObject([{ state: 'ok' }])
  })

  const use = {
    Sid: 'Use',
    Effect: 'Allow',
    Principal: '*',
    Action: 'kms:Decrypt',
    Condition: { ArnEquals: { 'aws:PrincipalArn': ['arn:aws:iam::111111111111:role/r'] } },
  }
  const checkKey = (arn: string, policy: object, state = 'Enabled') =>
    checkForeignKey(
      {
        arn,
        setting: 'keyArn',
        section: 'An existing key',
        ownPolicy: { Statement: [use] },
        account: '111111111111',
        region: 'eu-west-1',
      },
      { key: async () => ({ state }), keyPolicy: async () => policy },
    )
  const KEY = 'arn:aws:kms:eu-west-1:111111111111:key/1'
  const root = { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111111111111:root' }, Action: 'kms:*' }

  test.each([
    ['that has the statements', KEY, { Statement: [use] }, ['ok']],
    ['that lacks them', KEY, { Statement: [] }, ['problem']],
    ['that leaves them to IAM', KEY, { Statement: [root] }, ['notChecked']],
    ['with a denial', KEY, { Statement: [use, { ...use, Effect: 'Deny' }] }, ['notChecked']],
    ['of another Region', 'arn:aws:kms:us-east-1:111111111111:key/1', {}, ['problem']],
    ['of another account', 'arn:aws:kms:eu-west-1:222222222222:key/1', {}, ['notChecked']],
  ])('of a key %s', async (_what, arn, policy, states) => {
    expect((await checkKey(arn, policy)).map(({ state }) => state)).toEqual(states)
  })

  test('of a key that is disabled matter no more', async () => {
    expect(await checkKey(KEY, { Statement: [use] }, 'Disabled')).toMatchObject([
      { state: 'problem', todo: `aws kms enable-key --key-id ${KEY}` },
    ])
  })

  test.each([
    ['PendingDeletion', `aws kms cancel-key-deletion --key-id ${KEY} && aws kms enable-key --key-id ${KEY}`],
    ['PendingImport', `see what it waits for: aws kms describe-key --key-id ${KEY}`],
  ])('of a key that is %s, what is to be typed works', async (state, todo) => {
    expect(await checkKey(KEY, { Statement: [use] }, state)).toMatchObject([{ state: 'problem', todo }])
  })

  test('lack a statement that can be pasted', async () => {
    expect((await checkKey(KEY, {}))[0]?.todo).toBe(`add to it:\n${JSON.stringify(use)}`)
  })
})

describe('an existing topic for notices', () => {
  const arn = 'arn:aws:sns:eu-west-1:111111111111:oncall'
  const needed = topicStatementsIn(
    synthStack({ alarms: { topicArn: arn } })
      .template()
      .toJSON(),
    around,
  )
  const check = (policy: unknown) =>
    checkTopic({ arn, needed, account: around.account }, { topicPolicy: async () => policy })

  test('takes what the template’s own statements let in', async () => {
    expect(needed).toHaveLength(2)
    const tls = {
      Effect: 'Deny',
      Principal: '*',
      Action: 'sns:Publish',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    }

    expect(await check({ Statement: [...needed, tls] })).toMatchObject([{ state: 'ok' }])
  })

  test('with the policy that SNS gives a new topic takes nothing, and the statements to add are named', async () => {
    const policy = {
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: '*' },
          Action: ['SNS:Publish', 'SNS:Subscribe'],
          Resource: arn,
          Condition: { StringEquals: { 'AWS:SourceOwner': '111111111111' } },
        },
      ],
    }

    expect(await check(policy)).toEqual([
      {
        check: 'alarm topic',
        state: 'problem',
        what: `the policy of ${arn} does not cover OurAlarms, OurRules: nobody would be notified`,
        todo: expect.stringContaining('"Service":"events.amazonaws.com"'),
      },
    ])
  })

  test('that takes alarms of another stage only is a problem', async () => {
    const [alarms, rules] = JSON.parse(JSON.stringify(needed).replaceAll('m2m-prod-*', 'm2m-test-*'))

    expect(await check({ Statement: [alarms, rules] })).toMatchObject([
      { state: 'problem', what: expect.stringContaining('does not cover OurAlarms:') },
    ])
  })

  test('that does not exist, or denies publishing to somebody, is said', async () => {
    const denial = { Effect: 'Deny', Principal: '*', Action: 'sns:Publish', Resource: arn }

    expect(await check(undefined)).toMatchObject([{ state: 'problem', what: `${arn} does not exist` }])
    expect(await check({ Statement: [...needed, denial] })).toMatchObject([{ state: 'notChecked' }])
  })
})
