// When an overlap ends. After a planned switch the old value stays accepted, so that whoever cached it keeps working; a settle then
// ends it. Sweep, campaign, CLI and page all ask here.

import { CURRENT, versionLabelled } from './labels.ts'
import { isSettledOrigin } from './request-token.ts'
import type { Secret } from './secret.ts'
import { overlapOf, type StageSpans } from './secret-tags.ts'

type Dates = Pick<Secret, 'createdAt' | 'lastChangedAt' | 'lastRotatedAt'>
type Dated = Dates & Pick<Secret, 'tags'>

/** Since when AWSCURRENT is what it is, at the latest: any later change, even of a tag, may have been a switch by hand. */
export const switchedAt = ({ lastRotatedAt, lastChangedAt, createdAt }: Dates): number =>
  Math.max(lastRotatedAt ?? 0, lastChangedAt ?? 0, createdAt ?? 0)

/** When an overlap that began at `switchedAt` is over, epoch milliseconds; a hold or a freeze may keep it open for longer. */
export const overlapEndsAt = (secret: Dated, spans: StageSpans): number => switchedAt(secret) + overlapOf(secret, spans)

/** Before this, no overlap has ended: a later change may have been no switch. For a first look, which a second one follows. */
export const overlapEndsAtEarliest = (secret: Dated, spans: StageSpans): number =>
  (secret.lastRotatedAt ?? secret.createdAt ?? 0) + overlapOf(secret, spans)

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
