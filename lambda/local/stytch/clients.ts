// The M2M clients of one project: what each call of Stytch's client endpoints does, and what M2M states to the slot machine.
// Knows nothing of HTTP; m2m-routes.ts calls it for requests, and the stand-in's dashboard calls it directly.
import type { Behind } from '../stand-in/history.ts'
import { ApiError } from './api-error.ts'
import {
  type JsonObject,
  mergeMetadata,
  readImportedId,
  readImportedSecret,
  readScopes,
  readStatus,
  readText,
} from './client-fields.ts'
import type { ClientRecord, ClientStore } from './client-record.ts'
import { generateSecret, type Ids } from './ids.ts'
import type { Mint } from './mint.ts'
import type { SettingsBox } from './settings-box.ts'
import { createSlotMachine, type Revealed, type SlotMachine } from './slot-machine.ts'

export interface ClientsParts {
  readonly store: ClientStore
  readonly settings: SettingsBox
  readonly ids: Ids
  readonly mint: Mint
  readonly now: () => number
}

/** Every method throws ApiError when Stytch would refuse. */
export interface Clients {
  get(clientId: string): ClientRecord
  /** As a GET shows it that is so far behind. */
  view(clientId: string, behind: Behind): ClientRecord
  create(fields: JsonObject): Revealed<ClientRecord>
  update(clientId: string, fields: JsonObject): ClientRecord
  remove(clientId: string): void
  readonly rotation: Omit<SlotMachine<ClientRecord>, 'create'>
}

export const createClients = ({ store, settings: box, ids, mint, now }: ClientsParts): Clients => {
  const view = (clientId: string, behind: Behind): ClientRecord => {
    const record = store.view(clientId, behind)
    if (record === undefined) throw new ApiError(box.current().clientNotFoundStatus, 'm2m_client_not_found')
    return record
  }
  const get = (clientId: string): ClientRecord => view(clientId, 0)

  const rotation = createSlotMachine<ClientRecord>(
    {
      read: (clientId) => {
        const { status, slots } = get(clientId)
        if (status === 'inactive' && !box.current().inactiveClientMayRotate) {
          throw new ApiError(400, 'invalid_m2m_client_status')
        }
        return slots
      },
      write: (clientId, slots) => store.put({ ...get(clientId), slots }),
      alreadyRotating: () => new ApiError(box.current().alreadyRotatingStatus, 'm2m_client_already_rotating_secret'),
      notRotating: 'm2m_client_not_rotating_secret',
      generate: () => mint(generateSecret),
      validity: () => ({ acceptedFromAt: now(), expiresAt: null }),
      acceptsNext: () => true,
    },
    { settings: box, now },
  )

  return {
    get,
    view,
    create: (fields) => {
      const settings = box.current()
      const scopes = readScopes(fields.scopes, settings)
      if (scopes === undefined) throw new ApiError(400, 'invalid_m2m_client_scope')
      const importedId = readImportedId(fields.client_id)
      const importedSecret = readImportedSecret(fields.client_secret, settings)
      const described = {
        clientName: readText(fields.client_name, 'm2m_client_invalid_client_name') ?? '',
        clientDescription: readText(fields.client_description, 'm2m_client_invalid_client_description') ?? '',
        trustedMetadata: mergeMetadata({}, fields.trusted_metadata),
      }
      const id = importedId ?? ids.client()
      const isTaken = store.find(id) !== undefined || (store.wasDeleted(id) && !settings.deletedClientIdMayReturn)
      if (isTaken) throw new ApiError(400, 'duplicate_m2m_client_id')
      if (settings.maxClients !== null && store.size() >= settings.maxClients) {
        throw new ApiError(400, 'too_many_m2m_clients_for_billing_tier')
      }
      const { slots, secret } = rotation.create(importedSecret)
      const record = store.put({ order: store.nextOrder(), id, ...described, status: 'active', scopes, slots })
      return { record, secret }
    },
    update: (clientId, fields) => {
      const record = get(clientId)
      return store.put({
        ...record,
        clientName: readText(fields.client_name, 'm2m_client_invalid_client_name') ?? record.clientName,
        clientDescription:
          readText(fields.client_description, 'm2m_client_invalid_client_description') ?? record.clientDescription,
        status: readStatus(fields.status) ?? record.status,
        scopes: readScopes(fields.scopes, box.current()) ?? record.scopes,
        trustedMetadata: mergeMetadata(record.trustedMetadata, fields.trusted_metadata),
      })
    },
    remove: (clientId) => {
      get(clientId)
      store.remove(clientId)
    },
    rotation,
  }
}
