// Decides whether statements match a request, as IAM documents it: an explicit Deny first, wildcards, condition operators, missing keys.
// As much of it as the rules need: who calls is given by the caller of these functions, and policy variables stay texts.
// Clauses: IAM User Guide, "JSON policy elements: Condition operators" and "Multivalued context keys".

import { fieldsOf, textsOf } from './fields.ts'
import type { Statement } from './policies.ts'

/** Keys in lower case: condition keys are not case-sensitive. A key that is not there is absent from the request. */
export type EvaluationContext = Readonly<Record<string, string | readonly string[]>>

export interface JudgedRequest {
  /** `events.amazonaws.com`, when a service calls as itself. */
  readonly service?: string
  /** A role's ARN, when a role calls. */
  readonly principal?: string
  readonly action: string
  /** An ARN; absent: whatever the statement names. */
  readonly resource?: string
  readonly context: EvaluationContext
}

const quoted = (text: string): string => text.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')

const expressions = new Map<string, RegExp>()

const expressionOf = (pattern: string, flags: string): RegExp => {
  const key = `${flags} ${pattern}`
  const made =
    expressions.get(key) ?? new RegExp(`^${quoted(pattern).replaceAll('*', '.*').replaceAll('?', '.')}$`, flags)
  expressions.set(key, made)
  return made
}

export const matchesPattern = (pattern: string, text: string, ignoreCase = false): boolean =>
  expressionOf(pattern, ignoreCase ? 'is' : 's').test(text)

export const matchesAction = (pattern: string, action: string): boolean => matchesPattern(pattern, action, true)

type Compare = (value: string, wanted: string) => boolean

const comparisons: Readonly<Record<string, Compare>> = {
  stringequals: (value, wanted) => value === wanted,
  stringequalsignorecase: (value, wanted) => value.toLowerCase() === wanted.toLowerCase(),
  stringlike: (value, wanted) => matchesPattern(wanted, value),
  arnequals: (value, wanted) => matchesPattern(wanted, value),
  arnlike: (value, wanted) => matchesPattern(wanted, value),
  bool: (value, wanted) => value.toLowerCase() === wanted.toLowerCase(),
  numericequals: (value, wanted) => Number(value) === Number(wanted),
  numericlessthan: (value, wanted) => Number(value) < Number(wanted),
  numericlessthanequals: (value, wanted) => Number(value) <= Number(wanted),
  numericgreaterthan: (value, wanted) => Number(value) > Number(wanted),
  numericgreaterthanequals: (value, wanted) => Number(value) >= Number(wanted),
}

export interface Operator {
  readonly set: 'all' | 'any' | undefined
  /** In lower case, without `Not`, `IfExists` and the set. */
  readonly name: string
  readonly isNegated: boolean
  readonly ifExists: boolean
}

export const readOperator = (text: string): Operator => {
  const [, set, rest = ''] = /^(?:ForA(ll|ny)Values?:)?(.*)$/i.exec(text) ?? []
  const ifExists = /IfExists$/i.test(rest)
  const name = rest.replace(/IfExists$/i, '').toLowerCase()
  const isNegated = /^(string|arn|numeric|date)not/.test(name)
  return {
    set: set === undefined ? undefined : set.toLowerCase() === 'll' ? 'all' : 'any',
    name: isNegated ? name.replace('not', '') : name,
    isNegated,
    ifExists,
  }
}

const holds = (
  operator: Operator,
  value: EvaluationContext[string] | undefined,
  wanted: readonly string[],
): boolean => {
  const { name, set, isNegated, ifExists } = operator
  const values = value === undefined ? [] : textsOf(value)
  if (name === 'null') return (values.length === 0) === (wanted[0]?.toLowerCase() === 'true')
  const compare = comparisons[name]
  if (compare === undefined) throw new Error(`The condition operator ${name} is not known to the judge.`)
  const one = (text: string): boolean => wanted.some((pattern) => compare(text, pattern)) !== isNegated
  if (values.length === 0) return ifExists || set === 'all' || (set === undefined && isNegated)
  return set === 'any' || set === undefined ? values.some(one) : values.every(one)
}

export interface Condition {
  readonly operator: Operator
  readonly written: string
  readonly key: string
  readonly values: readonly string[]
}

/** The condition element, one entry for each operator and key. */
export const conditionsOf = ({ Condition }: Statement): readonly Condition[] =>
  Object.entries(fieldsOf(Condition)).flatMap(([written, keys]) =>
    Object.entries(fieldsOf(keys)).map(([key, value]) => ({
      operator: readOperator(written),
      written,
      key,
      values: (Array.isArray(value) ? value : [value]).map(String),
    })),
  )

export const conditionsHold = (statement: Statement, context: EvaluationContext): boolean =>
  conditionsOf(statement).every(({ operator, key, values }) => holds(operator, context[key.toLowerCase()], values))

export const namesAction = ({ Action, NotAction }: Statement, action: string): boolean =>
  Action === undefined
    ? !textsOf(NotAction).some((pattern) => matchesAction(pattern, action))
    : textsOf(Action).some((pattern) => matchesAction(pattern, action))

const namesResource = ({ Resource, NotResource }: Statement, resource: string | undefined): boolean => {
  if (resource === undefined || (Resource === undefined && NotResource === undefined)) return true
  return Resource === undefined
    ? !textsOf(NotResource).some((pattern) => matchesPattern(pattern, resource))
    : textsOf(Resource).some((pattern) => matchesPattern(pattern, resource))
}

/** Of a resource's policy: whether it is about this service. A principal of accounts and roles is not. */
export const namesService = ({ Principal, NotPrincipal }: Statement, service: string): boolean => {
  if (NotPrincipal !== undefined) return !textsOf(fieldsOf(NotPrincipal).Service).includes(service)
  if (Principal === '*') return true
  const { Service, AWS } = fieldsOf(Principal)
  return textsOf(Service).includes(service) || textsOf(AWS).includes('*')
}

/** An account as principal, by its number or its root, is every principal of it that its own policies let. */
const accountOf = (principal: string): string | undefined =>
  /^(\d{12})$/.exec(principal)?.[1] ?? /^arn:[^:]*:iam::(\d{12}):root$/.exec(principal)?.[1]

/** Of any policy: whether it is about this role. A policy of the role's own names no principal. */
export const namesRole = ({ Principal, NotPrincipal }: Statement, role: string): boolean => {
  const isNamed = (one: unknown): boolean =>
    one === '*' ||
    textsOf(fieldsOf(one).AWS).some((text) => text === '*' || text === role || accountOf(text) === role.split(':')[4])
  if (NotPrincipal !== undefined) return !isNamed(NotPrincipal)
  return Principal === undefined || isNamed(Principal)
}

export const matches = (
  statement: Statement,
  { service, principal, action, resource, context }: JudgedRequest,
): boolean =>
  (service === undefined || namesService(statement, service)) &&
  (principal === undefined || namesRole(statement, principal)) &&
  namesAction(statement, action) &&
  namesResource(statement, resource) &&
  conditionsHold(statement, context)

export type PolicyDecision = 'allowed' | 'denied' | 'not allowed'

export const evaluatePolicies = (statements: readonly Statement[], request: JudgedRequest): PolicyDecision => {
  const matching = statements.filter((statement) => matches(statement, request))
  if (matching.some(({ Effect }) => Effect === 'Deny')) return 'denied'
  return matching.length > 0 ? 'allowed' : 'not allowed'
}
