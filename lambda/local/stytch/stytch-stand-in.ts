// The embedded Stytch: an HTTP server that answers as Stytch's M2M API does, for the laptop, the tests and the benches. It
// logs nothing and keeps no secret but as a hash. What is said in-process (accepts, slots, dashboard, seed) is not a call.
import { createStandInServer, type StandInReply, type StandInRequest, type StandInServer } from '../stand-in/server.ts'
import type { World } from '../stand-in/world.ts'
import { acceptsSecret, type ClientStatus, createClientStore } from './client-store.ts'
import { createClients } from './clients.ts'
import { createIds } from './ids.ts'
import { createRateLimit } from './rate-limit.ts'
import { createRoutes } from './routes.ts'
import { createSettings, type StytchSettings, settingFaults } from './settings.ts'
import { createSigningKeys } from './signing-keys.ts'
import { createTokens } from './tokens.ts'

export interface StytchStandInInput {
  readonly world: World
  /** `project-live-…` makes live ids; anything else makes test ids. */
  readonly projectId: string
  readonly projectSecret: string
  readonly settings?: Partial<StytchSettings>
}

/** The two slots as Stytch shows them. */
export interface Slots {
  readonly status: ClientStatus
  readonly lastFour: string
  readonly nextLastFour: string | null
}

export interface SeedInput {
  readonly clientId?: string
  readonly secret?: string
  readonly clientName?: string
  readonly scopes?: readonly string[]
  readonly trustedMetadata?: Readonly<Record<string, unknown>>
}

/** A colleague at Stytch's dashboard: the effects of the API, without HTTP and without a call. Throws what Stytch refuses. */
export interface Dashboard {
  /** @returns the next secret. */
  rotateStart(clientId: string): string
  rotateComplete(clientId: string): void
  rotateCancel(clientId: string): void
  setStatus(clientId: string, status: ClientStatus): void
  remove(clientId: string): void
}

export interface StytchStandIn {
  readonly server: StandInServer
  readonly projectId: string
  readonly projectSecret: string
  /** In force now; read it anew after each change. */
  readonly settings: StytchSettings
  /** @throws TypeError that lists every fault. */
  configure(change: Partial<StytchSettings>): void
  /** Whether a token request with this secret would be granted now (never for an inactive or unknown client). */
  accepts(clientId: string, secret: string): boolean
  slots(clientId: string): Slots | undefined
  /** Oldest first. */
  clientIds(): string[]
  trustedMetadata(clientId: string): Readonly<Record<string, unknown>> | undefined
  /** The next generated secret, of whichever client, ends in these four base64url characters. */
  forceLastFour(lastFour: string): void
  /** Adds a client without a call. @returns what Create would show once. */
  seed(input?: SeedInput): { readonly clientId: string; readonly secret: string }
  readonly dashboard: Dashboard
  /** Signs with a new key; the old one stays in the JWKS for a month. @returns the new kid. */
  rotateSigningKey(): Promise<string>
}

const json = (status: number, body: object): StandInReply => ({ status, body })

export const createStytchStandIn = (input: StytchStandInInput): StytchStandIn => {
  const { world, projectId, projectSecret } = input
  const now = () => world.clock.now()
  const ids = createIds(projectId)
  const box = createSettings(input.settings)
  const store = createClientStore()
  const rateLimit = createRateLimit()
  const keys = createSigningKeys(ids)
  const clients = createClients({ store, settings: box, ids, now })
  const tokens = createTokens({ projectId, store, settings: box, keys, now })

  const slots = (clientId: string): Slots | undefined => {
    const record = store.find(clientId)
    return (
      record && {
        status: record.status,
        lastFour: record.current.lastFour,
        nextLastFour: record.next?.lastFour ?? null,
      }
    )
  }

  const settingsRoute = (request: StandInRequest): StandInReply => {
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

  const clientsRoute = (request: StandInRequest): StandInReply => {
    if (request.method !== 'GET') return json(405, { error: 'expected GET' })
    return json(200, {
      clients: store.all().map((record) => ({
        client_id: record.clientId,
        client_name: record.clientName,
        status: record.status,
        client_secret_last_four: record.current.lastFour,
        next_client_secret_last_four: record.next?.lastFour ?? null,
      })),
    })
  }

  const keyRoute = async (request: StandInRequest): Promise<StandInReply> =>
    request.method === 'POST' ? json(200, { kid: await keys.rotate(now()) }) : json(405, { error: 'expected POST' })

  const server = createStandInServer(world, {
    ...createRoutes({ projectId, projectSecret, ids, settings: box, store, clients, tokens, keys, rateLimit, now }),
    contentType: 'application/json',
    control: { settings: settingsRoute, clients: clientsRoute, 'rotate-signing-key': keyRoute },
  })

  world.onReset(() => {
    store.clear()
    box.restore()
    rateLimit.clear()
    keys.clear()
  })

  return {
    server,
    projectId,
    projectSecret,
    get settings() {
      return box.current()
    },
    configure: box.configure,
    accepts: (clientId, secret) => {
      const record = store.find(clientId)
      return record !== undefined && acceptsSecret(record, secret, now())
    },
    slots,
    clientIds: () => store.all().map((record) => record.clientId),
    trustedMetadata: (clientId) => store.find(clientId)?.trustedMetadata,
    forceLastFour: (lastFour) => box.configure({ nextSecretLastFour: lastFour }),
    seed: ({ clientId, secret, clientName, scopes = [], trustedMetadata } = {}) => {
      const made = clients.create({
        client_id: clientId,
        client_secret: secret,
        client_name: clientName,
        scopes,
        trusted_metadata: trustedMetadata,
      })
      return { clientId: made.record.clientId, secret: made.secret }
    },
    dashboard: {
      rotateStart: (clientId) => clients.rotateStart(clientId).secret,
      rotateComplete: (clientId) => {
        clients.rotateComplete(clientId)
      },
      rotateCancel: (clientId) => {
        clients.rotateCancel(clientId)
      },
      setStatus: (clientId, status) => {
        clients.update(clientId, { status })
      },
      remove: clients.remove,
    },
    rotateSigningKey: () => keys.rotate(now()),
  }
}
