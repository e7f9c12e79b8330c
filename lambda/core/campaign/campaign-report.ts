// What a campaign says when it is over, and what its pages say to it meanwhile: counts, and the failures by name up to a bound, so
// that a hundred thousand clients fit into an event and a checkpoint. Pure. Names and ids only.
import { defined } from '../base/defined.ts'
import { type M2mEvent, newEvent } from '../base/events.ts'
import type { Skip } from './campaign.ts'
import type { CampaignRequest } from './campaign-request.ts'

/** Of one secret, as a report names it. */
export interface CampaignFailure {
  readonly secretName: string
  /** notFound: nothing is there by this name or client id. lost: its page ended without a word. */
  readonly why:
    | 'gone'
    | 'notManaged'
    | 'refused'
    | 'settleRefused'
    | 'stuck'
    | 'rejected'
    | 'unavailable'
    | 'notFound'
    | 'lost'
    | 'defect'
  readonly attempts: number
  readonly message?: string
}

export interface Counts {
  /** Selected and let through: what the campaign set out to do. */
  readonly selected: number
  /** AWSCURRENT was moved to a new value. */
  readonly switched: number
  /** The old value is refused, proven, and reported. */
  readonly settled: number
  /** Its overlap ends later than the campaign: the sweep settles it. */
  readonly leftToSweep: number
  readonly failed: number
  /** Not begun, since the campaign had had enough. */
  readonly notStarted: number
  /** Left alone, by reason. */
  readonly skipped: Readonly<Partial<Record<Skip, number>>>
}

export const noCounts: Counts = {
  selected: 0,
  switched: 0,
  settled: 0,
  leftToSweep: 0,
  failed: 0,
  notStarted: 0,
  skipped: {},
}

const addSkips = (one: Counts['skipped'], other: Counts['skipped']): Counts['skipped'] => {
  const sum: Partial<Record<Skip, number>> = { ...one }
  for (const [why, count] of Object.entries(other) as [Skip, number][]) sum[why] = (sum[why] ?? 0) + count
  return sum
}

export const addCounts = (one: Counts, other: Partial<Counts>): Counts => ({
  selected: one.selected + (other.selected ?? 0),
  switched: one.switched + (other.switched ?? 0),
  settled: one.settled + (other.settled ?? 0),
  leftToSweep: one.leftToSweep + (other.leftToSweep ?? 0),
  failed: one.failed + (other.failed ?? 0),
  notStarted: one.notStarted + (other.notStarted ?? 0),
  skipped: addSkips(one.skipped, other.skipped ?? {}),
})

/** By name in a page's reply, and in the report. */
export const PAGE_FAILURES = 20
export const REPORT_FAILURES = 100
/** By name in a dry run's report. */
export const REPORT_NAMES = 200
const MESSAGE_CHARACTERS = 300

export const shortened = (failure: CampaignFailure): CampaignFailure =>
  failure.message === undefined ? failure : { ...failure, message: failure.message.slice(0, MESSAGE_CHARACTERS) }

/**
 * completed: everything was tried. stopped: too much failed, and the rest was not begun. refused: nothing was begun, for a reason that
 * is reported. frozen: nothing was begun, since rotations are. dryRun: nothing was to be begun.
 */
export type CampaignOutcome = 'completed' | 'stopped' | 'refused' | 'frozen' | 'dryRun'

export interface CampaignReport {
  readonly outcome: CampaignOutcome
  readonly explanation?: string
  readonly counts: Counts
  readonly failures: readonly CampaignFailure[]
  readonly failuresOmitted: number
  /** Of a dry run alone. */
  readonly secretNames?: readonly string[]
  readonly startedAt: number
  readonly endedAt: number
}

/** Whether a person has to look: something is not as it was asked for. */
export const needsSomebody = (
  { intent }: Pick<CampaignRequest, 'intent'>,
  { outcome, counts }: Pick<CampaignReport, 'outcome' | 'counts'>,
): boolean => {
  const isLeftOpen = intent === 'revoke' && (outcome === 'frozen' || (counts.skipped.frozen ?? 0) > 0)
  return outcome === 'stopped' || outcome === 'refused' || counts.failed > 0 || isLeftOpen
}

/** @param id what the request tokens are about; @param executionId distinguishes two runs of the same id. */
export const campaignCompleted = (
  request: CampaignRequest,
  report: CampaignReport,
  { id, executionId }: { readonly id: string; readonly executionId: string },
): M2mEvent<'m2m.campaign'> => {
  const { outcome, explanation, counts, failures, failuresOmitted, secretNames, startedAt, endedAt } = report
  const { intent, selector, incidentId, reason, requestedBy, dryRun, graceSeconds } = request
  return newEvent('Campaign Completed', [id, executionId], {
    campaignId: id,
    ...defined({ incidentId }),
    intent,
    outcome,
    needsSomebody: needsSomebody(request, report),
    ...defined({ explanation }),
    // By name alone: a selector of a thousand names would take the room of the failures.
    selector: Object.keys(selector)[0],
    reason,
    requestedBy,
    dryRun,
    ...defined({ graceSeconds }),
    counts,
    failures,
    failuresOmitted,
    ...defined({ secretNames }),
    startedAt: new Date(startedAt).toISOString(),
    endedAt: new Date(endedAt).toISOString(),
    durationSeconds: Math.round((endedAt - startedAt) / 1000),
  })
}
