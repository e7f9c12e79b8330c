// A Connected App as the stand-in keeps it, and as Stytch shows it. Plain data; what calls do to it is connected-apps.ts. A
// public app has no secret at all, so it has no slots either.
import type { ClientStatus } from './client-record.ts'
import type { Place, RecordStore } from './record-store.ts'
import { pairAccepts, type SlotPair } from './slots.ts'

export const clientTypes = ['first_party', 'first_party_public', 'third_party', 'third_party_public'] as const
export type ClientType = (typeof clientTypes)[number]

/** What create and update may set; the names are the API's, since no more is done with them than to show them. */
export interface AppFields {
  readonly client_name: string
  readonly client_description: string
  readonly redirect_urls: readonly string[]
  readonly full_access_allowed: boolean
  readonly access_token_expiry_minutes: number
  readonly access_token_custom_audience: string | null
  readonly access_token_template_content: string
  readonly id_token_template_content: string
  readonly post_logout_redirect_urls: readonly string[]
  readonly logo_url: string | null
  readonly bypass_consent_for_offline_access: boolean
}

export interface ConnectedAppRecord extends Place {
  readonly clientType: ClientType
  readonly status: ClientStatus
  readonly fields: AppFields
  /** null = a public app. */
  readonly slots: SlotPair | null
}

export type ConnectedAppStore = RecordStore<ConnectedAppRecord>

/** Whether Stytch would take this secret for this app now; never for a public app. */
export const appAccepts = (record: ConnectedAppRecord, secret: string, now: number): boolean =>
  record.status === 'active' && record.slots !== null && pairAccepts(record.slots, secret, now)

/** Stytch's ConnectedApp object. The optional fields of its schema are null when empty, as an M2M client's are. */
export const connectedApp = (record: ConnectedAppRecord): Record<string, unknown> => ({
  client_id: record.id,
  ...record.fields,
  client_type: record.clientType,
  status: record.status,
  // Required by the schema; its values are not documented.
  creation_method: 'api',
  client_secret_last_four: record.slots?.current.lastFour ?? null,
  next_client_secret_last_four: record.slots?.next?.lastFour ?? null,
  client_id_metadata_url: null,
})
