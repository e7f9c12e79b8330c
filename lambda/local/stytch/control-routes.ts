// What the Stytch stand-in serves under /_stand-in/ besides what every stand-in does: its settings, and its records as whoever
// watches from another process may see them. Last fours, ids and names; never a value or a hash.
import type { StandInReply, StandInRequest, Vendor } from '../stand-in/server.ts'
import type { ClientStore } from './client-record.ts'
import type { ConnectedAppStore } from './connected-app-record.ts'
import { maskedSecret, type ProjectSecrets } from './project-secrets.ts'
import type { ScimConnectionStore } from './scim-connection-record.ts'
import { settingFaults } from './setting-rules.ts'
import type { StytchSettings } from './settings.ts'
import type { SettingsBox } from './settings-box.ts'

export interface ControlParts {
  readonly settings: SettingsBox
  readonly clients: ClientStore
  readonly apps: ConnectedAppStore
  readonly connections: ScimConnectionStore
  readonly secrets: ProjectSecrets
  /** @returns the new kid. */
  readonly rotateKey: () => Promise<string>
}

type Control = NonNullable<Vendor['control']>

const json = (status: number, body: object): StandInReply => ({ status, body })

const view = (show: () => object) => (request: StandInRequest) =>
  request.method === 'GET' ? json(200, show()) : json(405, { error: 'expected GET' })

const settingsRoute = (box: SettingsBox) => (request: StandInRequest) => {
  if (request.method === 'GET') return json(200, box.current())
  if (request.method !== 'POST') return json(405, { error: 'expected GET or POST' })
  let change: unknown
  try {
    change = JSON.parse(request.body)
  } catch {
    return json(400, { error: 'expected a JSON body' })
  }
  const lines = settingFaults(change)
  if (lines.length > 0) return json(400, { error: lines.join('; ') })
  box.configure(change as Partial<StytchSettings>)
  return json(200, box.current())
}

export const createControl = (parts: ControlParts): Control => {
  const { settings: box, clients, apps, connections, secrets, rotateKey } = parts
  return {
    settings: settingsRoute(box),
    clients: view(() => ({
      clients: clients.all().map(({ id, clientName, status, slots }) => ({
        client_id: id,
        client_name: clientName,
        status,
        client_secret_last_four: slots.current.lastFour,
        next_client_secret_last_four: slots.next?.lastFour ?? null,
      })),
    })),
    'connected-apps': view(() => ({
      connected_apps: apps.all().map(({ id, fields, status, slots }) => ({
        client_id: id,
        client_name: fields.client_name,
        status,
        client_secret_last_four: slots?.current.lastFour ?? null,
        next_client_secret_last_four: slots?.next?.lastFour ?? null,
      })),
    })),
    'scim-connections': view(() => ({
      connections: connections.all().map(({ id, organizationId, displayName, slots }) => ({
        connection_id: id,
        organization_id: organizationId,
        display_name: displayName,
        bearer_token_last_four: slots.current.lastFour,
        next_bearer_token_last_four: slots.next?.lastFour ?? null,
      })),
    })),
    'project-secrets': view(() => ({
      secrets: secrets.list().map((record) => maskedSecret(record, secrets.shownUsedAt(record), box.current())),
    })),
    'rotate-signing-key': async (request) =>
      request.method === 'POST' ? json(200, { kid: await rotateKey() }) : json(405, { error: 'expected POST' }),
  }
}
