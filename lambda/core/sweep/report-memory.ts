// The port to what was reported: the records table, below keys of the sweep's own. Without it, things are reported more often than once a day.
import type { OpenFinding, SweepFinding } from './reports.ts'

/**
 * What is done once a day. summary: it was looked whether one is due. published: there was one. value: one was tried from end to end.
 * And told, at any time: people were told of something that is open.
 */
export type DailyTask = 'summary' | 'published' | 'value' | 'told'

/** When it was done last, epoch milliseconds. */
export type DaysDone = Readonly<Partial<Record<DailyTask, number>>>

/** Each throws Fault RECORDS_UNAVAILABLE. */
export interface ReportMemory {
  /** All that was reported and has not ended. @param asOf epoch milliseconds: what nobody has seen for days counts no longer */
  open(asOf: number): Promise<readonly OpenFinding[]>
  note(finding: OpenFinding): Promise<void>
  end(finding: Pick<SweepFinding, 'about' | 'kind'>): Promise<void>
  /** Reporting is one sweep's at a time: of two that meet, the second leaves it. @param forMs longer than the function can still run */
  take(forMs: number): Promise<'taken' | 'held'>
  release(): Promise<void>
  daysDone(): Promise<DaysDone>
  noteDay(task: DailyTask, at: number): Promise<void>
}
