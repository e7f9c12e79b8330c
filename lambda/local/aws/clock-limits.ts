// Time limits on the shared clock: each ends something once the clock, which tests and the laptop's user may move, has passed it.

export interface ClockLimit {
  /** Aborted when the limit is reached. */
  readonly signal: AbortSignal
  /** Resolves then; never, if it is lifted before. */
  readonly reached: Promise<'reached'>
  lift(): void
}

export interface ClockLimits {
  /** @param afterMs undefined: it is never reached. */
  after(afterMs: number | undefined): ClockLimit
  /** Ends what the clock has passed. */
  advance(): void
}

export const createClockLimits = (now: () => number): ClockLimits => {
  const open = new Set<{ readonly at: number; readonly reach: () => void }>()
  return {
    after: (afterMs = Number.POSITIVE_INFINITY) => {
      const abort = new AbortController()
      let resolve = (_: 'reached'): void => {}
      const reached = new Promise<'reached'>((done) => {
        resolve = done
      })
      const limit = {
        at: now() + afterMs,
        reach: () => {
          open.delete(limit)
          abort.abort()
          resolve('reached')
        },
      }
      open.add(limit)
      return { signal: abort.signal, reached, lift: () => void open.delete(limit) }
    },
    advance: () => {
      for (const { at, reach } of open) if (at <= now()) reach()
    },
  }
}
