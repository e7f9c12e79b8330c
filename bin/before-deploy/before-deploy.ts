// `m2m doctor --before-deploy`: everything that would stop or spoil the next deployment, looked up with the caller's own rights before
// CloudFormation begins. Reads and changes nothing; no check hides another.

import type { Timing } from '../../lambda/core/base/timing.ts'
import type { DeployConfig } from '../../lib/config/deploy-config.ts'
import type { Account, AccountStack } from './account.ts'
import { checkConcurrency, checkDurable, checkLogRole, checkResourceTypes } from './capacity-checks.ts'
import { type Check, type CheckResult, couldNotLook, runChecks } from './check.ts'
import { foreignKeysOf } from './foreign-keys.ts'
import type { Surroundings } from './intrinsics.ts'
import { checkNames } from './name-checks.ts'
import { checkBootstrap, checkIdentity, checkRoles, checkStack } from './place-checks.ts'
import { type DeployTemplate, deployPlanOf, secretPoliciesIn } from './plan.ts'
import { checkForeignKey, checkSecretPolicies } from './policy-checks.ts'
import { secretChecks } from './secret-checks.ts'
import { checkTopic, topicStatementsIn } from './topic-check.ts'

export interface PlannedDeployment {
  readonly config: DeployConfig
  readonly around: Surroundings
  readonly template: DeployTemplate
  /** With keys of its own, where the configuration names somebody else's. */
  readonly templateWithOwnKeys?: DeployTemplate
}

export type Identity = Awaited<ReturnType<Account['identity']>>

interface BeforeDeployInput {
  readonly deployment: PlannedDeployment
  /** An error where AWS did not say who is asking. */
  readonly identity: Identity | Error
  readonly account: Account
  readonly timing: Timing
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error('unknown'))

const foreignKeyChecks = (
  { config, around, templateWithOwnKeys }: PlannedDeployment,
  account: Account,
): readonly Check[] =>
  templateWithOwnKeys === undefined
    ? []
    : foreignKeysOf(config, templateWithOwnKeys, around).map((key) => ({
        check: 'key policy',
        what: `whether ${key.arn} (${key.setting}) can be used`,
        run: () => checkForeignKey(key, account),
      }))

const topicChecks = ({ config, around, template }: PlannedDeployment, account: Account): readonly Check[] => {
  const arn = 'topicArn' in config.alarms ? config.alarms.topicArn : undefined
  if (arn === undefined) return []
  const needed = topicStatementsIn(template, around)
  const what = `whether ${arn} takes notices`
  return [{ check: 'alarm topic', what, run: () => checkTopic({ arn, needed, account: around.account }, account) }]
}

const checksOf = ({ deployment, identity, account, timing }: BeforeDeployInput): readonly Check[] => {
  const { config, around, template } = deployment
  const plan = deployPlanOf(template, around)
  const stack = account.stack(around.stackName).catch(asError)
  const readStack = async (): Promise<AccountStack | undefined> => {
    const found = await stack
    if (found instanceof Error) throw found
    return found
  }
  return [
    {
      check: 'account',
      what: 'whose account this is',
      run: async () => {
        if (identity instanceof Error) throw identity
        return [checkIdentity(config, identity, around.region)]
      },
    },
    { check: 'bootstrap', what: 'whether CDK is bootstrapped', run: () => checkBootstrap(plan, account) },
    {
      check: 'stack',
      what: `in which state ${around.stackName} is`,
      run: async () => [checkStack(around.stackName, await readStack())],
    },
    { check: 'roles', what: 'whether the roles exist that may call functions', run: () => checkRoles(plan, account) },
    ...secretChecks(config, account),
    {
      check: 'secret policy',
      what: 'whether Secrets Manager accepts the policy of every secret',
      run: async () => checkSecretPolicies(secretPoliciesIn(template, around), account),
    },
    ...foreignKeyChecks(deployment, account),
    ...topicChecks(deployment, account),
    { check: 'concurrency', what: 'how much can be reserved', run: () => checkConcurrency(plan, account) },
    {
      check: 'durable functions',
      what: `whether Lambda in ${around.region} has them (https://builder.aws.com/build/capabilities says so, too)`,
      run: () => checkDurable(plan, account),
    },
    {
      check: 'resource types',
      what: `whether CloudFormation in ${around.region} makes every type of resource`,
      run: () => checkResourceTypes(plan, account),
    },
    {
      check: 'API Gateway logs',
      what: 'whether API Gateway may write logs',
      run: () => checkLogRole(plan, account),
    },
    {
      check: 'names',
      what: 'whether the names are free',
      run: async () => checkNames({ names: plan.names, stack: await stack, account, timing }),
    },
  ]
}

/** In a fixed order. */
export const checkBeforeDeploy = async (input: BeforeDeployInput): Promise<readonly CheckResult[]> => {
  try {
    return await runChecks(checksOf(input))
  } catch (error) {
    return [couldNotLook('template', 'what would be deployed', error)]
  }
}
