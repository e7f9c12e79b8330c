// Stytch's token endpoint – of a Connected App its introspection, of a SCIM connection its list of users – for whoever only asks whether a value is accepted. It needs no project secret, so that who searches for a
// leaked value can change nothing at Stytch; a call that would need one fails before it is sent.
import { Fault } from '../../core/base/fault.ts'
import type { Prober } from '../../core/intake/intake-ports.ts'
import { vendorBaseUrl } from './base-url.ts'
import { noBindings } from './bindings.ts'
import { createSend } from './http.ts'
import { createSlotIssuers } from './issuers.ts'
import type { RetryTiming } from './retry.ts'

interface TokenPlace {
  readonly projectId: string
  readonly baseUrl?: string
}

const noCredentials = async (): Promise<never> => {
  throw new Fault({ code: 'STYTCH_UNAUTHORIZED', retryable: false, message: 'This function has no project secret.' })
}

/** @returns the prober for one invocation's time; connections outlive it. */
export const createProbing = ({ projectId, baseUrl }: TokenPlace): ((timing: RetryTiming) => Prober) => {
  const send = createSend()
  return (timing) => {
    const settings = {
      baseUrl: baseUrl ?? vendorBaseUrl(projectId),
      projectId,
      credentials: noCredentials,
      send,
      timing,
    }
    // It looks at nothing, so that nobody asks who holds what.
    const { exchange } = createSlotIssuers({ stytch: settings, bindings: noBindings })
    return { exchange }
  }
}
