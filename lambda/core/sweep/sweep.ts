// One sweep over all secrets of a stage (architecture §3, last table). First it lists them, page by page, and keeps no more of each than
// what is due; then it looks at those anew, the urgent ones first, no faster than its share of Secrets Manager's quotas. It has no
// state of its own: what it does not get to, or is killed over, the next sweep finds. A secret that fails stops no other.

import type { Events } from '../base/events.ts'
import { Fault } from '../base/fault.ts'
import { forEachLimited } from '../base/for-each-limited.ts'
import type { Journal } from '../base/journal.ts'
import { PATIENT_PAUSES_MS, retry } from '../base/retry.ts'
import { DAY_MS } from '../base/time-units.ts'
import type { Timing } from '../base/timing.ts'
import type { RotationSteps } from '../drive/rotation-steps.ts'
import { decidedBy, type Freeze, type FreezeReading, readFreeze } from '../rotation/freeze.ts'
import type { SecretToCheck } from '../rotation/read-check-question.ts'
import type { ReadableRecords } from '../rotation/records.ts'
import { isManaged } from '../secret/is-managed.ts'
import { issuedAtEstimate } from '../secret/is-overdue.ts'
import { isUnsettled } from '../secret/overlap.ts'
import type { Secret } from '../secret/secret.ts'
import type { SecretPage, Secrets } from '../secret/secrets.ts'
import { isOfStage, listStage } from '../secret/stage-secrets.ts'
import type { AdoptionWatch } from './await-adoption.ts'
import { type CheckWatch, checkableOf, checkFleet } from './check-fleet.ts'
import { asOfSweep, factsOf, isReported, nominate, type Sweep, type SweepRules } from './due.ts'
import { type ProofWatch, proveOwed, type SettledSecret, settledSecretOf } from './owed-proofs.ts'
import { createCircuitBreaker, type SweepSecret, sweepSecret, type Tally } from './sweep-secret.ts'

export interface Sweeping {
  readonly secrets: SweepSecret['secrets'] & Pick<Secrets, 'list'>
  readonly steps: RotationSteps
  readonly freeze: Freeze
  readonly records: ReadableRecords
  readonly events: Events<'m2m.sweep'>
  readonly timing: Timing
  readonly journal: Journal
  readonly rules: SweepRules
  /** `m2m/<stage>/`, or the whole name of the one secret that is swept. */
  readonly secretNamePrefix: string
  /** Others that the stage's secrets may lie below. @default - none */
  readonly extraPrefixes?: readonly string[] | undefined
  /** One secret alone, of that very name. @default false */
  readonly isOneSecret?: boolean
  /** Absent: an overlap ends by its time alone. */
  readonly adoption?: AdoptionWatch | undefined
  /** Absent: nothing is signed, and no proof is owed. */
  readonly proofs?: ProofWatch | undefined
  /** Absent: whether Stytch accepts what consumers read is not asked. */
  readonly checks?: CheckWatch | undefined
}

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
const AT_ONCE = 10
/** What is under way when the time is up: a look, a request, and the report. */
const RESERVE_MS = 25_000
/** The list may take this share of the time; asking, the rest. */
const LIST_SHARE = 0.6
/** No more than this can be asked for in one sweep; the rest is the next one's. */
const MOST_ASKED = 3000
const MOST_REPORTED = 10_000
/** Kept whole in memory, a few hundred bytes each. */
const MOST_SETTLED = 20_000
/** As many as ListSecrets shows in one sweep. */
const MOST_TO_CHECK = 100_000

/** ARNs of what is worth a closer look. */
interface Found {
  readonly urgent: string[]
  readonly due: string[]
  /** Nothing to do, but to report. */
  readonly toReport: string[]
  /** Revokes that were settled lately: a proof may be owed. */
  readonly settled: SettledSecret[]
  readonly toCheck: SecretToCheck[]
}

const emptyTally = (): Tally => ({
  seen: 0,
  managed: 0,
  overlapsOpen: 0,
  oldestDays: 0,
  overdue: 0,
  rotationOff: 0,
  heldTooLong: 0,
  settleRefusing: 0,
  settlesAsked: 0,
  adoptionsAwaited: 0,
  busy: 0,
  stuckFinished: 0,
  stuckEnded: 0,
  stuckLeft: 0,
  proofsStored: 0,
  proofsOwed: 0,
  checked: 0,
  secretsDead: 0,
  clientsInactive: 0,
  nextOpen: 0,
  checksLeft: 0,
  reported: 0,
  failed: 0,
  throttles: 0,
  left: 0,
})

const isThrottle = (error: unknown): boolean => error instanceof Fault && error.code === 'SECRETS_MANAGER_THROTTLED'

const keep = (list: string[], arn: string, { most, tally }: { readonly most: number; readonly tally: Tally }): void => {
  if (list.length < most) list.push(arn)
  else tally.left += 1
}

const countManaged = (secret: Secret, { sweep, tally }: Pick<Listing, 'sweep' | 'tally'>): void => {
  tally.managed += 1
  if (isUnsettled(secret)) tally.overlapsOpen += 1
  const ageMs = sweep.asOf - (issuedAtEstimate(secret) || sweep.asOf)
  tally.oldestDays = Math.max(tally.oldestDays, Math.floor(ageMs / DAY_MS))
}

const sift = (secret: Secret, { sweep, found, tally, isChecking }: Listing): void => {
  tally.seen += 1
  if (isManaged(secret, asOfSweep(sweep))) countManaged(secret, { sweep, tally })
  const facts = factsOf(secret, sweep)
  for (const { kind } of facts) {
    if (kind === 'overdue' || kind === 'rotationOff' || kind === 'heldTooLong') tally[kind] += 1
  }
  const settled = settledSecretOf(secret, sweep)
  if (settled !== undefined && found.settled.length < MOST_SETTLED) found.settled.push(settled)
  const toCheck = isChecking ? checkableOf(secret, sweep) : undefined
  if (toCheck !== undefined && found.toCheck.length < MOST_TO_CHECK) found.toCheck.push(toCheck)
  const nomination = nominate(secret, sweep)
  if (nomination !== undefined) keep(found[nomination], secret.arn, { most: MOST_ASKED, tally })
  else if (facts.some((fact) => isReported(fact, sweep)))
    keep(found.toReport, secret.arn, { most: MOST_REPORTED, tally })
}

interface Listing {
  readonly sweep: Sweep
  readonly found: Found
  readonly tally: Tally
  readonly until: number
  /** Whether it is asked what Stytch accepts: else nothing is kept for that. */
  readonly isChecking: boolean
}

/** @returns undefined when it is throttled or unreachable until the time is up. @throws Fault when asking again will not help. */
const nextPage = async (
  sweeping: Sweeping,
  { sweep, until, tally }: Listing,
  page: string | undefined,
): Promise<SecretPage | undefined> => {
  const { secrets, timing } = sweeping
  // Should the list ever be too long for one sweep, the next one begins at the other end.
  const isOdd = Math.floor(sweep.asOf / sweep.rules.sweepEveryMs) % 2 === 1
  let isOver = false
  const list = async (): Promise<SecretPage | undefined> =>
    listStage(secrets, sweeping, { page, order: isOdd ? 'newestFirst' : 'oldestFirst' })
  return retry(list, timing.wait, (end, tries) => {
    if (end.status === 'fulfilled') return undefined
    const { reason } = end
    if (!(reason instanceof Fault) || !reason.retryable) return undefined
    if (isThrottle(reason)) tally.throttles += 1
    const pauseMs = PATIENT_PAUSES_MS[tries - 1]
    // Without a single page there was no sweep.
    isOver = pauseMs === undefined ? page !== undefined : timing.now() + pauseMs >= until
    return isOver ? undefined : pauseMs
  }).catch((error: unknown) => {
    if (isOver) return undefined
    throw error
  })
}

/** ListSecrets' filter is a promise of AWS's; the prefix is ours. */
const isWithin = (sweeping: Sweeping, secret: Secret): boolean =>
  sweeping.isOneSecret === true ? secret.name === sweeping.secretNamePrefix : isOfStage(sweeping, secret)

/** @returns whether the list came to its end. */
const listAll = async (sweeping: Sweeping, listing: Listing): Promise<boolean> => {
  let page: string | undefined
  do {
    if (sweeping.timing.now() >= listing.until) return false
    const reply = await nextPage(sweeping, listing, page)
    if (reply === undefined) return false
    for (const secret of reply.secrets) {
      if (isWithin(sweeping, secret) && !secret.isDeleted) sift(secret, listing)
    }
    page = reply.nextPage
  } while (page !== undefined)
  return true
}

const noteFailure = ({ journal, tally }: SweepSecret, secret: string, error: unknown): void => {
  tally.failed += 1
  const why = error instanceof Fault ? { code: error.code, message: error.message } : { code: 'DEFECT' }
  journal.note({ secret, outcome: 'failed', ...why })
}

/** @returns whether everything urgent was begun. */
const lookAtAll = async (work: SweepSecret, found: Found, until: number): Promise<boolean> => {
  const { timing, tally } = work
  const breaker = createCircuitBreaker()
  const common = {
    timing,
    until,
    concurrency: AT_ONCE,
    isThrottle,
    onFailure: (secret: string, error: unknown) => noteFailure(work, secret, error),
  }
  const turns = [
    { arns: found.urgent, pace: { perSecond: ASKED_A_SECOND } },
    { arns: found.toReport, pace: {} },
    { arns: found.due, pace: { perSecond: ASKED_A_SECOND } },
  ]
  let isUrgentLeft = false
  for (const { arns, pace } of turns) {
    const { begun, throttles } = await forEachLimited(arns, { ...common, ...pace }, (arn) =>
      sweepSecret(work, arn, breaker),
    )
    tally.throttles += throttles
    tally.left += arns.length - begun
    isUrgentLeft ||= arns === found.urgent && begun < arns.length
  }
  return !isUrgentLeft
}

/**
 * @param asOf the time that everything is decided by, epoch milliseconds: when the sweep was scheduled for, so that one that is run
 * twice decides the same.
 * @throws Fault when not even the first page of the list can be had.
 */
export const sweep = async (sweeping: Sweeping, asOf: number): Promise<SweepSummary> => {
  const { timing, rules, secrets, steps, records, events, journal, adoption, proofs, checks } = sweeping
  const startedAt = timing.now()
  const availableMs = timing.remainingMs() - RESERVE_MS
  const freeze = await readFreeze(sweeping)
  const decidesBy: Sweep = { rules, asOf, freeze: decidedBy(freeze) }
  const tally = emptyTally()
  const found: Found = { urgent: [], due: [], toReport: [], settled: [], toCheck: [] }
  const isChecking = checks !== undefined
  const listing = { sweep: decidesBy, found, tally, until: startedAt + availableMs * LIST_SHARE, isChecking }
  const isWhole = await listAll(sweeping, listing)
  const work: SweepSecret = { secrets, steps, records, events, timing, journal, tally, sweep: decidesBy, adoption }
  const until = startedAt + availableMs
  const isUrgentDone = await lookAtAll(work, found, until)
  if (proofs !== undefined) await proveOwed(work, proofs, { settled: found.settled, until })
  // A check changes nothing, so that no freeze stops it; and an incident's calls come first.
  if (checks !== undefined && isUrgentDone) await checkFleet(work, checks, { secrets: found.toCheck, until })
  else tally.checksLeft += found.toCheck.length
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
