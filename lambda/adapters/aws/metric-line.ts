// A log line that CloudWatch reads metrics out of (embedded metric format): no call, no permission, no wait. It must reach the log as it
// is: a line that the runtime puts words in front of is no metric.

export interface MetricLine {
  readonly namespace: string
  /** Epoch milliseconds. */
  readonly at: number
  /** Name → count. */
  readonly counts: Readonly<Record<string, number>>
  /** What else stands in the line, for people and queries. */
  readonly fields: Readonly<Record<string, string | number | boolean>>
}

/** One line, without its end. */
export const metricLine = ({ namespace, at, counts, fields }: MetricLine): string =>
  JSON.stringify({
    ...fields,
    ...counts,
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          // One fleet a stage, and a namespace each: nothing to tell apart.
          Dimensions: [[]],
          Metrics: Object.keys(counts).map((name) => ({ Name: name, Unit: 'Count' })),
        },
      ],
    },
  })
