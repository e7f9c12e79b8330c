// A SCIM connection as the stand-in keeps it, and as Stytch shows it: with its token once, with its next token once, and
// otherwise without either. Plain data; what calls do to it is scim-connections.ts.
import type { Place, RecordStore } from './record-store.ts'
import type { StytchSettings } from './settings.ts'
import type { Slot, SlotPair } from './slots.ts'
import { timestamp } from './timestamp.ts'

export interface ScimConnectionRecord extends Place {
  readonly organizationId: string
  readonly displayName: string
  readonly identityProvider: string
  readonly slots: SlotPair
}

export type ScimConnectionStore = RecordStore<ScimConnectionRecord>

/** What a reply needs besides the record. */
export interface ScimView {
  /** Where this stand-in answers, e.g. http://127.0.0.1:4010; the real base_url names Stytch's own host. */
  readonly origin: string
  readonly settings: StytchSettings
}

export const scimPath = (connectionId: string): string => `/v1/b2b/scim/${connectionId}`

const baseUrl = ({ id, identityProvider }: ScimConnectionRecord, origin: string): string =>
  // Documented: Entra speaks SCIM 2.0 only when this flag is in the URL.
  `${origin}${scimPath(id)}${identityProvider === 'microsoft-entra' ? '?aadOptscim062020' : ''}`

const expiry = (name: string, slot: Slot | null): object =>
  slot?.expiresAt === null || slot === null ? {} : { [name]: timestamp(slot.expiresAt) }

const described = (record: ScimConnectionRecord, { origin }: ScimView): Record<string, unknown> => ({
  organization_id: record.organizationId,
  connection_id: record.id,
  // A deleted connection is not shown at all.
  status: 'active',
  display_name: record.displayName,
  identity_provider: record.identityProvider,
  base_url: baseUrl(record, origin),
  scim_group_implicit_role_assignments: [],
  ...expiry('bearer_token_expires_at', record.slots.current),
})

const noNext: Readonly<Record<StytchSettings['scimNoNextLastFour'], object>> = {
  empty: { next_bearer_token_last_four: '' },
  null: { next_bearer_token_last_four: null },
  absent: {},
}

/** Stytch's SCIMConnection. */
export const scimConnection = (record: ScimConnectionRecord, view: ScimView): object => {
  const { current, next } = record.slots
  return {
    ...described(record, view),
    bearer_token_last_four: current.lastFour,
    ...(next === null
      ? noNext[view.settings.scimNoNextLastFour]
      : { next_bearer_token_last_four: next.lastFour, ...expiry('next_bearer_token_expires_at', next) }),
  }
}

/** SCIMConnectionWithToken: the reply of create; its schema has no last four. */
export const scimConnectionWithToken = (record: ScimConnectionRecord, token: string, view: ScimView): object => ({
  ...described(record, view),
  bearer_token: token,
})

/** SCIMConnectionWithNextToken: the reply of start; its schema has no last four of the next token. */
export const scimConnectionWithNextToken = (record: ScimConnectionRecord, token: string, view: ScimView): object => ({
  ...described(record, view),
  bearer_token_last_four: record.slots.current.lastFour,
  next_bearer_token: token,
  ...expiry('next_bearer_token_expires_at', record.slots.next),
})
