// Does the same for many, no faster than a service allows: so many at once, so many begun a second, and slower when it says so. A
// failed item is handed to onFailure and stops no other. Its time is the caller's Timing, so that tests and the laptop can move it – which
// is why no package of the kind (p-map, p-throttle) is used: they read the clock by themselves.
import { createRateLimiter } from './rate-limiter.ts'
import type { Timing } from './timing.ts'
import { runWorkers } from './worker-pool.ts'

export interface Limits<Item> {
  readonly timing: Timing
  /** How many at once, at most. */
  readonly concurrency: number
  /** How many are begun a second, at most. @default - as fast as they end */
  readonly perSecond?: number
  /** No item is begun from this time on, epoch milliseconds. @default - never */
  readonly until?: number
  /** Whether an error says "slower": then the item is tried again after a pause that grows. @default - none does */
  readonly isThrottle?: (error: unknown) => boolean
  /** Called for each item that did not go through. May not throw. */
  readonly onFailure: (item: Item, error: unknown) => void
}

export interface LimitedResult {
  /** How many were begun. */
  readonly begun: number
  /** How often somebody said "slower". */
  readonly throttles: number
  /** Whether the items came to an end before the time did. */
  readonly isWhole: boolean
}

const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 30_000
const MAX_TRIES = 5

/** @returns once everything that was begun has ended. The items are taken one by one, as they are needed. */
export const forEachLimited = async <Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  limits: Limits<Item>,
  task: (item: Item) => Promise<void>,
): Promise<LimitedResult> => {
  const {
    timing,
    concurrency,
    perSecond,
    until = Number.POSITIVE_INFINITY,
    isThrottle = () => false,
    onFailure,
  } = limits
  const limiter = createRateLimiter({ perSecond, timing })
  let begun = 0
  let throttles = 0
  let isWhole = true
  let pauseMs = 0
  let last: Promise<unknown> = Promise.resolve()

  const isInTime = async (): Promise<boolean> => {
    const leftMs = until - timing.now()
    // The last moment is the one before `until`.
    return leftMs > 0 && (await limiter.take(leftMs - 1)).isTaken && timing.now() < until
  }
  /** One after another, so that a pause delays whoever waits behind it and keeps their order. */
  const takeTurn = (): Promise<boolean> => {
    const turn = last.then(isInTime)
    last = turn
    return turn
  }

  /** @returns false: the time is up before the item went through. */
  const attempt = async (item: Item): Promise<boolean> => {
    for (let tries = 1; ; tries += 1) {
      if (!(await takeTurn())) return false
      if (tries === 1) begun += 1
      try {
        await task(item)
        pauseMs = 0
        return true
      } catch (error) {
        if (!isThrottle(error) || tries >= MAX_TRIES) {
          onFailure(item, error)
          return true
        }
        throttles += 1
        pauseMs = Math.min(Math.max(FIRST_PAUSE_MS, pauseMs * 2), LONGEST_PAUSE_MS)
        limiter.pause(pauseMs)
      }
    }
  }
  await runWorkers(items, concurrency, async (item) => {
    if (await attempt(item)) return undefined
    isWhole = false
    return 'stop'
  })
  return { begun, throttles, isWhole }
}
