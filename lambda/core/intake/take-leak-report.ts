// One delivery to the leak intake: whether a detector signed it, what leaked, whose it is; then an incident on the bus, or a notice to
// a person, or nothing. Whatever was signed and leads nowhere pages somebody: detectors deliver once. Whoever did not sign learns
// nothing but that. The value goes to the search and nowhere else.

import { createHash } from 'node:crypto'
import { defined } from '../base/defined.ts'
import type { Events, M2mEvent } from '../base/events.ts'
import { Fault } from '../base/fault.ts'
import type { Result } from '../base/result.ts'
import type { Timing } from '../base/timing.ts'
import { incidentHeld, leakClosed, leakReported, leakUnresolved, type Unresolved } from './intake-event.ts'
import type { GateAdmission, HeldLeak } from './intake-gate.ts'
import type { AlertValues, Identifier, SigningSecrets } from './intake-ports.ts'
import { type LeakAlert, readAlert, unreadableIncidentId } from './leak-alert.ts'
import {
  type Delivery,
  type DeliveryRefusal,
  type Detector,
  deliveryKey,
  MAX_DELIVERY_BYTES,
  verifyDelivery,
} from './leak-delivery.ts'
import type { KnownOwner, LeakFinding, NotSearched, ProjectMatch, SecretMatch, TokenMatch } from './leak-finding.ts'
import type { LeakProof } from './leak-proof.ts'
import type { RecentDeliveries } from './recent-deliveries.ts'

export interface Intake {
  readonly signing: SigningSecrets
  readonly values: AlertValues
  readonly identifier: Identifier
  readonly events: Events<'m2m.leak-intake'>
  readonly recent: RecentDeliveries
  readonly timing: Pick<Timing, 'now'>
  /** Slugs of the secret types whose alerts are followed. */
  readonly watched: readonly string[]
  readonly passGate: (leak: HeldLeak) => Promise<GateAdmission>
}

export interface IncomingDelivery extends Delivery {
  /** Of whatever took it in. */
  readonly deliveryId: string
}

/** refused and tooLarge say no more outside; the rest is 202. */
export type IntakeOutcome =
  | { readonly outcome: 'refused'; readonly why: DeliveryRefusal }
  | { readonly outcome: 'tooLarge' }
  | { readonly outcome: 'repeated' | 'ignored'; readonly detector: Detector }
  | { readonly outcome: Followed; readonly detector: Detector; readonly incidentId: string; readonly why?: string }

/** reported: on the bus. held: the gate is shut. closed: dead already. unresolved: a person is notified. */
export type Followed = 'reported' | 'held' | 'closed' | 'unresolved'

interface Conclusion {
  readonly outcome: Followed
  readonly event?: M2mEvent<'m2m.leak-intake'>
  readonly why?: string
}

const explanations: Readonly<Record<Unresolved, string>> = {
  malformed: 'the delivery was signed, and cannot be read',
  noValue: 'the alert brought no value and no hash of one, and none could be fetched',
  unknownValue: 'nothing of it was found; it may have been replaced long ago, or belong elsewhere',
  clientUnknown:
    'the value was found, but neither its secret nor its tags name a client: revoke it by the name of the secret',
  accessToken:
    'an access token leaked, which is no proof that its client’s secret has; revoke the client if it may have (docs/incidents.md, "An access token")',
  projectSecret:
    "it is the Stytch project's own secret, which opens everything in the project: replace it now (docs/runbook.md#project-secret-leaked)",
  tooManySecrets: 'there are more secrets than one search takes; search for it by prefix or tag',
  rateLimited: 'too many values were searched for within a minute; search for it by hand',
  outOfTime: 'the search did not get through in its time; search for it by hand, by prefix or tag',
  searchFailed: 'the search failed; search for it by hand',
}

/** Whatever it signed may be right: nobody is turned away for keys that nobody can read, and the function's errors raise an alarm. */
const unreadableKeys = (): Fault =>
  new Fault({
    code: 'SIGNING_SECRET_MALFORMED',
    retryable: false,
    message: "The detector's keys are malformed, so its delivery was not taken; the line before says what is wrong.",
  })

/** A key may have been replaced a moment ago: one more look before a signature counts as bad. */
const verify = async ({ signing, timing }: Intake, delivery: Delivery): Promise<Result<Detector, DeliveryRefusal>> => {
  const verified = verifyDelivery(delivery, await signing.read(false), timing.now())
  if (verified.ok || verified.refusal === 'unknownForm' || verified.refusal === 'staleTimestamp') return verified
  const again = verifyDelivery(delivery, await signing.read(true), timing.now())
  if (!again.ok && again.refusal === 'malformedKey') throw unreadableKeys()
  return again
}

const unresolved = (intake: Intake, alert: LeakAlert, reason: Unresolved, more?: string): Conclusion => {
  const explanation = more === undefined ? explanations[reason] : `${explanations[reason]}: ${more}`
  return {
    outcome: 'unresolved',
    why: reason,
    event: leakUnresolved(alert, { reason, explanation, at: intake.timing.now() }),
  }
}

/** Two executions at once, or a gate that cannot be read: what cannot be counted is held. */
const passOrHold = async (intake: Intake, leak: HeldLeak): Promise<GateAdmission> => {
  try {
    return await intake.passGate(leak)
  } catch (fault) {
    if (fault instanceof Fault) return { decision: 'held', isFirst: true, isRemembered: false }
    throw fault
  }
}

const reportClient = async (
  intake: Intake,
  alert: LeakAlert,
  { clientId, secretName }: KnownOwner,
): Promise<Conclusion> => {
  const { incidentId, reference } = alert
  const at = intake.timing.now()
  const { decision, isFirst, isRemembered } = await passOrHold(intake, { incidentId, clientId, reference, at })
  return decision === 'held'
    ? { outcome: 'held', event: incidentHeld(alert, { clientId, secretName, isFirst, isRemembered, at }) }
    : // Joined as well: should the bus not have taken it the first time. The same incident again joins what runs.
      { outcome: 'reported', event: leakReported(alert, clientId) }
}

const concludeSecret = async (intake: Intake, alert: LeakAlert, match: SecretMatch): Promise<Conclusion> => {
  const { owner } = match
  const { clientId } = owner
  if (match.state === 'dead') {
    return { outcome: 'closed', event: leakClosed(alert, match, intake.timing.now()) }
  }
  if (clientId === undefined) return unresolved(intake, alert, 'clientUnknown', owner.secretName)
  // Alive; or Stytch did not answer: a revoke too many costs less than a leak too long.
  return reportClient(intake, alert, { ...owner, clientId })
}

/** An incident is about one client: of several, each has one of its own, the same whenever the alert comes again. */
const alertOf = (alert: LeakAlert, { owner }: SecretMatch, all: readonly SecretMatch[]): LeakAlert => {
  const clients = new Set(all.map((match) => match.owner.clientId))
  if (clients.size < 2) return alert
  const which = createHash('sha256').update(`${owner.clientId}`).digest('hex').slice(0, 8)
  return { ...alert, incidentId: `${alert.incidentId}-${which}` }
}

/** One a client: alive before dead, since that is what something must be done about. */
const oneForEachClient = (found: LeakFinding['found']): readonly SecretMatch[] => {
  const matches = found.filter((match) => match.kind === 'secret')
  const alive = matches.filter(({ state }) => state !== 'dead')
  const byClient = new Map<string, SecretMatch>()
  for (const match of [...alive, ...matches.filter(({ state }) => state === 'dead')]) {
    const key = match.owner.clientId ?? match.owner.secretArn
    if (!byClient.has(key)) byClient.set(key, match)
  }
  return [...byClient.values()]
}

const concludeToken = (intake: Intake, alert: LeakAlert, token: TokenMatch): Conclusion => {
  // It opens nothing any more, and nothing has to be done.
  if (token.state === 'dead') return { outcome: 'closed', why: 'tokenExpired' }
  const named = { ...alert, clientId: token.clientId }
  return unresolved(intake, named, 'accessToken', `it is valid until ${token.until ?? 'an unknown time'}`)
}

const concludeProject = (intake: Intake, alert: LeakAlert, { secretName, since }: ProjectMatch): Conclusion =>
  unresolved(
    intake,
    alert,
    'projectSecret',
    since === undefined
      ? secretName
      : `${secretName}; it was replaced, and ended on ${since}: look at what was done with it`,
  )

const MOST_NAMES = 5

/** What the search leaves open. */
const leftOpen = ({ searched, unreadable, olderLeft, isCut, hasProjectSecretForm }: LeakFinding): string => {
  const names = unreadable.slice(0, MOST_NAMES).join(', ')
  const rest = unreadable.length > MOST_NAMES ? ' and others' : ''
  return [
    `${searched} secrets were searched`,
    ...(unreadable.length > 0 ? [`${unreadable.length} could not be read: ${names}${rest}`] : []),
    ...(olderLeft > 0 ? [`of ${olderLeft} the older versions were not`] : []),
    ...(isCut ? ['the text held more than was compared'] : []),
    ...(hasProjectSecretForm ? ['something in it has the form of a Stytch project secret'] : []),
  ].join('; ')
}

const notSearchedAs: Readonly<Record<NotSearched, Unresolved>> = {
  tooManySecrets: 'tooManySecrets',
  rateLimited: 'rateLimited',
  outOfTime: 'outOfTime',
}

const conclude = async (intake: Intake, alert: LeakAlert, finding: LeakFinding): Promise<readonly Conclusion[]> => {
  const { found, notSearched } = finding
  const matches = oneForEachClient(found)
  const conclusions: Conclusion[] = []
  // One after the other: each passes the gate by what the one before left there.
  for (const match of matches) conclusions.push(await concludeSecret(intake, alertOf(alert, match, matches), match))
  const known = new Set(matches.map(({ owner }) => owner.clientId))
  for (const match of found) {
    if (match.kind === 'projectSecret') conclusions.push(concludeProject(intake, alert, match))
    // Whoever revokes the client has been notified; its tokens end within the hour.
    if (match.kind === 'accessToken' && !known.has(match.clientId)) {
      conclusions.push(concludeToken(intake, alert, match))
    }
  }
  const isAnyAlive = conclusions.some(({ outcome }) => outcome !== 'closed')
  if (notSearched !== undefined && !isAnyAlive) {
    return [...conclusions, unresolved(intake, alert, notSearchedAs[notSearched])]
  }
  return conclusions.length > 0 ? conclusions : [unresolved(intake, alert, 'unknownValue', leftOpen(finding))]
}

type Proof = { readonly proof: LeakProof } | { readonly missing: string | undefined }

const proofOf = async ({ values }: Intake, { proof, place }: LeakAlert): Promise<Proof> => {
  if (proof !== undefined) return { proof }
  if (place === undefined) return { missing: undefined }
  try {
    const value = await values.fetch(place)
    return value === undefined ? { missing: undefined } : { proof: { kind: 'value', value } }
  } catch (fault) {
    if (fault instanceof Fault) return { missing: fault.message }
    throw fault
  }
}

const follow = async (intake: Intake, alert: LeakAlert): Promise<readonly Conclusion[]> => {
  const known = await proofOf(intake, alert)
  if ('missing' in known) return [unresolved(intake, alert, 'noValue', known.missing)]
  const { clientId } = alert
  let finding: LeakFinding
  try {
    finding = await intake.identifier.identify({ proof: known.proof, clientId })
  } catch (fault) {
    if (fault instanceof Fault) return [unresolved(intake, alert, 'searchFailed', fault.code)]
    throw fault
  }
  return conclude(intake, alert, finding)
}

const malformed = (intake: Intake, detector: Detector, deliveryId: string, faults: readonly string[]): Conclusion => {
  const alert: LeakAlert = { detector, incidentId: unreadableIncidentId(detector, deliveryId), reference: deliveryId }
  return unresolved(intake, alert, 'malformed', faults.join('; '))
}

/** What the log calls a delivery that came to several. */
const byWeight: readonly Followed[] = ['reported', 'held', 'unresolved', 'closed']

const weightiest = (conclusions: readonly Conclusion[]): Conclusion | undefined =>
  conclusions.toSorted((one, other) => byWeight.indexOf(one.outcome) - byWeight.indexOf(other.outcome))[0]

/** @throws Fault when the bus does not take what was found, or no key can be read: then no one was notified. */
export const takeLeakReport = async (intake: Intake, delivery: IncomingDelivery): Promise<IntakeOutcome> => {
  if (delivery.body.byteLength > MAX_DELIVERY_BYTES) return { outcome: 'tooLarge' }
  const verified = await verify(intake, delivery)
  if (!verified.ok) return { outcome: 'refused', why: verified.refusal }
  const detector = verified.value
  const key = deliveryKey(detector, delivery)
  if (intake.recent.has(key, intake.timing.now())) return { outcome: 'repeated', detector }
  const alert = readAlert(detector, delivery, intake.watched)
  const followed = alert.ok ? alert.value : undefined
  if (followed === 'ignored') return { outcome: 'ignored', detector }
  const conclusions =
    followed === undefined
      ? [malformed(intake, detector, delivery.deliveryId, alert.ok ? [] : alert.refusal)]
      : await follow(intake, followed)
  const events = conclusions.flatMap(({ event }) => event ?? [])
  if (events.length > 0) await intake.events.publish(events)
  intake.recent.add(key, intake.timing.now())
  const { outcome = 'unresolved', event, why } = weightiest(conclusions) ?? {}
  const incidentId = String(event?.detail.incidentId ?? followed?.incidentId)
  return { outcome, detector, incidentId, ...defined({ why }) }
}
