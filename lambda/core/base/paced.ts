// Does the same for many, no faster than a service allows: so many at once, so many begun a second, and slower when it says so. What
// does not go through is told and stops nobody else. Its time is the caller's Timing, so that tests and the laptop can move it – which
// is why no package of the kind (p-map, p-throttle) is used: they read the clock by themselves.
import type { Timing } from './timing.ts'

export interface Pace<Item> {
  readonly timing: Timing
  /** How many at once, at most. */
  readonly concurrency: number
  /** How many are begun a second, at most. @default - as fast as they end */
  readonly perSecond?: number
  /** No item is begun from this time on, epoch milliseconds. @default - never */
  readonly until?: number
  /** Whether an error says "slower": then the item is tried again after a pause that grows. @default - none does */
  readonly isThrottle?: (error: unknown) => boolean
  /** Told of each item that did not go through. May not throw. */
  readonly onFailure: (item: Item, error: unknown) => void
}

export interface PacedResult {
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

/** Turns, one after another: a wait of one is a wait of all. */
const createTurns = ({
  timing,
  perSecond,
  until = Number.POSITIVE_INFINITY,
}: Pick<Pace<never>, 'timing' | 'perSecond' | 'until'>) => {
  const spacingMs = perSecond === undefined ? 0 : 1000 / perSecond
  let nextAt = Number.NEGATIVE_INFINITY
  let pauseMs = 0
  let last: Promise<unknown> = Promise.resolve()

  const wait = async (): Promise<boolean> => {
    // A pause may have moved the next turn while this one waited for it.
    while (nextAt > timing.now()) {
      if (nextAt >= until) return false
      await timing.wait(Math.ceil(nextAt - timing.now()))
    }
    if (timing.now() >= until) return false
    nextAt = Math.max(nextAt, timing.now()) + spacingMs
    return true
  }
  return {
    /** @returns false: the time is up. */
    take: (): Promise<boolean> => {
      const turn = last.then(wait)
      last = turn
      return turn
    },
    slower: (): void => {
      pauseMs = Math.min(Math.max(FIRST_PAUSE_MS, pauseMs * 2), LONGEST_PAUSE_MS)
      nextAt = Math.max(nextAt, timing.now() + pauseMs)
    },
    faster: (): void => {
      pauseMs = 0
    },
  }
}

/** @returns once everything that was begun has ended. The items are taken one by one, as they are needed. */
export const paced = async <Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  pace: Pace<Item>,
  task: (item: Item) => Promise<void>,
): Promise<PacedResult> => {
  const { concurrency, isThrottle = () => false, onFailure } = pace
  const turns = createTurns(pace)
  const source = (async function* (): AsyncGenerator<Item, void> {
    yield* items
  })()
  let begun = 0
  let throttles = 0
  let isWhole = true

  /** @returns false: the time is up before the item went through. */
  const attempt = async (item: Item): Promise<boolean> => {
    for (let tries = 1; ; tries += 1) {
      if (!(await turns.take())) return false
      if (tries === 1) begun += 1
      try {
        await task(item)
        turns.faster()
        return true
      } catch (error) {
        if (!isThrottle(error) || tries >= MAX_TRIES) {
          onFailure(item, error)
          return true
        }
        throttles += 1
        turns.slower()
      }
    }
  }
  const work = async (): Promise<void> => {
    while (isWhole) {
      const { value, done } = await source.next()
      if (done === true) return
      if (!(await attempt(value))) isWhole = false
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  await source.return()
  return { begun, throttles, isWhole }
}
