// Finds whose values leaked, and whether they are alive: takes a text apart, holds what may be a value against the secrets below the prefix
// and the project's own, under all labels and, within bounds, in versions that carry none, and tries what fits at the issuer. It changes
// nothing, and a project secret is compared alone, never tried. No value is ever part of what it answers or notes.

import { defined } from '../base/defined.ts'
import { Fault } from '../base/fault.ts'
import type { Journal } from '../base/journal.ts'
import { createRateLimiter } from '../base/rate-limiter.ts'
import type { Timing } from '../base/timing.ts'
import { mapInParallel } from '../base/worker-pool.ts'
import { pauseOf, type Spread } from '../rotation/bounds.ts'
import type { Exchange } from '../rotation/issuer.ts'
import { CURRENT, PENDING, PREVIOUS, versionLabelled } from '../secret/labels.ts'
import { projectSecretForm } from '../secret/project-secret-form.ts'
import { readRequestToken } from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import { clientIdOf as taggedClientOf } from '../secret/secret-tags.ts'
import type { Secrets, VersionEntry } from '../secret/secrets.ts'
import { formOf } from '../secret/slot-forms.ts'
import { stagePages } from '../secret/stage-secrets.ts'
import { deadSince } from './dead-since.ts'
import {
  compareAll,
  type HeldSecret,
  type Holding,
  isLate,
  type Match,
  readOfLabel,
  readOfVersion,
  type VersionRead,
} from './held-secrets.ts'
import type { LeakQuestion, Prober } from './intake-ports.ts'
import { extractCandidates, type LeakCandidates } from './leak-candidates.ts'
import {
  type LeakFinding,
  type LeakOwner,
  NOTHING_SEARCHED,
  type NotSearched,
  type ProjectMatch,
  type SecretMatch,
  type TokenMatch,
} from './leak-finding.ts'
import { createLeakMatcher, type LeakMatcher, type LeakProof } from './leak-proof.ts'
import { onePerVersion } from './one-per-version.ts'

export interface Search {
  readonly secrets: Pick<Secrets, 'list' | 'listVersions' | 'readValue'>
  readonly prober: Prober
  readonly timing: Timing
  readonly journal: Journal
  /** Random bytes, new for each search. */
  readonly newKey: () => Uint8Array
  /** What shows that a value is refused. */
  readonly refused: Spread
  /** The Stytch project, whose tokens are recognised. */
  readonly projectId: string
  /** Name of the secret that holds the project's own; absent: none is stored. */
  readonly projectSecretName?: string | undefined
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
/** Of how many secrets the versions without a label are looked for, those that show a revoke first. */
export const MAX_LISTED = 1000
/** The same once something was found: some five seconds, for an incident should not have to wait. */
const MAX_LISTED_BESIDE = 100
/** Secrets Manager allows 50 a second, for everybody in the account. */
const LISTS_PER_SECOND = 20
const LISTS_AT_ONCE = 8
/** Of one secret: as many as Secrets Manager keeps. */
const MAX_VERSIONS = 100
/** Of all secrets together. */
const MAX_OLDER_READS = 20_000
const EXCHANGES_AT_ONCE = 4

/** Of a secret that does not say whose it is: a value is compared whatever project it is of. */
const ANY_PROJECT = 'any'

const OTHERS = [PREVIOUS, PENDING]

const isOfTags = ({ tags }: Secret, wanted: SearchRequest['tags']): boolean =>
  Object.entries(wanted).every(([key, value]) => tags[key] === value)

const listSecrets = async (
  { secrets }: Search,
  { prefix: secretNamePrefix, extraPrefixes, tags }: SearchRequest,
): Promise<{ readonly secrets: readonly Secret[]; readonly areAll: boolean }> => {
  const found: Secret[] = []
  for await (const listed of stagePages(secrets, { secretNamePrefix, extraPrefixes })) {
    found.push(...listed.filter((secret) => !secret.isDeleted && isOfTags(secret, tags)))
    if (found.length > MAX_SECRETS) return { secrets: found, areAll: false }
  }
  return { secrets: found, areAll: true }
}

/** What is looked for. A hash has no parts. */
interface Wanted {
  readonly candidates: LeakCandidates
  readonly matches: LeakMatcher
  /** Places of the likely candidates, without which a search goes on; and how many there are in all. */
  readonly likely: readonly number[]
  readonly count: number
}

const NO_CANDIDATES: LeakCandidates = { values: [], tokens: [], clientIds: [], isCut: false }

const readWanted = (proof: LeakProof, key: Uint8Array): Wanted => {
  if (proof.kind === 'hmsl') {
    return { candidates: NO_CANDIDATES, matches: createLeakMatcher(proof, key), likely: [0], count: 1 }
  }
  const candidates = extractCandidates(proof.value.reveal())
  const { values } = candidates
  return {
    candidates,
    matches: createLeakMatcher({ kind: 'values', values: values.map(({ value }) => value) }, key),
    likely: values.flatMap(({ isLikely }, place) => (isLikely ? [place] : [])),
    count: values.length,
  }
}

/** What has been found, of clients and of the project. */
interface Hunt {
  readonly wanted: Wanted
  /** From now on, what was found is no reason to stop. */
  readonly goOn: () => void
  readonly clients: Holding<Secret>
  readonly project: Holding<HeldSecret>
}

const createHunt = ({ secrets, timing }: Search, wanted: Wanted): Hunt => {
  const found = { clients: new Map<string, Match<Secret>>(), project: new Map<string, Match<HeldSecret>>() }
  let goesOn = false
  const isEnough = (): boolean =>
    !goesOn &&
    new Set([...found.clients.values(), ...found.project.values()].map(({ place }) => place)).size === wanted.count
  const shared = { secrets, matches: wanted.matches, timing, isEnough, unreadable: new Set<string>() }
  const compared = () => new Set<string>()
  return {
    wanted,
    goOn: () => {
      goesOn = true
    },
    clients: { ...shared, compared: compared(), formOf: (secret) => formOf(secret, ANY_PROJECT), found: found.clients },
    project: { ...shared, compared: compared(), formOf: () => projectSecretForm, found: found.project },
  }
}

/** Whether every likely candidate is somebody's, so that only what is no secret of Stytch's making is left. */
const isAllLikelyFound = ({ wanted, clients, project }: Hunt): boolean => {
  const places = new Set([...clients.found.values(), ...project.found.values()].map(({ place }) => place))
  const isAny = places.size > 0 || wanted.candidates.tokens.length > 0
  return isAny && wanted.likely.every((place) => places.has(place))
}

const versionsOf = async (
  { secrets }: Search,
  { unreadable }: Pick<Holding<HeldSecret>, 'unreadable'>,
  { arn, name }: HeldSecret,
): Promise<readonly VersionEntry[]> => {
  try {
    return (await secrets.listVersions(arn)).slice(0, MAX_VERSIONS)
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault
    unreadable.add(name)
    return []
  }
}

/** Every version that is left of the secrets whose clients are named: a value that was replaced long ago is found to be dead. */
const searchNamed = async (search: Search, { clients }: Hunt, named: readonly Secret[]): Promise<boolean> => {
  const lists = await mapInParallel(named, LISTS_AT_ONCE, async (secret) =>
    (await versionsOf(search, clients, secret)).map((version) => readOfVersion(secret, version)),
  )
  return compareAll(clients, lists.flat())
}

const searchProject = async (search: Search, { project }: Hunt): Promise<boolean> => {
  const { projectSecretName: name } = search
  if (name === undefined || project.isEnough()) return true
  const secret = { arn: name, name }
  const versions = await versionsOf(search, project, secret)
  if (versions.length === 0) project.unreadable.add(name)
  return compareAll(
    project,
    versions.map((version) => readOfVersion(secret, version)),
  )
}

/** Whether the project's own secret, where the stage stores one, is known to be none of the candidates, or one of them. */
const isProjectCompared = ({ projectSecretName }: Search, { project }: Hunt, { notSearched }: Looked): boolean =>
  projectSecretName !== undefined && notSearched !== 'outOfTime' && !project.unreadable.has(projectSecretName)

const showsRevoke = (secret: Secret): boolean =>
  [CURRENT, PREVIOUS, PENDING].some((label) => versionLabelled(secret, label)?.origin === 'revoke')

const revokedFirst = (one: Secret, other: Secret): number =>
  Number(showsRevoke(other)) - Number(showsRevoke(one)) || (other.lastChangedAt ?? 0) - (one.lastChangedAt ?? 0)

/** A settle's version is a copy of another's. */
const isOlder = ({ versionId, labels }: VersionEntry): boolean =>
  labels.length === 0 && readRequestToken(versionId).origin !== 'settle'

/** @returns of how many secrets it did not come to that. */
const searchOlder = async (search: Search, hunt: Hunt, secrets: readonly Secret[]): Promise<number> => {
  const { clients } = hunt
  const limiter = createRateLimiter({ perSecond: LISTS_PER_SECOND, timing: search.timing })
  const most = clients.found.size + hunt.project.found.size > 0 ? MAX_LISTED_BESIDE : MAX_LISTED
  const listed = secrets.toSorted(revokedFirst).slice(0, most)
  let reads = 0
  let done = 0
  for (let at = 0; at < listed.length && !isAllLikelyFound(hunt); at += LISTS_AT_ONCE) {
    if (isLate(clients) || reads > MAX_OLDER_READS) break
    const some = listed.slice(at, at + LISTS_AT_ONCE)
    const versions = await mapInParallel(
      some,
      LISTS_AT_ONCE,
      async (secret): Promise<readonly VersionRead<Secret>[]> => {
        await limiter.take(Number.POSITIVE_INFINITY)
        const all = await versionsOf(search, clients, secret)
        return all.filter(isOlder).map((version) => readOfVersion(secret, version))
      },
    )
    reads += versions.flat().length
    if (!(await compareAll(clients, versions.flat()))) break
    done += some.length
  }
  return isAllLikelyFound(hunt) ? 0 : secrets.length - done
}

type Refusal = Extract<Exchange, { accepted: false }>
type Tried = Exchange & { readonly clientId: string }

/**
 * One refusal is one node's answer: a value is dead once it was refused as often as the bounds say, under every id that it may belong to.
 * @returns undefined when there is no such id
 */
const tryAt = async (
  search: Search,
  match: Match<Secret>,
  clientIds: readonly string[],
): Promise<Tried | undefined> => {
  const { prober, timing, refused } = search
  const refusals = new Map<string, Refusal>()
  for (let turn = 0; turn < refused.count; turn += 1) {
    if (turn > 0) await timing.wait(pauseOf(refused))
    for (const clientId of clientIds) {
      const exchange = await prober.exchange(clientId, match.value)
      if (exchange.accepted) return { ...exchange, clientId }
      refusals.set(clientId, exchange)
    }
  }
  const [first] = refusals
  return first === undefined ? undefined : { ...first[1], clientId: first[0] }
}

const iso = (at: number): string => new Date(at).toISOString()

const prove = async (search: Search, hunt: Hunt, match: Match<Secret>): Promise<SecretMatch> => {
  const { secret, versionId, label } = match.read
  const { arn: secretArn, name: secretName } = secret
  const clientIds = [...new Set([taggedClientOf(secret), match.clientId])].filter((id) => id !== undefined)
  const owner: LeakOwner = { secretArn, secretName, versionId, ...defined({ clientId: clientIds[0], label }) }
  const unproven = (code: string): SecretMatch => ({ kind: 'secret', state: 'unproven', owner, code })
  try {
    const tried = await tryAt(search, match, clientIds)
    if (tried === undefined) return unproven('CLIENT_UNKNOWN')
    const known = { ...owner, clientId: tried.clientId }
    if (tried.accepted) return { kind: 'secret', state: 'alive', owner: known, requestId: tried.requestId }
    const { status, error, requestId } = tried
    const refusal = { status, error, requestId, triedAt: iso(search.timing.now()) }
    const since = deadSince(await versionsOf(search, hunt.clients, secret), { secretArn, versionId })
    return {
      kind: 'secret',
      state: 'dead',
      owner: known,
      refusal,
      ...defined({ since: since === undefined ? undefined : iso(since) }),
    }
  } catch (fault) {
    // Whose it is is known, and that is worth more than an error: whoever asked takes it for alive.
    if (fault instanceof Fault) return unproven(fault.code)
    throw fault
  }
}

/** Only where AWSCURRENT is a settle's has everything but its own value been ended, by what is stored here. */
const judgeProject = async (search: Search, hunt: Hunt, match: Match<HeldSecret>): Promise<ProjectMatch> => {
  const { versionId, label, secret } = match.read
  const versions = await versionsOf(search, hunt.project, secret)
  const current = versions.find(({ labels }) => labels.includes(CURRENT))
  const isSettled = current !== undefined && readRequestToken(current.versionId).origin === 'settle'
  const since = isSettled ? deadSince(versions, { secretArn: match.secretArn, versionId }) : undefined
  const what = { kind: 'projectSecret', secretName: secret.name, versionId, ...defined({ label }) } as const
  return since === undefined ? { ...what, state: 'alive' } : { ...what, state: 'dead', since: iso(since) }
}

const tokensOf = (
  { timing, projectId }: Search,
  { candidates }: Wanted,
  secrets: readonly Secret[],
): readonly TokenMatch[] =>
  candidates.tokens
    .filter((token) => token.projectId === projectId)
    .map(({ clientId, until }) => ({
      kind: 'accessToken',
      state: until !== undefined && until <= timing.now() ? 'dead' : 'alive',
      clientId,
      ...defined({
        secretName: secrets.find((secret) => taggedClientOf(secret) === clientId)?.name,
        until: until === undefined ? undefined : iso(until),
      }),
    }))

interface Looked {
  readonly olderLeft: number
  readonly notSearched?: NotSearched | undefined
}

const labelledIn = (secrets: readonly Secret[], labels: readonly string[]): readonly VersionRead<Secret>[] =>
  secrets.flatMap((one) => labels.flatMap((label) => readOfLabel(one, label)))

const look = async (
  search: Search,
  request: SearchRequest,
  hunt: Hunt,
  { secrets, areAll }: Awaited<ReturnType<typeof listSecrets>>,
): Promise<Looked> => {
  const hints = new Set<string | undefined>([request.clientId, ...hunt.wanted.candidates.clientIds])
  hints.delete(undefined)
  const named = secrets.filter((secret) => hints.has(taggedClientOf(secret)))
  const labels = (all: readonly string[]) => compareAll(hunt.clients, areAll ? labelledIn(secrets, all) : [])
  const looksLikeProject = hunt.wanted.candidates.values.some(({ kind }) => kind === 'projectSecret')
  const project = () => searchProject(search, hunt)
  const passes = [
    ...(looksLikeProject ? [project] : []),
    () => searchNamed(search, hunt, named),
    () => labels([CURRENT]),
    () => labels(OTHERS),
    ...(looksLikeProject ? [] : [project]),
  ]
  for (const pass of passes) {
    if (hunt.clients.isEnough()) return { olderLeft: 0 }
    if (!(await pass())) return { olderLeft: secrets.length, notSearched: 'outOfTime' }
  }
  if (!areAll) return { olderLeft: secrets.length, notSearched: 'tooManySecrets' }
  if (isAllLikelyFound(hunt)) return { olderLeft: 0 }
  return { olderLeft: await searchOlder(search, hunt, secrets) }
}

type Proven = readonly (readonly [Match<Secret>, SecretMatch])[]

const proveAll = (search: Search, hunt: Hunt, matches: readonly Match<Secret>[]): Promise<Proven> =>
  mapInParallel(matches, EXCHANGES_AT_ONCE, async (match) => [match, await prove(search, hunt, match)] as const)

/** Of at least one value, nothing but refusals is known. */
const isAnyOnlyDead = (proven: Proven): boolean => {
  const known = new Set(proven.flatMap(([{ place }, { state }]) => (state === 'dead' ? [] : [place])))
  return proven.some(([{ place }]) => !known.has(place))
}

interface Traced extends Looked {
  readonly ofClients: Proven
}

/**
 * Whoever may make a secret may store a leaked value in it beside any client's id, and it is refused as that client's. So a value that is refused
 * where it was found is looked for wherever it may be in use, before anybody says that it is dead.
 */
const traceClients = async (
  search: Search,
  hunt: Hunt,
  { listed, looked }: { readonly listed: Awaited<ReturnType<typeof listSecrets>>; readonly looked: Looked },
): Promise<Traced> => {
  const first = await proveAll(search, hunt, [...hunt.clients.found.values()])
  if (!isAnyOnlyDead(first)) return { ...looked, ofClients: first }
  if (!listed.areAll) return { ...looked, notSearched: looked.notSearched ?? 'tooManySecrets', ofClients: first }
  hunt.goOn()
  const isWhole = await compareAll(hunt.clients, labelledIn(listed.secrets, [CURRENT, ...OTHERS]))
  const known = new Set(first.map(([match]) => match))
  const more = [...hunt.clients.found.values()].filter((match) => !known.has(match))
  const ofClients = [...first, ...(await proveAll(search, hunt, more))]
  return isWhole ? { ...looked, ofClients } : { ...looked, notSearched: looked.notSearched ?? 'outOfTime', ofClients }
}

export const identifyLeak = async (search: Search, request: SearchRequest): Promise<LeakFinding> => {
  const wanted = readWanted(request.proof, search.newKey())
  const hunt = createHunt(search, wanted)
  const listed = await listSecrets(search, request)
  const looked = await look(search, request, hunt, listed)
  const [traced, ofProject] = await Promise.all([
    traceClients(search, hunt, { listed, looked }),
    mapInParallel([...hunt.project.found.values()], 1, (match) => judgeProject(search, hunt, match)),
  ])
  const { olderLeft, notSearched } = traced
  const ofClients = traced.ofClients.map(([, match]) => match)
  const finding: LeakFinding = {
    ...NOTHING_SEARCHED,
    found: [...onePerVersion(ofClients), ...ofProject, ...tokensOf(search, wanted, listed.secrets)],
    searched: listed.secrets.length,
    unreadable: [...hunt.clients.unreadable].toSorted(),
    olderLeft,
    isCut: wanted.candidates.isCut,
    hasProjectSecretForm: wanted.candidates.values.some(({ kind }) => kind === 'projectSecret'),
    ...(isProjectCompared(search, hunt, looked) ? { isProjectCompared: true } : {}),
    ...defined({ notSearched }),
  }
  note(search, finding)
  return finding
}

const MAX_NOTED = 20

const note = ({ journal }: Search, finding: LeakFinding): void => {
  const { found, searched, unreadable, olderLeft, isCut, notSearched } = finding
  const secretNames = found.flatMap((match) => ('owner' in match ? match.owner.secretName : (match.secretName ?? [])))
  const states = new Set(found.map(({ kind, state }) => `${kind} ${state}`))
  journal.note({
    outcome: found.length > 0 ? 'found' : notSearched === undefined ? 'unknown' : 'notSearched',
    found: [...states].join(', '),
    secretName: secretNames.slice(0, MAX_NOTED).join(' '),
    searched,
    unreadable: unreadable.length,
    olderLeft,
    isCut,
    reason: notSearched,
  })
}
