// A clock that stands still unless somebody waits; then it jumps. What a function has left shrinks by the same jumps.
import type { Timing } from '../../lambda/core/base/timing.ts'

/** 2026-11-02T12:30:00Z: half past, so that rounding to the hour shows. */
export const NOON_THIRTY = Date.UTC(2026, 10, 2, 12, 30)

export interface FakeTiming extends Timing {
  readonly waits: number[]
  /** Called after each wait. */
  readonly onWait: ((ms: number) => void | Promise<void>)[]
  advance(ms: number): void
  /** A new execution of the function. */
  restart(remainingMs?: number): void
}

export const createFakeTiming = (startsAt = NOON_THIRTY): FakeTiming => {
  let now = startsAt
  let endsAt = startsAt + 30_000
  const waits: number[] = []
  const onWait: FakeTiming['onWait'] = []
  return {
    waits,
    onWait,
    now: () => now,
    remainingMs: () => endsAt - now,
    wait: async (ms) => {
      waits.push(ms)
      now += ms
      for (const hook of onWait) await hook(ms)
    },
    advance: (ms) => {
      now += ms
      endsAt += ms
    },
    restart: (remainingMs = 30_000) => {
      endsAt = now + remainingMs
    },
  }
}
