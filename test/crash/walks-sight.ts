// Sees a subject of the seat as the model's abstract state: values by number, labels by what they carry. It only looks, in process, and
// makes no call; what a slot holds is told by what was ever stored or shown, and else by its last four alone.
import { accepts, type Origin, type State, type Value } from '../model/state.ts'
import type { Seat, Subject } from './seat.ts'

export interface PendingVersion {
  readonly id: string
  readonly createdAt: number
}

export interface Sight {
  state(): State
  /** Adds a value that somebody got to see. */
  know(value: string): void
  /** Every value that was ever seen, oldest first. */
  values(): readonly string[]
  /** Names above this one are new to the last look. */
  names(): Value
  /** Whatever AWSPENDING sits on, unless that is AWSCURRENT's version. */
  pending(): PendingVersion | undefined
}

const OURS = /^(rotate|revoke|settle|rollback|register|adopt)-\d{13}-(\d{3}-[0-9a-f]{28}|[0-9a-f]{32})$/

/** What a version id says of its version; any that is not ours means `rotate`. */
export const originOf = (versionId: string): Origin => {
  const origin = OURS.exec(versionId)?.[1] ?? 'rotate'
  return origin === 'register' || origin === 'adopt' ? 'stored' : (origin as Origin)
}

const secretIn = (text: string): string => (JSON.parse(text) as { client_secret: string }).client_secret

/** Everything that a secret holds but the value. */
const othersIn = (text: string): string => JSON.stringify({ ...(JSON.parse(text) as object), client_secret: '' })

export const createSight = (seat: Seat, { secretArn, clientId }: Subject): Sight => {
  const names = new Map<string, Value>()
  const nameOf = (value: string): Value => {
    const known = names.get(value)
    if (known !== undefined) return known
    names.set(value, names.size)
    return names.size - 1
  }

  const versions = () => seat.aws.peek(secretArn)?.versions ?? []
  const under = (label: string) => versions().find(({ stages }) => stages.includes(label))

  /** A lost value has no name but its last four. */
  const inSlot = (lastFour: string): Value => {
    const fitting = [...names.keys()].filter((value) => value.length > 4 && value.endsWith(lastFour))
    const held = fitting.findLast((value) => seat.stytch.accepts(clientId, value)) ?? fitting.at(-1)
    return nameOf(held ?? lastFour)
  }

  const versionUnder = (label: string) => {
    const version = under(label)
    if (version?.value === undefined) return null
    return { value: nameOf(secretIn(version.value)), origin: originOf(version.id) }
  }

  const pending = (): PendingVersion | undefined => {
    const version = under('AWSPENDING')
    return version === undefined || version.stages.includes('AWSCURRENT') ? undefined : version
  }

  const pendingState = (): State['pending'] => {
    const id = pending()?.id
    if (id === undefined) return null
    const origin = originOf(id)
    const copy = under('AWSPENDING')?.value
    const value = versionUnder('AWSPENDING')?.value ?? null
    const isOutdated =
      origin === 'settle' && copy !== undefined && othersIn(copy) !== othersIn(under('AWSCURRENT')?.value ?? '{}')
    return { value, origin, isOutdated }
  }

  const state = (): State => {
    for (const { value } of versions()) if (value !== undefined) nameOf(secretIn(value))
    const slots = seat.stytch.slots(clientId)
    const current = versionUnder('AWSCURRENT')
    if (current === null) throw new Error('no value under AWSCURRENT')
    return {
      client: slots?.status ?? 'gone',
      slot: slots === undefined ? nameOf('gone') : inSlot(slots.lastFour),
      next: slots?.nextLastFour ? inSlot(slots.nextLastFour) : null,
      current,
      previous: versionUnder('AWSPREVIOUS'),
      pending: pendingState(),
    }
  }

  return {
    state,
    know: nameOf,
    values: () => [...names.keys()].filter((value) => value.length > 4),
    names: () => names.size,
    pending,
  }
}

/** The values that are accepted now. */
export const acceptedIn = (state: State): readonly Value[] =>
  [state.slot, state.next].filter((value) => value !== null && accepts(state, value)) as Value[]
