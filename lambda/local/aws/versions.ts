// Versions and staging labels of one secret, by AWS's rules: a label sits on one version, AWSPREVIOUS follows
// AWSCURRENT, a version without labels is deprecated and at last pruned. Pure but for the secret it is given; called by
// the value operations and by the rotation driver.
import { limitExceeded } from './aws-fault.ts'
import type { Secret, SecretValue, SecretVersion } from './secret-store.ts'

export const CURRENT = 'AWSCURRENT'
export const PENDING = 'AWSPENDING'
export const PREVIOUS = 'AWSPREVIOUS'

const MAX_LABELS = 20
const MAX_DEPRECATED = 100
const PRUNED_FROM_AGE_MS = 24 * 60 * 60 * 1000

/** @returns the version that carries the label. */
export const versionWith = (secret: Secret, stage: string): SecretVersion | undefined => {
  for (const version of secret.versions.values()) if (version.stages.has(stage)) return version
  return undefined
}

/** Adds a version without labels; `value` absent makes it a placeholder. */
export const addVersion = (
  secret: Secret,
  id: string,
  made: { readonly value: SecretValue | undefined; readonly at: number },
): SecretVersion => {
  const version: SecretVersion = {
    id,
    value: made.value,
    stages: new Set(),
    createdAt: made.at,
    lastAccessedAt: undefined,
  }
  secret.versions.set(id, version)
  return version
}

/** Puts the label on the version, off whichever had it; AWSPREVIOUS goes to the version that AWSCURRENT left. */
export const moveLabel = (secret: Secret, stage: string, to: SecretVersion): void => {
  const from = versionWith(secret, stage)
  if (from === to) return
  from?.stages.delete(stage)
  to.stages.add(stage)
  if (stage === CURRENT && from !== undefined) moveLabel(secret, PREVIOUS, from)
}

/** @throws LimitExceededException if the labels would be more than 20 over all versions. */
export const checkLabelCount = (secret: Secret, added: readonly string[]): void => {
  const labels = new Set(added)
  for (const version of secret.versions.values()) for (const stage of version.stages) labels.add(stage)
  if (labels.size > MAX_LABELS) {
    throw limitExceeded(`You can't have more than ${MAX_LABELS} staging labels attached to the versions of a secret.`)
  }
}

/** Forgets the oldest deprecated versions over a hundred, none of them younger than a day. */
export const pruneVersions = (secret: Secret, now: number): void => {
  const deprecated = [...secret.versions.values()].filter((version) => version.stages.size === 0)
  const surplus = deprecated.length - MAX_DEPRECATED
  if (surplus <= 0) return
  deprecated.sort((a, b) => a.createdAt - b.createdAt)
  for (const version of deprecated.slice(0, surplus)) {
    if (now - version.createdAt > PRUNED_FROM_AGE_MS) secret.versions.delete(version.id)
  }
}

/** @returns whether both are the same data of the same kind. */
export const isSameValue = (a: SecretValue | undefined, b: SecretValue | undefined): boolean =>
  a?.kind === b?.kind && a?.text === b?.text

/** Labels in AWS's order on the wire: by name. */
export const sortedStages = (version: SecretVersion): string[] => [...version.stages].sort()
