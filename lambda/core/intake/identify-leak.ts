// Finds whose value leaked, and whether it is alive: holds it against AWSCURRENT, AWSPREVIOUS and AWSPENDING of every secret below the
// prefix, then tries it at the issuer. It changes nothing and reports nothing but whose it is. The value is never an argument of
// anything but the comparison and that one exchange.

import { defined } from '../base/defined.ts'
import { Fault } from '../base/fault.ts'
import type { Journal } from '../base/journal.ts'
import type { Timing } from '../base/timing.ts'
import { runWorkers } from '../base/worker-pool.ts'
import { CURRENT, PENDING, PREVIOUS } from '../secret/labels.ts'
import type { Secret } from '../secret/secret.ts'
import type { StoredSecret } from '../secret/secret-format.ts'
import { clientIdOf as clientOf } from '../secret/secret-tags.ts'
import type { Secrets } from '../secret/secrets.ts'
import { formOf } from '../secret/slot-forms.ts'
import { listStage } from '../secret/stage-secrets.ts'
import type { LeakQuestion, Prober } from './intake-ports.ts'
import type { LeakFinding, LeakOwner } from './leak-finding.ts'
import { createLeakMatcher, type LeakMatcher } from './leak-proof.ts'

export interface Search {
  readonly secrets: Pick<Secrets, 'list' | 'listVersions' | 'readValue'>
  readonly prober: Prober
  readonly timing: Timing
  readonly journal: Journal
  /** Random bytes, new for each search. */
  readonly newKey: () => Uint8Array
}

export interface SearchRequest extends LeakQuestion {
  /** Every secret's name starts with it, or with one of the others. */
  readonly prefix: string
  /** @default - none */
  readonly extraPrefixes?: readonly string[] | undefined
  /** Each with exactly this value. */
  readonly tags: Readonly<Record<string, string>>
}

/** More in one call would take longer than anybody waits for an answer. */
export const MAX_SECRETS = 10_000
/** Some 1,500 reads a second: a sixth of the quota that consumers need, too. */
const READS_AT_ONCE = 32
/** Of a client that the alert names, versions without a label are compared, too. */
const MAX_VERSIONS = 100
/** An exchange and the answer must still fit. */
const RESERVE_MS = 10_000

/** Of a secret that does not say whose it is: a value is compared whatever project it is of. */
const ANY_PROJECT = 'any'

const OTHERS = [PREVIOUS, PENDING]

interface Read {
  readonly secret: Secret
  readonly versionId: string
  readonly label?: string
}

interface Match {
  readonly read: Read
  readonly stored: StoredSecret
}

const isOfTags = ({ tags }: Secret, wanted: SearchRequest['tags']): boolean =>
  Object.entries(wanted).every(([key, value]) => tags[key] === value)

/** @returns undefined when there are more than may be searched. */
const listSecrets = async (
  { secrets }: Search,
  { prefix: secretNamePrefix, extraPrefixes, tags }: SearchRequest,
): Promise<{ readonly secrets: readonly Secret[]; readonly areAll: boolean }> => {
  const found: Secret[] = []
  let page: string | undefined
  do {
    const { secrets: listed, nextPage } = await listStage(secrets, { secretNamePrefix, extraPrefixes }, { page })
    found.push(...listed.filter((secret) => !secret.isDeleted && isOfTags(secret, tags)))
    if (found.length > MAX_SECRETS) return { secrets: found, areAll: false }
    page = nextPage
  } while (page !== undefined)
  return { secrets: found, areAll: true }
}

const readsOf = (secret: Secret, labels: readonly string[]): readonly Read[] =>
  labels.flatMap((label) => {
    const versionId = Object.keys(secret.labels).find((id) => secret.labels[id]?.includes(label))
    return versionId === undefined ? [] : [{ secret, versionId, label }]
  })

/** A version that went meanwhile, or is in an unknown format, holds no value of ours. */
const compare = async ({ secrets }: Search, read: Read, matches: LeakMatcher): Promise<Match | undefined> => {
  const version = await secrets.readValue(read.secret.arn, { versionId: read.versionId })
  if (version === undefined) return undefined
  const stored = formOf(read.secret, ANY_PROJECT).parse(version.text, version.createdAt)
  if (!stored.ok) return undefined
  return (await matches(stored.value.clientSecret)) ? { read, stored: stored.value } : undefined
}

/** So many at once; ends early when one fits. @returns outOfTime when the function's time would not do for the rest. */
const compareAll = async (
  search: Search,
  reads: readonly Read[],
  matches: LeakMatcher,
): Promise<Match | 'none' | 'outOfTime'> => {
  let found: Match | undefined
  let isLate = false
  await runWorkers(reads, READS_AT_ONCE, async (read) => {
    if (search.timing.remainingMs() < RESERVE_MS) isLate = true
    else found = (await compare(search, read, matches)) ?? found
    return found !== undefined || isLate ? 'stop' : undefined
  })
  return found ?? (isLate ? 'outOfTime' : 'none')
}

/** Every version that is left of the client's own secrets: a value that was replaced long ago is found to be dead. */
const allVersions = async ({ secrets }: Search, own: readonly Secret[]): Promise<readonly Read[]> => {
  const lists = own.map(async (secret) => {
    const versions = await secrets.listVersions(secret.arn)
    return versions.slice(0, MAX_VERSIONS).map(({ versionId, labels }): Read => {
      const label = [CURRENT, ...OTHERS].find((one) => labels.includes(one))
      return { secret, versionId, ...defined({ label }) }
    })
  })
  return (await Promise.all(lists)).flat()
}

const findingOf = async ({ prober, timing }: Search, { read, stored }: Match): Promise<LeakFinding> => {
  const owner: LeakOwner = {
    secretArn: read.secret.arn,
    secretName: read.secret.name,
    clientId: stored.clientId,
    versionId: read.versionId,
    ...defined({ label: read.label }),
  }
  try {
    const exchange = await prober.exchange(stored.clientId, stored.clientSecret)
    if (exchange.accepted) return { outcome: 'alive', owner, requestId: exchange.requestId }
    const { status, error, requestId } = exchange
    return {
      outcome: 'dead',
      owner,
      refusal: { status, error, requestId, triedAt: new Date(timing.now()).toISOString() },
    }
  } catch (fault) {
    // Whose it is is known, and that is worth more than an error: whoever asked takes it for alive.
    if (fault instanceof Fault) return { outcome: 'unproven', owner, code: fault.code }
    throw fault
  }
}

export const identifyLeak = async (search: Search, request: SearchRequest): Promise<LeakFinding> => {
  const matches = createLeakMatcher(request.proof, search.newKey())
  const { secrets, areAll } = await listSecrets(search, request)
  const { clientId } = request
  const named = clientId === undefined ? [] : secrets.filter((secret) => clientOf(secret) === clientId)
  const passes = [
    () => allVersions(search, named),
    async () => (areAll ? secrets.flatMap((secret) => readsOf(secret, [CURRENT])) : []),
    async () => (areAll ? secrets.flatMap((secret) => readsOf(secret, OTHERS)) : []),
  ]
  for (const reads of passes) {
    const found = await compareAll(search, await reads(), matches)
    if (found === 'outOfTime') return { outcome: 'notSearched', reason: found, searched: secrets.length }
    if (found !== 'none') {
      const finding = await findingOf(search, found)
      search.journal.note({ outcome: finding.outcome, secretName: found.read.secret.name, searched: secrets.length })
      return finding
    }
  }
  const searched = secrets.length
  const finding: LeakFinding = areAll
    ? { outcome: 'unknown', searched }
    : { outcome: 'notSearched', reason: 'tooManySecrets', searched }
  search.journal.note({ outcome: finding.outcome, searched })
  return finding
}
