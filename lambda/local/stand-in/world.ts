// What the stand-ins share: one clock that can be moved, and one reset. A stand-in never reads the time any other way,
// so a test or a laptop user can live through a 24-hour overlap at once.

/** Epoch milliseconds: real time plus whatever it was advanced by. */
export interface Clock {
  now(): number
  advance(ms: number): void
}

export interface World {
  readonly clock: Clock
  /** Registers what a reset clears. */
  onReset(clear: () => void): void
  /** Empties every store, forgets calls and faults, puts the clock back to real time. */
  reset(): void
}

export const createWorld = (realNow: () => number = Date.now): World => {
  let offsetMs = 0
  const clears: Array<() => void> = []
  return {
    clock: {
      now: () => realNow() + offsetMs,
      advance: (ms) => {
        offsetMs += ms
      },
    },
    onReset: (clear) => {
      clears.push(clear)
    },
    reset: () => {
      offsetMs = 0
      for (const clear of clears) clear()
    },
  }
}
