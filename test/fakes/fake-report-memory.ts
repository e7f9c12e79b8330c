// What was reported, in memory; a test may let it be gone.
import { Fault } from '../../lambda/core/base/fault.ts'
import type { DaysDone, ReportMemory } from '../../lambda/core/sweep/report-memory.ts'
import { findingKey, type OpenFinding } from '../../lambda/core/sweep/reports.ts'

export interface FakeReportMemory extends ReportMemory {
  readonly findings: Map<string, OpenFinding>
  isGone: boolean
  /** Epoch milliseconds; undefined: nobody reports. */
  heldUntil: number | undefined
  days: DaysDone
}

export const createFakeReportMemory = (now: () => number): FakeReportMemory => {
  const findings = new Map<string, OpenFinding>()
  const answer = (): void => {
    if (fake.isGone) throw new Fault({ code: 'RECORDS_UNAVAILABLE', retryable: true, message: 'the table is gone' })
  }
  const fake: FakeReportMemory = {
    findings,
    isGone: false,
    heldUntil: undefined,
    days: {},
    open: async () => {
      answer()
      return [...findings.values()]
    },
    note: async (finding) => {
      answer()
      findings.set(findingKey(finding), finding)
    },
    end: async (finding) => {
      answer()
      findings.delete(findingKey(finding))
    },
    take: async (forMs) => {
      answer()
      if (fake.heldUntil !== undefined && fake.heldUntil > now()) return 'held'
      fake.heldUntil = now() + forMs
      return 'taken'
    },
    release: async () => {
      answer()
      fake.heldUntil = undefined
    },
    daysDone: async () => {
      answer()
      return fake.days
    },
    noteDay: async (task, at) => {
      answer()
      fake.days = { ...fake.days, [task]: at }
    },
  }
  return fake
}
