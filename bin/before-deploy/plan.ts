// What a deployment would make, read out of the template that it would deploy: fixed names, reserved concurrency, the secrets' policies,
// the key's statements. The template is the only list; nothing of it is written down here a second time. Pure.

import { defined } from '../../lambda/core/base/defined.ts'
import { secretPolicy } from '../../lambda/core/clients/secret-policy.ts'
import { readRegistrarEnv } from '../../lambda/env/registrar.ts'
import { resolved, resolvedText, type Surroundings } from './intrinsics.ts'

export type Properties = Readonly<Record<string, unknown>>

export interface DeployTemplate {
  readonly Resources?: Readonly<Record<string, { readonly Type: string; readonly Properties?: Properties }>>
  readonly Parameters?: Readonly<Record<string, { readonly Type?: string; readonly Default?: unknown }>>
  readonly Rules?: Readonly<Record<string, unknown>>
  readonly Outputs?: Readonly<Record<string, { readonly Value?: unknown }>>
}

export interface NamedResource {
  readonly type: string
  readonly name: string
}

interface Reservation {
  readonly functionName: string
  readonly executions: number
}

export interface PolicyOf {
  /** Whose secret it would stand on, in words. */
  readonly subject: string
  readonly text: string
}

export interface DeployPlan {
  readonly around: Surroundings
  readonly names: readonly NamedResource[]
  readonly reservations: readonly Reservation[]
  /** Names of functions that are durable. */
  readonly durable: readonly string[]
  /** Those of the template that not every Region has. */
  readonly rareTypes: readonly string[]
  readonly apiGatewayLogs: 'none' | 'needRole' | 'makeRole'
  /** ARNs of roles that functions' policies let in, as principals. */
  readonly letIn: readonly string[]
  /** Absent: the template needs no bootstrap. */
  readonly bootstrap?: { readonly parameterName: string; readonly refused: readonly string[] }
}

/** The property that holds the physical name. Types that are not here have none, or one that need not be unique. */
const NAME_PROPERTY: Readonly<Record<string, string>> = {
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::CloudWatch::Dashboard': 'DashboardName',
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::Events::EventBus': 'Name',
  'AWS::Events::Rule': 'Name',
  'AWS::IAM::ManagedPolicy': 'ManagedPolicyName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::KMS::Alias': 'AliasName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::SSM::Parameter': 'Name',
  'AWS::Scheduler::Schedule': 'Name',
  'AWS::SecretsManager::Secret': 'Name',
}

/** `cdk synth` warns about it for Regions of GovCloud, whose CloudFormation does not know it; others may be as late. */
const RARE_TYPES = ['AWS::Lambda::ResourcePolicy']

interface Resource {
  readonly type: string
  readonly properties: Properties
}

const resourcesOf = ({ Resources: all = {} }: DeployTemplate): readonly Resource[] =>
  Object.values(all).map(({ Type: type, Properties: properties = {} }) => ({ type, properties }))

const namesIn = (resources: readonly Resource[], around: Surroundings): readonly NamedResource[] =>
  resources.flatMap(({ type, properties }) => {
    const property = NAME_PROPERTY[type]
    const name = property === undefined ? undefined : resolvedText(properties[property], around)
    return name === undefined ? [] : [{ type, name }]
  })

const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? (value as readonly unknown[]) : value === undefined ? [] : [value]

const environmentOf = ({ properties }: Resource, around: Surroundings): Readonly<Record<string, string>> => {
  const { Variables: variables = {} } = (properties.Environment ?? {}) as { Variables?: Properties }
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, resolvedText(value, around) ?? '<unknown>']),
  )
}

const consumersOf = ({ properties }: Resource, around: Surroundings): readonly string[] => {
  const list = Array.isArray(properties.Consumers) ? (properties.Consumers as readonly unknown[]) : []
  return list.flatMap((one) => resolvedText(one, around) ?? [])
}

/**
 * Each different policy of a secret once. With no reader anywhere, one that has the registrar's first role as its reader: clients that come
 * later have readers. @throws Fault when a role is malformed.
 */
export const secretPoliciesIn = (template: DeployTemplate, around: Surroundings): readonly PolicyOf[] => {
  const resources = resourcesOf(template)
  const registrar = resources
    .filter(({ type }) => type === 'AWS::Lambda::Function')
    .map((one) => environmentOf(one, around))
    .find((env) => 'M2M_CHANGERS' in env)
  if (registrar === undefined) return []
  const { readers, changers, rotators, operators = [], secretNamePrefix } = readRegistrarEnv(registrar)
  const { partition, region, account } = around
  const arn = `arn:${partition}:secretsmanager:${region}:${account}:secret:${secretNamePrefix}any`
  const policyFor = (consumers: readonly string[]): string =>
    JSON.stringify(secretPolicy(arn, { readers, changers, rotators, operators, consumers }))

  const declared = resources.filter(({ type }) => type === 'Custom::M2mClient')
  const found = new Map<string, string>()
  for (const client of declared) {
    const text = policyFor(consumersOf(client, around))
    if (!found.has(text)) found.set(text, resolvedText(client.properties.SecretName, around) ?? 'a declared client')
  }
  const hasReaders = declared.some((client) => consumersOf(client, around).length > 0)
  if (!hasReaders) found.set(policyFor(readers.slice(0, 1)), 'a client with one reader')
  return [...found].map(([text, subject]) => ({ subject, text }))
}

/** CDK's own rule: the version's parameter must not hold one of these. */
const bootstrapOf = ({ Parameters: parameters = {}, Rules: rules = {} }: DeployTemplate): DeployPlan['bootstrap'] => {
  const [id, parameter] =
    Object.entries(parameters).find(
      ([name, { Type: type }]) => name.startsWith('BootstrapVersion') && type?.startsWith('AWS::SSM::Parameter::Value'),
    ) ?? []
  if (id === undefined || typeof parameter?.Default !== 'string') return undefined
  const contains = [...JSON.stringify(rules).matchAll(/"Fn::Contains":\[(\[[^\]]*\])/g)].map(([, list = '[]']) => list)
  return {
    parameterName: parameter.Default,
    refused: contains.flatMap((list) => JSON.parse(list) as readonly string[]),
  }
}

const apiGatewayLogsOf = (resources: readonly Resource[]): DeployPlan['apiGatewayLogs'] => {
  const logs = ({ type, properties }: Resource): boolean =>
    type === 'AWS::ApiGateway::Stage' &&
    (properties.AccessLogSetting !== undefined || properties.MethodSettings !== undefined)
  if (!resources.some(logs)) return 'none'
  return resources.some(({ type }) => type === 'AWS::ApiGateway::Account') ? 'makeRole' : 'needRole'
}

const letInBy = (resources: readonly Resource[], around: Surroundings): readonly string[] => {
  const statements = resources
    .filter(({ type }) => type === 'AWS::Lambda::ResourcePolicy')
    .flatMap(({ properties }) => listOf((properties.PolicyDocument as Properties | undefined)?.Statement))
  const principals = statements.flatMap((one) => {
    const { Effect: effect, Principal: principal } = one as { Effect?: unknown; Principal?: { AWS?: unknown } }
    return effect === 'Allow' ? listOf(principal?.AWS) : []
  })
  return [...new Set(principals.flatMap((one) => resolvedText(one, around) ?? []))].filter((arn) =>
    arn.includes(':role/'),
  )
}

export const deployPlanOf = (template: DeployTemplate, around: Surroundings): DeployPlan => {
  const resources = resourcesOf(template)
  const functions = resources
    .filter(({ type }) => type === 'AWS::Lambda::Function')
    .map(({ properties }) => ({
      properties,
      functionName: resolvedText(properties.FunctionName, around) ?? '<unknown>',
    }))
  const bootstrap = bootstrapOf(template)
  return {
    around,
    names: namesIn(resources, around),
    reservations: functions.flatMap(({ functionName, properties }) => {
      const executions = Number(properties.ReservedConcurrentExecutions ?? 0)
      return executions > 0 ? [{ functionName, executions }] : []
    }),
    durable: functions.flatMap(({ functionName, properties }) =>
      properties.DurableConfig === undefined ? [] : [functionName],
    ),
    rareTypes: RARE_TYPES.filter((rare) => resources.some(({ type }) => type === rare)),
    apiGatewayLogs: apiGatewayLogsOf(resources),
    letIn: letInBy(resources, around),
    ...defined({ bootstrap }),
  }
}

const keyPoliciesIn = (template: DeployTemplate, marker: string): readonly unknown[] =>
  resourcesOf(template)
    .filter(({ type, properties }) => type === 'AWS::KMS::Key' && JSON.stringify(properties.KeyPolicy).includes(marker))
    .map(({ properties }) => properties.KeyPolicy)

/** The same of the key that the template makes for log groups and the alarm topic. */
export const monitoringKeyPolicyIn = (template: DeployTemplate, around: Surroundings): unknown => {
  const [policy] = keyPoliciesIn(template, '"kms:EncryptionContext:aws:logs:arn"')
  return policy === undefined ? undefined : resolved(policy, around)
}

/**
 * The policy of the key that the template makes for secrets, with what is known of its surroundings filled in; undefined when it makes none.
 * A key for logs and alarms is used by their services themselves, and not through Secrets Manager.
 */
export const keyPolicyIn = (template: DeployTemplate, around: Surroundings): unknown => {
  const [policy] = keyPoliciesIn(template, '"kms:ViaService"')
  return policy === undefined ? undefined : resolved(policy, around)
}
