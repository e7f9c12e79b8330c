// Publishes the list of revocations: what the metadata of secrets shows of the last hour, and the clients that Stytch was found to refuse. Rotations
// and m2m deactivate publish what they know at once; the sweep adds what they could not, and signs the list anew, so that it stays valid.

import { Fault } from '../base/fault.ts'
import { secondsAfter } from '../revocations/document.ts'
import { listRevocations, type RevokedClient } from '../revocations/list-revocations.ts'
import { publishRevocations } from '../revocations/publish.ts'
import { MOST_IN_CHECK, type SecretToCheck } from '../rotation/read-check-question.ts'
import type { Secrets } from '../secret/secrets.ts'
import type { Sweeping } from './sweeping.ts'
import type { Tally } from './tally.ts'

interface SweptRevocations {
  /** Clients of which Stytch accepted nothing, and when it was asked, epoch milliseconds: what it issued since then is good. */
  readonly refusedClients: ReadonlyMap<string, number>
  readonly tally: Tally
  /** Epoch milliseconds: no question is begun that may end later. */
  readonly until: number
}

type ListPublishing = Pick<
  Sweeping,
  'secretNamePrefix' | 'extraPrefixes' | 'publication' | 'timing' | 'journal' | 'checks'
> & {
  readonly secrets: Pick<Secrets, 'describe' | 'list' | 'listVersions'>
}

/** As long as the rotation function is waited for. */
const QUESTION_MS = 63_000

const toCheck = ({ secretArn, currentId, clientId }: RevokedClient): SecretToCheck => ({
  secretArn,
  versionId: currentId,
  clientId,
  isSettled: false,
})

/**
 * Whoever makes a secret chooses its tags and the ids of its versions: a client is named only where the rotation function finds that this very
 * secret holds it. Where that does not answer, a revoke has published itself, and the next sweep asks again.
 */
const addListed = async (sweeping: ListPublishing, found: Map<string, number>, until: number): Promise<void> => {
  const { checks, timing, journal } = sweeping
  const revoked = await listRevocations(sweeping, timing.now())
  for (let at = 0; at < revoked.length && checks !== undefined; at += MOST_IN_CHECK) {
    if (until - timing.now() < QUESTION_MS) {
      journal.note({ revocations: 'notListed', count: revoked.length - at, why: 'the sweep has no more time' })
      return
    }
    const some = revoked.slice(at, at + MOST_IN_CHECK)
    const findings = await checks.questions.check({ secrets: some.map(toCheck) })
    for (const [index, { clientId, secretName, notBefore }] of some.entries()) {
      const finding = findings[index]
      const holds = finding === undefined || finding.found === 'unknown' ? undefined : finding.holds
      if (holds === undefined) journal.note({ secret: secretName, revocations: 'notNamed', clientId })
      else found.set(holds, Math.max(notBefore, found.get(holds) ?? 0))
    }
  }
}

export const publishList = async (
  sweeping: ListPublishing,
  { refusedClients, tally, until }: SweptRevocations,
): Promise<void> => {
  const { publication, timing, journal } = sweeping
  if (publication === undefined) return
  const revoked = new Map<string, number>()
  try {
    await addListed(sweeping, revoked, until)
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
