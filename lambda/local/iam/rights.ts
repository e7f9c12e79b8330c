// Who calls, what they may, and what was decided: identities by their access key id, the policies of resources, and a record of every call
// that was evaluated, so that it can be evaluated again with other policies.
import type { MultiValued } from './condition.ts'
import { denialMessage } from './denial.ts'
import { type CallersPolicies, type Decision, evaluateAccess, type PolicyType } from './evaluate.ts'
import { accountOf, type RequestContext } from './pattern.ts'
import type { PolicyDocument } from './policy.ts'
import { isService, type ServiceCaller } from './principal.ts'

export interface Identity extends CallersPolicies {
  /** What its signatures name. */
  readonly accessKeyId: string
  /** As messages name it, e.g. `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`. */
  readonly arn: string
  /** The role with its path, as `aws:PrincipalArn` has it. */
  readonly principalArn: string
  readonly account: string
  /** Condition keys that come with whoever this is, e.g. `lambda:SourceFunctionArn`. */
  readonly context?: RequestContext | undefined
}

/** What IAM leaves undocumented; the stand-in's settings of these names. */
export interface RightsSettings {
  /** @default 'strict' */
  readonly multiValuedSource: MultiValued
}

export interface RightsInput {
  /** Of the resources. @default 000000000000 */
  readonly account?: string
  readonly identities: readonly Identity[]
  readonly settings?: Partial<RightsSettings>
  /** By the resource's ARN. @default - none has one */
  readonly resourcePolicies?: ReadonlyMap<string, PolicyDocument>
}

export interface AuthorizedCall {
  readonly caller: Identity | ServiceCaller
  /** Such as `secretsmanager:GetSecretValue`. */
  readonly action: string
  /** An ARN, or `*`. */
  readonly resource: string
  readonly context?: RequestContext
  /** ARN of the resource whose policy has a say. @default - the resource */
  readonly guardedBy?: string
  /** In place of the one that was set for that ARN. */
  readonly resourcePolicy?: PolicyDocument | undefined
  /** @default - of the resource's ARN, or this one's */
  readonly resourceAccount?: string
}

export interface Evaluation {
  readonly caller: Identity | ServiceCaller
  readonly action: string
  readonly resource: string
  readonly resourceAccount: string
  /** ARN of the resource whose policy has a say. */
  readonly guardedBy: string
  readonly resourcePolicy: PolicyDocument | undefined
  readonly context: RequestContext
  readonly decision: Decision
  readonly because: PolicyType | undefined
  /** AWS's sentence; undefined: it is allowed. */
  readonly message: string | undefined
}

export interface Rights {
  /** @returns somebody without any right for an access key id that was not added */
  identify(accessKeyId: string): Identity
  identities(): readonly Identity[]
  /** Takes the place of one with the same key id. */
  add(identity: Identity): void
  remove(accessKeyId: string): void
  /** What whoever assumes a role may. Undefined: there is no such role any more. */
  setRole(roleArn: string, policies: CallersPolicies | undefined): void
  /** A session of a role that stands. */
  session(roleArn: string, sessionName: string): Identity | undefined
  resourcePolicy(arn: string): PolicyDocument | undefined
  setResourcePolicy(arn: string, document: PolicyDocument | undefined): void
  configure(settings: Partial<RightsSettings>): void
  authorize(call: AuthorizedCall): Evaluation
  /** Each different question once, in the order in which they were first put. */
  evaluations(): readonly Evaluation[]
}

/** So many different questions are kept; the oldest go first. */
const KEPT = 50_000

/** Characters of a session's name. */
const NOT_OF_A_SESSION = /[^\w+=,.@-]/g

export const strangerOf = (account: string, accessKeyId: string): Identity => {
  const session = accessKeyId.replaceAll(NOT_OF_A_SESSION, '-').slice(0, 64)
  return {
    accessKeyId,
    arn: `arn:aws:sts::${account}:assumed-role/stranger/${session || 'unknown'}`,
    principalArn: `arn:aws:iam::${account}:role/stranger`,
    account,
    identityPolicies: [],
  }
}

/** One number for each document: the same policy is the same object. */
const createNumbers = () => {
  const numbers = new WeakMap<object, number>()
  let last = 0
  return (one: object | undefined): number => {
    if (one === undefined) return 0
    const number = numbers.get(one) ?? ++last
    numbers.set(one, number)
    return number
  }
}

/** Asks once more, with other policies of the caller's or of the resource's. */
export const evaluateAgain = (
  {
    caller,
    action,
    resource,
    resourceAccount,
    resourcePolicy,
    context,
  }: Omit<Evaluation, 'decision' | 'because' | 'message' | 'guardedBy'>,
  multiValued: MultiValued = 'strict',
) =>
  evaluateAccess({
    caller,
    ...(isService(caller) ? {} : { policies: caller }),
    action,
    resource,
    resourceAccount,
    resourcePolicy,
    context,
    multiValued,
  })

export const createRights = (input: RightsInput): Rights => {
  const { account = '000000000000', settings: { multiValuedSource = 'strict' } = {} } = input
  let settings: RightsSettings = { multiValuedSource }
  const identities = new Map(input.identities.map((one) => [one.accessKeyId, one]))
  const resourcePolicies = new Map(input.resourcePolicies)
  const roles = new Map<string, CallersPolicies>()
  const kept = new Map<string, Evaluation>()
  const numberOf = createNumbers()

  const decide = (call: Omit<Evaluation, 'decision' | 'because' | 'message'>): Evaluation => {
    const verdict = evaluateAgain(call, settings.multiValuedSource)
    return { ...call, decision: verdict.decision, because: verdict.because, message: denialMessage(call, verdict) }
  }

  return {
    identify: (accessKeyId) => identities.get(accessKeyId) ?? strangerOf(account, accessKeyId),
    identities: () => [...identities.values()],
    add: (identity) => {
      identities.set(identity.accessKeyId, identity)
    },
    remove: (accessKeyId) => {
      identities.delete(accessKeyId)
    },
    setRole: (roleArn, policies) => {
      if (policies === undefined) roles.delete(roleArn)
      else roles.set(roleArn, policies)
    },
    session: (roleArn, sessionName) => {
      const policies = roles.get(roleArn)
      if (policies === undefined) return undefined
      const [owner, name] = [accountOf(roleArn), roleArn.slice(roleArn.lastIndexOf('/') + 1)]
      const arn = `arn:aws:sts::${owner}:assumed-role/${name}/${sessionName}`
      return { ...policies, accessKeyId: name, arn, principalArn: roleArn, account: owner }
    },
    resourcePolicy: (arn) => resourcePolicies.get(arn),
    setResourcePolicy: (arn, document) => {
      if (document === undefined) resourcePolicies.delete(arn)
      else resourcePolicies.set(arn, document)
    },
    configure: (changes) => {
      settings = { ...settings, ...changes }
    },
    authorize: ({ caller, action, resource, context = {}, guardedBy = resource, ...call }) => {
      const resourcePolicy = 'resourcePolicy' in call ? call.resourcePolicy : resourcePolicies.get(guardedBy)
      const unnamed = resource === '*' && !isService(caller) ? caller.account : account
      const resourceAccount = call.resourceAccount ?? (accountOf(resource) || unnamed)
      const own = isService(caller) ? {} : caller.context
      const whole = { 'aws:SecureTransport': 'true', 'aws:ResourceAccount': resourceAccount, ...own, ...context }
      const who = isService(caller) ? caller.service : `${caller.accessKeyId} ${numberOf(caller)}`
      const key = JSON.stringify([who, action, resource, resourceAccount, numberOf(resourcePolicy), settings, whole])
      const before = kept.get(key)
      if (before !== undefined) return before
      const made = decide({ caller, action, resource, resourceAccount, guardedBy, resourcePolicy, context: whole })
      kept.set(key, made)
      if (kept.size > KEPT) kept.delete(kept.keys().next().value ?? '')
      return made
    },
    evaluations: () => [...kept.values()],
  }
}
