// AWS's schedule expressions, cron(…) and rate(…), as Secrets Manager and EventBridge write them: six fields, weekdays from SUN = 1, all in
// UTC. Own code, since no library reads this dialect: croner 11 and cron-parser 5 count weekdays from MON = 1 and refuse `/8`; croner
// refuses `1/3`, and cron-parser `3W` (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html,
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html).

import { ok, type Result, refused } from './result.ts'
import { DAY_MS, MINUTE_MS } from './time-units.ts'

export interface Cron {
  /** Ascending, as all lists here. */
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  /** Whether it fires on this day, given as a moment of it. */
  isDay(day: Date): boolean
}

export interface Rate {
  readonly count: number
  readonly unit: 'minute' | 'hour' | 'day'
  readonly isPlural: boolean
}

/** What one service takes of the dialect. */
interface CronLimits {
  /** Secrets Manager: minutes must be 0 and the year *, and `W` is no wildcard of it. @default false */
  readonly isForSecretsManager?: boolean
}

interface Field {
  readonly name: string
  readonly min: number
  readonly max: number
  readonly words?: readonly string[]
  readonly expected: string
}

type DayTest = (day: Date) => boolean

/** A 29 February that is a given weekday: 28 years, 40 across a century's turn. */
const DAYS_AHEAD = 41 * 366
const MONTH_WORDS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const WEEKDAY_WORDS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']
const MINUTES: Field = { name: 'minutes', min: 0, max: 59, expected: '0 to 59, such as 0 or 0/15' }
const HOURS: Field = { name: 'hours', min: 0, max: 23, expected: '0 to 23, such as 2, 2,14 or 0/8' }
const DAYS_OF_MONTH: Field = { name: 'day of month', min: 1, max: 31, expected: '1 to 31 or L, such as 1, 1,15 or 1/7' }
const MONTHS: Field = {
  name: 'month',
  min: 1,
  max: 12,
  words: MONTH_WORDS,
  expected: '1 to 12 or JAN to DEC, such as 1/3',
}
const DAYS_OF_WEEK: Field = {
  name: 'day of week',
  min: 1,
  max: 7,
  words: WEEKDAY_WORDS,
  expected: '1 to 7 or SUN to SAT, such as MON-FRI, MON#1 (the first of the month) or FRIL (the last one)',
}
const YEARS: Field = { name: 'year', min: 1970, max: 2199, expected: '* or 1970 to 2199' }

const numberIn = (text: string, { min, max, words = [] }: Field): number | undefined => {
  const word = words.indexOf(text.toUpperCase())
  const value = word >= 0 ? word + min : /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN
  return value >= min && value <= max ? value : undefined
}

/** `5`, `1-5`, `*`, each perhaps with a step: `1/3`. Secrets Manager's own examples write `/8` for every eighth hour. */
const partIn = (text: string, field: Field): readonly number[] | undefined => {
  const [, base = '', step] = /^([^/]*)(?:\/([1-9]\d{0,3}))?$/.exec(text) ?? []
  const isAny = base === '*' || (base === '' && step !== undefined)
  const [fromText = '', toText, ...more] = isAny ? [String(field.min), String(field.max)] : base.split('-')
  const from = numberIn(fromText, field)
  const last = step === undefined ? from : field.max
  const to = toText === undefined ? last : numberIn(toText, field)
  if (from === undefined || to === undefined || from > to || more.length > 0) return undefined
  const by = Number(step ?? 1)
  return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, at) => from + at * by)
}

const listIn = (text: string, field: Field): readonly number[] | undefined => {
  const parts = text.split(',').map((part) => partIn(part, field))
  if (parts.some((part) => part === undefined)) return undefined
  return [...new Set(parts.flatMap((part) => part ?? []))].sort((one, other) => one - other)
}

const daysInMonth = (day: Date): number =>
  new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate()

/** The day of the month that is the weekday (MON to FRI) nearest to `date`, in the same month. */
const nearestWeekday = (day: Date, date: number): number => {
  const last = daysInMonth(day)
  const weekday = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), date)).getUTCDay()
  if (weekday === 6) return date === 1 ? 3 : date - 1
  if (weekday === 0) return date === last ? date - 2 : date + 1
  return date
}

const dayOfMonthTest = (text: string, { isForSecretsManager = false }: CronLimits): DayTest | undefined => {
  const symbol = text.toUpperCase()
  if (symbol === 'L') return (day) => day.getUTCDate() === daysInMonth(day)
  const [, nearest] = (isForSecretsManager ? undefined : /^(\d{1,2}|L)W$/.exec(symbol)) ?? []
  if (nearest === 'L') return (day) => day.getUTCDate() === nearestWeekday(day, daysInMonth(day))
  if (nearest !== undefined) {
    const date = numberIn(nearest, DAYS_OF_MONTH)
    if (date === undefined) return undefined
    return (day) => date <= daysInMonth(day) && day.getUTCDate() === nearestWeekday(day, date)
  }
  const days = listIn(text, DAYS_OF_MONTH)
  return days && ((day) => days.includes(day.getUTCDate()))
}

const dayOfWeekTest = (text: string): DayTest | undefined => {
  const symbol = text.toUpperCase()
  // The last day of the week, which begins on SUN.
  if (symbol === 'L') return (day) => day.getUTCDay() === 6
  const [, named = '', nth, last] = /^([A-Z]{3}|\d)(?:#([1-5])|(L))$/.exec(symbol) ?? []
  if (nth === undefined && last === undefined) {
    const days = listIn(text, DAYS_OF_WEEK)
    return days && ((day) => days.includes(day.getUTCDay() + 1))
  }
  const weekday = numberIn(named, DAYS_OF_WEEK)
  if (weekday === undefined) return undefined
  const isInPlace: DayTest =
    last === undefined
      ? (day) => Math.ceil(day.getUTCDate() / 7) === Number(nth)
      : (day) => day.getUTCDate() + 7 > daysInMonth(day)
  return (day) => day.getUTCDay() + 1 === weekday && isInPlace(day)
}

const daysFault = (dayOfMonth: string, dayOfWeek: string): string =>
  `days ${dayOfMonth} and ${dayOfWeek}: expected exactly one of them to be ?, such as "1 … ?", "L … ?", "? … SUN" or "? … MON#1"`

/** @returns the expression read, or every fault of it. */
export const readCron = (expression: string, limits: CronLimits = {}): Result<Cron, readonly string[]> => {
  const example = limits.isForSecretsManager ? 'cron(0 2 1 1/3 ? *)' : 'cron(0 2 * * ? *)'
  const fields = /^cron\(([^()]+)\)$/.exec(expression)?.[1]?.trim().split(/\s+/)
  if (fields?.length !== 6) return refused([`expected six fields, such as ${example}`])
  const [minuteText = '', hourText = '', dayOfMonth = '', monthText = '', dayOfWeek = '', yearText = ''] = fields
  const faults: string[] = []
  const read = <Value>(value: Value | undefined, text: string, { name, expected }: Field): Value | undefined => {
    if (value === undefined) faults.push(`${name} ${text}: expected ${expected}`)
    return value
  }
  if (limits.isForSecretsManager) {
    if (minuteText !== '0') faults.push(`Secrets Manager takes only 0 for the minutes, such as ${example}`)
    if (yearText !== '*') faults.push(`Secrets Manager takes only * for the year, such as ${example}`)
  }
  const isFixed = limits.isForSecretsManager === true
  const minutes = isFixed ? [0] : read(listIn(minuteText, MINUTES), minuteText, MINUTES)
  const hours = read(listIn(hourText, HOURS), hourText, HOURS)
  const months = read(listIn(monthText, MONTHS), monthText, MONTHS)
  const years = isFixed ? listIn('*', YEARS) : read(listIn(yearText, YEARS), yearText, YEARS)
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    return refused([...faults, daysFault(dayOfMonth, dayOfWeek)])
  }
  const isDay =
    dayOfWeek === '?'
      ? read(dayOfMonthTest(dayOfMonth, limits), dayOfMonth, DAYS_OF_MONTH)
      : read(dayOfWeekTest(dayOfWeek), dayOfWeek, DAYS_OF_WEEK)
  if (!minutes || !hours || !months || !years || !isDay || faults.length > 0) return refused(faults)
  const isOurs: DayTest = (day) => months.includes(day.getUTCMonth() + 1) && years.includes(day.getUTCFullYear())
  return ok({ minutes, hours, isDay: (day) => isOurs(day) && isDay(day) })
}

/** When it fires after `after`, one by one: epoch milliseconds. Ends with the years that it may name, or 41 years ahead. */
export function* firings(cron: Cron, after: number): Generator<number, void> {
  const firstDay = Math.floor(after / DAY_MS) * DAY_MS
  for (let at = 0; at < DAYS_AHEAD; at += 1) {
    const day = firstDay + at * DAY_MS
    if (!cron.isDay(new Date(day))) continue
    for (const hour of cron.hours) {
      for (const minute of cron.minutes) {
        const firing = day + (hour * 60 + minute) * MINUTE_MS
        if (firing > after) yield firing
      }
    }
  }
}

/** @returns undefined for what is no rate: a positive number and a unit. */
export const readRate = (expression: string): Rate | undefined => {
  const [, count, unit, plural] = /^rate\(([1-9]\d{0,8}) (minute|hour|day)(s?)\)$/.exec(expression) ?? []
  if (unit !== 'minute' && unit !== 'hour' && unit !== 'day') return undefined
  return { count: Number(count), unit, isPlural: plural === 's' }
}
