// What a detector's signed delivery says: which of its alerts, and what leaked. Reads the three forms; takes nothing from them but
// ids, short texts of harmless characters, and the leaked value, which goes into its box at once. No fault quotes the body.
import { createHash } from 'node:crypto'
import { filled, isJsonObject, type JsonObject, parseJsonObject } from '../base/json-object.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { isClientId } from '../secret/is-client-id.ts'
import type { Delivery, Detector } from './leak-delivery.ts'
import { type LeakProof, readProof } from './leak-proof.ts'

/** Where GitHub keeps the value that its webhook leaves out. */
export interface GithubAlertPlace {
  /** `owner/name` */
  readonly repository: string
  readonly alertNumber: number
  readonly installationId?: number
}

export interface LeakAlert {
  readonly detector: Detector
  /** The same for every delivery of the same alert. */
  readonly incidentId: string
  /** For people, where the detector shows more: never anything that was found. */
  readonly reference: string
  readonly proof?: LeakProof
  /** Where to fetch the value when the delivery brought none. */
  readonly place?: GithubAlertPlace
  /** Found near the value; narrows the search. */
  readonly clientId?: string
}

/** ignored: signed, understood, and nothing that leaked – a ping, an alert that was closed, another kind of secret. */
export type AlertReading = Result<LeakAlert | 'ignored', readonly string[]>

const GITHUB_ACTIONS = ['created', 'reopened', 'publicly_leaked']
const GITGUARDIAN_ACTIONS = ['incident_triggered', 'incident_reopened', 'incident_regression', 'new_occurrence']
/** Becomes part of a path: neither half may be dots alone. */
const REPOSITORY = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}\/(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}$/
const ALERT_ID = /^[A-Za-z0-9][A-Za-z0-9._:/#-]{0,127}$/

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0
const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {})

/** A type is called by a slug here and by a name there: both come to the same. */
export const detectorSlug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')

const isWatched = (watched: readonly string[], ...names: readonly unknown[]): boolean =>
  names.some((name) => typeof name === 'string' && watched.includes(detectorSlug(name)))

/** From what identifies the alert, and from nothing that was found. */
const incidentIdOf = (detector: Detector, ...key: readonly (string | number)[]): string =>
  `leak-${detector}-${createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 32)}`

const proofOf = (value: unknown, hash: unknown): { readonly proof?: LeakProof } => {
  const proof = readProof(value, hash)
  return proof.ok ? { proof: proof.value } : {}
}

/** Not when it holds what leaked: somebody may have put a value where an id belongs. */
const clientIdOf = (value: unknown, leaked?: unknown): { readonly clientId?: string } =>
  typeof value === 'string' && isClientId(value) && !(typeof leaked === 'string' && value.includes(leaked))
    ? { clientId: value }
    : {}

const readGithub = (json: JsonObject, event: string | undefined, watched: readonly string[]): AlertReading => {
  if (event !== 'secret_scanning_alert') return ok('ignored')
  const alert = objectOf(json.alert)
  if (typeof json.action === 'string' && !GITHUB_ACTIONS.includes(json.action)) return ok('ignored')
  const { number, secret_type: type, secret_type_display_name: displayName, secret } = alert
  const repository = filled(objectOf(json.repository).full_name)
  const installationId = objectOf(json.installation).id
  const faults = [
    ...(typeof json.action === 'string' ? [] : ['action: expected a text']),
    ...(isWhole(number) ? [] : ['alert.number: expected a whole number']),
    ...(typeof type === 'string' ? [] : ['alert.secret_type: expected a text']),
    ...(repository !== undefined && REPOSITORY.test(repository) ? [] : ['repository.full_name: expected owner/name']),
  ]
  if (faults.length > 0 || !isWhole(number) || repository === undefined) return refused(faults)
  if (!isWatched(watched, type, displayName)) return ok('ignored')
  return ok({
    detector: 'github',
    incidentId: incidentIdOf('github', repository.toLowerCase(), number),
    reference: `github.com/${repository}/security/secret-scanning/${number}`,
    place: { repository, alertNumber: number, ...(isWhole(installationId) ? { installationId } : {}) },
    ...(secret === undefined ? {} : proofOf(secret, undefined)),
  })
}

/** What the test message and the older form bring: each match by its name. */
const matchOf = (json: JsonObject, name: string): unknown =>
  (Array.isArray(json.matches) ? json.matches : []).filter(isJsonObject).find(({ type }) => type === name)?.match

const readGitguardian = (json: JsonObject, watched: readonly string[]): AlertReading => {
  if (json.incident === undefined && json.matches !== undefined) return readMatches(json, watched)
  const { id, detector, hmsl_hash: hash, gitguardian_url: url } = objectOf(json.incident)
  if (typeof json.action === 'string' && !GITGUARDIAN_ACTIONS.includes(json.action)) return ok('ignored')
  const { name, display_name: displayName } = objectOf(detector)
  const faults = [
    ...(typeof json.action === 'string' ? [] : ['action: expected a text']),
    ...(isWhole(id) ? [] : ['incident.id: expected a whole number']),
    ...(typeof name === 'string' ? [] : ['incident.detector.name: expected a text']),
  ]
  if (faults.length > 0 || !isWhole(id)) return refused(faults)
  if (!isWatched(watched, name, displayName)) return ok('ignored')
  return ok({
    detector: 'gitguardian',
    incidentId: incidentIdOf('gitguardian', id),
    reference: referenceUrl(url) ?? `GitGuardian incident ${id}`,
    ...proofOf(undefined, typeof hash === 'string' ? hash.toLowerCase() : hash),
  })
}

const readMatches = (json: JsonObject, watched: readonly string[]): AlertReading => {
  if (!isWatched(watched, json.type)) return ok('ignored')
  const reference = referenceUrl(json.gitguardian_link)
  if (reference === undefined) return refused(['gitguardian_link: expected an address of GitGuardian'])
  return ok({
    detector: 'gitguardian',
    incidentId: incidentIdOf('gitguardian', reference),
    reference,
    ...proofOf(matchOf(json, 'client_secret'), undefined),
    ...clientIdOf(matchOf(json, 'client_id'), matchOf(json, 'client_secret')),
  })
}

/** Its path is numbers and names: nothing else of an address is repeated. */
const referenceUrl = (value: unknown): string | undefined => {
  const match = /^https?:\/\/([a-z0-9.-]{1,100}\/workspace\/\d{1,12}\/incidents\/\d{1,12})$/.exec(filled(value) ?? '')
  return match?.[1]
}

const PLAIN_FIELDS = ['alertId', 'value', 'hmslHash', 'clientId']

const readPlain = (json: JsonObject): AlertReading => {
  const { alertId, value, hmslHash, clientId } = json
  const faults = Object.keys(json).some((name) => !PLAIN_FIELDS.includes(name))
    ? [`a field is unknown: expected ${PLAIN_FIELDS.join(', ')}`]
    : []
  if (typeof alertId !== 'string' || !ALERT_ID.test(alertId)) {
    faults.push('alertId: expected 1 to 128 of A-Z, a-z, 0-9 and . _ : / # -')
  }
  if (clientId !== undefined && clientIdOf(clientId).clientId === undefined)
    faults.push('clientId: expected a client id')
  const hasProof = value !== undefined || hmslHash !== undefined
  const proof = hasProof ? readProof(value, hmslHash) : undefined
  if (proof?.ok === false) faults.push(proof.refusal)
  if (faults.length > 0 || typeof alertId !== 'string') return refused(faults)
  return ok({
    detector: 'plain',
    incidentId: incidentIdOf('plain', alertId),
    // Whoever reports by this form chose it; should it hold what leaked, it is not repeated.
    reference: typeof value === 'string' && alertId.includes(value) ? 'plain report' : `plain report ${alertId}`,
    ...(proof?.ok === true ? { proof: proof.value } : {}),
    ...clientIdOf(clientId, value),
  })
}

/** @param watched slugs of the secret types whose alerts are ours to follow. */
export const readAlert = (
  detector: Detector,
  { headers, body }: Delivery,
  watched: readonly string[],
): AlertReading => {
  const json = parseJsonObject(Buffer.from(body).toString('utf8'))
  if (json === undefined) return refused(['the body: expected a JSON object'])
  switch (detector) {
    case 'github':
      return readGithub(json, headers['x-github-event'], watched)
    case 'gitguardian':
      return readGitguardian(json, watched)
    case 'plain':
      return readPlain(json)
  }
}

/** For a delivery that was signed and cannot be read. @param deliveryId of whatever took it in. */
export const unreadableIncidentId = (detector: Detector, deliveryId: string): string =>
  incidentIdOf(detector, 'unreadable', deliveryId)
