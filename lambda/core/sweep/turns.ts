// Whose turn it is in a sweep, without any state: what one sweep has no time for, one of the next begins with.

import { createHash } from 'node:crypto'
import { HOUR_MS } from '../base/time-units.ts'
import type { Sweep } from './due.ts'

/** The number of this sweep: one more than that of the sweep before. */
export const sweepTurn = ({ asOf, rules }: Pick<Sweep, 'asOf' | 'rules'>): number =>
  Math.floor(asOf / rules.sweepEveryMs)

/** Of what takes a call for each secret and changes seldom, each secret has one look in this time. */
export const ROUND_MS = 6 * HOUR_MS

export const sweepsInRound = ({ rules }: Pick<Sweep, 'rules'>): number =>
  Math.max(1, Math.floor(ROUND_MS / rules.sweepEveryMs))

/** A secret's place in the round, by its ARN. */
const placeOf = (secretArn: string): number => createHash('sha256').update(secretArn).digest().readUInt32BE(0)

/** Whether a secret's look of this round is this sweep's. */
export const isInRound = (secretArn: string, sweep: Pick<Sweep, 'asOf' | 'rules'>): boolean => {
  const sweeps = sweepsInRound(sweep)
  return placeOf(secretArn) % sweeps === sweepTurn(sweep) % sweeps
}

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
