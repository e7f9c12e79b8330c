// Whether a refusal is one that was reported before: the periodic campaign tries each day what cannot be rotated, and whoever is told each time
// stops reading. The campaign's own report says it again once a week. By what the records hold of earlier versions; no state is kept for it.

import { CURRENT, versionLabelled } from '../secret/labels.ts'
import { intentOfOrigin, readRequestToken } from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import { type RecordReading, readVersionRecords } from './records.ts'
import type { RefusalReason } from './refusal.ts'

interface Refused {
  readonly requestToken: string
  readonly reason: RefusalReason
}

/**
 * Of a planned rotation or settle alone, and only where an earlier one was refused for the same reason since AWSCURRENT was made. A position is
 * never the same as before: the reason does not say which it was.
 * @returns false also where nothing can be known
 */
export const wasRefusedBefore = async (
  reading: RecordReading,
  secret: Pick<Secret, 'arn' | 'labels'>,
  { requestToken, reason }: Refused,
): Promise<boolean> => {
  const intent = intentOfOrigin(readRequestToken(requestToken).origin)
  if (reason === 'position' || (intent !== 'rotate' && intent !== 'settle')) return false
  const current = versionLabelled(secret, CURRENT)
  const since = current === undefined ? undefined : readRequestToken(current.versionId).askedAt
  if (since === undefined) return false
  const records = (await readVersionRecords(reading, secret.arn)) ?? []
  return records.some(({ versionId, refusedBecause }) => {
    const { origin, askedAt = 0 } = readRequestToken(versionId)
    return (
      versionId !== requestToken && refusedBecause === reason && intentOfOrigin(origin) === intent && askedAt > since
    )
  })
}
