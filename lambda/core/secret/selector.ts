// Which secrets a campaign or an incident is about, as its event says it. Pure. An empty or absent selector is refused and never means
// "all"; "all" says how many it expects. Clients and scopes are found by the tags on their secrets (secret-tags.ts): nobody reads a
// value to select.
import { createHash } from 'node:crypto'
import { isJsonObject, type JsonObject } from '../base/json-object.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { isClientId } from './is-client-id.ts'
import type { AsOf } from './is-managed.ts'
import { isDue } from './is-overdue.ts'
import { isScope } from './scope.ts'
import type { Secret } from './secret.ts'
import { isSecretName } from './secret-name.ts'
import { clientIdOf, holdOf, isRetired, scopesOf } from './secret-tags.ts'

export type Selector =
  | { readonly secretNames: readonly string[] }
  | { readonly clientIds: readonly string[] }
  /** Every one of these, with exactly this value. */
  | { readonly tags: Readonly<Record<string, string>> }
  /** Clients that may have at least one of these. */
  | { readonly scopes: readonly string[] }
  | { readonly all: true; readonly expectedCount: number }
  /** Whatever is older than its period: the periodic campaign. */
  | { readonly due: true }

/** More are selected by a tag, a scope, or all: an event's detail and a checkpoint hold 256 KB. */
export const MAX_NAMED = 1000
/** By how much the count of `all` may be off, in either direction: a fleet changes while somebody types. */
const COUNT_TOLERANCE = 0.05

const TAG_KEY = /^[^\s].{0,127}$/

const kinds = ['secretNames', 'clientIds', 'tags', 'scopes', 'all', 'due'] as const
type Kind = (typeof kinds)[number]

const EXPECTED = `expected exactly one of ${kinds.join(', ')}; an empty selector is never "all"`

const readList = (
  kind: Kind,
  value: unknown,
  { fits, each }: { readonly fits: (value: string) => boolean; readonly each: string },
  faults: string[],
): readonly string[] => {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_NAMED) {
    faults.push(`selector.${kind} is malformed: expected 1 to ${MAX_NAMED} of ${each}`)
    return []
  }
  const found: string[] = []
  for (const [at, one] of value.entries()) {
    if (typeof one === 'string' && fits(one)) found.push(one)
    else faults.push(`selector.${kind}[${at}] is malformed: expected ${each}`)
  }
  return [...new Set(found)]
}

const readTags = (value: unknown, faults: string[]): Readonly<Record<string, string>> => {
  const tags: Record<string, string> = {}
  const entries = isJsonObject(value) ? Object.entries(value) : []
  if (entries.length === 0 || entries.length > 50) {
    faults.push('selector.tags is malformed: expected an object of 1 to 50 tags, each with its value')
  }
  for (const [key, text] of entries) {
    if (TAG_KEY.test(key) && typeof text === 'string' && text.length <= 256) tags[key] = text
    else faults.push(`selector.tags.${key} is malformed: expected text of at most 256 characters`)
  }
  return tags
}

const readAll = (selector: JsonObject, faults: string[]): Selector => {
  const { all, expectedCount } = selector
  if (all !== true) faults.push('selector.all is malformed: expected true')
  const isCount = typeof expectedCount === 'number' && Number.isInteger(expectedCount) && expectedCount > 0
  if (!isCount) {
    const what = expectedCount === undefined ? 'missing' : 'malformed'
    faults.push(`selector.expectedCount is ${what}: expected how many secrets "all" is, an integer from 1`)
  }
  return { all: true, expectedCount: isCount ? expectedCount : 1 }
}

const readKind = (kind: Kind, selector: JsonObject, faults: string[]): Selector => {
  switch (kind) {
    case 'secretNames':
      return {
        secretNames: readList(kind, selector.secretNames, { fits: isSecretName, each: "secrets' names" }, faults),
      }
    case 'clientIds':
      return { clientIds: readList(kind, selector.clientIds, { fits: isClientId, each: 'client ids' }, faults) }
    case 'scopes':
      return { scopes: readList(kind, selector.scopes, { fits: isScope, each: 'OAuth scopes' }, faults) }
    case 'tags':
      return { tags: readTags(selector.tags, faults) }
    case 'all':
      return readAll(selector, faults)
    case 'due':
      if (selector.due !== true) faults.push('selector.due is malformed: expected true')
      return { due: true }
  }
}

/** @returns the selector, or every fault, one each. */
export const readSelector = (value: unknown): Result<Selector, readonly string[]> => {
  if (value === undefined) return refused([`selector is missing: ${EXPECTED}`])
  if (!isJsonObject(value)) return refused([`selector is malformed: ${EXPECTED}`])
  const named = kinds.filter((kind) => value[kind] !== undefined)
  const [kind] = named
  if (kind === undefined || named.length > 1) return refused([`selector is malformed: ${EXPECTED}`])
  const faults: string[] = []
  const known = kind === 'all' ? ['all', 'expectedCount'] : [kind]
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) faults.push(`selector.${key} is unknown: expected ${known.join(' and ')} alone`)
  }
  const selector = readKind(kind, value, faults)
  return faults.length > 0 ? refused(faults) : ok(selector)
}

const ordered = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.toSorted()
  if (!isJsonObject(value)) return value
  return Object.entries(value)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, one]) => [name, ordered(one)])
}

/** The same for two selectors that select the same, however they are written: by it an end names the selection that it is of. */
export const selectionOf = (selector: Selector): string =>
  createHash('sha256')
    .update(JSON.stringify(ordered(selector)))
    .digest('hex')
    .slice(0, 32)

type Selectable = Pick<Secret, 'name' | 'tags'>

/** Made once for a whole fleet. Age, holds and retirement are not judged here. */
const createMatcher = (selector: Selector): ((secret: Selectable) => boolean) => {
  if ('secretNames' in selector) {
    const names = new Set(selector.secretNames)
    return ({ name }) => names.has(name)
  }
  if ('clientIds' in selector) {
    const ids = new Set<string | undefined>(selector.clientIds)
    return (secret) => ids.has(clientIdOf(secret))
  }
  if ('tags' in selector) {
    const tags = Object.entries(selector.tags)
    return (secret) => tags.every(([key, value]) => secret.tags[key] === value)
  }
  if ('scopes' in selector) {
    const scopes = new Set(selector.scopes)
    return (secret) => scopesOf(secret).some((scope) => scopes.has(scope))
  }
  return () => true
}

/** Why a secret is not selected. other: the selectors do not mean it. */
type NotSelected = 'other' | 'deleted' | 'retired' | 'notHeld' | 'notDue'

export interface Wish {
  /** Each of them must mean the secret; none: every secret. */
  readonly by: readonly Selector[]
  /** Only secrets on hold. @default false */
  readonly isHeld?: boolean
  /** Deleted and retired ones as well, for a list that changes nothing. @default false */
  readonly withRetired?: boolean
}

export interface Selection {
  readonly isSelected: (secret: Secret) => boolean
  /** @returns undefined for a secret that is selected. */
  readonly whyNot: (secret: Secret) => NotSelected | undefined
}

/**
 * The one way to choose secrets, for the CLI, incidents and campaigns. Whatever selects more than one by one, "all" and its count
 * included, leaves out what is deleted or retired. A retired secret that is named is selected, so that whoever named it learns why
 * nothing can be done.
 * @param asOf what `due` is judged by; without it, `due` selects nothing.
 */
export const createSelection = (wish: Wish, asOf?: Pick<AsOf, 'now' | 'spans'>): Selection => {
  const matchers = wish.by.map(createMatcher)
  const isNamed = wish.by.some((selector) => namedBy(selector).length > 0)
  const isDueOnly = wish.by.some((selector) => 'due' in selector)
  const whyNot = (secret: Secret): NotSelected | undefined => {
    if (!matchers.every((matches) => matches(secret))) return 'other'
    if (wish.withRetired !== true) {
      if (secret.isDeleted) return 'deleted'
      if (isRetired(secret) && !isNamed) return 'retired'
    }
    if (wish.isHeld === true && holdOf(secret) === undefined) return 'notHeld'
    return isDueOnly && (asOf === undefined || !isDue(secret, asOf)) ? 'notDue' : undefined
  }
  return { whyNot, isSelected: (secret) => whyNot(secret) === undefined }
}

/** What a choice means, each secret once: matched, retired and foreign add up to it. */
export interface SelectionCounts {
  /** Selected, and this stage's rotation function's. */
  readonly matched: number
  /** Left out, since their clients were deactivated for good. */
  readonly retired: number
  /** Of the matched, those on hold, which a revoke ignores. */
  readonly held: number
  /** Selected, and never given to this stage's rotation function, so that nothing here can rotate them: reported, and not among the matched. */
  readonly foreign: number
}

/** @param isForeign whether a secret was never given to this stage's rotation function */
export const countSelection = (
  { whyNot }: Selection,
  secrets: readonly Secret[],
  isForeign: (secret: Secret) => boolean,
): SelectionCounts => {
  const selected = secrets.filter((secret) => whyNot(secret) === undefined)
  const matched = selected.filter((secret) => !isForeign(secret))
  return {
    matched: matched.length,
    retired: secrets.filter((secret) => whyNot(secret) === 'retired').length,
    held: matched.filter((secret) => holdOf(secret) !== undefined).length,
    foreign: selected.length - matched.length,
  }
}

/**
 * Everything that is selected: what `expectedCount` of "all" is held against. Whoever selects by metadata alone does not know whose
 * rotation function a secret was given to, so that foreign ones count here as well.
 */
export const selectedIn = ({ matched, foreign }: SelectionCounts): number => matched + foreign

/** For people: `18 matched, 3 of them on hold, 2 retired and left out`. */
export const countWords = ({ matched, retired, held, foreign }: SelectionCounts): string =>
  [
    `${matched} matched`,
    ...(held > 0 ? [`${held} of them on hold`] : []),
    ...(retired > 0 ? [`${retired} retired and left out`] : []),
    ...(foreign > 0 ? [`${foreign} more not given to this stage's rotation function`] : []),
  ].join(', ')

/** Whether the selector names each secret or client one by one, so that one which is not there is somebody's mistake. */
export const namedBy = (selector: Selector): readonly string[] => {
  if ('secretNames' in selector) return selector.secretNames
  return 'clientIds' in selector ? selector.clientIds : []
}

/** What a selector that names would have to name to select this secret. */
export const namedAs = (selector: Selector, secret: Selectable): string | undefined =>
  'clientIds' in selector ? clientIdOf(secret) : secret.name

/** Which of the names or client ids that were given are those of none of these. */
export const missingFrom = (selector: Selector, secrets: readonly Selectable[]): readonly string[] => {
  const found = new Set(secrets.map((secret) => namedAs(selector, secret)))
  return namedBy(selector).filter((name) => !found.has(name))
}

/** @returns what is wrong with the count of `all`; undefined when nothing, or when another selector was given. */
export const countFault = (selector: Selector, found: number): string | undefined => {
  if (!('all' in selector)) return undefined
  const { expectedCount } = selector
  if (Math.abs(found - expectedCount) <= expectedCount * COUNT_TOLERANCE) return undefined
  return `"all" was to be ${expectedCount} secrets, and there are ${found}: more than ${COUNT_TOLERANCE * 100} % off, so nothing was begun`
}
