// What an operator decides about campaigns: when the periodic one begins, or why there is none. Read with the rest of `rotation`
// (deploy-config.ts). The times of day are UTC's, as Secrets Manager's are.
import { firings, readCron, readRate } from '../../lambda/core/base/schedule-expression.ts'
import { HOUR_MS } from '../../lambda/core/base/time-units.ts'
import type { Place, Shape } from './config-place.ts'
import { shapes } from './config-shapes.ts'
import type { RotationWindow } from './rotation-schedule.ts'

export type CampaignsConfig =
  /** Of EventBridge Scheduler. */
  | { readonly schedule: string }
  /** Nothing of the campaign function is deployed: where Lambda has no durable functions, above all. */
  | { readonly noneBecause: string }

/** Once a day: what becomes due waits for a day at most, a thirtieth of the shortest period that people choose. */
const DEFAULT_HOUR = 2
const EXAMPLE = 'cron(0 2 * * ? *)'

const MAX_RATE = 999

/** At most hourly: one minute of some hours. */
const isCron = (value: string): boolean => {
  const cron = readCron(value)
  return cron.ok && cron.value.minutes.length === 1
}

const isRate = (value: string): boolean => {
  const rate = readRate(value)
  // EventBridge refuses `rate(1 hours)`: a value of 1 takes the singular, any other the plural.
  return rate !== undefined && rate.unit !== 'minute' && rate.count <= MAX_RATE && rate.isPlural === rate.count > 1
}

const schedule: Shape = {
  expected: `${EXAMPLE}, with one minute of the hour and exactly one of the days "?", or rate(1 day)`,
  fits: (value) => isCron(value) || isRate(value),
}

/** Eight years hold every pattern of months, weekdays and leap days. */
const TRIED_FROM = Date.UTC(2027, 0, 1)
const TRIED_UNTIL = Date.UTC(2035, 0, 1)

const HOURS_OF = { minute: 1 / 60, hour: 1, day: 24 } as const

/** @returns the longest time between two campaigns, in hours; Infinity where one comes that no other follows. */
export const longestGapHours = (expression: string): number => {
  const rate = readRate(expression)
  if (rate !== undefined) return rate.count * HOURS_OF[rate.unit]
  const cron = readCron(expression)
  if (!cron.ok) return Number.POSITIVE_INFINITY
  let previous: number | undefined
  let longest = 0
  for (const firing of firings(cron.value, TRIED_FROM)) {
    longest = Math.max(longest, firing - (previous ?? firing))
    previous = firing
    if (firing >= TRIED_UNTIL) return longest / HOUR_MS
  }
  return Number.POSITIVE_INFINITY
}

/** The same, of a stage; undefined where there is no periodic campaign. */
export const campaignEveryHours = (campaigns: CampaignsConfig): number | undefined =>
  'schedule' in campaigns ? longestGapHours(campaigns.schedule) : undefined

/**
 * Daily, when a window ends: the window's own days are far too few, since they are the backstop's; and while it is open, Secrets Manager may
 * rotate the same secrets.
 */
export const dailySchedule = (window: RotationWindow | undefined): string => {
  const cron = window && readCron(window.cron)
  if (window === undefined || cron === undefined) return `cron(0 ${DEFAULT_HOUR} * * ? *)`
  const begins = (cron.ok && cron.value.hours[0]) || 0
  return `cron(0 ${(begins + window.durationHours) % 24} * * ? *)`
}

/** @returns when, in a window of the backstop, a campaign begins as well, epoch milliseconds; undefined: never, or no hour is known. */
export const meetsBackstop = (campaign: string, window: RotationWindow): number | undefined => {
  const [ours, theirs] = [readCron(campaign), readCron(window.cron, { isForSecretsManager: true })]
  if (!ours.ok || !theirs.ok) return undefined
  for (const opensAt of firings(theirs.value, TRIED_FROM)) {
    if (opensAt >= TRIED_UNTIL) return undefined
    const { value: begins = Number.POSITIVE_INFINITY } = firings(ours.value, opensAt - 1).next()
    if ((begins ?? Number.POSITIVE_INFINITY) < opensAt + window.durationHours * HOUR_MS) return opensAt
  }
  return undefined
}

/**
 * Until when, in whole hours from midnight UTC, the backstop may come on its day, where it counts days: Secrets Manager opens its window at
 * midnight, and it closes an hour before the first campaign of any day begins, or when that begins at one o'clock.
 * @returns undefined where there is no such time: a campaign begins in the first hour, or by a rate, whose hour nobody knows.
 */
export const backstopOpenHours = (campaigns: CampaignsConfig): number | undefined => {
  const cron = 'schedule' in campaigns ? readCron(campaigns.schedule) : undefined
  const first = cron?.ok === true ? (cron.value.hours[0] ?? 0) : 0
  return first === 0 ? undefined : Math.max(1, first - 1)
}

export const readCampaigns = (rotation: Place, window: RotationWindow | undefined): CampaignsConfig => {
  if (!rotation.has('noCampaignsBecause')) {
    return { schedule: rotation.optional('campaignSchedule', schedule) ?? dailySchedule(window) }
  }
  if (rotation.has('campaignSchedule')) {
    rotation.fault('campaignSchedule', 'contradicts noCampaignsBecause: expected one of them')
  }
  return { noneBecause: rotation.text('noCampaignsBecause', shapes.reason) }
}
