// Rotation rules: which ones AWS takes, and when the next window opens and closes. The date counts from the last
// rotation. Roughly AWS's own arithmetic (the service picks a moment inside the window; here it is the opening).
import { invalidParameter } from './aws-fault.ts'
import { type Body, readInput } from './input.ts'
import type { RotationRules, Secret } from './secret-store.ts'

export interface RotationWindow {
  readonly opensAt: number
  /** What NextRotationDate shows: the rotation comes on or before it. */
  readonly closesAt: number
}

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS
/** A yearly cron has one opening in 366 days; a leap day's can be eight years away, and is not played. */
const CRON_HORIZON_HOURS = 367 * 24

const RATE = /^rate\((\d+) (hours?|days?)\)$/
const CRON = /^cron\(([^()]+)\)$/
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

interface Cron {
  readonly hours: ReadonlySet<number>
  readonly hasDay: (date: Date) => boolean
}

const refused = (expression: string, why: string): Error =>
  invalidParameter(`Invalid ScheduleExpression ${expression}: ${why}`)

const asNumber = (word: string, names: readonly string[], first: number): number => {
  const named = names.indexOf(word.toUpperCase())
  return named >= 0 ? named + first : /^\d+$/.test(word) ? Number(word) : Number.NaN
}

/** @returns the field's numbers, or undefined for a field that cannot be read. */
const parseField = (
  field: string,
  range: { readonly min: number; readonly max: number; readonly names?: readonly string[] },
): Set<number> | undefined => {
  const numbers = new Set<number>()
  for (const part of field.split(',')) {
    const [span = '', step = '1'] = part.split('/')
    const [low = '', high] = span.split('-')
    // AWS writes every eighth hour as /8.
    const isAny = span === '*' || (span === '' && part.startsWith('/'))
    const from = isAny ? range.min : asNumber(low, range.names ?? [], range.min)
    const last = part.includes('/') ? range.max : from
    const to = isAny ? range.max : high === undefined ? last : asNumber(high, range.names ?? [], range.min)
    const by = Number(step)
    if (!(from >= range.min && to <= range.max && from <= to && Number.isInteger(by) && by >= 1)) return undefined
    for (let number = from; number <= to; number += by) numbers.add(number)
  }
  return numbers
}

const isLastDayOfMonth = (date: Date): boolean => new Date(date.getTime() + DAY_MS).getUTCDate() === 1

const dayOfMonthTest = (field: string): ((date: Date) => boolean) | undefined => {
  if (field === 'L') return isLastDayOfMonth
  const numbers = parseField(field, { min: 1, max: 31 })
  return numbers && ((date) => numbers.has(date.getUTCDate()))
}

// AWS's weekdays count from SUN = 1; `6#3` is the third FRI of the month, `6L` its last one.
const dayOfWeekTest = (field: string): ((date: Date) => boolean) | undefined => {
  const ordinal = /^(\w+)#([1-5])$/.exec(field)
  const last = /^(\w+)L$/.exec(field)
  const weekday = asNumber(ordinal?.[1] ?? last?.[1] ?? '', WEEKDAYS, 1)
  const isWeekday = (date: Date): boolean => date.getUTCDay() + 1 === weekday
  if (ordinal) return (date) => isWeekday(date) && Math.ceil(date.getUTCDate() / 7) === Number(ordinal[2])
  if (last)
    return (date) => isWeekday(date) && new Date(date.getTime() + 7 * DAY_MS).getUTCMonth() !== date.getUTCMonth()
  const numbers = parseField(field, { min: 1, max: 7, names: WEEKDAYS })
  return numbers && ((date) => numbers.has(date.getUTCDay() + 1))
}

const parseCron = (expression: string): Cron => {
  const fields = CRON.exec(expression)?.[1]?.trim().split(/\s+/) ?? []
  const [minutes, hourField = '', dayField = '', monthField = '', weekdayField = '', year] = fields
  if (fields.length !== 6) throw refused(expression, 'expected six fields.')
  if (minutes !== '0') throw refused(expression, 'the minutes field must be 0.')
  if (year !== '*') throw refused(expression, 'the year field must be *.')
  if ((dayField === '?') === (weekdayField === '?')) {
    throw refused(expression, 'exactly one of day-of-month and day-of-week must be ?.')
  }
  const hours = parseField(hourField, { min: 0, max: 23 })
  const months = parseField(monthField, { min: 1, max: 12, names: MONTHS })
  const hasDay = dayField === '?' ? dayOfWeekTest(weekdayField) : dayOfMonthTest(dayField)
  if (hours === undefined || months === undefined || hasDay === undefined)
    throw refused(expression, 'unreadable field.')
  return { hours, hasDay: (date) => months.has(date.getUTCMonth() + 1) && hasDay(date) }
}

const parseRate = (expression: string): { readonly count: number; readonly isHours: boolean } | undefined => {
  const match = RATE.exec(expression)
  return match ? { count: Number(match[1]), isHours: (match[2] ?? '').startsWith('hour') } : undefined
}

const checkExpression = (expression: string, durationHours: number | undefined): void => {
  const rate = parseRate(expression)
  if (rate !== undefined) {
    if (rate.isHours && rate.count < 4) throw refused(expression, 'a secret can be rotated at most every four hours.')
    if (rate.count < 1 || rate.count > (rate.isHours ? 999 * 24 : 999)) throw refused(expression, 'out of range.')
    if (rate.isHours && durationHours !== undefined && durationHours > Math.min(rate.count, 24)) throw windowTooLong()
    return
  }
  const hours = [...parseCron(expression).hours].sort((a, b) => a - b)
  if (durationHours === undefined) return
  const next = [...hours.slice(1), 24]
  if (hours.some((hour, i) => hour + durationHours > (next[i] ?? 24))) throw windowTooLong()
}

const windowTooLong = (): Error =>
  invalidParameter('The rotation window must not extend into the next rotation window or the next UTC day.')

/** Reads and checks RotationRules. @throws ValidationException, InvalidParameterException */
export const readRotationRules = (body: Body): RotationRules => {
  const input = readInput(body, 'rotationRules.')
  const days = input.integer('AutomaticallyAfterDays', { min: 1, max: 1000 })
  const duration = input.text('Duration', { min: 2, max: 3, pattern: /^[0-9]+h$/ })
  const expression = input.text('ScheduleExpression', {
    min: 1,
    max: 256,
    pattern: /^[0-9A-Za-z()#?*\-/, ]+$/,
  })
  input.check()
  if (days !== undefined && expression !== undefined) {
    throw invalidParameter("You can't specify both AutomaticallyAfterDays and ScheduleExpression.")
  }
  const durationHours = duration === undefined ? undefined : Number.parseInt(duration, 10)
  if (durationHours !== undefined && (durationHours < 1 || durationHours > 24)) throw windowTooLong()
  if (expression !== undefined) checkExpression(expression, durationHours)
  return {
    ...(days === undefined ? {} : { AutomaticallyAfterDays: days }),
    ...(duration === undefined ? {} : { Duration: duration }),
    ...(expression === undefined ? {} : { ScheduleExpression: expression }),
  }
}

const startOfDay = (at: number): number => Math.floor(at / DAY_MS) * DAY_MS
const endOfDay = (at: number): number => startOfDay(at) + DAY_MS - 1000

const nextCronOpening = (cron: Cron, after: number): number | undefined => {
  let at = (Math.floor(after / HOUR_MS) + 1) * HOUR_MS
  for (let i = 0; i < CRON_HORIZON_HOURS; i += 1, at += HOUR_MS) {
    const date = new Date(at)
    if (cron.hours.has(date.getUTCHours()) && cron.hasDay(date)) return at
  }
  return undefined
}

/** The first window after `after` (epoch ms). @returns undefined when the rules name none. */
export const nextWindow = (rules: RotationRules, after: number): RotationWindow | undefined => {
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression } = rules
  const durationMs = rules.Duration === undefined ? undefined : Number.parseInt(rules.Duration, 10) * HOUR_MS
  const window = (opensAt: number, isHourly: boolean): RotationWindow => ({
    opensAt,
    closesAt: durationMs !== undefined ? opensAt + durationMs : isHourly ? opensAt + HOUR_MS : endOfDay(opensAt),
  })
  if (expression === undefined) return days === undefined ? undefined : window(startOfDay(after + days * DAY_MS), false)
  const rate = parseRate(expression)
  if (rate?.isHours) return window(Math.floor(after / HOUR_MS) * HOUR_MS + rate.count * HOUR_MS, true)
  if (rate) return window(startOfDay(after + rate.count * DAY_MS), false)
  const cron = parseCron(expression)
  const opensAt = nextCronOpening(cron, after)
  return opensAt === undefined ? undefined : window(opensAt, cron.hours.size > 1)
}

/** @returns the window that DescribeSecret's NextRotationDate speaks of, which may be past after a failure. */
export const rotationWindow = (secret: Secret): RotationWindow | undefined => {
  const { rotation } = secret
  if (rotation?.rules === undefined || !rotation.isEnabled) return undefined
  const rotatedAt = rotation.lastRotatedAt ?? rotation.configuredAt
  return nextWindow(rotation.rules, Math.max(rotatedAt, secret.lastManualAt ?? 0))
}

/** @returns whether the schedule wants a rotation now; each window asks once, whatever became of it. */
export const isRotationDue = (secret: Secret, now: number): boolean => {
  const window = rotationWindow(secret)
  const rotation = secret.rotation
  if (window === undefined || rotation?.rules === undefined || window.opensAt > now) return false
  if (rotation.firedAt === undefined || rotation.firedAt < window.opensAt) return true
  const later = nextWindow(rotation.rules, rotation.firedAt)
  return later !== undefined && later.opensAt <= now
}
