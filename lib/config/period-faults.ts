// Periods that the stage's campaigns cannot keep: they come less often. Each period looks well formed by itself, and would be exceeded in
// silence. Pure.

import { HOUR_MS } from '../../lambda/core/base/time-units.ts'
import { shortPeriodFault } from '../../lambda/core/secret/campaign-turn.ts'
import { type CampaignsConfig, campaignEveryHours } from './campaign-config.ts'
import { spanHours } from './client-config.ts'

interface Periods {
  readonly rotation: { readonly periodHours: number; readonly campaigns: CampaignsConfig }
  readonly clients: readonly { readonly period?: string }[]
}

/** Each with its path. */
export const periodFaults = ({ rotation, clients }: Periods): readonly (readonly [at: string, fault: string])[] => {
  const everyHours = campaignEveryHours(rotation.campaigns)
  const all = [
    ['rotation.period', rotation.periodHours] as const,
    ...clients.map(({ period }, at) => [`clients[${at}].period`, spanHours(period)] as const),
  ]
  return all.flatMap(([at, hours]) => {
    if (hours === undefined || everyHours === undefined) return []
    const fault = shortPeriodFault(hours * HOUR_MS, everyHours * HOUR_MS)
    return fault === undefined ? [] : [[at, fault] as const]
  })
}
