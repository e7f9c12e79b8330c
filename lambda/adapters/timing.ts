// The real time as the use cases' Timing, for a handler that knows when it will be stopped.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Timing } from '../core/base/timing.ts'

/** In real time. @param ms milliseconds */
export const wait = async (ms: number): Promise<void> => {
  await sleep(ms)
}

export const createTiming = (remainingMs: () => number): Timing => ({
  now: Date.now,
  remainingMs,
  wait,
})
