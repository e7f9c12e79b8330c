// The figures of a sweep, for the alarms that rest on them (lib/sweep/sweep.ts), and the rest of its line.
import type { MetricLine } from '../adapters/aws/metric-line.ts'
import type { SweepSummary } from '../core/sweep/sweep.ts'

interface Measured {
  readonly stage: string
  /** Whether there is a records table. */
  readonly remembers: boolean
  /** Epoch milliseconds. */
  readonly at: number
}

/**
 * A sweep that did not see the whole list is no sign of life. What the stage stands on has a figure of its own, since it may be broken for weeks,
 * and a sweep that stops meanwhile is news. Only what an alarm asks for is a metric, and each name is paid for by the month; the dashboard
 * reads the rest in the line.
 */
export const sweepMetrics = (summary: SweepSummary, { stage, remembers, at }: Measured): MetricLine => {
  const { failed, overlapsOpen, oldestDays, proofsOwed, findingsOpen, freeze, isWhole, isWell, reports } = summary
  const { overdue, rotationOff, heldTooLong, settleRefusing, stuckLeft, secretsDead, valuesMalformed } = summary
  const isForgotten = remembers && reports === 'forgotten'
  return {
    namespace: `M2M/${stage}`,
    at,
    counts: {
      Alive: isWhole ? 1 : 0,
      SweepFailures: failed,
      ProofsOwed: proofsOwed,
      Frozen: freeze === 'planned' || freeze === 'all' ? 1 : 0,
      FreezeUnreadable: freeze === 'unreadable' ? 1 : 0,
      // A name without a figure costs nothing.
      ...(isForgotten ? { ReportsForgotten: 1 } : {}),
      ...(isWell ? {} : { StageBroken: 1 }),
    },
    fields: {
      outcome: 'swept',
      OverlapsOpen: overlapsOpen,
      OldestSecretDays: oldestDays,
      // Without the records: what this sweep has come across.
      FindingsOpen:
        findingsOpen ??
        overdue + rotationOff + heldTooLong + settleRefusing + stuckLeft + secretsDead + valuesMalformed,
      ...summary,
    },
  }
}
