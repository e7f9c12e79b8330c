// A year of a thousand clients. docs/campaigns.md says what happens in it, docs/figures.md what came out; YEAR_SEED draws another one.
import { expect, test } from 'vitest'
import { inWords, seedOf, simulateYear } from './year.ts'

test('a year of a thousand clients: every value within its period, rotations spread, all trouble reported, and no mail twice', async () => {
  const figures = await simulateYear({ clients: 1000, days: 365, seed: seedOf(process.env.YEAR_SEED) })
  process.stdout.write(`${inWords(figures)}\n`)

  expect(figures.complaints).toEqual([])
  expect(figures.most).toBeLessThanOrEqual(1.5 * figures.mean)
  expect(figures.campaigns).toBe(365)
  expect(figures.reports).toMatchObject({ 'Settle Refusing': expect.any(Number), 'Rotation Stuck': expect.any(Number) })
}, 900_000)
