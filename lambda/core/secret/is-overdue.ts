// How old a value is, from when on the periodic campaign rotates it (due), and from when on people are notified that it did not (overdue).
// The one place that decides: list, status, doctor, sweep, campaign, metrics and the status page ask here (docs/decisions/049).

import { type CampaignTurn, campaignTurn } from './campaign-turn.ts'
import { type AsOf, isManaged } from './is-managed.ts'
import { CURRENT, PREVIOUS, versionLabelled } from './labels.ts'
import { isSettledOrigin, makesNewValue, readRequestToken } from './request-token.ts'
import type { Secret } from './secret.ts'
import { holdOf, isRetired, periodOf, type StageSpans } from './secret-tags.ts'

/** After its period, a value is left this share of the period: campaigns come in waves, and one that fails is repeated the next day. */
const OVERDUE_SHARE = 0.25

/**
 * When AWSCURRENT's value was issued, epoch milliseconds, as far as metadata shows: from the ids, which say when a rotation was asked
 * for, as long as they still carry a label; else from LastRotatedDate, which a settle makes younger than the value is.
 */
export const issuedAtEstimate = (secret: Secret): number => {
  const current = versionLabelled(secret, CURRENT)
  const fallback = secret.lastRotatedAt ?? secret.createdAt ?? 0
  if (current === undefined) return fallback
  const issuer = current.origin === 'settle' ? versionLabelled(secret, PREVIOUS) : current
  if (issuer === undefined) return fallback
  // A settle after a settle, or of a first value: what was before holds the same value, and shows better how old it is.
  const isSame = current.origin === 'settle' && isSettledOrigin(issuer.origin)
  if (!makesNewValue(issuer.origin) && !isSame) return fallback
  return readRequestToken(issuer.versionId).askedAt ?? fallback
}

const dueAt = (secret: Secret, spans: StageSpans): number => issuedAtEstimate(secret) + periodOf(secret, spans)

/**
 * When the periodic campaign rotates it. Without a campaign's schedule: when its value is as old as its period.
 * @returns epoch milliseconds
 */
export const turnOf = (secret: Secret, spans: StageSpans): CampaignTurn => {
  const { campaignEveryMs } = spans
  if (campaignEveryMs === undefined) {
    const at = dueAt(secret, spans)
    return { from: at, latest: at }
  }
  const value = { secretArn: secret.arn, issuedAt: issuedAtEstimate(secret), periodMs: periodOf(secret, spans) }
  return campaignTurn(value, campaignEveryMs)
}

/** Its turn has come, so that the next periodic campaign rotates it, if it has room. */
export const isDue = (secret: Secret, { now, spans }: Pick<AsOf, 'now' | 'spans'>): boolean =>
  now >= turnOf(secret, spans).from

/** Its value is older than its period. */
export const isPastPeriod = (secret: Secret, { now, spans }: Pick<AsOf, 'now' | 'spans'>): boolean =>
  now > dueAt(secret, spans)

/** From when on it is overdue, were nothing to excuse it. */
export const overdueAt = (secret: Secret, spans: StageSpans): number =>
  dueAt(secret, spans) + periodOf(secret, spans) * OVERDUE_SHARE

/**
 * The periodic campaign had its chance and the value is still there. A secret that is retired, held, or not rotated by this stage is
 * never overdue: no campaign would rotate it, and each of those is reported as what it is.
 */
export const isOverdue = (secret: Secret, asOf: AsOf): boolean =>
  isManaged(secret, asOf) &&
  !isRetired(secret) &&
  holdOf(secret) === undefined &&
  asOf.now >= overdueAt(secret, asOf.spans)
