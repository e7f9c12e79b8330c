// A stage as other stacks see it: by its name alone. Everything that is needed of it has a fixed name, so that a service's own stack
// declares its client and its readers without a reference to the stage's stack, or back.

import { Stack, Token } from 'aws-cdk-lib'
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Construct, IDependable } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import type { ReaderAdmission } from '../../lambda/core/clients/reader-admission.ts'
import { policyForm } from '../../lambda/core/clients/secret-policy.ts'
import { expectedClientName, isClientName } from '../../lambda/core/secret/client-name.ts'
import { spanHours } from '../config/client-config.ts'
import { type BackstopRules, backstopRules } from '../config/rotation-schedule.ts'
import { functionArn, type StageNames } from '../config/stage-names.ts'
import { type JsonStatement, type KeyPlace, readerStatements } from './key-statements.ts'
import { keyPlaceOf } from './secrets-key.ts'

/** What declaring a client takes of a stage: its registrar in the same app, or one that is deployed (`Registrar.fromStage`). */
export interface ClientRegistrar {
  readonly names: StageNames
  readonly place: KeyPlace
  /** Whom CloudFormation asks. */
  readonly functionArn: string
  /** What has to stand before it can be asked. */
  readonly dependencies: readonly IDependable[]
  /** When a client's own declaration says nothing. */
  readonly backstop: BackstopRules
  /** Goes into every client's declaration: when it changes, CloudFormation asks for each again, and each policy is renewed. */
  readonly stageRevision: Readonly<Record<string, string | readonly string[]>>
  /** Absent: the registrar itself says so when it is asked. */
  readonly admission?: ReaderAdmission
  /** For readers' own policies. */
  readonly keyArn: string
}

export interface DeployedStage {
  /** `prod` */
  readonly stage: string
  /** First segment of every secret's name. @default 'm2m' */
  readonly namePrefix?: string
}

export interface DeployedRegistrar extends DeployedStage {
  /** The stage's `rotation.period`, of which the backstop is made. @default '30d' */
  readonly period?: string
  /** Another text asks for every client of the stack again: after the stage's roles or Regions have changed. @default - none */
  readonly revision?: string
}

export interface DeployedClient extends DeployedStage {
  readonly clientName: string
  /** Of the stage. @default - the stack's own */
  readonly account?: string
  readonly region?: string
  /** The key of the stage's secrets (output `KeyArn`). @default - any of that account, for this one secret, through Secrets Manager */
  readonly keyArn?: string
}

const namesOf = ({ stage, namePrefix = 'm2m' }: DeployedStage): StageNames => ({
  stage,
  secretNamePrefix: `${namePrefix}/${stage}/`,
})

/** A key's ARN would be a reference to its stack; the secret, which each statement names as well, is what is narrow. */
export const anyKeyOf = ({ partition, region, account }: KeyPlace): string =>
  `arn:${partition}:kms:${region}:${account}:key/*`

export const registrarOfStage = (scope: Construct, stage: DeployedRegistrar): ClientRegistrar => {
  const { period = '30d', revision } = stage
  const hours = spanHours(period)
  if (hours === undefined) throw new Error(`${Stack.of(scope).node.path}: ${period} is no period: expected "30d".`)
  const names = namesOf(stage)
  const place = keyPlaceOf(scope)
  return {
    names,
    place,
    functionArn: functionArn(scope, names, 'registrar'),
    dependencies: [],
    backstop: backstopRules(hours, undefined),
    stageRevision: { Form: policyForm(), ...defined({ Revision: revision }) },
    keyArn: anyKeyOf(place),
  }
}

/** @throws when the grantee is not one role: a deny with an exception for a service or an account would let everybody in. */
export const roleOf = ({ grantPrincipal }: IGrantable): string => {
  const { principalJson } = grantPrincipal.policyFragment
  const arns = Object.values(principalJson).flat()
  const [arn] = arns
  if (Object.keys(principalJson).join() !== 'AWS' || arns.length !== 1 || typeof arn !== 'string') {
    throw new Error('An M2M secret is read by roles: grant it to a role, or to something that has one.')
  }
  return arn
}

const ROLE_ARN = /^arn:.+:iam::[^:]+:role\/[^*?]+$/

/** @throws when the policy would name more than one role. @returns whether the ARN is known at synth. */
export const assertOneRole = (scope: Construct, roleArn: string): boolean => {
  const isKnown = !Token.isUnresolved(roleArn)
  const shown = isKnown ? roleArn : JSON.stringify(Stack.of(scope).resolve(roleArn))
  if (shown.includes('*') || shown.includes(':root') || (isKnown && !ROLE_ARN.test(shown))) {
    throw new Error(`${scope.node.path}: ${shown} is not the ARN of one role, which the secret's policy must name.`)
  }
  return isKnown
}

export const addStatements = ({ grantPrincipal }: IGrantable, statements: readonly JsonStatement[]): void => {
  for (const one of statements) grantPrincipal.addToPrincipalPolicy(PolicyStatement.fromJson(one))
}

/**
 * A name with a wildcard would be a policy for more than one client. One that only the deployment knows is judged there.
 * @throws for what no client can be called.
 */
export const assertClientName = (scope: Construct, clientName: string): void => {
  if (Token.isUnresolved(clientName) || isClientName(clientName)) return
  throw new Error(
    `${scope.node.path}: clientName is malformed: ${JSON.stringify(clientName)}; expected ${expectedClientName(clientName)}.`,
  )
}

/** A client that stands, declared elsewhere. */
export interface ReadableClient {
  /** `m2m/<stage>/<name>` */
  readonly secretName: string
  /** For policies: the ARN up to Secrets Manager's own six characters. */
  readonly arnPattern: string
  /** Writes the role's own policy; the client's `readers` have to name it as well. */
  grantRead(grantee: IGrantable): void
}

export const clientOfStage = (scope: Construct, client: DeployedClient): ReadableClient => {
  assertClientName(scope, client.clientName)
  const here = keyPlaceOf(scope)
  const place = { ...here, account: client.account ?? here.account, region: client.region ?? here.region }
  const secretName = `${namesOf(client).secretNamePrefix}${client.clientName}`
  const statements = readerStatements(place, { secretName, keyArn: client.keyArn ?? anyKeyOf(place) })
  return {
    secretName,
    arnPattern: statements[0].Resource,
    grantRead: (grantee) => {
      assertOneRole(scope, roleOf(grantee))
      addStatements(grantee, statements)
    },
  }
}
