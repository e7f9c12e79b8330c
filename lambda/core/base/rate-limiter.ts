// Spaces calls out, so that many callers do not use up a quota that all share; slower for a while, or not at all for a while, once a
// service has throttled. Knows nothing of what is called. Own code: no package of the kind takes its time from a Timing, which tests and
// the laptop move.
import type { Timing } from './timing.ts'

export interface RateLimiter {
  /**
   * Waits until this caller may go, unless that is further away than `withinMs`: then nothing is taken.
   * @returns how long it took, milliseconds; or how far away it is
   */
  take(withinMs: number): Promise<{ readonly isTaken: boolean; readonly ms: number }>
  /** Half the rate from now on, growing back within half a minute. */
  slowDown(): void
  /** No one goes for so long, not even whoever waits already. */
  pause(ms: number): void
}

interface RateLimiterInput {
  /** @default - no limit, but for pauses */
  readonly perSecond?: number | undefined
  readonly timing: Pick<Timing, 'now' | 'wait'>
}

const RECOVERY_MS = 30_000
const SLOWEST = 1 / 16

export const createRateLimiter = ({ perSecond = Number.POSITIVE_INFINITY, timing }: RateLimiterInput): RateLimiter => {
  let nextAt = 0
  let pausedUntil = 0
  let slowedTo = 1
  let slowedAt = 0
  const share = (now: number): number => Math.min(1, slowedTo + (now - slowedAt) / RECOVERY_MS)
  return {
    take: async (withinMs) => {
      const startedAt = timing.now()
      for (;;) {
        const now = timing.now()
        const at = Math.max(now, nextAt)
        const ms = at - startedAt
        if (ms > withinMs) return { isTaken: false, ms }
        nextAt = at + 1000 / (perSecond * share(now))
        if (at > now) await timing.wait(Math.ceil(at - now))
        // A pause that began meanwhile: again, behind it.
        if (pausedUntil <= timing.now()) return { isTaken: true, ms }
      }
    },
    slowDown: () => {
      const now = timing.now()
      slowedTo = Math.max(SLOWEST, share(now) / 2)
      slowedAt = now
    },
    pause: (ms) => {
      pausedUntil = Math.max(pausedUntil, timing.now() + ms)
      nextAt = Math.max(nextAt, pausedUntil)
    },
  }
}
