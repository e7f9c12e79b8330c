// The pieces of the Stytch stand-in, joined once: stores, kinds, tokens, routes. Nothing here decides anything.
import { createDraws } from '../stand-in/draws.ts'
import { createLatency } from '../stand-in/latency.ts'
import type { Vendor } from '../stand-in/server.ts'
import { createAppGrants } from './app-grants.ts'
import type { ClientRecord } from './client-record.ts'
import { createClients } from './clients.ts'
import type { ConnectedAppRecord } from './connected-app-record.ts'
import { createConnectedAppRoutes } from './connected-app-routes.ts'
import { createConnectedApps } from './connected-apps.ts'
import { createControl } from './control-routes.ts'
import { createIds } from './ids.ts'
import { createM2mRoutes } from './m2m-routes.ts'
import { createManagementRoutes } from './management-routes.ts'
import { createMint } from './mint.ts'
import { createNodes } from './nodes.ts'
import { createOAuthClients } from './oauth-clients.ts'
import { createOAuthRoutes } from './oauth-routes.ts'
import { createProjectSecrets } from './project-secrets.ts'
import { createRateLimit } from './rate-limit.ts'
import { createRecordStore } from './record-store.ts'
import { createRoutes } from './routes.ts'
import type { ScimConnectionRecord } from './scim-connection-record.ts'
import { createScimConnections } from './scim-connections.ts'
import { createScimRoutes } from './scim-routes.ts'
import { createSettings } from './settings-box.ts'
import { createSigningKeys } from './signing-keys.ts'
import { createStaleGets } from './stale-gets.ts'
import type { StytchStandInInput } from './stand-in-api.ts'
import { createTokens } from './tokens.ts'
import { createWorkspace, type Slugs, type WorkspaceKey } from './workspace.ts'

const defaultSlugs = (environment: 'live' | 'test'): Slugs => ({
  projectSlug: 'stand-in',
  environmentSlug: environment === 'live' ? 'production' : 'test',
})

export const createParts = (input: StytchStandInInput, workspaceKey: WorkspaceKey) => {
  const { world, projectId, projectSecret } = input
  const now = () => world.clock.now()
  const ids = createIds(projectId)
  const settings = createSettings(input.settings)
  const mint = createMint(settings)
  const stores = {
    clients: createRecordStore<ClientRecord>(now),
    apps: createRecordStore<ConnectedAppRecord>(now),
    connections: createRecordStore<ScimConnectionRecord>(now),
  }
  const base = { settings, ids, mint, now }
  const keys = createSigningKeys(ids)
  const grants = createAppGrants({ projectId, settings, ids, keys, now })
  const { clients, apps } = stores
  const draws = createDraws(input.drawSeed)
  const nodes = createNodes({ settings, draws, chooseNode: input.chooseNode })
  const oauthClients = createOAuthClients(projectId, { clients, apps, settings, nodes })
  return {
    ...base,
    stores,
    draws,
    nodes,
    staleGets: createStaleGets({ settings, draws, chooseView: input.chooseView }),
    latency: createLatency(input.sleep),
    keys,
    grants,
    oauthClients,
    clients: createClients({ store: clients, ...base }),
    apps: createConnectedApps({ store: apps, ...base }),
    connections: createScimConnections({ store: stores.connections, ...base }),
    secrets: createProjectSecrets({ ...base, first: projectSecret }),
    workspace: createWorkspace(workspaceKey, input.slugs ?? defaultSlugs(ids.environment)),
    tokens: createTokens({ projectId, oauthClients, grants, settings, keys, now }),
    rateLimit: createRateLimit(),
  }
}

export type Parts = ReturnType<typeof createParts>

/** What the server routes to. */
export const createVendor = (projectId: string, parts: Parts): Vendor => {
  const { stores, clients, apps, connections, secrets, workspace, oauthClients, tokens, grants, keys } = parts
  const { settings, ids, rateLimit, staleGets, latency, now } = parts
  const isKnownId = (id: string): boolean =>
    [stores.clients, stores.apps].some((store) => store.find(id) !== undefined || store.wasDeleted(id))
  const areas = [
    createM2mRoutes({ store: stores.clients, clients, settings, staleGets, now }),
    createOAuthRoutes({ projectId, oauthClients, tokens, grants, keys, settings, isKnownId, now }),
    createConnectedAppRoutes({ store: stores.apps, apps, settings, staleGets, now }),
    createScimRoutes({ connections, settings }),
    createManagementRoutes({ projectId, workspace, secrets, settings }),
  ]
  return {
    ...createRoutes({ projectId, areas, secrets, workspace, ids, settings, rateLimit, now }),
    contentType: 'application/json',
    delay: () => latency.wait(settings.current().latencyMs),
    control: createControl({ settings, ...stores, secrets, rotateKey: () => keys.rotate(now()) }),
  }
}

/** What a reset empties. */
export const clear = (parts: Parts): void => {
  const { stores, settings, rateLimit, keys, grants, secrets, workspace, draws, nodes, staleGets } = parts
  for (const store of Object.values(stores)) store.clear()
  settings.restore()
  rateLimit.clear()
  keys.clear()
  grants.clear()
  secrets.reset()
  workspace.reset()
  draws.restart()
  nodes.clear()
  staleGets.clear()
}
