// The embedded Stytch: an HTTP server that answers as Stytch's API and Management API do, for the laptop, the tests and the
// benches. It logs nothing and keeps no secret but as a hash. What is said in-process (accepts, slots, dashboard, seed) is no call.
import { createStandInServer } from '../stand-in/server.ts'
import { createConnectedAppKind, createM2mKind, createProjectSecretKind, createScimKind } from './kinds.ts'
import { clear, createParts, createVendor } from './parts.ts'
import type { StytchStandIn, StytchStandInInput } from './stand-in-api.ts'
import { newWorkspaceKey } from './workspace.ts'

export const createStytchStandIn = (input: StytchStandInInput): StytchStandIn => {
  const { world, projectId, projectSecret, workspaceKey = newWorkspaceKey() } = input
  const parts = createParts(input, workspaceKey)
  const { settings, stores, clients, keys, workspace, now } = parts
  const listening = createStandInServer(world, createVendor(projectId, parts))
  const close = (): Promise<void> => {
    parts.latency.end()
    return listening.close()
  }
  const server = { ...listening, close }
  world.onReset(() => clear(parts))
  const m2m = createM2mKind(parts)

  return {
    server,
    projectId,
    projectSecret,
    get settings() {
      return settings.current()
    },
    configure: settings.configure,
    accepts: m2m.accepts,
    slots: m2m.slots,
    clientIds: m2m.ids,
    trustedMetadata: (clientId) => stores.clients.find(clientId)?.trustedMetadata,
    forceLastFour: (lastFour) => settings.configure({ nextSecretLastFour: lastFour }),
    seed: ({ clientId, secret, clientName, scopes = [], trustedMetadata } = {}) => {
      const made = clients.create({
        client_id: clientId,
        client_secret: secret,
        client_name: clientName,
        scopes,
        trusted_metadata: trustedMetadata,
      })
      return { clientId: made.record.id, secret: made.secret }
    },
    dashboard: m2m.dashboard,
    m2m,
    connectedApps: createConnectedAppKind(parts),
    scim: createScimKind(parts),
    projectSecrets: createProjectSecretKind(parts),
    workspace: {
      key: workspaceKey,
      slugs: workspace.slugs,
      dashboard: { addKey: workspace.addKey, removeKey: workspace.removeKey },
    },
    rotateSigningKey: () => keys.rotate(now()),
  }
}
