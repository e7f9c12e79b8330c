// The backstop: what Secrets Manager would refuse is refused here, and what it takes leaves a healthy campaign alone.
import { describe, expect, test } from 'vitest'
import { backstopRules, windowFault } from '../../lib/config/rotation-schedule.ts'

const fault = (cron: string, durationHours = 1, periodHours = 24) => windowFault({ cron, durationHours }, periodHours)

describe('a cron that Secrets Manager takes', () => {
  test.each([
    'cron(0 2 1 1/3 ? *)',
    'cron(0 2 ? * SUN *)',
    'cron(0 22 L * ? *)',
    'cron(0 8 1,15 * ? *)',
    'cron(0 8 ? JAN,JUL MON#1 *)',
    'cron(0 0 10 */2 ? *)',
    'cron(0 2 ? 1/3 6L *)',
    'cron(0 1 ? 1/3 SUN#1 *)',
  ])('passes: %s', (cron) => {
    expect(fault(cron)).toBeUndefined()
  })
})

describe('a cron that Secrets Manager refuses', () => {
  test.each([
    ['0 2 1 * ? *', /six fields/],
    ['cron(0 2 1 * ?)', /six fields/],
    ['cron(30 2 1 * ? *)', /only 0 for the minutes/],
    ['cron(0 2 1 * ? 2027)', /only \* for the year/],
    ['cron(0 24 1 * ? *)', /hours 24/],
    ['cron(0 2 1 13 ? *)', /month 13/],
    ['cron(0 2 1 * MON *)', /exactly one of them to be \?/],
    ['cron(0 2 ? * ? *)', /exactly one of them to be \?/],
    ['cron(0 2 32 * ? *)', /day of month 32: expected 1 to 31/],
    ['cron(0 2 ? * FUNDAY *)', /day of week FUNDAY: expected 1 to 7/],
    ['cron(0 2 1W * ? *)', /day of month 1W/],
    ['cron(5 24 1 13 ? *)', /for the minutes.*hours 24.*month 13/],
    ['cron(0 2 30 2 ? *)', /never fires/],
    ['rate(30 days)', /six fields/],
  ])('is named: %s', (cron, expected) => {
    expect(fault(cron)).toMatch(expected)
  })

  test('a window must end with its day', () => {
    expect(fault('cron(0 22 1 * ? *)', 3)).toMatch(/next UTC day; expected at most 2 h/)
    expect(fault('cron(0 22 1 * ? *)', 2)).toBeUndefined()
  })
})

test('a window must leave at least twice the period between two rotations', () => {
  expect(fault('cron(0 2 ? * SUN *)', 4, 30 * 24)).toMatch(/fires 7 days apart.*60 days/)
  // Two months, but 59 days from January to March.
  expect(fault('cron(0 2 1 1/2 ? *)', 4, 30 * 24)).toMatch(/fires 59 days apart/)
  expect(fault('cron(0 2 1 1/3 ? *)', 4, 30 * 24)).toBeUndefined()
  expect(fault('cron(0 0/8 1 * ? *)', 1, 4)).toBeUndefined()
  expect(fault('cron(0 0/4 1 * ? *)', 1, 4)).toMatch(/apart/)
})

test('without a window the backstop is twice the period after the last rotation', () => {
  expect(backstopRules(30 * 24, undefined)).toEqual({ everyDays: 60 })
  expect(backstopRules(12, undefined)).toEqual({ everyDays: 1 })
  expect(backstopRules(5, undefined)).toEqual({ schedule: 'rate(10 hours)' })
})
