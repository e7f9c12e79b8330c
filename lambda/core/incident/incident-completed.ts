// The event by which the incident function says what became of each client. It names the secret and the request tokens; the proof itself
// is the rotation function's to report (`Secret Revoked`). An event of a bus holds 256 KB, so that many clients make several events.

import { defined } from '../base/defined.ts'
import { INCIDENT_COMPLETED } from '../base/event-types.ts'
import { newEvent } from '../base/events.ts'
import { isJsonObject, type JsonObject } from '../base/json-object.ts'
import { textOf } from './archived-event.ts'

export interface IncidentClient {
  readonly secretArn: string
  readonly secretName: string
  readonly clientId?: string
  /** revoked: settled, and proven by an event of its own. deadAlready: Stytch refused everything before; nothing was rotated. */
  readonly outcome: 'revoked' | 'deadAlready' | 'failed'
  /** Of the rotates and revokes that were asked for, as far as they are known, oldest first. */
  readonly requestTokens: readonly string[]
  /** Of a failure: why, and what to do, in a sentence each. */
  readonly why?: string
  readonly advice?: string
}

interface IncidentEnd {
  readonly incidentId: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly clients: readonly IncidentClient[]
}

/** An ARN, a name, five tokens and two sentences come to less than 2 KB. */
export const CLIENTS_A_PART = 100

const partOf = ({ incidentId, at }: IncidentEnd, clients: readonly IncidentClient[], part: number, parts: number) =>
  // From what it says, not from when: said again after a kill, it is the same.
  newEvent(INCIDENT_COMPLETED, [incidentId, part, clients], {
    incidentId,
    at: new Date(at).toISOString(),
    part,
    parts,
    clients,
  })

/** At least one. */
export const incidentCompleted = (end: IncidentEnd): readonly ReturnType<typeof partOf>[] => {
  const parts = Math.max(1, Math.ceil(end.clients.length / CLIENTS_A_PART))
  return Array.from({ length: parts }, (_, at) =>
    partOf(end, end.clients.slice(at * CLIENTS_A_PART, (at + 1) * CLIENTS_A_PART), at + 1, parts),
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
  }
}

/** The clients that an archived event names; what cannot be read is left out. */
export const readIncidentClients = ({ clients }: JsonObject): readonly IncidentClient[] =>
  Array.isArray(clients) ? clients.flatMap((one: unknown) => readClient(one) ?? []) : []
