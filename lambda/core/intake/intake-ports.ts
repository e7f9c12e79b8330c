// What only the leak intake and the search for a leaked value ask of the outside, beside the ports they share with others.

import type { Exchange } from '../rotation/issuer.ts'
import type { ClientSecret } from '../secret/client-secret.ts'
import type { GithubAlertPlace } from './leak-alert.ts'
import type { SigningKeys } from './leak-delivery.ts'
import type { LeakFinding } from './leak-finding.ts'
import type { LeakProof } from './leak-proof.ts'

/** The keys by which detectors sign. */
export interface SigningSecrets {
  /** @param isStale what was read last may have been replaced since: read anew, if that is not too soon. */
  read(isStale: boolean): Promise<SigningKeys>
}

/** Where a detector keeps what its webhook leaves out. */
export interface AlertValues {
  /** @returns undefined when the alert holds none. @throws Fault ALERT_NOT_FETCHED */
  fetch(place: GithubAlertPlace): Promise<ClientSecret | undefined>
}

export interface LeakQuestion {
  readonly proof: LeakProof
  readonly clientId?: string | undefined
}

/** Finds whose value leaked. */
export interface Identifier {
  /** @throws Fault IDENTIFY_FAILED */
  identify(question: LeakQuestion): Promise<LeakFinding>
}

/** Whether Stytch accepts a value now: all that whoever searches needs of an issuer. */
export interface Prober {
  exchange(clientId: string, secret: ClientSecret): Promise<Exchange>
}
