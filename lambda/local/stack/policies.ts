// The policies that a template's resources carry: whose each is, as statements. Read where rights are evaluated and where they are computed.
import type { JsonObject } from '../../core/base/json-object.ts'
import type { PolicyDocument } from '../iam/policy.ts'
import { fieldsOf, listOf, textsOf } from '../stand-in/fields.ts'
import type { TemplatePlace } from './resolve.ts'

/** A resource with its references resolved. */
export interface PolicyBearer {
  readonly type: string
  readonly properties: JsonObject
  readonly arn: string
  /** What Ref returns, for an API. */
  readonly name: string
}

export interface AttachedPolicy {
  /** ARN of the resource that it guards, or of the role that has it. */
  readonly arn: string
  readonly statements: readonly unknown[]
}

/** As it stands in the template: JSON, or its text. */
export const statementsIn = (document: unknown): readonly unknown[] =>
  listOf(fieldsOf(typeof document === 'string' ? JSON.parse(document) : document).Statement)

export const documentOf = (document: unknown): PolicyDocument => ({
  Version: fieldsOf(typeof document === 'string' ? JSON.parse(document) : document).Version ?? '2012-10-17',
  Statement: statementsIn(document),
})

/** What AddPermission makes of a permission (Lambda developer guide, resource-based policies). */
const permissionStatement = (resource: string, permission: JsonObject): unknown => {
  const principal = String(permission.Principal)
  const conditions = {
    ...(permission.SourceArn === undefined ? {} : { ArnLike: { 'AWS:SourceArn': permission.SourceArn } }),
    ...(permission.SourceAccount === undefined
      ? {}
      : { StringEquals: { 'AWS:SourceAccount': permission.SourceAccount } }),
  }
  return {
    Effect: 'Allow',
    Principal: principal.endsWith('.amazonaws.com') ? { Service: principal } : { AWS: principal },
    Action: permission.Action,
    Resource: resource,
    ...(Object.keys(conditions).length === 0 ? {} : { Condition: conditions }),
  }
}

/** As requests to an API name it; stage, method and path follow. */
export const apiArn = ({ region, account }: TemplatePlace, id: string): string =>
  `arn:aws:execute-api:${region}:${account}:${id}`

/** Resource policies that the resource carries, or is. */
export const resourcePoliciesOf = (bearer: PolicyBearer, place: TemplatePlace): readonly AttachedPolicy[] => {
  const { type, properties, arn, name } = bearer
  const here = (service: string, of: unknown): string => {
    const text = String(of)
    return text.startsWith('arn:') ? text : `arn:aws:${service}:${place.region}:${place.account}:${text}`
  }
  const one = (of: string, document: unknown): readonly AttachedPolicy[] =>
    document === undefined ? [] : [{ arn: of, statements: statementsIn(document) }]
  switch (type) {
    case 'AWS::IAM::Role':
      return one(arn, properties.AssumeRolePolicyDocument)
    case 'AWS::KMS::Key':
      return one(arn, properties.KeyPolicy)
    case 'AWS::S3::BucketPolicy':
      return one(`arn:aws:s3:::${String(properties.Bucket)}`, properties.PolicyDocument)
    case 'AWS::Events::EventBus':
      return one(arn, properties.Policy)
    case 'AWS::Events::EventBusPolicy': {
      const { StatementId: Sid, EventBusName, Statement } = properties
      return [
        {
          arn: here('events', `event-bus/${String(EventBusName)}`),
          statements: [{ Sid, ...fieldsOf(Statement) }],
        },
      ]
    }
    case 'AWS::SQS::QueuePolicy':
      // A queue is named by its URL there, and by its ARN in requests.
      return textsOf(properties.Queues).flatMap((url) =>
        one(here('sqs', url.split('/').at(-1)), properties.PolicyDocument),
      )
    case 'AWS::SNS::TopicPolicy':
      return textsOf(properties.Topics).flatMap((topic) => one(topic, properties.PolicyDocument))
    case 'AWS::ApiGateway::RestApi': {
      if (properties.Policy === undefined) return []
      // In an API's own policy, API Gateway puts the rest of the ARN before it.
      const api = apiArn(place, name)
      return one(api, JSON.stringify(properties.Policy).replaceAll('"execute-api:/', `"${api}/`))
    }
    case 'AWS::DynamoDB::Table':
    case 'AWS::DynamoDB::GlobalTable':
      // A global table has one for each Region that it is in.
      return [properties, ...listOf(properties.Replicas).map(fieldsOf)].flatMap(({ ResourcePolicy: policy }) =>
        one(arn, fieldsOf(policy).PolicyDocument),
      )
    case 'AWS::SecretsManager::ResourcePolicy':
      return one(String(properties.SecretId), properties.ResourcePolicy)
    case 'AWS::Lambda::Permission': {
      const of = here('lambda', String(properties.FunctionName).replace(/^(?!arn:)/, 'function:'))
      return [{ arn: of, statements: [permissionStatement(of, properties)] }]
    }
    case 'AWS::Lambda::ResourcePolicy':
      return one(here('lambda', properties.ResourceArn), properties.PolicyDocument)
    default:
      return []
  }
}
