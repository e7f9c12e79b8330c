// The page's tables are what the arithmetic makes of the synthesized template and the measured calls, and the arithmetic adds up.
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { costOf, costTables, fixedOf, prices, withTables } from '../../bench/cost.ts'
import { fixedCost, fixedParts, type Resources, stages, unpriced } from '../../bench/template-cost.ts'

let of: ReturnType<typeof stages>
beforeAll(() => {
  of = stages()
})

test('the tables are what the template and the bench make of them', () => {
  const page = readFileSync(new URL('../../docs/cost.md', import.meta.url), 'utf8')

  // Otherwise: npm run bench:cost -- --write
  expect(page).toBe(withTables(page, costTables(of)))
})

test('a stage costs less than $4 a month before anything happens, its KMS keys apart', () => {
  expect(fixedOf(of).fixed).toBeLessThan(4)
})

test('every type of resource is priced, or named as free', () => {
  expect(unpriced(of.smallest)).toEqual([])
  expect(unpriced(of.everything)).toEqual([])
  expect(unpriced({ Nat: { Type: 'AWS::EC2::NatGateway' } })).toEqual(['AWS::EC2::NatGateway'])
})

describe('the fixed part of a template', () => {
  const alarm = { Type: 'AWS::CloudWatch::Alarm', Properties: { MetricName: 'Errors' } }
  const stat = { MetricStat: {} }
  const math = { Type: 'AWS::CloudWatch::Alarm', Properties: { Metrics: [{ Expression: 'a + b' }, stat, stat] } }
  const dashboard = { Type: 'AWS::CloudWatch::Dashboard' }
  const costOfTemplate = (resources: Resources) => fixedCost(fixedParts(resources))

  test('has $0.10 for each metric of an alarm, also of those in an expression', () => {
    expect(costOfTemplate({ alarm }).alarms).toBeCloseTo(0.1)
    expect(costOfTemplate({ alarm, math }).alarms).toBeCloseTo(0.3)
  })

  test('has $1 for each key, apart, and three dashboards for nothing', () => {
    const none = costOfTemplate({})
    const some = costOfTemplate({ one: { Type: 'AWS::KMS::Key' }, other: { Type: 'AWS::KMS::Key' }, dashboard })
    const many = costOfTemplate({ a: dashboard, b: dashboard, c: dashboard, d: dashboard })

    expect(some.keys).toBe(2)
    expect(some.together).toBeCloseTo(none.together)
    expect(many.together).toBeCloseTo(none.together + 3)
  })
})

test('nothing but the fixed part is paid without clients, and each client costs a secret', () => {
  const none = costOf({ clients: 0, rotationsAMonth: 1, vendsAMonth: 0 })
  const one = costOf({ clients: 1, rotationsAMonth: 1, vendsAMonth: 0 })

  expect([none.secrets, none.rotation, none.vending]).toEqual([0, 0, 0])
  expect(one.secrets).toBe(prices.secretMonth)
  expect(one.rotation).toBeGreaterThan(0)
})

test('the worked example is right', () => {
  const { secrets, rotation } = costOf({ clients: 300, rotationsAMonth: 1, vendsAMonth: 0 })
  const { fixed, keys } = fixedOf(of)

  expect([secrets, fixed, keys].map(Math.round)).toEqual([120, 4, 2])
  expect(rotation).toBeCloseTo(0.85, 2)
})
