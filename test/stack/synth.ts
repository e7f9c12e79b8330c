// Makes templates for the tests of this folder: the example configuration with a few settings changed, or a bare stack with the
// constructs that a client needs. No account, no network.

import { App, type AppProps, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { DEPLOYED } from '../../lambda/core/rotation/bounds.ts'
import { M2mEventBus } from '../../lib/base/event-bus.ts'
import { Notifications } from '../../lib/base/notifications.ts'
import { SecretsKey } from '../../lib/base/secrets-key.ts'
import { Registrar } from '../../lib/clients/registrar.ts'
import { readDeployConfig } from '../../lib/config/deploy-config.ts'
import { roleArn } from '../../lib/config/stage-names.ts'
import { M2mStack } from '../../lib/m2m-stack.ts'
import { RotationFunction } from '../../lib/rotation/rotation-function.ts'

export const ACCOUNT = '111111111111'
export const REGION = 'eu-west-1'
export const BREAK_GLASS = `arn:aws:iam::${ACCOUNT}:role/break-glass`

/** Everything an operator must decide, decided; nothing else. */
export const exampleConfig = {
  stage: 'prod',
  stytch: {
    projectId: 'project-live-00000000-0000-4000-8000-000000000000',
    projectSecretName: 'stytch/m2m-prod',
  },
  alarms: { email: 'oncall@example.com' },
  breakGlass: { roleArn: BREAK_GLASS },
  environment: { account: ACCOUNT, region: REGION },
  clients: [{ name: 'billing', description: 'Reads invoices', scopes: ['read:invoices'] }],
}

/** Without what takes most of a synthesis and changes no template: the CDK's own validation, stack traces, the tree's metadata. */
export const lean: AppProps = {
  analyticsReporting: false,
  treeMetadata: false,
  builtinCloudFormationValidation: false,
  context: { 'aws:cdk:disable-stack-trace': true },
}

export const synthStack = (changes: Readonly<Record<string, unknown>> = {}, props = lean) => {
  const config = readDeployConfig({ ...exampleConfig, ...changes })
  const app = new App(props)
  const stack = new M2mStack(app, 'M2m', { config, ...(config.environment ? { env: config.environment } : {}) })
  return { app, stack, template: () => Template.fromStack(stack) }
}

const names = { stage: 'prod', secretNamePrefix: 'm2m/prod/' }

/** The constructs on their own, as somebody else's stack would use them. */
export const makeRegistrar = (
  app: App,
  readers: { readonly readerAccounts?: readonly string[]; readonly readerOrganizationId?: string } = {},
) => {
  const env = { account: ACCOUNT, region: REGION }
  const stack = new Stack(app, 'Platform', { env })
  const removalPolicy = RemovalPolicy.RETAIN
  const surroundings = { logRetentionDays: 365, removalPolicy, reservations: { rotation: 5 } }
  const stytch = exampleConfig.stytch
  const key = new SecretsKey(stack, 'Key', {
    names,
    userRoleArns: [roleArn(stack, names, 'rotation')],
    creatorRoleArns: [roleArn(stack, names, 'registrar')],
    administratorRoleArns: [],
    ...readers,
    removalPolicy,
  })
  const bus = new M2mEventBus(stack, 'Events', { names, roles: { rotation: [roleArn(stack, names, 'rotation')] } })
  const { deadLetters } = new Notifications(stack, 'Notices', {
    names,
    address: { noneBecause: 'a test' },
    removalPolicy,
  })
  const rotation = new RotationFunction(stack, 'Rotation', {
    names,
    surroundings,
    stytch,
    key,
    bus,
    bounds: DEPLOYED,
  })
  const registrar = new Registrar(stack, 'Registrar', {
    names,
    surroundings,
    stytch,
    key,
    rotation,
    backstop: { everyDays: 60 },
    readers: [],
    changers: [],
    rotators: [],
    replicas: [],
    ...readers,
    deadLetters,
  })
  return { stack, registrar, key }
}

export interface Statement {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: unknown
  readonly Action: string | readonly string[]
  readonly Resource: unknown
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

interface Resource {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
}

export const resourcesOf = (template: Template): Readonly<Record<string, Resource>> => template.toJSON().Resources

interface WithStatements {
  readonly Statement: readonly Statement[]
}

/** Every statement of the identity policies of the role whose logical id starts so. */
export const allRoleStatements = (template: Template, logicalId: string): readonly Statement[] =>
  Object.entries(resourcesOf(template))
    .filter(([id, { Type }]) => Type === 'AWS::IAM::Policy' && id.startsWith(logicalId))
    .flatMap(([, { Properties }]) => (Properties.PolicyDocument as WithStatements).Statement)

/** The same without what binds every function's role to its function, which function-guards.test.ts holds for all of them. */
export const roleStatements = (template: Template, logicalId: string): readonly Statement[] =>
  allRoleStatements(template, logicalId).filter(({ Sid }) => Sid !== 'OnlyFromTheFunction')

/** The bus's one policy. */
export const busStatements = (template: Template): readonly (Statement & { readonly Principal: unknown })[] =>
  Object.values(resourcesOf(template))
    .filter(({ Type }) => Type === 'AWS::Events::EventBus')
    .flatMap(({ Properties }) => (Properties.Policy as { Statement: (Statement & { Principal: unknown })[] }).Statement)

/** Who may call a function, by its own policy: `of` is the end of the function's, or the alias's, ARN. */
export const functionPolicy = (template: Template, of: string): readonly Statement[] =>
  Object.values(resourcesOf(template))
    .filter(({ Type, Properties }) => Type === 'AWS::Lambda::ResourcePolicy' && endOf(Properties.ResourceArn) === of)
    .flatMap(({ Properties }) => (Properties.PolicyDocument as WithStatements).Statement)

/** `function:m2m-prod-identify` of an ARN that may be a Fn::Join. */
const endOf = (arn: unknown): string => /function:[^"]+/.exec(JSON.stringify(arn))?.[0] ?? ''

export const bySid = (statements: readonly Statement[], sid: string): Statement => {
  const found = statements.find(({ Sid }) => Sid === sid)
  if (found === undefined) throw new Error(`no statement ${sid}, only ${statements.map(({ Sid }) => Sid).join(', ')}`)
  return found
}
