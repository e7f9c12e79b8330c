// Checks that every fixed name is free or this stack's own. What a removed stage or a failed deployment left behind keeps its name, and
// CloudFormation would stop at the first, after minutes; here all are listed at once.

import { forEachLimited } from '../../lambda/core/base/for-each-limited.ts'
import type { Timing } from '../../lambda/core/base/timing.ts'
import type { Account, AccountStack } from './account.ts'
import { AwsCallError, type CheckResult, couldNotLook, passed, problem } from './check.ts'
import { keepsResources } from './place-checks.ts'
import type { NamedResource } from './plan.ts'

const CHECK = 'names'

/** A table so that nobody deletes what is not his to lose without reading what it is. */
const removal: Readonly<Record<string, (name: string) => string>> = {
  'AWS::CloudWatch::Alarm': (name) => `aws cloudwatch delete-alarms --alarm-names ${name}`,
  'AWS::CloudWatch::Dashboard': (name) => `aws cloudwatch delete-dashboards --dashboard-names ${name}`,
  'AWS::DynamoDB::GlobalTable': (name) => `its items would be lost: aws dynamodb delete-table --table-name ${name}`,
  'AWS::DynamoDB::Table': (name) => `its items would be lost: aws dynamodb delete-table --table-name ${name}`,
  'AWS::Events::EventBus': (name) => `remove its rules, then: aws events delete-event-bus --name ${name}`,
  'AWS::IAM::ManagedPolicy': (name) => `detach it, then delete the policy ${name}`,
  'AWS::IAM::Role': (name) => `remove its policies, then: aws iam delete-role --role-name ${name}`,
  'AWS::KMS::Alias': (name) =>
    `set keyArn to its key if secrets are encrypted with it; then: aws kms delete-alias --alias-name ${name}`,
  'AWS::Lambda::Function': (name) => `aws lambda delete-function --function-name ${name}`,
  'AWS::Logs::LogGroup': (name) => `its log would be lost: aws logs delete-log-group --log-group-name ${name}`,
  'AWS::S3::Bucket': (name) => `it may hold evidence; keep it, and take another stage name, or empty ${name} first`,
  'AWS::SNS::Topic': (name) => `delete the topic ${name}`,
  'AWS::SQS::Queue': (name) => `its messages would be lost: delete the queue ${name}`,
  'AWS::Scheduler::Schedule': (name) => `aws scheduler delete-schedule --name ${name}`,
  'AWS::SecretsManager::Secret': (name) =>
    `aws secretsmanager delete-secret --secret-id ${name} --force-delete-without-recovery`,
}

const removalOf = ({ type, name }: NamedResource): string => removal[type]?.(name) ?? `remove ${name}`

/** CloudFormation's physical id is the name, an ARN or a URL that ends with it, or a secret's ARN with six characters more. */
const isOwned = ({ type, name }: NamedResource, stack: AccountStack | undefined): boolean =>
  stack !== undefined &&
  keepsResources(stack) &&
  stack.resources.some(
    ({ type: ownType, physicalId }) =>
      ownType === type &&
      (physicalId === name ||
        physicalId.endsWith(`/${name}`) ||
        physicalId.endsWith(`:${name}`) ||
        (type === 'AWS::SecretsManager::Secret' && physicalId.slice(0, -7).endsWith(`:${name}`))),
  )

/** `AWS::Logs::LogGroup` → `log group` */
const kindOf = (type: string): string =>
  (type.split('::').at(-1) ?? type).replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()

interface Seen {
  readonly resource: NamedResource
  readonly taken: boolean | 'elsewhere' | Error
}

/** CloudWatch Logs answers ten DescribeLogGroups a second, and a third of the names are log groups'; what is throttled is tried again. */
const PACE = { concurrency: 8, perSecond: 30 } as const

const isThrottle = (error: unknown): boolean =>
  error instanceof AwsCallError && /Throttl|TooManyRequests|RequestLimit/i.test(error.errorName)

interface NamesInput {
  readonly names: readonly NamedResource[]
  /** An error when it could not be read: then what is there cannot be distinguished from what is in the way. */
  readonly stack: AccountStack | undefined | Error
  readonly account: Pick<Account, 'isTaken'>
  readonly timing: Timing
}

const lookAt = async (names: readonly NamedResource[], { account, timing }: NamesInput): Promise<readonly Seen[]> => {
  const seen = new Map<NamedResource, Seen['taken']>()
  const onFailure = (resource: NamedResource, error: unknown): void => {
    seen.set(resource, error instanceof Error ? error : new Error('unknown'))
  }
  await forEachLimited(names, { ...PACE, timing, isThrottle, onFailure }, async (resource) => {
    seen.set(resource, await account.isTaken(resource))
  })
  return names.map((resource) => ({ resource, taken: seen.get(resource) ?? new Error('was not looked at') }))
}

/** One line for each way of failing, not for each name. */
const couldNotLookAtSome = (seen: readonly Seen[]): readonly CheckResult[] => {
  const failed = seen.flatMap(({ resource, taken }) => (taken instanceof Error ? [{ resource, error: taken }] : []))
  const alike = Map.groupBy(failed, ({ error }) =>
    error instanceof AwsCallError ? `${error.action} ${error.errorName}` : error.message,
  )
  return [...alike.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const names = group.map(({ resource }) => `${kindOf(resource.type)} ${resource.name}`).join(', ')
    return [couldNotLook(CHECK, `whether these are free was not looked at: ${names}`, first.error)]
  })
}

export const checkNames = async (input: NamesInput): Promise<readonly CheckResult[]> => {
  const { names, stack } = input
  const known = stack instanceof Error ? undefined : stack
  const foreign = names.filter((resource) => !isOwned(resource, known))
  const seen = await lookAt(foreign, input)
  const inTheWay = seen.filter(({ taken }) => taken === true || taken === 'elsewhere')
  const unread = couldNotLookAtSome(seen)
  if (stack instanceof Error && inTheWay.length > 0) {
    const list = inTheWay.map(({ resource }) => `${kindOf(resource.type)} ${resource.name}`).join(', ')
    return [
      ...unread,
      couldNotLook(CHECK, `these exist, and whether they are this stack's own is not known: ${list}`, stack),
    ]
  }
  const problems = inTheWay.map(({ resource, taken }) => {
    const what = `the ${kindOf(resource.type)} ${resource.name} exists and is not this stack's`
    return taken === 'elsewhere'
      ? problem(CHECK, `${what}: another account has it, or you may not look at it`, 'take another stage name')
      : problem(CHECK, what, removalOf(resource))
  })
  const free = names.length - problems.length - seen.filter(({ taken }) => taken instanceof Error).length
  return [...problems, ...unread, ...(free > 0 ? [passed(CHECK, `${free} are free, or this stack's own`)] : [])]
}
