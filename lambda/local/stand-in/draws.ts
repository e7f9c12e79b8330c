// The chance that a stand-in plays with: numbers in a row that the same seed gives again, so that a failing run can be repeated.

export interface Draws {
  /** From 0, below 1. */
  next(): number
  /** Begins the row again. */
  restart(): void
}

/** mulberry32: small, and even enough for shares and ages. @param seed - @default 1 */
export const createDraws = (seed = 1): Draws => {
  let state = seed >>> 0
  return {
    next: () => {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    },
    restart: () => {
      state = seed >>> 0
    },
  }
}
