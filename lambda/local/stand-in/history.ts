// What things were: their last states with the time of each write, so that a read can be answered from before a write. States are
// kept as given and must not change afterwards. Bounded: 32 writes of a thing, and a thousand things that are gone.

/** From `at` (epoch milliseconds) until the next moment. */
export interface Moment<T> {
  readonly at: number
  /** Undefined = it was not there. */
  readonly state: T | undefined
}

/** How old a view is: so many writes, or so many milliseconds, or so many writes but no older than that. */
export type Behind = number | { readonly ms: number; readonly writes?: number }

export interface History<T> {
  record(key: string, state: T | undefined, at: number): void
  /** All writes of it so far, forgotten ones as well. */
  writes(key: string): number
  /** @returns the state so far back; the oldest that is kept when it is asked for an older one. */
  view(key: string, behind: Behind, now: number): Moment<T>
  /** The oldest state that is kept. */
  first(key: string): Moment<T> | undefined
  keys(): Iterable<string>
  clear(): void
}

const KEPT_WRITES = 32
const KEPT_GONE = 1000

export const createHistory = <T>(): History<T> => {
  const things = new Map<string, { readonly moments: Moment<T>[]; writes: number }>()
  const gone = new Set<string>()

  const forgetOldestGone = (): void => {
    const [oldest] = gone
    if (gone.size <= KEPT_GONE || oldest === undefined) return
    gone.delete(oldest)
    things.delete(oldest)
  }

  return {
    record: (key, state, at) => {
      const thing = things.get(key) ?? { moments: [], writes: 0 }
      things.set(key, thing)
      thing.writes += 1
      thing.moments.push({ at, state })
      if (thing.moments.length > KEPT_WRITES) thing.moments.shift()
      gone.delete(key)
      if (state === undefined) gone.add(key)
      forgetOldestGone()
    },
    writes: (key) => things.get(key)?.writes ?? 0,
    view: (key, behind, now) => {
      const { moments, writes } = things.get(key) ?? { moments: [], writes: 0 }
      const index =
        typeof behind === 'number'
          ? moments.length - 1 - behind
          : Math.max(
              moments.findLastIndex(({ at }) => at <= now - behind.ms),
              moments.length - 1 - (behind.writes ?? Number.POSITIVE_INFINITY),
            )
      const found = moments[index] ?? (writes > moments.length ? moments[0] : undefined)
      return found ?? { at: Number.NEGATIVE_INFINITY, state: undefined }
    },
    first: (key) => things.get(key)?.moments[0],
    keys: () => things.keys(),
    clear: () => {
      things.clear()
      gone.clear()
    },
  }
}
