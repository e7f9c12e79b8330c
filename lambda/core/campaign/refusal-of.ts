// Why a rotation was refused, in the rotation function's own word: it notes it with the version that it refused (rotation/records.ts).
// For a report, so best effort: what cannot be found out is left out.

import { Fault } from '../base/fault.ts'
import { readVersionRecords } from '../rotation/records.ts'
import { readRequestToken } from '../secret/request-token.ts'
import type { Campaigning } from './campaigning.ts'

/**
 * @param since epoch milliseconds: what was refused before that is no reason of a campaign that began then.
 * @returns the reason of the latest refusal that is recorded; undefined: none is, or it cannot be read.
 */
export const refusalOf = async (
  campaigning: Campaigning,
  secretName: string,
  since: number,
): Promise<string | undefined> => {
  if (campaigning.records.kind === 'none') return undefined
  try {
    const secret = await campaigning.secrets.describe(secretName)
    const records = secret === undefined ? undefined : await readVersionRecords(campaigning, secret.arn)
    const askedAt = (versionId: string): number => readRequestToken(versionId).askedAt ?? 0
    const refusals = (records ?? []).filter(
      ({ refusedBecause, versionId }) => refusedBecause !== undefined && askedAt(versionId) >= since,
    )
    return refusals.sort((one, other) => askedAt(other.versionId) - askedAt(one.versionId))[0]?.refusedBecause
  } catch (error) {
    if (error instanceof Fault) return undefined
    throw error
  }
}
