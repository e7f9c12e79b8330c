// One page of a campaign: at most a hundred secrets, so many under way at once, each in steps of the durable execution. A step lasts
// seconds, in which one secret is carried as far as it goes (drive/carry-out.ts); what takes longer is waited for without a process.
// A page that is killed goes on: what is done is in its checkpoints, and what was under way is found by the ids of the versions.

import { defined } from '../base/defined.ts'
import { createRateLimiter, type RateLimiter } from '../base/rate-limiter.ts'
import { carryOut, type JobOutcome } from '../drive/carry-out.ts'
import { DRIVEN_STEP_MS } from '../drive/drive-again.ts'
import { isSettleOf } from '../drive/settle-request.ts'
import { decidedBy, type FreezeState, readFreeze, stops } from '../rotation/freeze.ts'
import { recordedSwitchOf } from '../rotation/records.ts'
import { CURRENT, versionLabelled } from '../secret/labels.ts'
import { isUnsettled, overlapEndsAt, switchedAt } from '../secret/overlap.ts'
import { replicasKeepingOpen } from '../secret/replicas.ts'
import { isAbout, readRequestToken } from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import { holdOf, overlapOf } from '../secret/secret-tags.ts'
import { fullNameOf } from '../secret/stage-secrets.ts'
import { PAGE_SECRETS, type Skip, skipOf } from './campaign.ts'
import { type ControlWish, createWishGlance } from './campaign-control.ts'
import type { PageOrder, PageReply } from './campaign-page.ts'
import type { Durable } from './campaign-ports.ts'
import { type CampaignFailure, type Counts, PAGE_FAILURES, shortened } from './campaign-report.ts'
import type { Campaigning } from './campaigning.ts'
import { outageWaitSeconds } from './outage-waits.ts'
import { refusalOf } from './refusal-of.ts'
import { type FailureReason, type SecretEnd, wasTried } from './secret-end.ts'
import { isBadRun, type Recent, withEnd } from './stop-rule.ts'

/** overtaken: others have moved on from this campaign's version since. notYet: its settle is the sweep's; replicaBehind: once a Region has it. */
type Reason = Skip | 'overtaken' | 'notYet' | 'replicaBehind'

/** How one secret ended, as its checkpoint keeps it. */
interface Ended {
  readonly as: SecretEnd
  readonly message?: string
}

interface FailureDetails {
  readonly attempts?: number
  readonly message?: string
  readonly reason?: string
}

/** outage: somebody does not answer. late: nothing was tried, since this invocation ends too soon. Else it was a round. */
type Because = 'round' | 'outage' | 'late'
type Tried = Ended | { readonly as: 'later'; readonly waitSeconds: number; readonly because: Because }

/** Which one of its kind is next; 1 for the first. */
type Try = Readonly<Record<Because, number>> & { readonly name: string }

interface Page {
  readonly campaigning: Campaigning
  readonly order: PageOrder
  readonly limiter: RateLimiter
  readonly wish: () => Promise<ControlWish | undefined>
  /** These are rebuilt from the checkpoints on every replay. */
  failed: number
  tried: number
  recent: Recent
}

/** A secret is looked at for so long in one step; most are through by then. */
const PATIENCE_MS = 40_000
/** Not begun with less time than this, so that a stuck rotation can be driven on: a new invocation has a quarter of an hour. */
const STEP_NEEDS_MS = PATIENCE_MS + DRIVEN_STEP_MS
/** Left of a step's time when the invocation ends, to store what came out. */
const STEP_RESERVE_MS = 10_000
/** Five attempts, each given up after two minutes, fit into these; and a page's operations into 3,000. */
const WAITS_SECONDS = [5, 10, 20, 30, 45, 60, 60, 60, 90, 90, 90] as const
/** Each is followed by a new invocation, so that one more is rare already. */
const MOST_LATE = 8
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

/** Whether AWSCURRENT is on the settle of what this campaign, or this incident, has switched. */
const isOwnSettle = (secret: Secret, about: string): boolean => {
  const currentId = versionLabelled(secret, CURRENT)?.versionId ?? ''
  return Object.keys(secret.labels).some(
    (versionId) =>
      isAbout(versionId, { secretArn: secret.arn, about }) &&
      isSettleOf(currentId, { secretArn: secret.arn, currentId: versionId }),
  )
}

const createRules = ({ campaigning, order }: Page, freeze: () => Promise<FreezeState>) => {
  const { rules, timing } = campaigning
  const mayBegin = async (secret: Secret): Promise<Reason | undefined> => {
    // Its version lost its label to later ones: what of an overlap is open is theirs.
    const isOver = order.intent === 'rotate' || isOwnSettle(secret, order.about)
    if (order.phase === 'settle' && isOver) return isUnsettled(secret) ? 'notYet' : 'overtaken'
    if (stops(await freeze(), { intent: order.intent, currentOrigin: 'rotate' })) return 'frozen'
    // After a grace, what leaked is revoked where no settle can end it: for a replica that is behind, after a rollback.
    if (order.phase === 'settle') return undefined
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
    if (!isOver || holdOf(secret) !== undefined) return 'notYet'
    return replicasKeepingOpen(secret).length > 0 ? 'replicaBehind' : undefined
  }
  return { mayBegin, maySettle }
}

type Rules = ReturnType<typeof createRules>

const failed = (why: FailureReason, { attempts = 0, message, reason }: FailureDetails = {}): Ended => ({
  as: { end: 'failed', why, attempts, ...defined({ reason }) },
  ...defined({ message }),
})

/** Whether a version was asked for before this run of the campaign began. */
const isEarlier = ({ order }: Pick<Page, 'order'>, versionId: string): boolean => {
  const { askedAt } = readRequestToken(versionId)
  // A token's time is cut to the millisecond.
  return order.since !== undefined && askedAt !== undefined && askedAt < Math.floor(order.since)
}

type Done = Extract<JobOutcome, { outcome: 'done' }>

/** A later rotation may have opened an overlap of its own, which is not this campaign's to end. */
const settledOrOpen = (page: Page, { secret, requestToken }: Done): Ended => {
  const { campaigning, order } = page
  const made = isEarlier(page, requestToken) ? ({ isWithoutSwitch: true } as const) : {}
  if (order.intent !== 'revoke' && isUnsettled(secret)) {
    return { as: { end: 'leftToSweep', until: overlapEndsAt(secret, campaigning.rules.stage), ...made } }
  }
  const current = versionLabelled(secret, CURRENT)?.versionId ?? ''
  return { as: { end: 'settled', ...(isEarlier(page, current) ? { why: 'earlier' } : {}), ...made } }
}

const doneOf = (page: Page, done: Done): Ended => {
  const { campaigning, order } = page
  const { secret, requestToken } = done
  // By an earlier execution of this campaign, or by the sweep.
  if (order.phase !== 'switch' || !isUnsettled(secret)) return settledOrOpen(page, done)
  const { stage } = campaigning.rules
  // A longer one of its own is waited for by the sweep, not by the page.
  const overlapMs = Math.min(overlapOf(secret, stage), stage.overlapMs)
  const since = Math.min(campaigning.timing.now(), switchedAt(secret, stage))
  const made = isEarlier(page, requestToken) ? ({ isWithoutSwitch: true } as const) : {}
  return { as: { end: 'switched', overlapEndsAt: since + overlapMs + OVERLAP_MARGIN_MS, ...made } }
}

const skippedAs = (why: Reason): Ended => {
  if (why === 'overtaken') return { as: { end: 'settled' } }
  if (why === 'replicaBehind') return { as: { end: 'leftToSweep', why } }
  return { as: why === 'notYet' ? { end: 'leftToSweep' } : { end: 'skipped', why } }
}

const endOf = (page: Page, outcome: Exclude<JobOutcome<Reason>, { outcome: 'later' }>): Ended => {
  switch (outcome.outcome) {
    case 'done':
      return doneOf(page, outcome)
    case 'deadAlready':
      return { as: { end: 'settled', isWithoutSwitch: true } }
    case 'skipped':
      return skippedAs(outcome.why)
    case 'failed':
      return failed(outcome.why, outcome)
  }
}

/** A refusal's reason stands in the records of the version that was refused; one look at a secret that failed. */
const withReason = async (page: Page, secretName: string, ended: Ended): Promise<Ended> => {
  const { as, message } = ended
  if (as.end !== 'failed' || (as.why !== 'refused' && as.why !== 'settleRefused')) return ended
  const reason = await refusalOf(page.campaigning, secretName, page.order.since ?? 0)
  return { as: { ...as, ...defined({ reason }) }, ...defined({ message }) }
}

const tryOnce = async (page: Page, rules: Rules, { name, round, outage, late }: Try): Promise<Tried> => {
  const { campaigning, order, limiter } = page
  const { timing, secrets, steps, proofs, bounds, rules: stage } = campaigning
  const remainingMs = timing.remainingMs()
  const secretName = fullNameOf(stage, name)
  if (remainingMs < STEP_NEEDS_MS) {
    // Longer than this invocation lasts, so that the wait is not waited for in it.
    const waitSeconds = Math.max(1, Math.ceil(remainingMs / 1000) + 1)
    return late > MOST_LATE ? failed('unavailable') : { as: 'later', waitSeconds, because: 'late' }
  }
  const outcome = await carryOut<Reason>(
    { secrets, steps, proofs, timing, limiter, bounds, rotationFunctionArn: stage.rotationFunctionArn },
    {
      secretId: secretName,
      intent: order.intent,
      about: order.about,
      isGraceful: order.isGraceful,
      since: order.since ?? 0,
      aliveAt: order.aliveAt,
      until: order.phase === 'switch' ? 'switched' : 'settled',
      patienceMs: Math.min(PATIENCE_MS, remainingMs - STEP_RESERVE_MS),
      ...rules,
    },
  )
  if (outcome.outcome !== 'later') return withReason(page, secretName, endOf(page, outcome))
  if (outcome.because === 'unavailable' && order.intent === 'revoke') {
    const outageSeconds = outageWaitSeconds(outage, order.names.length)
    return outageSeconds === undefined
      ? failed('unavailable')
      : { as: 'later', waitSeconds: outageSeconds, because: 'outage' }
  }
  const waitSeconds = WAITS_SECONDS[round - 1]
  if (waitSeconds === undefined) {
    const { because } = outcome
    return failed(because === 'unavailable' || because === 'noTurn' ? 'unavailable' : 'stuck')
  }
  return { as: 'later', waitSeconds: Math.max(waitSeconds, Math.ceil(outcome.waitMs / 1000)), because: 'round' }
}

const isEnough = ({ order, failed: failures, tried, recent }: Page): boolean =>
  (order.failuresAllowed !== undefined && failures > order.failuresAllowed) ||
  (order.window !== undefined &&
    (isBadRun(order.window.toleratedPercentage, recent) || tried >= (order.window.tries ?? Number.POSITIVE_INFINITY)))

/** @returns how it ends before it begins; undefined: it begins. */
const notBegun = async (page: Page): Promise<Ended | undefined> => {
  if (isEnough(page)) return { as: { end: 'notStarted', why: 'enough' } }
  const wish = await page.wish()
  if (wish === undefined) return undefined
  if (wish.state === 'paused') return { as: { end: 'waiting' } }
  return { as: page.order.phase === 'settle' ? { end: 'leftToSweep' } : { end: 'notStarted', why: 'stopped' } }
}

const count = (page: Page, { as }: Ended): void => {
  if (!wasTried(as)) return
  const isFailure = as.end === 'failed'
  page.tried += 1
  page.failed += isFailure ? 1 : 0
  page.recent = withEnd(page.recent, isFailure)
}

/** Nothing of one secret may end the others': a defect is its failure. */
const carry = async (page: Page, rules: Rules, durable: Durable, name: string): Promise<Ended> => {
  let next: Try = { name, round: 1, outage: 1, late: 1 }
  for (;;) {
    const tried = await durable.step(name, async (): Promise<Tried> => {
      try {
        // Asked inside the step, so that a replay keeps the answer.
        const first = next.round === 1 && next.outage === 1 ? await notBegun(page) : undefined
        return first ?? (await tryOnce(page, rules, next))
      } catch (error) {
        return failed('defect', { message: error instanceof Error ? error.name : 'unknown' })
      }
    })
    if (tried.as !== 'later') {
      const ended: Ended = { as: tried.as, ...('message' in tried ? defined({ message: tried.message }) : {}) }
      count(page, ended)
      return ended
    }
    const { waitSeconds = 1, because = 'round' } = 'waitSeconds' in tried ? tried : {}
    next = { ...next, [because]: next[because] + 1 }
    await durable.wait(`${name} again`, waitSeconds)
  }
}

/** What an earlier version of the campaign, which asked for this page, reads of it. */
const countsOf = (ends: readonly SecretEnd[], phase: PageOrder['phase']): Partial<Counts> => {
  const of = (wanted: SecretEnd['end']): number => ends.filter(({ end }) => end === wanted).length
  const skipped: Partial<Record<Skip, number>> = {}
  for (const one of ends) if (one.end === 'skipped') skipped[one.why] = (skipped[one.why] ?? 0) + 1
  // Who comes to the settle in the same breath was switched, too.
  const switched = phase === 'revoke' ? of('settled') + of('leftToSweep') : of('switched')
  const notStarted = of('notStarted') + of('waiting')
  return { switched, settled: of('settled'), leftToSweep: of('leftToSweep'), failed: of('failed'), notStarted, skipped }
}

const failuresOf = ({ campaigning }: Page, names: readonly string[], ends: readonly Ended[]) =>
  ends.flatMap(({ as, message }, at): readonly CampaignFailure[] => {
    const name = names[at]
    if (as.end !== 'failed' || name === undefined) return []
    const { end: _end, ...failure } = as
    return [shortened({ secretName: fullNameOf(campaigning.rules, name), ...failure, ...defined({ message }) })]
  })

const replyOf = (page: Page, names: readonly string[], ends: readonly Ended[], endedAt: number): PageReply => {
  const { order, recent } = page
  const failures = failuresOf(page, names, ends)
  const overlaps = ends.flatMap(({ as }) => (as.end === 'switched' ? [as.overlapEndsAt] : []))
  const switched = ends.flatMap(({ as }, at) => (as.end === 'switched' ? [at] : []))
  const bare = ends.map(({ as }) => as)
  return {
    counts: countsOf(bare, order.phase),
    failures: failures.slice(0, PAGE_FAILURES),
    failuresOmitted: Math.max(0, failures.length - PAGE_FAILURES),
    endedAt,
    ends: bare,
    ...(order.window === undefined ? {} : { recent }),
    ...(overlaps.length === 0 ? {} : { overlapsEndAt: Math.max(...overlaps), switched }),
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
  const wish = createWishGlance(campaigning, order.execution)
  const recent = order.window?.recent ?? ''
  const page: Page = { campaigning, order, limiter, wish, failed: 0, tried: 0, recent }
  const rules = createRules(page, createFreezeGlance(campaigning))
  const names = order.names.slice(0, PAGE_SECRETS)
  const ends = await durable.each('secrets', names, order.inFlight, (one, name) => carry(page, rules, one, name))
  const reply = replyOf(page, names, ends, await durable.step('end', async () => timing.now()))
  const { switched, settled, failed: failures, notStarted } = reply.counts
  const counts = { switched, settled, failed: failures, notStarted }
  journal.note({ about: order.about, page: number, phase, secrets: names.length, ...counts })
  return reply
}
