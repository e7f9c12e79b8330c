// Turns at a steady rate, so that many who ask do not use up a quota that all share; slower for a while once a vendor has said that
// it is too much. Knows nothing of what is asked.
import type { Timing } from './timing.ts'

export interface Turns {
  /**
   * Waits until it is this one's turn, unless that is further away than `withinMs`: then no turn is taken.
   * @returns how long it took, milliseconds; or how far away it is
   */
  next(withinMs: number): Promise<{ readonly isTaken: boolean; readonly ms: number }>
  /** Half the rate from now on, growing back within half a minute. */
  slowDown(): void
}

export interface TurnsInput {
  readonly perSecond: number
  readonly timing: Pick<Timing, 'now' | 'wait'>
}

const RECOVERY_MS = 30_000
const SLOWEST = 1 / 16

export const createTurns = ({ perSecond, timing }: TurnsInput): Turns => {
  let nextAt = 0
  let slowedTo = 1
  let slowedAt = 0
  const share = (now: number): number => Math.min(1, slowedTo + (now - slowedAt) / RECOVERY_MS)
  return {
    next: async (withinMs) => {
      const now = timing.now()
      const at = Math.max(now, nextAt)
      const ms = at - now
      if (ms > withinMs) return { isTaken: false, ms }
      nextAt = at + 1000 / (perSecond * share(now))
      if (ms > 0) await timing.wait(ms)
      return { isTaken: true, ms }
    },
    slowDown: () => {
      const now = timing.now()
      slowedTo = Math.max(SLOWEST, share(now) / 2)
      slowedAt = now
    },
  }
}
