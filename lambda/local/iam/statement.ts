// Whether one statement is about a call.

import { textsOf } from '../stand-in/fields.ts'
import { conditionHolds, conditionsOf, type MultiValued } from './condition.ts'
import { matchesAction, matchesResource, type RequestContext } from './pattern.ts'
import { hasVariables, type PolicyDocument, type Statement, statementsOf } from './policy.ts'
import { type Caller, type NamedAs, principalNamed } from './principal.ts'

export interface RequestedAccess {
  readonly caller: Caller
  readonly action: string
  /** An ARN, or `*` for an action that has no resource; undefined: whatever the statement names. */
  readonly resource: string | undefined
  /** Keys in lower case. */
  readonly context: RequestContext
  readonly multiValued: MultiValued
}

export interface MatchedStatement {
  readonly statement: Statement
  readonly effect: 'Allow' | 'Deny'
  readonly namedAs: NamedAs
}

export const namesAction = ({ Action, NotAction }: Statement, action: string): boolean =>
  Action === undefined
    ? !textsOf(NotAction).some((pattern) => matchesAction(pattern, action))
    : textsOf(Action).some((pattern) => matchesAction(pattern, action))

/** A statement of a resource's policy may name none: it is about that one. */
const namesResource = (
  { Resource, NotResource }: Statement,
  resource: string | undefined,
  variables: RequestContext | undefined,
): boolean => {
  if (resource === undefined || (Resource === undefined && NotResource === undefined)) return true
  const isNamed = (patterns: unknown): boolean =>
    textsOf(patterns).some((pattern) => matchesResource(pattern, resource, variables))
  return Resource === undefined ? !isNamed(NotResource) : isNamed(Resource)
}

/** @returns undefined: it says nothing about this call */
export const matchStatement = (
  statement: Statement,
  { caller, action, resource, context, multiValued }: RequestedAccess,
  isWithVariables = true,
): MatchedStatement | undefined => {
  if (!namesAction(statement, action)) return undefined
  const namedAs = principalNamed(statement, caller)
  if (namedAs === undefined) return undefined
  if (!namesResource(statement, resource, isWithVariables ? context : undefined)) return undefined
  const question = { context, hasVariables: isWithVariables, multiValued }
  if (!conditionsOf(statement).every((condition) => conditionHolds(condition, question))) return undefined
  return { statement, effect: statement.Effect === 'Deny' ? 'Deny' : 'Allow', namedAs }
}

/** Every statement of these policies that says something about the call. */
export const matchesIn = (policies: readonly PolicyDocument[], access: RequestedAccess): readonly MatchedStatement[] =>
  policies.flatMap((policy) =>
    statementsOf(policy).flatMap((statement) => matchStatement(statement, access, hasVariables(policy)) ?? []),
  )
