// The kinds of secret that the crash and fault suites play. Each says how its issuer is put together, how a value is written, and what a
// colleague and an onlooker see at the stand-in; everything else in this folder is the same for all.

import { createStytchApi, type StytchSettings } from '../../lambda/adapters/stytch/api.ts'
import type { Bindings } from '../../lambda/adapters/stytch/bindings.ts'
import type { CallerSettings } from '../../lambda/adapters/stytch/caller.ts'
import { createAppIssuer } from '../../lambda/adapters/stytch/connected-apps.ts'
import { createStytchIssuer } from '../../lambda/adapters/stytch/issuer.ts'
import { createManagementApi } from '../../lambda/adapters/stytch/management.ts'
import { createProjectIssuer } from '../../lambda/adapters/stytch/project-issuer.ts'
import { createScimIssuer } from '../../lambda/adapters/stytch/scim.ts'
import { createWhoami } from '../../lambda/adapters/stytch/whoami.ts'
import type { Issuer } from '../../lambda/core/rotation/issuer.ts'
import { projectSecretForm } from '../../lambda/core/secret/project-secret-form.ts'
import { readScimId, scimForm, scimId } from '../../lambda/core/secret/scim-form.ts'
import { clientForm, type SecretForm } from '../../lambda/core/secret/secret-format.ts'
import type { StandInServer } from '../../lambda/local/stand-in/server.ts'
import type { World } from '../../lambda/local/stand-in/world.ts'
import type { SlotDashboard, Slots } from '../../lambda/local/stytch/slot-kind.ts'
import type { StytchStandIn } from '../../lambda/local/stytch/stand-in-api.ts'

export const PROJECT_ID = 'project-test-00000000-0000-4000-8000-000000000000'
export const PROJECT_SECRET = 'secret-test-canary-project-secret='

export interface Line extends Pick<CallerSettings, 'baseUrl' | 'send' | 'timing'> {
  readonly stytch: StytchStandIn
  /** The subject's secret; known once it is stored. */
  readonly secretArn: () => string
}

export interface CrashKind {
  readonly name: string
  readonly form: SecretForm
  /** Field of the stored JSON that holds the value. */
  readonly valueField: string
  /** Whether each value has a mark of its own, so that no two look alike. */
  readonly hasOwnMarks: boolean
  /** Whether a next value whose reply was lost stays at the issuer, since nothing tells it from a colleague's. */
  readonly leavesStrangers: boolean
  /** Whether a start while one is open replaces the next secret, where others refuse it. */
  readonly startReplaces?: boolean
  issuer(line: Line): Issuer
  seed(stytch: StytchStandIn): { readonly clientId: string; readonly secret: string }
  text(clientId: string, secret: string): string
  accepts(stytch: StytchStandIn, clientId: string, secret: string): boolean
  slots(stytch: StytchStandIn, clientId: string): Slots | undefined
  dashboard(stytch: StytchStandIn): Pick<SlotDashboard, 'rotateStart' | 'rotateComplete' | 'rotateCancel'>
  op(path: string, method: string): string
  /** Starts an issuer that is not Stytch. @default - the kind is Stytch's */
  start?(world: World): Promise<{ readonly url: string; readonly server: StandInServer }>
}

const operatorsOwn = { issued_at: '2026-01-01T00:00:00.000Z', owner: 'payments' }

const reachOf = ({ baseUrl, send, timing }: Line): StytchSettings => ({
  baseUrl,
  projectId: PROJECT_ID,
  credentials: async () => ({ projectId: PROJECT_ID, secret: PROJECT_SECRET }),
  send,
  timing,
})

export const m2m: CrashKind = {
  name: 'M2M client',
  form: clientForm,
  valueField: 'client_secret',
  hasOwnMarks: false,
  leavesStrangers: false,
  issuer: (line) => createStytchIssuer(createStytchApi(reachOf(line)), PROJECT_ID),
  seed: (stytch) => stytch.seed({ scopes: ['read:things'] }),
  text: (clientId, secret) =>
    JSON.stringify({
      client_id: clientId,
      client_secret: secret,
      project_id: PROJECT_ID,
      token_url: 'https://test.stytch.com/token',
      ...operatorsOwn,
    }),
  accepts: (stytch, clientId, secret) => stytch.accepts(clientId, secret),
  slots: (stytch, clientId) => stytch.slots(clientId),
  dashboard: ({ dashboard }) => dashboard,
  op: (path, method) => {
    if (path.endsWith('/secrets/rotate/start')) return 'RotateStart'
    if (path.endsWith('/secrets/rotate/cancel')) return 'RotateCancel'
    if (path.endsWith('/secrets/rotate')) return 'RotateComplete'
    if (path.endsWith('/oauth2/token')) return 'Token'
    return method === 'GET' ? 'GetClient' : 'UpdateClient'
  },
}

/** Stored by hand, without its id: the shape that a first deployment has. */
export const projectSecret: CrashKind = {
  name: 'project secret',
  form: projectSecretForm,
  valueField: 'secret',
  hasOwnMarks: true,
  leavesStrangers: true,
  issuer: ({ baseUrl, send, timing, stytch, secretArn }) => {
    const { key, slugs } = stytch.workspace
    const credentials = async () => ({ user: key.keyId, password: key.keySecret })
    return createProjectIssuer({
      projectId: PROJECT_ID,
      secretName: secretArn().slice(secretArn().lastIndexOf(':') + 1, -7),
      get secretId() {
        return secretArn()
      },
      management: createManagementApi({ baseUrl, ...slugs, credentials, send, timing }),
      whoami: createWhoami({ baseUrl, send, timing }),
      // The crash suites run in no time; that a settle waits for its users has tests of its own.
      quietMs: 0,
    })
  },
  seed: () => ({ clientId: PROJECT_ID, secret: PROJECT_SECRET }),
  text: (clientId, secret) => JSON.stringify({ project_id: clientId, secret, ...operatorsOwn }),
  accepts: ({ projectSecrets }, _clientId, secret) => projectSecrets.accepts(secret),
  slots: ({ projectSecrets }) => {
    const [older, ...newer] = projectSecrets.list()
    return { status: 'active', lastFour: older?.lastFour ?? '', nextLastFour: newer.at(-1)?.lastFour ?? null }
  },
  dashboard: ({ projectSecrets: { list, dashboard } }) => ({
    rotateStart: () => dashboard.create().secret,
    rotateComplete: () => {
      for (const { secretId } of list().slice(0, -1)) dashboard.remove(secretId)
    },
    rotateCancel: () => {
      for (const { secretId } of list().slice(1)) dashboard.remove(secretId)
    },
  }),
  op: (path, method) => {
    if (path.endsWith('/whoami')) return 'Whoami'
    if (method === 'POST') return 'CreateProjectSecret'
    return method === 'DELETE' ? 'DeleteProjectSecret' : 'ListProjectSecrets'
  },
}

/** The claim of what Stytch keeps no field for: the one secret's, also when it is bound again. */
const claimedBy = ({ secretArn }: Pick<Parameters<CrashKind['issuer']>[0], 'secretArn'>): Bindings => ({
  holderOf: async () => secretArn(),
  bind: async (clientId, holder) => {
    if (holder !== secretArn()) throw new Error(`${clientId} is claimed for another secret.`)
  },
})

export const connectedApp: CrashKind = {
  ...m2m,
  name: 'Connected App',
  issuer: (line) => createAppIssuer({ stytch: reachOf(line), bindings: claimedBy(line) }),
  seed: ({ connectedApps }) => connectedApps.seed(),
  accepts: ({ connectedApps }, clientId, secret) => connectedApps.accepts(clientId, secret),
  slots: ({ connectedApps }, clientId) => connectedApps.slots(clientId),
  dashboard: ({ connectedApps }) => connectedApps.dashboard,
  op: (path, method) => (path.endsWith('/introspect') ? 'Introspect' : m2m.op(path, method)),
}

const connectionOf = (clientId: string): string => readScimId(clientId)?.connectionId ?? clientId

export const scimConnection: CrashKind = {
  name: 'SCIM connection',
  // Nothing is documented of it (stytch-api §5.3), so that the stand-in does the worse of the two.
  startReplaces: true,
  form: scimForm,
  valueField: 'bearer_token',
  hasOwnMarks: false,
  leavesStrangers: false,
  issuer: (line) => createScimIssuer({ stytch: reachOf(line), bindings: claimedBy(line) }),
  seed: ({ scim }) => {
    const { organizationId, connectionId, bearerToken } = scim.seed()
    return { clientId: scimId({ organizationId, connectionId }), secret: bearerToken }
  },
  text: (clientId, secret) => {
    const { organizationId, connectionId } = readScimId(clientId) ?? { organizationId: '', connectionId: '' }
    return JSON.stringify({
      organization_id: organizationId,
      connection_id: connectionId,
      bearer_token: secret,
      project_id: PROJECT_ID,
      ...operatorsOwn,
    })
  },
  accepts: ({ scim }, clientId, secret) => scim.accepts(connectionOf(clientId), secret),
  slots: ({ scim }, clientId) => scim.slots(connectionOf(clientId)),
  dashboard: ({ scim: { dashboard } }) => ({
    rotateStart: (clientId) => dashboard.rotateStart(connectionOf(clientId)),
    rotateComplete: (clientId) => dashboard.rotateComplete(connectionOf(clientId)),
    rotateCancel: (clientId) => dashboard.rotateCancel(connectionOf(clientId)),
  }),
  op: (path, method) => {
    if (path.endsWith('/rotate/start')) return 'ScimRotateStart'
    if (path.endsWith('/rotate/complete')) return 'ScimRotateComplete'
    if (path.endsWith('/rotate/cancel')) return 'ScimRotateCancel'
    return path.endsWith('/Users') || method !== 'GET' ? 'ScimRequest' : 'GetScimConnection'
  },
}

export const crashKinds: readonly CrashKind[] = [m2m, projectSecret, connectedApp, scimConnection]
