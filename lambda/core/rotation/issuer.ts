// Whoever issues secrets, as a rotation asks it: to look, to exchange, to start, and to end a slot. Another kind or another vendor is
// another implementation (docs/another-vendor.md).
import type { Fault } from '../base/fault.ts'
import type { ClientSecret } from '../secret/client-secret.ts'
import type { Slots } from './position.ts'

/** When the values in the slots were last used, where the issuer shows it. */
export interface SlotUses {
  /** A planned end of a slot waits until its value has not been used for so long. */
  readonly quietMs: number
  /** Epoch milliseconds, the latest that what is shown may mean. Absent: never. */
  readonly current?: number
  readonly next?: number
}

/** A client as its issuer shows it: no value, only the marks of those in its slots. */
export interface ClientView {
  readonly slots: Slots
  readonly uses?: SlotUses
  readonly isActive: boolean
  /** `trusted_metadata.managed_by`: the ARN of the one secret that holds this client. */
  readonly boundTo: string | undefined
  readonly requestId: string
}

export type Exchange =
  | { readonly accepted: true; readonly requestId: string }
  | { readonly accepted: false; readonly status: number; readonly error: string; readonly requestId: string }

/** start: the only copy of the value in the world is in this reply. */
type StartReply =
  | { readonly outcome: 'started'; readonly secret: ClientSecret }
  /** unknown: sent, and no reply that says what happened; look before acting again. */
  | { readonly outcome: 'alreadyRotating' | 'unknown' }
  | NotDone

/** It surely had no effect, and may be retried after a wait – and a fresh look: the world may have moved meanwhile. */
export interface NotDone {
  readonly outcome: 'notDone'
  readonly waitMs: number
  /** What to throw when there is no time to wait. */
  readonly fault: Fault
}

export type RetireReply = { readonly outcome: 'done' | 'notRotating' | 'unknown' } | NotDone

/** What an end of a slot rests on. */
export interface LookedAt {
  /** What the look was given (Issuer.look). */
  readonly known: readonly string[]
  readonly slots: Slots
}

/** A version of the secret by which an issuer's caller is allowed to ask at all. */
export interface CredentialVersion {
  readonly secretArn: string
  readonly versionId: string
}

/**
 * Whoever issues secrets of one kind into two slots, and says what "accepted", "start" and "retire" mean there. A kind whose issuer
 * holds a list has two slots as well: the older and the newer of the values that are `known`.
 */
export interface Issuer {
  /** The project whose clients this issuer knows. */
  readonly projectId: string
  /** Whether it holds a list of this client's values, in which only those that are known are this secret's. @default - two slots */
  keepsList?(clientId: string): boolean
  /** What was last used to ask it: the Stytch project's own secret. @default - it is not known where that is stored */
  credential?(): Promise<CredentialVersion | undefined>
  /** Whether the issuer itself keeps which secret a client belongs to (ClientView.boundTo). @default - a tag of the secret alone says so */
  keepsBinding?(clientId: string): boolean
  /**
   * @param known marks of the stored values, AWSCURRENT's first: all that a list may show in a slot.
   * @returns undefined when there is no such client.
   */
  look(clientId: string, known?: readonly string[]): Promise<ClientView | undefined>
  /**
   * Many clients by one request, or a few. May be further behind than `look`.
   * @returns an entry for each client of a kind that can be looked at so, undefined where there is no such client. @default - one by one
   */
  lookMany?(clientIds: readonly string[]): Promise<ReadonlyMap<string, ClientView | undefined>>
  /** Whether Stytch accepts this value now, by exchanging it for a token (which is dropped). */
  exchange(clientId: string, secret: ClientSecret): Promise<Exchange>
  start(clientId: string): Promise<StartReply>
  /** The next slot's value becomes the only one. */
  complete(clientId: string, before: LookedAt): Promise<RetireReply>
  /** The current slot's value becomes the only one. */
  cancel(clientId: string, before: LookedAt): Promise<RetireReply>
  /** Writes `trusted_metadata.managed_by`. */
  bind(clientId: string, secretArn: string): Promise<void>
}
