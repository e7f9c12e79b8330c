// Whose turn it is in a sweep, without any state: what one sweep has no time for, one of the next begins with.

import type { Sweep } from './due.ts'

/** The number of this sweep: one more than that of the sweep before. */
export const sweepTurn = ({ asOf, rules }: Pick<Sweep, 'asOf' | 'rules'>): number =>
  Math.floor(asOf / rules.sweepEveryMs)

/**
 * The fractional part of the golden ratio: as a stride around a circle it leaves no gap longer than twice the mean, after however many steps,
 * and whatever the circle's size, which changes from sweep to sweep.
 */
const STRIDE = (Math.sqrt(5) - 1) / 2

/**
 * The same ARNs, beginning elsewhere in every sweep. Where each sweep gets to `most` of them, each is reached within
 * 2 × ⌈length / most⌉ sweeps.
 */
export const inTurn = (arns: readonly string[], turn: number): readonly string[] => {
  const inOrder = arns.toSorted()
  const from = Math.floor(((turn * STRIDE) % 1) * inOrder.length)
  return [...inOrder.slice(from), ...inOrder.slice(0, from)]
}

/** What was tried before comes behind what was not, but one of it after so many others, so that nothing waits for ever. */
const OTHERS_FIRST = 4

export const interleave = (fresh: readonly string[], tried: readonly string[]): readonly string[] => {
  const all: string[] = []
  let at = 0
  for (const arn of fresh) {
    all.push(arn)
    const next = tried[at]
    if (all.length % (OTHERS_FIRST + 1) !== OTHERS_FIRST || next === undefined) continue
    all.push(next)
    at += 1
  }
  return [...all, ...tried.slice(at)]
}
