// What can be varied of the AWS stand-in: chiefly what AWS leaves undocumented, so that the rotation code is tested
// against every likely answer. Read and changed by the constructor and by GET/POST /_stand-in/settings.

/** As the services' own endpoints are called. */
export const awsServices = ['secretsmanager', 'kms', 'dynamodb', 'events', 'ssm', 'lambda', 's3', 'cloudtrail'] as const
export type AwsService = (typeof awsServices)[number]

export interface AwsSettings {
  /** How often a failed rotation is driven again from createSecret before it is given up. */
  redriveCount: number
  /** Real time between two drives of one rotation. AWS: undocumented, minutes to a day. */
  redriveSpacingMs: number
  /** Drive again even a version that has lost both AWSPENDING and AWSCURRENT. AWS: undocumented. */
  redriveUnlabelled: boolean
  /** What the pending version of RotateImmediately=false holds. AWS: undocumented. */
  dryRunValue: 'absent' | 'current'
  /** When AWSPENDING leaves the AWSCURRENT version after a success. AWS allows both ends; users have seen both. */
  pendingCleanup: 'at-once' | 'later' | 'never'
  /** Real time, for `later`. */
  pendingCleanupMs: number
  /**
   * RotateSecret with a token whose version exists: `refuse` it, `redrive` that version (join it if its drive is under
   * way), or `ignore` it with a success.
   */
  usedToken: 'refuse' | 'redrive' | 'ignore'
  /** Put RotationToken into the event. */
  sendRotationToken: boolean
  /** By how much ListSecrets lags behind. AWS: up to five minutes. */
  listLagMs: number
  /** How long a paging token is taken: later it is an InvalidNextTokenException; 0: for ever. AWS: undocumented. */
  pageTokenMs: number
  /** Real time until an asynchronous invocation that failed is tried again, and half the time until the last try. */
  asyncRetryMs: number
  /** Real time until an invocation that was throttled is tried again by Lambda; doubles with each, up to 300 times as long. */
  throttledRetryMs: number
  /** Among which durable executions a name is unique. AWS's pages differ: the account and Region, or the function. */
  executionNames: 'account' | 'function'
  /** A chained invocation that is throttled: Lambda tries again, or the operation fails. AWS: undocumented. */
  chainedThrottle: 'retry' | 'fail'
  /** Real time that a new execution environment takes longer to start, where functions are processes. AWS: some hundreds of milliseconds. */
  coldStartMs: number
  /** As what a REST API counts a function that is throttled: which of its gateway responses it sends. AWS: undocumented; users see a 500. */
  throttledIntegration: 'INTEGRATION_FAILURE' | 'THROTTLED' | 'DEFAULT_5XX'
  /** Enforce AWS's request quotas, on real time. */
  enforceQuotas: boolean
  /** Lambda's quota of the account. AWS: 1,000, in a new account 10. */
  concurrentExecutions: number
  /** How many of the next PutEvents entries fail, one by one, with `entryFailureCode`; counts down. */
  entryFailures: number
  /** The ErrorCode of those; InternalFailure and ThrottlingException are the retryable ones. */
  entryFailureCode: string
  /**
   * The share, 0 to 1, of looks at a secret (DescribeSecret, GetSecretValue, BatchGetSecretValue, ListSecretVersionIds) that show it as
   * it was. AWS: changes "aren't always immediately visible", no bound is given. Also of DynamoDB's reads that are not consistent.
   */
  staleReadShare: number
  /** Up to how old those are, on the shared clock; each age in between is equally likely. */
  staleReadMs: number
  /** `secret`: once a read of a secret was stale, all its reads show that view until it would be older than `staleReadMs`. */
  staleReadPer: 'call' | 'secret'
  /** By service, what each call waits before its effect. A service that is not named waits for nothing. */
  latencyMs: Readonly<Partial<Record<AwsService, number>>>
  /** `documented`: more values of a secret than one in ten minutes, sustained, reach the quota of a hundred versions and are refused. */
  versionQuota: 'off' | 'documented'
  /** How long after a call that changed a secret its replicas show that, on the shared clock. */
  replicaLagMs: number
  /** By Region, why changes that are made while this is set never arrive there: the StatusMessage of a status that is Failed. */
  replicaFailure: Readonly<Record<string, string>>
  /** How long after CreateRole Lambda cannot assume the role yet, on the shared clock. AWS: seconds. */
  newRoleMs: number
  /** How long a function is Pending after CreateFunction, on the shared clock. AWS: seconds. */
  newFunctionMs: number
  /** `creation`: a replica is InProgress until it exists, and not while a change is on its way. AWS: undocumented. */
  replicaStatus: 'everyChange' | 'creation'
  /** Whether IAM sees AWSCURRENT in a read that names neither a label nor a version. AWS: undocumented. Counts where rights are enforced. */
  absentStage: 'absent' | 'current'
  /** Whether IAM sees the function that is set when RotateSecret names none. AWS: undocumented. Counts where rights are enforced. */
  rotationLambdaArnKey: 'absent' | 'filled'
  /**
   * What an operator for one value makes of a key that has many, such as `events:source`: nothing matches, or one of them is enough. AWS:
   * undocumented. Counts where rights are enforced.
   */
  multiValuedSource: 'strict' | 'lenient'
  /**
   * What makes a policy for everybody one that BlockPublicPolicy takes: any condition, or one that holds the principal, account, organization
   * or network to fixed values. AWS: undocumented.
   */
  publicPolicy: 'anyCondition' | 'fixedValues'
}

/**
 * The likeliest answers. `usedToken` is refused: UpdateSecret's reference says that a token which matches an existing
 * version is an error because only new versions can be made, RotateSecret too always makes a new one, and "any later
 * invocation" while AWSPENDING sits elsewhere "returns an error". It declares no ResourceExistsException, so the
 * refusal is an InvalidRequestException. Redrives are few and close because a laptop user waits for them.
 */
export const defaultSettings: Readonly<AwsSettings> = {
  redriveCount: 2,
  redriveSpacingMs: 1000,
  redriveUnlabelled: false,
  dryRunValue: 'absent',
  pendingCleanup: 'at-once',
  pendingCleanupMs: 1000,
  usedToken: 'refuse',
  sendRotationToken: true,
  listLagMs: 0,
  pageTokenMs: 0,
  // Lambda waits a minute, then two (Lambda developer guide, "asynchronous invocation").
  asyncRetryMs: 60_000,
  // A second, then up to five minutes (the same page).
  throttledRetryMs: 1000,
  // "Execution names must be unique within your account and region" (durable-execution-idempotency); the stricter of the two.
  executionNames: 'account',
  chainedThrottle: 'retry',
  coldStartMs: 0,
  throttledIntegration: 'INTEGRATION_FAILURE',
  enforceQuotas: false,
  concurrentExecutions: 1000,
  entryFailures: 0,
  entryFailureCode: 'InternalFailure',
  staleReadShare: 0,
  staleReadMs: 0,
  staleReadPer: 'call',
  latencyMs: {},
  versionQuota: 'off',
  replicaLagMs: 0,
  replicaFailure: {},
  newRoleMs: 300,
  newFunctionMs: 100,
  replicaStatus: 'everyChange',
  absentStage: 'absent',
  rotationLambdaArnKey: 'absent',
  multiValuedSource: 'strict',
  publicPolicy: 'anyCondition',
}

type Check = (value: unknown) => string | undefined

const fromZero: Check = (value) =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? undefined : 'expected a number from 0'
const countFromZero: Check = (value) =>
  Number.isInteger(value) && (value as number) >= 0 ? undefined : 'expected an integer from 0'
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'expected true or false')
const name: Check = (value) => (typeof value === 'string' && value !== '' ? undefined : 'expected a name')
const oneOf =
  (...names: string[]): Check =>
  (value) =>
    names.includes(value as string) ? undefined : `expected one of ${names.join(', ')}`

const share: Check = (value) =>
  fromZero(value) === undefined && Number(value) <= 1 ? undefined : 'expected a share from 0 to 1'
const byService: Check = (value) => {
  const expected = `expected {service: milliseconds from 0} of ${awsServices.join(', ')}`
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return expected
  const isRight = ([service, ms]: [string, unknown]): boolean =>
    awsServices.some((known) => known === service) && fromZero(ms) === undefined
  return Object.entries(value).every(isRight) ? undefined : expected
}

const byRegion: Check = (value) => {
  const expected = 'expected {Region: message}'
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return expected
  const isRight = ([region, message]: [string, unknown]): boolean =>
    /^([a-z]+-)+\d+$/.test(region) && name(message) === undefined
  return Object.entries(value).every(isRight) ? undefined : expected
}

const checks: Readonly<Record<keyof AwsSettings, Check>> = {
  redriveCount: countFromZero,
  redriveSpacingMs: fromZero,
  redriveUnlabelled: flag,
  dryRunValue: oneOf('absent', 'current'),
  pendingCleanup: oneOf('at-once', 'later', 'never'),
  pendingCleanupMs: fromZero,
  usedToken: oneOf('refuse', 'redrive', 'ignore'),
  sendRotationToken: flag,
  listLagMs: fromZero,
  pageTokenMs: fromZero,
  asyncRetryMs: fromZero,
  throttledRetryMs: fromZero,
  executionNames: oneOf('account', 'function'),
  chainedThrottle: oneOf('retry', 'fail'),
  coldStartMs: fromZero,
  throttledIntegration: oneOf('INTEGRATION_FAILURE', 'THROTTLED', 'DEFAULT_5XX'),
  enforceQuotas: flag,
  concurrentExecutions: countFromZero,
  entryFailures: countFromZero,
  entryFailureCode: name,
  staleReadShare: share,
  staleReadMs: fromZero,
  staleReadPer: oneOf('call', 'secret'),
  latencyMs: byService,
  versionQuota: oneOf('off', 'documented'),
  replicaLagMs: fromZero,
  replicaFailure: byRegion,
  newRoleMs: fromZero,
  newFunctionMs: fromZero,
  replicaStatus: oneOf('everyChange', 'creation'),
  absentStage: oneOf('absent', 'current'),
  rotationLambdaArnKey: oneOf('absent', 'filled'),
  multiValuedSource: oneOf('strict', 'lenient'),
  publicPolicy: oneOf('anyCondition', 'fixedValues'),
}

/** @returns every fault of the input, one line each; empty = it is a Partial<AwsSettings>. */
export const settingsFaults = (input: unknown): string[] => {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return ['expected a JSON object']
  const lines: string[] = []
  for (const [key, value] of Object.entries(input)) {
    const check = Object.hasOwn(checks, key) ? checks[key as keyof AwsSettings] : undefined
    const fault = check === undefined ? 'no such setting' : check(value)
    if (fault !== undefined) lines.push(`${key}: ${fault}`)
  }
  return lines
}
