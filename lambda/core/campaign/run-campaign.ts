// A campaign from its request to its report: select → canary → waves → overlap → settle → report. It lists and divides; each page is
// an execution of its own (run-page.ts). A rotate stops when too much has failed, and keeps and reports what was switched: both values
// work. A revoke never stops.

import { decidedBy, readFreeze, stops } from '../rotation/freeze.ts'
import { fullNameOf } from '../secret/stage-secrets.ts'
import { type Chosen, inOrder, sharesOf } from './campaign.ts'
import { createWishGlance } from './campaign-control.ts'
import type { Durable } from './campaign-ports.ts'
import {
  type CampaignOutcome,
  type CampaignReport,
  campaignCompleted,
  leftToSomebody,
  REPORT_NAMES,
} from './campaign-report.ts'
import { type CampaignTally, createTally } from './campaign-tally.ts'
import type { CampaignRun, CampaignWork, Stop } from './campaign-work.ts'
import { type Campaigning, persistently } from './campaigning.ts'
import type { LastAttempts } from './known-failures.ts'
import { switchPlanned } from './run-planned.ts'
import { runRevoke } from './run-revoke.ts'
import { selectSecrets } from './select-secrets.ts'
import { leaveToSweep, settleSwitched } from './settle-switched.ts'

type Undated = Omit<CampaignReport, 'startedAt' | 'endedAt'>

const report = (outcome: CampaignOutcome, tally: CampaignTally, more: Partial<Undated> = {}): Undated => ({
  outcome,
  ...tally.report(),
  ...more,
})

const runPlanned = async (
  work: CampaignWork,
  chosen: readonly Chosen[],
  attempts: LastAttempts | undefined,
): Promise<Stop | undefined> => {
  const { switched, stop } = await switchPlanned(work, chosen, attempts)
  // What the stop rule ended is settled in its time; whoever stops a campaign wants its report.
  if (stop === undefined || stop.why === 'enough') return (await settleSwitched(work, switched)) ?? stop
  leaveToSweep(work, switched)
  return stop
}

const ended = ({ run, tally }: CampaignWork, stop: Stop | undefined): Undated => {
  if (stop !== undefined) return report('stopped', tally, { explanation: stop.explanation })
  const left = Object.entries(leftToSomebody(run.request, tally.report().counts))
  if (left.length === 0) return report('completed', tally)
  return report('incomplete', tally, { explanation: left.map(([what, count]) => `${count} ${what}`).join(', ') })
}

const carryThrough = async (
  campaigning: Campaigning,
  durable: Durable,
  { run, startedAt }: Pick<CampaignWork, 'run' | 'startedAt'>,
): Promise<Undated> => {
  const { rules } = campaigning
  const { request } = run
  const { intent, dryRun } = request
  const freeze = await durable.step('freeze', () => readFreeze(campaigning).then(decidedBy))
  if (stops(freeze, { intent, currentOrigin: 'rotate' }) && !dryRun) {
    return report('frozen', createTally(rules), { explanation: `rotations are frozen (${freeze})` })
  }
  const selected = await selectSecrets(campaigning, durable, request)
  if (!selected.ok) return report('refused', createTally(rules), { explanation: selected.refusal })
  const tally = createTally(rules, selected.value)
  const chosen = inOrder(selected.value.chosen)
  const names = chosen.map(({ name }) => name)
  if (dryRun) {
    for (const name of names) tally.ended(name, { end: 'notStarted', why: 'dryRun' })
    return report('dryRun', tally, { secretNames: names.slice(0, REPORT_NAMES).map((name) => fullNameOf(rules, name)) })
  }
  const shares = sharesOf(request, names.length, rules.rotationsPerSecond)
  const wish = createWishGlance(campaigning, run.executionId)
  const work: CampaignWork = { campaigning, durable, run, startedAt, shares, tally, wish, pausedMs: 0 }
  return ended(
    work,
    await (intent === 'rotate' ? runPlanned(work, chosen, selected.value.attempts) : runRevoke(work, names)),
  )
}

export const runCampaign = async (
  campaigning: Campaigning,
  durable: Durable,
  run: CampaignRun,
): Promise<CampaignReport> => {
  const { timing, events, journal } = campaigning
  const startedAt = await durable.step('begin', async () => timing.now())
  const done = await carryThrough(campaigning, durable, { run, startedAt })
  const endedAt = await durable.step('end', async () => timing.now())
  const whole: CampaignReport = { ...done, startedAt, endedAt }
  const { id, executionId } = run
  const { campaignEveryMs } = campaigning.rules.stage
  await durable.step('report', () =>
    persistently(timing, () =>
      events.publish([campaignCompleted(run.request, whole, { id, executionId, campaignEveryMs })]),
    ),
  )
  const { selected, switched, settled, failed, notStarted } = whole.counts
  const { intent } = run.request
  const counts = { selected, switched, settled, failed, notStarted }
  journal.note({ about: run.id, intent, outcome: whole.outcome, ...counts, ms: endedAt - startedAt })
  return whole
}
