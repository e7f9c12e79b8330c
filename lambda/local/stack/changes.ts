// What an update does to one resource: nothing, a change in place, or another one in its place – and what CloudFormation refuses. The same decides
// about a deployment that is carried out, and about one that is only shown.
import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../../core/base/json-object.ts'
import type { AccountNames } from './account-names.ts'
import { kindOf } from './kinds.ts'
import type { Plan, Standing } from './plan.ts'
import { wantedOf } from './plan.ts'
import type { PlayedResource } from './player.ts'

/** Of one resource, before it happens. */
export interface StackChange extends Pick<PlayedResource, 'id' | 'type' | 'name'> {
  /** `keep`: it leaves the stack and stays in the account. */
  readonly action: 'create' | 'update' | 'replace' | 'remove' | 'keep'
  /** Properties that differ, in a change or replacement. */
  readonly properties?: readonly string[]
  /** What becomes of the one that is replaced. */
  readonly replaced?: { readonly name: string; readonly isKept: boolean }
}

export interface Decision {
  readonly action: 'none' | 'create' | 'update' | 'replace'
  readonly wanted: Standing
  readonly before?: Standing
}

/** Names that AWS makes up end in chance: each logical id's own, another one wherever the name is taken. */
export interface Chances {
  of(id: string): string | undefined
  another(id: string): void
  copy(): Chances
}

export const createChances = (drawn: ReadonlyMap<string, number> = new Map()): Chances => {
  const chances = new Map(drawn)
  return {
    of: (id) => chances.get(id)?.toString(),
    another: (id) => {
      chances.set(id, (chances.get(id) ?? 1) + 1)
    },
    copy: () => createChances(chances),
  }
}

const nameProperty = (type: string): string | undefined => {
  const { name, ref } = kindOf(type)
  return ref === 'id' || type.startsWith('Custom::') ? undefined : name
}

/** Whether the template fixes the name. */
const isNamed = ({ type, properties }: Standing): boolean => {
  const property = nameProperty(type)
  return property !== undefined && properties[property] !== undefined
}

/** Whether CloudFormation makes another resource for the change. */
const isReplaced = (type: string, before: JsonObject, after: JsonObject): boolean => {
  const { replacedFor = [] } = kindOf(type)
  const name = nameProperty(type)
  return [...replacedFor, ...(name === undefined ? [] : [name])].some(
    (one) => !isDeepStrictEqual(before[one], after[one]),
  )
}

export const differing = (before: JsonObject, after: JsonObject): readonly string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (one) => !isDeepStrictEqual(before[one], after[one]),
  )

export interface Deciding {
  readonly next: Plan
  /** As the stack stood before the update. */
  readonly standing: ReadonlyMap<string, Standing>
  /** As it stands in the middle of it: what `next` resolves references with. */
  readonly made: Map<string, Standing>
  readonly chances: Chances
  readonly names: AccountNames
}

/** @throws Error for what CloudFormation refuses */
export const decide = (id: string, { next, standing, made, chances, names }: Deciding): Decision => {
  const before = standing.get(id)
  /** One that is made: by its own name, or by the first free one that AWS would make up. */
  const fresh = (): Standing => {
    made.delete(id)
    let wanted = wantedOf(id, next)
    while (!isNamed(wanted) && names.isTaken(wanted)) {
      chances.another(id)
      wanted = wantedOf(id, next)
    }
    if (names.isTaken(wanted)) throw new Error(`${wanted.name} already exists`)
    return wanted
  }
  if (before === undefined) return { action: 'create', wanted: fresh() }

  made.set(id, before)
  const wanted = wantedOf(id, next)
  if (before.type !== wanted.type) {
    throw new Error(`Update of resource type is not permitted: ${before.type} cannot become ${wanted.type}.`)
  }
  if (isDeepStrictEqual(before.properties, wanted.properties)) return { action: 'none', wanted, before }
  if (wanted.type.startsWith('Custom::') && before.properties.ServiceToken !== wanted.properties.ServiceToken) {
    throw new Error('Modifying service token is not allowed.')
  }
  if (!isReplaced(wanted.type, before.properties, wanted.properties)) return { action: 'update', wanted, before }
  // The new one is made while the old one is there.
  made.delete(id)
  const renamed = wantedOf(id, next)
  if (isNamed(renamed) && renamed.name === before.name) {
    throw new Error(`CloudFormation cannot update a stack when a custom-named resource requires replacing: ${id}.`)
  }
  if (!isNamed(renamed) && renamed.name === before.name) chances.another(id)
  return { action: 'replace', wanted: fresh(), before }
}
