// The wishes of operators, as one text of 4 KB: what a campaign that still runs has to find is not lost for others' reasons.
import { expect, it } from 'vitest'
import type { ControlWish } from '../../../lambda/core/campaign/campaign-control.ts'
import { readWishes, type Wishes, writeWishes } from '../../../lambda/core/campaign/campaign-wishes.ts'

const nameOf = (n: number): string => `m2m-prod-campaign-incident-${String(n).padStart(22, '0')}`
const stop = (n: number): ControlWish => ({
  state: 'stopped',
  by: 'ada.lovelace@example.com',
  reason: `Change ${n}: ${'why '.repeat(100)}`,
  at: new Date(Date.UTC(2026, 10, 2, 12, n)).toISOString(),
})
const written = (count: number): string => {
  let text = '{}'
  for (let n = 0; n < count; n += 1) text = writeWishes(readWishes(text) ?? {}, nameOf(n), stop(n))
  return text
}

it('keeps the wishes of twenty campaigns, whatever was said of each', () => {
  const text = written(20)
  const wishes: Wishes = readWishes(text) ?? {}

  expect(Object.keys(wishes)).toHaveLength(20)
  expect(wishes[nameOf(0)]).toEqual({ state: 'stopped', by: 'ada.lovelace@example.com', at: stop(0).at })
  expect(wishes[nameOf(19)]?.reason).toMatch(/^Change 19: why/)
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4000)
})

it('drops the oldest beyond that, and the one that is taken back', () => {
  const wishes = readWishes(written(25)) ?? {}
  expect(Object.keys(wishes).sort()).toEqual(Array.from({ length: 20 }, (_none, n) => nameOf(n + 5)))

  expect(Object.keys(readWishes(writeWishes(wishes, nameOf(24), undefined)) ?? {})).not.toContain(nameOf(24))
})

it('knows nothing of a text that is something else', () => {
  for (const text of ['', '[]', '{"one":"paused"}', '{"one":{"state":"paused"}}']) {
    expect(readWishes(text), text).toBeUndefined()
  }
})
