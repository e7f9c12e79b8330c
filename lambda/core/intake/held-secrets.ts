// The versions of secrets, held against what leaked: each read once, compared whole where it is in a known format and part by part where
// it is not. What could not be read, or not be understood, is remembered by name, so that nothing is concluded about it.

import { defined } from '../base/defined.ts'
import { Fault } from '../base/fault.ts'
import type { Timing } from '../base/timing.ts'
import { runWorkers } from '../base/worker-pool.ts'
import type { ClientSecret } from '../secret/client-secret.ts'
import { CURRENT, labelled, PENDING, PREVIOUS } from '../secret/labels.ts'
import type { Secret } from '../secret/secret.ts'
import type { SecretForm } from '../secret/secret-format.ts'
import type { Secrets, SecretVersion, VersionEntry } from '../secret/secrets.ts'
import { extractCandidates } from './leak-candidates.ts'
import type { LeakMatcher } from './leak-proof.ts'

/** The secret's metadata, as far as a comparison needs it. */
export type HeldSecret = Pick<Secret, 'arn' | 'name'>

export interface VersionRead<Held extends HeldSecret> {
  readonly secret: Held
  readonly versionId: string
  readonly label?: string
}

export interface Match<Held extends HeldSecret> {
  readonly read: VersionRead<Held>
  readonly secretArn: string
  /** Which of the wanted values it is. */
  readonly place: number
  readonly value: ClientSecret
  /** As the version's text names it. */
  readonly clientId: string | undefined
}

export interface Holding<Held extends HeldSecret> {
  readonly secrets: Pick<Secrets, 'readValue'>
  readonly formOf: (secret: Held) => Pick<SecretForm, 'parse'>
  readonly matches: LeakMatcher
  readonly timing: Timing
  /** By the secret's ARN and the place; the best version of each. */
  readonly found: Map<string, Match<Held>>
  readonly unreadable: Set<string>
  /** Versions that were compared, by ARN and id. */
  readonly compared: Set<string>
  /** Whether nothing more needs to be read. */
  readonly isEnough: () => boolean
}

/** Some 1,500 reads a second: a sixth of the quota that consumers need, too. */
const READS_AT_ONCE = 32
/** An exchange and the answer must still fit. */
const RESERVE_MS = 10_000

const byRank = [CURRENT, PENDING, PREVIOUS]

export const readOfLabel = <Held extends HeldSecret & Pick<Secret, 'labels'>>(
  secret: Held,
  label: string,
): readonly VersionRead<Held>[] => {
  const versionId = labelled(secret, label)
  return versionId === undefined ? [] : [{ secret, versionId, label }]
}

export const readOfVersion = <Held extends HeldSecret>(
  secret: Held,
  { versionId, labels }: VersionEntry,
): VersionRead<Held> => ({
  secret,
  versionId,
  ...defined({ label: byRank.find((label) => labels.includes(label)) }),
})

const rankOf = ({ label }: VersionRead<HeldSecret>): number =>
  label === undefined ? byRank.length : byRank.indexOf(label)

const keep = <Held extends HeldSecret>({ found }: Holding<Held>, match: Match<Held>): void => {
  const key = `${match.read.secret.arn} ${match.place}`
  const before = found.get(key)
  if (before === undefined || rankOf(match.read) < rankOf(before.read)) found.set(key, match)
}

/** A text that is in no format: whatever in it may be a value. */
const comparePartly = async <Held extends HeldSecret>(
  holding: Holding<Held>,
  read: VersionRead<Held>,
  { arn: secretArn, text }: SecretVersion,
): Promise<void> => {
  const { values, clientIds } = extractCandidates(text)
  let isFound = false
  for (const { value } of values) {
    const place = await holding.matches(value)
    if (place === undefined) continue
    isFound = true
    keep(holding, { read, secretArn, place, value, clientId: clientIds[0] })
  }
  // It may hold another, cut off or wrapped in something: a version that carries no label concerns nobody any more.
  if (!isFound && read.label !== undefined) holding.unreadable.add(read.secret.name)
}

const compare = async <Held extends HeldSecret>(holding: Holding<Held>, read: VersionRead<Held>): Promise<void> => {
  const which = `${read.secret.arn} ${read.versionId}`
  if (holding.compared.has(which)) return
  holding.compared.add(which)
  let version: SecretVersion | undefined
  try {
    version = await holding.secrets.readValue(read.secret.arn, { versionId: read.versionId })
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault
    holding.unreadable.add(read.secret.name)
    return
  }
  // It went meanwhile, or never held a value.
  if (version === undefined) return
  const stored = holding.formOf(read.secret).parse(version.text, version.createdAt)
  if (!stored.ok) return comparePartly(holding, read, version)
  const { clientId, clientSecret: value } = stored.value
  const place = await holding.matches(value)
  if (place !== undefined) keep(holding, { read, secretArn: version.arn, place, value, clientId })
}

export const isLate = ({ timing }: { readonly timing: Timing }): boolean => timing.remainingMs() < RESERVE_MS

/** So many at once; ends early once there is enough. @returns whether the function's time did for all of them. */
export const compareAll = async <Held extends HeldSecret>(
  holding: Holding<Held>,
  reads: readonly VersionRead<Held>[],
): Promise<boolean> => {
  let isCutShort = false
  await runWorkers(reads, READS_AT_ONCE, async (read) => {
    if (holding.isEnough()) return 'stop'
    isCutShort ||= isLate(holding)
    if (isCutShort) return 'stop'
    await compare(holding, read)
    return undefined
  })
  return !isCutShort
}
