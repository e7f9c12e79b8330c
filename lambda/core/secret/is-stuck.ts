// When a rotation that has not ended is stuck: AWSPENDING stands on a version that never became AWSCURRENT, and RotateSecret is refused
// until it goes. Sweep, campaign, CLI and page ask here (docs/decisions/049).

import { MINUTE_MS } from '../base/time-units.ts'
import { type Labelled, unfinishedVersion } from './labels.ts'
import { readRequestToken } from './request-token.ts'
import type { Secret } from './secret.ts'
import type { VersionEntry } from './secrets.ts'
import { STEP_OVER_MS } from './step-timeout.ts'

/**
 * Longer than all four steps may take one after the other. No request of a killed execution is under way by then (architecture §3), and
 * Secrets Manager has stopped repeating the step itself.
 */
export const STUCK_AFTER_MS = 10 * MINUTE_MS
/**
 * How long an incident waits for a rotation in its way before it drives it on: a later step than the one that was
 * begun then may be done twice. It does not wait until that rotation counts as stuck, since a leaked value is
 * accepted meanwhile (docs/decisions/032).
 */
export const INCIDENT_WAITS_MS = STEP_OVER_MS

/** Since when a version is pending, where its id shows it: a foreign one has no time. */
export const askedAtOf = ({ versionId }: Labelled): number | undefined => readRequestToken(versionId).askedAt

/** @returns since when it is pending by its version's CreatedDate; undefined when the version is not listed. */
export const pendingSince = ({ versionId }: Labelled, versions: readonly VersionEntry[]): number | undefined =>
  versions.find((version) => version.versionId === versionId)?.createdAt

/** The same by metadata alone; undefined when nothing shows it, not even a last change. */
const pendingSinceEstimate = (
  pending: Labelled,
  { lastChangedAt }: Pick<Secret, 'lastChangedAt'>,
): number | undefined => askedAtOf(pending) ?? lastChangedAt

/** @param since epoch milliseconds; undefined: unknown, and then it is given its time. */
export const isStuckSince = (since: number | undefined, now: number): boolean =>
  since !== undefined && now - since >= STUCK_AFTER_MS

/** By metadata alone. */
export const isStuck = (secret: Pick<Secret, 'labels' | 'lastChangedAt'>, now: number): boolean => {
  const pending = unfinishedVersion(secret)
  return pending !== undefined && isStuckSince(pendingSinceEstimate(pending, secret), now)
}
