// Every policy of a stack, of whatever kind, as one list: who has it, its text as AWS stores it, and its statements. Statements that a
// resource type keeps one by one (bus, Lambda permissions) are put together to the policy that they become.
import { isJsonObject, type JsonObject } from '../../lambda/core/base/json-object.ts'
import type { Statement } from '../../lambda/local/iam/policy.ts'
import { fieldsOf, listOf, textsOf } from '../../lambda/local/stand-in/fields.ts'
import { type JudgedResource, ofType, type Stack } from './template.ts'

export type { Statement }

export type PolicyKind =
  | 'sqs'
  | 'sns'
  | 'kms'
  | 'bus'
  | 's3'
  | 'secret'
  | 'lambda'
  | 'dynamodb'
  | 'api'
  | 'logs'
  | 'trust'
  | 'inline'
  | 'managed'

export interface Policy {
  readonly kind: PolicyKind
  /** The resource of the template that states it. */
  readonly statedBy: JudgedResource
  /** What it guards or whom it allows: an ARN, a URL, or a name, as the template refers to it. */
  readonly holders: readonly string[]
  readonly statements: readonly Statement[]
}

const statementsOf = (document: unknown): readonly Statement[] => {
  const parsed: unknown = typeof document === 'string' ? JSON.parse(document) : document
  return listOf(fieldsOf(parsed).Statement).filter(isJsonObject)
}

const selfOf = (stack: Stack, resource: JudgedResource): string => {
  const { type, properties } = resource
  if (type === 'AWS::IAM::Role') return String(properties.RoleName ?? resource.id)
  return stack.resources.includes(resource) ? resource.id : ''
}

const attached: readonly { type: string; kind: PolicyKind; document: string; holders: string }[] = [
  { type: 'AWS::SQS::QueuePolicy', kind: 'sqs', document: 'PolicyDocument', holders: 'Queues' },
  { type: 'AWS::SNS::TopicPolicy', kind: 'sns', document: 'PolicyDocument', holders: 'Topics' },
  { type: 'AWS::S3::BucketPolicy', kind: 's3', document: 'PolicyDocument', holders: 'Bucket' },
  { type: 'AWS::IAM::Policy', kind: 'inline', document: 'PolicyDocument', holders: 'Roles' },
  { type: 'AWS::IAM::RolePolicy', kind: 'inline', document: 'PolicyDocument', holders: 'RoleName' },
  { type: 'AWS::IAM::ManagedPolicy', kind: 'managed', document: 'PolicyDocument', holders: 'Roles' },
  { type: 'AWS::SecretsManager::ResourcePolicy', kind: 'secret', document: 'ResourcePolicy', holders: 'SecretId' },
  { type: 'AWS::Lambda::ResourcePolicy', kind: 'lambda', document: 'PolicyDocument', holders: 'ResourceArn' },
  { type: 'AWS::Logs::ResourcePolicy', kind: 'logs', document: 'PolicyDocument', holders: 'PolicyName' },
]

const built: readonly { type: string; kind: PolicyKind; document: string }[] = [
  { type: 'AWS::KMS::Key', kind: 'kms', document: 'KeyPolicy' },
  { type: 'AWS::IAM::Role', kind: 'trust', document: 'AssumeRolePolicyDocument' },
  { type: 'AWS::ApiGateway::RestApi', kind: 'api', document: 'Policy' },
  { type: 'AWS::Events::EventBus', kind: 'bus', document: 'Policy' },
  { type: 'AWS::Lambda::Function', kind: 'lambda', document: 'Policy' },
]

const tablePolicies = (stack: Stack): readonly Policy[] =>
  ofType(stack, 'AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable').flatMap((table) =>
    [table.properties, ...listOf(table.properties.Replicas)].flatMap((place) => {
      const { ResourcePolicy } = fieldsOf(place)
      if (ResourcePolicy === undefined) return []
      const statements = statementsOf(fieldsOf(ResourcePolicy).PolicyDocument)
      return [{ kind: 'dynamodb' as const, statedBy: table, holders: [table.id], statements }]
    }),
  )

const inlineOfRoles = (stack: Stack): readonly Policy[] =>
  ofType(stack, 'AWS::IAM::Role').flatMap((role) =>
    listOf(role.properties.Policies).map((one) => ({
      kind: 'inline' as const,
      statedBy: role,
      holders: [selfOf(stack, role)],
      statements: statementsOf(fieldsOf(one).PolicyDocument),
    })),
  )

/** What PutPermission stores for a statement of its own. */
const busStatements = (stack: Stack): readonly Policy[] =>
  ofType(stack, 'AWS::Events::EventBusPolicy').map((one) => {
    const { EventBusName, StatementId, Statement: statement, Action, Principal, Condition } = one.properties
    const whole = isJsonObject(statement) ? statement : { Effect: 'Allow', Action, Principal, Condition }
    return {
      kind: 'bus',
      statedBy: one,
      holders: textsOf(EventBusName),
      statements: [{ Sid: StatementId, ...whole } as JsonObject],
    }
  })

/** What AddPermission stores. */
const permissionStatement = ({ id, properties }: JudgedResource): Statement => {
  const { Action, Principal, SourceArn, SourceAccount, PrincipalOrgID, FunctionName } = properties
  const principal = String(Principal)
  return {
    Sid: id,
    Effect: 'Allow',
    Action,
    Principal: /^[a-z0-9.-]+\.amazonaws\.com$/.test(principal) ? { Service: principal } : { AWS: principal },
    Resource: FunctionName,
    Condition: {
      ...(SourceArn === undefined ? {} : { ArnLike: { 'aws:SourceArn': SourceArn } }),
      ...(SourceAccount === undefined && PrincipalOrgID === undefined
        ? {}
        : {
            StringEquals: {
              ...(SourceAccount === undefined ? {} : { 'aws:SourceAccount': SourceAccount }),
              ...(PrincipalOrgID === undefined ? {} : { 'aws:PrincipalOrgID': PrincipalOrgID }),
            },
          }),
    },
  }
}

const permissions = (stack: Stack): readonly Policy[] =>
  ofType(stack, 'AWS::Lambda::Permission').map((one) => ({
    kind: 'lambda',
    statedBy: one,
    holders: textsOf(one.properties.FunctionName),
    statements: [permissionStatement(one)],
  }))

const gather = (stack: Stack): readonly Policy[] => [
  ...attached.flatMap(({ type, kind, document, holders }) =>
    ofType(stack, type).map((one) => ({
      kind,
      statedBy: one,
      holders: textsOf(one.properties[holders]),
      statements: statementsOf(one.properties[document]),
    })),
  ),
  ...built.flatMap(({ type, kind, document }) =>
    ofType(stack, type)
      .filter(({ properties }) => isJsonObject(properties[document]))
      .map((one) => ({
        kind,
        statedBy: one,
        holders: [selfOf(stack, one)],
        statements: statementsOf(one.properties[document]),
      })),
  ),
  ...tablePolicies(stack),
  ...inlineOfRoles(stack),
  ...busStatements(stack),
  ...permissions(stack),
]

/** Every rule asks for them, most of them once for each resource. */
const gathered = new WeakMap<Stack, readonly Policy[]>()

export const policiesOf = (stack: Stack): readonly Policy[] => {
  const found = gathered.get(stack) ?? gather(stack)
  gathered.set(stack, found)
  return found
}

/** The function that a name, an ARN, or an alias' or version's ARN means. */
export const functionOf = (stack: Stack, reference: unknown): JudgedResource | undefined => {
  const found = stack.find(reference)
  if (found?.type === 'AWS::Lambda::Function') return found
  const text = String(reference)
  const name = text.startsWith('arn:') ? text.split(':')[6] : text.split(':')[0]
  return ofType(stack, 'AWS::Lambda::Function').find(({ properties }) => properties.FunctionName === name)
}

/** The policies whose holder is this resource, an alias of a function included. */
export const policiesFor = (stack: Stack, resource: JudgedResource): readonly Policy[] =>
  policiesOf(stack).filter(({ statedBy, holders }) => {
    if (statedBy === resource) return true
    return holders.some((holder) =>
      resource.type === 'AWS::Lambda::Function'
        ? functionOf(stack, holder) === resource
        : holder === resource.id || stack.find(holder) === resource,
    )
  })
