// Reads a synthesised template as CloudFormation would leave it in one account: every Ref, GetAtt, Join, Sub and Select becomes the name
// or ARN that the resource will have. Knows only what policies point at. Physical names that CloudFormation would make up are built from
// the stack's name and the logical id, so that the same template always gives the same text; bundles' hashes never stand in it.

import { isJsonObject, type JsonObject } from '../../lambda/core/base/json-object.ts'

export interface StackPlace {
  readonly partition: string
  readonly account: string
  readonly region: string
  readonly stackName: string
}

export interface DeployedResource {
  readonly Type: string
  readonly Properties?: Readonly<Record<string, unknown>>
}

export interface Template {
  readonly Resources: Readonly<Record<string, DeployedResource>>
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>
  readonly Conditions?: Readonly<Record<string, unknown>>
}

export type Resolve = (value: unknown) => unknown

/** How a resource's ARN is made of its own name: `name` stands for it. Types that are missing here have no ARN that a policy names. */
const arnForms: Readonly<Record<string, { readonly named: string; readonly arn: string }>> = {
  'AWS::IAM::Role': { named: 'RoleName', arn: 'iam::account:role/name' },
  'AWS::IAM::ManagedPolicy': { named: 'ManagedPolicyName', arn: 'iam::account:policy/name' },
  'AWS::Lambda::Function': { named: 'FunctionName', arn: 'lambda:region:account:function:name' },
  'AWS::KMS::Key': { named: '-', arn: 'kms:region:account:key/name' },
  'AWS::S3::Bucket': { named: 'BucketName', arn: 's3:::name' },
  'AWS::Events::EventBus': { named: 'Name', arn: 'events:region:account:event-bus/name' },
  'AWS::SNS::Topic': { named: 'TopicName', arn: 'sns:region:account:name' },
  'AWS::SQS::Queue': { named: 'QueueName', arn: 'sqs:region:account:name' },
  'AWS::DynamoDB::Table': { named: 'TableName', arn: 'dynamodb:region:account:table/name' },
  'AWS::DynamoDB::GlobalTable': { named: 'TableName', arn: 'dynamodb:region:account:table/name' },
  'AWS::Logs::LogGroup': { named: 'LogGroupName', arn: 'logs:region:account:log-group:name:*' },
  'AWS::Scheduler::Schedule': { named: 'Name', arn: 'scheduler:region:account:schedule/default/name' },
  'AWS::CloudWatch::Alarm': { named: 'AlarmName', arn: 'cloudwatch:region:account:alarm:name' },
  'AWS::SecretsManager::Secret': { named: 'Name', arn: 'secretsmanager:region:account:secret:name-AbCdEf' },
}

/** Types whose Ref is the ARN. */
const refIsArn = ['AWS::IAM::ManagedPolicy', 'AWS::SNS::Topic', 'AWS::SecretsManager::Secret']

export interface ReadTemplate {
  readonly resolve: Resolve
  /** With what Ref and the ARN of it are, as `$ref` and `$arn`. `[logical id, resource]` of every resource of these types, its properties resolved. */
  readonly ofType: (...types: readonly string[]) => readonly { readonly id: string; readonly properties: JsonObject }[]
}

export const readDeployedTemplate = (template: Template, place: StackPlace): ReadTemplate => {
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::Partition': place.partition,
    'AWS::AccountId': place.account,
    'AWS::Region': place.region,
    'AWS::StackName': place.stackName,
    'AWS::URLSuffix': 'amazonaws.com',
  }

  const resourceOf = (id: string): DeployedResource => {
    const resource = template.Resources[id]
    if (resource === undefined) throw new Error(`The template refers to ${id}, which it does not hold.`)
    return resource
  }

  const nameOf = (id: string): string => {
    const { Type, Properties = {} } = resourceOf(id)
    const { named = '-' } = arnForms[Type] ?? {}
    if (Properties[named] !== undefined) return text(Properties[named])
    if (Type === 'AWS::KMS::Key') return id
    const madeUp = `${place.stackName}-${id}`
    return Type === 'AWS::S3::Bucket' ? madeUp.toLowerCase() : madeUp
  }

  const arnOf = (id: string): string => {
    const { Type, Properties = {} } = resourceOf(id)
    if (Type === 'AWS::Lambda::Alias') return `${functionArn(Properties.FunctionName)}:${text(Properties.Name)}`
    // Its logical id ends in a hash of the bundle, and its number is CloudFormation's.
    if (Type === 'AWS::Lambda::Version') return `${functionArn(Properties.FunctionName)}:1`
    if (Type === 'AWS::Events::Rule') {
      const bus = Properties.EventBusName === undefined ? '' : `${text(Properties.EventBusName).replace(/^.*\//, '')}/`
      return `arn:${place.partition}:events:${place.region}:${place.account}:rule/${bus}${place.stackName}-${id}`
    }
    const form = arnForms[Type]
    if (form === undefined) return `${Type}/${id}`
    const { partition, account, region } = place
    const filled = form.arn
      .replace('region', region)
      .replace('account', account)
      .replace(/name(?=$|[-:])/, nameOf(id))
    return `arn:${partition}:${filled}`
  }

  const functionArn = (named: unknown): string => {
    const name = text(named)
    const { partition, account, region } = place
    return name.startsWith('arn:') ? name : `arn:${partition}:lambda:${region}:${account}:function:${name}`
  }

  const ref = (id: string): unknown => {
    if (pseudo[id] !== undefined) return pseudo[id]
    if (id === 'AWS::NoValue') return undefined
    const parameter = template.Parameters?.[id]
    if (parameter !== undefined) return parameter.Default ?? `${id}-parameter`
    const { Type } = resourceOf(id)
    if (refIsArn.includes(Type) || Type.startsWith('AWS::Lambda::Alias') || Type === 'AWS::Lambda::Version')
      return arnOf(id)
    return nameOf(id)
  }

  const attribute = (id: string, name: string): string => {
    if (name === 'Arn') return arnOf(id)
    if (name === 'Name' || name.endsWith('Name')) return nameOf(id)
    // A client's secret: Secrets Manager adds six characters.
    if (name === 'SecretArn') return secretArn(place, text(resourceOf(id).Properties?.SecretName))
    return `${id}.${name}`
  }

  const substitute = (pattern: unknown): string => {
    const [form, values] = Array.isArray(pattern)
      ? [String(pattern[0]), pattern[1] as JsonObject]
      : [String(pattern), {}]
    return form.replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => {
      if (isJsonObject(values) && values[name] !== undefined) return text(values[name])
      const [id = '', ...rest] = name.split('.')
      return rest.length === 0 ? text({ Ref: name }) : attribute(id, rest.join('.'))
    })
  }

  const functions: Readonly<Record<string, (argument: unknown) => unknown>> = {
    Ref: (id) => ref(String(id)),
    'Fn::GetAtt': (argument) => {
      const [id = '', ...rest] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.')
      return attribute(id, rest.join('.'))
    },
    'Fn::Join': (argument) => {
      const [separator, parts] = resolve(argument) as [string, readonly unknown[]]
      return parts.map(text).join(separator)
    },
    'Fn::Sub': substitute,
    'Fn::Select': (argument) => {
      const [at, list] = resolve(argument) as [number | string, readonly unknown[]]
      return list[Number(at)]
    },
    'Fn::Split': (argument) => {
      const [separator, joined] = resolve(argument) as [string, string]
      return joined.split(separator)
    },
  }

  const resolve: Resolve = (value) => {
    if (Array.isArray(value)) return value.map(resolve)
    if (!isJsonObject(value)) return value
    const [key = '', ...others] = Object.keys(value)
    const apply = others.length === 0 ? functions[key] : undefined
    if (apply !== undefined) return apply(value[key])
    if (key.startsWith('Fn::'))
      throw new Error(`The template uses ${key}, which scripts/rights/template.ts does not know.`)
    return Object.fromEntries(
      Object.entries(value)
        .map(([name, inner]) => [name, resolve(inner)] as const)
        .filter(([, inner]) => inner !== undefined),
    )
  }

  const text = (value: unknown): string => {
    const resolved = resolve(value)
    if (typeof resolved === 'string' || typeof resolved === 'number' || typeof resolved === 'boolean')
      return String(resolved)
    throw new Error(`The template has ${JSON.stringify(value)} where a text is expected.`)
  }

  return {
    resolve,
    ofType: (...types) =>
      Object.entries(template.Resources)
        .filter(([, { Type }]) => types.includes(Type))
        .map(([id, { Properties = {} }]) => ({
          id,
          properties: { ...(resolve(Properties) as JsonObject), $arn: arnOf(id), $ref: ref(id) },
        })),
  }
}

/** As Secrets Manager would make it, with six characters that are always the same. */
export const secretArn = ({ partition, account, region }: StackPlace, name: string): string =>
  `arn:${partition}:secretsmanager:${region}:${account}:secret:${name}-AbCdEf`
