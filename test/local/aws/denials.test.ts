// Who may do what at the services beside Secrets Manager: what each call asks for, and how each service words a denial.
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, describe, expect, test } from 'vitest'
import {
  dynamoDbModel,
  eventBridgeModel,
  kmsModel,
  secretsManagerModel,
  systemsManagerModel,
} from '../../../lambda/local/aws/api-models.ts'
import { may, policy, REGION, roleOf, sessionOf, useGuardedAws } from './signed-as.ts'

const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:clients'
const BUS = 'arn:aws:events:us-east-1:000000000000:event-bus/m2m'
const TABLE = 'arn:aws:dynamodb:us-east-1:000000000000:table/records'
const TOPIC = 'arn:aws:sns:us-east-1:000000000000:notices'

const aws = useGuardedAws({
  keys: [{ alias: 'alias/sign' }],
  buckets: ['evidence'],
  tables: [{ name: 'records', partitionKey: 'pk', sortKey: 'sk' }],
  watching: {
    topics: { notices: ['a@example.com'] },
    alarms: ['dead'],
    schedules: ['nightly'],
    rules: { m2m: ['reports'] },
  },
  functions: {
    exists: (arn) => arn === FUNCTION,
    settingsOf: () => ({ aliases: ['live'] }),
    invoke: async () => ({ ok: true, value: 'done' }),
  },
})
const { be, beAbroad, call, query, send, rights } = aws

const clients: { destroy(): void }[] = []
const sdk = <Client extends { destroy(): void }>(
  make: new (settings: object) => Client,
  accessKeyId: string,
): Client => {
  const client = new make({
    endpoint: aws.origin(),
    region: REGION,
    credentials: { accessKeyId, secretAccessKey: 'x' },
    forcePathStyle: true,
    maxAttempts: 1,
  })
  clients.push(client)
  return client
}
afterAll(() => {
  for (const client of clients) client.destroy()
})

const denied = (who: string, action: string, resource: string): string =>
  `User: ${sessionOf(who)} is not authorized to perform: ${action}${resource === '' ? '' : ` on resource: ${resource}`} because no identity-based policy allows the ${action} action`

describe('a denial is worded as its service words it', () => {
  const parameter = 'arn:aws:ssm:us-east-1:000000000000:parameter/m2m/freeze'

  test.each([
    ['events', 'PutEvents', { Entries: [{ Source: 'a', DetailType: 'b', Detail: '{}', EventBusName: 'm2m' }] }, BUS],
    ['events', 'ListRules', { EventBusName: 'm2m' }, ''],
    [
      'events',
      'DisableRule',
      { EventBusName: 'm2m', Name: 'reports' },
      'arn:aws:events:us-east-1:000000000000:rule/m2m/reports',
    ],
    ['ssm', 'GetParameter', { Name: '/m2m/freeze' }, parameter],
    ['ssm', 'PutParameter', { Name: '/m2m/freeze', Value: 'on', Type: 'String' }, parameter],
    ['ssm', 'GetParametersByPath', { Path: '/m2m' }, 'arn:aws:ssm:us-east-1:000000000000:parameter/m2m'],
    ['dynamodb', 'GetItem', { TableName: 'records', Key: { pk: { S: 'a' }, sk: { S: 'b' } } }, TABLE],
    ['kms', 'ListAliases', {}, ''],
    ['cloudtrail', 'LookupEvents', {}, ''],
    ['secretsmanager', 'ListSecrets', {}, ''],
    ['secretsmanager', 'GetRandomPassword', {}, ''],
  ])('%s %s', async (service, operation, body, resource) => {
    be('nobody')

    const reply = await call('nobody', service, operation, body)

    expect(reply).toMatchObject({ status: 400, type: 'AccessDeniedException' })
    expect(reply.message).toBe(denied('nobody', `${service}:${operation}`, resource))
    expect(await call(undefined, service, operation, body)).toMatchObject({
      status: 400,
      type: 'MissingAuthenticationTokenException',
    })
    expect((await call('admin', service, operation, body)).type).not.toBe('AccessDeniedException')
  })

  test.each([
    [
      'sns',
      'ListSubscriptionsByTopic',
      { TopicArn: TOPIC },
      'AuthorizationError',
      'SNS:ListSubscriptionsByTopic',
      TOPIC,
    ],
    [
      'monitoring',
      'DescribeAlarms',
      { AlarmNamePrefix: 'm2m' },
      'AccessDenied',
      'cloudwatch:DescribeAlarms',
      'arn:aws:cloudwatch:us-east-1:000000000000:alarm:*',
    ],
    [
      'iam',
      'CreateRole',
      { RoleName: 'a', Path: '/x/', AssumeRolePolicyDocument: '{}' },
      'AccessDenied',
      'iam:CreateRole',
      'arn:aws:iam::000000000000:role/x/a',
    ],
  ])('%s %s', async (service, action, form, type, words, resource) => {
    be('nobody')

    const reply = await query('nobody', service, action, form)

    expect(reply).toMatchObject({ status: 403, type })
    expect(reply.message).toBe(denied('nobody', words, resource))
    expect(await query(undefined, service, action, form)).not.toMatchObject({ status: 200 })
    expect((await query('admin', service, action, form)).status).toBe(200)
  })

  test('Lambda, by the SDK', async () => {
    be('nobody')
    const invoke = sdk(LambdaClient, 'nobody').send(new InvokeCommand({ FunctionName: 'clients', Qualifier: 'live' }))

    await expect(invoke).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: denied('nobody', 'lambda:InvokeFunction', `${FUNCTION}:live`),
      $metadata: { httpStatusCode: 403 },
    })
  })

  test('S3, by the SDK: the resource in quotation marks, and no words for a HEAD', async () => {
    be('nobody')
    const s3 = sdk(S3Client, 'nobody')

    await expect(s3.send(new GetObjectCommand({ Bucket: 'evidence', Key: 'a/b.json' }))).rejects.toMatchObject({
      name: 'AccessDenied',
      message: denied('nobody', 's3:GetObject', '"arn:aws:s3:::evidence/a/b.json"'),
      $metadata: { httpStatusCode: 403 },
    })
    await expect(s3.send(new HeadObjectCommand({ Bucket: 'evidence', Key: 'a' }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    })
    expect(await send(undefined, { service: 's3', method: 'GET', path: '/evidence/a' })).toMatchObject({
      status: 403,
      type: 'AccessDenied',
      message: 'Access Denied',
    })
  })

  test('EventBridge, by the SDK', async () => {
    be('nobody')
    const put = sdk(EventBridgeClient, 'nobody').send(
      new PutEventsCommand({ Entries: [{ Source: 'a', DetailType: 'b', Detail: '{}' }] }),
    )

    await expect(put).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: denied('nobody', 'events:PutEvents', 'arn:aws:events:us-east-1:000000000000:event-bus/default'),
    })
  })

  test('Scheduler', async () => {
    be('nobody')
    const get = (who: string) =>
      send(who, { service: 'scheduler', method: 'GET', path: '/schedules/nightly?groupName=default' })

    expect(await get('nobody')).toMatchObject({
      status: 403,
      type: 'AccessDeniedException',
      message: denied(
        'nobody',
        'scheduler:GetSchedule',
        'arn:aws:scheduler:us-east-1:000000000000:schedule/default/nightly',
      ),
    })
    expect((await get('admin')).status).toBe(200)
  })
})

describe('events', () => {
  const say = (who: string, ...sources: readonly string[]) =>
    call(who, 'events', 'PutEvents', {
      Entries: sources.map((Source) => ({ Source, DetailType: 'x', Detail: '{}', EventBusName: 'm2m' })),
    })

  test('have as many sources as the entries: ForAllValues allows none but its own', async () => {
    be(
      'sweep',
      may('events:PutEvents', BUS, {
        'ForAllValues:StringEquals': { 'events:source': 'm2m.sweep' },
        Null: { 'events:source': 'false' },
      }),
    )

    expect((await say('sweep', 'm2m.sweep', 'm2m.sweep')).status).toBe(200)
    expect((await say('sweep', 'm2m.sweep', 'm2m.incident')).type).toBe('AccessDeniedException')
  })

  test("the bus's own policy denies by what any of them says", async () => {
    be('speaker', may('events:PutEvents'))
    rights.setResourcePolicy(
      BUS,
      policy({
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 'events:PutEvents',
        Resource: BUS,
        Condition: {
          'ForAnyValue:StringEquals': { 'events:source': 'm2m.rotation' },
          ArnNotEquals: { 'aws:PrincipalArn': roleOf('rotation') },
        },
      }),
    )

    expect((await say('speaker', 'm2m.sweep')).status).toBe(200)
    expect((await say('speaker', 'm2m.sweep', 'm2m.rotation')).message).toContain(
      'with an explicit deny in a resource-based policy',
    )
    rights.setResourcePolicy(BUS, undefined)
  })

  test('an operator for one value matches their source as the setting says', async () => {
    be('plain', may('events:PutEvents', BUS, { StringEquals: { 'events:source': 'm2m.sweep' } }))

    expect((await say('plain', 'm2m.sweep')).type).toBe('AccessDeniedException')
    aws.standIn.configure({ multiValuedSource: 'lenient' })
    expect((await say('plain', 'm2m.sweep')).status).toBe(200)
  })
})

describe('records', () => {
  const key = (pk: string) => ({ pk: { S: pk }, sk: { S: 'x' } })
  const condition = {
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['lease#*'] },
    Null: { 'dynamodb:LeadingKeys': 'false' },
  }
  const asked = (pk: string): readonly (readonly [string, object])[] => [
    ['GetItem', { TableName: 'records', Key: key(pk) }],
    ['PutItem', { TableName: 'records', Item: { ...key(pk), a: { S: 'b' } } }],
    [
      'UpdateItem',
      {
        TableName: TABLE,
        Key: key(pk),
        UpdateExpression: 'SET a = :a',
        ExpressionAttributeValues: { ':a': { S: 'b' } },
      },
    ],
    ['DeleteItem', { TableName: 'records', Key: key(pk) }],
    [
      'Query',
      {
        TableName: 'records',
        KeyConditionExpression: '#k = :k AND begins_with(sk, :s)',
        ExpressionAttributeNames: { '#k': 'pk' },
        ExpressionAttributeValues: { ':k': { S: pk }, ':s': { S: 'x' } },
      },
    ],
  ]

  test.each(asked('lease#1').map(([op]) => op))('%s is about the partition key that it names', async (op) => {
    be('rotation', may('dynamodb:*', TABLE, condition))
    const bodyFor = (pk: string) => asked(pk).find(([one]) => one === op)?.[1] ?? {}

    expect((await call('rotation', 'dynamodb', op, bodyFor('lease#1'))).type).not.toBe('AccessDeniedException')
    expect((await call('rotation', 'dynamodb', op, bodyFor('gate#1'))).type).toBe('AccessDeniedException')
  })
})

describe('functions', () => {
  const invoke = (who: string, path = `/2015-03-31/functions/clients/invocations`) =>
    send(who, { service: 'lambda', path, body: '{}' })

  test('are called by name, by ARN and by alias, each of which is a resource of its own', async () => {
    be('operator', may('lambda:InvokeFunction', `${FUNCTION}:live`))
    const byArn = `/2015-03-31/functions/${encodeURIComponent(`${FUNCTION}:live`)}/invocations`

    expect((await invoke('operator')).type).toBe('AccessDeniedException')
    expect((await invoke('operator', '/2015-03-31/functions/clients/invocations?Qualifier=live')).status).toBe(200)
    expect((await invoke('operator', '/2015-03-31/functions/clients:live/invocations')).status).toBe(200)
    expect((await invoke('operator', byArn)).status).toBe(200)
  })

  test('may be denied by their own policy, of the alias by which they are called', async () => {
    be('operator', may('lambda:InvokeFunction'))
    rights.setResourcePolicy(
      `${FUNCTION}:live`,
      policy({ Effect: 'Deny', Principal: '*', Action: 'lambda:InvokeFunction', Resource: '*' }),
    )

    expect((await invoke('operator', '/2015-03-31/functions/clients/invocations?Qualifier=live')).message).toContain(
      'explicit deny in a resource-based policy',
    )
    expect((await invoke('operator')).status).toBe(200)
    rights.setResourcePolicy(`${FUNCTION}:live`, undefined)
  })

  test('AddPermission adds to the policy that is enforced', async () => {
    be('caller')
    const permitted = () =>
      send('admin', {
        service: 'lambda',
        path: '/2015-03-31/functions/clients/policy',
        body: JSON.stringify({ StatementId: 's', Action: 'lambda:InvokeFunction', Principal: roleOf('caller') }),
      })

    expect((await invoke('caller')).status).toBe(403)
    expect((await permitted()).status).toBe(201)
    expect((await invoke('caller')).status).toBe(200)
    rights.setResourcePolicy(FUNCTION, undefined)
  })
})

describe('objects', () => {
  test("are guarded by their bucket's policy, and a put that must not replace says so", async () => {
    be('archive', may('s3:PutObject', 'arn:aws:s3:::evidence/*', { StringEquals: { 's3:if-none-match': '*' } }))
    be('other', may('s3:*'))
    rights.setResourcePolicy(
      'arn:aws:s3:::evidence',
      policy({
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:PutObject',
        Resource: 'arn:aws:s3:::evidence/*',
        Condition: { ArnNotEquals: { 'aws:PrincipalArn': roleOf('archive') } },
      }),
    )
    const put = (who: string, IfNoneMatch?: string) =>
      sdk(S3Client, who).send(
        new PutObjectCommand({
          Bucket: 'evidence',
          Key: 'a',
          Body: 'x',
          ...(IfNoneMatch === undefined ? {} : { IfNoneMatch }),
        }),
      )

    await expect(put('archive')).rejects.toMatchObject({ name: 'AccessDenied' })
    await expect(put('archive', '*')).resolves.toBeDefined()
    await expect(put('other', '*')).rejects.toMatchObject({
      message: expect.stringContaining('explicit deny in a resource-based policy'),
    })
    rights.setResourcePolicy('arn:aws:s3:::evidence', undefined)
  })

  test.each([
    ['whoever may list the bucket', may(['s3:GetObject', 's3:ListBucket'], 'arn:aws:s3:::evidence*'), 404, 'NoSuchKey'],
    ['nobody else', may('s3:GetObject', 'arn:aws:s3:::evidence/*'), 403, 'AccessDenied'],
  ])('that one is not there is said to %s', async (_, rights, status, type) => {
    be('reader', rights)
    const read = (method: 'GET' | 'HEAD') => send('reader', { service: 's3', method, path: '/evidence/not-there' })

    expect(await read('GET')).toMatchObject({ status, type })
    expect((await read('HEAD')).status).toBe(status)
  })

  test('a listing is about its prefix', async () => {
    be('sweep', may('s3:ListBucket', 'arn:aws:s3:::evidence', { StringLike: { 's3:prefix': 'proofs/*' } }))
    const list = (prefix: string) =>
      send('sweep', { service: 's3', method: 'GET', path: `/evidence?list-type=2&prefix=${prefix}` })

    expect((await list('proofs/a')).status).toBe(200)
    expect((await list('other')).status).toBe(403)
  })
})

describe('a key', () => {
  const sign = (who: string, MessageType: string, KeyId = 'alias/sign') =>
    call(who, 'kms', 'Sign', {
      KeyId,
      MessageType,
      SigningAlgorithm: 'ECDSA_SHA_256',
      Message: Buffer.alloc(32).toString('base64'),
    })

  test('signs for whoever its policy lets, of the kinds of message that it lets', async () => {
    be(
      'rotation',
      may('kms:Sign', '*', { StringEquals: { 'kms:MessageType': 'DIGEST', 'kms:SigningAlgorithm': 'ECDSA_SHA_256' } }),
    )
    const [{ arn } = { arn: '' }] = aws.standIn.keys()

    expect((await sign('rotation', 'DIGEST')).status).toBe(200)
    expect((await sign('rotation', 'RAW')).message).toBe(denied('rotation', 'kms:Sign', arn))
    rights.setResourcePolicy(
      arn,
      policy({ Effect: 'Allow', Principal: { AWS: roleOf('other') }, Action: 'kms:*', Resource: '*' }),
    )
    expect((await sign('rotation', 'DIGEST')).message).toContain(
      'because no resource-based policy allows the kms:Sign action',
    )
    expect((await sign('admin', 'DIGEST')).type).toBe('AccessDeniedException')
    rights.setResourcePolicy(arn, undefined)
  })
})

describe('whoever comes from another account', () => {
  test('reaches by an ARN what both sides allow, and finds nothing by a name or in a list', async () => {
    beAbroad('abroad', '111111111111', may('*'))
    await call('admin', 'ssm', 'PutParameter', { Name: '/a', Value: 'b', Type: 'String' })
    await call('admin', 'secretsmanager', 'CreateSecret', {
      Name: 'a',
      ClientRequestToken: 'a'.repeat(32),
      SecretString: 'x',
    })

    expect((await call('abroad', 'ssm', 'GetParameter', { Name: '/a' })).type).toBe('ParameterNotFound')
    expect((await call('abroad', 'secretsmanager', 'ListSecrets')).body).toEqual({})
    expect((await call('abroad', 'secretsmanager', 'DescribeSecret', { SecretId: 'a' })).type).toBe(
      'ResourceNotFoundException',
    )
    expect((await call('abroad', 'kms', 'DescribeKey', { KeyId: 'alias/sign' })).type).toBe('NotFoundException')
    expect(
      (await send('abroad', { service: 'lambda', path: `/2015-03-31/functions/clients/invocations`, body: '{}' }))
        .status,
    ).toBe(404)
    expect(
      (
        await call('abroad', 'events', 'PutEvents', {
          Entries: [{ Source: 'a', DetailType: 'b', Detail: '{}', EventBusName: BUS }],
        })
      ).message,
    ).toContain('because no resource-based policy allows')
  })
})

test('everybody may ask who they are', async () => {
  be('nobody')
  beAbroad('abroad', '111111111111')

  expect((await query('nobody', 'sts', 'GetCallerIdentity')).text).toContain(`<Arn>${sessionOf('nobody')}</Arn>`)
  expect((await query('abroad', 'sts', 'GetCallerIdentity')).text).toContain('<Account>111111111111</Account>')
  expect((await query('AKIAUNKNOWN', 'sts', 'GetCallerIdentity')).text).toContain(':assumed-role/stranger/AKIAUNKNOWN<')
})

test('a read is in the trail as the role of its caller, with the path', async () => {
  rights.add({
    ...be('job', may('secretsmanager:GetSecretValue')),
    principalArn: 'arn:aws:iam::000000000000:role/jobs/job',
  })
  await call('admin', 'secretsmanager', 'CreateSecret', {
    Name: 'a',
    ClientRequestToken: 'a'.repeat(32),
    SecretString: 'x',
  })
  const queueArn = 'arn:aws:sqs:us-east-1:000000000000:reads'
  aws.standIn.resources.addQueue(queueArn)
  aws.rights.setResourcePolicy(
    queueArn,
    policy({
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: '*',
    }),
  )
  aws.standIn.resources.putRule({
    name: 'Reads',
    pattern: { source: ['aws.secretsmanager'], detail: { eventName: ['GetSecretValue'] } },
    targets: [{ arn: queueArn }],
  })
  await call('job', 'secretsmanager', 'GetSecretValue', { SecretId: 'a' })
  const seen = aws.standIn.queued(queueArn).map(({ body }) => JSON.parse(body) as object)

  expect(seen).toMatchObject([
    {
      detail: {
        userIdentity: {
          arn: sessionOf('job'),
          sessionContext: { sessionIssuer: { arn: 'arn:aws:iam::000000000000:role/jobs/job', userName: 'job' } },
        },
      },
    },
  ])
})

describe('whoever has no right is denied every operation that is played', () => {
  /** What each of them is about, whatever it is. */
  const about = {
    ...{
      SecretId: 'a',
      Name: '/a',
      Names: ['/a'],
      Path: '/a',
      KeyId: 'alias/sign',
      TableName: 'records',
      Rule: 'reports',
    },
    ...{ EventBusName: 'm2m', Entries: [{ Source: 'a', DetailType: 'b', Detail: '{}' }], SecretIdList: ['a'] },
    ...{ Key: { pk: { S: 'a' }, sk: { S: 'b' } }, Item: { pk: { S: 'a' }, sk: { S: 'b' } } },
  }
  const models = {
    secretsmanager: secretsManagerModel,
    ssm: systemsManagerModel,
    kms: kmsModel,
    events: eventBridgeModel,
    dynamodb: dynamoDbModel,
  }
  const operations = Object.entries(models).flatMap(([service, model]) =>
    Object.keys(model).map((operation) => [service, operation] as const),
  )

  test.each(operations)('%s %s', async (service, operation) => {
    be('nobody')

    const { type, message } = await call('nobody', service, operation, about)

    expect(type, message).toBe('AccessDeniedException')
  })

  test.each([
    ['sns', 'Subscribe', { TopicArn: TOPIC, Protocol: 'email', Endpoint: 'a@example.com' }],
    ['monitoring', 'SetAlarmState', { AlarmName: 'dead', StateValue: 'OK' }],
    ['monitoring', 'EnableAlarmActions', { 'AlarmNames.member.1': 'dead' }],
    ['monitoring', 'DisableAlarmActions', { 'AlarmNames.member.1': 'dead' }],
    ...['PutRolePolicy', 'ListRoles', 'ListRolePolicies', 'DeleteRolePolicy', 'DeleteRole'].map(
      (action) => ['iam', action, { RoleName: 'a', PolicyName: 'b', PolicyDocument: '{}' }] as const,
    ),
  ] as const)('%s %s', async (service, action, form) => {
    be('nobody')

    expect((await query('nobody', service, action, form)).status).toBe(403)
  })

  const byName = '/functions/clients'
  test.each([
    ['lambda', 'GET', `/2015-03-31/functions`],
    ['lambda', 'POST', `/2015-03-31/functions`],
    ['lambda', 'DELETE', `/2015-03-31${byName}`],
    ['lambda', 'POST', `/2015-03-31${byName}/policy`],
    ['lambda', 'GET', `/2015-03-31${byName}/configuration`],
    ['lambda', 'GET', `/2019-09-30${byName}/concurrency`],
    ['lambda', 'PUT', `/2017-10-31${byName}/concurrency`],
    ['lambda', 'DELETE', `/2017-10-31${byName}/concurrency`],
    ['lambda', 'GET', `/2025-12-01${byName}/durable-executions`],
    ['lambda', 'GET', `/2025-12-01/durable-executions/${encodeURIComponent(`${FUNCTION}:1/durable-execution/a/b`)}`],
    ['lambda', 'GET', '/2016-08-19/account-settings'],
    ['s3', 'PUT', '/other-bucket'],
    ['s3', 'HEAD', '/evidence'],
    ['s3', 'GET', '/evidence?list-type=2'],
    ['s3', 'PUT', '/evidence/a'],
    ['s3', 'GET', '/evidence/a'],
    ['s3', 'HEAD', '/evidence/a'],
  ])('%s %s %s', async (service, method, path) => {
    be('nobody')
    const hasBody = method === 'POST' || method === 'PUT'

    expect((await send('nobody', { service, method, path, ...(hasBody ? { body: '{}' } : {}) })).status).toBe(403)
  })
})
