// The wishes of operators as they are stored: one text for a stage, by the executions' names (docs/decisions/061). Pure.

import { isJsonObject, parseJsonObject } from '../base/json-object.ts'
import type { ControlWish } from './campaign-control.ts'

export type Wishes = Readonly<Record<string, ControlWish>>

/** A standard parameter of Systems Manager holds 4 KB. */
const MOST_BYTES = 4000
/** Longer than any campaign runs; what is older is of one that is over. */
const MOST_WISHES = 20
export const WISH_REASON_CHARACTERS = 200
const BY_CHARACTERS = 100

const readWish = (value: unknown): ControlWish | undefined => {
  if (!isJsonObject(value)) return undefined
  const { state, by, reason, at } = value
  if ((state !== 'paused' && state !== 'stopped') || typeof by !== 'string' || typeof at !== 'string') return undefined
  return { state, by, at, ...(typeof reason === 'string' ? { reason } : {}) }
}

/** @returns undefined: the text is something else, and nobody knows what was wished for. */
export const readWishes = (text: string): Wishes | undefined => {
  const json = parseJsonObject(text)
  if (json === undefined) return undefined
  const wishes = Object.entries(json).map(([name, value]) => [name, readWish(value)] as const)
  if (wishes.some(([, wish]) => wish === undefined)) return undefined
  return Object.fromEntries(wishes.flatMap(([name, wish]) => (wish === undefined ? [] : [[name, wish]])))
}

const short = ({ reason, by, ...wish }: ControlWish): ControlWish => ({
  ...wish,
  by: by.slice(0, BY_CHARACTERS),
  ...(reason === undefined ? {} : { reason: reason.slice(0, WISH_REASON_CHARACTERS) }),
})

const bare = ({ reason: _reason, ...wish }: ControlWish): ControlWish => wish

const textOf = (entries: readonly (readonly [string, ControlWish])[]): string =>
  JSON.stringify(Object.fromEntries(entries))

const isTooLong = (entries: readonly (readonly [string, ControlWish])[]): boolean =>
  Buffer.byteLength(textOf(entries)) > MOST_BYTES

/**
 * The newest ones are kept, as many as fit; where there are too many, the oldest give up their reasons first, since a campaign that still runs
 * has to find its wish. @param wish undefined: it shall run. @returns the text
 */
export const writeWishes = (before: Wishes, execution: string, wish: ControlWish | undefined): string => {
  const { [execution]: _replaced, ...others } = before
  const newestFirst = Object.entries(others).toSorted(([, one], [, other]) => (one.at < other.at ? 1 : -1))
  const asked: readonly [string, ControlWish][] = wish === undefined ? [] : [[execution, short(wish)]]
  const kept = [...asked, ...newestFirst].slice(0, MOST_WISHES)
  for (let at = kept.length - 1; at >= asked.length && isTooLong(kept); at -= 1) {
    const [name, one] = kept[at] ?? []
    if (name !== undefined && one !== undefined) kept[at] = [name, bare(one)]
  }
  while (kept.length > 1 && isTooLong(kept)) kept.pop()
  return textOf(kept)
}
