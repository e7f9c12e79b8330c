// The Connected Apps of one project: what each call of Stytch's endpoints does, and what they state to the slot machine. Knows
// nothing of HTTP. A public app is refused wherever a secret would be needed.
import type { Behind } from '../stand-in/history.ts'
import { ApiError } from './api-error.ts'
import type { JsonObject } from './client-fields.ts'
import type { ClientStatus } from './client-record.ts'
import { isPublic, mergeAppFields, newAppFields, readClientType } from './connected-app-fields.ts'
import type { ConnectedAppRecord, ConnectedAppStore } from './connected-app-record.ts'
import { generateSecret, type Ids } from './ids.ts'
import type { Mint } from './mint.ts'
import type { SettingsBox } from './settings-box.ts'
import { createSlotMachine, type SlotMachine } from './slot-machine.ts'

export interface ConnectedAppsParts {
  readonly store: ConnectedAppStore
  readonly settings: SettingsBox
  readonly ids: Ids
  readonly mint: Mint
  readonly now: () => number
}

/** Every method throws ApiError when Stytch would refuse. */
export interface ConnectedApps {
  get(clientId: string): ConnectedAppRecord
  /** As a GET shows it that is so far behind. */
  view(clientId: string, behind: Behind): ConnectedAppRecord
  /** The secret is undefined for a public app. */
  create(fields: JsonObject): { readonly record: ConnectedAppRecord; readonly secret: string | undefined }
  update(clientId: string, fields: JsonObject): ConnectedAppRecord
  /** At the dashboard only: the API's update has no status. */
  setStatus(clientId: string, status: ClientStatus): void
  remove(clientId: string): void
  readonly rotation: Omit<SlotMachine<ConnectedAppRecord>, 'create'>
}

export const createConnectedApps = (parts: ConnectedAppsParts): ConnectedApps => {
  const { store, settings: box, ids, mint, now } = parts

  const view = (clientId: string, behind: Behind): ConnectedAppRecord => {
    const record = store.view(clientId, behind)
    if (record === undefined) throw new ApiError(404, box.current().connectedAppNotFoundError)
    return record
  }
  const get = (clientId: string): ConnectedAppRecord => view(clientId, 0)

  const rotation = createSlotMachine<ConnectedAppRecord>(
    {
      read: (clientId) => {
        const { slots } = get(clientId)
        if (slots === null) throw new ApiError(400, 'public_idp_clients_do_not_have_secrets')
        return slots
      },
      write: (clientId, slots) => store.put({ ...get(clientId), slots }),
      alreadyRotating: () => new ApiError(box.current().alreadyRotatingStatus, 'idp_client_already_rotating_secret'),
      notRotating: 'idp_client_not_rotating_secret',
      generate: () => mint(generateSecret),
      validity: () => ({ acceptedFromAt: now(), expiresAt: null }),
      acceptsNext: () => true,
    },
    { settings: box, now },
  )

  return {
    get,
    view,
    create: (input) => {
      const clientType = readClientType(input.client_type)
      const fields = mergeAppFields(newAppFields, input, clientType)
      const { maxConnectedApps } = box.current()
      if (maxConnectedApps !== null && store.size() >= maxConnectedApps) throw new ApiError(400, 'too_many_idp_clients')
      const made = isPublic(clientType) ? undefined : rotation.create()
      const record = store.put({
        order: store.nextOrder(),
        id: ids.connectedApp(),
        clientType,
        status: 'active',
        fields,
        slots: made?.slots ?? null,
      })
      return { record, secret: made?.secret }
    },
    update: (clientId, change) => {
      const record = get(clientId)
      return store.put({ ...record, fields: mergeAppFields(record.fields, change, record.clientType) })
    },
    setStatus: (clientId, status) => {
      store.put({ ...get(clientId), status })
    },
    remove: (clientId) => {
      get(clientId)
      store.remove(clientId)
    },
    rotation,
  }
}
