// What follows from the state of a secret's copies in other Regions. Whoever reads one there has the value that has arrived there: until a
// switch has, the value before it. So a planned settle waits for every Region, and a revoke for none (docs/decisions/063).

import { MINUTE_MS } from '../base/time-units.ts'
import { CURRENT, type Labelled, versionLabelled } from './labels.ts'
import { changedAt, isPlannedSwitch } from './overlap.ts'
import type { ReplicaState } from './replica-state.ts'
import type { Secret } from './secret.ts'

/** Regions that are not known to have everything. */
const replicasBehind = ({ replicas }: Pick<Secret, 'replicas'>): readonly ReplicaState[] =>
  replicas.filter(({ status }) => status !== 'InSync')

/** The Regions for whose consumers the overlap after a planned switch stays open; none after a revoke, and once it is settled. */
export const replicasKeepingOpen = (
  secret: Pick<Secret, 'replicas' | 'labels'>,
  current: Labelled | undefined = versionLabelled(secret, CURRENT),
): readonly ReplicaState[] => (current !== undefined && isPlannedSwitch(current) ? replicasBehind(secret) : [])

/** Longer than this after the secret's last change, a Region that is still in progress has a trouble. */
const IN_PROGRESS_AT_MOST_MS = 15 * MINUTE_MS

/** Regions that do not get what they should without a person. @param now epoch milliseconds */
export const replicasInTrouble = (
  secret: Pick<Secret, 'replicas' | 'createdAt' | 'lastChangedAt' | 'lastRotatedAt'>,
  now: number,
): readonly ReplicaState[] => {
  const isLate = now - changedAt(secret) > IN_PROGRESS_AT_MOST_MS
  return replicasBehind(secret).filter(({ status }) => status === 'Failed' || isLate)
}
