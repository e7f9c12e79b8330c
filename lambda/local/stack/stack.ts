// One stack, as CloudFormation deploys it: resources are made in the order of their dependencies, changed in place or replaced, and taken away
// once the rest has succeeded; a deployment that fails is rolled back. Players do the work; this decides when what is done. One deployment at a
// time.
import type { JsonObject } from '../../core/base/json-object.ts'
import { fieldsOf } from '../stand-in/fields.ts'
import { type AccountNames, createAccountNames } from './account-names.ts'
import { createChances, decide, differing, type StackChange } from './changes.ts'
import { inOrder } from './order.ts'
import { isRetained, type Plan, planOf, type Standing } from './plan.ts'
import { type PlayedResource, type Player, type Players, playerOf } from './player.ts'
import { type Resolver, shortName, type TemplatePlace } from './resolve.ts'

export interface StackInput {
  readonly place: TemplatePlace
  readonly players: Players
  /** Types that are left out: nothing stands for them. A type that is neither is an error. */
  readonly notPlayed: (type: string) => boolean
  readonly parameters?: JsonObject
  readonly imported?: (name: string) => unknown
  /** Of the account, where it has other stacks. @default - nothing else is there */
  readonly names?: AccountNames
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

export interface Stack {
  readonly place: TemplatePlace
  /** What a deployment would do, as far as that is known before. @throws Error for what CloudFormation refuses */
  changes(template: JsonObject): readonly StackChange[]
  /** Makes the stack or updates it. @throws StackFailed once everything is as it was before */
  deploy(template: JsonObject): Promise<void>
  /** Takes away all that no policy retains. */
  remove(): Promise<void>
  /** Every resource that stands. */
  resources(): readonly PlayedResource[]
  resource(id: string): PlayedResource | undefined
  outputs(): Readonly<Record<string, string>>
  /** Of what was deployed last. */
  template(): JsonObject
  /** With the names of what stands. Undefined: nothing is deployed. */
  resolver(): Resolver | undefined
}

/** A deployment that was rolled back. */
export class StackFailed extends Error {
  readonly events: readonly StackEvent[]
  /** Logical ids of what could not be put back; empty: all is as it was. */
  readonly notPutBack: readonly string[]
  constructor(message: string, events: readonly StackEvent[], notPutBack: readonly string[]) {
    super(message)
    this.name = 'StackFailed'
    this.events = events
    this.notPutBack = notPutBack
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown')

/** What a rollback does. First it is an update back to what stood, so that what others depend on is there before them; then what was made goes. */
interface Undos {
  /** Oldest first. */
  readonly changed: (() => Promise<void>)[]
  /** Newest first. */
  readonly made: (() => Promise<void>)[]
}

export const createStack = (input: StackInput): Stack => {
  const { place, players, notPlayed, names = createAccountNames() } = input
  let standing = new Map<string, Standing>()
  let deployed: Plan | undefined
  let chances = createChances()
  let events: StackEvent[] = []

  const note = ({ id, type }: Pick<PlayedResource, 'id' | 'type'>, status: string, reason?: string): void => {
    const event = { id, type, status, ...(reason === undefined ? {} : { reason }) }
    events.push(event)
    input.onEvent?.(event)
  }

  const plan = (template: JsonObject, made: Map<string, Standing>, drawn = chances): Plan =>
    planOf(
      {
        template,
        place,
        made: (id) => made.get(id)?.made,
        madeUp: (id, type, attribute) =>
          attribute === undefined ? shortName(place.name, id, type, drawn.of(id)) : `${id}.${attribute}`,
        ...(input.parameters === undefined ? {} : { parameters: input.parameters }),
        ...(input.imported === undefined ? {} : { imported: input.imported }),
      },
      (type) => playerOf(players, type) !== undefined || notPlayed(type),
    )

  const playing = ({ type }: Standing): Player | undefined => playerOf(players, type)

  const put = async (resource: Standing, before?: Standing): Promise<Standing> => {
    const answer = (await playing(resource)?.put(resource, before)) ?? {}
    const name = answer.name ?? resource.name
    const attributes = answer.attributes ?? (before === undefined ? undefined : resource.made.attributes)
    return { ...resource, name, made: { name, ...(attributes === undefined ? {} : { attributes }) } }
  }

  const take = async (resource: Standing, policy?: string): Promise<void> => {
    if (isRetained(policy)) return note(resource, 'DELETE_SKIPPED', policy)
    try {
      await playing(resource)?.remove?.(resource)
      names.release(resource)
      note(resource, 'DELETE_COMPLETE')
    } catch (error) {
      note(resource, 'DELETE_FAILED', messageOf(error))
    }
  }

  const rollBack = async ({ changed, made }: Undos): Promise<readonly string[]> => {
    const notPutBack: string[] = []
    // What it puts back may leave behind what is to be removed.
    for (const undo of [...changed]) {
      await undo().catch((error: unknown) => void notPutBack.push(messageOf(error)))
    }
    for (const undo of made) await undo()
    return notPutBack
  }

  /** One resource of the new template. @returns what is to be removed at the end */
  const step = async (id: string, next: Plan, made: Map<string, Standing>, undos: Undos) => {
    const { action, wanted, before } = decide(id, { next, standing, made, chances, names })
    if (action === 'none') {
      made.set(id, { ...wanted, made: before?.made ?? wanted.made })
      return undefined
    }
    if (action === 'update' && before !== undefined) {
      let after: Standing = { ...wanted, made: before.made }
      // One that fails half way is put back as well.
      undos.changed.push(async () => {
        try {
          const back = await put({ ...before, name: after.name, made: before.made }, after)
          standing.set(id, back)
          note(before, 'UPDATE_COMPLETE', 'rolled back')
          // As another answered with another id: what the update made of it goes with the rest.
          if (back.name !== after.name) undos.made.push(() => take(after))
        } catch (error) {
          note(before, 'UPDATE_FAILED', messageOf(error))
          throw new Error(id)
        }
      })
      after = await put(after, before)
      made.set(id, after)
      note(wanted, 'UPDATE_COMPLETE')
      return after.name === before.name ? undefined : before
    }
    names.take(wanted)
    let stands = wanted
    // Whatever is made of it when it fails is taken away as well.
    undos.made.unshift(() => take(stands, wanted.deletionPolicy === 'Retain' ? 'Retain' : undefined))
    stands = await put(wanted)
    made.set(id, stands)
    note(wanted, 'CREATE_COMPLETE')
    return before
  }

  /** Removes what the new template no longer has, and what was replaced. */
  const cleanUp = async (replaced: readonly Standing[], now: Map<string, Standing>): Promise<void> => {
    const gone = [...standing.values()].filter(({ id }) => !now.has(id)).reverse()
    for (const one of [...replaced.toReversed(), ...gone]) {
      await take(one, now.has(one.id) ? one.updateReplacePolicy : one.deletionPolicy)
    }
  }

  return {
    place,
    changes: (template) => {
      const made = new Map(standing)
      const drawn = chances.copy()
      const next = plan(template, made, drawn)
      const ids = inOrder(next.resources)
      const changed = ids.flatMap((id): readonly StackChange[] => {
        const { action, wanted, before } = decide(id, { next, standing, made, chances: drawn, names })
        made.set(id, before !== undefined && action !== 'replace' ? { ...wanted, made: before.made } : wanted)
        if (action === 'none') return []
        const { type, name } = wanted
        if (before === undefined || action === 'create') return [{ id, type, name, action: 'create' }]
        const properties = differing(before.properties, wanted.properties)
        if (action === 'update') return [{ id, type, name, action, properties }]
        const replaced = { name: before.name, isKept: isRetained(before.updateReplacePolicy) }
        return [{ id, type, name, action, properties, replaced }]
      })
      const gone = [...standing.values()].filter(({ id }) => !(id in next.resources))
      return [
        ...changed,
        ...gone.map(({ id, type, name, deletionPolicy }): StackChange => {
          return { id, type, name, action: isRetained(deletionPolicy) ? 'keep' : 'remove' }
        }),
      ]
    },
    deploy: async (template) => {
      events = []
      const now = new Map<string, Standing>()
      const undos: Undos = { changed: [], made: [] }
      const replaced: Standing[] = []
      const made = new Map(standing)
      let at: string | undefined
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
        const notPutBack = await rollBack(undos)
        throw new StackFailed(at === undefined ? reason : `${at} (${String(Type)}): ${reason}`, events, notPutBack)
      }
    },
    remove: async () => {
      events = []
      const all = [...standing.values()].reverse()
      standing = new Map()
      for (const one of all) await take(one, one.deletionPolicy)
      deployed = undefined
      chances = createChances()
    },
    resources: () => [...standing.values()],
    resource: (id) => standing.get(id),
    template: () => deployed?.template ?? {},
    resolver: () => deployed?.resolver,
    outputs: () =>
      Object.fromEntries(
        Object.entries(fieldsOf(deployed?.template.Outputs)).map(([name, output]) => [
          name,
          String(deployed?.resolver.evaluate(fieldsOf(output).Value)),
        ]),
      ),
  }
}
