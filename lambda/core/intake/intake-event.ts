// What the leak intake publishes: an incident, a leak that could not be resolved, one that is dead already, one that is held.
// Shapes only (docs/events). Ids, names and Stytch's own answer; never what was found.

import { defined } from '../base/defined.ts'
import { LEAK_REPORTED } from '../base/event-types.ts'
import type { M2mEvent } from '../base/events.ts'
import type { Detector } from './leak-delivery.ts'
import type { DeadMatch } from './leak-finding.ts'

/** Why a person must look. */
export type Unresolved =
  /** It was signed, and cannot be read. */
  | 'malformed'
  /** It brought neither value nor hash, and none could be fetched. */
  | 'noValue'
  /** Nothing of it was found among our secrets. */
  | 'unknownValue'
  /** It was found in a secret that names no client. */
  | 'clientUnknown'
  /** No secret, but a token that has not expired. */
  | 'accessToken'
  /** The Stytch project's own secret, which this event may not have replaced. */
  | 'projectSecret'
  | 'tooManySecrets'
  | 'rateLimited'
  | 'outOfTime'
  /** Whoever searches failed, or did not answer. */
  | 'searchFailed'

const VERSION = 1

export interface Alerted {
  readonly detector: Detector
  readonly incidentId: string
  readonly reference: string
}

const alerted = ({ detector, incidentId, reference }: Alerted, at: number) => ({
  version: VERSION,
  incidentId,
  detector,
  reference,
  at: new Date(at).toISOString(),
})

/** By the intake, and for what it held back by security. */
type LeakReported = M2mEvent<'m2m.leak-intake'> & M2mEvent<'m2m.security'>

/** One client, by its id: all that m2m.leak-intake may ask for. */
export const leakReported = ({ incidentId, reference }: Alerted, clientId: string): LeakReported => ({
  type: LEAK_REPORTED,
  detail: {
    incidentId,
    selector: { clientIds: [clientId] },
    reason: `leaked: ${reference}`,
    requestedBy: `leak intake, ${reference}`,
  },
})

/** @param explanation one sentence that quotes nothing of the alert. */
export const leakUnresolved = (
  alert: Alerted & { readonly clientId?: string | undefined },
  { reason, explanation, at }: { readonly reason: Unresolved; readonly explanation: string; readonly at: number },
): M2mEvent<'m2m.leak-intake'> => ({
  type: 'Leak Unresolved',
  detail: {
    ...alerted(alert, at),
    ...defined({ clientId: alert.clientId }),
    reason,
    explanation,
  },
})

export const leakClosed = (
  alert: Alerted,
  { owner, refusal, since }: Omit<DeadMatch, 'kind' | 'state'>,
  at: number,
): M2mEvent<'m2m.leak-intake'> => ({
  type: 'Leak Closed',
  detail: {
    ...alerted(alert, at),
    secretArn: owner.secretArn,
    secretName: owner.secretName,
    clientId: owner.clientId,
    versionId: owner.versionId,
    refused: refusal,
    ...defined({ since }),
  },
})

export interface HeldFacts {
  readonly clientId: string
  readonly secretName: string
  readonly isFirst: boolean
  readonly isRemembered: boolean
  readonly at: number
}

export const incidentHeld = (alert: Alerted, held: HeldFacts): M2mEvent<'m2m.leak-intake'> => ({
  type: 'Incident Held',
  detail: {
    ...alerted(alert, held.at),
    clientId: held.clientId,
    secretName: held.secretName,
    first: held.isFirst,
    remembered: held.isRemembered,
  },
})
