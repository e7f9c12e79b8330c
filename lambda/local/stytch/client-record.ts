// An M2M client as the stand-in keeps it, and as Stytch shows it. Plain data; what calls do to it is clients.ts.
import type { Place, RecordStore } from './record-store.ts'
import { pairAccepts, type SlotPair } from './slots.ts'

export type ClientStatus = 'active' | 'inactive'
export type Metadata = Readonly<Record<string, unknown>>

export interface ClientRecord extends Place {
  readonly clientName: string
  readonly clientDescription: string
  readonly status: ClientStatus
  readonly scopes: readonly string[]
  readonly trustedMetadata: Metadata
  readonly slots: SlotPair
}

export type ClientStore = RecordStore<ClientRecord>

/** Whether the token endpoint would take this secret for this client now. */
export const clientAccepts = (record: ClientRecord, secret: string, now: number): boolean =>
  record.status === 'active' && pairAccepts(record.slots, secret, now)

/** Stytch's M2MClient object; an absent next secret is null, not left out, as in Stytch's own samples. */
export const m2mClient = (record: ClientRecord): Record<string, unknown> => ({
  client_id: record.id,
  client_name: record.clientName,
  client_description: record.clientDescription,
  status: record.status,
  scopes: record.scopes,
  client_secret_last_four: record.slots.current.lastFour,
  trusted_metadata: record.trustedMetadata,
  next_client_secret_last_four: record.slots.next?.lastFour ?? null,
})
