// Since when a value is dead, as far as the ids and dates of a secret's versions say so: a revoke or rotate replaced it, and a settle that
// is about that replacement ended whatever was older.

import { CURRENT, entryLabelled, PENDING } from '../secret/labels.ts'
import { makesNewValue, readRequestToken } from '../secret/request-token.ts'
import type { VersionEntry } from '../secret/secrets.ts'
import { isSettleAbout } from '../secret/settle-subject.ts'

const originOf = ({ versionId }: VersionEntry) => readRequestToken(versionId).origin

/**
 * @param versions newest first
 * @returns when the settle was stored, whose end followed within seconds, epoch milliseconds; undefined when no such settle is known
 */
export const deadSince = (
  versions: readonly VersionEntry[],
  { secretArn, versionId }: { readonly secretArn: string; readonly versionId: string },
): number | undefined => {
  const at = versions.findIndex((version) => version.versionId === versionId)
  const currentAt = versions.findIndex(({ labels }) => labels.includes(CURRENT))
  if (at === -1 || currentAt === -1 || entryLabelled(versions, CURRENT)?.versionId === versionId) return undefined
  const newer = versions.slice(0, at)
  // The first replacement that a settle was about. A settle that is newer than AWSCURRENT has not ended yet; of several attempts at the
  // same one, none is asked for once one went through.
  for (const replacement of newer.toReversed().filter((one) => makesNewValue(originOf(one)))) {
    const settle = newer
      .slice(currentAt)
      .find(
        (one) =>
          (!one.labels.includes(PENDING) || one.labels.includes(CURRENT)) &&
          isSettleAbout(one.versionId, { secretArn, currentId: replacement.versionId }),
      )
    if (settle !== undefined) return settle.createdAt
  }
  return undefined
}
