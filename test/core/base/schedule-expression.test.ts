// AWS's dialect of cron and rate: the examples of its guides, what each wildcard means, and what it refuses.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Cron, firings, readCron, readRate } from '../../../lambda/core/base/schedule-expression.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const read = (expression: string): Cron => {
  const cron = readCron(expression)
  if (!cron.ok) throw new Error(cron.refusal.join('; '))
  return cron.value
}

/** The first `count` firings after the turn of the year 2026, which is a Thursday. */
const after2026 = (expression: string, count: number): readonly string[] => {
  const found = firings(read(expression), Date.UTC(2026, 0, 1) - 1)
  return Array.from({ length: count }, () => found.next().value)
    .filter((at) => typeof at === 'number')
    .map((at) => new Date(at).toISOString().slice(0, 16))
}

const faultsOf = (expression: string, isForSecretsManager = false): readonly string[] => {
  const cron = readCron(expression, { isForSecretsManager })
  return cron.ok ? [] : cron.refusal
}

// https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
const SECRETS_MANAGER: readonly (readonly [string, readonly string[]])[] = [
  ['cron(0 /8 * * ? *)', ['2026-01-01T00:00', '2026-01-01T08:00', '2026-01-01T16:00', '2026-01-02T00:00']],
  ['cron(0 8/8 * * ? *)', ['2026-01-01T08:00', '2026-01-01T16:00', '2026-01-02T08:00']],
  ['cron(0 2/10 * * ? *)', ['2026-01-01T02:00', '2026-01-01T12:00', '2026-01-01T22:00', '2026-01-02T02:00']],
  ['cron(0 4/12 * * ? *)', ['2026-01-01T04:00', '2026-01-01T16:00', '2026-01-02T04:00', '2026-01-02T16:00']],
  ['cron(0 10 * * ? *)', ['2026-01-01T10:00', '2026-01-02T10:00']],
  ['cron(0 18 ? * SAT *)', ['2026-01-03T18:00', '2026-01-10T18:00']],
  ['cron(0 8 1 * ? *)', ['2026-01-01T08:00', '2026-02-01T08:00']],
  ['cron(0 1 ? 1/3 SUN#1 *)', ['2026-01-04T01:00', '2026-04-05T01:00', '2026-07-05T01:00']],
  ['cron(0 17 L * ? *)', ['2026-01-31T17:00', '2026-02-28T17:00', '2026-03-31T17:00']],
  ['cron(0 8 ? * MON-FRI *)', ['2026-01-01T08:00', '2026-01-02T08:00', '2026-01-05T08:00']],
  ['cron(0 16 1,15 * ? *)', ['2026-01-01T16:00', '2026-01-15T16:00', '2026-02-01T16:00']],
  ['cron(0 0 ? * SUN#1 *)', ['2026-01-04T00:00', '2026-02-01T00:00']],
  // The wildcards that its text explains.
  ['cron(0 2 ? * SUNL *)', ['2026-01-25T02:00', '2026-02-22T02:00']],
  ['cron(0 2 ? * TUE#3 *)', ['2026-01-20T02:00', '2026-02-17T02:00']],
  ['cron(0 2 1 JAN,APR,JUL,OCT ? *)', ['2026-01-01T02:00', '2026-04-01T02:00']],
  ['cron(0 2 1/10 * ? *)', ['2026-01-01T02:00', '2026-01-11T02:00', '2026-01-21T02:00', '2026-01-31T02:00']],
  ['cron(0 2 ? 1/3 6L *)', ['2026-01-30T02:00', '2026-04-24T02:00', '2026-07-31T02:00']],
]

// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
const EVENTBRIDGE: readonly (readonly [string, readonly string[]])[] = [
  ['cron(15 12 * * ? *)', ['2026-01-01T12:15', '2026-01-02T12:15']],
  ['cron(0 18 ? * MON-FRI *)', ['2026-01-01T18:00', '2026-01-02T18:00', '2026-01-05T18:00']],
  ['cron(0/15 * * * ? *)', ['2026-01-01T00:00', '2026-01-01T00:15', '2026-01-01T00:30']],
  ['cron(0/10 * ? * MON-FRI *)', ['2026-01-01T00:00', '2026-01-01T00:10']],
  ['cron(0/5 8-17 ? * MON-FRI *)', ['2026-01-01T08:00', '2026-01-01T08:05']],
  ['cron(1/10 0 1 1 ? *)', ['2026-01-01T00:01', '2026-01-01T00:11', '2026-01-01T00:21']],
  ['cron(0 2 3W * ? *)', ['2026-01-02T02:00', '2026-02-03T02:00', '2026-03-03T02:00']],
  ['cron(0 2 1W * ? *)', ['2026-01-01T02:00', '2026-02-02T02:00', '2026-03-02T02:00']],
  ['cron(0 2 31W * ? *)', ['2026-01-30T02:00', '2026-03-31T02:00', '2026-05-29T02:00']],
  ['cron(0 2 LW * ? *)', ['2026-01-30T02:00', '2026-02-27T02:00', '2026-03-31T02:00']],
  ['cron(0 2 ? * L *)', ['2026-01-03T02:00', '2026-01-10T02:00']],
  ['cron(0 2 ? * 3#2 *)', ['2026-01-13T02:00', '2026-02-10T02:00']],
  ['cron(0 2 1 1 ? 2027-2029/2)', ['2027-01-01T02:00', '2029-01-01T02:00']],
]

describe("AWS's own examples", () => {
  test.each([...SECRETS_MANAGER, ...EVENTBRIDGE])('%s fires at %j', (expression, expected) => {
    expect(after2026(expression, expected.length)).toEqual(expected)
  })

  test.each(SECRETS_MANAGER.map(([expression]) => expression))('Secrets Manager takes %s', (expression) => {
    expect(faultsOf(expression, true)).toEqual([])
  })
})

describe('a year that a schedule ends in', () => {
  test('is its last: nothing fires after it', () => {
    expect(after2026('cron(0 2 31 12 ? 2026)', 3)).toEqual(['2026-12-31T02:00'])
    expect(after2026('cron(0 2 1 1 ? 2025)', 1)).toEqual([])
  })

  test('may be far away: a 29 February that is a Monday', () => {
    expect(after2026('cron(0 2 ? 2 MON#5 *)', 1)).toEqual(['2044-02-29T02:00'])
  })

  test('a day that no month has never fires', () => {
    expect(after2026('cron(0 2 30 2 ? *)', 1)).toEqual([])
  })
})

describe('a malformed cron', () => {
  test.each([
    ['0 2 1 * ? *', /six fields/],
    ['cron(0 2 1 * ?)', /six fields/],
    ['cron(60 2 1 * ? *)', /minutes 60: expected 0 to 59/],
    ['cron(0 24 1 * ? *)', /hours 24: expected 0 to 23/],
    ['cron(0 2 0 * ? *)', /day of month 0: expected 1 to 31/],
    ['cron(0 2 32W * ? *)', /day of month 32W/],
    ['cron(0 2 W * ? *)', /day of month W/],
    ['cron(0 2 1 13 ? *)', /month 13: expected 1 to 12/],
    ['cron(0 2 1 DEC-JAN ? *)', /month DEC-JAN/],
    ['cron(0 2 ? * 8 *)', /day of week 8: expected 1 to 7/],
    // "You can have only one expression in the day-of-week field" with #.
    ['cron(0 2 ? * 3#1,6#3 *)', /day of week 3#1,6#3/],
    ['cron(0 2 ? * MON#6 *)', /day of week MON#6/],
    ['cron(0 2 ? * FUNL *)', /day of week FUNL/],
    ['cron(0 2 1 * MON *)', /exactly one of them to be \?/],
    ['cron(0 2 * * * *)', /exactly one of them to be \?/],
    ['cron(0 2 ? * ? *)', /exactly one of them to be \?/],
    ['cron(0 2 1 * ? 1969)', /year 1969: expected/],
    ['cron(0 2/0 1 * ? *)', /hours 2\/0/],
    ['cron(0 2/3/4 1 * ? *)', /hours 2\/3\/4/],
    ['cron(0 / 1 * ? *)', /hours \//],
    ['cron(0 2, 1 * ? *)', /hours 2,/],
  ])('is named by its field: %s', (expression, expected) => {
    expect(faultsOf(expression)).toEqual([expect.stringMatching(expected)])
  })

  test('has every fault named at once', () => {
    expect(faultsOf('cron(61 25 40 13 ? 99)')).toHaveLength(5)
    expect(faultsOf('cron(5 25 1W * ? 2027)', true)).toHaveLength(4)
  })
})

const subset = (values: readonly number[]) => fc.subarray([...values], { minLength: 1 })
const upTo = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at)

test('each firing is one of the expression, and no hour between two of them is', () => {
  fc.assert(
    fc.property(
      subset(upTo(0, 23)),
      subset(upTo(1, 12)),
      fc.oneof(
        subset(upTo(1, 28)).map((days) => ({ days, weekdays: upTo(1, 7) })),
        subset(upTo(1, 7)).map((weekdays) => ({ days: upTo(1, 31), weekdays })),
      ),
      fc.integer({ min: 0, max: 40 * 365 * 24 }),
      (hours, months, { days, weekdays }, hoursLater) => {
        const dayFields = days.length === 31 ? ['?', weekdays.join()] : [days.join(), '?']
        const cron = read(`cron(0 ${hours.join()} ${dayFields[0]} ${months.join()} ${dayFields[1]} *)`)
        const isIn = (at: number): boolean => {
          const date = new Date(at)
          return (
            hours.includes(date.getUTCHours()) &&
            months.includes(date.getUTCMonth() + 1) &&
            days.includes(date.getUTCDate()) &&
            weekdays.includes(date.getUTCDay() + 1)
          )
        }
        const after = Date.UTC(2024, 0, 1) + hoursLater * HOUR_MS
        const next = firings(cron, after).next().value

        expect(next).toBeTypeOf('number')
        if (typeof next !== 'number') return
        expect(isIn(next)).toBe(true)
        const between = Array.from({ length: (next - after) / HOUR_MS - 1 }, (_, at) => after + (at + 1) * HOUR_MS)
        expect(between.filter(isIn)).toEqual([])
      },
    ),
  )
})

test('the weekday nearest to a date is MON to FRI of its month, at most two days away', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 28 }), fc.integer({ min: 0, max: 20_000 }), (date, daysLater) => {
      const next = firings(read(`cron(0 0 ${date}W * ? *)`), daysLater * DAY_MS).next().value
      const day = new Date(Number(next))

      expect(upTo(1, 5)).toContain(day.getUTCDay())
      const isAtEdge =
        date === 1 || date === new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate()
      expect(Math.abs(day.getUTCDate() - date)).toBeLessThanOrEqual(isAtEdge ? 2 : 1)
    }),
  )
})

describe('a rate', () => {
  test.each([
    ['rate(4 hours)', { count: 4, unit: 'hour', isPlural: true }],
    ['rate(1 day)', { count: 1, unit: 'day', isPlural: false }],
    ['rate(5 minutes)', { count: 5, unit: 'minute', isPlural: true }],
  ])('is a positive number and a unit: %s', (expression, expected) => {
    expect(readRate(expression)).toEqual(expected)
  })

  test.each(['rate(0 days)', 'rate(1 week)', 'rate(1.5 hours)', 'rate(1  day)', 'rate 1 day', 'rate()'])(
    'is not %s',
    (expression) => {
      expect(readRate(expression)).toBeUndefined()
    },
  )
})
