// The event of a sweep: when it was scheduled for. The schedule writes it; whoever may invoke the function writes what they like. So a
// time that is long gone is refused, and so is one to come: it would end overlaps before their time.

import { Fault } from '../base/fault.ts'
import { HOUR_MS, MINUTE_MS } from '../base/time-units.ts'

/** Retries come late; no sweep decides by a time that is longer gone. */
const MOST_LATE_MS = HOUR_MS
/** Two clocks of AWS's differ by less. */
const MOST_EARLY_MS = MINUTE_MS

export interface SweepEventReader {
  /** Epoch milliseconds. */
  readonly now: number
  /** Whether the scheduler's clock may be ahead of ours: on a laptop, where it can be moved. */
  readonly mayBeAhead: boolean
}

/** @returns the time to decide by; now, when the event names none. @throws Fault INPUT_MALFORMED */
export const readSweepEvent = (event: unknown, { now, mayBeAhead }: SweepEventReader): number => {
  const text = typeof event === 'object' && event !== null && 'scheduledAt' in event ? event.scheduledAt : undefined
  if (text === undefined) return now
  const scheduledAt = typeof text === 'string' ? Date.parse(text) : Number.NaN
  const isFarOff = scheduledAt < now - MOST_LATE_MS || (!mayBeAhead && scheduledAt > now + MOST_EARLY_MS)
  if (Number.isNaN(scheduledAt) || isFarOff) {
    throw new Fault({
      code: 'INPUT_MALFORMED',
      retryable: false,
      message:
        'The event is no sweep of this hour: scheduledAt is expected as ISO 8601, not to come, or left out for now.',
    })
  }
  return scheduledAt
}
