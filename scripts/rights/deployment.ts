// The deployment whose rights are computed: everything switched on, in one account of three, with every kind of person named. Synthesises
// it, and gives every policy of it with the resource or role that it belongs to, the policies included that only the running system makes.

import { App } from 'aws-cdk-lib'
import { isJsonObject } from '../../lambda/core/base/json-object.ts'
import { secretPolicy } from '../../lambda/core/clients/secret-policy.ts'
import { readRegistrarEnv } from '../../lambda/env/registrar.ts'
import type { WrittenPolicy } from '../../lambda/local/iam/policy.ts'
import { apiArn as apiArnAt, resourcePoliciesOf, statementsIn } from '../../lambda/local/stack/policies.ts'
import { textsOf } from '../../lambda/local/stand-in/fields.ts'
import { readDeployConfig } from '../../lib/config/deploy-config.ts'
import { M2mStack } from '../../lib/m2m-stack.ts'
import { type ReadTemplate, readDeployedTemplate, type StackPlace, secretArn, type Template } from './template.ts'

export const ACCOUNT = '111111111111'
const OTHER_ACCOUNT = '222222222222'
const SECURITY_ACCOUNT = '444444444444'

export const place: StackPlace = {
  partition: 'aws',
  account: ACCOUNT,
  region: 'eu-west-1',
  stackName: 'm2m-prod',
}

const role = (name: string, account = ACCOUNT): string => `arn:aws:iam::${account}:role/${name}`

/** People and consumers, whose roles are not the stack's. */
export const roles = {
  breakGlass: role('break-glass'),
  operator: role('operator'),
  /** Declares clients of one set. */
  payments: role('payments'),
  security: role('security', SECURITY_ACCOUNT),
  /** Named in cdk.json. */
  billingJob: role('billing-job'),
  billingAbroad: role('billing', OTHER_ACCOUNT),
  /** Ask the vendor for tokens: one that `grantVend` was called for, and one of the account that `vendor.admits` names. */
  vended: role('vended'),
  vendedAbroad: role('vended', OTHER_ACCOUNT),
  /** Named in a file that was applied. */
  reportsJob: role('jobs/reports'),
  reportsAbroad: role('reports', OTHER_ACCOUNT),
  deploy: role(`cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-eu-west-1`),
  pipeline: role('pipeline'),
}

/** As `m2m` in cdk.json. */
export const settings = {
  stage: 'prod',
  stytch: {
    projectId: 'project-live-00000000-0000-4000-8000-000000000000',
    projectSecretName: 'stytch/m2m-prod',
    projectRotation: {
      projectSlug: 'project',
      environmentSlug: 'production',
      workspaceKeySecretName: 'stytch/workspace-key',
    },
  },
  alarms: { email: 'oncall@example.com' },
  breakGlass: { roleArn: roles.breakGlass },
  operators: [roles.operator],
  sets: {
    payments: {
      operators: [roles.payments],
      readers: [`arn:aws:iam::${ACCOUNT}:role/payments-*`],
      scopes: ['read:*'],
      names: 'payments-*',
    },
    reports: { operators: [roles.operator], readers: [], scopes: ['read:reports'], names: 'reports*' },
  },
  readerAccounts: [OTHER_ACCOUNT],
  incidents: {
    security: { roleArns: [roles.security] },
    intake: { signingSecretName: 'leaks/signing' },
  },
  vendor: { endpoint: 'regional', admits: [{ account: OTHER_ACCOUNT, clients: ['billing'] }] },
  rotation: { adoptionProof: { waitAtMost: '72h' } },
  environment: { account: ACCOUNT, region: place.region },
  clients: [
    {
      name: 'billing',
      description: 'Reads invoices',
      scopes: ['read:invoices'],
      readers: [roles.billingJob, roles.billingAbroad],
    },
  ],
}

/** Secrets that stand in no template's resource. */
export const secrets = {
  billing: secretArn(place, 'm2m/prod/billing'),
  reports: secretArn(place, 'm2m/prod/reports'),
  project: secretArn(place, settings.stytch.projectSecretName),
}

export type PolicyDocument = WrittenPolicy

export interface Deployment {
  readonly template: ReadTemplate
  /** Role's ARN → its identity policies. */
  readonly identityPolicies: ReadonlyMap<string, readonly PolicyDocument[]>
  /** Resource's ARN → its policy. */
  readonly resourcePolicies: ReadonlyMap<string, PolicyDocument>
  /** What an operator attaches. */
  readonly operatorPolicies: readonly PolicyDocument[]
  /** Part, such as `rotation` → the ARNs of its function and its role. */
  readonly functions: ReadonlyMap<string, { readonly arn: string; readonly roleArn: string }>
  readonly keyArn: string
  /** Of the key that signs proofs. */
  readonly proofKeyArn: string
  readonly bucketName: string
  /** Where the list of revocations is published, and the key that signs it. */
  readonly revocations: { readonly keyArn: string; readonly bucketName: string }
  /** Function's ARN → the ARNs by which it can be called: its own, and one for each alias. */
  readonly qualifiers: ReadonlyMap<string, readonly string[]>
}

const document = (value: unknown): PolicyDocument => ({ Version: '2012-10-17', Statement: statementsIn(value) })

const stackPlace = { name: place.stackName, account: ACCOUNT, region: place.region }

/** As requests to an API name it; stage, method and path follow. */
export const apiArn = (id: string): string => apiArnAt(stackPlace, id)

const readResourcePolicies = ({ resources }: ReadTemplate): Map<string, PolicyDocument> => {
  const found = new Map<string, PolicyDocument>()
  for (const { type, properties } of resources) {
    const bearer = { type, properties, arn: String(properties.$arn), name: String(properties.$ref) }
    for (const { arn, statements } of resourcePoliciesOf(bearer, stackPlace)) {
      found.set(arn, { Version: '2012-10-17', Statement: [...(found.get(arn)?.Statement ?? []), ...statements] })
    }
  }
  return found
}

/** The policy that one of the two registering functions puts on a secret: of the stage's roles, which stand in the function's settings. */
const policyBy = (
  { ofType }: ReadTemplate,
  part: 'registrar' | 'clients',
  arn: string,
  consumers: readonly string[],
): PolicyDocument => {
  const found = ofType('AWS::Lambda::Function').find(({ properties }) => properties.FunctionName === `m2m-prod-${part}`)
  const { Environment: environment } = found?.properties ?? {}
  if (!isJsonObject(environment) || !isJsonObject(environment.Variables))
    throw new Error(`The ${part} function has no settings.`)
  const variables = Object.fromEntries(
    Object.entries(environment.Variables).map(([key, value]) => [key, String(value)]),
  )
  return secretPolicy(arn, { ...readRegistrarEnv(variables), consumers })
}

/** Of a client in cdk.json, as the template gives them to the registrar. */
const declaredConsumers = ({ ofType }: ReadTemplate, secretName: string): readonly string[] => {
  const client = ofType('Custom::M2mClient').find(({ properties }) => properties.SecretName === secretName)
  if (client === undefined) throw new Error(`The template declares no client ${secretName}.`)
  return textsOf(client.properties.Consumers)
}

const readIdentityPolicies = ({ ofType }: ReadTemplate): Map<string, readonly PolicyDocument[]> => {
  const found = new Map<string, PolicyDocument[]>()
  const arns = new Map(
    ofType('AWS::IAM::Role').map(({ properties }) => [String(properties.$arn).split('/').at(-1), properties]),
  )
  for (const { properties } of ofType('AWS::IAM::Policy')) {
    for (const name of textsOf(properties.Roles)) {
      const arn = String(arns.get(name)?.$arn)
      found.set(arn, [...(found.get(arn) ?? []), document(properties.PolicyDocument)])
    }
  }
  for (const properties of arns.values()) {
    if (textsOf(properties.ManagedPolicyArns).length > 0) {
      throw new Error(`${String(properties.$arn)} has managed policies, which scripts/rights does not read.`)
    }
    const inline = Array.isArray(properties.Policies) ? properties.Policies : []
    for (const policy of inline) {
      const arn = String(properties.$arn)
      if (isJsonObject(policy)) found.set(arn, [...(found.get(arn) ?? []), document(policy.PolicyDocument)])
    }
  }
  return found
}

const only = (values: readonly string[], what: string): string => {
  const [value] = values
  if (value === undefined || values.length > 1) throw new Error(`The template holds ${values.length} ${what}.`)
  return value
}

/** The template of `settings`, as it stands in this working copy. */
export const synthesiseDeployment = (): Template => {
  const app = new App()
  const { environment, ...config } = readDeployConfig(settings)
  const stack = new M2mStack(app, 'M2m', {
    stackName: place.stackName,
    config,
    ...(environment && { env: environment }),
  })
  const template: Template = app.synth().getStackArtifact(stack.artifactId).template
  return template
}

export const readDeployment = (template: Template): Deployment => {
  const read = readDeployedTemplate(template, place)
  const resourcePolicies = readResourcePolicies(read)
  const { reportsJob, reportsAbroad } = roles
  const declared = declaredConsumers(read, 'm2m/prod/billing')
  resourcePolicies.set(secrets.billing, policyBy(read, 'registrar', secrets.billing, declared))
  resourcePolicies.set(secrets.reports, policyBy(read, 'clients', secrets.reports, [reportsJob, reportsAbroad]))
  const functions = new Map(
    read.ofType('AWS::Lambda::Function').map(({ properties }) => {
      const part = String(properties.FunctionName).replace('m2m-prod-', '')
      return [part, { arn: String(properties.$arn), roleArn: String(properties.Role) }] as const
    }),
  )
  const qualifiers = new Map([...functions.values()].map(({ arn }) => [arn, [arn]]))
  for (const { properties } of read.ofType('AWS::Lambda::Alias')) {
    const arn = String(properties.$arn)
    qualifiers.get(arn.split(':').slice(0, -1).join(':'))?.push(arn)
  }
  const arnsOf = (type: string, of: string) =>
    read.ofType(type).flatMap(({ id, properties }) => (id.startsWith(of) ? [String(properties.$arn)] : []))
  return {
    template: read,
    resourcePolicies,
    identityPolicies: readIdentityPolicies(read),
    operatorPolicies: read
      .ofType('AWS::IAM::ManagedPolicy')
      .filter(({ properties }) => String(properties.ManagedPolicyName).includes('operator'))
      .map(({ properties }) => document(properties.PolicyDocument)),
    functions,
    qualifiers,
    keyArn: only(arnsOf('AWS::KMS::Key', 'Key'), 'keys of secrets'),
    proofKeyArn: only(arnsOf('AWS::KMS::Key', 'Proofs'), 'keys of proofs'),
    bucketName: only(arnsOf('AWS::S3::Bucket', 'Evidence'), 'evidence buckets').replace('arn:aws:s3:::', ''),
    revocations: {
      keyArn: only(arnsOf('AWS::KMS::Key', 'Revocations'), 'keys of the list of revocations'),
      bucketName: only(arnsOf('AWS::S3::Bucket', 'Revocations'), 'buckets of the list').replace('arn:aws:s3:::', ''),
    },
  }
}
