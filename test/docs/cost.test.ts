// The page's table is what the arithmetic prints, and the arithmetic adds up.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { costOf, costTable, prices } from '../../bench/cost.ts'

test('the table is what the bench prints', () => {
  const page = readFileSync(new URL('../../docs/cost.md', import.meta.url), 'utf8')

  expect(page).toContain(costTable())
})

test('nothing but the fixed part is paid without clients, and each client costs a secret', () => {
  const none = costOf({ clients: 0, rotationsAMonth: 1, vendsAMonth: 0 })
  const one = costOf({ clients: 1, rotationsAMonth: 1, vendsAMonth: 0 })

  expect([none.secrets, none.rotation, none.vending]).toEqual([0, 0, 0])
  expect(one.secrets).toBe(prices.secretMonth)
  expect(one.fixed).toBe(none.fixed)
  expect(one.rotation).toBeGreaterThan(0)
})

test('the worked example is right', () => {
  const { secrets, rotation, fixed } = costOf({ clients: 300, rotationsAMonth: 1, vendsAMonth: 0 })

  expect([Math.round(secrets), Math.round(fixed)]).toEqual([120, 13])
  expect(rotation).toBeLessThan(1)
})
