// Each kind of secret as a holder of the stand-in sees it: what it has in common with the others, and its own seed.
// Decides nothing: every effect is the one that the API has.
import { type ClientRecord, clientAccepts } from './client-record.ts'
import { appAccepts, type ConnectedAppRecord } from './connected-app-record.ts'
import type { Parts } from './parts.ts'
import { type ScimConnectionRecord, scimPath } from './scim-connection-record.ts'
import { createSlotKind, type Dashboard, type SlotKind } from './slot-kind.ts'
import type { ConnectedAppKind, ProjectSecretKind, ScimKind } from './stand-in-api.ts'

export const createM2mKind = ({ stores, clients, now }: Parts): SlotKind<Dashboard> => {
  const kind = createSlotKind<ClientRecord>({
    store: stores.clients,
    rotation: clients.rotation,
    accepts: (record, secret) => clientAccepts(record, secret, now()),
    slotsOf: ({ slots }) => slots,
    statusOf: ({ status }) => status,
    remove: clients.remove,
  })
  const setStatus: Dashboard['setStatus'] = (clientId, status) => {
    clients.update(clientId, { status })
  }
  return { ...kind, dashboard: { ...kind.dashboard, setStatus } }
}

export const createConnectedAppKind = ({ stores, apps, grants, now }: Parts): ConnectedAppKind => {
  const kind = createSlotKind<ConnectedAppRecord>({
    store: stores.apps,
    rotation: apps.rotation,
    accepts: (record, secret) => appAccepts(record, secret, now()),
    slotsOf: ({ slots }) => slots,
    statusOf: ({ status }) => status,
    remove: apps.remove,
  })
  return {
    ...kind,
    dashboard: { ...kind.dashboard, setStatus: apps.setStatus },
    seed: ({ clientName, clientType = 'third_party', accessTokenExpiryMinutes } = {}) => {
      const { record, secret = '' } = apps.create({
        client_type: clientType,
        client_name: clientName,
        access_token_expiry_minutes: accessTokenExpiryMinutes,
      })
      return { clientId: record.id, secret }
    },
    consent: (clientId, { redirectUri = 'https://app.example/callback', scopes = ['offline_access'] } = {}) =>
      grants.consent(apps.get(clientId).id, { redirectUri, scopes }),
  }
}

export const createScimKind = ({ stores, connections, ids }: Parts): ScimKind => ({
  ...createSlotKind<ScimConnectionRecord>({
    store: stores.connections,
    rotation: connections.rotation,
    accepts: ({ id }, token) => connections.accepts(id, token),
    slotsOf: ({ slots }) => slots,
    statusOf: () => 'active',
    remove: connections.remove,
  }),
  seed: ({ organizationId = ids.organization(), displayName, identityProvider } = {}) => {
    const fields = { display_name: displayName, identity_provider: identityProvider }
    const { record, secret } = connections.create(organizationId, fields)
    return { organizationId, connectionId: record.id, bearerToken: secret, path: scimPath(record.id) }
  },
})

export const createProjectSecretKind = ({ secrets }: Parts): ProjectSecretKind => ({
  accepts: secrets.accepts,
  list: () =>
    secrets.list().map((record) => ({
      secretId: record.secretId,
      lastFour: record.lastFour,
      createdAt: record.createdAt,
      usedAt: secrets.shownUsedAt(record),
    })),
  dashboard: {
    create: () => {
      const { record, secret } = secrets.create()
      return { secretId: record.secretId, secret }
    },
    remove: secrets.remove,
  },
})
