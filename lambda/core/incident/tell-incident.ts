// How an incident speaks: what it publishes on the bus, and when. That it has begun or takes longer holds up no revoke, so that it is said if
// the bus takes it; its end, and that a report was not carried out, are said or the event is tried again.

import { defined } from '../base/defined.ts'
import type { Events } from '../base/events.ts'
import { Fault } from '../base/fault.ts'
import type { Journal } from '../base/journal.ts'
import type { Timing } from '../base/timing.ts'
import { readRequestToken } from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import { selectionOf } from '../secret/selector.ts'
import type { ChosenClients } from './choose-clients.ts'
import { type IncidentClient, type IncidentEnd, incidentCompleted } from './incident-completed.ts'
import { type Begun, incidentBegun, incidentDelayed, leakReportRefused } from './incident-notices.ts'
import { reportedBy } from './incident-summary.ts'
import { isAskedBy } from './incident-tokens.ts'
import type { LeakEvent, LeakReport } from './leak-report.ts'

export interface Telling {
  readonly events: Events<'m2m.incident'>
  readonly journal: Journal
  readonly jobParts: { readonly timing: Timing }
}

export interface Incident extends LeakReport {
  /** When it was reported, epoch milliseconds. */
  readonly since: number
  /** What tells this report from others of the same incident. */
  readonly eventId: string
  /** That it has begun was said by this very call. */
  readonly isSaid?: boolean
}

type Notice = ReturnType<typeof incidentBegun> | ReturnType<typeof incidentDelayed>

const mention = async ({ events, journal }: Telling, incident: Incident, notice: Notice): Promise<void> => {
  try {
    await events.publish([notice])
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    journal.note({ incident: incident.incidentId, outcome: 'notSaid', code: error.code, message: error.message })
  }
}

/**
 * Whether an earlier call for this very report has begun it, and said so: then one of its tokens, asked for since the report, carries a label.
 */
const hasBegun = ({ incidentId, since }: Incident, secrets: readonly Secret[]): boolean =>
  secrets.some(({ arn, labels }) =>
    Object.keys(labels).some(
      (token) => isAskedBy(incidentId, arn, token) && (readRequestToken(token).askedAt ?? 0) >= since,
    ),
  )

const namedBy = ({ selector }: LeakReport): readonly string[] =>
  'secretNames' in selector ? selector.secretNames : 'clientIds' in selector ? selector.clientIds : []

const begin = (telling: Telling, incident: Incident, more: Pick<Begun, 'how' | 'count' | 'names'>): Promise<void> => {
  const { timing } = telling.jobParts
  const at = timing.now()
  const until = more.how === 'campaign' ? undefined : at + Math.max(0, timing.remainingMs())
  return mention(telling, incident, incidentBegun(incident, { eventId: incident.eventId, at, until, ...more }))
}

/** Once a report: not by a call that finds it begun. */
export const tellBegun = async (
  telling: Telling,
  incident: Incident,
  { secrets, missing, count, how }: ChosenClients & { readonly how: 'function' | 'campaign' },
): Promise<void> => {
  if (incident.isSaid === true || hasBegun(incident, secrets)) return
  const found = [...secrets.map(({ name }) => name), ...missing]
  await begin(telling, incident, { how, count, names: found.length === 0 ? namedBy(incident) : found })
}

/** Before anybody knows whom it is about. */
export const tellWaiting = (telling: Telling, incident: Incident): Promise<void> =>
  begin(telling, incident, { how: 'waiting', names: namedBy(incident) })

interface Rest {
  /** Absent: nobody knows whom it is about. */
  readonly left?: readonly Pick<Secret, 'name'>[]
  readonly clients: readonly IncidentClient[]
}

/** What is left is a campaign's now. */
export const tellDelayed = (telling: Telling, incident: Incident, { left, clients }: Rest): Promise<void> => {
  const failed = clients.filter(({ outcome }) => outcome === 'failed').length
  const delayed = {
    eventId: incident.eventId,
    at: telling.jobParts.timing.now(),
    count: left?.length,
    names: left?.map(({ name }) => name) ?? namedBy(incident),
    ended: clients.length,
    failed,
  }
  return mention(telling, incident, incidentDelayed(incident, delayed))
}

type End = Pick<IncidentEnd, 'clients' | 'isNobody'> & {
  /** How many clients have not ended. */
  readonly open?: number
}

const secondsSince = (since: number, now: number): number => Math.max(0, Math.round((now - since) / 100) / 10)

/** @throws Fault EVENT_NOT_SENT */
export const tellEnd = async (
  { events, jobParts, journal }: Telling,
  incident: Incident,
  { clients, isNobody, open = 0 }: End,
): Promise<void> => {
  if (clients.length === 0) return
  const { incidentId, since } = incident
  const at = jobParts.timing.now()
  const seconds = secondsSince(since, at)
  const whole = {
    incidentId,
    at,
    clients,
    seconds,
    by: reportedBy(incident),
    selection: selectionOf(incident.selector),
  }
  await events.publish(incidentCompleted({ ...whole, ...defined({ isNobody, open: open > 0 ? open : undefined }) }))
  for (const { secretArn, outcome, requestTokens, why } of clients) {
    // From the incident's id to the request token, which every step and every event of that rotation carries.
    journal.note({ incident: incidentId, secret: secretArn, outcome, requestToken: requestTokens.at(-1), why })
  }
}

/** Nothing was begun. @returns the incident's id, if the report has one. @throws Fault EVENT_NOT_SENT */
export const tellRefused = async (
  { events, jobParts, journal }: Telling,
  event: LeakEvent,
  faults: readonly string[],
): Promise<string | undefined> => {
  const at = jobParts.timing.now()
  const eventId = typeof event.id === 'string' ? event.id : String(at)
  const refused = leakReportRefused(event, { eventId, at, faults })
  await events.publish([refused])
  const { incidentId, reportedAs } = refused.detail
  journal.note({
    ...defined({ incident: incidentId }),
    source: reportedAs,
    outcome: 'refused',
    why: refused.detail.faults.join('; '),
  })
  return incidentId
}
