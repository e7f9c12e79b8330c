// What a campaign says when it is over, and what its pages say to it meanwhile: counts, and the failures by name up to a bound, so
// that a hundred thousand clients fit into an event and a checkpoint. Pure. Names and ids only.
import { defined } from '../base/defined.ts'
import { CAMPAIGN_COMPLETED } from '../base/event-types.ts'
import { type M2mEvent, newEvent } from '../base/events.ts'
import { DAY_MS } from '../base/time-units.ts'
import { selectionOf } from '../secret/selector.ts'
import type { Skip } from './campaign.ts'
import type { CampaignRequest } from './campaign-request.ts'
import type { FailureReason, SecretOutcome } from './secret-end.ts'

/** Of one secret, as a report names it. */
export interface CampaignFailure {
  readonly secretName: string
  /** notFound: nothing is there by this name or client id. lost: nobody knows what became of it. */
  readonly why: FailureReason
  readonly attempts: number
  /** Of a refusal: the rotation function's own word. */
  readonly reason?: string
  readonly message?: string
}

/** Of one secret that was asked for and neither ended as settled nor failed. */
export interface NotDoneSecret {
  readonly secretName: string
  readonly outcome: Exclude<SecretOutcome, 'settled' | 'failed'>
  readonly why?: string
  /** When its overlap ends, ISO 8601. */
  readonly until?: string
}

/** What each secret that was selected ends in adds up to `selected`; with what was left alone, to `matched`. */
export interface Counts {
  /** Everything that the selector means, and that is neither retired nor deleted; and of what is named one by one, that as well. */
  readonly matched: number
  /** Selected and let through: what the campaign set out to do. */
  readonly selected: number
  /** AWSCURRENT was moved to a new value, by this run. */
  readonly switched: number
  /** The old value is refused, proven, and reported. */
  readonly settled: number
  /** Its overlap ends later than the campaign: the sweep settles it. */
  readonly leftToSweep: number
  readonly failed: number
  /** Not begun, since the campaign had had enough. */
  readonly notStarted: number
  /** Left alone, by reason: at the selection or since. */
  readonly skipped: Skips
  /** Of these, at the selection: they are not among the selected. */
  readonly leftAlone: Skips
  readonly outcomes: Readonly<Partial<Record<SecretOutcome, number>>>
  /** Of each outcome that has reasons. Where it is known why a rotation was refused, `refused:clientInactive`. */
  readonly reasons: Readonly<Partial<Record<SecretOutcome, Readonly<Partial<Record<string, number>>>>>>
  /** Of those that failed: how many had failed before this campaign began. */
  readonly knownFailures: number
}

type Skips = Readonly<Partial<Record<Skip, number>>>

export const noCounts: Counts = {
  matched: 0,
  selected: 0,
  switched: 0,
  settled: 0,
  leftToSweep: 0,
  failed: 0,
  notStarted: 0,
  skipped: {},
  leftAlone: {},
  outcomes: {},
  reasons: {},
  knownFailures: 0,
}

/** By name in a page's reply, and in the report. */
export const PAGE_FAILURES = 20
export const REPORT_FAILURES = 100
/** By name, of those that were not done and did not fail. */
export const REPORT_NOT_DONE = 80
/** By name in a revoke's report, of those that are done: an event holds 256 KB, and these come last. */
export const REPORT_SETTLED = 50
/** Names and client ids have at most 768 characters together; of usual ones there is room for all. */
export const REPORT_CLIENTS_BYTES = 24 * 1024
/** By name in a dry run's report. */
export const REPORT_NAMES = 200
const MESSAGE_CHARACTERS = 300

export const shortened = (failure: CampaignFailure): CampaignFailure =>
  failure.message === undefined ? failure : { ...failure, message: failure.message.slice(0, MESSAGE_CHARACTERS) }

/**
 * completed: it ran to its end, and nothing is left to anybody. incomplete: it ran to its end, and something is. stopped: too much failed, or
 * an operator stopped it, and the rest was not begun. refused: nothing was begun, for a reason that is reported. frozen: nothing was begun,
 * since rotations are. dryRun: nothing was to be begun.
 */
export type CampaignOutcome = 'completed' | 'incomplete' | 'stopped' | 'refused' | 'frozen' | 'dryRun'

/** What a report lists. */
export interface Listed {
  readonly counts: Counts
  readonly failures: readonly CampaignFailure[]
  readonly failuresOmitted: number
  readonly notDone: readonly NotDoneSecret[]
  readonly notDoneOmitted: number
  /** The first that were settled; `counts` has how many there are. */
  readonly settledNames: readonly string[]
  /**
   * Of a selection by client ids, by the names of this report, as far as there is room: which of these clients the secret holds. Absent:
   * it was by something else.
   */
  readonly clients?: Readonly<Record<string, readonly string[]>>
}

export interface CampaignReport extends Listed {
  readonly outcome: CampaignOutcome
  readonly explanation?: string
  /** Of a dry run alone. */
  readonly secretNames?: readonly string[]
  readonly startedAt: number
  readonly endedAt: number
}

type Asked = Pick<CampaignRequest, 'intent' | 'selector'>

/** Whoever chose secrets wants each of them done; the periodic campaign comes again tomorrow. */
const isChosen = ({ selector }: Asked): boolean => !('due' in selector)

/** What is left alone for one of these reasons, whoever chose it has to ask for again. */
const hindrances: readonly Skip[] = ['held', 'unfinished', 'overlapOpen', 'notManaged', 'frozen']

/** How many of what was asked for are not done, and will not be by themselves; by the reasons that a report gives. */
export const leftToSomebody = (asked: Asked, counts: Counts): Readonly<Record<string, number>> => {
  const { failed, notStarted, skipped, leftToSweep, reasons } = counts
  const counting = isChosen(asked) ? hindrances : (['frozen'] as const)
  const left = {
    failed,
    'not started': notStarted,
    ...Object.fromEntries(counting.map((why) => [`skipped (${why})`, skipped[why] ?? 0])),
    // Of one that failed, nothing but a person ends it; the sweep calls for one.
    'left open for a replica that is behind': reasons.leftToSweep?.replicaBehind ?? 0,
    // The sweep ends it as a planned overlap: the old value is accepted until then.
    ...(asked.intent === 'revoke' ? { 'left to the sweep': leftToSweep } : {}),
  }
  return Object.fromEntries(Object.entries(left).filter(([, count]) => count > 0))
}

/** Weeks begin on Mondays, at midnight UTC; the epoch was a Thursday. */
const FIRST_MONDAY_MS = 4 * DAY_MS
const weekOf = (at: number): number => Math.floor((at - FIRST_MONDAY_MS) / (7 * DAY_MS))

/** Whether no campaign before this one began in the same week. @param campaignEveryMs the longest time between two */
const isFirstOfWeek = (startedAt: number, campaignEveryMs: number): boolean =>
  weekOf(startedAt) !== weekOf(startedAt - campaignEveryMs)

/**
 * Whether a person has to look: something is not as it was asked for. The periodic campaign says so of clients that had failed before it, and
 * of nothing else, once a week.
 * @param campaignEveryMs the longest time between two periodic campaigns. @default - none of them is known to come again
 */
export const needsSomebody = (
  asked: Asked,
  { outcome, counts, startedAt }: Pick<CampaignReport, 'outcome' | 'counts' | 'startedAt'>,
  campaignEveryMs?: number,
): boolean => {
  const isAsked = asked.intent === 'revoke' || isChosen(asked)
  const isReminded = campaignEveryMs === undefined || isFirstOfWeek(startedAt, campaignEveryMs)
  const failed = isReminded ? counts.failed : counts.failed - counts.knownFailures
  switch (outcome) {
    case 'completed':
    case 'dryRun':
      return false
    case 'stopped':
    case 'refused':
      return true
    case 'frozen':
      return isAsked
    case 'incomplete':
      // Whoever froze rotations knows why a periodic campaign did little.
      return isAsked || failed > 0 || counts.notStarted > 0
  }
}

interface Reporting {
  /** What the request tokens are about. */
  readonly id: string
  /** Distinguishes two runs of the same id. */
  readonly executionId: string
  /** As of needsSomebody. */
  readonly campaignEveryMs?: number | undefined
}

export const campaignCompleted = (
  request: CampaignRequest,
  report: CampaignReport,
  { id, executionId, campaignEveryMs }: Reporting,
): M2mEvent<'m2m.campaign'> => {
  const { outcome, explanation, counts, failures, failuresOmitted, secretNames, startedAt, endedAt } = report
  const { notDone, notDoneOmitted, settledNames, clients } = report
  const { intent, selector, incidentId, reason, requestedBy, dryRun, graceSeconds } = request
  return newEvent(CAMPAIGN_COMPLETED, [id, executionId], {
    campaignId: id,
    ...defined({ incidentId }),
    intent,
    outcome,
    needsSomebody: needsSomebody(request, report, campaignEveryMs),
    ...defined({ explanation }),
    // By name alone: a selector of a thousand names would take the room of the failures.
    selector: Object.keys(selector)[0],
    selection: selectionOf(selector),
    reason,
    requestedBy,
    dryRun,
    ...defined({ graceSeconds }),
    counts,
    failures,
    failuresOmitted,
    notDone,
    notDoneOmitted,
    // Of a revoke, for the end of its incident.
    ...(intent === 'revoke' && !dryRun ? { settledNames } : {}),
    ...defined({ clients, secretNames }),
    startedAt: new Date(startedAt).toISOString(),
    endedAt: new Date(endedAt).toISOString(),
    durationSeconds: Math.round((endedAt - startedAt) / 1000),
  })
}
