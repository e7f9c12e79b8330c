// The condition element: operators, and what each makes of a key that is not in the request. Clauses: IAM User Guide, "Condition operators",
// "Single-valued vs. multivalued context keys" and "Null".
import { BlockList, isIP } from 'node:net'
import { fieldsOf } from '../stand-in/fields.ts'
import { matchesArn, matchesPattern, type RequestContext, valuesOf } from './pattern.ts'
import type { Statement } from './policy.ts'

/**
 * What an operator for one value makes of a key that has many, such as `events:source`: AWS calls for a set operator there, and does not say
 * what happens without. `strict`: it matches nothing; `lenient`: one of the values is enough.
 */
export type MultiValued = 'strict' | 'lenient'

export interface Operator {
  readonly set: 'all' | 'any' | undefined
  /** In lower case, without `Not`, `IfExists` and the set. */
  readonly name: string
  readonly isNegated: boolean
  readonly ifExists: boolean
}

export interface Condition {
  readonly operator: Operator
  readonly written: string
  readonly key: string
  readonly values: readonly string[]
}

type Compare = (value: string, wanted: string, context?: RequestContext) => boolean

const plain = (compare: (value: string, wanted: string) => boolean): Compare => compare

/** A text that is no number compares with nothing. */
const numeric = (compare: (value: number, wanted: number) => boolean): Compare =>
  plain((value, wanted) => value !== '' && wanted !== '' && compare(Number(value), Number(wanted)))

const instantOf = (text: string): number => (/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text))

const dated = (compare: (value: number, wanted: number) => boolean): Compare =>
  plain((value, wanted) => compare(instantOf(value), instantOf(wanted)))

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

const isInRange: Compare = (address, range) => {
  const [network = '', prefix] = range.split('/')
  if (isIP(address) === 0 || isIP(network) === 0) return false
  const list = new BlockList()
  if (prefix === undefined) list.addAddress(network, familyOf(network))
  else list.addSubnet(network, Number(prefix), familyOf(network))
  return list.check(address, familyOf(address))
}

/** Policy variables stand in texts and ARNs alone. `StringEquals` compares what they say; wildcards are for `StringLike`. */
const withVariable =
  (compare: (value: string, wanted: string) => boolean): Compare =>
  (value, wanted, context) =>
    context !== undefined && wanted.includes('${')
      ? matchesPattern(
          wanted.replaceAll(/[*?](?![^{]*\})/g, (one) => `\${${one}}`),
          value,
          context,
        )
      : compare(value, wanted)

const comparisons: Readonly<Record<string, Compare>> = {
  stringequals: withVariable((value, wanted) => value === wanted),
  stringequalsignorecase: plain((value, wanted) => value.toLowerCase() === wanted.toLowerCase()),
  stringlike: (value, wanted, context) => matchesPattern(wanted, value, context),
  // The two are the same (IAM User Guide, "ARN condition operators").
  arnequals: (value, wanted, context) => matchesArn(wanted, value, context),
  arnlike: (value, wanted, context) => matchesArn(wanted, value, context),
  bool: plain((value, wanted) => value.toLowerCase() === wanted.toLowerCase()),
  binaryequals: plain((value, wanted) => value === wanted),
  ipaddress: isInRange,
  numericequals: numeric((value, wanted) => value === wanted),
  numericlessthan: numeric((value, wanted) => value < wanted),
  numericlessthanequals: numeric((value, wanted) => value <= wanted),
  numericgreaterthan: numeric((value, wanted) => value > wanted),
  numericgreaterthanequals: numeric((value, wanted) => value >= wanted),
  dateequals: dated((value, wanted) => value === wanted),
  datelessthan: dated((value, wanted) => value < wanted),
  datelessthanequals: dated((value, wanted) => value <= wanted),
  dategreaterthan: dated((value, wanted) => value > wanted),
  dategreaterthanequals: dated((value, wanted) => value >= wanted),
}

export const readOperator = (text: string): Operator => {
  const [, set, rest = ''] = /^(?:ForA(ll|ny)Values?:)?(.*)$/i.exec(text) ?? []
  const ifExists = /IfExists$/i.test(rest)
  const name = rest.replace(/IfExists$/i, '').toLowerCase()
  const isNegated = /^(string|arn|numeric|date)not|^notip/.test(name)
  return {
    set: set === undefined ? undefined : set.toLowerCase() === 'll' ? 'all' : 'any',
    name: isNegated ? name.replace('not', '') : name,
    isNegated,
    ifExists,
  }
}

const readConditions = ({ Condition }: Statement): readonly Condition[] =>
  Object.entries(fieldsOf(Condition)).flatMap(([written, keys]) =>
    Object.entries(fieldsOf(keys)).map(([key, value]) => ({
      operator: readOperator(written),
      written,
      key,
      values: (Array.isArray(value) ? value : [value]).map(String),
    })),
  )

const conditions = new WeakMap<Statement, readonly Condition[]>()

/** The condition element, one entry for each operator and key. */
export const conditionsOf = (statement: Statement): readonly Condition[] => {
  const found = conditions.get(statement) ?? readConditions(statement)
  conditions.set(statement, found)
  return found
}

export interface ConditionQuestion {
  readonly context: RequestContext
  /** Whether policy variables are variables. */
  readonly hasVariables: boolean
  readonly multiValued: MultiValued
}

/** @throws for an operator that IAM does not have */
const compareOf = ({ operator, written }: Condition): Compare => {
  const compare = comparisons[operator.name]
  if (compare === undefined) throw new TypeError(`${written} is no condition operator.`)
  return compare
}

export const conditionHolds = (
  condition: Condition,
  { context, hasVariables, multiValued }: ConditionQuestion,
): boolean => {
  const { operator, key, values: wanted } = condition
  const { set, isNegated, ifExists, name } = operator
  const given = context[key.toLowerCase()]
  const values = valuesOf(given)
  if (name === 'null') return (values.length === 0) === (wanted[0]?.toLowerCase() === 'true')
  const compare = compareOf(condition)
  if (values.length === 0) return ifExists || set === 'all' || (set === undefined && isNegated)
  const variables = hasVariables ? context : undefined
  const isOneOf = (value: string): boolean => wanted.some((one) => compare(value, one, variables))
  if (set === 'all') return values.every((value) => isOneOf(value) !== isNegated)
  if (set === 'any') return values.some((value) => isOneOf(value) !== isNegated)
  const isMatched = (typeof given === 'string' || multiValued === 'lenient') && values.some(isOneOf)
  return isMatched !== isNegated
}
