// The event by which the incident function says what became of each client. It names the secret and the request tokens; the proof itself
// is the rotation function's to report (`Secret Revoked`). An event of a bus holds 256 KB, so that many clients make several events; of a
// campaign's thousands it names some, what failed first, and counts all.

import { defined } from '../base/defined.ts'
import { INCIDENT_COMPLETED } from '../base/event-types.ts'
import { newEvent } from '../base/events.ts'
import { isJsonObject, type JsonObject } from '../base/json-object.ts'
import { textOf } from './archived-event.ts'
import { type EndFacts, endSummary, type IncidentCounts, type ReportedBy } from './incident-summary.ts'

export interface IncidentClient {
  readonly secretArn: string
  readonly secretName: string
  readonly clientId?: string
  /** Nothing but the secret's tag names the client. */
  readonly clientIdFrom?: 'tag'
  /** revoked: settled, and proven by an event of its own. deadAlready: Stytch refused everything before; nothing was rotated. */
  readonly outcome: 'revoked' | 'deadAlready' | 'failed'
  /** Of the rotates and revokes that were asked for, as far as they are known, oldest first. */
  readonly requestTokens: readonly string[]
  /** Of a failure: why, and what to do, in a sentence each. */
  readonly why?: string
  readonly advice?: string
}

/** dead: all were, before. refused: Stytch refuses what leaked of all. partly: of some. failed: of none. nobody: there was no client. */
export type IncidentOutcome = EndFacts['outcome']

export interface IncidentEnd {
  readonly incidentId: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly clients: readonly IncidentClient[]
  /** Who reported it, and why. */
  readonly by?: ReportedBy | undefined
  /** Since it was reported, or since its campaign began. */
  readonly seconds?: number | undefined
  /** @default - those of the clients */
  readonly counts?: IncidentCounts | undefined
  /** How many more a campaign has, whose end is another event. @default - none: this is the end */
  readonly open?: number | undefined
  /** The selection meant no client; the one that is named says so. */
  readonly isNobody?: boolean | undefined
  /** Of which selection it is the end (selectionOf). */
  readonly selection?: string | undefined
  /** What makes this end another one than an earlier report's. @default - the clients */
  readonly about?: unknown
}

/** An ARN, a name, five tokens and two sentences come to less than 2 KB. */
export const CLIENTS_A_PART = 100

const countsOf = (clients: readonly IncidentClient[]): IncidentCounts => {
  const of = (wanted: IncidentClient['outcome']): number => clients.filter(({ outcome }) => outcome === wanted).length
  return { clients: clients.length, revoked: of('revoked'), deadAlready: of('deadAlready'), failed: of('failed') }
}

const outcomeOf = ({ clients, revoked, failed }: IncidentCounts, isNobody: boolean): IncidentOutcome => {
  if (isNobody) return 'nobody'
  if (failed >= clients) return 'failed'
  if (failed > 0) return 'partly'
  return revoked > 0 ? 'refused' : 'dead'
}

const wholeOf = (end: IncidentEnd) => {
  const { incidentId, clients, by, seconds, open, selection } = end
  const counts = end.counts ?? countsOf(clients)
  const outcome = outcomeOf(counts, end.isNobody === true)
  return {
    outcome,
    counts,
    ...by,
    ...defined({ seconds, open, selection }),
    summary: endSummary({ incidentId, by, outcome, counts, clients, seconds, open }),
  }
}

const partOf = (end: IncidentEnd, clients: readonly IncidentClient[], { part, parts }: Part) => {
  const { incidentId, at, about = clients } = end
  // From what it says, not from when: said again after a kill, it is the same.
  return newEvent(INCIDENT_COMPLETED, [incidentId, part, about], {
    incidentId,
    at: new Date(at).toISOString(),
    part,
    parts,
    ...wholeOf(end),
    clients,
  })
}

interface Part {
  readonly part: number
  readonly parts: number
}

/** At least one. */
export const incidentCompleted = (end: IncidentEnd): readonly ReturnType<typeof partOf>[] => {
  const parts = Math.max(1, Math.ceil(end.clients.length / CLIENTS_A_PART))
  return Array.from({ length: parts }, (_, at) =>
    partOf(end, end.clients.slice(at * CLIENTS_A_PART, (at + 1) * CLIENTS_A_PART), { part: at + 1, parts }),
  )
}

const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []

const readClient = (value: unknown): IncidentClient | undefined => {
  if (!isJsonObject(value)) return undefined
  const [secretArn, secretName, clientId, why, advice] = ['secretArn', 'secretName', 'clientId', 'why', 'advice'].map(
    (name) => textOf(value, name),
  )
  if (secretArn === undefined || secretName === undefined) return undefined
  return {
    secretArn,
    secretName,
    // What does not say that it went well did not.
    outcome: value.outcome === 'revoked' || value.outcome === 'deadAlready' ? value.outcome : 'failed',
    requestTokens: textsOf(value.requestTokens),
    ...defined({ clientId, why, advice }),
    ...(value.clientIdFrom === 'tag' ? { clientIdFrom: 'tag' } : {}),
  }
}

/** The clients that an archived event names; what cannot be read is left out. */
export const readIncidentClients = ({ clients }: JsonObject): readonly IncidentClient[] =>
  Array.isArray(clients) ? clients.flatMap((one: unknown) => readClient(one) ?? []) : []
