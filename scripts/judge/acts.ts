// Who acts on what in a stack because of how it is put together: the alarm that publishes, the rule that sends, the queue that takes
// what could not be delivered. Derived from the resources alone, never from their policies, against which it is held.
// Clauses: each service's page on the permissions that its targets need.

import { fieldsOf, listOf, textsOf } from '../../lambda/local/stand-in/fields.ts'
import { functionOf } from './policies.ts'
import { type JudgedResource, ofType, type Stack } from './template.ts'

/** A call that AWS makes because a resource says so. */
export interface ServiceAct {
  readonly by: JudgedResource
  readonly service: string
  readonly action: string
  /** An ARN or another reference, also of what this template does not hold. */
  readonly on: string
  /** What the service names as aws:SourceArn, if it does. */
  readonly sourceArn?: string
  /** The role in which it calls. Absent: it calls as itself, so that the policy of what it calls must name it. */
  readonly role?: unknown
}

/** What delivering to a target takes, by its ARN. */
const deliveryTo = (arn: string): string | undefined => {
  const [, , service = '', , , kind = ''] = arn.split(':')
  if (service === 'lambda' && kind === 'function') return 'lambda:InvokeFunction'
  if (service === 'events' && kind.startsWith('event-bus/')) return 'events:PutEvents'
  const actions: Readonly<Record<string, string>> = { sqs: 'sqs:SendMessage', sns: 'sns:Publish', s3: 's3:PutObject' }
  return actions[service]
}

const deliver = (
  by: JudgedResource,
  service: string,
  target: unknown,
  source?: string,
  role?: unknown,
): readonly ServiceAct[] => {
  const on = String(target ?? '')
  const action = deliveryTo(on)
  if (action === undefined) return []
  const sourceArn = source === undefined ? {} : { sourceArn: source }
  return [{ by, service, action, on, ...sourceArn, ...(role === undefined ? {} : { role }) }]
}

/** API Gateway names stage, method and path of the request: any value where the path has a parameter. */
const executeApi = (stack: Stack, apiId: unknown, method: unknown, path: string): string => {
  const stages = ofType(stack, 'AWS::ApiGateway::Stage', 'AWS::ApiGatewayV2::Stage')
  const stage = stages.find(({ properties }) => (properties.RestApiId ?? properties.ApiId) === apiId)
  const { account, region } = stack
  const text = path.replaceAll(/\{[^}]+\}/g, '*')
  return `arn:aws:execute-api:${region}:${account}:${String(apiId)}/${String(stage?.properties.StageName)}/${String(method)}${text}`
}

const pathOf = (stack: Stack, resourceId: unknown): string => {
  const part = stack.find(resourceId)
  if (part?.type !== 'AWS::ApiGateway::Resource') return ''
  return `${pathOf(stack, part.properties.ParentId)}/${String(part.properties.PathPart)}`
}

/** In `arn:…:lambda:path/2015-03-31/functions/<arn>/invocations`, or as it stands. */
const integrated = (uri: unknown): string => /functions\/(arn:[^/]+)\/invocations/.exec(String(uri))?.[1] ?? String(uri)

const ofAlarm = (stack: Stack, alarm: JudgedResource): readonly ServiceAct[] => {
  const { AlarmActions, OKActions, InsufficientDataActions } = alarm.properties
  return textsOf([...listOf(AlarmActions), ...listOf(OKActions), ...listOf(InsufficientDataActions)]).flatMap(
    (target) =>
      deliver(
        alarm,
        functionOf(stack, target) === undefined ? 'cloudwatch.amazonaws.com' : 'lambda.alarms.cloudwatch.amazonaws.com',
        target,
        stack.arnOf(alarm),
      ),
  )
}

const ofRule = (stack: Stack, rule: JudgedResource): readonly ServiceAct[] =>
  listOf(rule.properties.Targets)
    .map(fieldsOf)
    .flatMap(({ Arn, RoleArn, DeadLetterConfig }) => [
      ...deliver(rule, 'events.amazonaws.com', Arn, stack.arnOf(rule), RoleArn),
      // EventBridge writes there as itself, also when the target has a role.
      ...deliver(rule, 'events.amazonaws.com', fieldsOf(DeadLetterConfig).Arn, stack.arnOf(rule)),
    ])

const ofSchedule = (stack: Stack, schedule: JudgedResource): readonly ServiceAct[] => {
  const { GroupName, Target } = schedule.properties
  const { Arn, RoleArn, DeadLetterConfig } = fieldsOf(Target)
  // The group's ARN, not the schedule's (EventBridge Scheduler User Guide, "Confused deputy prevention").
  const group = `schedule-group/${String(GroupName ?? 'default')}`
  const source = `arn:aws:scheduler:${stack.region}:${stack.account}:${group}`
  return textsOf([Arn, fieldsOf(DeadLetterConfig).Arn]).flatMap((target) =>
    deliver(schedule, 'scheduler.amazonaws.com', target, source, RoleArn ?? ''),
  )
}

const ofSubscription = (_stack: Stack, subscription: JudgedResource): readonly ServiceAct[] => {
  const { TopicArn, Endpoint, RedrivePolicy } = subscription.properties
  return [Endpoint, fieldsOf(RedrivePolicy).deadLetterTargetArn].flatMap((target) =>
    deliver(subscription, 'sns.amazonaws.com', target, String(TopicArn)),
  )
}

const ofMethod = (stack: Stack, method: JudgedResource): readonly ServiceAct[] => {
  const { Integration, RestApiId, HttpMethod, ResourceId } = method.properties
  const { Uri, Credentials } = fieldsOf(Integration)
  const source = executeApi(stack, RestApiId, HttpMethod, pathOf(stack, ResourceId))
  const [, object] = /:s3:path\/(.+)$/.exec(String(Uri)) ?? []
  if (object !== undefined) {
    const act = { by: method, service: 'apigateway.amazonaws.com', action: 's3:GetObject', role: Credentials }
    return [{ ...act, on: `arn:aws:s3:::${object}` }]
  }
  return deliver(method, 'apigateway.amazonaws.com', integrated(Uri), source, Credentials)
}

/** An HTTP API's route, with the integration that its target names. */
const ofRoute = (stack: Stack, route: JudgedResource): readonly ServiceAct[] => {
  const { ApiId, RouteKey, Target } = route.properties
  const { IntegrationUri, CredentialsArn } = stack.find(String(Target).replace(/^integrations\//, ''))?.properties ?? {}
  const [method, path = ''] = String(RouteKey).split(' ')
  const source = executeApi(stack, ApiId, method, path)
  return deliver(route, 'apigateway.amazonaws.com', integrated(IntegrationUri), source, CredentialsArn)
}

const ofApiAccount = ({ account, region }: Stack, settings: JudgedResource): readonly ServiceAct[] => [
  {
    by: settings,
    service: 'apigateway.amazonaws.com',
    action: 'logs:PutLogEvents',
    on: `arn:aws:logs:${region}:${account}:log-group:API-Gateway-Execution-Logs_any/v1:log-stream:any`,
    role: settings.properties.CloudWatchRoleArn ?? '',
  },
]

const ofRotationSchedule = ({ account, region }: Stack, schedule: JudgedResource): readonly ServiceAct[] => {
  const { RotationLambdaARN, SecretId } = schedule.properties
  const id = String(SecretId)
  const source = id.startsWith('arn:') ? id : `arn:aws:secretsmanager:${region}:${account}:secret:${id}-AbCdEf`
  return deliver(schedule, 'secretsmanager.amazonaws.com', RotationLambdaARN, source)
}

const ofBucket = (stack: Stack, bucket: JudgedResource): readonly ServiceAct[] => {
  const { NotificationConfiguration, LoggingConfiguration } = bucket.properties
  const { LambdaConfigurations, QueueConfigurations, TopicConfigurations } = fieldsOf(NotificationConfiguration)
  const targets = [
    ...listOf(LambdaConfigurations).map((one) => fieldsOf(one).Function),
    ...listOf(QueueConfigurations).map((one) => fieldsOf(one).Queue),
    ...listOf(TopicConfigurations).map((one) => fieldsOf(one).Topic),
  ]
  const { DestinationBucketName } = fieldsOf(LoggingConfiguration)
  const logs = DestinationBucketName === undefined ? undefined : `arn:aws:s3:::${String(DestinationBucketName)}`
  return [
    ...targets.flatMap((target) => deliver(bucket, 's3.amazonaws.com', target, stack.arnOf(bucket))),
    ...deliver(bucket, 'logging.s3.amazonaws.com', logs, stack.arnOf(bucket)),
  ]
}

const ofFilter = ({ account, region }: Stack, filter: JudgedResource): readonly ServiceAct[] => {
  const { DestinationArn, LogGroupName } = filter.properties
  const source = `arn:aws:logs:${region}:${account}:log-group:${String(LogGroupName)}:*`
  return deliver(filter, 'logs.amazonaws.com', DestinationArn, source)
}

/**
 * What AWSLambdaVPCAccessExecutionRole allows beside logs, each of which Lambda needs of a function in a VPC (AWS managed policy
 * reference, version 3; Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon VPC").
 */
const vpcActions = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
]

const ofFunction = (_stack: Stack, fn: JudgedResource): readonly ServiceAct[] => {
  const { Role, DeadLetterConfig, VpcConfig } = fn.properties
  const service = 'lambda.amazonaws.com'
  const network = VpcConfig === undefined ? [] : vpcActions
  return [
    ...deliver(fn, service, fieldsOf(DeadLetterConfig).TargetArn, undefined, Role),
    ...network.map((action) => ({ by: fn, service, action, on: '*', role: Role })),
  ]
}

const ofInvokeConfig = (stack: Stack, settings: JudgedResource): readonly ServiceAct[] => {
  const { DestinationConfig, FunctionName } = settings.properties
  const { OnFailure, OnSuccess } = fieldsOf(DestinationConfig)
  const role = functionOf(stack, FunctionName)?.properties.Role ?? ''
  return [OnFailure, OnSuccess].flatMap((one) =>
    deliver(settings, 'lambda.amazonaws.com', fieldsOf(one).Destination, undefined, role),
  )
}

/** A role that may turn rotation on with one function needs that function to admit Secrets Manager. */
const ofRotators = (stack: Stack, policy: JudgedResource): readonly ServiceAct[] =>
  listOf(fieldsOf(policy.properties.PolicyDocument).Statement)
    .map(fieldsOf)
    .filter(({ Effect, Action }) => Effect === 'Allow' && textsOf(Action).includes('secretsmanager:RotateSecret'))
    .flatMap(({ Condition }) => Object.values(fieldsOf(Condition)).map(fieldsOf))
    .flatMap((keys) => textsOf(keys['secretsmanager:RotationLambdaARN']))
    .filter((arn) => functionOf(stack, arn) !== undefined)
    .flatMap((arn) => {
      const source = `arn:aws:secretsmanager:${stack.region}:${stack.account}:secret:any-AbCdEf`
      return deliver(policy, 'secretsmanager.amazonaws.com', arn, source)
    })

const makers: Readonly<Record<string, (stack: Stack, resource: JudgedResource) => readonly ServiceAct[]>> = {
  'AWS::ApiGateway::Account': ofApiAccount,
  'AWS::ApiGateway::Method': ofMethod,
  'AWS::ApiGatewayV2::Route': ofRoute,
  'AWS::CloudWatch::Alarm': ofAlarm,
  'AWS::CloudWatch::CompositeAlarm': ofAlarm,
  'AWS::Events::Rule': ofRule,
  'AWS::IAM::ManagedPolicy': ofRotators,
  'AWS::IAM::Policy': ofRotators,
  'AWS::Lambda::EventInvokeConfig': ofInvokeConfig,
  'AWS::Lambda::Function': ofFunction,
  'AWS::Logs::SubscriptionFilter': ofFilter,
  'AWS::S3::Bucket': ofBucket,
  'AWS::SNS::Subscription': ofSubscription,
  'AWS::Scheduler::Schedule': ofSchedule,
  'AWS::SecretsManager::RotationSchedule': ofRotationSchedule,
}

export const actsOf = (stack: Stack): readonly ServiceAct[] =>
  stack.resources.flatMap((resource) => makers[resource.type]?.(stack, resource) ?? [])

/** A service that uses a key of the stack because something is encrypted with it. */
export interface KeyUse {
  readonly by: JudgedResource
  readonly key: JudgedResource
  readonly service: string
  readonly actions: readonly string[]
  readonly context: Readonly<Record<string, string>>
}

/** SNS and SQS, "Key management": what the producer of an encrypted message needs is asked of the service that sends it. */
const sending = ['kms:GenerateDataKey', 'kms:Decrypt']
/** CloudWatch Logs User Guide, "Encrypt log data using AWS KMS". */
const logging = [
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
  'kms:GenerateDataKey',
  'kms:DescribeKey',
]

/** SNS Developer Guide, "Enable compatibility between event sources from AWS services and encrypted topics". */
export const sendsNoSourceToKms = (service: string): boolean => service === 'events.amazonaws.com'

const ofEncryptedTarget = (stack: Stack, target: JudgedResource, key: JudgedResource): readonly KeyUse[] =>
  actsOf(stack)
    .filter(({ on, role }) => role === undefined && stack.find(on) === target)
    .map(({ service, sourceArn }) => {
      const context: Record<string, string> = {}
      if (!sendsNoSourceToKms(service)) context['aws:sourceaccount'] = stack.account
      if (!sendsNoSourceToKms(service) && sourceArn !== undefined) context['aws:sourcearn'] = sourceArn
      return { by: target, key, service, actions: sending, context }
    })

const ofLogGroup = (stack: Stack, group: JudgedResource, key: JudgedResource): readonly KeyUse[] => {
  const arn = stack.arnOf(group).replace(/:\*$/, '')
  const service = `logs.${stack.region}.amazonaws.com`
  const context = {
    'kms:encryptioncontext:aws:logs:arn': arn,
    'aws:sourceaccount': stack.account,
    'aws:sourcearn': `${arn}:*`,
  }
  return [{ by: group, key, service, actions: logging, context }]
}

export const keyUsesOf = (stack: Stack): readonly KeyUse[] =>
  ofType(stack, 'AWS::SNS::Topic', 'AWS::SQS::Queue', 'AWS::Logs::LogGroup').flatMap((resource) => {
    const { KmsMasterKeyId, KmsKeyId } = resource.properties
    const key = stack.find(KmsMasterKeyId ?? KmsKeyId)
    if (key?.type !== 'AWS::KMS::Key') return []
    return resource.type === 'AWS::Logs::LogGroup'
      ? ofLogGroup(stack, resource, key)
      : ofEncryptedTarget(stack, resource, key)
  })
