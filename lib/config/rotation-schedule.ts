// When Secrets Manager itself would rotate a secret: the backstop (architecture §4, "Who owns the period"). Pure. Refuses
// at synth what AWS would refuse at deploy time (secrets-manager §1.5), and a window that would come too often, each with what would be
// accepted. How a cron is read: lambda/core/base/schedule-expression.ts.

import { type Cron, firings, readCron } from '../../lambda/core/base/schedule-expression.ts'
import { HOUR_MS } from '../../lambda/core/base/time-units.ts'

/** BackstopRules, as the registrar hands them to RotateSecret: the date counts from the last rotation, or it follows a cron. */
export type BackstopRules =
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
const FIRST_TRIED = Date.UTC(2024, 0, 1)

/** The shortest time between two firings, in hours; Infinity when it fires at most once, NaN when it never does. */
const shortestGapHours = (cron: Cron): number => {
  let previous: number | undefined
  let shortest = Number.POSITIVE_INFINITY
  for (const firing of firings(cron, FIRST_TRIED)) {
    if (previous !== undefined) shortest = Math.min(shortest, (firing - previous) / HOUR_MS)
    previous = firing
  }
  return previous === undefined ? Number.NaN : shortest
}

/** @returns what Secrets Manager, or the period, has against this window; undefined when nothing. */
export const windowFault = ({ cron, durationHours }: RotationWindow, periodHours: number): string | undefined => {
  const read = readCron(cron, { isForSecretsManager: true })
  if (!read.ok) return read.refusal.join('; ')
  const gapHours = shortestGapHours(read.value)
  if (Number.isNaN(gapHours)) return 'it never fires; expected days that exist, such as cron(0 2 1 1/3 ? *)'
  const latest = read.value.hours.at(-1) ?? 0
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
 * @param openHours until when, from midnight UTC, it may come on its day, since a campaign begins later. @default - all day
 */
export const backstopRules = (
  periodHours: number,
  window: RotationWindow | undefined,
  openHours?: number,
): BackstopRules => {
  if (window !== undefined) return { schedule: window.cron, durationHours: window.durationHours }
  const hours = Math.ceil(2 * periodHours)
  if (hours % 24 !== 0) return { schedule: `rate(${hours} hours)` }
  const days = hours / 24
  if (openHours === undefined) return { everyDays: days }
  return { schedule: days === 1 ? 'rate(1 day)' : `rate(${days} days)`, durationHours: openHours }
}

/** The same for a client with a period of its own: on its day it comes in the same hours as the stage's. */
export const ownBackstopRules = (
  periodHours: number,
  stage: { readonly everyDays: number } | { readonly schedule: string; readonly durationHours?: number | undefined },
): BackstopRules => {
  const isByDays = 'schedule' in stage && /^rate\(\d+ days?\)$/.test(stage.schedule)
  return backstopRules(periodHours, undefined, isByDays ? stage.durationHours : undefined)
}
