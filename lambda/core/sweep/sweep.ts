// One sweep over all secrets of a stage (architecture §3, last table). First it lists them, page by page, and keeps no more of each than
// what is due; then it looks at those anew, the urgent ones first, and asks for rotations no faster than its share of Secrets Manager's
// quotas. What it decides rests on no state of its own: what it does not get to, or is killed over, the next sweep finds. A secret that fails stops
// no other. Only what was reported is remembered (reports.ts).

import { Fault } from '../base/fault.ts'
import { forEachLimited } from '../base/for-each-limited.ts'
import { createRateLimiter } from '../base/rate-limiter.ts'
import type { Timing } from '../base/timing.ts'
import { decidedBy, type FreezeReading, readFreeze } from '../rotation/freeze.ts'
import type { SecretToCheck } from '../rotation/read-check-question.ts'
import { checkFleet } from './check-fleet.ts'
import type { Sweep } from './due.ts'
import { finishReports, type Reporting, readOpen } from './finish-reports.ts'
import { reportFreeze } from './freeze-findings.ts'
import { type Found, listFleet, type Nominated, nothingFound } from './list-fleet.ts'
import { lookAtPolicies } from './look-at-policies.ts'
import { proveOwed } from './owed-proofs.ts'
import { publishList } from './publish-list.ts'
import { lookAtReplicas } from './replica-looks.ts'
import { createReports, type Reports } from './reports.ts'
import { createArchivePart, createValuePart } from './round-trips.ts'
import { checkStage, type StagePart } from './stage-check.ts'
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
  /** Whether it is remembered what was reported. elsewhere: another sweep reports at this moment. */
  readonly reports: 'done' | 'elsewhere' | 'forgotten' | 'failed'
  /** What people were notified of and is not over; undefined: nothing is remembered. */
  readonly findingsOpen: number | undefined
  /** Whether nothing that the stage stands on is broken. */
  readonly isWell: boolean
}

type OneSweep = Omit<SweepSummary, 'reports' | 'findingsOpen' | 'isWell'>

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
/** One question to the rotation function, at the end. */
const TRYING_MS = 45_000
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

interface Reported {
  readonly asOf: number
  readonly reports: Reports
  /** Whom the list has shown, by ARN. */
  readonly seen: Set<string>
  /** Whose values may be tried, one after another. */
  samples: readonly SecretToCheck[]
}

const sweepOne = async (sweeping: Sweeping, reported: Reported): Promise<OneSweep> => {
  const { asOf, reports, seen } = reported
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
  const listing = { sweep: decidesBy, found, tally, reports, seen, until: listUntil, isChecking }
  const isWhole = await listFleet(sweeping, listing)
  const { urgent, due, toCheck, deletedSince } = found
  const looks = [urgent, due].reduce((sum, { fresh, tried }) => sum + fresh.length + tried.length, 0)
  reports.expect({ looks, checks: toCheck.length })
  const hasMore = isChecking || policies !== undefined || found.settled.length > 0
  const lookUntil = hasMore ? partOfTheWay(timing, until, LOOK_SHARE) : until
  const requests = requestTurns(timing, lookUntil)
  const parts = { secrets, steps, records, events, timing, journal, adoption, requests, reports }
  const refusedClients = new Map<string, number>()
  const work: SweepSecret = { ...parts, tally, sweep: decidesBy, refusedClients }
  const isUrgentDone = await lookAtAll(work, found, lookUntil)
  await lookAtReplicas(work, found.replicated, until)
  if (proofs !== undefined) await proveOwed(work, proofs, { settled: found.settled, until })
  // A check changes nothing, so that no freeze stops it; and an incident's calls come first.
  const isChecked = checks !== undefined && isUrgentDone
  if (!isChecked) tally.checksLeft += toCheck.length
  // Policies have a quota of their own at AWS, and nothing to do with Stytch.
  await Promise.all([
    isChecked ? checkFleet(work, { watch: checks, secrets: toCheck, deletedSince, until }) : undefined,
    policies && lookAtPolicies(work, { looks: policies, policies: found.policies, until }),
  ])
  await publishList(sweeping, { refusedClients, tally, until })
  const mayTry = isChecked && until - timing.now() > TRYING_MS
  if (mayTry) reported.samples = found.samples.map(({ secret }) => secret)
  return { ...tally, freeze, isWhole, ms: timing.now() - startedAt }
}

const join = (one: OneSweep, other: OneSweep): OneSweep => {
  const tally = emptyTally()
  for (const key of Object.keys(tally) as (keyof Tally)[]) tally[key] = one[key] + other[key]
  tally.oldestDays = Math.max(one.oldestDays, other.oldestDays)
  return { ...tally, freeze: other.freeze, isWhole: one.isWhole && other.isWhole, ms: one.ms + other.ms }
}

/** What the stage stands on, with the ways that are tried once a day, where it is remembered that they were. */
const partsOf = (
  { parts = [], memory, summaries, checks }: Sweeping,
  { asOf, samples }: Reported,
): readonly StagePart[] => [
  ...parts,
  ...(memory === undefined || summaries === undefined ? [] : [createArchivePart({ memory, asOf, listing: summaries })]),
  ...(memory === undefined || checks === undefined
    ? []
    : [createValuePart({ memory, asOf, questions: checks.questions, samples })]),
]

/** What could not be published is the next sweep's, which finds it unsaid. */
const finish = async (reporting: Reporting, reports: Reports): Promise<SweepSummary['reports']> => {
  try {
    return await finishReports(reporting, reports)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    reporting.journal.note({ outcome: 'failed', code: error.code, message: error.message })
    return 'failed'
  }
}

/**
 * One after another, the smallest first: what does not get its time is the next sweep's.
 * @param asOf the time that everything is decided by, epoch milliseconds: when the sweep was scheduled for, so that one that is run
 * twice decides the same.
 * @throws Fault when not even the first page of a list can be had.
 */
export const sweepAll = async (
  [first, ...rest]: readonly [Sweeping, ...Sweeping[]],
  asOf: number,
): Promise<SweepSummary> => {
  const { memory, events, journal, timing, rules } = first
  const reporting: Reporting = { memory, events, journal, timing, stage: rules.rotationFunctionArn, asOf }
  const known = await readOpen(reporting)
  const reports = createReports({ asOf, sweepEveryMs: rules.sweepEveryMs, known })
  const reported: Reported = { asOf, reports, seen: new Set(), samples: [] }
  let whole = await sweepOne(first, reported)
  for (const next of rest) whole = join(whole, await sweepOne(next, reported))
  if (whole.isWhole) reports.listed(reported.seen)
  const isFrozen = whole.freeze === 'planned' || whole.freeze === 'all'
  const changedAt = isFrozen ? await first.frozenAt?.() : undefined
  reportFreeze(reports, { reading: whole.freeze, changedAt }, asOf)
  const parts = partsOf(rest.at(-1) ?? first, reported)
  const isWell = await checkStage({ parts, reports, journal, asOf })
  const end = await finish(reporting, reports)
  return {
    ...whole,
    failed: whole.failed + (end === 'failed' ? 1 : 0),
    reports: end,
    findingsOpen: reports.openForPeople(),
    isWell,
  }
}

/** One stage's, or one secret's. Throws as `sweepAll` does. */
export const sweep = (sweeping: Sweeping, asOf: number): Promise<SweepSummary> => sweepAll([sweeping], asOf)
