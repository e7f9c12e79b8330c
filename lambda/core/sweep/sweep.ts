// One sweep over all secrets of a stage (architecture §3, last table). First it lists them, page by page, and keeps no more of each than
// what is due; then it looks at those anew, the urgent ones first, and asks for rotations no faster than its share of Secrets Manager's
// quotas. It has no state of its own: what it does not get to, or is killed over, the next sweep finds. A secret that fails stops no other.

import { Fault } from '../base/fault.ts'
import { forEachLimited } from '../base/for-each-limited.ts'
import { createRateLimiter } from '../base/rate-limiter.ts'
import type { Timing } from '../base/timing.ts'
import { decidedBy, type FreezeReading, readFreeze } from '../rotation/freeze.ts'
import { checkFleet } from './check-fleet.ts'
import type { Sweep } from './due.ts'
import { type Found, listFleet, type Nominated, nothingFound } from './list-fleet.ts'
import { lookAtPolicies } from './look-at-policies.ts'
import { proveOwed } from './owed-proofs.ts'
import { createCircuitBreaker, type RequestTurns, type SweepSecret, sweepSecret } from './sweep-secret.ts'
import { isThrottle, type Sweeping } from './sweeping.ts'
import { emptyTally, type Tally } from './tally.ts'
import { inTurn, interleave, sweepTurn } from './turns.ts'

export interface SweepSummary extends Readonly<Tally> {
  /** unreadable: nothing planned was asked for. */
  readonly freeze: FreezeReading
  /** Whether the list came to its end. */
  readonly isWhole: boolean
  readonly ms: number
}

/**
 * Rotations asked for a second: a fifth of the 50 RotateSecret that a Region gives, and two fifths of the 50 PutSecretValue and
 * UpdateSecretVersionStage, since a settle makes one of each. The rest is for campaigns and incidents.
 */
export const ASKED_A_SECOND = 10
/** Half of the 50 ListSecretVersionIds that a Region gives: a look is one of them, and one of 10,000 DescribeSecret. */
const LOOKED_AT_A_SECOND = 25
const AT_ONCE = 10
/** What is under way when the time is up: a look, a request, and the report. */
const RESERVE_MS = 25_000
/** The list may take this share of the time; looks and requests, the rest. */
const LIST_SHARE = 0.6
/** Of what the list leaves, where something else comes after the looks. */
const LOOK_SHARE = 0.65
/** Of what is left for looks, where others wait behind. */
const URGENT_SHARE = 0.7

const noteFailure = ({ journal, tally }: SweepSecret, secret: string, error: unknown): void => {
  tally.failed += 1
  const why = error instanceof Fault ? { code: error.code, message: error.message } : { code: 'DEFECT' }
  journal.note({ secret, outcome: 'failed', ...why })
}

const requestTurns = (timing: Timing, until: number): RequestTurns => {
  const limiter = createRateLimiter({ perSecond: ASKED_A_SECOND, timing })
  return { take: async () => (await limiter.take(until - timing.now())).isTaken }
}

/** Part of the way from now to a time, in epoch milliseconds. */
const partOfTheWay = (timing: Timing, until: number, share: number): number =>
  timing.now() + Math.max(0, until - timing.now()) * share

/** @returns whether everything urgent that was not tried before was begun. */
const lookAtAll = async (work: SweepSecret, found: Found, until: number): Promise<boolean> => {
  const { timing, tally, sweep } = work
  const breaker = createCircuitBreaker()
  const turn = sweepTurn(sweep)
  const inOrder = ({ fresh, tried }: Nominated) => interleave(inTurn(fresh, turn), inTurn(tried, turn))
  const common = {
    timing,
    concurrency: AT_ONCE,
    isThrottle,
    onFailure: (secret: string, error: unknown) => noteFailure(work, secret, error),
  }
  const look = async (arns: readonly string[], pace: { readonly perSecond?: number; readonly until: number }) => {
    const limits = { ...common, ...pace }
    const { begun, throttles } = await forEachLimited(arns, limits, (arn) => sweepSecret(work, arn, breaker))
    tally.throttles += throttles
    tally.left += arns.length - begun
    return begun
  }
  const perSecond = LOOKED_AT_A_SECOND
  const urgent = inOrder(found.urgent)
  const due = inOrder(found.due)
  const isAlone = due.length === 0 && found.toReport.length === 0
  const begun = await look(urgent, { perSecond, until: isAlone ? until : partOfTheWay(timing, until, URGENT_SHARE) })
  await look(inTurn(found.toReport, turn), { until: due.length === 0 ? until : partOfTheWay(timing, until, 0.5) })
  await look(due, { perSecond, until })
  const freshAt = new Set(found.urgent.fresh)
  return urgent.slice(begun).every((arn) => !freshAt.has(arn))
}

/**
 * @param asOf the time that everything is decided by, epoch milliseconds: when the sweep was scheduled for, so that one that is run
 * twice decides the same.
 * @throws Fault when not even the first page of the list can be had.
 */
export const sweep = async (sweeping: Sweeping, asOf: number): Promise<SweepSummary> => {
  const { timing, rules, secrets, steps, records, events, journal, adoption, proofs, checks, policies } = sweeping
  const startedAt = timing.now()
  const availableMs = timing.remainingMs() - RESERVE_MS
  const until = startedAt + availableMs
  const freeze = await readFreeze(sweeping)
  const decidesBy: Sweep = { rules, asOf, freeze: decidedBy(freeze) }
  const tally = emptyTally()
  const found = nothingFound()
  const isChecking = checks !== undefined
  const listUntil = startedAt + availableMs * LIST_SHARE
  const isWhole = await listFleet(sweeping, { sweep: decidesBy, found, tally, until: listUntil, isChecking })
  const hasMore = isChecking || policies !== undefined || found.settled.length > 0
  const lookUntil = hasMore ? partOfTheWay(timing, until, LOOK_SHARE) : until
  const requests = requestTurns(timing, lookUntil)
  const parts = { secrets, steps, records, events, timing, journal, adoption, requests }
  const work: SweepSecret = { ...parts, tally, sweep: decidesBy }
  const isUrgentDone = await lookAtAll(work, found, lookUntil)
  if (proofs !== undefined) await proveOwed(work, proofs, { settled: found.settled, until })
  // A check changes nothing, so that no freeze stops it; and an incident's calls come first.
  const { toCheck, deletedSince } = found
  const isChecked = checks !== undefined && isUrgentDone
  if (!isChecked) tally.checksLeft += toCheck.length
  // Policies have a quota of their own at AWS, and nothing to do with Stytch.
  await Promise.all([
    isChecked ? checkFleet(work, { watch: checks, secrets: toCheck, deletedSince, until }) : undefined,
    policies && lookAtPolicies(work, { looks: policies, policies: found.policies, until }),
  ])
  return { ...tally, freeze, isWhole, ms: timing.now() - startedAt }
}

const join = (one: SweepSummary, other: SweepSummary): SweepSummary => {
  const tally = emptyTally()
  for (const key of Object.keys(tally) as (keyof Tally)[]) tally[key] = one[key] + other[key]
  tally.oldestDays = Math.max(one.oldestDays, other.oldestDays)
  return { ...tally, freeze: other.freeze, isWhole: one.isWhole && other.isWhole, ms: one.ms + other.ms }
}

/** One after another, the smallest first: what does not get its time is the next sweep's. Throws as `sweep` does. */
export const sweepAll = async (
  [first, ...rest]: readonly [Sweeping, ...Sweeping[]],
  asOf: number,
): Promise<SweepSummary> => {
  let whole = await sweep(first, asOf)
  for (const next of rest) whole = join(whole, await sweep(next, asOf))
  return whole
}
