// An incident, from its event to its end: reads who leaked, revokes each – a new value, then nothing older alive, proven – and reports what
// became of each. Up to 25 clients it does by itself; more, a grace that outlives an execution, or what an outage has left, are a
// campaign's. It keeps nothing: called again for the same event, it joins what runs and says again what is done; called for a new report
// of the same incident, it tries anew what failed.

import { defined } from '../base/defined.ts'
import type { Events } from '../base/events.ts'
import { Fault } from '../base/fault.ts'
import type { Journal } from '../base/journal.ts'
import { carryOut, type JobFailure, type JobOutcome, type JobParts } from '../drive/carry-out.ts'
import type { ProofQuestions } from '../drive/proof-questions.ts'
import type { RotationSteps } from '../drive/rotation-steps.ts'
import { type Freeze, readFreeze } from '../rotation/freeze.ts'
import type { Secret } from '../secret/secret.ts'
import { clientIdOf } from '../secret/secret-tags.ts'
import type { Choosing } from './choose-clients.ts'
import { choosePatiently, handOver, RESERVE_MS } from './hand-over.ts'
import { type IncidentClient, incidentCompleted } from './incident-completed.ts'
import type { Campaigns } from './incident-ports.ts'
import { type LeakEvent, type LeakLimits, type LeakReport, readLeakReport, reportedAt } from './leak-report.ts'

interface Responding extends Choosing {
  readonly jobParts: JobParts
  /** The rotation function of the project's own secret, where there is one. */
  readonly projectSteps?: RotationSteps | undefined
  readonly projectProofs?: ProofQuestions | undefined
  readonly freeze: Freeze
  readonly campaigns: Campaigns
  readonly events: Events<'m2m.incident'>
  readonly journal: Journal
  readonly limits: LeakLimits
}

export interface Response {
  readonly incidentId: string
  /** campaign: it reports the end, of all clients but those named here. nobody: the selection matches no client, which is a failure. */
  readonly outcome: 'revoked' | 'partlyFailed' | 'campaign' | 'nobody'
  readonly clients: readonly IncidentClient[]
}

const malformed = (message: string): Fault => new Fault({ code: 'INPUT_MALFORMED', retryable: false, message })

const RUNBOOK = 'docs/runbook.md'

const adviceFor: Record<JobFailure, { readonly why: string; readonly advice: string }> = {
  gone: {
    why: 'there is no such secret any more',
    advice: `make sure at Stytch that its client is deleted or inactive (${RUNBOOK}#leak)`,
  },
  notManaged: {
    why: 'its rotation is off, or belongs to another function',
    advice: `turn rotation on with the rotation function, or revoke by hand (${RUNBOOK}#leak)`,
  },
  refused: {
    why: 'every attempt was refused or cleared',
    advice: `the events Rotation Refused name the reason (${RUNBOOK}#drift); fix it, then report the leak again under the same incident id`,
  },
  settleRefused: {
    why: 'the new value is in place, but every attempt to end the old one was refused',
    advice: `THE LEAKED VALUE MAY STILL BE ACCEPTED: see the events Rotation Refused (${RUNBOOK}#drift); fix it, then report the leak again under the same incident id`,
  },
  stuck: {
    why: 'another rotation does not end',
    advice: `clear it (${RUNBOOK}#rotation-stuck), then report the leak again under the same incident id`,
  },
  rejected: {
    why: 'Secrets Manager does not let the incident function do it',
    advice: `the log has its words; check the role and the secret's policy (${RUNBOOK}#stack-broken)`,
  },
}

const frozen = {
  why: 'rotations are frozen (all)',
  advice: 'lift the freeze (m2m freeze off), then report the leak again under the same incident id',
} as const

type Named = Pick<Secret, 'arn' | 'name'> & { readonly clientId?: string | undefined }

const entryOf = (
  { arn, name, clientId }: Named,
  end: Omit<IncidentClient, 'secretArn' | 'secretName' | 'clientId'>,
): IncidentClient => ({ secretArn: arn, secretName: name, ...defined({ clientId }), ...end })

const failedClient = (secret: Named, what: { readonly why: string; readonly advice: string }): IncidentClient =>
  entryOf(secret, { outcome: 'failed', requestTokens: [], ...what })

const toClient = (secret: Secret, outcome: Exclude<JobOutcome<'frozen'>, { outcome: 'later' }>): IncidentClient => {
  const named = { arn: secret.arn, name: secret.name, clientId: clientIdOf(secret) }
  switch (outcome.outcome) {
    case 'done':
      return entryOf(named, { outcome: 'revoked', requestTokens: [outcome.requestToken] })
    case 'deadAlready':
      return entryOf(named, {
        outcome: 'deadAlready',
        requestTokens: [],
        why: `Stytch knows no such client and refused its values ${outcome.refusals} times; register another one where it is still needed`,
      })
    case 'skipped':
      return failedClient(named, frozen)
    case 'failed':
      return failedClient(named, adviceFor[outcome.why])
  }
}

/** The project's own secret has a rotation function of its own. */
const jobPartsFor = ({ jobParts, project, projectSteps, projectProofs }: Responding, secret: Secret): JobParts => {
  if (project === undefined || secret.name !== project.secretName) return jobParts
  const { rotationFunctionArn } = project
  return { ...jobParts, rotationFunctionArn, ...defined({ steps: projectSteps }), proofs: projectProofs }
}

interface Incident extends LeakReport {
  /** When it was reported, epoch milliseconds. */
  readonly since: number
  /** What tells this report from others of the same incident. */
  readonly eventId: string
}

const revoke = async (
  responding: Responding,
  { incidentId, since }: Incident,
  secret: Secret,
): Promise<JobOutcome<'frozen'>> => {
  const jobParts = jobPartsFor(responding, secret)
  return carryOut<'frozen'>(jobParts, {
    secretId: secret.arn,
    intent: 'revoke',
    about: incidentId,
    since,
    until: 'settled',
    patienceMs: Math.max(0, jobParts.timing.remainingMs() - RESERVE_MS),
    // An unreadable switch stops no revoke.
    mayBegin: async () => ((await readFreeze(responding)) === 'all' ? 'frozen' : undefined),
  })
}

/** Of something that is not there: the ARN that it would have, but for Secrets Manager's six characters. */
const arnOfName = ({ jobParts: { rotationFunctionArn } }: Responding, name: string): string => {
  const [, partition, , region, account] = rotationFunctionArn.split(':')
  return `arn:${partition}:secretsmanager:${region}:${account}:secret:${name}`
}

const absent = (responding: Responding, named: string): IncidentClient =>
  failedClient(
    { arn: arnOfName(responding, named), name: named },
    {
      why: 'no managed secret is tagged or named so',
      advice: `find out whose it is, and report that (${RUNBOOK}#leak)`,
    },
  )

/** Whoever reported it believes that something was revoked: it fails, by the name of what was searched. */
const nobody = (responding: Responding, { selector }: LeakReport, retired: number): IncidentClient => {
  const { secretNamePrefix: name } = responding
  const kind = Object.keys(selector).join(' and ')
  const left = retired > 0 ? ` but ${retired} that are retired` : ''
  return failedClient(
    { arn: arnOfName(responding, `${name}*`), name },
    {
      why: `nobody: the selection by ${kind} matches no client below ${name}${left}, so that nothing was revoked`,
      advice: `find out whose it is (m2m incident --leaked-value-stdin), and report that by name (${RUNBOOK}#leak)`,
    },
  )
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

const revokeAll = async (responding: Responding, incident: Incident, secrets: readonly Secret[]): Promise<Revoked> => {
  const ends = await Promise.all(
    secrets.map(async (secret) => ({ secret, end: await revoke(responding, incident, secret) })),
  )
  return {
    clients: ends.flatMap(({ secret, end }) => (end.outcome === 'later' ? [] : [toClient(secret, end)])),
    left: ends.flatMap(({ secret, end }) => (end.outcome === 'later' ? [secret] : [])),
  }
}

/** Of the project's own secret, campaigns know nothing. */
const handOverRest = async (
  { campaigns, project }: Responding,
  incident: Incident,
  { left, clients }: Revoked,
): Promise<readonly Secret[]> => {
  const names = left.map(({ name }) => name).filter((name) => name !== project?.secretName)
  const isTaken = names.length > 0 && (await handOver(campaigns, incident, { eventId: incident.eventId, names }))
  const open = isTaken ? left.filter(({ name }) => !names.includes(name)) : left
  if (open.length === 0 || isTaken) return open
  throw unfinished(incident, `${open.length} of ${left.length + clients.length} clients are not revoked yet`)
}

const publishEnd = async (
  { events, jobParts, journal }: Responding,
  incidentId: string,
  clients: readonly IncidentClient[],
): Promise<void> => {
  if (clients.length === 0) return
  await events.publish(incidentCompleted({ incidentId, at: jobParts.timing.now(), clients }))
  for (const { secretArn, outcome, requestTokens, why } of clients) {
    // From the incident's id to the request token, which every step and every event of that rotation carries.
    journal.note({ incident: incidentId, secret: secretArn, outcome, requestToken: requestTokens.at(-1), why })
  }
}

const readIncident = ({ limits, jobParts }: Responding, event: LeakEvent): Incident => {
  const read = readLeakReport(event, limits)
  if (!read.ok) throw malformed(`The leak report is malformed, and nothing was changed: ${read.refusal.join('; ')}.`)
  const since = reportedAt(event, jobParts.timing.now())
  const eventId = typeof event.id === 'string' ? event.id : `${read.value.incidentId} ${since}`
  return { ...read.value, since, eventId }
}

/**
 * @throws Fault INPUT_MALFORMED for an event that may not be carried out: nothing was changed, and the dead letters have it.
 * Fault INCIDENT_UNFINISHED, CAMPAIGN_NOT_STARTED or EVENT_NOT_SENT: the same event, delivered again, goes on.
 */
export const respondToLeak = async (responding: Responding, event: LeakEvent): Promise<Response> => {
  const { campaigns, events, journal, jobParts } = responding
  const incident = readIncident(responding, event)
  const { incidentId, source, requestedBy, eventId } = incident
  const about = { incident: incidentId, source, requestedBy }
  const startedAt = jobParts.timing.now()
  const chosen = await choosePatiently(responding, jobParts.timing, incident)
  if (chosen === undefined) {
    const isTaken = await handOver(campaigns, incident, { eventId })
    if (!isTaken) throw unfinished(incident, 'Secrets Manager does not say whom it is about')
    journal.note({ ...about, outcome: 'campaign', why: 'Secrets Manager does not answer' })
    return { incidentId, outcome: 'campaign', clients: [] }
  }
  if (!chosen.ok) throw malformed(`Incident ${incidentId}: ${chosen.refusal}.`)
  const { secrets, missing, retired, isMany } = chosen.value
  if (!isMany && secrets.length === 0 && missing.length === 0) {
    const clients = [nobody(responding, incident, retired)]
    await events.publish(incidentCompleted({ incidentId, at: jobParts.timing.now(), clients }))
    journal.note({ ...about, outcome: 'nobody', clients: 0, failures: 1 })
    return { incidentId, outcome: 'nobody', clients }
  }
  if (isMany || incident.graceSeconds !== undefined) {
    await campaigns.revoke(incident, eventId)
    journal.note({ ...about, outcome: 'campaign' })
    return { incidentId, outcome: 'campaign', clients: [] }
  }
  const revoked = await revokeAll(responding, incident, secrets)
  const open = await handOverRest(responding, incident, revoked)
  const clients = [...revoked.clients, ...missing.map((named) => absent(responding, named))]
  await publishEnd(responding, incidentId, clients)
  if (open.length > 0) throw unfinished(incident, `the project's own secret is not revoked yet`)
  const failures = clients.filter(({ outcome }) => outcome === 'failed').length
  const handedOver = revoked.left.length
  const outcome = handedOver > 0 ? 'campaign' : failures === 0 ? 'revoked' : 'partlyFailed'
  const ms = jobParts.timing.now() - startedAt
  journal.note({ ...about, outcome, clients: clients.length, failures, ...(handedOver > 0 ? { handedOver } : {}), ms })
  return { incidentId, outcome, clients }
}
