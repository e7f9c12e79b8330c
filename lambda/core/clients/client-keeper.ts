// What only the registrar asks of the issuer: to keep a client as it is declared, and to retire it.
import type { Slots } from '../rotation/position.ts'
import { isM2mClient } from '../secret/client-id.ts'
import type { Secret } from '../secret/secret.ts'

interface ClientDetails {
  /** As people see it at the issuer. */
  readonly name: string
  readonly description: string
  readonly scopes: readonly string[]
}

/** A client that one of this stage's commands or declarations made inactive; the issuer keeps it in the same write. */
export interface SwitchedOff {
  /** Epoch milliseconds. */
  readonly at: number
  /** `m2m deactivate (jane@laptop)`: what did it, and who said that they ask. */
  readonly by: string
}

/** A client at the issuer, without its secrets. */
export interface ClientRecord extends ClientDetails {
  readonly clientId: string
  readonly isActive: boolean
  /** The last that is on record, and not of one that was made active again by a command. null: none is. Absent: a function before this field. */
  readonly switchedOff?: SwitchedOff | null
  readonly slots: Slots
  /** The ARN of the one secret that holds it: `trusted_metadata.managed_by`; of another kind, its claim. */
  readonly boundTo: string | undefined
  /** The secret it was made for; with nothing else, its secret may never have been stored. */
  readonly registeredFor: string | undefined
  /** Epoch milliseconds. */
  readonly registeredAt: number | undefined
}

/** Where it stands which secret holds a client. */
export const bindingWords = (clientId: string): string =>
  isM2mClient(clientId) ? 'trusted_metadata.managed_by' : 'its claim, see m2m claims --check'

export interface ClientRecords {
  readonly clients: readonly ClientRecord[]
  /** Absent on the last page. */
  readonly nextPage: string | undefined
}

export interface ClientQuery {
  /** Absent: all of the project. */
  readonly clientIds?: readonly string[] | undefined
  readonly page?: string | undefined
}

/** The issuer's clients, without their secrets. */
export interface ClientKeeper {
  /** @returns undefined when there is no such client. */
  find(clientId: string): Promise<ClientRecord | undefined>
  /** A page, in no promised order. */
  list(query: ClientQuery): Promise<ClientRecords>
  /** The project whose secret the issuer accepts: proves it without touching a client. */
  whoami(): Promise<string>
  /** Replaces name, description and scopes; nothing else. */
  describe(clientId: string, details: ClientDetails): Promise<void>
  /** All its values are refused from now on; it can be activated again. Who did it is kept with it. */
  deactivate(clientId: string, what: SwitchedOff): Promise<void>
  activate(clientId: string): Promise<void>
  /** No secret holds it any more, so that another may claim it (`trusted_metadata.managed_by`). */
  unbind(clientId: string, secretArn: string): Promise<void>
}

/** Bound to this secret; or made for it and bound to none yet. A tag says neither: whoever makes a secret chooses its tags. */
export const isClientOf = (
  { boundTo, registeredFor }: Pick<ClientRecord, 'boundTo' | 'registeredFor'>,
  { arn, name }: Pick<Secret, 'arn' | 'name'>,
): boolean => boundTo === arn || (boundTo === undefined && registeredFor === name)
