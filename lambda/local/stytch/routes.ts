// Which endpoint a request is, whether its caller may ask, and how the answer is wrapped. The order is credentials, rate limit,
// body, effect. The paths themselves are in the areas' own files.
import type { Operation, StandInReply, StandInRequest, Vendor } from '../stand-in/server.ts'
import { ApiError, errorReply } from './api-error.ts'
import { type Area, type Endpoint, type Methods, projectEndpoint } from './endpoint.ts'
import type { Ids } from './ids.ts'
import { plannedError } from './planned-error.ts'
import type { ProjectSecrets } from './project-secrets.ts'
import type { RateLimit } from './rate-limit.ts'
import type { SettingsBox } from './settings-box.ts'
import { type Credentials, readBasic } from './token-request.ts'
import type { Workspace } from './workspace.ts'

export interface RoutesParts {
  readonly projectId: string
  readonly areas: readonly Area[]
  readonly secrets: ProjectSecrets
  readonly workspace: Workspace
  readonly ids: Ids
  readonly settings: SettingsBox
  readonly rateLimit: RateLimit
  readonly now: () => number
}

/** @returns undefined for a path that does not decode. */
const segmentsOf = (path: string): string[] | undefined => {
  try {
    return path.split('/').slice(1).map(decodeURIComponent)
  } catch {
    return undefined
  }
}

const refusing = (error: ApiError): Endpoint => ({
  op: 'Unknown',
  subject: null,
  credentials: 'own',
  limit: 'none',
  answer: () => {
    throw error
  },
})

export const createRoutes = (parts: RoutesParts): Pick<Vendor, 'route' | 'faultReply'> => {
  const { projectId, areas, secrets, workspace, ids, settings, rateLimit, now } = parts

  const whoami = projectEndpoint('Whoami', null, () => ({ project_id: projectId, name: 'Stytch stand-in' }))
  const debug: Area = (segments) => (segments.join('/') === 'v1/debug/whoami' ? { GET: whoami } : undefined)

  const methodsOf = (request: StandInRequest): Methods | undefined => {
    const segments = segmentsOf(request.path)
    if (segments === undefined) return undefined
    for (const area of [debug, ...areas]) {
      const methods = area(segments, request)
      if (methods !== undefined) return methods
    }
    return undefined
  }

  const checks: Readonly<Record<Endpoint['credentials'], (basic: Credentials | undefined) => boolean>> = {
    project: (basic) => basic !== undefined && basic.id === projectId && secrets.use(basic.secret),
    workspace: (basic) => basic !== undefined && workspace.accepts(basic),
    own: () => true,
  }

  const authorize = ({ credentials, limit }: Endpoint, request: StandInRequest): void => {
    if (!checks[credentials](readBasic(request))) throw new ApiError(401, 'unauthorized_credentials')
    if (limit !== 'none') rateLimit.count(limit, settings.current(), now())
  }

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
      const { status = 200, body, headers = {}, isBare = false } = await endpoint.answer()
      if (isBare) return { status, headers, body }
      return { status, headers, body: { status_code: status, request_id: ids.request(), ...body } }
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
      return errorReply(plannedError(status, { op, headers }), ids.request())
    },
  }
}
