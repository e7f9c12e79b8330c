// Which scopes may be vended for a client, and what an empty request gets: read from its secret's tags, judged for each request.
// Pure. A rule only narrows: what a client may do at all is decided where it is registered, and Stytch refuses the rest.

import { ok, type Result, refused } from '../base/result.ts'
import { scopeOfTag } from '../secret/scope.ts'
import type { Secret } from '../secret/secret.ts'
import { isRetired, scopesOf } from '../secret/secret-tags.ts'

/** Tags that a declaration may have beside what the registrar writes (docs/vending.md); more than fit go on in `.2` and so on. */
export const VEND_TAG = {
  /** Absent: the scopes that the client was registered with. */
  scopes: 'vend:scopes',
  /** What a request that names none gets. Absent: it is refused. */
  defaults: 'vend:default-scopes',
} as const

export interface ScopeRule {
  /** Sorted, each once. */
  readonly allowed: readonly string[]
  /** Sorted, each once; all of them allowed. */
  readonly defaults: readonly string[]
}

export type ScopeRefusal =
  | { readonly reason: 'noDefaultScopes' }
  | { readonly reason: 'scopesNotAllowed'; readonly scopes: readonly string[] }

/** The one order in which scopes are compared, cached and sent. */
export const sortedScopes = (scopes: Iterable<string>): readonly string[] => [...new Set(scopes)].sort()

const taggedScopes = (tags: Secret['tags'], key: string): readonly string[] | undefined => {
  const texts: string[] = []
  for (let at = 1; ; at += 1) {
    const text = tags[at === 1 ? key : `${key}.${at}`]
    if (text === undefined) break
    texts.push(text)
  }
  if (texts.length === 0) return undefined
  return texts
    .flatMap((text) => text.split(' '))
    .filter((scope) => scope !== '')
    .map(scopeOfTag)
}

/** @returns undefined when nothing may be vended for this client. */
export const scopeRuleOf = (secret: Pick<Secret, 'tags' | 'isDeleted'>): ScopeRule | undefined => {
  if (secret.isDeleted || isRetired(secret)) return undefined
  const allowed = sortedScopes(taggedScopes(secret.tags, VEND_TAG.scopes) ?? scopesOf(secret))
  if (allowed.length === 0) return undefined
  const defaults = sortedScopes(taggedScopes(secret.tags, VEND_TAG.defaults) ?? [])
  // A default beyond the rule would widen it, silently.
  return { allowed, defaults: defaults.filter((scope) => allowed.includes(scope)) }
}

/** @returns sorted, each once: a subset of the rule, and never empty, since Stytch takes an empty scope for all of them. */
export const grantScopes = (rule: ScopeRule, asked: readonly string[]): Result<readonly string[], ScopeRefusal> => {
  const wanted = sortedScopes(asked)
  if (wanted.length === 0)
    return rule.defaults.length === 0 ? refused({ reason: 'noDefaultScopes' }) : ok(rule.defaults)
  const beyond = wanted.filter((scope) => !rule.allowed.includes(scope))
  return beyond.length === 0 ? ok(wanted) : refused({ reason: 'scopesNotAllowed', scopes: beyond })
}
