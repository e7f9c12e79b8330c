// A quarter of a year of sixty clients, by the rules by which the long run tries a whole one of a thousand (year.long.test.ts).
import { expect, test } from 'vitest'
import { seedOf, simulateYear } from './year.ts'

test('a quarter of a year: every value within its period, rotations spread, all trouble reported, and no mail twice', async () => {
  const figures = await simulateYear({ clients: 60, days: 91, seed: seedOf(process.env.YEAR_SEED) })

  expect(figures.complaints).toEqual([])
  expect(figures.most).toBeLessThanOrEqual(1.5 * figures.mean)
  // It was a year in which something happened.
  expect(figures).toMatchObject({ campaigns: 91, outcomes: { frozen: expect.any(Number) } })
  expect(figures.rotations).toBeGreaterThan(60)
  expect(figures.kills).toBeGreaterThan(0)
  expect(figures.mails).toMatchObject({ 'Campaign Completed': expect.any(Number) })
})
