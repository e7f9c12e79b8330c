// Where a client stands, derived from three stored values and the marks of the issuer's two slots (architecture §3, "Position").
// Pure. It returns every position that fits: more than one only when marks – last fours – collide, and then the caller may exchange
// stored values for tokens and ask again with what it learnt.
import type { ClientSecret } from '../secret/client-secret.ts'
import { type Intent, makesNewValue } from '../secret/request-token.ts'

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

/** The issuer's two slots by the marks of what they hold (ClientSecret); `next` is null unless a rotation is open. */
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

/** Both slots by number: equal values share one, and a value that is not stored has one beyond those. */
interface Hypothesis {
  readonly l: number
  /** null: empty. */
  readonly n: number | null
}
interface Numbered {
  readonly values: readonly ClientSecret[]
  readonly C: number
  readonly P: number | undefined
  readonly V: number | undefined
  /** What exchanges have shown to sit in a slot, and to sit in none. */
  readonly accepted: ReadonlySet<number | undefined>
  readonly refused: ReadonlySet<number | undefined>
}

const number = (stored: StoredValues, acceptance: Acceptance): Numbered => {
  const values: ClientSecret[] = []
  const numberOf = (secret: ClientSecret): number => {
    const known = values.findIndex((value) => value.equals(secret))
    return known >= 0 ? known : values.push(secret) - 1
  }
  const C = numberOf(stored.current)
  const P = stored.pending && numberOf(stored.pending)
  const V = stored.previous && numberOf(stored.previous)
  const tried = [
    [C, acceptance.current],
    [P, acceptance.pending],
    [V, acceptance.previous],
  ] as const
  const shown = (isAccepted: boolean) => new Set(tried.flatMap(([value, seen]) => (seen === isAccepted ? [value] : [])))
  return { values, C, P, V, accepted: shown(true), refused: shown(false) }
}

const row = ({ l, n }: Hypothesis, { C, P, V }: Numbered, intent: Intent): Position => {
  const pendingDiffers = P !== undefined && P !== C
  if (l === C && n === P) return 'started'
  if (pendingDiffers && l === P && n === null) return 'promoted'
  if (makesNewValue(intent) && pendingDiffers && l !== P && n !== P) return 'poisoned'
  if (l === C && n === null) return 'settled'
  if (n === C) return 'overlap'
  if (l === C && n === V) return 'rolledBack'
  if (l === C) return 'orphan'
  if (l === V && n === null) return 'cancelledUnderUs'
  return 'drift'
}

/** A slot holds a stored value with its mark; a stranger only if no stored one can be it. */
const candidates = (mark: string, { values, refused }: Numbered, stranger: number): number[] => {
  const matching = values.flatMap((value, at) => (value.mark === mark && !refused.has(at) ? [at] : []))
  return matching.length > 0 ? matching : [stranger]
}

const pairs = (ls: readonly number[], ns: readonly Hypothesis['n'][]): Hypothesis[] =>
  // Two slots never hold the same value: Stytch generates each.
  ls.flatMap((l) => ns.flatMap((n) => (l === n ? [] : [{ l, n }])))

const hypotheses = (slots: Slots, numbered: Numbered): Hypothesis[] => {
  const inCurrent = numbered.values.length
  const inNext = inCurrent + 1
  const ls = candidates(slots.current, numbered, inCurrent)
  const ns = slots.next === null ? [null] : candidates(slots.next, numbered, inNext)
  const found = pairs(ls, ns)
  // None: both slots show the last four of one stored value, so a stranger sits in one of them, or in both.
  return found.length > 0 ? found : pairs([...ls, inCurrent], [...ns, inNext])
}

export interface SightingInput {
  readonly slots: Slots
  readonly stored: StoredValues
  readonly intent: Intent
  readonly acceptance?: Acceptance
  /** C never sits in next beside a value that ends like it (docs/decisions/007). @default - not known */
  readonly isCurrentUnlike?: boolean
}

/** @returns the sightings that fit, without repeats. One: that is it. Several or none: the last fours do not decide. */
export const sightings = (input: SightingInput): readonly Sighting[] => {
  const { slots, stored, intent, acceptance = {}, isCurrentUnlike } = input
  const numbered = number(stored, acceptance)
  const { C, P, V, accepted } = numbered
  // Only an exchange shows that C sits in a slot at all; the other slot is then left for it.
  const isCurrentFirst = isCurrentUnlike === true && slots.current === slots.next && accepted.has(C)
  const found = new Map<string, Sighting>()
  for (const hypothesis of hypotheses(slots, numbered)) {
    const { l, n } = hypothesis
    const holdsAccepted = [...accepted].every((value) => value === l || value === n)
    if (!holdsAccepted || (isCurrentFirst && n === C)) continue
    const sighting: Sighting = {
      position: row(hypothesis, numbered, intent),
      pendingAccepted: l === P || n === P,
      previousAccepted: V !== C && (l === V || n === V),
    }
    found.set(JSON.stringify(sighting), sighting)
  }
  return [...found.values()]
}
