// Whom a resource's policy names, and how: that decides what else has to allow the call (IAM User Guide, "Policy evaluation logic").

import { fieldsOf, textsOf } from '../stand-in/fields.ts'
import { accountOf, type RequestContext } from './pattern.ts'
import type { Statement } from './policy.ts'

/** A service that calls for itself: it has no account, no role and no policies. */
export interface ServiceCaller {
  /** Such as `events.amazonaws.com`. */
  readonly service: string
}

export interface PrincipalCaller {
  /** As messages name it: the session of a role, a user, or an account's root. */
  readonly arn: string
  /** What `aws:PrincipalArn` is: the role with its path, never the session. */
  readonly principalArn: string
}

export type Caller = ServiceCaller | PrincipalCaller

export const isService = (caller: Caller): caller is ServiceCaller => 'service' in caller

/**
 * `itself`: no boundary and no session policy limits what is allowed so, unless it denies. `role`: they do. `account`: it delegates, and the
 * caller's own policies have to allow the call as well.
 */
export type NamedAs = 'itself' | 'role' | 'account'

/** An account as principal, by its number or its root. */
const accountNamed = (principal: string): string | undefined =>
  /^(\d{12})$/.exec(principal)?.[1] ?? /^arn:[^:]*:iam::(\d{12}):root$/.exec(principal)?.[1]

const isRoot = ({ principalArn }: PrincipalCaller): boolean => accountNamed(principalArn) !== undefined

const namedAs = (principal: string, caller: PrincipalCaller): NamedAs | undefined => {
  if (principal === '*' || principal === caller.arn) return 'itself'
  if (principal === caller.principalArn) return 'role'
  if (accountNamed(principal) !== accountOf(caller.principalArn)) return undefined
  return isRoot(caller) ? 'itself' : 'account'
}

const strength: readonly (NamedAs | undefined)[] = ['itself', 'role', 'account', undefined]

const strongest = (found: readonly (NamedAs | undefined)[]): NamedAs | undefined =>
  strength.find((one) => found.includes(one))

/** `"*"` and `{"AWS": "*"}` are everybody, services as well. */
const named = (principal: unknown, caller: Caller): readonly (NamedAs | undefined)[] => {
  const { AWS, Service } = fieldsOf(principal)
  const everybody = principal === '*' ? ['*'] : []
  const principals = [...everybody, ...textsOf(AWS)]
  if (!isService(caller)) return principals.map((one) => namedAs(one, caller))
  return [
    principals.includes('*') || textsOf(Service).some((one) => one === caller.service || one === '*')
      ? 'itself'
      : undefined,
  ]
}

/** Every name that a NotPrincipal has to list for one who is not meant: account, role and session (IAM JSON policy elements: NotPrincipal). */
const isExceptedFromDeny = (excepted: unknown, caller: Caller): boolean => {
  if (isService(caller)) return named(excepted, caller).includes('itself')
  const kinds = new Set(named(excepted, caller))
  const account: NamedAs = isRoot(caller) ? 'itself' : 'account'
  return kinds.has('itself') && kinds.has(account) && (caller.arn === caller.principalArn || kinds.has('role'))
}

/** @returns undefined: the statement is not about this caller. A statement without a principal is the caller's own. */
export const principalNamed = (statement: Statement, caller: Caller): NamedAs | undefined => {
  const { Effect, Principal, NotPrincipal } = statement
  if (NotPrincipal !== undefined) {
    const isExcepted =
      Effect === 'Deny'
        ? isExceptedFromDeny(NotPrincipal, caller)
        : strongest(named(NotPrincipal, caller)) !== undefined
    return isExcepted ? undefined : 'itself'
  }
  return Principal === undefined ? 'itself' : strongest(named(Principal, caller))
}

/** What IAM itself puts into every request of this caller. */
export const contextOf = (caller: Caller): RequestContext =>
  isService(caller)
    ? {
        'aws:principalisawsservice': 'true',
        'aws:principalservicename': caller.service,
        'aws:principalservicenameslist': [caller.service],
      }
    : {
        'aws:principalarn': caller.principalArn,
        'aws:principalaccount': accountOf(caller.principalArn),
        'aws:principaltype': caller.arn.includes(':assumed-role/')
          ? 'AssumedRole'
          : isRoot(caller)
            ? 'Account'
            : 'User',
        'aws:principalisawsservice': 'false',
      }
