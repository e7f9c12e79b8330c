// The real time as the use cases' Timing, for a handler that knows when it will be stopped.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Timing } from '../core/base/timing.ts'

export const createTiming = (remainingMs: () => number): Timing => ({
  now: Date.now,
  remainingMs,
  wait: async (ms) => {
    await sleep(ms)
  },
})
