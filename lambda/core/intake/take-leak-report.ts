// One delivery to the leak intake: whether a detector signed it, what leaked, whose it is; then an incident on the bus, or a notice to
// a person, or nothing. Whatever was signed and leads nowhere pages somebody: detectors deliver once. Whoever did not sign learns
// nothing but that. The value goes to the search and nowhere else.

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
import type { LeakFinding, LeakOwner, NotSearched } from './leak-finding.ts'
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
  readonly event: M2mEvent<'m2m.leak-intake'>
  readonly why?: string
}

const explanations: Readonly<Record<Unresolved, string>> = {
  malformed: 'the delivery was signed, and cannot be read',
  noValue: 'the alert brought no value and no hash of one, and none could be fetched',
  unknownValue:
    'the value is in no secret below the prefix, under no label; it may have been replaced, or belong elsewhere',
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

const report = async (intake: Intake, alert: LeakAlert, owner: LeakOwner): Promise<Conclusion> => {
  const { incidentId, reference } = alert
  const { clientId, secretName } = owner
  const at = intake.timing.now()
  const { decision, isFirst, isRemembered } = await passOrHold(intake, { incidentId, clientId, reference, at })
  return decision === 'held'
    ? { outcome: 'held', event: incidentHeld(alert, { clientId, secretName, isFirst, isRemembered, at }) }
    : // Joined as well: should the bus not have taken it the first time. The same incident again joins what runs.
      { outcome: 'reported', event: leakReported(alert, clientId) }
}

const notSearched: Readonly<Record<NotSearched, Unresolved>> = {
  tooManySecrets: 'tooManySecrets',
  rateLimited: 'rateLimited',
  outOfTime: 'outOfTime',
}

const conclude = async (intake: Intake, alert: LeakAlert, finding: LeakFinding): Promise<Conclusion> => {
  switch (finding.outcome) {
    case 'alive':
    // Stytch did not answer: a revoke too many costs less than a leak too long.
    case 'unproven':
      return report(intake, alert, finding.owner)
    case 'dead': {
      const event = leakClosed(alert, finding.owner, finding.refusal, intake.timing.now())
      return { outcome: 'closed', event }
    }
    case 'unknown':
      return unresolved(intake, alert, 'unknownValue')
    case 'notSearched':
      return unresolved(intake, alert, notSearched[finding.reason])
  }
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

const follow = async (intake: Intake, alert: LeakAlert): Promise<Conclusion> => {
  const known = await proofOf(intake, alert)
  if ('missing' in known) return unresolved(intake, alert, 'noValue', known.missing)
  const { clientId } = alert
  let finding: LeakFinding
  try {
    finding = await intake.identifier.identify({ proof: known.proof, clientId })
  } catch (fault) {
    if (fault instanceof Fault) return unresolved(intake, alert, 'searchFailed', fault.code)
    throw fault
  }
  return conclude(intake, alert, finding)
}

const malformed = (intake: Intake, detector: Detector, deliveryId: string, faults: readonly string[]): Conclusion => {
  const alert: LeakAlert = { detector, incidentId: unreadableIncidentId(detector, deliveryId), reference: deliveryId }
  return unresolved(intake, alert, 'malformed', faults.join('; '))
}

/** @throws Fault when the bus does not take what was found, or no key can be read: then no one was notified. */
export const takeLeakReport = async (intake: Intake, delivery: IncomingDelivery): Promise<IntakeOutcome> => {
  if (delivery.body.byteLength > MAX_DELIVERY_BYTES) return { outcome: 'tooLarge' }
  const verified = await verify(intake, delivery)
  if (!verified.ok) return { outcome: 'refused', why: verified.refusal }
  const detector = verified.value
  const key = deliveryKey(detector, delivery)
  if (intake.recent.has(key, intake.timing.now())) return { outcome: 'repeated', detector }
  const alert = readAlert(detector, delivery, intake.watched)
  if (alert.ok && alert.value === 'ignored') return { outcome: 'ignored', detector }
  const conclusion =
    alert.ok && alert.value !== 'ignored'
      ? await follow(intake, alert.value)
      : malformed(intake, detector, delivery.deliveryId, alert.ok ? [] : alert.refusal)
  await intake.events.publish([conclusion.event])
  intake.recent.add(key, intake.timing.now())
  const { outcome, event, why } = conclusion
  const incidentId = String(event.detail.incidentId)
  return { outcome, detector, incidentId, ...defined({ why }) }
}
