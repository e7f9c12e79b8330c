// What a caller of the clients function may do. It follows from the alias by which the function was invoked, and from nothing in the request:
// which alias a role may invoke is IAM's to say. Pure.

import { ok, type Result, refused } from '../base/result.ts'
import { BREAK_GLASS_ALIAS, type ClientsRequest } from './clients-api.ts'
import { DRILL_SET } from './drill-client.ts'

/** Lists and looks, and changes nothing. */
export const LOOK_ALIAS = 'look'
/** Holds, releases, and drills: for everybody who operates the stage. */
export const OPERATE_ALIAS = 'operate'
/** Declares, adopts and retires, where the configuration names no sets. */
export const DEFAULT_ALIAS = 'default'

/** Names that no set may have. */
export const reservedAliases: readonly string[] = [LOOK_ALIAS, OPERATE_ALIAS, BREAK_GLASS_ALIAS]

/** What is allowed to whoever may invoke a set's alias. In patterns `*` stands for any characters. */
export interface SetRule {
  /** Roles that its clients may have as readers. @default - any of the accounts that the stage admits */
  readonly readers?: readonly string[]
  /** Scopes that its clients may have. @default - any */
  readonly scopes?: readonly string[]
  /** Names of its clients, below their prefix. @default - any */
  readonly names?: string
}

/** By name. None: the default set, which takes any. */
export type Sets = Readonly<Record<string, SetRule>>

export type Authority =
  | { readonly kind: 'look' }
  | { readonly kind: 'operate' }
  /** set: undefined for the default set, in which each file names its own. */
  | { readonly kind: 'set'; readonly set: string | undefined; readonly rule: SetRule }
  | { readonly kind: 'breakGlass' }

/** Aliases that declare, adopt and retire. */
const declaring = (sets: Sets): readonly string[] => {
  const names = Object.keys(sets).sort()
  return names.length === 0 ? [DEFAULT_ALIAS] : names
}

/** @param qualifier behind the function's name in the ARN that was invoked */
export const authorityOf = (qualifier: string | undefined, sets: Sets): Result<Authority, string> => {
  if (qualifier === BREAK_GLASS_ALIAS) return ok({ kind: 'breakGlass' })
  if (qualifier === LOOK_ALIAS) return ok({ kind: 'look' })
  if (qualifier === OPERATE_ALIAS) return ok({ kind: 'operate' })
  if (qualifier !== undefined && declaring(sets).includes(qualifier)) {
    const rule = sets[qualifier]
    return ok(rule === undefined ? { kind: 'set', set: undefined, rule: {} } : { kind: 'set', set: qualifier, rule })
  }
  const aliases = [LOOK_ALIAS, OPERATE_ALIAS, ...declaring(sets), BREAK_GLASS_ALIAS].join(', ')
  const invoked = qualifier === undefined ? 'without an alias' : `as ${qualifier}`
  return refused(
    `Nothing was done: the function was invoked ${invoked}, and acts by its aliases alone (${aliases}). Use the m2m of the version that is deployed.`,
  )
}

/** Those that every stage has; a set's is its name. */
export const ownAliases = { look: LOOK_ALIAS, operate: OPERATE_ALIAS, breakGlass: BREAK_GLASS_ALIAS } as const

type Action = ClientsRequest['action']

const LOOKS: readonly Action[] = ['stage', 'whoami', 'list', 'examine', 'claims']
const OPERATES: readonly Action[] = ['hold', 'release', 'removeDrill']
const FOR_BREAK_GLASS: readonly Action[] = ['setActive', 'writeClaims']

/** A lost value is proven by nothing, so that whoever may adopt without one could take any client that no secret holds. */
const isWithoutProof = (request: ClientsRequest): boolean =>
  (request.action === 'adopt' || request.action === 'rehearseAdoption') && request.clientSecret === undefined

const isDrill = (request: ClientsRequest): boolean => request.action === 'declare' && request.set === DRILL_SET

/** By which of these a request has to come; break-glass may ask for everything. */
export const authorityFor = (request: ClientsRequest): Authority['kind'] => {
  if (LOOKS.includes(request.action)) return 'look'
  if (OPERATES.includes(request.action) || isDrill(request)) return 'operate'
  return FOR_BREAK_GLASS.includes(request.action) || isWithoutProof(request) ? 'breakGlass' : 'set'
}

const whatItTakes = (request: ClientsRequest): string => {
  switch (authorityFor(request)) {
    case 'look':
      return 'is allowed'
    case 'operate':
      return `is asked of the alias ${OPERATE_ALIAS}`
    case 'set':
      return "is asked of a set's own alias"
    case 'breakGlass':
      return isWithoutProof(request)
        ? `without a value is break-glass's alone, by the alias ${BREAK_GLASS_ALIAS}: nothing else proves whose the client is`
        : `is break-glass's alone, by the alias ${BREAK_GLASS_ALIAS}`
  }
}

/** @returns why not; undefined when the alias is for that. Whoever may do something may look. */
export const aliasFault = ({ kind }: Authority, request: ClientsRequest): string | undefined => {
  const needed = authorityFor(request)
  const isAllowed = kind === 'breakGlass' || needed === 'look' || needed === kind
  return isAllowed ? undefined : `${request.action} ${whatItTakes(request)}`
}
