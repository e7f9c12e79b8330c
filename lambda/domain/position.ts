// Where a client stands, told from three stored values and the last fours of Stytch's two slots (architecture §3, "Position").
// Pure. It returns every position that fits: more than one only when last fours collide, and then the caller may exchange
// stored values for tokens and ask again with what it learnt.
import type { ClientSecret } from './client-secret.ts'
import { type Intent, makesNewValue } from './request-token.ts'

/** Rows of the table, in the order in which they are tried; `ambiguous` is the caller's, when more than one is left. */
export const positions = [
  'ambiguous',
  'started',
  'promoted',
  'poisoned',
  'settled',
  'overlap',
  'rolledBack',
  'orphan',
  'cancelledUnderUs',
  'drift',
] as const
export type Position = (typeof positions)[number]

/** Stytch's two slots by the last four of what they hold; `next` is null unless a rotation is open. */
export interface Slots {
  readonly current: string
  readonly next: string | null
}

/** The values of AWSCURRENT (C), this rotation's pending version (P) and AWSPREVIOUS (V), as far as they exist. */
export interface StoredValues {
  readonly current: ClientSecret
  readonly pending?: ClientSecret | undefined
  readonly previous?: ClientSecret | undefined
}

export type StoredName = keyof StoredValues

/** What exchanges have shown: Stytch accepts this stored value (true) or refuses it (false). */
export type Acceptance = Readonly<Partial<Record<StoredName, boolean>>>

export interface Sighting {
  readonly position: Position
  /** Whether P sits in a slot. */
  readonly pendingAccepted: boolean
  /** Whether V sits in a slot, and is another value than C. */
  readonly previousAccepted: boolean
}

/** A value by number, equal values sharing one; `other` is a value that is not stored. */
type Holder = number | 'other' | 'empty'
interface Hypothesis {
  readonly l: Holder
  readonly n: Holder
}
interface Numbered {
  readonly values: readonly ClientSecret[]
  readonly C: number
  readonly P: number | undefined
  readonly V: number | undefined
}

const number = (stored: StoredValues): Numbered => {
  const values: ClientSecret[] = []
  const numberOf = (secret: ClientSecret | undefined): number | undefined => {
    if (secret === undefined) return undefined
    const known = values.findIndex((value) => value.equals(secret))
    return known >= 0 ? known : values.push(secret) - 1
  }
  return {
    C: numberOf(stored.current) ?? 0,
    P: numberOf(stored.pending),
    V: numberOf(stored.previous),
    values,
  }
}

const row = ({ l, n }: Hypothesis, { C, P, V }: Numbered, intent: Intent): Position => {
  const pendingDiffers = P !== undefined && P !== C
  if (l === C && P !== undefined && n === P) return 'started'
  if (pendingDiffers && l === P && n === 'empty') return 'promoted'
  if (makesNewValue(intent) && pendingDiffers && l !== P && n !== P) return 'poisoned'
  if (l === C && n === 'empty') return 'settled'
  if (n === C) return 'overlap'
  if (l === C && V !== undefined && n === V) return 'rolledBack'
  if (l === C) return 'orphan'
  if (V !== undefined && V !== C && l === V && n === 'empty') return 'cancelledUnderUs'
  return 'drift'
}

/** A slot holds a stored value with its last four; a value that is not stored only if no stored one has it. */
const candidates = (lastFour: string, { values }: Numbered): Holder[] => {
  const matching = values.flatMap((value, at) => (value.lastFour === lastFour ? [at] : []))
  return matching.length > 0 ? matching : ['other']
}

const pairs = (ls: readonly Holder[], ns: readonly Holder[]): Hypothesis[] =>
  // Two slots never hold the same value: Stytch generates each.
  ls.flatMap((l) => ns.flatMap((n) => (l === n && l !== 'other' ? [] : [{ l, n }])))

const hypotheses = (slots: Slots, numbered: Numbered): Hypothesis[] => {
  const ls = candidates(slots.current, numbered)
  const ns: Holder[] = slots.next === null ? ['empty'] : candidates(slots.next, numbered)
  const found = pairs(ls, ns)
  if (found.length > 0) return found
  // Both slots show the last four of one stored value: one of them holds a stranger.
  return pairs([...ls, 'other'], [...ns, 'other']).filter(({ l, n }) => l !== 'other' || n !== 'other')
}

const agrees = ({ l, n }: Hypothesis, { C, P, V }: Numbered, acceptance: Acceptance): boolean => {
  const holds = (value: number | undefined, seen: boolean | undefined): boolean =>
    value === undefined || seen === undefined || (l === value || n === value) === seen
  return holds(C, acceptance.current) && holds(P, acceptance.pending) && holds(V, acceptance.previous)
}

export interface SightingInput {
  readonly slots: Slots
  readonly stored: StoredValues
  readonly intent: Intent
  readonly acceptance?: Acceptance
}

/** @returns the sightings that fit, without repeats. One: that is it. Several or none: the last fours do not tell. */
export const sightings = ({ slots, stored, intent, acceptance = {} }: SightingInput): readonly Sighting[] => {
  const numbered = number(stored)
  const { P, V } = numbered
  const found = new Map<string, Sighting>()
  for (const hypothesis of hypotheses(slots, numbered)) {
    if (!agrees(hypothesis, numbered, acceptance)) continue
    const { l, n } = hypothesis
    const sighting: Sighting = {
      position: row(hypothesis, numbered, intent),
      pendingAccepted: P !== undefined && (l === P || n === P),
      previousAccepted: V !== undefined && V !== numbered.C && (l === V || n === V),
    }
    found.set(JSON.stringify(sighting), sighting)
  }
  return [...found.values()]
}
