// A rate with a burst, as AWS counts both: a bucket of so many tokens that fills at the rate, and a request takes one or is refused.

export interface RateLimit {
  readonly ratePerSecond: number
  /** Tokens at most, and at the start. */
  readonly burst: number
}

export interface TokenBucket {
  /** @returns false when it is empty; then nothing is taken. */
  take(): boolean
}

/** @param now milliseconds that nobody moves: a rate cannot be waited out on the shared clock. */
export const createTokenBucket = ({ ratePerSecond, burst }: RateLimit, now: () => number): TokenBucket => {
  let left = burst
  let filledAt = now()
  return {
    take: () => {
      const at = now()
      left = Math.min(burst, left + ((at - filledAt) / 1000) * ratePerSecond)
      filledAt = at
      if (left < 1) return false
      left -= 1
      return true
    },
  }
}
