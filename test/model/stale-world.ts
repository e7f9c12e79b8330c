// The world of a rotation as hard as the services: replies that are behind what was acknowledged, two executions at once, values that are
// accepted late. Written from docs/architecture.md §3 and docs/guarantees.md, never from the code under test. Here: what there is, what can
// be asked of it, and every answer that it may give.

import { type Origin, type Position, positionOf, type Value, type Version } from './state.ts'

/** A version's id, which is also the token it was asked for with: its place among all versions. */
export type Id = number

export interface Stored {
  /** rotate, revoke, settle, rollback; `stored`: by hand, or under a bare id. */
  readonly origin: Origin
  readonly value: Value | null
  /** Of a settle: which version it is about. */
  readonly about?: Id
}

/** What one write to the secret changes, and so what one old reply shows. */
export interface Labels {
  readonly current: Id
  readonly previous: Id | null
  readonly pending: Id | null
  /** Whose values were stored by then. */
  readonly filled: readonly Id[]
  /** Whether rotation is switched on. */
  readonly isOn: boolean
}

export interface Slots {
  readonly slot: Value
  readonly next: Value | null
}

export interface World {
  readonly versions: readonly Stored[]
  readonly labels: Labels
  /** What a reply may still show instead, newest first. */
  readonly oldLabels: readonly Labels[]
  readonly slots: Slots
  readonly oldSlots: readonly Slots[]
  /** In a slot, and not accepted yet. */
  readonly slow: Value | null
  /** Which execution holds the lease. */
  readonly lease: Who | null
  /** What a revoke has taken away. */
  readonly revoked: readonly Value[]
  /** How many values Stytch has issued. */
  readonly issued: number
}

export type Who = 0 | 1

/** How many writes a reply may be behind. */
export interface Lag {
  readonly labels: number
  readonly slots: number
  /** Whether a new value may be refused at first. */
  readonly isSlow: boolean
}

/** Calls of a step, one at a time. */
export type Call =
  | { readonly call: 'describe' }
  | { readonly call: 'read'; readonly id: Id }
  | { readonly call: 'look' }
  | { readonly call: 'exchange'; readonly value: Value }
  | { readonly call: 'start' }
  | { readonly call: 'complete' | 'cancel' }
  | { readonly call: 'put'; readonly id: Id; readonly value: Value; readonly movesPending: boolean }
  | { readonly call: 'move'; readonly from: Id; readonly to: Id }
  | { readonly call: 'clear'; readonly id: Id }
  | { readonly call: 'lease' }
  /** A pause after which replies show whatever was so when it began: labels and slots, or slots alone. */
  | { readonly call: 'wait' }
  | { readonly call: 'waited'; readonly until: 'labels' | 'slots' }
  /** Whether the value has been refused for longer than anybody is patient. */
  | { readonly call: 'overdue' }
  /** Whether nobody can be about to store a value any more. */
  | { readonly call: 'isAlone'; readonly id: Id }

export type Windowed = Call & {
  /** Documented windows (docs/guarantees.md) that are open until this call is carried out. */
  readonly within?: readonly Window[]
}
/** `put`: a token's AWSPENDING is taken away from outside while its createSecret runs, which will put it back. */
export type Window = 'W1' | 'W2' | 'W3' | 'put'

export type Answer = Labels | Slots | Value | boolean | string | null

export interface Outcome {
  readonly answer: Answer
  readonly world: World
  /** For people: what makes this outcome another than the next. */
  readonly how?: string
}

/** Which writes other people's pauses have seen: counted by whoever carries the call out. */
export const wroteLabels = (from: World, to: World): boolean => from.labels !== to.labels
export const wroteSlots = (from: World, to: World): boolean => from.slots !== to.slots

export const valueUnder = ({ versions }: World, id: Id | null): Value | null =>
  id === null ? null : (versions[id]?.value ?? null)

export const holds = ({ slots }: Pick<World, 'slots'>, value: Value | null): boolean =>
  value !== null && (value === slots.slot || value === slots.next)

export const accepts = (world: World, value: Value | null): boolean => holds(world, value) && value !== world.slow

export const withLabels = (world: World, labels: Labels, { labels: lag }: Lag): World => ({
  ...world,
  labels,
  oldLabels: [world.labels, ...world.oldLabels].slice(0, lag),
})

export const withSlots = (world: World, slots: Slots, { slots: lag }: Lag): World => ({
  ...world,
  slots,
  oldSlots: [world.slots, ...world.oldSlots].slice(0, lag),
  slow: world.slow !== null && (world.slow === slots.slot || world.slow === slots.next) ? world.slow : null,
})

/** Time passes until every reply shows what is so. */
export const caughtUp = (world: World): World =>
  world.oldLabels.length === 0 && world.oldSlots.length === 0 ? world : { ...world, oldLabels: [], oldSlots: [] }

const distinct = <Shown>(shown: readonly Shown[]): readonly { readonly shown: Shown; readonly behind: number }[] => {
  const keys = new Set<string>()
  return shown.flatMap((one, behind) => {
    const key = JSON.stringify(one)
    if (keys.has(key)) return []
    keys.add(key)
    return [{ shown: one, behind }]
  })
}

const reply = (world: World, shown: readonly (Labels | Slots)[]): readonly Outcome[] =>
  distinct(shown).map(({ shown: answer, behind }) => ({
    answer,
    world,
    ...(behind === 0 ? {} : { how: `${behind} behind` }),
  }))

const readValue = (world: World, id: Id): readonly Outcome[] => {
  const value = valueUnder(world, id)
  if (value === null) return [{ answer: null, world }]
  const mayBeLate = world.oldLabels.some(({ filled }) => !filled.includes(id))
  return [{ answer: value, world }, ...(mayBeLate ? [{ answer: null, world, how: 'not there yet' }] : [])]
}

const retire = (world: World, how: 'complete' | 'cancel', lag: Lag): Outcome => {
  const { slot, next } = world.slots
  if (next === null) return { answer: 'notRotating', world }
  return { answer: 'done', world: withSlots(world, { slot: how === 'complete' ? next : slot, next: null }, lag) }
}

const start = (world: World, lag: Lag): Outcome => {
  if (world.slots.next !== null) return { answer: 'rotating', world }
  const next = world.issued
  const started = withSlots({ ...world, issued: next + 1 }, { slot: world.slots.slot, next }, lag)
  return { answer: next, world: lag.isSlow ? { ...started, slow: next } : started }
}

const put = (world: World, { id, value, movesPending }: Extract<Call, { call: 'put' }>, lag: Lag): Outcome => {
  const { versions, labels } = world
  const there = valueUnder(world, id)
  if (there !== null && there !== value) return { answer: 'differs', world }
  // On AWSCURRENT's own version it blocks nothing, and is not counted.
  const pending = !movesPending ? labels.pending : id === labels.current ? null : id
  if (there === value && pending === labels.pending) return { answer: 'stored', world }
  const filled = there === null ? [...labels.filled, id] : labels.filled
  const stored = versions.map((version, at) => (at === id ? { ...version, value } : version))
  return { answer: 'stored', world: withLabels({ ...world, versions: stored }, { ...labels, pending, filled }, lag) }
}

const move = (world: World, { from, to }: Extract<Call, { call: 'move' }>, lag: Lag): Outcome => {
  const { labels, versions, revoked } = world
  if (labels.current !== from) return { answer: 'failed', world }
  const pending = labels.pending === to ? null : labels.pending
  const moved = withLabels(world, { ...labels, current: to, previous: from, pending }, lag)
  if (versions[to]?.origin !== 'revoke') return { answer: 'done', world: moved }
  const taken = [valueUnder(world, from), world.slots.slot, world.slots.next]
  const all = [...revoked, ...taken].filter((value) => value !== null && value !== valueUnder(world, to))
  return { answer: 'done', world: { ...moved, revoked: [...new Set(all as Value[])].sort() } }
}

export interface Caller {
  readonly who: Who
  readonly lag: Lag
  /** Writes since the caller's pause began. */
  readonly since: { readonly labels: number; readonly slots: number }
  readonly isAlone: boolean
}

/** Every way in which a call may come out; the first is that of an undisturbed, up-to-date world. */
export const outcomesOf = (world: World, call: Call, { who, lag, since, isAlone }: Caller): readonly Outcome[] => {
  switch (call.call) {
    case 'describe':
      return reply(world, [world.labels, ...world.oldLabels])
    case 'read':
      return readValue(world, call.id)
    case 'look':
      return reply(world, [world.slots, ...world.oldSlots])
    case 'exchange':
      return [{ answer: accepts(world, call.value), world }]
    case 'start':
      return [start(world, lag)]
    case 'complete':
    case 'cancel':
      return [retire(world, call.call, lag)]
    case 'put':
      return [put(world, call, lag)]
    case 'move':
      return [move(world, call, lag)]
    case 'clear':
      return world.labels.pending === call.id
        ? [{ answer: 'done', world: withLabels(world, { ...world.labels, pending: null }, lag) }]
        : [{ answer: 'done', world }]
    case 'lease':
      return world.lease === null || world.lease === who
        ? [{ answer: true, world: { ...world, lease: who } }]
        : [{ answer: false, world }]
    case 'wait':
      return [{ answer: null, world }]
    case 'waited': {
      const oldLabels = call.until === 'labels' ? world.oldLabels.slice(0, since.labels) : world.oldLabels
      return [{ answer: null, world: { ...world, oldLabels, oldSlots: world.oldSlots.slice(0, since.slots) } }]
    }
    case 'overdue':
      return world.slow === null
        ? [{ answer: false, world }]
        : [
            { answer: false, world },
            { answer: true, world, how: 'for too long' },
          ]
    case 'isAlone':
      return [{ answer: isAlone, world }]
  }
}

/** The table of architecture §3 for what an execution has seen; only named values count as stored. */
export const positionSeen = (
  { slot, next }: Slots,
  seen: { readonly current: Version; readonly previous: Value | null; readonly pending: Version | null },
): Position =>
  positionOf({
    client: 'active',
    slot,
    next,
    current: seen.current,
    previous: seen.previous === null ? null : { value: seen.previous, origin: 'rotate' },
    pending: seen.pending,
  })

/** RotateSecret: a new version without a value, which carries AWSPENDING. */
export const withAsked = (world: World, stored: Stored, lag: Lag): World => ({
  ...withLabels(
    { ...world, versions: [...world.versions, stored] },
    { ...world.labels, pending: world.versions.length, isOn: true },
    lag,
  ),
})
