// Rotation rules: which ones AWS takes, and when the next window opens and closes. The date counts from the last
// rotation. Roughly AWS's own arithmetic (the service picks a moment inside the window; here it is the opening).

import { defined } from '../../core/base/defined.ts'
import { type Cron, firings, readCron, readRate } from '../../core/base/schedule-expression.ts'
import { DAY_MS, HOUR_MS } from '../../core/base/time-units.ts'
import { invalidParameter } from './aws-fault.ts'
import { type Body, readInput } from './input.ts'
import type { RotationRules, Secret } from './secret-store.ts'

export interface RotationWindow {
  readonly opensAt: number
  /** What NextRotationDate shows: the rotation comes on or before it. */
  readonly closesAt: number
}

const refused = (expression: string, why: string): Error =>
  invalidParameter(`Invalid ScheduleExpression ${expression}: ${why}`)

const parseCron = (expression: string): Cron => {
  const read = readCron(expression, { isForSecretsManager: true })
  if (!read.ok) throw refused(expression, `${read.refusal.join('; ')}.`)
  return read.value
}

/** In hours or days, which is all that Secrets Manager takes. */
const parseRate = (expression: string): { readonly count: number; readonly isHours: boolean } | undefined => {
  const rate = readRate(expression)
  return rate && rate.unit !== 'minute' ? { count: rate.count, isHours: rate.unit === 'hour' } : undefined
}

const checkExpression = (expression: string, durationHours: number | undefined): void => {
  const rate = parseRate(expression)
  if (rate !== undefined) {
    if (rate.isHours && rate.count < 4) throw refused(expression, 'a secret can be rotated at most every four hours.')
    if (rate.count > (rate.isHours ? 999 * 24 : 999)) throw refused(expression, 'out of range.')
    if (rate.isHours && durationHours !== undefined && durationHours > Math.min(rate.count, 24)) throw windowTooLong()
    return
  }
  const { hours } = parseCron(expression)
  if (durationHours === undefined) return
  const next = [...hours.slice(1), 24]
  if (hours.some((hour, i) => hour + durationHours > (next[i] ?? 24))) throw windowTooLong()
}

const windowTooLong = (): Error =>
  invalidParameter('The rotation window must not extend into the next rotation window or the next UTC day.')

/** Reads and checks RotationRules. @throws InvalidParameterException */
export const readRotationRules = (body: Body): RotationRules => {
  const input = readInput(body)
  const days = input.integer('AutomaticallyAfterDays')
  const duration = input.text('Duration')
  const expression = input.text('ScheduleExpression')
  if (days !== undefined && expression !== undefined) {
    throw invalidParameter("You can't specify both AutomaticallyAfterDays and ScheduleExpression.")
  }
  const durationHours = duration === undefined ? undefined : Number.parseInt(duration, 10)
  if (durationHours !== undefined && (durationHours < 1 || durationHours > 24)) throw windowTooLong()
  if (expression !== undefined) checkExpression(expression, durationHours)
  return {
    ...defined({ AutomaticallyAfterDays: days, Duration: duration, ScheduleExpression: expression }),
  }
}

const startOfDay = (at: number): number => Math.floor(at / DAY_MS) * DAY_MS
const endOfDay = (at: number): number => startOfDay(at) + DAY_MS - 1000

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
  const { value: opensAt } = firings(cron, after).next()
  return opensAt === undefined ? undefined : window(opensAt, cron.hours.length > 1)
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
