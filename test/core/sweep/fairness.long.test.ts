// That none of ten thousand secrets waits for ever behind others: each is looked at within the number of sweeps that is stated.
import { describe, expect, test } from 'vitest'
import { manyRefused } from './refused-lately.ts'
import { createPlace, over, revoked } from './sweep-place.ts'

const lookedAt = (place: ReturnType<typeof createPlace>): Set<string> =>
  new Set(place.fleet.calls.filter(({ op }) => op === 'listVersions').map(({ about }) => about))

/** As in docs/decisions/062: twice as many sweeps as the looks of one sweep take to go round. */
const SWEEPS_FOR_TEN_THOUSAND = 6

describe('ten thousand secrets whose settles were refused lately', () => {
  test.each([
    ['planned', over],
    ['of revokes', revoked],
  ] as const)(
    '%s: each is looked at within a stated number of sweeps',
    async (_what, traits) => {
      const place = createPlace()
      place.fleet.add(...manyRefused(10_000, traits))
      place.fleet.before = ({ op }) => {
        if (op === 'list') void place.timing.wait(200)
      }

      const summaries = [await place.run()]
      while (summaries.length < SWEEPS_FOR_TEN_THOUSAND) summaries.push(await place.next())

      expect(lookedAt(place).size).toBe(10_000)
      expect(summaries.every(({ isWhole, ms }) => isWhole && ms < 300_000)).toBe(true)
    },
    60_000,
  )
})
