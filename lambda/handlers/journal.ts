// The log of every function: one JSON object a line. Lines go past the runtime's console, which puts words in front of them: such a line
// is no metric, and the log's metric filters cannot read it.
import { type MetricLine, metricLine } from '../adapters/aws/metric-line.ts'
import { Fault } from '../core/base/fault.ts'
import type { Journal, JournalEntry } from '../core/base/journal.ts'

const writeLine = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

export const writeEntry = (entry: JournalEntry): void => writeLine(JSON.stringify(entry))

interface Failure {
  /** DEFECT: no Fault. */
  readonly code: string
  readonly message: string
}

/** What may be said of an error: only our own messages are known to hold no value; of any other, its kind. */
export const failureOf = (error: unknown): Failure => {
  if (error instanceof Fault) return { code: error.code, message: error.message }
  return { code: 'DEFECT', message: error instanceof Error ? error.name : 'unknown' }
}

export interface FunctionJournal extends Journal {
  /** A line that CloudWatch reads metrics out of as well. */
  measure(line: MetricLine): void
  /** The line of what was thrown, as failureOf reads it. */
  fail(error: unknown, entry?: JournalEntry): void
}

/** @param about stands at the end of every line: the request's id above all. */
export const createJournal = (about: JournalEntry): FunctionJournal => {
  const note = (entry: JournalEntry): void => writeEntry({ ...entry, ...about })
  return {
    note,
    measure: ({ fields, ...line }) => writeLine(metricLine({ ...line, fields: { ...fields, ...about } })),
    fail: (error, entry = {}) => note({ ...entry, outcome: 'failed', ...failureOf(error) }),
  }
}
