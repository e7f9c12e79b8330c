// Stytch's paths and methods: which operation a request is, who may ask, and how the answer is wrapped. The order is
// credentials, rate limit, body, effect. Subjects are client ids; nothing secret is ever put into an Operation's fields.
import { timingSafeEqual } from 'node:crypto'
import type { Operation, StandInReply, StandInRequest, Vendor } from '../stand-in/server.ts'
import { ApiError, errorOfStatus, errorReply } from './api-error.ts'
import { isJsonObject, type JsonObject } from './client-fields.ts'
import { searchClients } from './client-search.ts'
import type { ClientStore } from './client-store.ts'
import { type Clients, m2mClient } from './clients.ts'
import { hashSecret, type Ids } from './ids.ts'
import type { EndpointGroup, RateLimit } from './rate-limit.ts'
import type { SettingsBox } from './settings.ts'
import type { SigningKeys } from './signing-keys.ts'
import { readBasic, readTokenFields, type TokenFields } from './token-request.ts'
import type { Tokens } from './tokens.ts'

export interface RoutesParts {
  readonly projectId: string
  readonly projectSecret: string
  readonly ids: Ids
  readonly settings: SettingsBox
  readonly store: ClientStore
  readonly clients: Clients
  readonly tokens: Tokens
  readonly keys: SigningKeys
  readonly rateLimit: RateLimit
  readonly now: () => number
}

/** What an endpoint answers with; the wrapping adds request_id and status_code. */
interface Answer {
  readonly status?: number
  readonly body: object
}

interface Endpoint {
  readonly op: string
  readonly subject: string | null
  /** 'none' = no credentials, no limit. 'token' = its own credentials. */
  readonly group: EndpointGroup | 'none'
  readonly answer: () => Answer | Promise<Answer>
}

type Methods = Readonly<Record<string, Endpoint>>

/** An absent body is an empty object: Stytch's samples send none where its SDK sends {}. @throws ApiError bad_request. */
const readJson = (request: StandInRequest): JsonObject => {
  if (request.body.trim() === '') return {}
  let parsed: unknown
  try {
    parsed = JSON.parse(request.body)
  } catch {
    throw new ApiError(400, 'bad_request')
  }
  if (!isJsonObject(parsed)) throw new ApiError(400, 'bad_request')
  return parsed
}

/** @returns undefined for a path that does not decode. */
const segmentsOf = (path: string): string[] | undefined => {
  try {
    return path.split('/').slice(1).map(decodeURIComponent)
  } catch {
    return undefined
  }
}

const isSame = (a: string, b: string): boolean =>
  timingSafeEqual(Buffer.from(hashSecret(a)), Buffer.from(hashSecret(b)))

export const createRoutes = (parts: RoutesParts): Pick<Vendor, 'route' | 'faultReply'> => {
  const { projectId, projectSecret, ids, settings, store, clients, tokens, keys, rateLimit, now } = parts

  const clientMethods = (clientId: string, request: StandInRequest): Methods => {
    const endpoint = (op: string, body: () => object): Endpoint => ({
      op,
      subject: clientId,
      group: 'clients',
      answer: () => ({ body: body() }),
    })
    return {
      GET: endpoint('GetClient', () => ({ m2m_client: m2mClient(clients.get(clientId)) })),
      PUT: endpoint('UpdateClient', () => ({ m2m_client: m2mClient(clients.update(clientId, readJson(request))) })),
      DELETE: endpoint('DeleteClient', () => {
        clients.remove(clientId)
        return { client_id: clientId }
      }),
    }
  }

  const rotateMethods = (clientId: string, step: string, request: StandInRequest): Methods | undefined => {
    const post = (op: string, effect: () => object): Methods => ({
      POST: {
        op,
        subject: clientId,
        group: 'clients',
        answer: () => {
          readJson(request)
          return { body: { m2m_client: effect() } }
        },
      },
    })
    if (step === 'rotate/start') {
      return post('RotateStart', () => {
        const { record, secret } = clients.rotateStart(clientId)
        return { ...m2mClient(record), next_client_secret: secret }
      })
    }
    if (step === 'rotate') return post('RotateComplete', () => m2mClient(clients.rotateComplete(clientId)))
    if (step === 'rotate/cancel') return post('RotateCancel', () => m2mClient(clients.rotateCancel(clientId)))
    return undefined
  }

  const createClient = (request: StandInRequest): Endpoint => ({
    op: 'CreateClient',
    subject: null,
    group: 'clients',
    answer: () => {
      const { record, secret } = clients.create(readJson(request))
      return {
        status: settings.current().createStatus,
        body: { m2m_client: { ...m2mClient(record), client_secret: secret } },
      }
    },
  })

  const searchEndpoint = (request: StandInRequest): Endpoint => ({
    op: 'SearchClients',
    subject: null,
    group: 'clients',
    answer: () => {
      const context = { records: store.all(), settings: settings.current(), now: now() }
      const { records, total, nextCursor } = searchClients(readJson(request), context)
      return {
        body: { m2m_clients: records.map(m2mClient), results_metadata: { total, next_cursor: nextCursor } },
      }
    },
  })

  /** Who swaps id and secret by mistake must not find the secret among the calls: only what can be an id is remembered. */
  const tokenSubject = ({ basic, inBody }: TokenFields): string | null => {
    const id = basic?.id ?? inBody.id
    if (id === undefined) return null
    return store.find(id) !== undefined || store.wasDeleted(id) || /^m2m-client-[a-z]+-[0-9a-f-]{36}$/.test(id)
      ? id
      : null
  }

  const tokenEndpoint = (pathProjectId: string, request: StandInRequest): Endpoint => {
    const fields = readTokenFields(request)
    return {
      op: 'Token',
      subject: tokenSubject(fields),
      group: 'token',
      answer: async () => ({ body: await tokens.issue(pathProjectId, fields) }),
    }
  }

  const jwks = (pathProjectId: string): Endpoint => ({
    op: 'Jwks',
    subject: null,
    group: 'none',
    answer: async () => {
      if (pathProjectId !== projectId) throw new ApiError(404, 'project_not_found')
      return { body: { keys: await keys.jwks(now()) } }
    },
  })

  const whoami: Endpoint = {
    op: 'Whoami',
    subject: null,
    group: 'clients',
    answer: () => ({ body: { project_id: projectId, name: 'Stytch stand-in' } }),
  }

  const methodsOf = (request: StandInRequest): Methods | undefined => {
    const [version, area, ...rest] = segmentsOf(request.path) ?? []
    if (version !== 'v1') return undefined
    if (area === 'm2m' && rest[0] === 'clients') {
      const [, clientId, secrets, ...step] = rest
      if (rest.length === 1) return { POST: createClient(request) }
      if (clientId === undefined || clientId === '') return undefined
      if (rest.length === 2) {
        const methods = clientMethods(clientId, request)
        return clientId === 'search' ? { ...methods, POST: searchEndpoint(request) } : methods
      }
      return secrets === 'secrets' ? rotateMethods(clientId, step.join('/'), request) : undefined
    }
    const [first, second, third, fourth] = rest
    if (area === 'public' && second === 'oauth2' && third === 'token' && rest.length === 3) {
      return { POST: tokenEndpoint(first ?? '', request) }
    }
    if (area === 'sessions' && first === 'jwks' && second !== undefined && third === undefined) {
      return { GET: jwks(second) }
    }
    if (area === 'b2b' && first === 'sessions' && second === 'jwks' && third !== undefined && fourth === undefined) {
      return { GET: jwks(third) }
    }
    if (area === 'debug' && first === 'whoami' && second === undefined) return { GET: whoami }
    return undefined
  }

  const authorize = (endpoint: Endpoint, request: StandInRequest): void => {
    if (endpoint.group === 'clients') {
      const basic = readBasic(request)
      if (basic === undefined || !isSame(basic.id, projectId) || !isSame(basic.secret, projectSecret)) {
        throw new ApiError(401, 'unauthorized_credentials')
      }
    }
    if (endpoint.group !== 'none') rateLimit.count(endpoint.group, settings.current(), now())
  }

  const refusing = (error: ApiError): Endpoint => ({
    op: 'Unknown',
    subject: null,
    group: 'none',
    answer: () => {
      throw error
    },
  })

  const endpointOf = (request: StandInRequest): Endpoint => {
    const methods = methodsOf(request)
    if (methods === undefined) return refusing(new ApiError(404, 'route_not_found'))
    const endpoint = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined
    const allow = Object.keys(methods).join(', ')
    return endpoint ?? refusing(new ApiError(405, 'method_not_allowed', { headers: { allow } }))
  }

  const run = async (endpoint: Endpoint, request: StandInRequest): Promise<StandInReply> => {
    try {
      authorize(endpoint, request)
      const { status = 200, body } = await endpoint.answer()
      return { status, body: { status_code: status, request_id: ids.request(), ...body } }
    } catch (error) {
      if (error instanceof ApiError) return errorReply(error, ids.request())
      throw error
    }
  }

  return {
    route: (request): Operation => {
      const endpoint = endpointOf(request)
      return { op: endpoint.op, subject: endpoint.subject, run: () => run(endpoint, request) }
    },
    faultReply: (fault, { op }) => {
      const isThrottle = fault.kind === 'throttle'
      const status = isThrottle ? 429 : (fault.status ?? 500)
      const headers: Record<string, string> =
        isThrottle && fault.retry_after !== undefined ? { 'retry-after': String(fault.retry_after) } : {}
      return errorReply(errorOfStatus(status, { op, headers }), ids.request())
    },
  }
}
