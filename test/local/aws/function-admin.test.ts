// Functions and roles that a script makes, over HTTP as the SDK and a signed call reach them: what AWS refuses, and until when; and the event
// history of what was done with secrets.
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListFunctionsCommand,
} from '@aws-sdk/client-lambda'
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { jsonRequest } from '../../../lambda/adapters/aws/request-signer.ts'
import { createSignedCall, type SignedCall } from '../../../lambda/adapters/aws/signed-call.ts'
import { createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import type { MadeFunction } from '../../../lambda/local/aws/functions.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'
import { callOf } from './query-request.ts'

const world = createWorld()
const made = new Map<string, MadeFunction>()
const OTHERS = 'arn:aws:lambda:us-east-1:000000000000:function:others'
const standIn = createAwsStandIn({
  world,
  invoke: async () => ({ ok: true }),
  settings: { newRoleMs: 5000, newFunctionMs: 2000, redriveCount: 0 },
  functions: {
    exists: (arn) => arn === OTHERS || made.has(arn),
    all: () => [OTHERS, ...made.keys()],
    create: (one) => made.set(one.functionArn, one),
    remove: (arn) => made.delete(arn),
    invoke: async () => ({ ok: true }),
  },
})
let lambda: LambdaClient
let secrets: SecretsManagerClient
let signed: (service: string, region?: string) => SignedCall

beforeAll(async () => {
  const endpoint = await standIn.listen(0)
  const settings = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'me', secretAccessKey: 'any' },
    maxAttempts: 1,
  }
  lambda = new LambdaClient(settings)
  secrets = new SecretsManagerClient(settings)
  signed = (service, region) => createSignedCall(secrets, { service, endpoint, region })
})
afterEach(() => world.reset())
afterAll(async () => {
  lambda.destroy()
  secrets.destroy()
  await standIn.close()
})

const iam = (action: string, parameters: Readonly<Record<string, string>> = {}, region = 'us-east-1') =>
  callOf(signed('iam', region), action, parameters)
const trust = { AssumeRolePolicyDocument: '{}' }
const ROLE = 'arn:aws:iam::000000000000:role/probes/worker'
const makeRole = () => iam('CreateRole', { RoleName: 'worker', Path: '/probes/', ...trust })

const create = (more: object = {}) =>
  lambda.send(
    new CreateFunctionCommand({
      FunctionName: 'worker',
      Role: ROLE,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Code: { ZipFile: Buffer.from('zip') },
      ...more,
    }),
  )

test('the caller is whoever signed', async () => {
  const { body } = await callOf(signed('sts'), 'GetCallerIdentity', {})

  expect(body).toContain('<Account>000000000000</Account>')
  expect(body).toContain(':assumed-role/me/')
})

describe('a role', () => {
  test('is found by its path, and is there once', async () => {
    await makeRole()

    expect((await iam('ListRoles', { PathPrefix: '/probes/' })).body).toContain(`<Arn>${ROLE}</Arn>`)
    expect((await iam('ListRoles', { PathPrefix: '/other/' })).body).not.toContain('<Arn>')
    expect(await makeRole()).toMatchObject({ status: 409, body: expect.stringContaining('EntityAlreadyExists') })
  })

  test('stays while it has policies', async () => {
    await makeRole()
    const policy = { RoleName: 'worker', PolicyName: 'one' }
    await iam('PutRolePolicy', { ...policy, PolicyDocument: '{}' })

    expect((await iam('DeleteRole', { RoleName: 'worker' })).body).toContain('DeleteConflict')
    await iam('DeleteRolePolicy', policy)
    expect((await iam('DeleteRole', { RoleName: 'worker' })).status).toBe(200)
    expect((await iam('DeleteRole', { RoleName: 'worker' })).body).toContain('NoSuchEntity')
  })

  test('is nothing that another Region’s signature reaches', async () => {
    expect((await iam('ListRoles', {}, 'eu-west-1')).body).toContain('SignatureDoesNotMatch')
  })
})

describe('a function', () => {
  test('is refused while Lambda cannot assume its role', async () => {
    const refusal = {
      name: 'InvalidParameterValueException',
      message: expect.stringContaining('cannot be assumed by Lambda'),
    }
    await expect(create()).rejects.toMatchObject(refusal)
    await makeRole()
    await expect(create()).rejects.toMatchObject(refusal)
    world.clock.advance(5000)

    expect(await create()).toMatchObject({ FunctionName: 'worker', State: 'Pending' })
    await expect(create()).rejects.toMatchObject({ name: 'ResourceConflictException' })
    world.clock.advance(2000)
    const shown = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'worker' }))
    expect(shown).toMatchObject({ State: 'Active', Role: ROLE })
  })

  test('rotates nothing before it permits Secrets Manager, and is gone once it was deleted', async () => {
    await makeRole()
    world.clock.advance(5000)
    const { FunctionArn: arn = '' } = await create()
    await secrets.send(new CreateSecretCommand({ Name: 'one', SecretString: 'any' }))
    const rotate = () =>
      secrets.send(
        new RotateSecretCommand({
          SecretId: 'one',
          RotationLambdaARN: arn,
          RotationRules: { AutomaticallyAfterDays: 30 },
          RotateImmediately: false,
        }),
      )
    await expect(rotate()).rejects.toMatchObject({ name: 'AccessDeniedException' })
    const permission = {
      FunctionName: 'worker',
      StatementId: 'rotate',
      Action: 'lambda:InvokeFunction',
      Principal: 'secretsmanager.amazonaws.com',
    }
    await lambda.send(new AddPermissionCommand(permission))
    await expect(lambda.send(new AddPermissionCommand(permission))).rejects.toMatchObject({
      name: 'ResourceConflictException',
    })
    await rotate()
    await standIn.idle()

    const names = async () =>
      (await lambda.send(new ListFunctionsCommand({}))).Functions?.map((one) => one.FunctionName)
    expect(await names()).toEqual(['others', 'worker'])
    await lambda.send(new DeleteFunctionCommand({ FunctionName: 'worker' }))
    expect(await names()).toEqual(['others'])
    await expect(lambda.send(new DeleteFunctionCommand({ FunctionName: 'worker' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
  })
})

test('the event history names what was done with a secret, newest first', async () => {
  await secrets.send(new CreateSecretCommand({ Name: 'told', SecretString: 'canary-value' }))
  world.clock.advance(1000)
  await secrets.send(new DeleteSecretCommand({ SecretId: 'told', ForceDeleteWithoutRecovery: true }))
  const target = 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents'
  const { body } = await signed('cloudtrail')(jsonRequest(target, '1.1', {}), 1000)

  const { Events: events } = JSON.parse(body) as { Events: readonly { EventName: string; CloudTrailEvent: string }[] }
  expect(events.map(({ EventName }) => EventName)).toEqual(['DeleteSecret', 'CreateSecret'])
  expect(JSON.parse(events[0]?.CloudTrailEvent ?? '')).toMatchObject({
    eventType: 'AwsApiCall',
    requestParameters: { secretId: 'told' },
  })
  expect(body).not.toContain('canary-value')
})
