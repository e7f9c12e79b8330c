// Each service that acts on a resource, with a policy that names it and with one that does not.
import { describe, expect, test } from 'vitest'
import { servicePrincipal } from '../../scripts/judge/rules/acting-principals.ts'
import { ACCOUNT, arn, policy, REGION, ref, resource, said, stackOf } from './plant.ts'
import { shippedConfig, stackFor } from './synthesised.ts'

const account = { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } }
const allow = (Service: string, Action: string | string[], Resource: unknown, Condition?: object) => ({
  Effect: 'Allow',
  Principal: { Service },
  Action,
  Resource,
  ...(Condition === undefined ? {} : { Condition }),
})
const only = (...services: readonly string[]) =>
  resource('AWS::SNS::TopicPolicy', {
    Topics: [ref('Topic')],
    PolicyDocument: policy(...services.map((service) => allow(service, 'sns:Publish', ref('Topic'), account))),
  })

const Topic = resource('AWS::SNS::Topic', { TopicName: 'alarms' })
const Alarm = resource('AWS::CloudWatch::Alarm', { AlarmName: 'errors', AlarmActions: [ref('Topic')] })
const Queue = resource('AWS::SQS::Queue', { QueueName: 'dead-letters' })
const Fn = resource('AWS::Lambda::Function', { FunctionName: 'worker' })
const Rule = resource('AWS::Events::Rule', {
  Name: 'refused',
  Targets: [{ Id: 'topic', Arn: ref('Topic'), DeadLetterConfig: { Arn: arn('Queue') } }],
})
const queuePolicy = (service: string, Condition: object) =>
  resource('AWS::SQS::QueuePolicy', {
    Queues: [ref('Queue')],
    PolicyDocument: policy(allow(service, 'sqs:SendMessage', arn('Queue'), Condition)),
  })
const permission = (Principal: string, more: object) =>
  resource('AWS::Lambda::Permission', { FunctionName: ref('Fn'), Action: 'lambda:InvokeFunction', Principal, ...more })
const role = (trust: object, rights: readonly object[]) =>
  resource('AWS::IAM::Role', {
    RoleName: 'starter',
    AssumeRolePolicyDocument: policy(trust),
    Policies: [{ PolicyName: 'rights', PolicyDocument: policy(...rights) }],
  })
const mayInvoke = { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: arn('Fn') }
const maySend = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: arn('Queue') }

const spoken = (resources: Readonly<Record<string, unknown>>) => said(servicePrincipal, stackOf(resources))

describe('a service that calls as itself', () => {
  test('an alarm publishes to a topic that admits CloudWatch for this account', async () => {
    expect(await spoken({ Topic, Alarm, Policy: only('cloudwatch.amazonaws.com') })).toEqual([])
  })

  test('an alarm cannot publish to a topic that admits events alone', async () => {
    expect(await spoken({ Topic, Alarm, Policy: only('events.amazonaws.com') })).toEqual([
      'planted/Alarm: cloudwatch.amazonaws.com needs sns:Publish on Topic (AWS::SNS::Topic), whose policy does not allow it',
    ])
  })

  test('a source condition that names another account lets nobody in', async () => {
    const foreign = { StringEquals: { 'aws:SourceAccount': '999999999999' } }
    const Policy = resource('AWS::SNS::TopicPolicy', {
      Topics: [ref('Topic')],
      PolicyDocument: policy(allow('cloudwatch.amazonaws.com', 'sns:Publish', ref('Topic'), foreign)),
    })

    expect(await spoken({ Topic, Alarm, Policy })).toHaveLength(1)
  })

  test('a denial for everybody but a role stops services, which have no role', async () => {
    const Policy = resource('AWS::SNS::TopicPolicy', {
      Topics: [ref('Topic')],
      PolicyDocument: policy(allow('cloudwatch.amazonaws.com', 'sns:Publish', ref('Topic'), account), {
        Effect: 'Deny',
        Principal: '*',
        Action: 'sns:Publish',
        Resource: ref('Topic'),
        Condition: { ArnNotEquals: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/publisher` } },
      }),
    })

    const findings = await spoken({ Topic, Alarm, Policy })

    expect(findings).toEqual([expect.stringContaining('whose policy denies it')])
  })

  test('a rule sends to its target and to its dead letters', async () => {
    const Policy = only('events.amazonaws.com')
    const source = { ArnEquals: { 'aws:SourceArn': arn('Rule') } }
    const kept = { Topic, Queue, Rule, Policy, QueuePolicy: queuePolicy('events.amazonaws.com', source) }
    const lost = { Topic, Queue, Rule, Policy, QueuePolicy: queuePolicy('sns.amazonaws.com', account) }

    expect(await spoken(kept)).toEqual([])
    expect(await spoken(lost)).toEqual([expect.stringContaining('events.amazonaws.com needs sqs:SendMessage on Queue')])
  })

  test('one statement by pattern covers every rule of a bus, and not those of another', async () => {
    const rules = (name: string) => ({
      ArnLike: { 'aws:SourceArn': `arn:aws:events:${REGION}:${ACCOUNT}:rule/${name}/*` },
    })
    const Other = resource('AWS::Events::Rule', { EventBusName: 'm2m', Targets: [{ Id: 'q', Arn: arn('Queue') }] })

    expect(await spoken({ Queue, Other, QueuePolicy: queuePolicy('events.amazonaws.com', rules('m2m')) })).toEqual([])
    expect(await spoken({ Queue, Other, QueuePolicy: queuePolicy('events.amazonaws.com', rules('b2b')) })).toHaveLength(
      1,
    )
  })

  test('a topic hands over what it could not deliver', async () => {
    const Subscription = resource('AWS::SNS::Subscription', {
      TopicArn: ref('Topic'),
      Protocol: 'email',
      Endpoint: 'oncall@example.com',
      RedrivePolicy: { deadLetterTargetArn: arn('Queue') },
    })
    const source = { ArnEquals: { 'aws:SourceArn': ref('Topic') } }

    expect(await spoken({ Topic, Queue, Subscription, P: queuePolicy('sns.amazonaws.com', source) })).toEqual([])
    expect(await spoken({ Topic, Queue, Subscription })).toHaveLength(1)
  })

  test('API Gateway invokes a function for the method and path that the permission names', async () => {
    const Api = resource('AWS::ApiGateway::RestApi', { Name: 'api' })
    const Clients = resource('AWS::ApiGateway::Resource', { RestApiId: ref('Api'), PathPart: '{client}' })
    const Stage = resource('AWS::ApiGateway::Stage', { RestApiId: ref('Api'), StageName: 'v1' })
    const Uri = { 'Fn::Sub': `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/\${Fn.Arn}/invocations` }
    const Method = resource('AWS::ApiGateway::Method', {
      RestApiId: ref('Api'),
      ResourceId: ref('Clients'),
      HttpMethod: 'POST',
      Integration: { Uri },
    })
    const invoke = (path: string) =>
      permission('apigateway.amazonaws.com', {
        SourceArn: { 'Fn::Sub': `arn:aws:execute-api:${REGION}:${ACCOUNT}:\${Api}/v1/${path}` },
      })

    expect(await spoken({ Fn, Api, Clients, Stage, Method, P: invoke('POST/*') })).toEqual([])
    expect(await spoken({ Fn, Api, Clients, Stage, Method, P: invoke('GET/*') })).toHaveLength(1)
  })

  test('an HTTP API invokes the function of its route', async () => {
    const Api = resource('AWS::ApiGatewayV2::Api', { Name: 'api' })
    const Integration = resource('AWS::ApiGatewayV2::Integration', { ApiId: ref('Api'), IntegrationUri: arn('Fn') })
    const Target = { 'Fn::Join': ['', ['integrations/', ref('Integration')]] }
    const Route = resource('AWS::ApiGatewayV2::Route', { ApiId: ref('Api'), RouteKey: 'POST /leaks', Target })
    const invoke = (path: string) =>
      permission('apigateway.amazonaws.com', {
        SourceArn: { 'Fn::Sub': `arn:aws:execute-api:${REGION}:${ACCOUNT}:\${Api}/*/*/${path}` },
      })

    expect(await spoken({ Fn, Api, Integration, Route, P: invoke('leaks') })).toEqual([])
    expect(await spoken({ Fn, Api, Integration, Route, P: invoke('other') })).toHaveLength(1)
  })

  test('Secrets Manager rotates by the function of a schedule, and by that of a role that turns rotation on', async () => {
    const Schedule = resource('AWS::SecretsManager::RotationSchedule', {
      SecretId: 'app/db',
      RotationLambdaARN: arn('Fn'),
    })
    const Rights = resource('AWS::IAM::Policy', {
      PolicyName: 'rights',
      PolicyDocument: policy({
        Effect: 'Allow',
        Action: 'secretsmanager:RotateSecret',
        Resource: '*',
        Condition: { ArnEquals: { 'secretsmanager:RotationLambdaARN': arn('Fn') } },
      }),
    })
    const P = permission('secretsmanager.amazonaws.com', { SourceAccount: ACCOUNT })

    expect(await spoken({ Fn, Schedule, Rights, P })).toEqual([])
    expect(await spoken({ Fn, Schedule, Rights })).toHaveLength(2)
  })

  test('a bucket notifies a queue', async () => {
    const Bucket = resource('AWS::S3::Bucket', {
      BucketName: 'evidence',
      NotificationConfiguration: { QueueConfigurations: [{ Event: 's3:ObjectCreated:*', Queue: arn('Queue') }] },
    })

    expect(await spoken({ Bucket, Queue, P: queuePolicy('s3.amazonaws.com', account) })).toEqual([])
    expect(await spoken({ Bucket, Queue, P: queuePolicy('events.amazonaws.com', account) })).toHaveLength(1)
  })

  test('a log group hands its lines to a function', async () => {
    const Filter = resource('AWS::Logs::SubscriptionFilter', { LogGroupName: 'log', DestinationArn: arn('Fn') })

    expect(await spoken({ Fn, Filter, P: permission('logs.amazonaws.com', { SourceAccount: ACCOUNT }) })).toEqual([])
    expect(await spoken({ Fn, Filter })).toHaveLength(1)
  })
})

describe('a service that calls in a role', () => {
  const Schedule = resource('AWS::Scheduler::Schedule', {
    Name: 'sweep',
    Target: { Arn: arn('Fn'), RoleArn: arn('Role'), DeadLetterConfig: { Arn: arn('Queue') } },
  })
  const trusting = (group: string) =>
    allow('scheduler.amazonaws.com', 'sts:AssumeRole', undefined, {
      StringEquals: { 'aws:SourceArn': `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule-group/${group}` },
    })

  test('a schedule starts its function, and leaves what failed in its queue', async () => {
    expect(await spoken({ Fn, Queue, Schedule, Role: role(trusting('default'), [mayInvoke, maySend]) })).toEqual([])
  })

  test('a role that trusts another group of schedules cannot be assumed', async () => {
    const findings = await spoken({ Fn, Queue, Schedule, Role: role(trusting('others'), [mayInvoke, maySend]) })

    expect(findings).toContain('planted/Schedule: scheduler.amazonaws.com cannot assume Role (AWS::IAM::Role)')
  })

  test('a role that may not send to the queue loses what failed', async () => {
    const findings = await spoken({ Fn, Queue, Schedule, Role: role(trusting('default'), [mayInvoke]) })

    expect(findings).toEqual([expect.stringContaining('needs sqs:SendMessage')])
  })

  test('a queue whose policy denies the role loses what failed', async () => {
    const denial = { Effect: 'Deny', Principal: '*', Action: 'sqs:SendMessage', Resource: '*' }
    const Closed = resource('AWS::SQS::QueuePolicy', { Queues: [ref('Queue')], PolicyDocument: policy(denial) })
    const findings = await spoken({
      Fn,
      Queue,
      Closed,
      Schedule,
      Role: role(trusting('default'), [mayInvoke, maySend]),
    })

    expect(findings).toEqual([expect.stringMatching(/needs sqs:SendMessage on .*: denied/)])
  })

  test("a function in a VPC needs each action of AWS's managed policy, and may deny them to its own code", async () => {
    const Vpc = resource('AWS::Lambda::Function', { FunctionName: 'worker', Role: arn('Role'), VpcConfig: {} })
    const network = (actions: readonly string[]) => ({ Effect: 'Allow', Action: actions, Resource: '*' })
    const own = {
      Effect: 'Deny',
      Action: 'ec2:*',
      Resource: '*',
      Condition: { ArnLike: { 'lambda:SourceFunctionArn': '*' } },
    }
    const old = ['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DeleteNetworkInterface']
    const all = [...old, 'ec2:DescribeSubnets', 'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses']
    const trust = allow('lambda.amazonaws.com', 'sts:AssumeRole', undefined)

    expect(await spoken({ Vpc, Role: role(trust, [network(all), own]) })).toEqual([])
    expect(await spoken({ Vpc, Role: role(trust, [network(old), own]) })).toHaveLength(3)
  })

  test("a function's destination for failures is one that its role may send to", async () => {
    const trust = allow('lambda.amazonaws.com', 'sts:AssumeRole', undefined)
    const Worker = resource('AWS::Lambda::Function', { FunctionName: 'worker', Role: arn('Role') })
    const Config = resource('AWS::Lambda::EventInvokeConfig', {
      FunctionName: ref('Worker'),
      DestinationConfig: { OnFailure: { Destination: arn('Queue') } },
    })

    expect(await spoken({ Worker, Queue, Config, Role: role(trust, [maySend]) })).toEqual([])
    expect(await spoken({ Worker, Queue, Config, Role: role(trust, []) })).toHaveLength(1)
  })
})

describe("a customer's key", () => {
  const key = (...statements: readonly object[]) => resource('AWS::KMS::Key', { KeyPolicy: policy(...statements) })
  const uses = ['kms:GenerateDataKey*', 'kms:Decrypt']

  test('of a topic admits each service that publishes there', async () => {
    const Encrypted = resource('AWS::SNS::Topic', { TopicName: 'alarms', KmsMasterKeyId: arn('Key') })
    const Policy = only('cloudwatch.amazonaws.com')
    const Key = key(allow('cloudwatch.amazonaws.com', uses, '*', account))

    expect(await spoken({ Topic: Encrypted, Alarm, Policy, Key })).toEqual([])
    expect(await spoken({ Topic: Encrypted, Alarm, Policy, Key: key() })).toEqual([
      'planted/Topic: cloudwatch.amazonaws.com needs kms:GenerateDataKey, kms:Decrypt with the key Key, whose policy does not allow it',
    ])
  })

  test('of a topic admits EventBridge without a condition on the source, which its requests to KMS lack', async () => {
    const Encrypted = resource('AWS::SNS::Topic', { TopicName: 'alarms', KmsMasterKeyId: arn('Key') })
    const Rule = resource('AWS::Events::Rule', { Name: 'rule', Targets: [{ Arn: ref('Topic') }] })
    const Policy = only('events.amazonaws.com')

    const open = key(allow('events.amazonaws.com', uses, '*'))
    const narrowed = key(allow('events.amazonaws.com', uses, '*', account))
    expect(await spoken({ Topic: Encrypted, Rule, Policy, Key: open })).toEqual([])
    expect(await spoken({ Topic: Encrypted, Rule, Policy, Key: narrowed })).toEqual([
      expect.stringContaining('events.amazonaws.com needs kms:GenerateDataKey, kms:Decrypt with the key Key'),
    ])
  })

  test('of a log group admits CloudWatch Logs of the Region, for this log group', async () => {
    const Log = resource('AWS::Logs::LogGroup', { LogGroupName: '/aws/lambda/worker', KmsKeyId: arn('Key') })
    const logs = (group: string) =>
      allow(
        `logs.${REGION}.amazonaws.com`,
        ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
        '*',
        { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${group}` } },
      )

    expect(await spoken({ Log, Key: key(logs('/aws/lambda/*')) })).toEqual([])
    expect(await spoken({ Log, Key: key(logs('/aws/vendedlogs/*')) })).toHaveLength(1)
  })
})

describe('a policy that admits a service', () => {
  test('says for whom the service acts', async () => {
    const open = allow('events.amazonaws.com', 'sns:Publish', ref('Topic'))
    const Policy = resource('AWS::SNS::TopicPolicy', { Topics: [ref('Topic')], PolicyDocument: policy(open) })

    expect(await spoken({ Topic, Policy })).toEqual([
      'planted/Policy: events.amazonaws.com is allowed without aws:SourceArn or aws:SourceAccount',
    ])
  })

  test('does not say so by a condition that holds when the service names nothing', async () => {
    const weak = allow('events.amazonaws.com', 'sns:Publish', ref('Topic'), {
      StringEqualsIfExists: { 'aws:SourceAccount': ACCOUNT },
    })
    const Policy = resource('AWS::SNS::TopicPolicy', { Topics: [ref('Topic')], PolicyDocument: policy(weak) })

    expect(await spoken({ Topic, Policy })).toHaveLength(1)
  })

  test('of a function is whole, or put together of permissions, and never both', async () => {
    const Policy = resource('AWS::Lambda::ResourcePolicy', {
      ResourceArn: arn('Fn'),
      PolicyDocument: policy(allow('s3.amazonaws.com', 'lambda:InvokeFunction', arn('Fn'), account)),
    })
    const Permission = permission('s3.amazonaws.com', { SourceAccount: ACCOUNT })

    expect(await spoken({ Fn, Policy })).toEqual([])
    expect(await spoken({ Fn, Permission })).toEqual([])
    expect(await spoken({ Fn, Policy, Permission })).toEqual([
      'planted/Permission: worker has a whole policy as well, and one overwrites the other',
    ])
  })

  test('may leave it out where Lambda assumes its role', async () => {
    expect(await spoken({ Role: role(allow('lambda.amazonaws.com', 'sts:AssumeRole', undefined), []) })).toEqual([])
  })
})

describe('of a stack that notifies people, nothing is found', () => {
  test.each([
    ['by mail and in a channel', { email: 'oncall@example.com', chat: true }],
    ['on a topic that somebody else owns', { topicArn: `arn:aws:sns:${REGION}:${ACCOUNT}:oncall` }],
  ])('%s', async (_, alarms) => {
    const environment = { account: ACCOUNT, region: REGION }

    expect(await said(servicePrincipal, stackFor({ ...shippedConfig(), alarms, environment }))).toEqual([])
  })
})
