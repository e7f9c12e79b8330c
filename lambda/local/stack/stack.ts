// One stack, as CloudFormation deploys it: resources are made in the order of their dependencies, changed in place or replaced, and taken away
// once the rest has succeeded; a deployment that fails is rolled back. Players do the work; this decides what is done to which resource, and
// when. One deployment at a time.
import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../../core/base/json-object.ts'
import { fieldsOf, listOf } from '../stand-in/fields.ts'
import { kindOf } from './kinds.ts'
import { inOrder } from './order.ts'
import { type PlayedResource, type Player, type Players, playerOf } from './player.ts'
import { createResolver, type Made, type Resolver, shortName, type TemplatePlace } from './resolve.ts'

export interface StackInput {
  readonly place: TemplatePlace
  readonly players: Players
  /** Types that are left out: nothing stands for them. A type that is neither is an error. */
  readonly notPlayed: (type: string) => boolean
  readonly parameters?: JsonObject
  readonly imported?: (name: string) => unknown
  /** What happens to each resource, as CloudFormation's events. @default - nobody hears */
  readonly onEvent?: (event: StackEvent) => void
}

export interface StackEvent {
  readonly id: string
  readonly type: string
  /** `CREATE_COMPLETE`, `UPDATE_FAILED`, `DELETE_SKIPPED`, … */
  readonly status: string
  readonly reason?: string
}

interface Standing extends PlayedResource {
  readonly made: Made
  readonly deletionPolicy: string | undefined
  readonly updateReplacePolicy: string | undefined
}

export interface Stack {
  readonly place: TemplatePlace
  /** Makes the stack or updates it. @throws StackFailed once everything is as it was before */
  deploy(template: JsonObject): Promise<void>
  /** Takes away all that no policy retains. */
  remove(): Promise<void>
  /** Every resource that stands. */
  resources(): readonly PlayedResource[]
  resource(id: string): PlayedResource | undefined
  outputs(): Readonly<Record<string, string>>
}

/** A deployment that was rolled back. */
export class StackFailed extends Error {
  readonly events: readonly StackEvent[]
  constructor(message: string, events: readonly StackEvent[]) {
    super(message)
    this.name = 'StackFailed'
    this.events = events
  }
}

const RETAINED = ['Retain', 'RetainExceptOnCreate', 'Snapshot']

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown')

/** Whether CloudFormation makes another resource for the change. */
const isReplaced = (type: string, before: JsonObject, after: JsonObject): boolean => {
  const { name, ref, replacedFor = [] } = kindOf(type)
  const fixed = [...replacedFor, ...(name === undefined || ref === 'id' || type.startsWith('Custom::') ? [] : [name])]
  return fixed.some((one) => !isDeepStrictEqual(before[one], after[one]))
}

interface Plan {
  readonly template: JsonObject
  readonly resources: JsonObject
  readonly resolver: Resolver
}

export const createStack = (input: StackInput): Stack => {
  const { place, players, notPlayed } = input
  let standing = new Map<string, Standing>()
  let deployed: Plan | undefined
  let replacements = 0
  let events: StackEvent[] = []

  const note = ({ id, type }: Pick<PlayedResource, 'id' | 'type'>, status: string, reason?: string): void => {
    const event = { id, type, status, ...(reason === undefined ? {} : { reason }) }
    events.push(event)
    input.onEvent?.(event)
  }

  const plan = (template: JsonObject, made: Map<string, Standing>): Plan => {
    const resolver = createResolver({
      template,
      place,
      made: (id) => made.get(id)?.made,
      madeUp: (id, type, attribute) =>
        attribute === undefined ? shortName(place.name, id, type, chances.get(id)) : `${id}.${attribute}`,
      ...(input.parameters === undefined ? {} : { parameters: input.parameters }),
      ...(input.imported === undefined ? {} : { imported: input.imported }),
    })
    const resources = Object.fromEntries(
      Object.entries(fieldsOf(template.Resources)).filter(([, resource]) => {
        const { Condition } = fieldsOf(resource)
        return Condition === undefined || resolver.isTrue(Condition)
      }),
    )
    for (const [name, rule] of Object.entries(fieldsOf(template.Rules))) {
      const { RuleCondition = true, Assertions } = fieldsOf(rule)
      if (!resolver.isTrue(RuleCondition)) continue
      for (const assertion of listOf(Assertions).map(fieldsOf)) {
        if (!resolver.isTrue(assertion.Assert)) {
          throw new Error(
            `Rule ${name} failed: ${String(assertion.AssertDescription ?? 'its assertion does not hold')}`,
          )
        }
      }
    }
    const types = new Set(Object.values(resources).map((resource) => String(fieldsOf(resource).Type)))
    const strange = [...types].filter((type) => playerOf(players, type) === undefined && !notPlayed(type))
    if (strange.length > 0) throw new Error(`Nothing plays ${strange.join(', ')}.`)
    return { template, resources, resolver }
  }

  /** Of the names that AWS makes up: a replacement gets another one. */
  const chances = new Map<string, string>()

  const standingOf = (id: string, { resources, resolver }: Plan): Standing => {
    const { Type, Properties, DeletionPolicy, UpdateReplacePolicy } = fieldsOf(resources[id])
    const properties = fieldsOf(resolver.evaluate(Properties))
    const name = resolver.nameOf(id)
    return {
      id,
      type: String(Type),
      properties,
      name,
      arn: resolver.arnOf(id) ?? name,
      made: { name },
      deletionPolicy: DeletionPolicy === undefined ? undefined : String(DeletionPolicy),
      updateReplacePolicy: UpdateReplacePolicy === undefined ? undefined : String(UpdateReplacePolicy),
    }
  }

  const playing = ({ type }: Standing): Player | undefined => playerOf(players, type)

  const put = async (resource: Standing, before?: Standing): Promise<Standing> => {
    const answer = (await playing(resource)?.put(resource, before)) ?? {}
    const name = answer.name ?? resource.name
    return { ...resource, name, made: { name, ...(answer.attributes ? { attributes: answer.attributes } : {}) } }
  }

  const take = async (resource: Standing, status: 'DELETE' = 'DELETE'): Promise<void> => {
    try {
      await playing(resource)?.remove?.(resource)
      note(resource, `${status}_COMPLETE`)
    } catch (error) {
      note(resource, `${status}_FAILED`, messageOf(error))
    }
  }

  /** What undoes each step, the newest first. */
  type Undo = () => Promise<void>

  const undoAll = async (undos: readonly Undo[]): Promise<void> => {
    for (const undo of undos) await undo().catch(() => undefined)
  }

  /** One resource of the new template. @returns what it is now, and what is to be removed at the end. */
  const step = async (
    id: string,
    next: Plan,
    now: Map<string, Standing>,
    undos: Undo[],
  ): Promise<Standing | undefined> => {
    const before = standing.get(id)
    // So that its own name does not follow from what stands, where it is to be another.
    now.delete(id)
    if (before !== undefined) now.set(id, before)
    let wanted = standingOf(id, next)
    if (before === undefined || before.type !== wanted.type) {
      return create(wanted, undos, before)
    }
    if (isDeepStrictEqual(before.properties, wanted.properties)) {
      now.set(id, { ...wanted, made: before.made })
      return undefined
    }
    if (isReplaced(wanted.type, before.properties, wanted.properties)) {
      now.delete(id)
      replacements += 1
      chances.set(id, String(replacements + 1))
      wanted = standingOf(id, next)
      if (wanted.name === before.name) {
        throw new Error(`CloudFormation cannot update a stack when a custom-named resource requires replacing: ${id}.`)
      }
      return create(wanted, undos, before)
    }
    // One that fails half way is put back as well.
    let after: Standing = { ...wanted, made: before.made }
    undos.unshift(async () => {
      await put({ ...before, name: after.name }, after)
      note(before, 'UPDATE_COMPLETE', 'rolled back')
    })
    after = await put(after, before)
    const made = after.made.attributes === undefined ? { ...before.made, ...after.made } : after.made
    now.set(id, { ...after, made })
    note(wanted, 'UPDATE_COMPLETE')
    return after.name === before.name ? undefined : before

    async function create(
      made: Standing,
      undone: Undo[],
      replaced: Standing | undefined,
    ): Promise<Standing | undefined> {
      // Whatever is made of it when it fails is taken away as well.
      let stands = made
      undone.unshift(() => take(stands))
      stands = await put(made)
      now.set(id, stands)
      note(made, 'CREATE_COMPLETE')
      return replaced
    }
  }

  /** Removes what the new template no longer has, and what was replaced. */
  const cleanUp = async (replaced: readonly Standing[], now: Map<string, Standing>): Promise<void> => {
    const gone = [...standing.values()].filter(({ id }) => !now.has(id)).reverse()
    for (const one of [...replaced.toReversed(), ...gone]) {
      const policy = now.has(one.id) ? one.updateReplacePolicy : one.deletionPolicy
      if (policy !== undefined && RETAINED.includes(policy)) note(one, 'DELETE_SKIPPED', `${policy}`)
      else await take(one)
    }
  }

  return {
    place,
    deploy: async (template) => {
      events = []
      const now = new Map<string, Standing>()
      const undos: Undo[] = []
      const replaced: Standing[] = []
      let at: string | undefined
      const made = new Map(standing)
      try {
        const next = plan(template, made)
        for (const id of inOrder(next.resources)) {
          at = id
          const old = await step(id, next, made, undos)
          if (old !== undefined) replaced.push(old)
          const stands = made.get(id)
          if (stands !== undefined) now.set(id, stands)
        }
        at = undefined
        await cleanUp(replaced, now)
        standing = now
        deployed = { ...next, resolver: plan(template, now).resolver }
      } catch (error) {
        const reason = messageOf(error)
        const { Type = '' } = fieldsOf(fieldsOf(template.Resources)[at ?? ''])
        if (at !== undefined)
          note({ id: at, type: String(Type) }, standing.has(at) ? 'UPDATE_FAILED' : 'CREATE_FAILED', reason)
        await undoAll(undos)
        throw new StackFailed(at === undefined ? reason : `${at} (${String(Type)}): ${reason}`, events)
      }
    },
    remove: async () => {
      events = []
      const all = [...standing.values()].reverse()
      standing = new Map()
      for (const one of all) {
        if (one.deletionPolicy !== undefined && RETAINED.includes(one.deletionPolicy)) note(one, 'DELETE_SKIPPED')
        else await take(one)
      }
      deployed = undefined
    },
    resources: () => [...standing.values()],
    resource: (id) => standing.get(id),
    outputs: () =>
      Object.fromEntries(
        Object.entries(fieldsOf(deployed?.template.Outputs)).map(([name, output]) => [
          name,
          String(deployed?.resolver.evaluate(fieldsOf(output).Value)),
        ]),
      ),
  }
}
