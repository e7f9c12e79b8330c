// Patterns of policies: `*` and `?`, ARNs, and policy variables. A value that a variable brings in is literal, whatever it holds.
import { textsOf } from '../stand-in/fields.ts'

/** Keys in lower case: condition keys are not case-sensitive. A list is a key of many values; a key that is not there is absent. */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>

export const lowerKeys = (context: RequestContext): RequestContext =>
  Object.fromEntries(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]))

const quoted = (text: string): string => text.replaceAll(/[.+^${}()|[\]\\*?]/g, String.raw`\$&`)

type Wild = (isLast: boolean) => { readonly star: string; readonly one: string }

const anywhere: Wild = () => ({ star: '.*', one: '.' })

/**
 * Within a part of an ARN a wildcard stays there, and as the part's last character it goes on over colons (IAM JSON policy elements:
 * Resource).
 */
const withinParts: Wild = (isLast) => ({ star: isLast ? '.*' : '[^:]*', one: '[^:]' })

const VARIABLE = /\$\{([^}]*)\}/g

/** `${*}`, `${?}` and `${$}` are those characters. */
const special: Readonly<Record<string, string>> = { '*': '*', '?': '?', $: '$' }

/** @returns undefined when the request has no value for it, or many: those cannot be variables */
const variableValue = (variable: string, context: RequestContext): string | undefined => {
  if (special[variable] !== undefined) return special[variable]
  const [, key = '', , otherwise] = /^\s*([^,\s]+)\s*(,\s*'([^']*)')?\s*$/.exec(variable) ?? []
  const value = context[key.toLowerCase()]
  return typeof value === 'string' ? value : otherwise
}

const sourceOf = (text: string, wild: Wild): string =>
  text.replaceAll(/[\s\S]/g, (one, at: number) => {
    const { star, one: single } = wild(at === text.length - 1 || text[at + 1] === ':')
    return one === '*' ? star : one === '?' ? single : quoted(one)
  })

const expressions = new Map<string, RegExp>()

const expressionOf = (pattern: string, wild: Wild, flags: string): RegExp => {
  const key = `${flags} ${wild === anywhere ? '' : ':'} ${pattern}`
  const made = expressions.get(key) ?? new RegExp(`^${sourceOf(pattern, wild)}$`, flags)
  expressions.set(key, made)
  return made
}

/** A pattern with its variables filled in. @returns undefined when a variable has no value, so that nothing matches */
const filledIn = (pattern: string, context: RequestContext, wild: Wild): RegExp | undefined => {
  const parts: string[] = []
  let end = 0
  for (const match of pattern.matchAll(VARIABLE)) {
    const value = variableValue(match[1] ?? '', context)
    if (value === undefined) return undefined
    parts.push(sourceOf(pattern.slice(end, match.index), wild), quoted(value))
    end = match.index + match[0].length
  }
  return new RegExp(`^${parts.join('')}${sourceOf(pattern.slice(end), wild)}$`, 's')
}

const matchesWith = (pattern: string, text: string, context: RequestContext | undefined, wild: Wild): boolean => {
  // Never a pattern: what has no wildcard and no variable is by far the most.
  if (!/[*?$]/.test(pattern)) return pattern === text
  if (context === undefined || !pattern.includes('${')) return expressionOf(pattern, wild, 's').test(text)
  return filledIn(pattern, context, wild)?.test(text) === true
}

/** @param context for the policy's variables; undefined: it has none */
export const matchesPattern = (pattern: string, text: string, context?: RequestContext): boolean =>
  matchesWith(pattern, text, context, anywhere)

/** @param context for the policy's variables; undefined: it has none */
export const matchesResource = (pattern: string, resource: string, context?: RequestContext): boolean =>
  matchesWith(pattern, resource, context, withinParts)

/** Not case-sensitive. */
export const matchesAction = (pattern: string, action: string): boolean =>
  expressionOf(pattern, anywhere, 'is').test(action)

const PARTS_OF_ARN = 6

/** A colon within a variable is part of its name. */
const partsOf = (arn: string): readonly string[] => {
  const parts = arn.split(/:(?![^{]*\})/)
  return [...parts.slice(0, PARTS_OF_ARN - 1), parts.slice(PARTS_OF_ARN - 1).join(':')]
}

/** Part by part; within the last one a `*` goes over slashes and colons (IAM User Guide, "ARN condition operators"). */
export const matchesArn = (pattern: string, arn: string, context?: RequestContext): boolean => {
  if (pattern === '*') return true
  const [patterns, parts] = [partsOf(pattern), partsOf(arn)]
  return patterns.length === parts.length && patterns.every((one, at) => matchesPattern(one, parts[at] ?? '', context))
}

export const accountOf = (arn: string): string => arn.split(':')[4] ?? ''

export const valuesOf = (value: RequestContext[string] | undefined): readonly string[] => textsOf(value)
