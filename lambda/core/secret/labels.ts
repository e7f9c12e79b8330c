// Which version carries which staging label: the one reading of DescribeSecret's VersionIdsToStages. A label sits on one version at a
// time, and a version's id says where its value came from (request-token.ts).

import { type Origin, readRequestToken } from './request-token.ts'

/** Secrets Manager's own three: what consumers read, what a rotation works on, and what was current before. */
export const CURRENT = 'AWSCURRENT'
export const PENDING = 'AWSPENDING'
export const PREVIOUS = 'AWSPREVIOUS'

interface WithLabels {
  /** Version id → its staging labels. */
  readonly labels: Readonly<Record<string, readonly string[]>>
}

export interface Labelled {
  readonly versionId: string
  readonly origin: Origin
}

/** @returns the id of the version that carries the label; undefined when none does. */
export const labelled = ({ labels }: WithLabels, label: string): string | undefined =>
  Object.keys(labels).find((versionId) => labels[versionId]?.includes(label))

/** The same with where its value came from. */
export const versionLabelled = (secret: WithLabels, label: string): Labelled | undefined => {
  const versionId = labelled(secret, label)
  return versionId === undefined ? undefined : { versionId, origin: readRequestToken(versionId).origin }
}

/** The same for a list of versions, as ListSecretVersionIds returns it. */
export const entryLabelled = <Entry extends { readonly labels: readonly string[] }>(
  entries: readonly Entry[],
  label: string,
): Entry | undefined => entries.find(({ labels }) => labels.includes(label))

/** AWSPENDING on another version than AWSCURRENT's: RotateSecret is refused until it goes. Both on one is a valid end state. */
export const unfinishedVersion = (secret: WithLabels): Labelled | undefined => {
  const pending = versionLabelled(secret, PENDING)
  return pending === undefined || pending.versionId === labelled(secret, CURRENT) ? undefined : pending
}

/** Whether a rotation may be about to move AWSCURRENT. AWSPENDING that stayed on a version which was switched to, and away from by hand, says nothing. */
export const mayBeUnderWay = (secret: WithLabels): boolean => {
  const unfinished = unfinishedVersion(secret)
  return unfinished !== undefined && secret.labels[unfinished.versionId]?.includes(PREVIOUS) !== true
}
