// The questions as AWS is asked them, over HTTP: SDK calls at the stand-in, signed ones at a server that speaks AWS's protocols. Every type
// of name that the template can fix is found when it is there and missed when it is not.
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { PutParameterCommand } from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Account } from '../../../bin/before-deploy/account.ts'
import { createAwsAccount, createClients } from '../../../bin/before-deploy/aws-account.ts'
import { AwsCallError, isDenied } from '../../../bin/before-deploy/check.ts'
import type { Clients } from '../../../bin/before-deploy/name-lookups.ts'
import { createSignedProtocols, elementsOf } from '../../../bin/before-deploy/signed-protocols.ts'
import { endpointIn } from '../../../bin/terminal/cli-env.ts'
import { type AwsStandIn, createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import { createWorld, type World } from '../../../lambda/local/stand-in/world.ts'
import { type AccountApi, startAccountApi } from '../../fakes/account-api.ts'

const around = {
  account: '111122223333',
  region: 'eu-west-1',
  partition: 'aws',
  urlSuffix: 'amazonaws.com',
  stackName: 'm2m-prod',
}
const FUNCTION = 'm2m-prod-rotation'

let world: World
let aws: AwsStandIn
let api: AccountApi
let clients: Clients
let account: Account

beforeAll(async () => {
  world = createWorld()
  aws = createAwsStandIn({
    world,
    region: around.region,
    accountId: around.account,
    buckets: ['m2m-evidence'],
    functions: {
      exists: (arn) => arn.endsWith(`:${FUNCTION}`),
      invoke: async () => ({ ok: true }),
    },
  })
  const origin = await aws.listen(0)
  api = await startAccountApi()
  const environment = {
    AWS_ENDPOINT_URL: origin,
    ...api.environment,
    AWS_ACCESS_KEY_ID: 'any',
    AWS_SECRET_ACCESS_KEY: 'any',
  }
  // The SDK reads its endpoints and credentials when a client first asks for them.
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  clients = createClients(around.region)
  account = createAwsAccount({ clients, around, endpointOf: endpointIn(environment) })
})
beforeEach(() => {
  world.reset()
  Object.assign(api.state, { taken: new Set(), denied: new Set(), stack: undefined, keyPolicy: {} })
})
afterAll(async () => {
  vi.unstubAllEnvs()
  for (const client of Object.values(clients)) client.destroy()
  await aws.close()
  await api.close()
})

const errorOf = async (call: Promise<unknown>): Promise<AwsCallError> => {
  const error = await call.catch((thrown: unknown) => thrown)
  if (error instanceof AwsCallError) return error
  throw new Error('it did not fail as a call')
}

describe('whether a name is taken', () => {
  test.each([
    ['AWS::CloudWatch::Alarm', 'm2m-prod-stuck', 'monitoring m2m-prod-stuck'],
    ['AWS::CloudWatch::Dashboard', 'm2m-prod', 'monitoring m2m-prod'],
    ['AWS::DynamoDB::GlobalTable', 'm2m-prod-reads', 'dynamodb m2m-prod-reads'],
    ['AWS::DynamoDB::Table', 'm2m-prod-reads', 'dynamodb m2m-prod-reads'],
    ['AWS::Events::EventBus', 'm2m-prod', 'events m2m-prod'],
    ['AWS::IAM::ManagedPolicy', 'm2m-prod-operator', 'iam arn:aws:iam::111122223333:policy/m2m-prod-operator'],
    ['AWS::IAM::Role', 'm2m-prod-sweep', 'iam m2m-prod-sweep'],
    ['AWS::KMS::Alias', 'alias/m2m-prod', 'kms alias/m2m-prod'],
    ['AWS::Logs::LogGroup', '/aws/lambda/m2m-prod-sweep', 'logs /aws/lambda/m2m-prod-sweep'],
    ['AWS::SNS::Topic', 'm2m-prod-alarms', 'sns arn:aws:sns:eu-west-1:111122223333:m2m-prod-alarms'],
    ['AWS::SQS::Queue', 'm2m-prod-dead-letters', 'sqs m2m-prod-dead-letters'],
    ['AWS::Scheduler::Schedule', 'm2m-prod-sweep', 'scheduler m2m-prod-sweep'],
  ])('%s %s', async (type, name, taken) => {
    expect(await account.isTaken({ type, name })).toBe(false)

    api.state.taken.add(taken)
    expect(await account.isTaken({ type, name })).toBe(true)
  })

  test('of what the stand-in plays: a function, a secret, a parameter', async () => {
    await clients.secretsManager.send(new CreateSecretCommand({ Name: 'there', SecretString: 'canary' }))
    await clients.systemsManager.send(new PutParameterCommand({ Name: '/there', Value: 'x', Type: 'String' }))

    expect(await account.isTaken({ type: 'AWS::Lambda::Function', name: FUNCTION })).toBe(true)
    expect(await account.isTaken({ type: 'AWS::Lambda::Function', name: 'm2m-prod-sweep' })).toBe(false)
    expect(await account.isTaken({ type: 'AWS::SecretsManager::Secret', name: 'there' })).toBe(true)
    expect(await account.isTaken({ type: 'AWS::SecretsManager::Secret', name: 'missing' })).toBe(false)
    expect(await account.isTaken({ type: 'AWS::SSM::Parameter', name: '/there' })).toBe(true)
    expect(await account.isTaken({ type: 'AWS::SSM::Parameter', name: '/missing' })).toBe(false)
  })

  test('of a bucket, which is one name in all of AWS', async () => {
    const bucket = (name: string) => account.isTaken({ type: 'AWS::S3::Bucket', name })

    expect(await bucket('m2m-evidence')).toBe(true)
    expect(await bucket('missing')).toBe(false)
    aws.faults.add({ op: 'HeadBucket', kind: 'error', status: 403 })
    expect(await bucket('m2m-evidence')).toBe('elsewhere')
  })

  test('of a type that nobody taught it is no guess', async () => {
    await expect(account.isTaken({ type: 'AWS::New::Thing', name: 'x' })).rejects.toThrow(
      'no look-up for AWS::New::Thing',
    )
  })
})

describe('a stack', () => {
  test('that is not there is no error', async () => {
    expect(await account.stack('m2m-prod')).toBeUndefined()
  })

  test('is read to its last page, without what it gave up', async () => {
    api.state.stack = {
      status: 'UPDATE_COMPLETE',
      resources: [
        ['AWS::IAM::Role', 'one', 'CREATE_COMPLETE'],
        ['AWS::IAM::Role', 'two', 'DELETE_SKIPPED'],
        ['AWS::SQS::Queue', 'https://sqs/1/a&amp;b', 'UPDATE_COMPLETE'],
      ],
    }

    expect(await account.stack('m2m-prod')).toEqual({
      status: 'UPDATE_COMPLETE',
      resources: [
        { type: 'AWS::IAM::Role', physicalId: 'one' },
        { type: 'AWS::SQS::Queue', physicalId: 'https://sqs/1/a&b' },
      ],
    })
  })
})

test('CloudFormation says which types of resources the Region does not have', async () => {
  const type = 'AWS::Lambda::ResourcePolicy'

  expect(await account.hasResourceType(type)).toBe(true)
  // The stand-in keeps the missing types among its names.
  api.state.taken.add(`cloudformation ${type}`)
  expect(await account.hasResourceType(type)).toBe(false)
  api.state.denied.add('cloudformation:DescribeType')
  expect(isDenied(await errorOf(account.hasResourceType(type)))).toBe(true)
})

describe('Lambda', () => {
  test('tells its quota, and what a function reserves', async () => {
    aws.configure({ concurrentExecutions: 10 })

    expect(await account.concurrency()).toEqual({ limit: 10, unreserved: 10 })
    expect(await account.reservedBy(FUNCTION)).toBe(0)
    expect(await account.reservedBy('missing')).toBe(0)
  })

  test('knows durable functions where it misses the function, and not the operation', async () => {
    expect(await account.hasDurableFunctions()).toBe(true)
  })
})

describe('a failure', () => {
  test.each([
    ['kms:GetKeyPolicy', () => account.keyPolicy('arn')],
    ['iam:GetRole', () => account.isTaken({ type: 'AWS::IAM::Role', name: 'x' })],
    ['apigateway:GET', () => account.apiGatewayLogRole()],
    ['sts:GetCallerIdentity', () => account.identity()],
  ])('that is a denial names %s', async (action, ask) => {
    api.state.denied.add(action)

    const error = await errorOf(ask())
    expect(error).toMatchObject({ action })
    expect(isDenied(error)).toBe(true)
  })

  test('of CloudWatch is named as IAM names it', async () => {
    api.state.denied.add('monitoring:DescribeAlarms')

    expect(await errorOf(account.isTaken({ type: 'AWS::CloudWatch::Alarm', name: 'x' }))).toMatchObject({
      action: 'cloudwatch:DescribeAlarms',
    })
  })

  test('of the SDK’s keeps AWS’s name', async () => {
    aws.faults.add({ op: 'DescribeSecret', kind: 'error', status: 403 })

    expect(await errorOf(account.secret('x'))).toMatchObject({
      action: 'secretsmanager:DescribeSecret',
      errorName: 'AccessDeniedException',
    })
  })

  test('to connect ends after the second try, with Node’s name for it', async () => {
    const services = createSignedProtocols({
      base: clients.secretsManager,
      region: around.region,
      // Nobody listens there.
      endpointOf: () => 'http://127.0.0.1:9',
    })

    expect(await errorOf(services.query('sts', 'GetCallerIdentity'))).toMatchObject({ action: 'sts:GetCallerIdentity' })
  })
})

test('the policy of a key is read out of its envelope', async () => {
  api.state.keyPolicy = { Statement: [{ Effect: 'Allow' }] }

  expect(await account.keyPolicy('arn')).toEqual({ Statement: [{ Effect: 'Allow' }] })
  expect(await account.key('arn')).toEqual({ state: 'Enabled' })
})

test('the policy of a topic is read among its attributes, and a topic that is not there has none', async () => {
  const arn = 'arn:aws:sns:eu-west-1:111122223333:oncall'
  api.state.topicPolicy = { Statement: [{ Effect: 'Allow', Condition: { StringEquals: { a: 'b' } } }] }

  expect(await account.topicPolicy(arn)).toBeUndefined()
  api.state.taken.add(`sns ${arn}`)
  expect(await account.topicPolicy(arn)).toEqual(api.state.topicPolicy)
})

test('a policy that is no policy is one of Secrets Manager’s objections, and a good one has none', async () => {
  const good = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Principal: '*', Action: 'x:*', Resource: '*' }] }

  expect(await account.policyFaults(JSON.stringify(good))).toEqual([])
  expect(await account.policyFaults('{}')).toEqual([expect.stringMatching(/^SYNTAX: /)])
  expect(
    await account.policyFaults(JSON.stringify({ Statement: [{ ...good.Statement[0], Effect: 'Allow' }] })),
  ).toEqual([expect.stringMatching(/^NO_PUBLIC_ACCESS: /)])
})

test('a stored value is judged without being shown', async () => {
  const secret = { kind: 'projectSecret', name: 'stytch/m2m', projectId: 'project-live-1' } as const
  await clients.secretsManager.send(
    new CreateSecretCommand({ Name: secret.name, SecretString: '{"project_id":"canary","secret":"canary"}' }),
  )

  expect(await account.valueFault(secret)).toBe('project_id is not project-live-1')
})

test('XML is read by its elements, with its entities', () => {
  expect(elementsOf('<a><Code>x</Code><b><Code>y &lt;&amp;&gt;</Code></b><Code><z/></Code></a>', 'Code')).toEqual([
    'x',
    'y <&>',
  ])
})
