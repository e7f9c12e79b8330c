// A fleet over simulated years, campaign by campaign, by the same two rules as the real one: when a secret's turn comes, and how many turns
// one campaign has room for. However the fleet came into being, it drifts apart, and no value gets older than its period. Not a test itself.

import { type DueSecret, withinShare } from '../../../lambda/core/campaign/share-of-campaign.ts'
import { type CampaignTurn, campaignTurn } from '../../../lambda/core/secret/campaign-turn.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
const START = Date.UTC(2027, 0, 4, 2)
/** RotateSecret's pace of a campaign. */
const A_SECOND = 12

interface World {
  readonly count: number
  readonly periodMs: number
  readonly everyMs: number
  readonly days: number
  /** How old the values are at the first campaign. @default - made one after the other, shortly before it */
  readonly ageOf?: (at: number) => number
  /** Whether a rotation fails for good. @default - none does */
  readonly isBroken?: (at: number) => boolean
  /** Campaigns that do nothing, by their number: an outage, a freeze. @default - none */
  readonly isLost?: (campaign: number) => boolean
}

interface Life {
  readonly arn: string
  readonly isBroken: boolean
  hasFailed: boolean
  issuedAt: number
  turn: CampaignTurn
}

/** What the campaigns of these years did: how many each rotated, and how old the oldest value was when it was replaced. */
export const simulate = ({ count, periodMs, everyMs, days, ageOf, isBroken, isLost }: World) => {
  const turnOf = (arn: string, issuedAt: number): CampaignTurn =>
    campaignTurn({ secretArn: arn, issuedAt, periodMs }, everyMs)
  const campaigns = Math.floor((days * DAY) / everyMs)
  const byCampaign: Life[][] = Array.from({ length: campaigns + 1 }, () => [])
  const place = (life: Life): void => {
    const at = Math.max(0, Math.ceil((life.turn.from - START) / everyMs))
    if (at < campaigns) byCampaign[at]?.push(life)
  }
  for (let at = 0; at < count; at += 1) {
    const arn = `arn:aws:secretsmanager:eu-central-1:123456789012:secret:m2m/prod/service-${at}-AbCdEf`
    const issuedAt = START - (ageOf?.(at) ?? everyMs * (0.4 + (0.2 * at) / count))
    place({ arn, isBroken: isBroken?.(at) ?? false, hasFailed: false, issuedAt, turn: turnOf(arn, issuedAt) })
  }
  const begun: number[] = []
  let oldestMs = 0
  for (let at = 0; at < campaigns; at += 1) {
    const now = START + at * everyMs
    const due = (byCampaign[at] ?? []).map((life): DueSecret & { readonly life: Life } => {
      if (now > life.issuedAt + periodMs) return { life, isLate: true }
      if (life.hasFailed) return { life, isKnownFailure: true }
      return now < life.turn.latest ? { life, waitsUntil: Math.floor(life.turn.latest / 1000) } : { life }
    })
    const chosen = isLost?.(at) === true ? [] : withinShare(due, (count * everyMs) / periodMs)
    const isChosen = new Set(chosen)
    for (const one of due) if (!isChosen.has(one)) byCampaign[at + 1]?.push(one.life)
    let done = 0
    for (const { life } of chosen.toSorted((one, other) => one.life.issuedAt - other.life.issuedAt)) {
      if (life.isBroken) {
        life.hasFailed = true
        byCampaign[at + 1]?.push(life)
        continue
      }
      const rotatedAt = now + 5 * 60_000 + (done / A_SECOND) * 1000
      oldestMs = Math.max(oldestMs, rotatedAt - life.issuedAt)
      done += 1
      life.issuedAt = rotatedAt
      life.turn = turnOf(life.arn, rotatedAt)
      place(life)
    }
    begun.push(done)
  }
  return { begun, oldestMs }
}

export const mostOf = (numbers: readonly number[]): number => numbers.reduce((most, one) => Math.max(most, one), 0)
export const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0)
