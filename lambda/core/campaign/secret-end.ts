// How one secret of a campaign ended. Each that was selected ends in exactly one of the outcomes, so that they add up to what was
// selected; a reason says why, where there is more than one. Pure.

import type { Skip } from './campaign.ts'

export const outcomes = ['settled', 'leftToSweep', 'skipped', 'notStarted', 'failed'] as const

/**
 * settled: what was valid before is refused, and that is proven. leftToSweep: switched, and an overlap is open, which the sweep ends.
 * skipped: left alone. notStarted: the campaign ended before its turn. failed: tried, or lost sight of.
 */
export type SecretOutcome = (typeof outcomes)[number]

export type FailureReason =
  | 'gone'
  | 'notManaged'
  | 'refused'
  | 'settleRefused'
  | 'stuck'
  | 'rejected'
  | 'unavailable'
  | 'notFound'
  | 'notHeld'
  | 'lost'
  | 'defect'

/** enough: the stop rule. stopped: an operator. pausedTooLong: nobody resumed it. lost: the page that had it ended three times. */
export type NotStartedReason = 'enough' | 'stopped' | 'pausedTooLong' | 'lost' | 'dryRun'

interface Unmade {
  /** This run moved AWSCURRENT to no new value: one before it, under the same id, did, or nothing was left to replace. */
  readonly isWithoutSwitch?: true
}

/** For good. */
export type FinalEnd =
  /** earlier: by a run before this one, under the same id; this one found it so. */
  | (Unmade & { readonly end: 'settled'; readonly why?: 'earlier' })
  /** `until`: epoch milliseconds; absent: not known, since another rotation opened it. `why`: its time does not end it. */
  | (Unmade & { readonly end: 'leftToSweep'; readonly until?: number; readonly why?: 'replicaBehind' })
  | { readonly end: 'skipped'; readonly why: Skip }
  | { readonly end: 'notStarted'; readonly why: NotStartedReason }
  | {
      readonly end: 'failed'
      readonly why: FailureReason
      readonly attempts: number
      /** Of the refusal: the rotation function's own word (Rotation Refused). Absent: not known. */
      readonly reason?: string
    }

/** Of one page. switched: a settle is still to come. waiting: the campaign was paused before its turn. */
export type SecretEnd =
  | FinalEnd
  | (Unmade & { readonly end: 'switched'; readonly overlapEndsAt: number })
  | { readonly end: 'waiting' }

/** Whether this run moved AWSCURRENT to a new value. Of a page that does not only settle. */
export const wasSwitched = (end: SecretEnd): boolean =>
  (end.end === 'switched' || end.end === 'settled' || end.end === 'leftToSweep') && end.isWithoutSwitch !== true

/** Whether anything was asked for, so that its end says something about the next one's. */
export const wasTried = (end: SecretEnd): boolean => end.end === 'failed' || wasSwitched(end)
