// When an overlap ends. After a planned switch the old value stays accepted, so that whoever cached it keeps working; a settle then
// ends it. Sweep, campaign, CLI and page all ask here.

import { CURRENT, type Labelled, labelled, versionLabelled } from './labels.ts'
import { isSettledOrigin, readRequestToken } from './request-token.ts'
import type { Secret } from './secret.ts'
import { overlapOf, type StageSpans } from './secret-tags.ts'

type Dated = Pick<Secret, 'createdAt' | 'lastChangedAt' | 'lastRotatedAt' | 'labels' | 'tags'>

/** What else shows when AWSCURRENT moved, beside the secret's own dates. Epoch milliseconds. */
interface SwitchDates {
  /** As the rotation function recorded it. */
  readonly recordedAt?: number | undefined
  /** When the version that carries AWSCURRENT was made; its id says so where it is one of ours. */
  readonly versionCreatedAt?: number | undefined
}

/** When anything of the secret changed last: a bound where nothing else is known, epoch milliseconds. */
export const changedAt = ({
  lastRotatedAt,
  lastChangedAt,
  createdAt,
}: Pick<Secret, 'createdAt' | 'lastChangedAt' | 'lastRotatedAt'>): number =>
  Math.max(lastRotatedAt ?? 0, lastChangedAt ?? 0, createdAt ?? 0)

const askedForAt = (secret: Pick<Secret, 'labels'>): number | undefined => {
  const currentId = labelled(secret, CURRENT)
  return currentId === undefined ? undefined : readRequestToken(currentId).askedAt
}

/**
 * Since when AWSCURRENT is what it is, at the latest. LastChangedDate alone does not show it: tags, policies and replicas move it, so that
 * an overlap would never end. Nor does LastRotatedDate, which a rotation that was driven on does not move.
 */
export const switchedAt = (secret: Dated, spans: StageSpans, dates: SwitchDates = {}): number => {
  if (dates.recordedAt !== undefined) return dates.recordedAt
  const { lastRotatedAt, lastChangedAt } = secret
  const madeAt = dates.versionCreatedAt ?? askedForAt(secret)
  if (madeAt === undefined) return changedAt(secret)
  if (lastRotatedAt !== undefined && lastRotatedAt >= madeAt) return lastRotatedAt
  return Math.max(madeAt, Math.min(lastChangedAt ?? Number.POSITIVE_INFINITY, madeAt + overlapOf(secret, spans)))
}

/** When an overlap that began at `switchedAt` is over, epoch milliseconds; a hold or a freeze may keep it open for longer. */
export const overlapEndsAt = (secret: Dated, spans: StageSpans, dates?: SwitchDates): number =>
  switchedAt(secret, spans, dates) + overlapOf(secret, spans)

/** Before this, no overlap has ended: a later change may have been no switch. For a first look, which a second one follows. */
export const overlapEndsAtEarliest = (secret: Dated, spans: StageSpans, dates: SwitchDates = {}): number => {
  if (dates.recordedAt !== undefined) return overlapEndsAt(secret, spans, dates)
  const { lastRotatedAt = 0, createdAt = 0 } = secret
  const madeAt = dates.versionCreatedAt ?? askedForAt(secret) ?? (lastRotatedAt > 0 ? lastRotatedAt : createdAt)
  return Math.max(madeAt, lastRotatedAt) + overlapOf(secret, spans)
}

/** AWSCURRENT came from a planned switch that no settle has ended: when that was decides when its overlap is over. */
export const isPlannedSwitch = ({ origin }: Labelled): boolean => !isSettledOrigin(origin) && origin !== 'revoke'

/** AWSCURRENT came from a switch that no settle has ended yet, whether or not its time is over. */
export const isUnsettled = (secret: Pick<Secret, 'labels'>): boolean => {
  const current = versionLabelled(secret, CURRENT)
  return current !== undefined && !isSettledOrigin(current.origin)
}

/** A planned switch is not settled, and consumers may still use the old value. After a revoke, open means until it is settled. */
export const isOverlapOpen = (
  secret: Dated & Pick<Secret, 'labels'>,
  { now, spans }: { readonly now: number; readonly spans: StageSpans },
): boolean =>
  isUnsettled(secret) && (versionLabelled(secret, CURRENT)?.origin === 'revoke' || now < overlapEndsAt(secret, spans))
