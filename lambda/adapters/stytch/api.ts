// Every M2M endpoint of Stytch (stytch-api §1), one function each, in the vendor's paths and the domain's names. A reply is a value
// of a named kind; nothing is thrown, and an imported or issued secret leaves only in a ClientSecret.

import { filled, isJsonObject, type JsonObject } from '../../core/base/json-object.ts'
import type { CredentialVersion } from '../../core/rotation/issuer.ts'
import type { Slots } from '../../core/rotation/position.ts'
import { type ClientSecret, createClientSecret } from '../../core/secret/client-secret.ts'
import { type CallerSettings, createCaller } from './caller.ts'
import type { Send } from './http.ts'
import type { StytchReply } from './reply.ts'
import type { RetryTiming } from './retry.ts'

/** The project's Basic-auth pair. */
interface ProjectCredentials {
  readonly projectId: string
  readonly secret: string
  /** Where it was read. @default - it was given, or Secrets Manager did not say */
  readonly storedAs?: CredentialVersion
}

export interface StytchSettings {
  readonly baseUrl: string
  readonly projectId: string
  /** `isStale`: the last ones were refused; read them anew. */
  readonly credentials: (isStale: boolean) => Promise<ProjectCredentials>
  readonly send: Send
  readonly timing: RetryTiming
}

export interface StytchClient {
  readonly clientId: string
  readonly name: string
  readonly description: string
  readonly isActive: boolean
  readonly scopes: readonly string[]
  readonly slots: Slots
  readonly trustedMetadata: JsonObject
}

interface NewClient {
  readonly clientId?: string
  /** An imported secret; generated when absent. */
  readonly clientSecret?: ClientSecret
  readonly name?: string
  readonly description?: string
  readonly scopes: readonly string[]
  readonly trustedMetadata?: JsonObject
}

export interface ClientUpdate {
  readonly name?: string
  readonly description?: string
  readonly isActive?: boolean
  readonly scopes?: readonly string[]
  /** Merged at the top level; null deletes a key (stytch-api §1.4). */
  readonly trustedMetadata?: JsonObject
}

interface ClientSearch {
  readonly clientIds?: readonly string[]
  readonly names?: readonly string[]
  readonly scopes?: readonly string[]
  readonly cursor?: string
  /** 1..1000. */
  readonly limit?: number
}

interface ClientPage {
  readonly clients: readonly StytchClient[]
  readonly nextCursor: string | undefined
}

export interface Token {
  readonly accessToken: string
  readonly expiresInSeconds: number
}

interface TokenExchange {
  readonly clientId: string
  readonly clientSecret: ClientSecret
  readonly scopes?: readonly string[]
}

export interface StytchApi {
  createClient(client: NewClient): Promise<StytchReply<StytchClient & { readonly clientSecret: ClientSecret }>>
  getClient(clientId: string): Promise<StytchReply<StytchClient>>
  searchClients(search: ClientSearch): Promise<StytchReply<ClientPage>>
  updateClient(clientId: string, update: ClientUpdate): Promise<StytchReply<StytchClient>>
  deleteClient(clientId: string): Promise<StytchReply<{ readonly clientId: string }>>
  rotateStart(clientId: string): Promise<StytchReply<ClientSecret>>
  rotateComplete(clientId: string): Promise<StytchReply<StytchClient>>
  rotateCancel(clientId: string): Promise<StytchReply<StytchClient>>
  token(request: TokenExchange): Promise<StytchReply<Token>>
  jwks(path: 'consumer' | 'b2b'): Promise<StytchReply<readonly JsonObject[]>>
  whoami(): Promise<StytchReply<{ readonly projectId: string }>>
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const toClient = (value: unknown): StytchClient | undefined => {
  if (!isJsonObject(value)) return undefined
  const clientId = filled(value.client_id)
  const lastFour = filled(value.client_secret_last_four)
  if (clientId === undefined || lastFour === undefined) return undefined
  return {
    clientId,
    name: text(value.client_name),
    description: text(value.client_description),
    isActive: value.status === 'active',
    scopes: Array.isArray(value.scopes) ? value.scopes.filter((scope) => typeof scope === 'string') : [],
    slots: { current: lastFour, next: filled(value.next_client_secret_last_four) ?? null },
    trustedMetadata: isJsonObject(value.trusted_metadata) ? value.trusted_metadata : {},
  }
}

const readClient = (json: JsonObject): StytchClient | undefined => toClient(json.m2m_client)

const toBody = ({ name, description, isActive, scopes, trustedMetadata }: ClientUpdate): JsonObject => ({
  client_name: name,
  client_description: description,
  status: isActive === undefined ? undefined : isActive ? 'active' : 'inactive',
  scopes,
  trusted_metadata: trustedMetadata,
})

const operand = (filterName: string, filterValue: readonly string[] | undefined): readonly JsonObject[] =>
  filterValue === undefined ? [] : [{ filter_name: filterName, filter_value: filterValue }]

/** The project's pair as Basic auth has it. */
export const callerSettings = ({ credentials, ...settings }: StytchSettings): CallerSettings => ({
  ...settings,
  credentials: async (isStale) => {
    const { projectId: user, secret: password } = await credentials(isStale)
    return { user, password }
  },
})

export const createStytchApi = (settings: StytchSettings): StytchApi => {
  const { toUrl, asOwner, asAnybody } = createCaller(callerSettings(settings))
  const clients = '/v1/m2m/clients'
  const at = (clientId: string, rest = ''): string => `${clients}/${encodeURIComponent(clientId)}${rest}`
  const project = encodeURIComponent(settings.projectId)

  const retire = (clientId: string, rest: string): Promise<StytchReply<StytchClient>> =>
    asOwner({ method: 'POST', path: at(clientId, rest), repetition: 'never', read: readClient })

  return {
    createClient: ({ clientId, clientSecret, ...rest }) =>
      asOwner({
        method: 'POST',
        path: clients,
        repetition: 'ifNotDone',
        body: { ...toBody(rest), client_id: clientId, client_secret: clientSecret?.reveal() },
        read: (json) => {
          const client = readClient(json)
          const secret = isJsonObject(json.m2m_client) ? filled(json.m2m_client.client_secret) : undefined
          if (client === undefined || secret === undefined) return undefined
          return { ...client, clientSecret: createClientSecret(secret) }
        },
      }),
    getClient: (clientId) => asOwner({ method: 'GET', path: at(clientId), repetition: 'free', read: readClient }),
    searchClients: ({ clientIds, names, scopes, cursor, limit }) => {
      const operands = [
        ...operand('client_id', clientIds),
        ...operand('client_name', names),
        ...operand('scopes', scopes),
      ]
      return asOwner({
        method: 'POST',
        path: `${clients}/search`,
        repetition: 'free',
        body: { cursor, limit, query: operands.length === 0 ? undefined : { operator: 'AND', operands } },
        read: (json) => {
          if (!Array.isArray(json.m2m_clients)) return undefined
          const found = json.m2m_clients.map(toClient)
          if (found.includes(undefined)) return undefined
          const metadata = isJsonObject(json.results_metadata) ? json.results_metadata : {}
          return { clients: found.filter((client) => client !== undefined), nextCursor: filled(metadata.next_cursor) }
        },
      })
    },
    updateClient: (clientId, update) =>
      asOwner({ method: 'PUT', path: at(clientId), repetition: 'free', body: toBody(update), read: readClient }),
    deleteClient: (clientId) =>
      asOwner({
        method: 'DELETE',
        path: at(clientId),
        repetition: 'ifNotDone',
        read: (json) => (filled(json.client_id) === undefined ? undefined : { clientId }),
      }),
    rotateStart: (clientId) =>
      asOwner({
        method: 'POST',
        path: at(clientId, '/secrets/rotate/start'),
        repetition: 'never',
        read: ({ m2m_client: client }) => {
          const secret = isJsonObject(client) ? filled(client.next_client_secret) : undefined
          return secret === undefined ? undefined : createClientSecret(secret)
        },
      }),
    rotateComplete: (clientId) => retire(clientId, '/secrets/rotate'),
    rotateCancel: (clientId) => retire(clientId, '/secrets/rotate/cancel'),
    token: ({ clientId, clientSecret, scopes }) => {
      const form = new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret.reveal(),
      })
      if (scopes !== undefined && scopes.length > 0) form.set('scope', scopes.join(' '))
      return asAnybody(
        {
          method: 'POST',
          url: toUrl(`/v1/public/${project}/oauth2/token`),
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: form.toString(),
          isAlone: true,
        },
        ({ access_token: accessToken, expires_in: expiresIn }) => {
          const token = filled(accessToken)
          if (token === undefined || typeof expiresIn !== 'number') return undefined
          return { accessToken: token, expiresInSeconds: expiresIn }
        },
      )
    },
    jwks: (path) =>
      asAnybody(
        {
          method: 'GET',
          url: toUrl(path === 'b2b' ? `/v1/b2b/sessions/jwks/${project}` : `/v1/sessions/jwks/${project}`),
          headers: {},
        },
        ({ keys }) => (Array.isArray(keys) ? keys.filter(isJsonObject) : undefined),
      ),
    whoami: () =>
      asOwner({
        method: 'GET',
        path: '/v1/debug/whoami',
        repetition: 'free',
        read: ({ project_id: projectId }) => {
          const id = filled(projectId)
          return id === undefined ? undefined : { projectId: id }
        },
      }),
  }
}
