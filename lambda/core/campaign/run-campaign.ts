// A campaign from its request to its report: select → canary → waves → overlap → settle → report. It lists and divides; each page is
// an execution of its own (run-page.ts). A rotate stops when too much has failed, and keeps and reports what was switched: both values
// work. A revoke never stops.

import { defined } from '../base/defined.ts'
import { decidedBy, readFreeze, stops } from '../rotation/freeze.ts'
import { fullNameOf, type StageSecrets } from '../secret/stage-secrets.ts'
import { failuresAllowed, hasHadEnough, inOrder, pagesOf, type Shares, type SoFar, sharesOf } from './campaign.ts'
import { type PagePhase, type PageReply, pageOrder } from './campaign-page.ts'
import type { Durable } from './campaign-ports.ts'
import {
  addCounts,
  type CampaignFailure,
  type CampaignOutcome,
  type CampaignReport,
  type Counts,
  campaignCompleted,
  noCounts,
  REPORT_FAILURES,
  REPORT_NAMES,
} from './campaign-report.ts'
import type { CampaignRequest } from './campaign-request.ts'
import { type Campaigning, persistently } from './campaigning.ts'
import { type SelectedPage, selectSecrets } from './select-secrets.ts'

interface CampaignRun {
  readonly request: CampaignRequest
  /** What the request tokens are about. */
  readonly id: string
  /** Of this durable execution. */
  readonly executionId: string
}

interface Begun extends CampaignRun {
  /** Epoch milliseconds: what a campaign of the same id tried before is tried anew. */
  readonly startedAt: number
}

interface Wave {
  readonly page: number
  readonly names: readonly string[]
}

interface Tally {
  counts: Counts
  failures: CampaignFailure[]
  failuresOmitted: number
}

interface Work {
  readonly campaigning: Campaigning
  readonly durable: Durable
  readonly run: Begun
  readonly shares: Shares
  readonly tally: Tally
}

const add = (tally: Tally, { counts, failures, failuresOmitted }: PageReply): void => {
  const room = Math.max(0, REPORT_FAILURES - tally.failures.length)
  tally.counts = addCounts(tally.counts, counts)
  tally.failures.push(...failures.slice(0, room))
  tally.failuresOmitted += failuresOmitted + Math.max(0, failures.length - room)
}

/** A page that ended without a word: what it did is in Secrets Manager, and the sweep sees to it. */
const lost = ({ names }: Wave, stage: StageSecrets): PageReply => ({
  counts: { failed: names.length },
  failures: names.slice(0, 1).map((name) => ({ secretName: fullNameOf(stage, name), why: 'lost', attempts: 0 })),
  failuresOmitted: Math.max(0, names.length - 1),
  endedAt: 0,
})

interface PageRun {
  readonly phase: PagePhase
  readonly failuresAllowed?: number | undefined
  readonly notBefore?: number | undefined
}

const runPage = async (work: Work, durable: Durable, wave: Wave, how: PageRun): Promise<PageReply> => {
  const { campaigning, run, shares } = work
  const { phase, failuresAllowed: allowed, notBefore } = how
  const { intent, graceSeconds } = run.request
  const order = pageOrder({
    page: wave.page,
    about: run.id,
    intent,
    isGraceful: graceSeconds !== undefined,
    phase,
    names: wave.names,
    inFlight: shares.inFlight,
    rotationsPerSecond: shares.rotationsPerSecond,
    since: run.startedAt,
    ...defined({ failuresAllowed: allowed, notBefore }),
  })
  try {
    return await durable.invoke<typeof order, PageReply>(`${phase} page ${wave.page}`, order)
  } catch (error) {
    const message = error instanceof Error ? error.message : 'unknown'
    campaigning.journal.note({ about: run.id, page: wave.page, phase, outcome: 'lost', message })
    return lost(wave, campaigning.rules)
  }
}

/** Those of a page whose overlaps are to be ended, and when. */
type Switched = Wave & { readonly overlapsEndAt: number }

const switchedOf = (
  { page, names }: Wave,
  { switched = [] }: PageReply,
  overlapsEndAt: number,
): readonly Switched[] => {
  const left = switched.flatMap((at) => names[at] ?? [])
  return left.length === 0 ? [] : [{ page, names: left, overlapsEndAt }]
}

const switchWave = async (
  work: Work,
  waves: readonly Wave[],
  { soFar, name }: { readonly soFar: SoFar; readonly name: string },
): Promise<readonly Switched[]> => {
  const { durable, run, shares, tally } = work
  const { toleratedFailurePercentage } = run.request
  const replies = await durable.each(name, waves, shares.pagesAtOnce, (one, wave) => {
    const allowed = Math.max(0, failuresAllowed(toleratedFailurePercentage, soFar, wave.names.length))
    return runPage(work, one, wave, { phase: 'switch', failuresAllowed: allowed })
  })
  return replies.flatMap((reply, at) => {
    add(tally, reply)
    const wave = waves[at]
    return wave === undefined ? [] : switchedOf(wave, reply, reply.overlapsEndAt ?? 0)
  })
}

const sizeOf = (waves: readonly Wave[]): number => waves.reduce((sum, { names }) => sum + names.length, 0)

/** Waves of as many pages as run at once, so that what failed is known before the next ones begin. */
const switchPlanned = async (work: Work, canary: Wave | undefined, pages: readonly Wave[]) => {
  const { run, shares, tally } = work
  const tolerated = run.request.toleratedFailurePercentage
  const switched: Switched[] = []
  let begun = 0
  const soFar = (): SoFar => ({ begun, failed: tally.counts.failed })
  if (canary !== undefined) {
    switched.push(...(await switchWave(work, [canary], { soFar: soFar(), name: 'canary' })))
    begun += sizeOf([canary])
    if (tally.counts.failed > 0)
      return { switched, isStopped: pages.length > 0, left: sizeOf(pages), why: 'the canary failed' }
  }
  for (let at = 0; at < pages.length; at += shares.pagesAtOnce) {
    const waves = pages.slice(at, at + shares.pagesAtOnce)
    switched.push(...(await switchWave(work, waves, { soFar: soFar(), name: `wave ${at / shares.pagesAtOnce + 1}` })))
    begun += sizeOf(waves)
    if (hasHadEnough(tolerated, soFar()) || tally.counts.notStarted > 0) {
      const left = sizeOf(pages.slice(at + shares.pagesAtOnce))
      return { switched, isStopped: true, left, why: `more than ${tolerated} % of those begun failed` }
    }
  }
  return { switched, isStopped: false, left: 0, why: undefined }
}

const settleAll = async (work: Work, switched: readonly Switched[]): Promise<void> => {
  const { durable, shares, tally } = work
  const replies = await durable.each('settle', switched, shares.pagesAtOnce, (one, wave) =>
    runPage(work, one, wave, { phase: 'settle', notBefore: wave.overlapsEndAt }),
  )
  for (const reply of replies) add(tally, reply)
}

const runPlanned = async (
  work: Work,
  names: readonly string[],
): Promise<Pick<CampaignReport, 'outcome' | 'explanation'>> => {
  const { run, shares, tally } = work
  const { canary } = run.request
  const first = names.slice(0, canary)
  const pages = pagesOf(names.slice(canary), shares.pagesAtOnce).map((page, at) => ({ page: at + 1, names: page }))
  const { switched, isStopped, left, why } = await switchPlanned(
    work,
    first.length === 0 ? undefined : { page: 0, names: first },
    pages,
  )
  tally.counts = addCounts(tally.counts, { notStarted: left })
  await settleAll(work, switched)
  return isStopped ? { outcome: 'stopped', ...defined({ explanation: why }) } : { outcome: 'completed' }
}

const runRevoke = async (work: Work, names: readonly string[]): Promise<void> => {
  const { durable, run, shares, tally } = work
  const pages = pagesOf(names, shares.pagesAtOnce).map((page, at) => ({ page: at + 1, names: page }))
  const { graceSeconds } = run.request
  if (graceSeconds === undefined) {
    const replies = await durable.each('revoke', pages, shares.pagesAtOnce, (one, wave) =>
      runPage(work, one, wave, { phase: 'revoke' }),
    )
    for (const reply of replies) add(tally, reply)
    return
  }
  const replies = await durable.each('revoke', pages, shares.pagesAtOnce, (one, wave) =>
    runPage(work, one, wave, { phase: 'switch' }),
  )
  const switched = replies.flatMap((reply, at) => {
    add(tally, reply)
    const page = pages[at]
    // Each page's grace runs from its own last switch.
    return page === undefined ? [] : switchedOf(page, reply, reply.endedAt + graceSeconds * 1000)
  })
  await settleAll(work, switched)
}

const report = (
  outcome: CampaignOutcome,
  tally: Tally,
  more: Partial<CampaignReport> & Pick<CampaignReport, 'startedAt' | 'endedAt'>,
): CampaignReport => ({
  outcome,
  counts: tally.counts,
  failures: tally.failures,
  failuresOmitted: tally.failuresOmitted,
  ...more,
})

const emptyTally = (selection?: SelectedPage): Tally => {
  const failures = selection?.failures ?? []
  return {
    counts: {
      ...noCounts,
      selected: (selection?.chosen.length ?? 0) + failures.length,
      skipped: selection?.skipped ?? {},
      failed: failures.length,
    },
    failures: failures.slice(0, REPORT_FAILURES),
    failuresOmitted: Math.max(0, failures.length - REPORT_FAILURES),
  }
}

const carryThrough = async (
  campaigning: Campaigning,
  durable: Durable,
  run: Begun,
): Promise<Omit<CampaignReport, 'startedAt' | 'endedAt'>> => {
  const { request } = run
  const { intent, dryRun } = request
  const none = { startedAt: 0, endedAt: 0 }
  const freeze = await durable.step('freeze', () => readFreeze(campaigning).then(decidedBy))
  if (stops(freeze, { intent, currentOrigin: 'rotate' }) && !dryRun) {
    return report('frozen', emptyTally(), { ...none, explanation: `rotations are frozen (${freeze})` })
  }
  const selected = await selectSecrets(campaigning, durable, request)
  if (!selected.ok) return report('refused', emptyTally(), { ...none, explanation: selected.refusal })
  const tally = emptyTally(selected.value)
  const names = inOrder(selected.value.chosen)
  if (dryRun) {
    const secretNames = names.slice(0, REPORT_NAMES).map((name) => fullNameOf(campaigning.rules, name))
    return report('dryRun', tally, { ...none, secretNames })
  }
  const shares = sharesOf(request, names.length, campaigning.rules.rotationsPerSecond)
  const work: Work = { campaigning, durable, run, shares, tally }
  if (intent === 'rotate') {
    const { outcome, explanation } = await runPlanned(work, names)
    return report(outcome, tally, { ...none, ...defined({ explanation }) })
  }
  await runRevoke(work, names)
  return report('completed', tally, none)
}

export const runCampaign = async (
  campaigning: Campaigning,
  durable: Durable,
  run: CampaignRun,
): Promise<CampaignReport> => {
  const { timing, events, journal } = campaigning
  const startedAt = await durable.step('begin', async () => timing.now())
  const done = await carryThrough(campaigning, durable, { ...run, startedAt })
  const endedAt = await durable.step('end', async () => timing.now())
  const whole: CampaignReport = { ...done, startedAt, endedAt }
  await durable.step('report', () =>
    persistently(timing, () =>
      events.publish([campaignCompleted(run.request, whole, { id: run.id, executionId: run.executionId })]),
    ),
  )
  const { selected, switched, settled, failed, notStarted } = whole.counts
  const { intent } = run.request
  journal.note({ about: run.id, intent, outcome: whole.outcome, selected, switched, settled, failed, notStarted })
  return whole
}
