// What one sweep finds in ListSecrets, page by page: counts, and of each secret no more than what its turn needs. A list that breaks off loses
// nothing that was found: on a lost paging token it begins anew, and whatever else ends it early leaves the sweep with what it has.

import { Fault } from '../base/fault.ts'
import { PATIENT_PAUSES_MS, retry } from '../base/retry.ts'
import { DAY_MS } from '../base/time-units.ts'
import type { SecretToCheck } from '../rotation/read-check-question.ts'
import { isManaged } from '../secret/is-managed.ts'
import { issuedAtEstimate } from '../secret/is-overdue.ts'
import { isUnsettled } from '../secret/overlap.ts'
import type { Secret } from '../secret/secret.ts'
import { holdOf, isRetired } from '../secret/secret-tags.ts'
import type { SecretPage } from '../secret/secrets.ts'
import { isOfStage, isTokenLost, LISTINGS, listStage } from '../secret/stage-secrets.ts'
import { checkableDeletedOf, checkableOf } from './check-fleet.ts'
import { asOfSweep, factsOf, hasBeenTried, nominate, type Sweep } from './due.ts'
import { type PolicyToLookAt, policyToLookAt } from './look-at-policies.ts'
import { type SettledSecret, settledSecretOf } from './owed-proofs.ts'
import { isReplicaTurn } from './replica-looks.ts'
import { CHECKED_KINDS, LISTED_KINDS, LOOKED_AT_KINDS, type Reports, VALUE_KINDS } from './reports.ts'
import { kindsByLabels } from './settled-copies.ts'
import { findingOf } from './sweep-notice.ts'
import { isThrottle, type Sweeping } from './sweeping.ts'
import type { Tally } from './tally.ts'
import { sweepTurn } from './turns.ts'

/** Of each kind; beyond them, the next sweep lists from the other end. As many as ListSecrets shows in one sweep. */
const MOST_KEPT = 100_000
const MOST_REPORTED = 10_000
/** A few hundred bytes each. */
const MOST_SETTLED = 20_000

/** ARNs of what is worth a closer look: not tried before, and tried before without success. */
export interface Nominated {
  readonly fresh: string[]
  readonly tried: string[]
}

/** A secret whose value may be tried, and when it was last rotated or made, epoch milliseconds. */
interface Sample {
  readonly secret: SecretToCheck
  readonly at: number
}

export interface Found {
  readonly urgent: Nominated
  readonly due: Nominated
  /** Nothing to do, but to report. */
  readonly toReport: string[]
  /** Settled ones whose copies in other Regions are looked at now. */
  readonly replicated: string[]
  /** Revokes that were settled lately: a proof may be owed. */
  readonly settled: SettledSecret[]
  readonly toCheck: SecretToCheck[]
  /** Whose values may be tried: those that were rotated last, the newest first. */
  readonly samples: Sample[]
  /** Whose turn it is. */
  readonly policies: PolicyToLookAt[]
  /** Of those among them that are scheduled for deletion: when they were last changed, by ARN, epoch milliseconds. */
  readonly deletedSince: Map<string, number>
}

export const nothingFound = (): Found => ({
  urgent: { fresh: [], tried: [] },
  due: { fresh: [], tried: [] },
  toReport: [],
  replicated: [],
  settled: [],
  toCheck: [],
  samples: [],
  policies: [],
  deletedSince: new Map(),
})

export interface Listing {
  readonly sweep: Sweep
  readonly found: Found
  readonly tally: Tally
  readonly reports: Reports
  /** Whom the list has shown, by ARN. */
  readonly seen: Set<string>
  /** No page is asked for from then on, epoch milliseconds. */
  readonly until: number
  /** Whether it is asked what Stytch accepts: else nothing is kept for that. */
  readonly isChecking: boolean
}

const countManaged = (secret: Secret, { sweep, tally }: Pick<Listing, 'sweep' | 'tally'>): void => {
  tally.managed += 1
  if (isUnsettled(secret)) tally.overlapsOpen += 1
  const ageMs = sweep.asOf - (issuedAtEstimate(secret) || sweep.asOf)
  tally.oldestDays = Math.max(tally.oldestDays, Math.floor(ageMs / DAY_MS))
}

const keep = (list: string[], arn: string, { most, tally }: { readonly most: number; readonly tally: Tally }): void => {
  if (list.length < most) list.push(arn)
  else tally.left += 1
}

/** Three, so that one whose value cannot be read does not hold up the others. */
const MOST_SAMPLES = 3

/**
 * Trying a value reads it, and what is read is not retired for seven days. Rotations read, too: of those that were rotated last this asks
 * for nothing new, and all others stay unread.
 */
const offerSample = (samples: Sample[], sample: Sample): void => {
  samples.push(sample)
  samples.sort((one, other) => other.at - one.at)
  if (samples.length > MOST_SAMPLES) samples.pop()
}

const sift = (secret: Secret, { sweep, found, tally, reports, isChecking }: Listing): void => {
  tally.seen += 1
  if (isManaged(secret, asOfSweep(sweep))) countManaged(secret, { sweep, tally })
  const facts = factsOf(secret, sweep)
  for (const { kind } of facts) {
    if (kind === 'overdue' || kind === 'rotationOff' || kind === 'heldTooLong') tally[kind] += 1
  }
  const settled = settledSecretOf(secret, sweep)
  if (settled !== undefined && found.settled.length < MOST_SETTLED) found.settled.push(settled)
  const toCheck = isChecking ? checkableOf(secret, sweep) : undefined
  if (toCheck !== undefined) {
    if (found.toCheck.length < MOST_KEPT) found.toCheck.push(toCheck)
    offerSample(found.samples, { secret: toCheck, at: secret.lastRotatedAt ?? secret.createdAt ?? 0 })
  }
  if (isReplicaTurn(secret, sweep) && found.replicated.length < MOST_KEPT) found.replicated.push(secret.arn)
  const kinds = facts.map(({ kind }) => kind)
  reports.looked(secret.arn, LISTED_KINDS, kinds)
  const policy = policyToLookAt(secret, sweep)
  if (policy !== undefined && found.policies.length < MOST_SETTLED) found.policies.push(policy)
  const nomination = nominate(secret, sweep)
  // What waits for the end of a freeze, or of a hold, is not over.
  const mayWait = sweep.freeze !== 'off' || holdOf(secret) !== undefined
  if (nomination === undefined && !mayWait) reports.looked(secret.arn, kindsByLabels(secret, sweep), [])
  // Nobody is to read it any more.
  if (isRetired(secret)) reports.looked(secret.arn, [...CHECKED_KINDS, ...VALUE_KINDS], [])
  if (nomination !== undefined) {
    const list = found[nomination][hasBeenTried(secret, sweep) ? 'tried' : 'fresh']
    keep(list, secret.arn, { most: MOST_KEPT, tally })
  } else if (facts.some((fact) => reports.isDue(findingOf({ secret, fact })))) {
    keep(found.toReport, secret.arn, { most: MOST_REPORTED, tally })
  }
}

/** Nothing is due for it; but while Stytch accepts its value, somebody may need it. */
const siftDeleted = (secret: Secret, { sweep, found, reports, isChecking }: Listing): void => {
  reports.looked(secret.arn, [...LISTED_KINDS, ...LOOKED_AT_KINDS, ...VALUE_KINDS], [])
  const toCheck = isChecking ? checkableDeletedOf(secret, sweep) : undefined
  if (toCheck === undefined || found.toCheck.length >= MOST_KEPT) return
  found.toCheck.push(toCheck)
  found.deletedSince.set(secret.arn, secret.lastChangedAt ?? secret.createdAt ?? sweep.asOf)
}

/** @returns undefined when it is throttled or unreachable until the time is up. @throws Fault when asking again will not help. */
const nextPage = async (
  sweeping: Sweeping,
  { sweep, until, tally }: Listing,
  page: string | undefined,
): Promise<SecretPage | undefined> => {
  const { secrets, timing } = sweeping
  // Should the list ever be too long for one sweep, the next one begins at the other end.
  const isOdd = sweepTurn(sweep) % 2 === 1
  let isOver = false
  const list = async (): Promise<SecretPage | undefined> =>
    listStage(secrets, sweeping, { page, order: isOdd ? 'newestFirst' : 'oldestFirst', includesDeleted: true })
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

type Broken = 'tokenLost' | 'broken'

/** How a listing that had begun broke off. @throws what asking again does not help with, where nothing was listed */
const brokenBy = ({ journal }: Sweeping, { tally }: Listing, error: unknown): Broken => {
  if (isTokenLost(error)) return 'tokenLost'
  if (!(error instanceof Fault) || tally.seen === 0) throw error
  const { code, message } = error
  tally.failed += 1
  journal.note({ outcome: 'listBroken', code, message })
  return 'broken'
}

const listOnce = async (sweeping: Sweeping, listing: Listing): Promise<'whole' | Broken> => {
  let page: string | undefined
  do {
    if (sweeping.timing.now() >= listing.until) return 'broken'
    let reply: SecretPage | undefined
    try {
      reply = await nextPage(sweeping, listing, page)
    } catch (error) {
      return brokenBy(sweeping, listing, error)
    }
    if (reply === undefined) return 'broken'
    for (const secret of reply.secrets) {
      if (!isWithin(sweeping, secret) || listing.seen.has(secret.arn)) continue
      listing.seen.add(secret.arn)
      if (secret.isDeleted) siftDeleted(secret, listing)
      else sift(secret, listing)
    }
    page = reply.nextPage
  } while (page !== undefined)
  return 'whole'
}

/** @returns whether the list came to its end. @throws Fault when not even the first page can be had. */
export const listFleet = async (sweeping: Sweeping, listing: Listing): Promise<boolean> => {
  for (let listings = 1; listings <= LISTINGS; listings += 1) {
    const end = await listOnce(sweeping, listing)
    if (end !== 'tokenLost') return end === 'whole'
  }
  return false
}
