// Decides whether statements match a request, by the evaluator of the stand-ins (lambda/local/iam). Here, policy variables stay texts, since a
// template's unresolved references look like them, and a key of many values is matched by an operator for one: the rules ask for a set
// operator by themselves.

import { conditionHolds, conditionsOf } from '../../lambda/local/iam/condition.ts'
import { matchesAction, matchesPattern, type RequestContext } from '../../lambda/local/iam/pattern.ts'
import type { Caller } from '../../lambda/local/iam/principal.ts'
import { matchStatement, namesAction } from '../../lambda/local/iam/statement.ts'
import type { Statement } from './policies.ts'

export type { Condition } from '../../lambda/local/iam/condition.ts'
export { conditionsOf, matchesAction, matchesPattern, namesAction }

/** Keys in lower case: condition keys are not case-sensitive. A key that is not there is absent from the request. */
export type EvaluationContext = RequestContext

export interface JudgedRequest {
  /** `events.amazonaws.com`, when a service calls as itself. */
  readonly service?: string
  /** A role's ARN, when a role calls; neither: whomever the statements name. */
  readonly principal?: string
  readonly action: string
  /** An ARN; absent: whatever the statement names. */
  readonly resource?: string
  readonly context: EvaluationContext
}

const AS_WRITTEN = { hasVariables: false, multiValued: 'lenient' } as const

export const conditionsHold = (statement: Statement, context: EvaluationContext): boolean =>
  conditionsOf(statement).every((condition) => conditionHolds(condition, { ...AS_WRITTEN, context }))

const callerOf = ({ service, principal }: JudgedRequest): Caller =>
  service === undefined ? { arn: principal ?? '', principalArn: principal ?? '' } : { service }

const forWhomever = ({ Principal: _, NotPrincipal: _not, ...rest }: Statement): Statement => rest

const matches = (statement: Statement, request: JudgedRequest): boolean => {
  const { service, principal, action, resource, context } = request
  const isForAll = service === undefined && principal === undefined
  const access = { caller: callerOf(request), action, resource, context, multiValued: AS_WRITTEN.multiValued }
  return matchStatement(isForAll ? forWhomever(statement) : statement, access, AS_WRITTEN.hasVariables) !== undefined
}

export type PolicyDecision = 'allowed' | 'denied' | 'not allowed'

export const evaluatePolicies = (statements: readonly Statement[], request: JudgedRequest): PolicyDecision => {
  const matching = statements.filter((statement) => matches(statement, request))
  if (matching.some(({ Effect }) => Effect === 'Deny')) return 'denied'
  return matching.length > 0 ? 'allowed' : 'not allowed'
}
