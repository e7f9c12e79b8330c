// Checks of where the stack is to stand: whose account it is, whether CDK's bootstrap is there and the roles that must be, and in which state an earlier deployment left
// the stack.
import type { DeployConfig } from '../../lib/config/deploy-config.ts'
import type { Account, AccountStack } from './account.ts'
import { type CheckResult, notChecked, passed, problem } from './check.ts'
import type { DeployPlan } from './plan.ts'

export const checkIdentity = (
  { environment }: Pick<DeployConfig, 'environment'>,
  { account, arn }: Awaited<ReturnType<Account['identity']>>,
  region: string,
): CheckResult => {
  if (environment !== undefined && environment.account !== account) {
    return problem(
      'account',
      `you are signed in to ${account} as ${arn}, and the configuration is for ${environment.account}`,
      `sign in to ${environment.account}, or correct environment.account; what follows is about ${account}`,
    )
  }
  return passed('account', `${account}, ${region}, as ${arn}`)
}

export const checkBootstrap = async (
  { bootstrap, around }: DeployPlan,
  account: Pick<Account, 'parameter'>,
): Promise<readonly CheckResult[]> => {
  if (bootstrap === undefined) return [passed('bootstrap', 'the template needs none')]
  const todo = `npx cdk bootstrap aws://${around.account}/${around.region}`
  const version = await account.parameter(bootstrap.parameterName)
  if (version === undefined) {
    return [problem('bootstrap', `there is no ${bootstrap.parameterName}: this Region was never bootstrapped`, todo)]
  }
  if (bootstrap.refused.includes(version)) {
    return [problem('bootstrap', `version ${version} is too old for this template`, todo)]
  }
  return [passed('bootstrap', `version ${version}`)]
}

/** Lambda refuses a policy whose principal is a role that does not exist. */
export const checkRoles = async (
  { letIn, around }: DeployPlan,
  account: Pick<Account, 'isTaken'>,
): Promise<readonly CheckResult[]> => {
  const check = 'roles'
  const results = await Promise.all(
    letIn.map(async (arn): Promise<readonly CheckResult[]> => {
      const owner = arn.split(':')[4]
      if (owner !== around.account) {
        return [notChecked(check, `${arn} is of another account`, `ask account ${owner} whether the role exists`)]
      }
      if (await account.isTaken({ type: 'AWS::IAM::Role', name: arn.split('/').at(-1) ?? '' })) return []
      const what = `${arn} does not exist, and Lambda refuses a policy that names it`
      return [problem(check, what, 'create the role first, or correct its ARN in the configuration')]
    }),
  )
  const found = results.flat()
  return found.length > 0 ? found : [passed(check, letIn.length === 0 ? 'none must exist' : 'those that must exist do')]
}

/** What CDK itself deletes before it begins anew (isCreationFailure). */
const FAILED_CREATION = new Set(['ROLLBACK_COMPLETE', 'ROLLBACK_FAILED'])

/** Whether what the stack holds will still be its own when the deployment begins. */
export const keepsResources = ({ status }: AccountStack): boolean =>
  !FAILED_CREATION.has(status) && !/^(DELETE|CREATE_FAILED|REVIEW)/.test(status)

export const checkStack = (stackName: string, stack: AccountStack | undefined): CheckResult => {
  const check = 'stack'
  if (stack === undefined || stack.status === 'REVIEW_IN_PROGRESS')
    return passed(check, `${stackName} is not there yet`)
  const { status } = stack
  const remove = `aws cloudformation delete-stack --stack-name ${stackName}`
  if (status.endsWith('_IN_PROGRESS')) {
    const wait = `wait until it has ended: aws cloudformation describe-stacks --stack-name ${stackName}`
    return problem(check, `${stackName} is being changed: ${status}`, wait)
  }
  if (status === 'UPDATE_ROLLBACK_FAILED') {
    const repair = `aws cloudformation continue-update-rollback --stack-name ${stackName}`
    return problem(check, `the last update of ${stackName} could not be rolled back: ${status}`, repair)
  }
  if (status === 'ROLLBACK_FAILED' || status === 'CREATE_FAILED' || status === 'DELETE_FAILED') {
    return problem(check, `an earlier deployment of ${stackName} failed and left it in ${status}`, remove)
  }
  if (status === 'ROLLBACK_COMPLETE') {
    return passed(check, `an earlier deployment of ${stackName} failed; cdk deploy removes it before it begins`)
  }
  return passed(check, `${stackName} is deployed: ${status}`)
}
