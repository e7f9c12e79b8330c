// An incident, from its event to its end: reads who leaked, revokes each – a new value, then nothing older alive, proven – and reports what
// became of each. Up to 25 clients it does by itself; more, a grace that outlives an execution, or what an outage has left, are a
// campaign's. It keeps nothing: called again for the same event, it joins what runs and says again what is done; called for a new report
// of the same incident, it tries anew what failed. Every report is answered: by its end, or by why it was not carried out.

import { defined } from '../base/defined.ts'
import { leakSources } from '../base/event-types.ts'
import { Fault } from '../base/fault.ts'
import { ok, type Result } from '../base/result.ts'
import { carryOut, type JobOutcome, type JobParts } from '../drive/carry-out.ts'
import type { ProofQuestions } from '../drive/proof-questions.ts'
import type { RotationSteps } from '../drive/rotation-steps.ts'
import { type Freeze, readFreeze } from '../rotation/freeze.ts'
import type { Secret } from '../secret/secret.ts'
import type { Choosing, ChosenClients } from './choose-clients.ts'
import { absentClient, nobodyClient, toClient } from './client-end.ts'
import { confirmHeld } from './confirm-held.ts'
import { choosePatiently, handOver, type Left, RESERVE_MS } from './hand-over.ts'
import type { IncidentClient } from './incident-completed.ts'
import type { Campaigns } from './incident-ports.ts'
import { type LeakEvent, type LeakLimits, type LeakReport, readLeakReport, reportedAt } from './leak-report.ts'
import { nameHolders } from './name-holders.ts'
import {
  type Incident,
  type Telling,
  tellBegun,
  tellDelayed,
  tellEnd,
  tellRefused,
  tellWaiting,
} from './tell-incident.ts'

interface Responding extends Choosing, Telling {
  readonly jobParts: JobParts
  /** The rotation function of the project's own secret, where there is one. */
  readonly projectSteps?: RotationSteps | undefined
  readonly projectProofs?: ProofQuestions | undefined
  readonly freeze: Freeze
  readonly campaigns: Campaigns
  readonly limits: LeakLimits
}

export interface Response {
  /** Empty: the report had none that can be used. */
  readonly incidentId: string
  /**
   * campaign: it reports the end, of all clients but those named here. nobody: the selection matches no client, which is a failure. refused:
   * nothing was begun, for a reason that is reported.
   */
  readonly outcome: 'revoked' | 'partlyFailed' | 'campaign' | 'nobody' | 'refused'
  readonly clients: readonly IncidentClient[]
}

/** The project's own secret has a rotation function of its own. */
const jobPartsFor = ({ jobParts, project, projectSteps, projectProofs }: Responding, secret: Secret): JobParts => {
  if (project === undefined || secret.name !== project.secretName) return jobParts
  const { rotationFunctionArn } = project
  return { ...jobParts, rotationFunctionArn, ...defined({ steps: projectSteps }), proofs: projectProofs }
}

const revoke = async (
  responding: Responding,
  { incidentId, since, aliveAt }: Incident,
  secret: Secret,
): Promise<JobOutcome<'frozen'>> => {
  const jobParts = jobPartsFor(responding, secret)
  return carryOut<'frozen'>(jobParts, {
    secretId: secret.arn,
    intent: 'revoke',
    about: incidentId,
    since,
    aliveAt,
    until: 'settled',
    patienceMs: Math.max(0, jobParts.timing.remainingMs() - RESERVE_MS),
    // An unreadable switch stops no revoke.
    mayBegin: async () => ((await readFreeze(responding)) === 'all' ? 'frozen' : undefined),
  })
}

const unfinished = ({ incidentId }: LeakReport, what: string): Fault =>
  // Lambda calls again, and everything that was done is found done.
  new Fault({
    code: 'INCIDENT_UNFINISHED',
    retryable: true,
    message: `Incident ${incidentId}: ${what}; the event will be tried again and joins what runs.`,
  })

interface Revoked {
  readonly clients: readonly IncidentClient[]
  /** What the function's time was too short for. */
  readonly left: readonly Secret[]
}

const revokeAll = async (
  responding: Responding,
  incident: Incident,
  { secrets, held = new Map() }: ChosenClients,
): Promise<Revoked> => {
  const ends = await Promise.all(
    secrets.map(async (secret) => ({ secret, end: await revoke(responding, incident, secret) })),
  )
  const ended = ends.flatMap(({ secret, end }) => (end.outcome === 'later' ? [] : [{ secret, end }]))
  const clients = ended.flatMap(({ secret, end }): readonly IncidentClient[] =>
    (held.get(secret.arn) ?? [undefined]).map((one) => toClient(secret, end, one)),
  )
  return {
    clients: await nameHolders(responding, await confirmHeld(responding, clients, held), ({ secretArn }) =>
      held.has(secretArn),
    ),
    left: ends.flatMap(({ secret, end }) => (end.outcome === 'later' ? [secret] : [])),
  }
}

/** A secret that only a tag nominated is none that a campaign would take. */
const leftOf = (left: readonly Secret[], names: readonly string[], held: ChosenClients['held']): Left => {
  if (held === undefined) return { secretNames: names.toSorted() }
  const clientIds = left.flatMap(({ arn }) => (held.get(arn) ?? []).map(({ clientId }) => clientId))
  return { clientIds: [...new Set(clientIds)].toSorted() }
}

/** Of the project's own secret, campaigns know nothing. */
const handOverRest = async (
  { campaigns, project }: Responding,
  incident: Incident,
  { left, clients, held }: Revoked & Pick<ChosenClients, 'held'>,
): Promise<readonly Secret[]> => {
  const names = left.map(({ name }) => name).filter((name) => name !== project?.secretName)
  const { eventId } = incident
  const isTaken =
    names.length > 0 && (await handOver(campaigns, incident, { eventId, left: leftOf(left, names, held) }))
  const open = isTaken ? left.filter(({ name }) => !names.includes(name)) : left
  if (open.length === 0 || isTaken) return open
  throw unfinished(incident, `${open.length} of ${left.length + clients.length} clients are not revoked yet`)
}

const readIncident = ({ limits, jobParts }: Responding, event: LeakEvent): Result<Incident, readonly string[]> => {
  const read = readLeakReport(event, limits)
  if (!read.ok) return read
  const since = reportedAt(event, jobParts.timing.now())
  const eventId = typeof event.id === 'string' ? event.id : `${read.value.incidentId} ${since}`
  // The intake reports what it has just had tried, and what Stytch could not be asked about counts as accepted.
  const isAlive = read.value.source === leakSources.intake
  return ok({ ...read.value, since, eventId, ...(isAlive ? { aliveAt: since } : {}) })
}

const refuse = async (responding: Responding, event: LeakEvent, faults: readonly string[]): Promise<Response> => {
  const incidentId = (await tellRefused(responding, event, faults)) ?? ''
  return { incidentId, outcome: 'refused', clients: [] }
}

/** Secrets Manager has not said whom it is about for as long as the function lives. */
const handOverWhole = async (responding: Responding, incident: Incident): Promise<Response> => {
  const { incidentId, eventId, source, requestedBy } = incident
  const isTaken = await handOver(responding.campaigns, incident, { eventId })
  if (!isTaken) throw unfinished(incident, 'Secrets Manager does not say whom it is about')
  await tellDelayed(responding, incident, { clients: [] })
  const why = 'Secrets Manager does not answer'
  responding.journal.note({ incident: incidentId, source, requestedBy, outcome: 'campaign', why })
  return { incidentId, outcome: 'campaign', clients: [] }
}

const endWithNobody = async (
  responding: Responding,
  incident: Incident,
  { retired }: ChosenClients,
): Promise<Response> => {
  const { secretNamePrefix, jobParts, journal } = responding
  const { incidentId, selector, source, requestedBy } = incident
  const left = retired > 0 ? ` but ${retired} that are retired` : ''
  const by = Object.keys(selector).join(' and ')
  const why = `nobody: the selection by ${by} matches no client below ${secretNamePrefix}${left}, so that nothing was revoked`
  const { rotationFunctionArn } = jobParts
  const clients = [nobodyClient({ rotationFunctionArn, secretNamePrefix }, why)]
  await tellEnd(responding, incident, { clients, isNobody: true })
  journal.note({ incident: incidentId, source, requestedBy, outcome: 'nobody', clients: 0, failures: 1 })
  return { incidentId, outcome: 'nobody', clients }
}

/** @returns why it cannot be a campaign's, for good; undefined: it is one's. @throws Fault CAMPAIGN_NOT_STARTED */
const startCampaign = async (
  responding: Responding,
  incident: Incident,
  chosen: ChosenClients,
): Promise<string | undefined> => {
  const { incidentId, eventId, source, requestedBy } = incident
  try {
    await responding.campaigns.revoke(incident, eventId)
  } catch (error) {
    if (error instanceof Fault && !error.retryable) return error.message
    throw error
  }
  // Whom it takes, it sees for itself: a tag that nominates a secret is no reason to name it.
  const known = chosen.held === undefined ? chosen : { ...chosen, secrets: [], missing: [] }
  await tellBegun(responding, incident, { ...known, how: 'campaign' })
  responding.journal.note({ incident: incidentId, source, requestedBy, outcome: 'campaign' })
  return undefined
}

const carryOutHere = async (responding: Responding, incident: Incident, chosen: ChosenClients): Promise<Response> => {
  const { jobParts, journal } = responding
  const { incidentId, source, requestedBy } = incident
  const startedAt = jobParts.timing.now()
  // Nobody waits for the notice, the leaked value least.
  const [revoked] = await Promise.all([
    revokeAll(responding, incident, chosen),
    tellBegun(responding, incident, { ...chosen, how: 'function' }),
  ])
  const open = await handOverRest(responding, incident, { ...revoked, ...defined({ held: chosen.held }) })
  const { rotationFunctionArn } = jobParts
  const clients = [
    ...revoked.clients,
    ...chosen.missing.map((named) => absentClient(rotationFunctionArn, named, chosen.whyMissing?.get(named))),
  ]
  const handedOver = revoked.left.length
  await tellEnd(responding, incident, { clients, open: handedOver })
  if (open.length > 0) throw unfinished(incident, `the project's own secret is not revoked yet`)
  if (handedOver > 0) await tellDelayed(responding, incident, { left: revoked.left, clients })
  const failures = clients.filter(({ outcome }) => outcome === 'failed').length
  const outcome = handedOver > 0 ? 'campaign' : failures === 0 ? 'revoked' : 'partlyFailed'
  const ms = jobParts.timing.now() - startedAt
  const counted = { clients: clients.length, failures, ...(handedOver > 0 ? { handedOver } : {}), ms }
  journal.note({ incident: incidentId, source, requestedBy, outcome, ...counted })
  return { incidentId, outcome, clients }
}

/**
 * A report that may not be carried out changes nothing, and is answered by `Leak Report Refused`.
 * @throws Fault INCIDENT_UNFINISHED, CAMPAIGN_NOT_STARTED or EVENT_NOT_SENT: the same event, delivered again, goes on.
 */
export const respondToLeak = async (responding: Responding, event: LeakEvent): Promise<Response> => {
  const read = readIncident(responding, event)
  if (!read.ok) return refuse(responding, event, read.refusal)
  let isSaid = false
  const chosen = await choosePatiently(responding, responding.jobParts.timing, read.value, async () => {
    isSaid = true
    await tellWaiting(responding, read.value)
  })
  const incident = { ...read.value, isSaid }
  if (chosen === undefined) return handOverWhole(responding, incident)
  if (!chosen.ok) return refuse(responding, event, [chosen.refusal])
  const { secrets, missing, isMany } = chosen.value
  if (!isMany && secrets.length === 0 && missing.length === 0) return endWithNobody(responding, incident, chosen.value)
  if (!isMany && incident.graceSeconds === undefined) return carryOutHere(responding, incident, chosen.value)
  const fault = await startCampaign(responding, incident, chosen.value)
  if (fault !== undefined) return refuse(responding, event, [fault])
  return { incidentId: incident.incidentId, outcome: 'campaign', clients: [] }
}
