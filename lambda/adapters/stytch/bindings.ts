// Who holds what Stytch keeps no field for, as issuers ask it: by the claims in the records table.
import { Fault } from '../../core/base/fault.ts'
import type { ClaimKeeper, Claims } from '../../core/rotation/claims.ts'

export interface Bindings {
  /** ARN of the one secret that may change it. Undefined: no claim says so. */
  readonly holderOf: (clientId: string) => Promise<string | undefined>
  readonly bind: (clientId: string, secretArn: string) => Promise<void>
}

/** Stands in a view for the holder, where there is none. */
export const UNCLAIMED = 'no secret, by any claim in the records table'

const readOnly = async (clientId: string): Promise<never> => {
  throw new Fault({
    code: 'INPUT_MALFORMED',
    retryable: false,
    message: `Only the clients function claims ${clientId} for a secret; nothing was changed.`,
  })
}

/** For whoever rotates: it believes claims, and writes none. */
export const readBindings = (claims: Claims): Bindings => ({
  holderOf: async (clientId) => (await claims.read(clientId))?.holder,
  bind: readOnly,
})

/** For whoever looks at no client, and asks whether values are accepted. */
export const noBindings: Bindings = { holderOf: async () => undefined, bind: readOnly }

/** @param now epoch milliseconds */
export const writeBindings = (claims: ClaimKeeper, now: () => number): Bindings => ({
  holderOf: async (clientId) => (await claims.read(clientId))?.holder,
  bind: async (clientId, holder) => {
    const outcome = await claims.write({ clientId, holder, at: now(), by: 'adopt' })
    if (outcome === 'written') return
    throw new Fault({
      code: 'INPUT_MALFORMED',
      retryable: false,
      message: `${clientId} was claimed for another secret meanwhile, so that ${holder} does not get it; one secret, one client. Delete the secret that was made.`,
    })
  },
})
