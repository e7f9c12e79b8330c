// Whether a hold has been left behind: sweep and doctor report it by this rule (docs/decisions/049). The limit is rotation.longestHold of
// the configuration.

import { type AsOf, isManaged } from './is-managed.ts'
import type { Secret } from './secret.ts'
import { holdOf, isRetired } from './secret-tags.ts'

export interface HoldLimit extends Pick<AsOf, 'rotationFunctionArn' | 'now'> {
  readonly longestHoldMs: number
}

/** Since when it is on hold. A hold with an unreadable date counts from the last change, which wrote the tag at the latest. */
const heldAt = (secret: Secret): number | undefined => {
  const hold = holdOf(secret)
  return hold && (hold.since ?? secret.lastChangedAt ?? secret.createdAt ?? 0)
}

/** @returns from when on the hold is too long, epoch milliseconds; undefined where there is none. */
export const holdEndsAt = (secret: Secret, { longestHoldMs }: Pick<HoldLimit, 'longestHoldMs'>): number | undefined => {
  const at = heldAt(secret)
  return at === undefined ? undefined : at + longestHoldMs
}

/** A hold on a secret that is retired or not rotated by this stage keeps nothing from happening. */
export const isHeldTooLong = (secret: Secret, limit: HoldLimit): boolean => {
  const endsAt = holdEndsAt(secret, limit)
  return endsAt !== undefined && isManaged(secret, limit) && !isRetired(secret) && limit.now >= endsAt
}
