// When the periodic campaign rotates a secret: at a time of the secret's own, by a hash of its ARN, so that secrets that were made on one
// day are not rotated on one day; and never so late that the value gets older than its period (docs/decisions/062). Pure.

import { createHash } from 'node:crypto'
import { HOUR_MS } from '../base/time-units.ts'

export interface ValueInUse {
  readonly secretArn: string
  /** Epoch milliseconds, as all times here. */
  readonly issuedAt: number
  readonly periodMs: number
}

export interface CampaignTurn {
  /** From then on a campaign rotates it, if it has room. */
  readonly from: number
  /** From then on every campaign has to: at the next one it would be older than its period. Never before `from`. */
  readonly latest: number
}

/** How long after its beginning a campaign may rotate: 100,000 secrets take two and a half hours, and the schedule may start it late. */
const TAKES_AT_MOST_MS = 3 * HOUR_MS
/** Of frequent campaigns a smaller part, or they would rotate a good deal too early. */
const TAKES_SHARE = 1 / 8

const takesMs = (campaignEveryMs: number): number => Math.min(TAKES_AT_MOST_MS, campaignEveryMs * TAKES_SHARE)

/** Campaigns for which a secret can be left behind, by a failure or for want of room, before it has to be rotated. */
const SPARE_CAMPAIGNS = 10
const SPARE_SHARE = 0.1
/** No value is replaced before this share of its period is over. */
const YOUNGEST_SHARE = 0.2

/** Two numbers from 0 to 1, the same for ever. */
const fractionsOf = (secretArn: string): readonly [number, number] => {
  const digest = createHash('sha256').update(secretArn).digest()
  return [digest.readUInt32BE(0) / 2 ** 32, digest.readUInt32BE(4) / 2 ** 32]
}

/**
 * What stands against a period, where campaigns come this seldom; undefined: nothing. A backstop, at twice the period, would come first, and
 * no value would be replaced in time.
 */
export const shortPeriodFault = (periodMs: number, campaignEveryMs: number | undefined): string | undefined => {
  if (campaignEveryMs === undefined || periodMs >= campaignEveryMs) return undefined
  const hours = Math.ceil(campaignEveryMs / HOUR_MS)
  return `is shorter than the longest time between two periodic campaigns: expected at least ${hours}h, or a campaignSchedule that comes more often`
}

/** @param campaignEveryMs the longest time between two campaigns */
export const campaignTurn = ({ secretArn, issuedAt, periodMs }: ValueInUse, campaignEveryMs: number): CampaignTurn => {
  const latestAgeMs = Math.max(0, periodMs - campaignEveryMs - takesMs(campaignEveryMs))
  const latest = issuedAt + latestAgeMs
  const cycleMs = latestAgeMs - Math.min(SPARE_CAMPAIGNS * campaignEveryMs, latestAgeMs * SPARE_SHARE)
  if (cycleMs <= 0) return { from: latest, latest }
  const earliest = issuedAt + Math.min(periodMs * YOUNGEST_SHARE, latestAgeMs)
  const [place, other] = fractionsOf(secretArn)
  // Its place in a cycle that is the same for all: once there, it stays there.
  const first = place * cycleMs
  const next = first + Math.ceil((earliest - first) / cycleMs) * cycleMs
  // Not up to the last moment: a campaign that is lost, or does less, is made up for by those that come before it.
  const lastFrom = Math.max(earliest, issuedAt + cycleMs)
  return { from: next <= lastFrom ? next : earliest + other * (lastFrom - earliest), latest }
}
