// What an operator decides about campaigns: when the periodic one begins, or why there is none. Read with the rest of `rotation`
// (deploy-config.ts). The times of day are UTC's, as Secrets Manager's are.
import type { Place, Shape } from './config-place.ts'
import type { RotationWindow } from './rotation-schedule.ts'

export type CampaignsConfig =
  /** Of EventBridge Scheduler. */
  | { readonly schedule: string }
  /** Nothing of the campaign function is deployed: where Lambda has no durable functions, above all. */
  | { readonly noneBecause: string }

/** Once a day: what becomes due waits for a day at most, a thirtieth of the shortest period that people choose. */
const DEFAULT_HOUR = 2
const EXAMPLE = 'cron(0 2 * * ? *)'

const FIELD = '[A-Za-z0-9*?,/#-]+'
/** One minute of some hours, so at most hourly. Which days exist is for Scheduler to say. */
const CRON = new RegExp(String.raw`^cron\([0-5]?\d ${FIELD} (${FIELD}) ${FIELD} (${FIELD}) ${FIELD}\)$`)
const RATE = /^rate\((1 (hour|day)|([2-9]|[1-9]\d{1,2}) (hours|days))\)$/

const isOneOfDaysOpen = ([, dayOfMonth, dayOfWeek]: RegExpExecArray): boolean =>
  (dayOfMonth === '?') !== (dayOfWeek === '?')

const schedule: Shape = {
  expected: `${EXAMPLE}, with one minute of the hour and exactly one of the days "?", or rate(1 day)`,
  fits: (value) => {
    const cron = CRON.exec(value)
    return cron === null ? RATE.test(value) : isOneOfDaysOpen(cron)
  },
}

/** Daily, when a window begins: the window's own days are far too few, since they are the backstop's. */
export const dailySchedule = (window: RotationWindow | undefined): string => {
  const hours = window?.cron.split(/\s+/)[1] ?? ''
  const hour = window === undefined ? DEFAULT_HOUR : Number(/^\d{1,2}/.exec(hours)?.[0] ?? 0)
  return `cron(0 ${hour} * * ? *)`
}

export const readCampaigns = (
  rotation: Place,
  { window, reason }: { readonly window: RotationWindow | undefined; readonly reason: Shape },
): CampaignsConfig => {
  if (!rotation.has('noCampaignsBecause')) {
    return { schedule: rotation.optional('campaignSchedule', schedule) ?? dailySchedule(window) }
  }
  if (rotation.has('campaignSchedule')) {
    rotation.fault('campaignSchedule', 'contradicts noCampaignsBecause: expected one of them')
  }
  return { noneBecause: rotation.text('noCampaignsBecause', reason) }
}
