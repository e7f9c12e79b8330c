// The end of a sweep: people get what is new in one digest, once a day all that is open, and the records keep what was said. Only then is it
// remembered: a sweep that is killed before says it again, which the event's id shows, and none is silent. Two sweeps that meet take turns.

import type { Events } from '../base/events.ts'
import { Fault } from '../base/fault.ts'
import { forEachLimited } from '../base/for-each-limited.ts'
import type { Journal } from '../base/journal.ts'
import type { Timing } from '../base/timing.ts'
import { RECORDS_UNAVAILABLE } from '../rotation/records.ts'
import type { ReportMemory } from './report-memory.ts'
import { findingKey, type OpenFinding, type Reports, type SweepFinding } from './reports.ts'
import { dailySummary, summaryDay, sweepDigest } from './sweep-digest.ts'

export interface Reporting {
  /** Absent: nothing is remembered. */
  readonly memory?: ReportMemory | undefined
  readonly events: Events<'m2m.sweep'>
  readonly journal: Journal
  readonly timing: Timing
  /** Names the day's summary. */
  readonly stage: string
  /** Epoch milliseconds. */
  readonly asOf: number
}

/** Longer than a sweep may take, and shorter than from one to the next but one. */
const REPORTING_MS = 6 * 60_000
const WRITES_AT_ONCE = 10
/** A partition of DynamoDB takes a thousand. */
const WRITES_A_SECOND = 500

const noteGone = ({ journal }: Reporting, call: string, error: unknown): void => {
  if (!(error instanceof Fault)) throw error
  journal.note({ outcome: RECORDS_UNAVAILABLE, call, message: error.message })
}

/** @returns undefined where nothing is remembered, or the records do not answer, which is logged. */
export const readOpen = async (reporting: Reporting): Promise<readonly OpenFinding[] | undefined> => {
  const { memory, asOf } = reporting
  if (memory === undefined) return undefined
  try {
    return await memory.open(asOf)
  } catch (error) {
    noteGone(reporting, 'open', error)
    return undefined
  }
}

interface Remembering extends Reporting {
  readonly memory: ReportMemory
}

/** @returns whether there was one. */
const publishDigest = async ({ events, asOf }: Reporting, findings: readonly SweepFinding[]): Promise<boolean> => {
  const digest = sweepDigest(
    findings.filter(({ isForPeople }) => isForPeople),
    { at: asOf },
  )
  if (digest !== undefined) await events.publish([digest])
  return digest !== undefined
}

/** @returns how many could not be written: the next sweep says those again. */
const remember = async (reporting: Remembering, reports: Reports): Promise<number> => {
  const { memory, timing, asOf } = reporting
  let failed = 0
  const limits = {
    timing,
    concurrency: WRITES_AT_ONCE,
    perSecond: WRITES_A_SECOND,
    until: timing.now() + Math.max(0, timing.remainingMs()) / 2,
    onFailure: (_one: unknown, error: unknown): void => {
      if (failed === 0) noteGone(reporting, 'note', error)
      failed += 1
    },
  }
  const before = new Map((reports.known ?? []).map((one) => [findingKey(one), one]))
  const { begun } = await forEachLimited(reports.all(), limits, async (finding) => {
    // The date of the first look is kept where a later one shows a younger trace of the same.
    const since = Math.min(finding.since, before.get(findingKey(finding))?.since ?? finding.since)
    await memory.note({ ...finding, since, reportedAt: asOf })
  })
  await forEachLimited(reports.over(), limits, (finding) => memory.end(finding))
  return failed + reports.all().length - begun
}

/** Once a day, by whichever sweep is the first of it; never in the first sweep of all, which has nothing to compare with. */
const summarize = async (reporting: Remembering): Promise<void> => {
  const { memory, events, asOf, stage } = reporting
  const day = summaryDay(asOf)
  const done = await memory.daysDone()
  if (done.summary !== undefined && summaryDay(done.summary) >= day) return
  if (done.summary !== undefined) {
    const open = (await memory.open(asOf)).filter(({ isForPeople }) => isForPeople)
    // Whoever was told of something since the last one is told that it is over: not right after days without a sweep, in which what is
    // remembered has expired, and what takes a round to find is not found yet.
    const isDaily = summaryDay(done.summary) === day - 1
    const wasTold = done.told !== undefined && done.told >= done.summary
    const isEnd = open.length === 0 && wasTold && isDaily
    await events.publish([dailySummary(open, { at: asOf, stage, isEnd })])
    if (open.length > 0 || (wasTold && !isDaily)) await memory.noteDay('told', asOf)
    await memory.noteDay('published', asOf)
  }
  await memory.noteDay('summary', asOf)
}

/** The digest is out: what fails from here on makes the next sweep say it again, and not this one. */
const afterDigest = async (
  reporting: Remembering,
  reports: Reports,
  isTold: boolean,
): Promise<'done' | 'forgotten'> => {
  try {
    if (isTold) await reporting.memory.noteDay('told', reporting.asOf)
    const unwritten = await remember(reporting, reports)
    await summarize(reporting)
    return unwritten === 0 ? 'done' : 'forgotten'
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'RECORDS_UNAVAILABLE') throw error
    noteGone(reporting, 'remember', error)
    return 'forgotten'
  }
}

const withMemory = async (reporting: Remembering, reports: Reports): Promise<'done' | 'elsewhere' | 'forgotten'> => {
  const { memory, journal, asOf } = reporting
  if ((await memory.take(REPORTING_MS)) === 'held') {
    journal.note({ outcome: 'reportedElsewhere' })
    return 'elsewhere'
  }
  try {
    // Another sweep may have come between this one's beginning and its end.
    const now = new Map((await memory.open(asOf)).map((one) => [findingKey(one), one]))
    const isTold = await publishDigest(
      reporting,
      reports.all().filter((finding) => now.get(findingKey(finding))?.isForPeople !== true),
    )
    return await afterDigest(reporting, reports, isTold)
  } finally {
    await memory.release().catch((error: unknown) => noteGone(reporting, 'release', error))
  }
}

/**
 * @returns forgotten: the records did not answer, so that things may be said again.
 * @throws Fault EVENT_NOT_SENT
 */
export const finishReports = async (
  reporting: Reporting,
  reports: Reports,
): Promise<'done' | 'elsewhere' | 'forgotten'> => {
  const { memory } = reporting
  if (memory !== undefined) {
    try {
      return await withMemory({ ...reporting, memory }, reports)
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'RECORDS_UNAVAILABLE') throw error
      noteGone(reporting, 'finish', error)
    }
  }
  const known = new Map((reports.known ?? []).map((one) => [findingKey(one), one]))
  await publishDigest(
    reporting,
    reports.all().filter((finding) => known.get(findingKey(finding))?.isForPeople !== true),
  )
  return 'forgotten'
}
