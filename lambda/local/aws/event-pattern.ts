// EventBridge's patterns and envelopes. Of the pattern language it plays exact values, prefix, exists, anything-but, wildcard and $or; a pattern
// that uses anything else is refused when its rule is made, not half obeyed.
import type { BusEvent } from './event-bus.ts'

type Leaf =
  | string
  | number
  | boolean
  | null
  | { readonly prefix: string }
  | { readonly exists: boolean }
  | { readonly 'anything-but': string | number | readonly (string | number)[] }
  | { readonly wildcard: string }

/** A field's values are alternatives; its fields must all match. `$or` holds patterns of the same fields' place, of which one is enough. */
export interface EventPattern {
  readonly [field: string]: EventPattern | readonly Leaf[] | readonly EventPattern[]
}

/** What a rule's target is given. */
export interface BusEnvelope {
  readonly version: '0'
  readonly id: string
  readonly 'detail-type': string
  readonly source: string
  readonly account: string
  /** ISO 8601, to the second. */
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: unknown
}

export interface BusPlace {
  readonly accountId: string
  readonly region: string
}

const PLAYED = ['prefix', 'exists', 'anything-but', 'wildcard']

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const OR = '$or'

const alternativesOf = (wanted: unknown): readonly EventPattern[] =>
  Array.isArray(wanted) ? (wanted as readonly EventPattern[]) : []

/** @throws TypeError for what is not played. */
export const checkPattern = (pattern: EventPattern, path = ''): void => {
  for (const [field, wanted] of Object.entries(pattern)) {
    const at = `${path}${field}`
    if (field === OR) {
      for (const one of alternativesOf(wanted)) checkPattern(one, path)
      continue
    }
    if (field.startsWith('$')) throw new TypeError(`${at} is not played by this stand-in`)
    if (!Array.isArray(wanted)) checkPattern(wanted as EventPattern, `${at}.`)
    else if (wanted.length === 0) throw new TypeError(`${at} is empty: expected at least one value`)
    for (const leaf of Array.isArray(wanted) ? wanted : []) {
      const operator = isFields(leaf) ? Object.keys(leaf)[0] : undefined
      if (operator !== undefined && !PLAYED.includes(operator)) {
        throw new TypeError(`${at}: ${operator} is not played by this stand-in`)
      }
    }
  }
}

const matchesWildcard = (pattern: string, value: string): boolean => {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[\\s\\S]*')}$`).test(value)
}

const matchesLeaf = (leaf: Leaf, value: unknown): boolean => {
  if (!isFields(leaf)) return leaf === value
  if ('prefix' in leaf) return typeof value === 'string' && value.startsWith(String(leaf.prefix))
  if ('wildcard' in leaf) return typeof value === 'string' && matchesWildcard(String(leaf.wildcard), value)
  if (!('anything-but' in leaf)) return false
  const not = leaf['anything-but']
  return value !== undefined && !(Array.isArray(not) ? not : [not]).includes(value)
}

/** EventBridge takes only a leaf for existing: a field that holds an object does not exist to it. */
const isLeaf = (value: unknown): boolean => value !== undefined && !isFields(value)

const matchesField = (wanted: readonly Leaf[], value: unknown): boolean =>
  wanted.some((leaf) => {
    if (isFields(leaf) && 'exists' in leaf) return leaf.exists === isLeaf(value)
    // An array in the event matches when one of its elements does.
    return Array.isArray(value) ? value.some((one) => matchesLeaf(leaf, one)) : matchesLeaf(leaf, value)
  })

/** Whether EventBridge would hand this to the rule's target. */
export const matchesPattern = (pattern: EventPattern, event: unknown): boolean =>
  Object.entries(pattern).every(([field, wanted]) => {
    if (field === OR) return alternativesOf(wanted).some((one) => matchesPattern(one, event))
    const value = isFields(event) ? event[field] : undefined
    return Array.isArray(wanted)
      ? matchesField(wanted as readonly Leaf[], value)
      : matchesPattern(wanted as EventPattern, value)
  })

export const toEnvelope = (event: BusEvent, { accountId, region }: BusPlace): BusEnvelope => ({
  version: '0',
  id: event.id,
  'detail-type': event.detailType,
  source: event.source,
  account: accountId,
  time: `${new Date(event.time).toISOString().slice(0, 19)}Z`,
  region,
  resources: event.resources,
  detail: event.detail,
})
