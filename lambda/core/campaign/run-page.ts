// One page of a campaign: at most a hundred secrets, so many under way at once, each in steps of the durable execution. A step lasts
// seconds, in which one secret is carried as far as it goes (drive/carry-out.ts); what takes longer is waited for without a process.
// A page that is killed goes on: what is done is in its checkpoints, and what was under way is found by the ids of the versions.

import { defined } from '../base/defined.ts'
import { createRateLimiter, type RateLimiter } from '../base/rate-limiter.ts'
import { carryOut, type JobOutcome } from '../drive/carry-out.ts'
import { DRIVEN_STEP_MS } from '../drive/drive-again.ts'
import { decidedBy, type FreezeState, readFreeze, stops } from '../rotation/freeze.ts'
import { recordedSwitchOf } from '../rotation/records.ts'
import { CURRENT, versionLabelled } from '../secret/labels.ts'
import { overlapEndsAt } from '../secret/overlap.ts'
import { replicasKeepingOpen } from '../secret/replicas.ts'
import type { Secret } from '../secret/secret.ts'
import { holdOf, overlapOf } from '../secret/secret-tags.ts'
import { fullNameOf } from '../secret/stage-secrets.ts'
import { PAGE_SECRETS, type Skip, skipOf } from './campaign.ts'
import type { PageOrder, PageReply } from './campaign-page.ts'
import type { Durable } from './campaign-ports.ts'
import { addCounts, type CampaignFailure, type Counts, noCounts, PAGE_FAILURES, shortened } from './campaign-report.ts'
import type { Campaigning } from './campaigning.ts'
import { outageWaitSeconds } from './outage-waits.ts'

/** notSwitched: the campaign had no part in it, so there is nothing to settle. notYet: its settle is the sweep's. */
type Reason = Skip | 'notSwitched' | 'notYet'

/** How one secret ended, as its checkpoint keeps it. */
type Ended =
  | { readonly end: 'switched'; readonly overlapEndsAt: number }
  | { readonly end: 'settled' | 'leftToSweep' | 'notStarted' | 'nothing' }
  | { readonly end: 'skipped'; readonly why: Skip }
  | { readonly end: 'failed'; readonly failure: CampaignFailure }

/** `isOutage`: nothing was tried, since somebody does not answer. */
type Tried = Ended | { readonly end: 'later'; readonly waitSeconds: number; readonly isOutage?: boolean }

interface Try {
  readonly name: string
  /** Of those in which somebody answered. */
  readonly round: number
  /** Of the others; 1 for the first. */
  readonly outage: number
}

interface Page {
  readonly campaigning: Campaigning
  readonly order: PageOrder
  readonly limiter: RateLimiter
  /** Rebuilt from the checkpoints on every replay. */
  failed: number
}

/** A secret is looked at for so long in one step; most are through by then. */
const PATIENCE_MS = 40_000
/** Not begun with less time than this, so that a stuck rotation can be driven on: a new invocation has a quarter of an hour. */
const STEP_NEEDS_MS = PATIENCE_MS + DRIVEN_STEP_MS
/** Left of a step's time when the invocation ends, to store what came out. */
const STEP_RESERVE_MS = 10_000
/** Five attempts, each given up after two minutes, fit into these; and a page's operations into 3,000. */
const WAITS_SECONDS = [5, 10, 20, 30, 45, 60, 60, 60, 90, 90, 90] as const
const MAX_ROUNDS = WAITS_SECONDS.length
/** LastRotatedDate, from which an overlap counts, is written a moment after AWSCURRENT has moved. */
const OVERLAP_MARGIN_MS = 60_000
/** A freeze that is put on stops a page within this time. */
const FREEZE_KEPT_MS = 10_000

const createFreezeGlance = (campaigning: Campaigning) => {
  let known: { readonly at: number; readonly state: Promise<FreezeState> } | undefined
  return (): Promise<FreezeState> => {
    const now = campaigning.timing.now()
    if (known === undefined || now - known.at > FREEZE_KEPT_MS)
      known = { at: now, state: readFreeze(campaigning).then(decidedBy) }
    return known.state
  }
}

const createRules = ({ campaigning, order }: Page, freeze: () => Promise<FreezeState>) => {
  const { rules, timing } = campaigning
  const mayBegin = async (secret: Secret): Promise<Reason | undefined> => {
    if (order.phase === 'settle') return 'notSwitched'
    if (stops(await freeze(), { intent: order.intent, currentOrigin: 'rotate' })) return 'frozen'
    // Its age was judged when it was selected.
    return skipOf(secret, {
      intent: order.intent,
      now: timing.now(),
      spans: rules.stage,
      rotationFunctionArn: rules.rotationFunctionArn,
    })
  }
  const maySettle = async (secret: Secret): Promise<Reason | undefined> => {
    const current = versionLabelled(secret, CURRENT)
    const currentOrigin = current?.origin ?? 'rotate'
    if (stops(await freeze(), { intent: 'settle', currentOrigin })) return 'notYet'
    if (order.intent === 'revoke') return undefined
    const subject = { secretArn: secret.arn, versionId: current?.versionId ?? '' }
    const recordedAt = await recordedSwitchOf(campaigning, subject)
    const isOver = timing.now() >= overlapEndsAt(secret, rules.stage, { recordedAt })
    const isFree = holdOf(secret) === undefined && replicasKeepingOpen(secret).length === 0
    return isOver && isFree ? undefined : 'notYet'
  }
  return { mayBegin, maySettle }
}

type Rules = ReturnType<typeof createRules>

const endOf = (
  { campaigning, order }: Page,
  secretName: string,
  outcome: Exclude<JobOutcome<Reason>, { outcome: 'later' }>,
): Ended => {
  switch (outcome.outcome) {
    case 'done': {
      if (order.phase !== 'switch') return { end: 'settled' }
      const { stage } = campaigning.rules
      // A longer one of its own is waited for by the sweep, not by the page.
      const overlapMs = Math.min(overlapOf(outcome.secret, stage), stage.overlapMs)
      return { end: 'switched', overlapEndsAt: campaigning.timing.now() + overlapMs + OVERLAP_MARGIN_MS }
    }
    case 'deadAlready':
      return { end: 'settled' }
    case 'skipped': {
      const { why } = outcome
      if (why === 'notSwitched') return { end: 'nothing' }
      return why === 'notYet' ? { end: 'leftToSweep' } : { end: 'skipped', why }
    }
    case 'failed': {
      const { why, attempts, message } = outcome
      return { end: 'failed', failure: { secretName, why, attempts, ...defined({ message }) } }
    }
  }
}

const unavailable = (secretName: string): Ended => ({
  end: 'failed',
  failure: { secretName, why: 'unavailable', attempts: 0 },
})
const stuck = (secretName: string): Ended => ({ end: 'failed', failure: { secretName, why: 'stuck', attempts: 0 } })

const tryOnce = async (page: Page, rules: Rules, { name, round, outage }: Try): Promise<Tried> => {
  const { campaigning, order, limiter } = page
  const { timing, secrets, steps, proofs, bounds, rules: stage } = campaigning
  const remainingMs = timing.remainingMs()
  const secretName = fullNameOf(stage, name)
  if (remainingMs < STEP_NEEDS_MS) {
    // Longer than this invocation lasts, so that the wait is not waited for in it.
    const waitSeconds = Math.max(1, Math.ceil(remainingMs / 1000) + 1)
    const isOutage = order.intent === 'revoke'
    return round > MAX_ROUNDS ? unavailable(secretName) : { end: 'later', waitSeconds, isOutage }
  }
  const outcome = await carryOut<Reason>(
    { secrets, steps, proofs, timing, limiter, bounds, rotationFunctionArn: stage.rotationFunctionArn },
    {
      secretId: secretName,
      intent: order.intent,
      about: order.about,
      isGraceful: order.isGraceful,
      since: order.since ?? 0,
      until: order.phase === 'switch' ? 'switched' : 'settled',
      patienceMs: Math.min(PATIENCE_MS, remainingMs - STEP_RESERVE_MS),
      ...rules,
    },
  )
  if (outcome.outcome !== 'later') return endOf(page, secretName, outcome)
  if (outcome.because === 'unavailable' && order.intent === 'revoke') {
    const outageSeconds = outageWaitSeconds(outage, order.names.length)
    return outageSeconds === undefined
      ? unavailable(secretName)
      : { end: 'later', waitSeconds: outageSeconds, isOutage: true }
  }
  const waitSeconds = WAITS_SECONDS[round - 1]
  if (waitSeconds === undefined) {
    const { because } = outcome
    return because === 'unavailable' || because === 'noTurn' ? unavailable(secretName) : stuck(secretName)
  }
  return { end: 'later', waitSeconds: Math.max(waitSeconds, Math.ceil(outcome.waitMs / 1000)) }
}

const isEnough = ({ order, failed }: Page): boolean =>
  order.failuresAllowed !== undefined && failed > order.failuresAllowed

/** Nothing of one secret may end the others': a defect is its failure. */
const carry = async (page: Page, rules: Rules, durable: Durable, name: string): Promise<Ended> => {
  let [round, outage] = [1, 1]
  for (;;) {
    const tried = await durable.step(name, async (): Promise<Tried> => {
      // Asked inside the step, so that a replay keeps the answer.
      if (round === 1 && outage === 1 && isEnough(page)) return { end: 'notStarted' }
      try {
        return await tryOnce(page, rules, { name, round, outage })
      } catch (error) {
        const message = error instanceof Error ? error.name : 'unknown'
        const secretName = fullNameOf(page.campaigning.rules, name)
        return { end: 'failed', failure: { secretName, why: 'defect', attempts: 0, message } }
      }
    })
    if (tried.end !== 'later') {
      if (tried.end === 'failed') page.failed += 1
      return tried
    }
    if (tried.isOutage === true) outage += 1
    else round += 1
    await durable.wait(`${name} again`, tried.waitSeconds)
  }
}

const countOf = (ended: Ended): Partial<Counts> => {
  switch (ended.end) {
    case 'skipped':
      return { skipped: { [ended.why]: 1 } }
    case 'nothing':
      return {}
    default:
      return { [ended.end]: 1 }
  }
}

const placesOf = (ends: readonly Ended[]): readonly number[] =>
  ends.flatMap(({ end }, at) => (end === 'switched' ? [at] : []))

const replyOf = ({ order }: Page, ends: readonly Ended[], endedAt: number): PageReply => {
  const counts = ends.reduce<Counts>((sum, ended) => addCounts(sum, countOf(ended)), noCounts)
  const failures = ends.flatMap((ended) => (ended.end === 'failed' ? [shortened(ended.failure)] : []))
  const overlaps = ends.flatMap((ended) => (ended.end === 'switched' ? [ended.overlapEndsAt] : []))
  // Who comes to the settle in the same breath was switched, too.
  const switched = order.phase === 'revoke' ? counts.settled + counts.leftToSweep : counts.switched
  return {
    counts: { ...counts, switched },
    failures: failures.slice(0, PAGE_FAILURES),
    failuresOmitted: Math.max(0, failures.length - PAGE_FAILURES),
    endedAt,
    ...(overlaps.length === 0 ? {} : { overlapsEndAt: Math.max(...overlaps), switched: placesOf(ends) }),
  }
}

export const runPage = async (campaigning: Campaigning, durable: Durable, order: PageOrder): Promise<PageReply> => {
  const { timing, journal } = campaigning
  const { page: number, phase, notBefore } = order
  if (notBefore !== undefined) {
    const waitMs = await durable.step('how long', async () => notBefore - timing.now())
    if (waitMs > 0) await durable.wait('overlap', Math.max(1, Math.ceil(waitMs / 1000)))
  }
  const limiter = createRateLimiter({ perSecond: order.rotationsPerSecond, timing })
  const page: Page = { campaigning, order, limiter, failed: 0 }
  const rules = createRules(page, createFreezeGlance(campaigning))
  const names = order.names.slice(0, PAGE_SECRETS)
  const ends = await durable.each('secrets', names, order.inFlight, (one, name) => carry(page, rules, one, name))
  const reply = replyOf(page, ends, await durable.step('end', async () => timing.now()))
  const { switched = 0, settled = 0, failed = 0, notStarted = 0 } = reply.counts
  journal.note({
    about: order.about,
    page: number,
    phase,
    secrets: names.length,
    switched,
    settled,
    failed,
    notStarted,
  })
  return reply
}
