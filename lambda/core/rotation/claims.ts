// Which secret holds a client of a kind that Stytch keeps no field for: a record, written once. An M2M client needs none, since Stytch keeps
// `managed_by` of it. A tag says nothing here: whoever may create a secret chooses its tags.

import { Fault } from '../base/fault.ts'

export interface Claim {
  readonly clientId: string
  /** ARN of the secret. */
  readonly holder: string
  /** False: noted when claims were introduced, from the one tag that named the client, and not looked at by a person since. */
  readonly isReviewed: boolean
}

/** @throws Fault RECORDS_UNAVAILABLE: nobody knows then who holds the client, so that nothing of it is changed */
export interface Claims {
  read(clientId: string): Promise<Claim | undefined>
}

interface Claiming {
  readonly clientId: string
  readonly holder: string
  /** Epoch milliseconds. */
  readonly at: number
  /** Who says that they ask. */
  readonly by: string
}

export interface ClaimKeeper extends Claims {
  /**
   * Writes it unless another secret holds the client; again for the same secret is no conflict.
   * @param gone a holder that no longer exists, whose claim may be replaced
   */
  write(claiming: Claiming, gone?: string): Promise<'written' | 'heldByAnother'>
  /** Writes one that nobody has looked at, where there is none. */
  note(claiming: Claiming): Promise<'written' | 'heldByAnother'>
  /** Another secret's stays. */
  release(clientId: string, holder: string): Promise<void>
}

const noTable = (): Fault =>
  new Fault({
    code: 'RECORDS_UNAVAILABLE',
    retryable: false,
    message:
      'This deployment has no records table, so that nothing says which secret holds a Connected App or a SCIM connection; nothing was changed. Deploy the stage again.',
  })

/** Of a deployment without the table: clients of other kinds are left alone. */
export const noClaims: ClaimKeeper = {
  read: async () => {
    throw noTable()
  },
  write: async () => {
    throw noTable()
  },
  note: async () => {
    throw noTable()
  },
  release: async () => {
    throw noTable()
  },
}
