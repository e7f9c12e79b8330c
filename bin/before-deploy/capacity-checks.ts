// Checks of what the account and Region must offer: enough of Lambda's concurrency, durable functions, every type of resource, and the role by which API Gateway
// writes logs.
import type { Account } from './account.ts'
import { type CheckResult, passed, problem } from './check.ts'
import type { DeployPlan } from './plan.ts'

/** What must stay for functions that reserve nothing (Lambda developer guide, "Configuring reserved concurrency"). */
const KEPT_BACK = 100

export const checkConcurrency = async (
  { reservations }: DeployPlan,
  account: Pick<Account, 'concurrency' | 'reservedBy'>,
): Promise<readonly CheckResult[]> => {
  const check = 'concurrency'
  const total = reservations.reduce((sum, { executions }) => sum + executions, 0)
  if (total === 0) return [passed(check, 'nothing is reserved')]
  const { limit, unreserved } = await account.concurrency()
  // A stage that stands already gives back what it has before it takes anew.
  const ours = await Promise.all(reservations.map(({ functionName }) => account.reservedBy(functionName)))
  const available = unreserved + ours.reduce((sum, one) => sum + one, 0) - KEPT_BACK
  const of = `the quota is ${limit}, ${Math.max(0, available)} can be reserved (Lambda keeps ${KEPT_BACK} back)`
  if (total <= available) return [passed(check, `${total} are to be reserved; ${of}`)]
  const parts = reservations.map(({ functionName, executions }) => `${functionName} ${executions}`).join(', ')
  return [
    problem(
      check,
      `${total} concurrent executions are to be reserved (${parts}); ${of}`,
      `aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value ${limit + total - available}; or lower reservedConcurrency in the configuration`,
    ),
  ]
}

export const checkDurable = async (
  { durable, around }: DeployPlan,
  account: Pick<Account, 'hasDurableFunctions'>,
): Promise<readonly CheckResult[]> => {
  const check = 'durable functions'
  if (durable.length === 0) return [passed(check, 'none is needed')]
  if (await account.hasDurableFunctions()) return [passed(check, `${around.region} has them`)]
  return [
    problem(
      check,
      `Lambda in ${around.region} does not know durable functions, which ${durable.join(', ')} is`,
      `"rotation": { "noCampaignsBecause": "${around.region} has no durable functions" } (docs/campaigns.md)`,
    ),
  ]
}

export const checkResourceTypes = async (
  { rareTypes, around }: DeployPlan,
  account: Pick<Account, 'hasResourceType'>,
): Promise<readonly CheckResult[]> => {
  const check = 'resource types'
  const missing: string[] = []
  for (const type of rareTypes) if (!(await account.hasResourceType(type))) missing.push(type)
  if (missing.length === 0)
    return [passed(check, `CloudFormation in ${around.region} has all that not every Region has`)]
  return [
    problem(
      check,
      `CloudFormation in ${around.region} does not know ${missing.join(', ')}, and the template has it: the functions would not be closed to strangers without`,
      'deploy in a Region that has it (docs/limits.md): no setting leaves it out',
    ),
  ]
}

export const checkLogRole = async (
  { apiGatewayLogs, around }: DeployPlan,
  account: Pick<Account, 'apiGatewayLogRole'>,
): Promise<readonly CheckResult[]> => {
  const check = 'API Gateway logs'
  if (apiGatewayLogs === 'none') return [passed(check, 'no REST API is made')]
  const role = await account.apiGatewayLogRole()
  if (apiGatewayLogs === 'needRole') {
    if (role !== undefined) return [passed(check, `written as ${role}`)]
    return [
      problem(
        check,
        `API Gateway has no role in ${around.region} by which it writes logs, and refuses a stage that logs`,
        '"vendor": { "accountLogRole": "create" }, or set one for the whole account: aws apigateway update-account --patch-operations op=replace,path=/cloudwatchRoleArn,value=<role arn>',
      ),
    ]
  }
  const isOurs = role === undefined || role.split('/').at(-1)?.startsWith(`${around.stackName}-`) === true
  if (isOurs) return [passed(check, role === undefined ? 'the stack makes the role' : `written as ${role}`)]
  return [
    problem(
      check,
      `API Gateway writes the logs of all APIs in ${around.region} as ${role}, which the stack would replace by a role of its own`,
      '"vendor": { "accountLogRole": "exists" }, or leave it out',
    ),
  ]
}
