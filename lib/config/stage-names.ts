// The names a stage's roles and functions have. They are fixed, not generated: policies on thousands of secrets, the key and the
// bus name a role by its ARN, also before that role exists, and must not change when a template does (docs/decisions/010).
import { Stack } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { prefixesOf } from '../../lambda/core/secret/stage-secrets.ts'

const parts = [
  'rotation',
  'project-rotation',
  'registrar',
  'clients',
  'sweep',
  'campaign',
  'incident',
  'identify',
  'intake',
  'vendor',
  'archive',
  'reads',
] as const

/** A part with a role of its own. */
export type Part = (typeof parts)[number]

/** Every word that begins a part's name: a stage that ended in one would share names with the stage before it. */
export const partWords: readonly string[] = [...new Set(parts.flatMap((part) => [part, part.split('-')[0] ?? part]))]

export interface StageNames {
  readonly stage: string
  /** `m2m/<stage>/` */
  readonly secretNamePrefix: string
  /** Below them stand secrets that are adopted where they are. @default - none */
  readonly extraPrefixes?: readonly string[] | undefined
}

/** `m2m-prod-rotation` */
export const functionName = ({ stage }: StageNames, part: Part): string => `m2m-${stage}-${part}`

/** Roles are global to an account, functions are not: a stage may stand in two Regions. */
export const roleName = (scope: Construct, names: StageNames, part: Part): string =>
  `${functionName(names, part)}-${Stack.of(scope).region}`

export const roleArn = (scope: Construct, names: StageNames, part: Part): string => {
  const { partition, account } = Stack.of(scope)
  return `arn:${partition}:iam::${account}:role/${roleName(scope, names, part)}`
}

export const functionArn = (scope: Construct, names: StageNames, part: Part): string => {
  const { partition, account, region } = Stack.of(scope)
  return `arn:${partition}:lambda:${region}:${account}:function:${functionName(names, part)}`
}

/** Of the secret that held the intake's gate before the records table did: beside the managed ones. `m2m-intake/<stage>/gate` */
export const formerGateName = ({ secretNamePrefix }: StageNames): string =>
  `${secretNamePrefix.replace('/', '-intake/')}gate`

/** What `cdk bootstrap` makes for CloudFormation. */
export const bootstrapDeployRoleArn = (scope: Construct): string => {
  const { partition, account, region } = Stack.of(scope)
  return `arn:${partition}:iam::${account}:role/cdk-hnb659fds-cfn-exec-role-${account}-${region}`
}

/** ARN patterns of the stage's secrets, one for each prefix, in this Region or another. */
export const managedSecrets = (scope: Construct, names: StageNames, inRegion?: string): readonly string[] => {
  const { partition, account, region } = Stack.of(scope)
  return prefixesOf(names).map(
    (prefix) => `arn:${partition}:secretsmanager:${inRegion ?? region}:${account}:secret:${prefix}*`,
  )
}

/** The same of the stage's own prefix alone, where clients are registered. */
export const ownSecrets = (
  scope: Construct,
  { stage, secretNamePrefix }: StageNames,
  inRegion?: string,
): readonly string[] => managedSecrets(scope, { stage, secretNamePrefix }, inRegion)

/** The same of the extra prefixes alone. */
export const extraSecrets = (scope: Construct, names: StageNames): readonly string[] =>
  managedSecrets(scope, names).slice(1)

/** ARN pattern of one secret by its name: Secrets Manager adds a hyphen and six characters. */
export const namedSecret = (scope: Construct, name: string): string => {
  const { partition, account, region } = Stack.of(scope)
  return `arn:${partition}:secretsmanager:${region}:${account}:secret:${name}-??????`
}

/**
 * For a secret that may not exist: Secrets Manager then asks IAM about the name as it was given, which no pattern with the six characters of a
 * secret's ARN matches, so that the caller learns of a denial and not of its absence.
 */
export const perhapsNamedSecret = (scope: Construct, name: string): readonly string[] => {
  const pattern = namedSecret(scope, name)
  return [pattern, pattern.replace(/-\?{6}$/, '')]
}

/** ARN patterns of a stage's log groups: of functions, and of the access logs of the vendor's and the intake's API. */
export const logGroupArns = (scope: Construct, { stage }: StageNames): readonly string[] => {
  const { partition, account, region } = Stack.of(scope)
  const places = ['/aws/lambda', '/aws/apigateway', '/aws/vendedlogs']
  return places.map((place) => `arn:${partition}:logs:${region}:${account}:log-group:${place}/m2m-${stage}-*`)
}
