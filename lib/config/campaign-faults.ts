// What does not fit to the stage's campaigns: periods that are shorter than the time between two of them, which would be exceeded in silence, and
// a maintenance window in which one begins. Each looks well formed by itself. Pure.

import { HOUR_MS } from '../../lambda/core/base/time-units.ts'
import { shortPeriodFault } from '../../lambda/core/secret/campaign-turn.ts'
import { type CampaignsConfig, campaignEveryHours, meetsBackstop } from './campaign-config.ts'
import { spanHours } from './client-config.ts'
import type { BackstopRules } from './rotation-schedule.ts'

interface CampaignSettings {
  readonly rotation: {
    readonly periodHours: number
    readonly campaigns: CampaignsConfig
    readonly backstop: BackstopRules
  }
  readonly clients: readonly { readonly period?: string }[]
}

type CampaignFault = readonly [at: string, fault: string]

/** Both would rotate the same secrets at the same time, and the second ends the overlap that the first began. */
const windowFaults = ({ campaigns, backstop }: CampaignSettings['rotation']): readonly CampaignFault[] => {
  if (!('schedule' in campaigns) || !('schedule' in backstop)) return []
  const { schedule: cron, durationHours } = backstop
  const opensAt = durationHours === undefined ? undefined : meetsBackstop(campaigns.schedule, { cron, durationHours })
  if (opensAt === undefined) return []
  const fault = `begins while the maintenance window is open, such as that of ${new Date(opensAt).toISOString()}: expected a time outside of it`
  return [['rotation.campaignSchedule', fault]]
}

/** Each with its path. */
export const campaignFaults = ({ rotation, clients }: CampaignSettings): readonly CampaignFault[] => {
  const everyHours = campaignEveryHours(rotation.campaigns)
  const all = [
    ['rotation.period', rotation.periodHours] as const,
    ...clients.map(({ period }, at) => [`clients[${at}].period`, spanHours(period)] as const),
  ]
  const periods = all.flatMap(([at, hours]): readonly CampaignFault[] => {
    if (hours === undefined || everyHours === undefined) return []
    const fault = shortPeriodFault(hours * HOUR_MS, everyHours * HOUR_MS)
    return fault === undefined ? [] : [[at, fault]]
  })
  return [...periods, ...windowFaults(rotation)]
}
