// A log line that CloudWatch reads metrics out of (embedded metric format): no call, no permission, no wait. It must reach the log as it
// is: a line that the runtime puts words in front of is no metric.

import type { JournalEntry } from '../../core/base/journal.ts'

export interface MetricLine {
  readonly namespace: string
  /** Epoch milliseconds. */
  readonly at: number
  /** Name → count. */
  readonly counts: Readonly<Record<string, number>>
  /** Name → seconds. */
  readonly seconds?: Readonly<Record<string, number>>
  /** Fields that distinguish one count from another: each is counted by itself, and all together. */
  readonly dimension?: string
  /** What else stands in the line, for people and queries. */
  readonly fields: JournalEntry
}

/** One line, without its end. */
export const metricLine = ({ namespace, at, counts, seconds = {}, dimension, fields }: MetricLine): string =>
  JSON.stringify({
    ...fields,
    ...counts,
    ...seconds,
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          // One fleet a stage, and a namespace each: little to tell apart.
          Dimensions: dimension === undefined ? [[]] : [[], [dimension]],
          Metrics: [
            ...Object.keys(counts).map((name) => ({ Name: name, Unit: 'Count' })),
            ...Object.keys(seconds).map((name) => ({ Name: name, Unit: 'Seconds' })),
          ],
        },
      ],
    },
  })
