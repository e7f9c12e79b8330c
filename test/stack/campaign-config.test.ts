// What an operator may say about campaigns, and what stands in when nothing is said.
import { describe, expect, it, test } from 'vitest'
import { firings, readCron } from '../../lambda/core/base/schedule-expression.ts'
import { backstopOpenHours, dailySchedule, longestGapHours, meetsBackstop } from '../../lib/config/campaign-config.ts'
import { DeployConfigFault, readDeployConfig } from '../../lib/config/deploy-config.ts'
import { type BackstopRules, backstopRules, ownBackstopRules } from '../../lib/config/rotation-schedule.ts'
import { exampleConfig } from './synth.ts'

const rotationOf = (rotation: object) => readDeployConfig({ ...exampleConfig, rotation }).rotation
const faultsOf = (rotation: object): readonly string[] => {
  try {
    rotationOf(rotation)
  } catch (error) {
    if (error instanceof DeployConfigFault) return error.faults
    throw error
  }
  return []
}

test('daily at two, when nothing is said', () => {
  expect(rotationOf({}).campaigns).toEqual({ schedule: 'cron(0 2 * * ? *)' })
  expect(rotationOf({})).not.toHaveProperty('stytchCallsPerSecond')
})

describe('daily when the maintenance window ends', () => {
  it.each([
    ['cron(0 4 1 1/3 ? *)', 1, 'cron(0 5 * * ? *)'],
    ['cron(0 20 1 1/3 ? *)', 4, 'cron(0 0 * * ? *)'],
    ['cron(0 14,22 1 1/3 ? *)', 1, 'cron(0 15 * * ? *)'],
    ['cron(0 0/8 1 1/3 ? *)', 1, 'cron(0 1 * * ? *)'],
  ])('%s, %d h', (cron, durationHours, expected) => {
    expect(dailySchedule({ cron, durationHours })).toBe(expected)
  })
})

describe('the backstop that counts days never comes while a campaign begins', () => {
  /** Each minute of an hour is like the other: one that is not the first stands for them. */
  const hourFields = [
    ...Array.from({ length: 24 }, (_, hour) => String(hour)),
    ...Array.from({ length: 23 }, (_, hour) => `${hour},${hour + 1}`),
    ...[1, 2, 3, 4, 6, 8, 12].flatMap((step) => ['0', '1', '2', '5'].map((from) => `${from}/${step}`)),
    '*',
    '1-23',
    '8-18',
  ]
  const dayFields = ['* * ?', '? * MON-FRI']
  const schedules = hourFields.flatMap((hours) =>
    dayFields.flatMap((days) => ['0', '30', '59'].map((minute) => `cron(${minute} ${hours} ${days} *)`)),
  )
  const openOn = (backstop: BackstopRules): readonly [days: number, hours: number] | undefined => {
    if (!('schedule' in backstop)) return undefined
    const days = /^rate\((\d+) days?\)$/.exec(backstop.schedule)?.[1]
    return days === undefined ? undefined : [Number(days), backstop.durationHours ?? 24]
  }

  it('whatever the schedule, but for one that begins in the first hour of a day', () => {
    let [kept, firstHour] = [0, 0]
    for (const schedule of schedules) {
      const backstop = backstopRules(30 * 24, undefined, backstopOpenHours({ schedule }))
      const open = openOn(backstop)
      if (open === undefined) {
        firstHour += 1
        expect(schedule).toMatch(/^cron\(\d+ (0\b|\*)/)
        expect(backstop).toEqual({ everyDays: 60 })
        continue
      }
      kept += 1
      // Every day may be one on which it comes, from midnight on.
      const cron = readCron(schedule)
      const begins = cron.ok ? firings(cron.value, Date.UTC(2027, 0, 1)) : undefined
      const hours = Array.from({ length: 40 }, () => begins?.next().value).map((at) => new Date(at ?? 0).getUTCHours())
      expect([schedule, Math.min(...hours) >= open[1]]).toEqual([schedule, true])
    }
    expect(kept).toBeGreaterThan(firstHour)
  })

  it('of a stage as it is by default, and of a client with a period of its own', () => {
    const { backstop } = rotationOf({})
    expect(backstop).toEqual({ schedule: 'rate(60 days)', durationHours: 1 })
    expect(ownBackstopRules(10 * 24, backstop)).toEqual({ schedule: 'rate(20 days)', durationHours: 1 })
    expect(ownBackstopRules(12, backstop)).toEqual({ schedule: 'rate(1 day)', durationHours: 1 })
    expect(ownBackstopRules(10 * 24, { everyDays: 60 })).toEqual({ everyDays: 20 })
  })
})

describe('the backstop never comes while a campaign begins', () => {
  const maintenanceWindow = { cron: 'cron(0 2 1 1/3 ? *)', durationHours: 4 }

  it('by the default schedule, whatever the window', () => {
    for (let hour = 0; hour < 24; hour += 1) {
      for (const durationHours of [1, 24 - hour]) {
        const window = { cron: `cron(0 ${hour} 1 1/3 ? *)`, durationHours }
        // A window of a whole day leaves no hour.
        if (durationHours < 24) expect(meetsBackstop(dailySchedule(window), window)).toBeUndefined()
      }
    }
  })

  it.each([
    ['cron(0 2 * * ? *)', true],
    ['cron(59 5 * * ? *)', true],
    ['cron(30 1 * * ? *)', false],
    ['cron(0 6 * * ? *)', false],
    // Not on the window's days.
    ['cron(0 3 15 * ? *)', false],
  ])('or it is refused: %s', (campaignSchedule, isRefused) => {
    expect(faultsOf({ period: '40d', maintenanceWindow, campaignSchedule })).toEqual(
      isRefused
        ? [
            expect.stringMatching(
              /^m2m\.rotation\.campaignSchedule begins while the maintenance window is open, such as that of 20/,
            ),
          ]
        : [],
    )
  })

  it('without a window it comes after the campaign by which the value would have been replaced', () => {
    for (const periodHours of [24, 25, 36, 48, 168, 720, 2160, 12_000]) {
      const rules = backstopRules(periodHours, undefined)
      const hours = 'everyDays' in rules ? rules.everyDays * 24 : Number(/\d+/.exec(rules.schedule)?.[0])
      // Its window opens at midnight of the day on which it is due: up to a day early.
      expect(hours - 24).toBeGreaterThanOrEqual(periodHours)
    }
  })
})

describe('a schedule', () => {
  it.each(['cron(30 3 ? * MON-FRI *)', 'cron(0 2,14 * * ? *)', 'rate(1 day)', 'rate(12 hours)'])('%s', (schedule) => {
    expect(rotationOf({ campaignSchedule: schedule }).campaigns).toEqual({ schedule })
  })

  it.each([
    'cron(* * * * ? *)',
    'cron(0/5 2 * * ? *)',
    'cron(0 2 * * *)',
    'cron(0 2 * * * *)',
    'cron(0 2 ? * ? *)',
    'rate(5 minutes)',
    'rate(0 days)',
    'rate(1 days)',
    'at(2026-01-01T00:00:00)',
    '0 2 * * *',
    7,
  ])('is not %j', (campaignSchedule) => {
    expect(faultsOf({ campaignSchedule })).toEqual([
      expect.stringMatching(/^m2m\.rotation\.campaignSchedule is malformed: .*; expected cron\(0 2 \* \* \? \*\)/),
    ])
  })
})

test('campaigns can be left out, for a written reason', () => {
  const noCampaignsBecause = 'this Region has no durable functions'
  expect(rotationOf({ noCampaignsBecause }).campaigns).toEqual({ noneBecause: noCampaignsBecause })
  expect(faultsOf({ noCampaignsBecause: 'no' })).toEqual([expect.stringMatching(/noCampaignsBecause is malformed/)])
  expect(faultsOf({ noCampaignsBecause, campaignSchedule: 'rate(1 day)' })).toEqual([
    expect.stringMatching(/campaignSchedule contradicts noCampaignsBecause/),
  ])
})

test("Stytch's rate is a number of calls a second", () => {
  expect(rotationOf({ stytchCallsPerSecond: 40 })).toMatchObject({ stytchCallsPerSecond: 40 })
  expect(faultsOf({ stytchCallsPerSecond: 0 })).toEqual([expect.stringMatching(/an integer from 1 to 1000/)])
})

describe('the longest time between two campaigns', () => {
  it.each([
    ['rate(12 hours)', 12],
    ['rate(7 days)', 168],
    ['cron(0 2 * * ? *)', 24],
    ['cron(0 2,14 * * ? *)', 12],
    ['cron(0 2,10 * * ? *)', 16],
    ['cron(30 3 ? * MON-FRI *)', 72],
    ['cron(0 2 1 * ? *)', 31 * 24],
    ['cron(0 2 * * ? 2030)', Number.POSITIVE_INFINITY],
  ])('%s: %d h', (schedule, hours) => {
    expect(longestGapHours(schedule)).toBe(hours)
  })
})

describe('a period that campaigns come too seldom for', () => {
  const faultOf = (at: string, hours: number) =>
    `m2m.${at} is shorter than the longest time between two periodic campaigns: expected at least ${hours}h, or a campaignSchedule that comes more often`

  it('is refused of the stage, and of a client', () => {
    expect(faultsOf({ period: '4h' })).toEqual([faultOf('rotation.period', 24)])
    expect(faultsOf({ period: '2d', campaignSchedule: 'cron(0 2 ? * MON-FRI *)' })).toEqual([
      faultOf('rotation.period', 72),
    ])
    const clients = [{ name: 'billing', description: 'Reads invoices', period: '12h' }]
    expect(() => readDeployConfig({ ...exampleConfig, clients })).toThrow(faultOf('clients[0].period', 24))
  })

  it('is taken where they come often enough, or where there are none', () => {
    expect(faultsOf({ period: '1d' })).toEqual([])
    expect(faultsOf({ period: '4h', campaignSchedule: 'rate(1 hour)' })).toEqual([])
    expect(faultsOf({ period: '4h', noCampaignsBecause: 'this Region has no durable functions' })).toEqual([])
  })
})
