// A third of the old replies of every intent from every beginning, another third each time, and a share of two of them, of two executions at
// once, and with a kill; the torture gives them all. Then incidents and planned switches while the services lag.
import { describe, expect, test } from 'vitest'
import { intents } from '../../lambda/core/secret/request-token.ts'
import { incidentLags, runIncidents, runSwitches, switchLag } from './stale-incidents.ts'
import { createStaleSeat, runStale } from './stale-runs.ts'

const RUNS = 20
const fresh = Math.floor(Math.random() * 2 ** 31)

describe('old replies', () => {
  test.each(intents)(
    'of a %s kill nothing, hide nothing and fail no rotation',
    { timeout: 900_000 },
    async (intent) => {
      const seat = await createStaleSeat()
      const { points, runs, violations } = await runStale(seat, {
        intents: [intent],
        singleEvery: 1,
        pairEvery: 300,
        twinEvery: 15,
        killEvery: 15,
      }).finally(() => seat.close())

      console.log(`old replies of ${intent}, turn ${fresh % 600}: ${points} in ${runs} runs`)
      expect(violations).toEqual([])
      expect(points).toBeGreaterThan(80)
    },
  )
})

describe('while the services lag', () => {
  test.each(incidentLags)('incidents end, and do no harm: $name', { timeout: 300_000 }, async (lag) => {
    const { runs, violations } = await runIncidents({ lag, runs: RUNS, seed: fresh })

    expect(violations).toEqual([])
    expect(runs).toBe(RUNS)
  })

  test('no exchange is refused through planned switches', { timeout: 300_000 }, async () => {
    const { requests, violations } = await runSwitches({ lag: switchLag, runs: RUNS, seed: fresh })

    expect(violations).toEqual([])
    expect(requests).toBeGreaterThan(RUNS * 500)
  })
})
