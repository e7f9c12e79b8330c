// A clock for many who wait at once: it stands still while anybody works, and then jumps to the earliest of all that is waited for. Only
// for work that is done in memory: what waits for the network would be taken for idle.
import type { Timing } from '../../lambda/core/base/timing.ts'
import { NOON_THIRTY } from './fake-timing.ts'

interface Waiter {
  readonly at: number
  readonly wake: () => void
}

export interface VirtualTiming extends Timing {
  advance(ms: number): void
  /** A new invocation, with so much time. */
  restart(remainingMs: number): void
}

export const createVirtualTiming = (startsAt = NOON_THIRTY): VirtualTiming => {
  let now = startsAt
  let endsAt = startsAt + 900_000
  const waiters: Waiter[] = []
  let isPumping = false

  const pump = (): void => {
    waiters.sort((one, other) => one.at - other.at)
    const next = waiters.shift()
    if (next === undefined) {
      isPumping = false
      return
    }
    now = Math.max(now, next.at)
    next.wake()
    setImmediate(pump)
  }
  return {
    now: () => now,
    remainingMs: () => endsAt - now,
    wait: (ms) =>
      new Promise((wake) => {
        waiters.push({ at: now + ms, wake })
        if (isPumping) return
        isPumping = true
        setImmediate(pump)
      }),
    advance: (ms) => {
      now += ms
      endsAt += ms
    },
    restart: (remainingMs) => {
      endsAt = now + remainingMs
    },
  }
}
