// The M2M clients of one project: what each call of Stytch's client and rotation endpoints does to the two slots. Knows
// nothing of HTTP; routes.ts calls it for requests, and the stand-in's dashboard calls it directly.
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
import { type ClientRecord, type ClientStore, slotOf, withRetired } from './client-store.ts'
import { generateSecret, type Ids } from './ids.ts'
import type { SettingsBox } from './settings.ts'

export interface ClientsParts {
  readonly store: ClientStore
  readonly settings: SettingsBox
  readonly ids: Ids
  readonly now: () => number
}

/** A client and the one showing of a secret. */
export interface Revealed {
  readonly record: ClientRecord
  readonly secret: string
}

/** Every method throws ApiError when Stytch would refuse. */
export interface Clients {
  get(clientId: string): ClientRecord
  create(fields: JsonObject): Revealed
  update(clientId: string, fields: JsonObject): ClientRecord
  remove(clientId: string): void
  rotateStart(clientId: string): Revealed
  rotateComplete(clientId: string): ClientRecord
  rotateCancel(clientId: string): ClientRecord
}

export const createClients = ({ store, settings: box, ids, now }: ClientsParts): Clients => {
  const get = (clientId: string): ClientRecord => {
    const record = store.find(clientId)
    if (record === undefined) throw new ApiError(box.current().clientNotFoundStatus, 'm2m_client_not_found')
    return record
  }

  const keep = (record: ClientRecord): ClientRecord => {
    store.put(record)
    return record
  }

  const newSecret = (): string => {
    const { nextSecretLastFour } = box.current()
    if (nextSecretLastFour !== null) box.configure({ nextSecretLastFour: null })
    return generateSecret(nextSecretLastFour)
  }

  const rotatable = (clientId: string): ClientRecord => {
    const record = get(clientId)
    if (record.status === 'inactive' && !box.current().inactiveClientMayRotate) {
      throw new ApiError(400, 'invalid_m2m_client_status')
    }
    return record
  }

  const rotating = (clientId: string) => {
    const record = rotatable(clientId)
    if (record.next === null) throw new ApiError(box.current().notRotatingStatus, 'm2m_client_not_rotating_secret')
    return { record, next: record.next }
  }

  const lingers = () => ({ now: now(), ms: box.current().propagationDelayMs })

  return {
    get,
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
      const clientId = importedId ?? ids.client()
      const isTaken =
        store.find(clientId) !== undefined || (store.wasDeleted(clientId) && !settings.deletedClientIdMayReturn)
      if (isTaken) throw new ApiError(400, 'duplicate_m2m_client_id')
      if (settings.maxClients !== null && store.size() >= settings.maxClients) {
        throw new ApiError(400, 'too_many_m2m_clients_for_billing_tier')
      }
      const secret = importedSecret ?? newSecret()
      const record = keep({
        order: store.nextOrder(),
        clientId,
        ...described,
        status: 'active',
        scopes,
        current: slotOf(secret, now()),
        next: null,
        retired: [],
      })
      return { record, secret }
    },
    update: (clientId, fields) => {
      const record = get(clientId)
      return keep({
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
    rotateStart: (clientId) => {
      const record = rotatable(clientId)
      if (record.next !== null) {
        throw new ApiError(box.current().alreadyRotatingStatus, 'm2m_client_already_rotating_secret')
      }
      const secret = newSecret()
      return { record: keep({ ...record, next: slotOf(secret, now() + box.current().nextSecretDelayMs) }), secret }
    },
    rotateComplete: (clientId) => {
      const { record, next } = rotating(clientId)
      return keep({ ...record, current: next, next: null, retired: withRetired(record, record.current, lingers()) })
    },
    rotateCancel: (clientId) => {
      const { record, next } = rotating(clientId)
      return keep({ ...record, next: null, retired: withRetired(record, next, lingers()) })
    },
  }
}

/** Stytch's M2MClient object; an absent next secret is null, not left out, as in Stytch's own samples. */
export const m2mClient = (record: ClientRecord): Record<string, unknown> => ({
  client_id: record.clientId,
  client_name: record.clientName,
  client_description: record.clientDescription,
  status: record.status,
  scopes: record.scopes,
  client_secret_last_four: record.current.lastFour,
  trusted_metadata: record.trustedMetadata,
  next_client_secret_last_four: record.next?.lastFour ?? null,
})
