// When Secrets Manager itself would rotate a secret: the backstop (architecture §4, "Who owns the period"). Pure. Knows the cron
// expressions that Secrets Manager takes (secrets-manager §1.5), how often one fires, and refuses what AWS would refuse at
// deploy time, each with what would be accepted.

/** RotationRules, as the registrar hands them to RotateSecret: the date counts from the last rotation, or it follows a cron. */
export type RotationRules =
  | { readonly everyDays: number }
  | { readonly schedule: string; readonly durationHours?: number }

export interface RotationWindow {
  /** In UTC: `cron(0 H dom month dow *)`. */
  readonly cron: string
  /** How long after its start a rotation may begin, 1..24; it ends with the UTC day at the latest. */
  readonly durationHours: number
}

const MIN_RATE_HOURS = 4
const MAX_DAYS = 1000
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']
const CRON_EXAMPLE = 'cron(0 2 1 1/3 ? *)'

interface Field {
  readonly name: string
  readonly min: number
  readonly max: number
  readonly words?: readonly string[]
}

const HOURS: Field = { name: 'hours', min: 0, max: 23 }
const DAYS_OF_MONTH: Field = { name: 'day of month', min: 1, max: 31 }
const MONTHS_OF_YEAR: Field = { name: 'month', min: 1, max: 12, words: MONTHS }
const DAYS_OF_WEEK: Field = { name: 'day of week', min: 1, max: 7, words: WEEKDAYS }

const range = (from: number, to: number, step: number): number[] => {
  const found: number[] = []
  for (let at = from; at <= to; at += step) found.push(at)
  return found
}

const numberIn = (text: string, { min, max, words = [] }: Field): number | undefined => {
  const word = words.indexOf(text.toUpperCase())
  const value = word >= 0 ? word + min : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN
  return value >= min && value <= max ? value : undefined
}

/** `5`, `1-5`, `*`, each perhaps with a step: `1/3`. */
const partIn = (text: string, field: Field): readonly number[] | undefined => {
  const [base = '', stepText, ...rest] = text.split('/')
  if (rest.length > 0) return undefined
  const step = stepText === undefined ? 1 : /^[1-9]\d?$/.test(stepText) ? Number(stepText) : Number.NaN
  if (Number.isNaN(step)) return undefined
  // Secrets Manager's own examples write `/8` for every eighth hour.
  if (base === '*' || (base === '' && stepText !== undefined)) return range(field.min, field.max, step)
  const [fromText = '', toText, ...more] = base.split('-')
  const from = numberIn(fromText, field)
  const to = toText === undefined ? (stepText === undefined ? from : field.max) : numberIn(toText, field)
  if (more.length > 0 || from === undefined || to === undefined || to < from) return undefined
  return range(from, to, step)
}

const setIn = (text: string, field: Field): ReadonlySet<number> | undefined => {
  const parts = text.split(',').map((part) => partIn(part, field))
  return parts.some((part) => part === undefined) ? undefined : new Set(parts.flatMap((part) => part ?? []))
}

/** Which days fire; the day is given as UTC. */
type DayTest = (day: Date) => boolean

const isLastOfMonth = (day: Date): boolean => new Date(day.getTime() + 86_400_000).getUTCDate() === 1

const dayTest = (dayOfMonth: string, dayOfWeek: string): DayTest | undefined => {
  if (dayOfWeek === '?') {
    if (dayOfMonth.toUpperCase() === 'L') return isLastOfMonth
    const days = setIn(dayOfMonth, DAYS_OF_MONTH)
    return days === undefined ? undefined : (day) => days.has(day.getUTCDate())
  }
  if (dayOfMonth !== '?') return undefined
  const nth = /^([1-7A-Za-z]{1,3})#([1-5])$/.exec(dayOfWeek)
  if (nth !== null) {
    const weekday = numberIn(nth[1] ?? '', DAYS_OF_WEEK)
    if (weekday === undefined) return undefined
    return (day) => day.getUTCDay() + 1 === weekday && Math.ceil(day.getUTCDate() / 7) === Number(nth[2])
  }
  const weekdays = setIn(dayOfWeek, DAYS_OF_WEEK)
  return weekdays === undefined ? undefined : (day) => weekdays.has(day.getUTCDay() + 1)
}

interface Firing {
  readonly hours: readonly number[]
  readonly months: ReadonlySet<number>
  readonly isDay: DayTest
}

const readCron = (cron: string): Firing | string => {
  const fields = /^cron\((.+)\)$/.exec(cron)?.[1]?.trim().split(/\s+/)
  if (fields?.length !== 6) return `expected six fields, such as ${CRON_EXAMPLE}`
  const [minutes = '', hourText = '', dayOfMonth = '', monthText = '', dayOfWeek = '', year = ''] = fields
  if (minutes !== '0') return `Secrets Manager takes only 0 for the minutes, such as ${CRON_EXAMPLE}`
  if (year !== '*') return `Secrets Manager takes only * for the year, such as ${CRON_EXAMPLE}`
  const hours = setIn(hourText, HOURS)
  if (hours === undefined) return `hours ${hourText}: expected 0 to 23, such as 2, 2,14 or 0/8`
  const months = setIn(monthText, MONTHS_OF_YEAR)
  if (months === undefined) return `month ${monthText}: expected 1 to 12 or JAN to DEC, such as 1/3`
  const isDay = dayTest(dayOfMonth, dayOfWeek)
  if (isDay === undefined) {
    return `days ${dayOfMonth} and ${dayOfWeek}: expected exactly one of them to be ?, such as "1 … ?", "L … ?", "? … SUN" or "? … MON#1"`
  }
  return { hours: [...hours].sort((one, other) => one - other), months, isDay }
}

const HOUR_MS = 3_600_000
/** Eight years hold a leap day after every kind of year. */
const DAYS_TRIED = 8 * 366

/** The shortest time between two firings, in hours; Infinity when it fires at most once. */
const shortestGapHours = ({ hours, months, isDay }: Firing): number => {
  let previous: number | undefined
  let shortest = Number.POSITIVE_INFINITY
  for (let at = 0; at < DAYS_TRIED; at += 1) {
    const day = new Date(Date.UTC(2024, 0, 1 + at))
    if (!months.has(day.getUTCMonth() + 1) || !isDay(day)) continue
    for (const hour of hours) {
      const firing = day.getTime() / HOUR_MS + hour
      if (previous !== undefined) shortest = Math.min(shortest, firing - previous)
      previous = firing
    }
  }
  return previous === undefined ? Number.NaN : shortest
}

/** @returns what Secrets Manager, or the period, has against this window; undefined when nothing. */
export const windowFault = ({ cron, durationHours }: RotationWindow, periodHours: number): string | undefined => {
  const firing = readCron(cron)
  if (typeof firing === 'string') return firing
  const gapHours = shortestGapHours(firing)
  if (Number.isNaN(gapHours)) return `it never fires; expected days that exist, such as ${CRON_EXAMPLE}`
  const latest = firing.hours.at(-1) ?? 0
  if (latest + durationHours > 24) {
    return `a window of ${durationHours} h from ${latest}:00 runs into the next UTC day; expected at most ${24 - latest} h`
  }
  if (durationHours > gapHours) return `a window of ${durationHours} h runs into the next one, ${gapHours} h later`
  if (gapHours < 2 * periodHours) {
    return `it fires ${gapHours / 24} days apart, and the backstop must leave at least twice the period, ${(2 * periodHours) / 24} days; leave the window out, and it follows the last rotation`
  }
  return undefined
}

/** @returns what stands against this period; undefined when nothing. */
export const periodFault = (periodHours: number): string | undefined => {
  if (periodHours < MIN_RATE_HOURS) return 'is shorter than Secrets Manager can schedule: expected at least 4h'
  if (periodHours * 2 > MAX_DAYS * 24) return 'is too long for a backstop of twice its length: expected at most 500d'
  return undefined
}

/**
 * The backstop: a window's cron when there is one, else twice the period after the last rotation, so that a healthy campaign
 * keeps it silent.
 */
export const backstopRules = (periodHours: number, window: RotationWindow | undefined): RotationRules => {
  if (window !== undefined) return { schedule: window.cron, durationHours: window.durationHours }
  const hours = Math.ceil(2 * periodHours)
  return hours % 24 === 0 ? { everyDays: hours / 24 } : { schedule: `rate(${hours} hours)` }
}
