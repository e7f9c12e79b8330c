// Whether a name is taken, by type of resource: for each the service's own cheapest question, and the error by which it says no.
import { DescribeEventBusCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { GetFunctionConfigurationCommand, type LambdaClient } from '@aws-sdk/client-lambda'
import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3'
import { DescribeSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm'
import type { JsonObject } from '../../lambda/core/base/json-object.ts'
import { AwsCallError } from './check.ts'
import type { Surroundings } from './intrinsics.ts'
import { elementsOf, type SignedProtocols } from './signed-protocols.ts'

export interface Clients {
  readonly secretsManager: SecretsManagerClient
  readonly lambda: LambdaClient
  readonly systemsManager: SSMClient
  readonly eventBridge: EventBridgeClient
  readonly s3: S3Client
}

/** Runs an SDK call; its failure names the action that IAM knows. */
export const asked = async <Reply>(action: string, call: Promise<Reply>): Promise<Reply> => {
  try {
    return await call
  } catch (error) {
    if (!(error instanceof Error)) throw new AwsCallError(action, 'unknown', '')
    // Of a failed connection, Node's own code says more.
    const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
    throw new AwsCallError(action, '$fault' in error ? error.name : code, '$fault' in error ? error.message : '')
  }
}

const NOT_THERE =
  /^(ResourceNotFoundException|ResourceNotFound|NoSuchEntity|NotFound|NotFoundException|ParameterNotFound|QueueDoesNotExist|AWS\.SimpleQueueService\.NonExistentQueue)$/

/** @returns undefined for what is not there. */
export const unlessMissing = async <Reply>(call: Promise<Reply>): Promise<Reply | undefined> => {
  try {
    return await call
  } catch (error) {
    if (error instanceof AwsCallError && NOT_THERE.test(error.errorName)) return undefined
    throw error
  }
}

const isThere = async (call: Promise<unknown>): Promise<boolean> =>
  (await unlessMissing(call.then(() => true))) !== undefined

type Lookup = (name: string) => Promise<boolean | 'elsewhere'>

const objectsIn = (reply: JsonObject, key: string): readonly JsonObject[] => {
  const list = reply[key]
  return Array.isArray(list) ? (list as readonly JsonObject[]) : []
}

/** A key's alias: who may list all may not be allowed to describe any. */
const hasAlias = async (services: SignedProtocols, name: string): Promise<boolean> => {
  let marker: string | undefined
  do {
    const page = marker === undefined ? {} : { Marker: marker }
    const reply = await services.json('kms', 'TrentService.ListAliases', page)
    if (objectsIn(reply, 'Aliases').some(({ AliasName: alias }) => alias === name)) return true
    marker = reply.Truncated === true && typeof reply.NextMarker === 'string' ? reply.NextMarker : undefined
  } while (marker !== undefined)
  return false
}

/** A bucket's name is one in all of AWS. The answer to HEAD has no body, hence no name: 403 and 301 say that somebody has it. */
const bucketState = async (s3: S3Client, name: string): Promise<boolean | 'elsewhere'> => {
  const statusOf = (error: unknown): number | undefined =>
    (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
  const call = s3.send(new HeadBucketCommand({ Bucket: name })).then(
    () => true as const,
    (error: unknown) => {
      const status = statusOf(error)
      if (status === 404) return false as const
      if (status === 403 || status === 301) return 'elsewhere' as const
      throw error
    },
  )
  return asked('s3:ListBucket', call)
}

export const createLookups = (
  clients: Clients,
  services: SignedProtocols,
  { partition, region, account }: Surroundings,
): Readonly<Record<string, Lookup>> => {
  const { json, query, get } = services
  const table: Lookup = (name) => isThere(json('dynamodb', 'DynamoDB_20120810.DescribeTable', { TableName: name }))
  return {
    'AWS::CloudWatch::Alarm': async (name) =>
      elementsOf(
        await query('monitoring', 'DescribeAlarms', {
          'AlarmNames.member.1': name,
          'AlarmTypes.member.1': 'MetricAlarm',
          'AlarmTypes.member.2': 'CompositeAlarm',
        }),
        'AlarmName',
      ).includes(name),
    'AWS::CloudWatch::Dashboard': (name) => isThere(query('monitoring', 'GetDashboard', { DashboardName: name })),
    'AWS::DynamoDB::GlobalTable': table,
    'AWS::DynamoDB::Table': table,
    'AWS::Events::EventBus': (name) =>
      isThere(asked('events:DescribeEventBus', clients.eventBridge.send(new DescribeEventBusCommand({ Name: name })))),
    'AWS::IAM::ManagedPolicy': (name) =>
      isThere(query('iam', 'GetPolicy', { PolicyArn: `arn:${partition}:iam::${account}:policy/${name}` })),
    'AWS::IAM::Role': (name) => isThere(query('iam', 'GetRole', { RoleName: name })),
    'AWS::KMS::Alias': (name) => hasAlias(services, name),
    'AWS::Lambda::Function': (name) =>
      isThere(
        asked(
          'lambda:GetFunctionConfiguration',
          clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name })),
        ),
      ),
    'AWS::Logs::LogGroup': async (name) =>
      objectsIn(await json('logs', 'Logs_20140328.DescribeLogGroups', { logGroupNamePrefix: name }), 'logGroups').some(
        ({ logGroupName }) => logGroupName === name,
      ),
    'AWS::S3::Bucket': (name) => bucketState(clients.s3, name),
    'AWS::SNS::Topic': (name) =>
      isThere(query('sns', 'GetTopicAttributes', { TopicArn: `arn:${partition}:sns:${region}:${account}:${name}` })),
    'AWS::SQS::Queue': (name) => isThere(json('sqs', 'AmazonSQS.GetQueueUrl', { QueueName: name })),
    'AWS::SSM::Parameter': (name) =>
      isThere(asked('ssm:GetParameter', clients.systemsManager.send(new GetParameterCommand({ Name: name })))),
    'AWS::Scheduler::Schedule': (name) =>
      isThere(get('scheduler', 'GetSchedule', `/schedules/${encodeURIComponent(name)}`)),
    'AWS::SecretsManager::Secret': (name) =>
      isThere(
        asked(
          'secretsmanager:DescribeSecret',
          clients.secretsManager.send(new DescribeSecretCommand({ SecretId: name })),
        ),
      ),
  }
}
