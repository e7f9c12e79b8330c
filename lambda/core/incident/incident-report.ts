// The report on one incident, made of what is archived and of nothing else: who asked for it and why; for each client which values Stytch
// refuses, which one it accepts, how long that took, and until when a token minted with a dead value can live; what failed, and what to do.
// Proven is what a signed proof says and nothing else; events say who asked, what failed, and whom it is about. The same objects make the same
// report. It holds last fours, ids and times, never a secret.

import { CAMPAIGN_COMPLETED, INCIDENT_COMPLETED, LEAK_REPORTED, leakSources, sourcesOf } from '../base/event-types.ts'
import { isJsonObject, type JsonObject } from '../base/json-object.ts'
import { isSettleOf } from '../drive/settle-request.ts'
import { readRequestToken } from '../secret/request-token.ts'
import { type ArchivedEvent, textOf } from './archived-event.ts'
import { type IncidentClient, readIncidentClients } from './incident-completed.ts'
import { type ClientProof, type ClientProving, type ProofFacts, provingOf } from './incident-proof.ts'
import { isAskedBy } from './incident-tokens.ts'
import { missingOf } from './missing-clients.ts'
import type { StoredProof } from './read-proofs.ts'
import { provenRevokeOf } from './signed-proof.ts'

export interface IncidentFacts {
  readonly incidentId: string
  /** What lies below the incident: reports, what the intake did with them, what became of the clients. */
  readonly said: readonly ArchivedEvent[]
  /** What was published about the secrets concerned, whatever it was about. */
  readonly published: readonly ArchivedEvent[]
  /** What lies among them and cannot have come from who it says it is from. @default - nothing */
  readonly foreign?: readonly ArchivedEvent[]
  /** Secrets that somebody named; each is in the report. Others are, when one of their events or proofs belongs to the incident. */
  readonly secretNames: readonly string[]
  /** By secret's name: its stored proofs, verified. @default - there are none */
  readonly proofs?: ReadonlyMap<string, readonly StoredProof[]>
  /** Why none could be verified. @default - they could */
  readonly unverified?: string | undefined
}

export interface ReportedLeak {
  /** ISO 8601, to the second: when the bus took it. */
  readonly at: string
  /** Which role it came by: m2m.leak-intake, m2m.security or m2m.break-glass. */
  readonly source: string
  readonly requestedBy: string
  readonly reason: string
  readonly selector: unknown
  readonly graceSeconds?: number
}

interface IncidentNote {
  readonly at: string
  readonly what: string
}

export interface ClientFailure {
  readonly at: string
  readonly type: string
  readonly requestToken: string
  readonly explanation: string
}

export interface ClientReport {
  readonly secretName: string
  readonly secretArn: string | null
  readonly clientId: string | null
  /** Nothing but the secret's tag names it. */
  readonly clientIdFrom?: 'tag'
  /** deadAlready: as reported, Stytch knew no such client and refused what the secret holds; nothing was rotated, and nothing is signed. */
  readonly outcome: 'proven' | 'deadAlready' | 'notProven'
  readonly proof: ClientProof | null
  /** In the order of time; of a proven client they lie before the proof, or are of no consequence. */
  readonly failures: readonly ClientFailure[]
  /** null: nothing is left to do. */
  readonly advice: string | null
}

export interface IncidentReport {
  readonly version: 1
  readonly incidentId: string
  /** proven: every client is. noClients: nothing says whom it was about, yet or at all. */
  readonly outcome: 'proven' | 'notProven' | 'noClients'
  readonly reported: readonly ReportedLeak[]
  readonly notes: readonly IncidentNote[]
  readonly clients: readonly ClientReport[]
  /** Names of secrets. */
  readonly proven: readonly string[]
  /** Clients that are not proven, those that nothing names, and without any the incident itself: each once. */
  readonly unproven: readonly Unproven[]
  /** What lies in the archive and is not believed: no proof that fits, no event of its source. */
  readonly ignored: readonly Unproven[]
}

/** What, and why not. */
export interface Unproven {
  readonly what: string
  readonly why: string
}

const ASK_AGAIN =
  'ask again under the same incident id, which joins what runs and tries anew what failed (docs/runbook.md#leak)'

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

/** A total order, so that no report depends on how its events came in. */
const byTime = (one: ArchivedEvent, other: ArchivedEvent): number =>
  compare(atOf(one), atOf(other)) || compare(JSON.stringify(one.envelope), JSON.stringify(other.envelope))

const atOf = ({ detail, time }: ArchivedEvent): string => textOf(detail, 'at') ?? time

const ofType = (events: readonly ArchivedEvent[], type: string): readonly ArchivedEvent[] =>
  events.filter((event) => event.type === type)

const toReported = ({ source, time, detail }: ArchivedEvent): ReportedLeak => ({
  at: time,
  source,
  requestedBy: textOf(detail, 'requestedBy') ?? 'unknown',
  reason: textOf(detail, 'reason') ?? 'none given',
  selector: detail.selector ?? null,
  ...(typeof detail.graceSeconds === 'number' ? { graceSeconds: detail.graceSeconds } : {}),
})

/** The counts of campaign-report.ts, as far as they are there. */
const campaignWords = (detail: JsonObject): string => {
  const counts = isJsonObject(detail.counts) ? detail.counts : {}
  const counted = ['selected', 'settled', 'leftToSweep', 'failed', 'notStarted'].flatMap((name) =>
    typeof counts[name] === 'number' ? [`${counts[name]} ${name}`] : [],
  )
  const how = counted.length === 0 ? '' : `: ${counted.join(', ')}`
  return `its campaign ended as ${textOf(detail, 'outcome') ?? 'unknown'}${how}`
}

const faultsIn = ({ faults }: JsonObject): string =>
  (Array.isArray(faults) ? faults : []).filter((one) => typeof one === 'string').join('; ') || 'no reason given'

const noteOf = (event: ArchivedEvent): readonly IncidentNote[] => {
  const { type, detail } = event
  const note = (what: string) => [{ at: atOf(event), what }]
  if (type === 'Leak Closed') {
    const { refused } = detail
    const by = isJsonObject(refused) ? ` (${textOf(refused, 'error')}, request ${textOf(refused, 'requestId')})` : ''
    return note(
      `closed: Stytch had refused the value of ${textOf(detail, 'secretName')} before${by}; nothing was rotated`,
    )
  }
  if (type === 'Leak Unresolved') {
    return note(`not resolved: ${textOf(detail, 'explanation') ?? textOf(detail, 'reason') ?? 'no explanation'}`)
  }
  if (type === 'Incident Held') {
    return note(
      `held, since there were too many in an hour; ${textOf(detail, 'secretName')} waits for a person's release`,
    )
  }
  if (type === CAMPAIGN_COMPLETED) return note(campaignWords(detail))
  if (type === 'Incident Delayed') return note('it took longer: what was left went to a campaign')
  if (type === 'Leak Report Refused') return note(`a report of it was not carried out: ${faultsIn(detail)}`)
  return []
}

interface SecretStory {
  readonly secretName: string
  /** This secret's events of this incident, in the order of time. */
  readonly events: readonly ArchivedEvent[]
  readonly result: ClientResult | undefined
}

/** What the incident function or its campaign said of a client, as far as either does. */
type ClientResult = Pick<IncidentClient, 'secretName' | 'requestTokens'> & Partial<IncidentClient>

const tokenOf = ({ detail }: ArchivedEvent): string => textOf(detail, 'requestToken') ?? ''

interface OwnEvents {
  readonly secretName: string
  /** Whatever was published about this secret. */
  readonly own: readonly ArchivedEvent[]
  readonly result: ClientResult | undefined
}

/** The switches of this incident, and the settles that followed them. */
const storyOf = (incidentId: string, { secretName, own, result }: OwnEvents): SecretStory => {
  const arnOf = ({ detail }: ArchivedEvent): string => textOf(detail, 'secretArn') ?? ''
  const switches = new Set(result?.requestTokens)
  for (const event of own) {
    for (const token of [tokenOf(event), textOf(event.detail, 'revokeToken') ?? '']) {
      if (isAskedBy(incidentId, arnOf(event), token)) switches.add(token)
    }
  }
  const belongs = (event: ArchivedEvent): boolean =>
    switches.has(tokenOf(event)) ||
    switches.has(textOf(event.detail, 'revokeToken') ?? '') ||
    [...switches].some((switched) => isSettleOf(tokenOf(event), { secretArn: arnOf(event), currentId: switched }))
  return { secretName, result, events: own.filter(belongs).sort(byTime) }
}

const failuresOf = ({ events }: SecretStory): readonly ClientFailure[] => {
  const seen = new Set<string>()
  return events.flatMap((event) => {
    const { type, detail } = event
    if (!['Rotation Refused', 'Drift Detected', 'Rotation Stuck'].includes(type)) return []
    const explanation = textOf(detail, 'explanation') ?? textOf(detail, 'reason') ?? 'no explanation'
    // Drift is reported twice: as a refusal, and as what it is.
    const identity = JSON.stringify([tokenOf(event), explanation])
    if (seen.has(identity)) return []
    seen.add(identity)
    return [{ at: atOf(event), type, requestToken: tokenOf(event), explanation }]
  })
}

const SIGN_AGAIN = 'm2m incident prove NAME --again asks Stytch, and stores a proof'

/** What is said of it, where nothing signed fits. */
const claimOf = ({ events, result }: SecretStory): string | undefined => {
  if (result?.outcome === 'deadAlready') {
    return `${result.why ?? 'Stytch knows no such client'}: so it is reported, and nothing was rotated that could be signed`
  }
  const isSaid = result?.outcome === 'revoked' || ofType(events, 'Secret Revoked').length > 0
  return isSaid ? `it is reported as revoked, and no signed proof of that fits; ${SIGN_AGAIN}` : undefined
}

const adviceOf = (story: SecretStory, failures: readonly ClientFailure[]): string => {
  const { result } = story
  const claim = claimOf(story)
  if (result?.outcome === 'deadAlready' && claim !== undefined) return claim
  const why = result?.why === undefined ? '' : `${result.why}; `
  if (result?.advice !== undefined) return `${why}${result.advice}`
  const last = failures.at(-1)
  if (why === '' && claim !== undefined) return claim
  if (why === '' && last !== undefined) return `${last.explanation}; then ${ASK_AGAIN}`
  if (why !== '') return `${why}${ASK_AGAIN}`
  return `nothing proves yet that the leaked value is dead: wait a minute and look again, then ${ASK_AGAIN}`
}

const outcomeOf = ({ isProven }: ClientProving, result: ClientResult | undefined): ClientReport['outcome'] => {
  if (isProven) return 'proven'
  return result?.outcome === 'deadAlready' ? 'deadAlready' : 'notProven'
}

/** Switches that are reported as done; which were this incident's, their tokens show. */
const switchedIn = ({ events }: SecretStory): readonly string[] =>
  ofType(events, 'Rotation Completed')
    .map(tokenOf)
    .filter((token) => readRequestToken(token).origin !== 'settle')

/** The client that an event names by more than a tag. */
const untagged = (events: readonly ArchivedEvent[]): string | undefined =>
  events
    .filter(({ detail }) => detail.clientIdFrom !== 'tag')
    .map(({ detail }) => textOf(detail, 'clientId'))
    .find((text) => text !== undefined)

const toClient = (
  { incidentId, proofs, unverified }: IncidentFacts,
  story: SecretStory,
  times: Pick<ProofFacts, 'reportedAt' | 'aliveAt'>,
): ClientReport => {
  const { secretName, events, result } = story
  const { secretArn, clientId: said, clientIdFrom } = result ?? {}
  // What a tag says is held against nothing.
  const [clientId, tagged] = clientIdFrom === 'tag' ? [undefined, said] : [said, undefined]
  const stored = proofs?.get(secretName) ?? []
  const proving = provingOf({ incidentId, stored, secretArn, clientId, switched: switchedIn(story), ...times })
  const failures = failuresOf(story)
  const firstText = (name: string): string | undefined =>
    events.map(({ detail }) => textOf(detail, name)).find((text) => text !== undefined)
  const signed = provenRevokeOf(incidentId, stored)?.payload
  const known = clientId ?? signed?.clientId ?? untagged(events)
  return {
    secretName,
    secretArn: secretArn ?? signed?.secretArn ?? firstText('secretArn') ?? null,
    clientId: known ?? tagged ?? firstText('clientId') ?? null,
    ...(known === undefined && (tagged ?? firstText('clientId')) !== undefined ? { clientIdFrom: 'tag' } : {}),
    outcome: outcomeOf(proving, result),
    proof: proving.isProven ? proving.proof : null,
    failures,
    advice: proving.isProven ? null : (unverified ?? proving.why ?? adviceOf(story, failures)),
  }
}

/** A campaign names those it gave up on (campaign-report.ts). */
const campaignFailures = ({ failures }: JsonObject): readonly ClientResult[] =>
  (Array.isArray(failures) ? failures : []).flatMap((failure: unknown) => {
    const secretName = isJsonObject(failure) ? textOf(failure, 'secretName') : undefined
    if (!isJsonObject(failure) || secretName === undefined) return []
    const [why, message] = [textOf(failure, 'why') ?? 'no reason given', textOf(failure, 'message')]
    const words = `the campaign gave up on it: ${why}${message === undefined ? '' : ` (${message})`}`
    return [{ secretName, requestTokens: [], why: words }]
  })

const resultsIn = ({ type, detail }: ArchivedEvent): readonly ClientResult[] => {
  if (type === INCIDENT_COMPLETED) return readIncidentClients(detail)
  return type === CAMPAIGN_COMPLETED ? campaignFailures(detail) : []
}

/** By secret; of several results, the last one published counts. */
const resultsOf = (said: readonly ArchivedEvent[]): ReadonlyMap<string, ClientResult> =>
  new Map(said.flatMap(resultsIn).map((client) => [client.secretName, client]))

const bySecret = (published: readonly ArchivedEvent[]): ReadonlyMap<string, readonly ArchivedEvent[]> => {
  const found = new Map<string, ArchivedEvent[]>()
  for (const event of published) {
    const name = textOf(event.detail, 'secretName') ?? ''
    const events = found.get(name)
    if (events === undefined) found.set(name, [event])
    else events.push(event)
  }
  return found
}

/** Those that were named, and those with an event or a proof that belongs to the incident. */
const storiesOf = ({ incidentId, published, secretNames, proofs }: IncidentFacts, said: readonly ArchivedEvent[]) => {
  const results = resultsOf(said)
  const events = bySecret(published)
  const withProof = [...(proofs ?? [])].flatMap(([name, stored]) =>
    provenRevokeOf(incidentId, stored) === undefined ? [] : [name],
  )
  const certain = new Set([...results.keys(), ...secretNames, ...withProof])
  return [...new Set([...certain, ...events.keys()])]
    .sort(compare)
    .map((secretName) =>
      storyOf(incidentId, { secretName, own: events.get(secretName) ?? [], result: results.get(secretName) }),
    )
    .filter((story) => certain.has(story.secretName) || story.events.length > 0)
}

const ignoredIn = ({ foreign = [], proofs = new Map() }: IncidentFacts): readonly Unproven[] => [
  ...[...foreign].sort(byTime).map(({ type, source }) => ({
    what: `${type}, from ${source}`,
    why: `only ${sourcesOf(type).join(', ') || 'nobody'} publishes that`,
  })),
  ...[...proofs.values()]
    .flat()
    .flatMap(({ key, proof }) => (proof.ok ? [] : [{ what: key, why: proof.refusal }]))
    .sort((one, other) => compare(one.what, other.what)),
]

const unprovenIn = (
  { incidentId }: IncidentFacts,
  said: readonly ArchivedEvent[],
  clients: readonly ClientReport[],
): readonly Unproven[] => {
  if (clients.length === 0) return [{ what: incidentId, why: 'nothing says yet whom it is about' }]
  const open = clients.flatMap(({ secretName, outcome, advice }) =>
    outcome === 'proven' ? [] : [{ what: secretName, why: advice ?? 'nothing proves it' }],
  )
  return [...open, ...missingOf(incidentId, said, clients)]
}

export const buildIncidentReport = (facts: IncidentFacts): IncidentReport => {
  const said = [...facts.said].sort(byTime)
  const reported = ofType(said, LEAK_REPORTED).map(toReported)
  const [first] = reported
  const tried = reported.findLast(({ source }) => source === leakSources.intake)
  const times = { reportedAt: first && Date.parse(first.at), aliveAt: tried && Date.parse(tried.at) }
  const clients = storiesOf(facts, said).map((story) => toClient(facts, story, times))
  const unproven = unprovenIn(facts, said, clients)
  return {
    version: 1,
    incidentId: facts.incidentId,
    outcome: clients.length === 0 ? 'noClients' : unproven.length === 0 ? 'proven' : 'notProven',
    reported,
    notes: said.flatMap(noteOf),
    clients,
    proven: clients.filter(({ outcome }) => outcome === 'proven').map(({ secretName }) => secretName),
    unproven,
    ignored: ignoredIn(facts),
  }
}
