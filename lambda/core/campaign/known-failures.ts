// Which of the chosen could not be rotated the last time that somebody tried: they go last, so that the oldest value, which is theirs, stops
// nobody else's rotation. ListSecrets does not show a refused attempt, whose version has no label; ListSecretVersionIds does. So the oldest are
// looked at, until a whole portion of them holds no failure: failures gather among the oldest, since nothing makes them younger.

import { Fault } from '../base/fault.ts'
import { CURRENT, entryLabelled } from '../secret/labels.ts'
import { makesNewValue, readRequestToken } from '../secret/request-token.ts'
import type { VersionEntry } from '../secret/secrets.ts'
import { fullNameOf } from '../secret/stage-secrets.ts'
import type { Chosen } from './campaign.ts'
import type { Durable } from './campaign-ports.ts'
import { type Campaigning, persistently } from './campaigning.ts'

/** One step's; a few seconds. */
const PORTION = 200
const MOST_LOOKS = 5000

/** failed: the last attempt since AWSCURRENT was made failed. succeeded: AWSCURRENT came from a rotation. */
export type LastAttempt = 'succeeded' | 'failed' | 'none'

/** @param versions unlabelled ones included. */
export const lastAttemptIn = (versions: readonly VersionEntry[]): LastAttempt => {
  const current = entryLabelled(versions, CURRENT)
  if (current === undefined) return 'none'
  const isFailed = ({ versionId, labels, createdAt }: VersionEntry): boolean =>
    labels.length === 0 && createdAt > current.createdAt && makesNewValue(readRequestToken(versionId).origin)
  if (versions.some(isFailed)) return 'failed'
  const { origin } = readRequestToken(current.versionId)
  return origin === 'register' || origin === 'adopt' ? 'none' : 'succeeded'
}

/** Ends at the first that cannot be looked at: while AWS does not answer, each would take its time to say so. */
const lookAt = async (campaigning: Campaigning, portion: readonly string[]): Promise<readonly LastAttempt[]> => {
  const { secrets, timing, rules } = campaigning
  const seen: LastAttempt[] = []
  try {
    for (const name of portion) {
      const versions = await persistently(timing, () => secrets.listVersions(fullNameOf(rules, name)))
      seen.push(lastAttemptIn(versions))
    }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    campaigning.journal.note({ outcome: 'failed', code: error.code, message: error.message })
  }
  return seen
}

/** How the last attempt ended, by the secret's name; of those that were not looked at, nothing. */
export type LastAttempts = ReadonlyMap<string, LastAttempt>

export interface Ranked {
  /** The healthy ones, by how well they do as a canary: those that were rotated before, then the youngest of those that never were. */
  readonly canaries: readonly string[]
  readonly healthy: readonly string[]
  readonly knownFailures: readonly string[]
}

/** @param chosen in the order in which they would be begun: the oldest first */
export const seeLastAttempts = async (
  campaigning: Campaigning,
  durable: Durable,
  chosen: readonly Chosen[],
): Promise<LastAttempts> => {
  const names = chosen.map(({ name }) => name)
  const found = new Map<string, LastAttempt>()
  for (let at = 0; at < Math.min(names.length, MOST_LOOKS); at += PORTION) {
    const portion = names.slice(at, at + PORTION)
    const attempts = await durable.step(`last attempts ${at / PORTION + 1}`, () => lookAt(campaigning, portion))
    for (const [index, name] of portion.entries()) found.set(name, attempts[index] ?? 'none')
    if (!attempts.includes('failed') || attempts.length < portion.length) break
  }
  return found
}

/** The lists of names keep the order of what was chosen. */
export const rankBy = (found: LastAttempts, chosen: readonly Chosen[]): Ranked => {
  const of = (wanted: LastAttempt): readonly Chosen[] => chosen.filter(({ name }) => found.get(name) === wanted)
  // What cannot be rotated gathers among the oldest.
  const youngest = [...of('none')].sort((one, other) => other.issuedAt - one.issuedAt)
  return {
    canaries: [...of('succeeded'), ...youngest].map(({ name }) => name),
    healthy: chosen.flatMap(({ name }) => (found.get(name) === 'failed' ? [] : name)),
    knownFailures: of('failed').map(({ name }) => name),
  }
}
