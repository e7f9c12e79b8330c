// The abstract world of one client and its secret: two slots, three labelled versions, values as numbers. Written from architecture §3
// alone and never from the code under test: what it knows of positions and intents it spells out again.

/** A client secret; only sameness counts. */
export type Value = number

export const intents = ['rotate', 'revoke', 'settle', 'rollback'] as const
export type Intent = (typeof intents)[number]

/** `stored`: registered or adopted, never rotated. */
export type Origin = Intent | 'stored'

export interface Version {
  readonly value: Value
  readonly origin: Origin
}

export interface Pending {
  /** null until createSecret has stored one. */
  readonly value: Value | null
  readonly origin: Origin
  /** A settle's copy of AWSCURRENT's secret, of which another field has been changed by hand since. */
  readonly isOutdated?: boolean
}

export interface State {
  readonly client: 'active' | 'inactive' | 'gone'
  /** Stytch's current slot (L). */
  readonly slot: Value
  /** Stytch's next slot (N). */
  readonly next: Value | null
  readonly current: Version
  readonly previous: Version | null
  /** AWSPENDING, when it sits on another version than AWSCURRENT's. */
  readonly pending: Pending | null
}

export type Position =
  | 'started'
  | 'promoted'
  | 'poisoned'
  | 'settled'
  | 'overlap'
  | 'rolledBack'
  | 'orphan'
  | 'cancelledUnderUs'
  | 'drift'

/** A fresh registration. */
export const registered: State = {
  client: 'active',
  slot: 0,
  next: null,
  current: { value: 0, origin: 'stored' },
  previous: null,
  pending: null,
}

/** Whether a slot holds the value. An inactive client's slots hold theirs, though Stytch refuses them. */
export const holds = ({ client, slot, next }: State, value: Value | null): boolean =>
  client !== 'gone' && value !== null && (value === slot || value === next)

export const accepts = (state: State, value: Value | null): boolean => state.client === 'active' && holds(state, value)

export const isCurrentAccepted = (state: State): boolean => accepts(state, state.current.value)

/** The table of architecture §3, its rows in its order. */
export const positionOf = (state: State): Position => {
  const { slot: l, next: n, pending } = state
  const v = state.previous?.value ?? null
  const c = state.current.value
  const p = pending?.value ?? null
  const switches = pending?.origin === 'rotate' || pending?.origin === 'revoke'
  if (l === c && p !== null && n === p) return 'started'
  if (p !== null && l === p && n === null && p !== c) return 'promoted'
  if (switches && p !== null && p !== c && l !== p && n !== p) return 'poisoned'
  if (l === c && n === null) return 'settled'
  if (n === c && l !== c) return 'overlap'
  if (l === c && n === v && v !== c) return 'rolledBack'
  if (l === c) return 'orphan'
  if (l === v && n === null && v !== c) return 'cancelledUnderUs'
  return 'drift'
}

const values = ({ slot, next, current, previous, pending }: State): readonly (Value | null)[] => [
  current.value,
  slot,
  next,
  pending?.value ?? null,
  previous?.value ?? null,
]

/** A value that is nowhere yet. */
export const freshIn = (state: State): Value => 1 + Math.max(...values(state).map((value) => value ?? 0))

/** The same state with every value renamed. */
export const renamed = (state: State, name: (value: Value) => Value): State => ({
  ...state,
  slot: name(state.slot),
  next: state.next === null ? null : name(state.next),
  current: { ...state.current, value: name(state.current.value) },
  previous: state.previous === null ? null : { ...state.previous, value: name(state.previous.value) },
  pending:
    state.pending === null || state.pending.value === null
      ? state.pending
      : { ...state.pending, value: name(state.pending.value) },
})

/** Names values from `first` upward in the order in which a state shows them; those below `first` keep their names. */
export const namesIn = (state: State, first: Value): ((value: Value) => Value) => {
  const names = new Map<Value, Value>()
  for (const value of values(state)) {
    if (value !== null && value >= first && !names.has(value)) names.set(value, first + names.size)
  }
  return (value) => names.get(value) ?? value
}

/** Equal for states that differ in nothing but the names of values from `first` upward. */
export const keyOf = (state: State, first: Value = 0): string => {
  const { client, slot, next, current, previous, pending } = renamed(state, namesIn(state, first))
  return JSON.stringify([
    client,
    slot,
    next,
    current.value,
    current.origin,
    previous?.value,
    previous?.origin,
    pending?.value,
    pending?.origin,
    pending?.isOutdated === true,
    pending === null,
  ])
}
