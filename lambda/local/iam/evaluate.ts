// The decision: explicit denials first, then what has to allow the call. Clauses: IAM User Guide, "Policy evaluation logic" (within one account,
// across accounts, boundaries and session policies), and of KMS and trust policies, which have the first word, KMS developer guide, "Key policies".
import type { MultiValued } from './condition.ts'
import { accountOf, lowerKeys, type RequestContext } from './pattern.ts'
import type { PolicyDocument } from './policy.ts'
import { type Caller, contextOf, isService, type NamedAs } from './principal.ts'
import { type MatchedStatement, matchesIn, type RequestedAccess } from './statement.ts'

export type PolicyType = 'identity' | 'resource' | 'boundary' | 'session' | 'scp'

export interface CallersPolicies {
  readonly identityPolicies: readonly PolicyDocument[]
  readonly boundary?: PolicyDocument | undefined
  /** None: the session has all that its role has. */
  readonly sessionPolicies?: readonly PolicyDocument[] | undefined
  /** Of the caller's account. None: no organization binds it. */
  readonly serviceControlPolicies?: readonly PolicyDocument[] | undefined
}

export interface AccessQuestion {
  readonly caller: Caller
  /** @default - none, as of a service */
  readonly policies?: CallersPolicies
  readonly action: string
  readonly resource: string
  /** Account that the resource is in. @default - of its ARN, or the caller's where that names none */
  readonly resourceAccount?: string | undefined
  readonly resourcePolicy?: PolicyDocument | undefined
  /** Without what IAM itself knows of the caller. */
  readonly context: RequestContext
  /** @default 'strict' */
  readonly multiValued?: MultiValued
}

export type Decision = 'allowed' | 'implicitDeny' | 'explicitDeny'

export interface Verdict {
  readonly decision: Decision
  /** Which policy denied, or lacks what would allow; undefined: it is allowed. */
  readonly because: PolicyType | undefined
  /** Of the denying statement. */
  readonly sid?: string
}

const denied = (because: PolicyType): Verdict => ({ decision: 'implicitDeny', because })
const ALLOWED: Verdict = { decision: 'allowed', because: undefined }

/** Where no identity policy is enough: the resource's policy has to name the caller or its account. Of `kms:ListKeys` and its like there is none. */
const needsOwnPolicy = ({ action, resource }: AccessQuestion): boolean =>
  resource !== '*' && /^(kms:|sts:assumerole)/i.test(action)

type Found = Readonly<Record<PolicyType, readonly MatchedStatement[]>>

const types: readonly PolicyType[] = ['scp', 'resource', 'identity', 'boundary', 'session']

const find = (question: AccessQuestion, access: RequestedAccess): Found => {
  const { policies, resourcePolicy } = question
  const { identityPolicies = [], boundary, sessionPolicies = [], serviceControlPolicies = [] } = policies ?? {}
  return {
    identity: matchesIn(identityPolicies, access),
    boundary: boundary === undefined ? [] : matchesIn([boundary], access),
    session: matchesIn(sessionPolicies, access),
    scp: matchesIn(serviceControlPolicies, access),
    resource: resourcePolicy === undefined ? [] : matchesIn([resourcePolicy], access),
  }
}

const denial = (found: Found): Verdict | undefined => {
  for (const because of types) {
    const denying = found[because].find(({ effect }) => effect === 'Deny')
    if (denying === undefined) continue
    const { Sid } = denying.statement
    return { decision: 'explicitDeny', because, ...(typeof Sid === 'string' ? { sid: Sid } : {}) }
  }
  return undefined
}

/** What limits identity policies, and what a resource's policy gives to a role by its name. */
const limitOf = (found: Found, { boundary, sessionPolicies = [] }: CallersPolicies): PolicyType | undefined => {
  if (boundary !== undefined && found.boundary.length === 0) return 'boundary'
  return sessionPolicies.length > 0 && found.session.length === 0 ? 'session' : undefined
}

const strongestGrant = (found: Found): NamedAs | undefined => {
  const kinds = new Set(found.resource.map(({ namedAs }) => namedAs))
  return (['itself', 'role', 'account'] as const).find((one) => kinds.has(one))
}

const withinAccount = (found: Found, policies: CallersPolicies, question: AccessQuestion): Verdict => {
  const grant = strongestGrant(found)
  if (grant === 'itself') return ALLOWED
  if (grant === undefined && needsOwnPolicy(question)) return denied('resource')
  if (grant !== 'role' && found.identity.length === 0) return denied('identity')
  const limit = limitOf(found, policies)
  return limit === undefined ? ALLOWED : denied(limit)
}

/** Both sides: the resource's policy, and the caller's own with all that limits them. */
const acrossAccounts = (found: Found, policies: CallersPolicies): Verdict => {
  if (found.identity.length === 0) return denied('identity')
  const limit = limitOf(found, policies)
  if (limit !== undefined) return denied(limit)
  return strongestGrant(found) === undefined ? denied('resource') : ALLOWED
}

const NO_POLICIES: CallersPolicies = { identityPolicies: [] }

/** Pure: the same question has the same answer. */
export const evaluateAccess = (question: AccessQuestion): Verdict => {
  const { caller, action, resource, policies = NO_POLICIES, multiValued = 'strict' } = question
  const context = { ...lowerKeys(question.context), ...contextOf(caller) }
  const found = find(question, { caller, action, resource, context, multiValued })
  const explicit = denial(found)
  if (explicit !== undefined) return explicit
  if (isService(caller)) return found.resource.length > 0 ? ALLOWED : denied('resource')
  const { serviceControlPolicies = [] } = policies
  if (serviceControlPolicies.length > 0 && found.scp.length === 0) return denied('scp')
  const account = accountOf(caller.principalArn)
  const resourceAccount = question.resourceAccount ?? (accountOf(resource) || account)
  return resourceAccount === account ? withinAccount(found, policies, question) : acrossAccounts(found, policies)
}
