// What a rotation reports when it is done or stops, and the evidence that a lost value is dead. Shapes only; the ids are
// made from what happened, so that a repeated report can be recognised.
import { defined } from '../base/defined.ts'
import { type M2mEvent, newEvent } from '../base/events.ts'
import { afterSwitch, type RegionStatus, regionStatuses } from '../secret/replica-state.ts'
import type { Intent } from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import { explainRefusal, isDrift, type Refusal } from './refusal.ts'

/** One value that Stytch refused when it was tried. */
export interface RefusedValue {
  readonly versionId: string
  readonly lastFour: string
  /** HTTP status and OAuth error of Stytch's last answer. */
  readonly status: number
  readonly error: string
  readonly requestId: string
  /** ISO 8601, as all of these. */
  readonly provenAt: string
  /** How often it was refused, without an acceptance between, since `firstRefusedAt`. These are absent in evidence of earlier releases. */
  readonly refusals?: number
  readonly firstRefusedAt?: string
  /** When this rotation last saw it accepted; absent: it did not. */
  readonly lastAcceptedAt?: string
  /** Stytch's error names, one an exchange. */
  readonly errors?: readonly string[]
  readonly requestIds?: readonly string[]
}

export interface AcceptedValue {
  readonly versionId: string
  readonly lastFour: string
  readonly requestId: string
  readonly provenAt: string
}

/** What a finished settle proves. */
export interface Evidence {
  /** Stytch's two slots as last seen: nothing but AWSCURRENT's value. */
  readonly slots: { readonly current: string; readonly next: null; readonly requestId: string }
  readonly refused: readonly RefusedValue[]
  /** Ids of versions whose value could not be read, and so not be tried: that they are refused, the slots alone say. */
  readonly bySlots?: readonly string[]
  /** A real exchange; only after a revoke. */
  readonly accepted?: AcceptedValue
  /** What Secrets Manager reported of the secret's copies in other Regions when this was proven, the settle's own version included. */
  readonly replicas?: readonly RegionStatus[]
}

export const withReplicas = (evidence: Evidence, { replicas }: Pick<Secret, 'replicas'>): Evidence =>
  replicas.length === 0 ? evidence : { ...evidence, replicas: regionStatuses(replicas) }

export interface OutcomeFacts {
  readonly secretArn: string
  readonly secretName: string
  readonly clientId?: string | undefined
  /** Nothing but the secret's tag names the client. */
  readonly clientIdFrom?: 'tag' | undefined
  readonly intent: Intent
  readonly requestToken: string
  /** Epoch milliseconds. */
  readonly at: number
}

export type RotationEvent = M2mEvent<'m2m.rotation'>

const outcomeEvent = (
  type: RotationEvent['type'],
  facts: OutcomeFacts,
  more: Readonly<Record<string, unknown>>,
): RotationEvent =>
  newEvent(type, [facts.secretArn, facts.requestToken], {
    secretArn: facts.secretArn,
    secretName: facts.secretName,
    ...defined({ clientId: facts.clientId, clientIdFrom: facts.clientIdFrom }),
    intent: facts.intent,
    requestToken: facts.requestToken,
    at: new Date(facts.at).toISOString(),
    ...more,
  })

/** Before AWSCURRENT moves to the settle's version: what is dead now. `Secret Revoked` only if a revoke led here. */
export const evidenceEvents = (
  facts: OutcomeFacts,
  evidence: Evidence,
  revokeToken: string | undefined,
): readonly RotationEvent[] =>
  revokeToken === undefined ? [] : [outcomeEvent('Secret Revoked', facts, { evidence, revokeToken })]

/** A new version that holds other fields than AWSCURRENT did. */
export interface Rebuilt {
  readonly explanation: string
  /** How many of its owner's fields were left out. @default - which there were could not be read */
  readonly fieldsLeftOut?: number
}

export interface Completion {
  readonly evidence?: Evidence | undefined
  readonly rebuilt?: Rebuilt | undefined
  /** The secret's copies in other Regions, as reported before the switch. @default - there are none */
  readonly replicas?: readonly RegionStatus[] | undefined
}

/** After AWSCURRENT has moved. */
export const completedEvents = (facts: OutcomeFacts, completion: Completion = {}): readonly RotationEvent[] => {
  const { evidence, rebuilt, replicas = [] } = completion
  const completed = outcomeEvent('Rotation Completed', facts, defined({ evidence, rebuilt }))
  // A settle stores the same value again: consumers have nothing to refresh.
  if (facts.intent === 'settle') return [completed]
  const elsewhere = replicas.length === 0 ? {} : { replicas: afterSwitch(replicas) }
  return [completed, outcomeEvent('M2M Secret Changed', facts, elsewhere)]
}

/** @param isRepeated a planned rotation was refused for this before, and people know: the rules that notify them leave it out */
export const refusedEvents = (facts: OutcomeFacts, refusal: Refusal, isRepeated = false): readonly RotationEvent[] => {
  const why = {
    reason: refusal.reason,
    explanation: explainRefusal(refusal),
    ...(isRepeated ? { isRepeated } : {}),
  }
  const position = refusal.reason === 'position' ? { position: refusal.position } : {}
  const refusedEvent = outcomeEvent('Rotation Refused', facts, { ...why, ...position })
  return isDrift(refusal)
    ? [refusedEvent, outcomeEvent('Drift Detected', facts, { ...why, ...position })]
    : [refusedEvent]
}
