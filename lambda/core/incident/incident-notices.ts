// What the incident function says before an incident ends: that it has begun, that it takes longer, or that a report was not carried out.
// Each has a summary that the stack's rules mail as it is, and the same in fields for programs.

import { defined } from '../base/defined.ts'
import { newEvent } from '../base/events.ts'
import { isJsonObject } from '../base/json-object.ts'
import { quotedText } from '../base/mail-text.ts'
import { isSubjectId } from '../drive/subject-id.ts'
import { begunSummary, delayedSummary, refusedSummary, reportedBy } from './incident-summary.ts'
import type { LeakEvent, LeakReport } from './leak-report.ts'

/** By name in an event; the rest is counted. */
const NAMES = 20
const FAULTS = 10
const FAULT_CHARACTERS = 300
const SOURCE_CHARACTERS = 64

interface Said {
  /** The bus's own id of the report, or what stands for it: a retry says the same. */
  readonly eventId: string
  /** Epoch milliseconds. */
  readonly at: number
}

interface Whom {
  /** Absent: nobody knows yet. */
  readonly count?: number | undefined
  readonly names: readonly string[]
}

export interface Begun extends Said, Whom {
  readonly how: 'function' | 'campaign' | 'waiting'
  /** Epoch milliseconds: by then the end, or a delay, is reported. */
  readonly until?: number | undefined
}

const iso = (at: number): string => new Date(at).toISOString()

export const incidentBegun = (report: LeakReport, { eventId, at, count, names, how, until: by }: Begun) => {
  const { incidentId, source, graceSeconds } = report
  const who = reportedBy(report)
  const until = by === undefined ? undefined : iso(by)
  return newEvent('Incident Begun', [incidentId, eventId], {
    incidentId,
    at: iso(at),
    reportedAs: source,
    ...who,
    how,
    ...defined({ count, graceSeconds, until }),
    secretNames: names.slice(0, NAMES),
    summary: begunSummary({ incidentId, source, by: who, count, names, how, graceSeconds, until }),
  })
}

export interface Delayed extends Said, Whom {
  readonly ended: number
  readonly failed: number
}

export const incidentDelayed = (report: LeakReport, { eventId, at, count, names, ended, failed }: Delayed) => {
  const { incidentId } = report
  const who = reportedBy(report)
  return newEvent('Incident Delayed', [incidentId, eventId, names], {
    incidentId,
    at: iso(at),
    ...who,
    ...defined({ open: count }),
    secretNames: names.slice(0, NAMES),
    ended,
    failed,
    summary: delayedSummary({ incidentId, by: who, open: count, names, ended, failed }),
  })
}

/** What a report that cannot be read says of itself, as far as that is usable. */
const detailsOf = ({ detail }: Pick<LeakEvent, 'detail'>) => {
  const { incidentId, requestedBy, reason } = isJsonObject(detail) ? detail : {}
  const isText = typeof requestedBy === 'string' && typeof reason === 'string'
  return {
    incidentId: typeof incidentId === 'string' && isSubjectId(incidentId) ? incidentId : undefined,
    by: isText ? reportedBy({ requestedBy, reason }) : undefined,
  }
}

export interface Refused extends Said {
  readonly faults: readonly string[]
}

export const leakReportRefused = (event: LeakEvent, { eventId, at, faults: found }: Refused) => {
  const source = typeof event.source === 'string' ? quotedText(event.source, SOURCE_CHARACTERS) : 'an unknown source'
  const { incidentId, by } = detailsOf(event)
  // A fault may name a field that the reporter invented.
  const faults = found.slice(0, FAULTS).map((fault) => quotedText(fault, FAULT_CHARACTERS))
  return newEvent('Leak Report Refused', [eventId, faults], {
    ...defined({ incidentId }),
    at: iso(at),
    reportedAs: source,
    ...by,
    faults,
    summary: refusedSummary({ incidentId, source, by, faults }),
  })
}
