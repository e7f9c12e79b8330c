// Who is asking, at the token and introspection endpoints: an M2M client or a Connected App, by its own id and secret. It proves
// credentials and nothing else, and knows what the node knows that the request reached. Unknown, inactive and wrong look alike from
// outside: RFC 6749 has one code for the three.
import { defined } from '../../core/base/defined.ts'
import { ApiError } from './api-error.ts'
import { type ClientRecord, type ClientStore, clientAccepts } from './client-record.ts'
import { appAccepts, type ConnectedAppRecord, type ConnectedAppStore } from './connected-app-record.ts'
import { messages } from './error-messages.ts'
import type { Nodes } from './nodes.ts'
import type { SettingsBox } from './settings-box.ts'
import { credentialsOf, type TokenFields } from './token-request.ts'

export interface OAuthClientsParts {
  readonly clients: ClientStore
  readonly apps: ConnectedAppStore
  readonly settings: SettingsBox
  readonly nodes: Nodes
}

/** Both throw ApiError invalid_client, or as the settings call it, or invalid_request, in the OAuth shape. */
export interface OAuthClients {
  m2mClient(fields: TokenFields): ClientRecord
  connectedApp(fields: TokenFields): ConnectedAppRecord
  /** @throws ApiError when the path names another project. */
  checkProject(pathProjectId: string, fields: TokenFields): void
}

export const createOAuthClients = (projectId: string, parts: OAuthClientsParts): OAuthClients => {
  const { clients, apps, settings: box, nodes } = parts

  const invalidClient = ({ basic }: TokenFields): ApiError => {
    const { refusedError, refusedCredentialStatus: status } = box.current()
    // RFC 6749 5.2: a 401 names the scheme that the client tried.
    const headers: Record<string, string> =
      basic !== undefined && status === 401 ? { 'www-authenticate': 'Basic realm="stytch"' } : {}
    return new ApiError(status, refusedError, {
      shape: 'oauth',
      headers,
      ...defined({ message: messages.invalid_client }),
    })
  }

  const connectedApp: OAuthClients['connectedApp'] = (fields) => {
    const { id, secret } = credentialsOf(fields, box.current())
    const known = apps.late(id, nodes.lagOf(fields.connection))
    if (known === undefined || !appAccepts(known.record, secret, known.at)) throw invalidClient(fields)
    return known.record
  }

  /** A Connected App acts for a user and has no grant of its own; which refusal says so is not documented. */
  const refuseApp = (fields: TokenFields): void => {
    const { connectedAppClientCredentialsError: type } = box.current()
    if (type === 'invalid_client') throw invalidClient(fields)
    connectedApp(fields)
    throw new ApiError(400, type, { shape: 'oauth' })
  }

  return {
    m2mClient: (fields) => {
      const { id, secret } = credentialsOf(fields, box.current())
      const known = clients.late(id, nodes.lagOf(fields.connection))
      if (known === undefined && apps.find(id) !== undefined) refuseApp(fields)
      if (known === undefined || !clientAccepts(known.record, secret, known.at)) throw invalidClient(fields)
      return known.record
    },
    connectedApp,
    checkProject: (pathProjectId, fields) => {
      if (pathProjectId === projectId) return
      throw box.current().otherProjectError === 'invalid_client'
        ? invalidClient(fields)
        : new ApiError(404, 'project_not_found', { shape: 'oauth' })
    },
  }
}
