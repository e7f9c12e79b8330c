// What the vendor publishes: that Stytch refuses the very value that is AWSCURRENT, so that no one gets tokens for this client until
// somebody acts. Shape only; the id is made of what is so, so that several environments that find the same report it under one id.

import { type M2mEvent, newEvent } from '../base/events.ts'
import { MINUTE_MS } from '../base/time-units.ts'

/** Reported again while it lasts; the same within a quarter of an hour is one event. */
export const REFUSED_EVERY_MS = 15 * MINUTE_MS

interface RefusedCredential {
  readonly secretArn: string
  readonly secretName: string
  readonly clientId: string
  readonly versionId: string
  /** The name of Stytch's error. */
  readonly error: string
  readonly requestId: string
  /** Epoch milliseconds. */
  readonly at: number
}

export const credentialRefusedEvent = (refusal: RefusedCredential): M2mEvent<'m2m.vendor'> => {
  const { secretArn, secretName, clientId, versionId, error, requestId, at } = refusal
  return newEvent('Credential Refused', [secretArn, versionId, Math.floor(at / REFUSED_EVERY_MS)], {
    secretArn,
    secretName,
    clientId,
    versionId,
    error,
    requestId,
    at: new Date(at).toISOString(),
    explanation:
      'Stytch refuses the value of AWSCURRENT, twice and after reading it again; see its position, then revoke to replace it',
  })
}
