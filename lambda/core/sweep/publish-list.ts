// Publishes the list of revocations: what the metadata of secrets shows of the last hour, and the clients that Stytch was found to refuse. Rotations
// and m2m deactivate publish what they know at once; the sweep adds what they could not, and signs the list anew, so that it stays valid.

import { Fault } from '../base/fault.ts'
import { secondsAfter } from '../revocations/document.ts'
import { listRevocations } from '../revocations/list-revocations.ts'
import { publishRevocations } from '../revocations/publish.ts'
import type { Secrets } from '../secret/secrets.ts'
import type { Sweeping } from './sweeping.ts'
import type { Tally } from './tally.ts'

interface SweptRevocations {
  /** Clients of which Stytch accepted nothing, and when it was asked, epoch milliseconds: what it issued since then is good. */
  readonly refusedClients: ReadonlyMap<string, number>
  readonly tally: Tally
}

type ListPublishing = Pick<Sweeping, 'secretNamePrefix' | 'extraPrefixes' | 'publication' | 'timing' | 'journal'> & {
  readonly secrets: Pick<Secrets, 'describe' | 'list' | 'listVersions'>
}

const listed = async (sweeping: ListPublishing): Promise<ReadonlyMap<string, number>> => {
  const found = new Map<string, number>()
  for (const { clientId, notBefore } of await listRevocations(sweeping, sweeping.timing.now())) {
    found.set(clientId, Math.max(notBefore, found.get(clientId) ?? 0))
  }
  return found
}

export const publishList = async (
  sweeping: ListPublishing,
  { refusedClients, tally }: SweptRevocations,
): Promise<void> => {
  const { publication, timing, journal } = sweeping
  if (publication === undefined) return
  const revoked = new Map<string, number>()
  try {
    for (const [clientId, notBefore] of await listed(sweeping)) revoked.set(clientId, notBefore)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    // What was published before stays, and a revoke publishes itself: the list is kept valid all the same.
    tally.failed += 1
    journal.note({ outcome: 'failed', revocations: 'notListed', code: error.code, message: error.message })
  }
  for (const [clientId, askedAt] of refusedClients) {
    revoked.set(clientId, Math.max(secondsAfter(askedAt), revoked.get(clientId) ?? 0))
  }
  const published = await publishRevocations({ publication, timing, journal }, { revoked }, { renews: true })
  if (published === 'pending') tally.failed += 1
}
