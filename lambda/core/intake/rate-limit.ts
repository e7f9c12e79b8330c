// How often something may be done in one execution environment: so many in a minute, counted back from now. It knows nothing of
// other environments; the reserved concurrency bounds those, or a table counts for all of them (search-slots.ts).
import { MINUTE_MS } from '../base/time-units.ts'

export interface RateLimit {
  /** @param at epoch milliseconds. @returns false when there were too many in the minute before; then nothing is counted. */
  take(at: number): boolean
}

export const createRateLimit = (perMinute: number): RateLimit => {
  let taken: readonly number[] = []
  return {
    take: (at) => {
      taken = taken.filter((one) => one > at - MINUTE_MS && one <= at)
      if (taken.length >= perMinute) return false
      taken = [...taken, at]
      return true
    },
  }
}
