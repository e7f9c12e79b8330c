// /v1/b2b/scim: Stytch's own calls on a connection (project credentials) and, below a connection's base_url, the SCIM calls of an
// identity provider (its bearer token). Of SCIM no more is played than shows whether a token is taken: empty lists.
import type { StandInRequest } from '../stand-in/server.ts'
import { ApiError, SCIM_CONTENT_TYPE } from './api-error.ts'
import {
  type Area,
  type Endpoint,
  type Methods,
  projectEndpoint,
  type RotationRoutes,
  readJson,
  rotationMethods,
} from './endpoint.ts'
import {
  type ScimConnectionRecord,
  type ScimView,
  scimConnection,
  scimConnectionWithNextToken,
  scimConnectionWithToken,
} from './scim-connection-record.ts'
import type { ScimConnections } from './scim-connections.ts'
import type { SettingsBox } from './settings-box.ts'

export interface ScimRoutesParts {
  readonly connections: ScimConnections
  readonly settings: SettingsBox
}

const rotationPaths = { 'rotate/start': 'start', 'rotate/complete': 'complete', 'rotate/cancel': 'cancel' } as const

/** RFC 7644 3.4.2: nobody is provisioned here. */
const emptyList = {
  schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
  totalResults: 0,
  startIndex: 1,
  itemsPerPage: 0,
  Resources: [],
}

const bearerOf = (request: StandInRequest): string | undefined =>
  /^Bearer +([^\s]+) *$/i.exec(request.headers.authorization ?? '')?.[1]

export const createScimRoutes = ({ connections, settings: box }: ScimRoutesParts): Area => {
  const view = (request: StandInRequest): ScimView => ({
    origin: `http://${request.headers.host ?? 'localhost'}`,
    settings: box.current(),
  })
  const shown = (record: ScimConnectionRecord, request: StandInRequest) => ({
    connection: scimConnection(record, view(request)),
  })
  const rotation: RotationRoutes<ScimConnectionRecord> = {
    opPrefix: 'ScimRotate',
    paths: rotationPaths,
    rotation: connections.rotation,
    shown,
    revealed: (record, token, request) => ({
      connection: scimConnectionWithNextToken(record, token, view(request)),
    }),
  }

  const collection = (organizationId: string, request: StandInRequest): Methods => ({
    GET: projectEndpoint('GetScimConnection', null, () => shown(connections.ofOrganization(organizationId), request)),
    POST: projectEndpoint(
      'CreateScimConnection',
      null,
      () => {
        const { record, secret } = connections.create(organizationId, readJson(request))
        return { connection: scimConnectionWithToken(record, secret, view(request)) }
      },
      () => box.current().createStatus,
    ),
  })

  const connectionMethods = (organizationId: string, id: string, request: StandInRequest): Methods => ({
    // Stytch's path for the groups of a connection, although it reads as the connection's own.
    GET: projectEndpoint('GetScimGroups', id, () => {
      connections.get(organizationId, id)
      return { scim_groups: [], next_cursor: null }
    }),
    PUT: projectEndpoint('UpdateScimConnection', id, () =>
      shown(connections.update(connections.get(organizationId, id), readJson(request)), request),
    ),
    DELETE: projectEndpoint('DeleteScimConnection', id, () => {
      connections.remove(connections.get(organizationId, id).id)
      return { connection_id: id }
    }),
  })

  const refusedBearer = (): ApiError => {
    const { refusedBearerStatus: status, scimErrorBody: shape } = box.current()
    const headers: Record<string, string> = status === 401 ? { 'www-authenticate': 'Bearer' } : {}
    return new ApiError(status, 'unauthorized_credentials', { shape, headers })
  }

  const list = (connectionId: string, request: StandInRequest): Endpoint => ({
    op: 'ScimRequest',
    subject: connectionId,
    credentials: 'own',
    limit: 'none',
    answer: () => {
      const token = bearerOf(request)
      // An unknown connection and a wrong token look alike from outside.
      if (token === undefined || !connections.accepts(connectionId, token)) throw refusedBearer()
      return { body: emptyList, headers: { 'content-type': SCIM_CONTENT_TYPE }, isBare: true }
    },
  })

  return ([version, vertical, area, first, second, third, ...rest], request) => {
    if (version !== 'v1' || vertical !== 'b2b' || area !== 'scim' || first === undefined) return undefined
    if ((second === 'Users' || second === 'Groups') && third === undefined) return { GET: list(first, request) }
    if (second !== 'connection' || third === '') return undefined
    if (third === undefined) return collection(first, request)
    if (rest.length === 0) return connectionMethods(first, third, request)
    const check = (): void => {
      connections.get(first, third)
    }
    return rotationMethods(rotation, { id: third, path: rest.join('/'), request, check })
  }
}
