// Gathers all that the archive holds of one incident: what was said of it, what was published about each secret it names, and their proofs,
// verified. Reads only. What belongs to it is decided by the report (incident-report.ts), since an event of a secret does not name its incident.

import { INCIDENT_COMPLETED, isSpokenBy, LEAK_REPORTED } from '../base/event-types.ts'
import { isJsonObject } from '../base/json-object.ts'
import { HOUR_MS } from '../base/time-units.ts'
import { mapInParallel } from '../base/worker-pool.ts'
import { readRequestToken } from '../secret/request-token.ts'
import { dayPrefix, incidentPrefix, isKeyOf, secretPrefix } from './archive-key.ts'
import type { EvidenceReader } from './archive-ports.ts'
import { type ArchivedEvent, parseArchivedEvent } from './archived-event.ts'
import { type IncidentClient, readIncidentClients } from './incident-completed.ts'
import type { IncidentFacts } from './incident-report.ts'
import { readStoredProofs, type StoredProof, type Verification } from './read-proofs.ts'

interface IncidentQuestion {
  readonly incidentId: string
  /** @default - the keys are not known, and nothing is proven */
  readonly verification?: Verification | undefined
  /** Secrets that the archive cannot name: those of a leak that was reported by client id, or of a revoke without the bus. */
  readonly secretNames?: readonly string[]
  /** Secrets that may be concerned, such as all there are: those that are not will not be in the report. */
  readonly candidates?: readonly string[]
}

const READS_AT_ONCE = 16

const readAll = async (reader: EvidenceReader, keys: readonly string[]): Promise<readonly ArchivedEvent[]> => {
  const texts = await mapInParallel(keys, READS_AT_ONCE, (key) => reader.read(key))
  return texts.flatMap((text) => (text === undefined ? [] : (parseArchivedEvent(text) ?? [])))
}

/** What its source may not put did not come by the bus, or not by ours: it is named, and nothing is made of it. */
const sorted = (events: readonly ArchivedEvent[]) => {
  const isReal = ({ source, type }: ArchivedEvent): boolean => isSpokenBy(source, type)
  return { real: events.filter(isReal), foreign: events.filter((event) => !isReal(event)) }
}

const namedIn = ({ detail }: ArchivedEvent): readonly string[] => {
  const { selector } = detail
  const names: unknown = isJsonObject(selector) ? selector.secretNames : undefined
  return Array.isArray(names) ? names.filter((name): name is string => typeof name === 'string') : []
}

/** From when on the secrets' events matter; undefined: from the beginning. Clocks differ, so an hour more. */
const sinceOf = (said: readonly ArchivedEvent[], clients: readonly IncidentClient[]): number | undefined => {
  const reportedAt = said.filter(({ type }) => type === LEAK_REPORTED).map(({ time }) => Date.parse(time))
  const askedAt = clients.flatMap(({ requestTokens }) =>
    requestTokens.map((token) => readRequestToken(token).askedAt ?? Number.NaN),
  )
  const times = [...reportedAt, ...askedAt].filter((at) => !Number.isNaN(at))
  return times.length === 0 ? undefined : Math.min(...times) - HOUR_MS
}

const keysOfSecret = async (reader: EvidenceReader, secretName: string, since: number | undefined) => {
  const after = since === undefined ? undefined : dayPrefix(secretName, since)
  const keys = await reader.list(secretPrefix(secretName), after)
  return keys.filter((key) =>
    isKeyOf(key, 'Secret Revoked', 'Rotation Completed', 'Rotation Refused', 'Drift Detected', 'Rotation Stuck'),
  )
}

/** @throws Fault ARCHIVE_UNAVAILABLE or ARCHIVE_REJECTED */
export const gatherIncident = async (
  reader: EvidenceReader,
  { incidentId, verification, secretNames: asked = [], candidates = [] }: IncidentQuestion,
): Promise<IncidentFacts> => {
  const { real: said, foreign: foreignSaid } = sorted(
    await readAll(reader, await reader.list(incidentPrefix(incidentId))),
  )
  const clients = said
    .filter(({ type }) => type === INCIDENT_COMPLETED)
    .flatMap(({ detail }) => readIncidentClients(detail))
  const reports = said.filter(({ type }) => type === LEAK_REPORTED)
  const secretNames = [
    ...new Set([...clients.map(({ secretName }) => secretName), ...reports.flatMap(namedIn), ...asked]),
  ].sort()
  const since = sinceOf(said, clients)
  const names = [...new Set([...secretNames, ...candidates])].sort()
  const keys = await mapInParallel(names, READS_AT_ONCE, (secretName) => keysOfSecret(reader, secretName, since))
  const { real: published, foreign } = sorted(await readAll(reader, keys.flat()))
  // The reader's clock may be behind the bus's, as on a laptop whose clock was moved: a date to come is one for both.
  const now = Math.max(verification?.now ?? 0, ...said.map(({ time }) => Date.parse(time) || 0))
  const proofsOf = async (secretName: string): Promise<readonly [string, readonly StoredProof[]]> => [
    secretName,
    verification === undefined ? [] : await readStoredProofs(reader, { ...verification, now }, { secretName, since }),
  ]
  const proofs = new Map(await mapInParallel(names, READS_AT_ONCE, proofsOf))
  return { incidentId, said, published, foreign: [...foreignSaid, ...foreign], secretNames, proofs }
}
