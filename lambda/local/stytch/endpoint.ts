// What every path of the stand-in comes down to: an operation's name, who may ask, and what it answers. Subjects are ids; nothing
// secret is ever put into an Endpoint's fields. routes.ts plays one; the *-routes.ts files make them.
import type { StandInRequest } from '../stand-in/server.ts'
import { ApiError } from './api-error.ts'
import { isJsonObject, type JsonObject } from './client-fields.ts'
import type { EndpointGroup } from './rate-limit.ts'
import type { SlotMachine } from './slot-machine.ts'

/** What an endpoint answers with; the wrapping adds request_id and status_code. */
export interface Answer {
  readonly status?: number
  readonly body: object
  readonly headers?: Readonly<Record<string, string>>
  /** True where the vendor's envelope would break a standard's own format. */
  readonly isBare?: boolean
}

export interface Endpoint {
  readonly op: string
  readonly subject: string | null
  /** Basic credentials of the project or of the workspace; 'own' = none, or checked by the endpoint itself. */
  readonly credentials: 'project' | 'workspace' | 'own'
  readonly limit: EndpointGroup | 'none'
  readonly answer: () => Answer | Promise<Answer>
}

/** By HTTP method. */
export type Methods = Readonly<Record<string, Endpoint>>

/** One family of paths. @returns undefined for a path that is none of its own. */
export type Area = (segments: readonly string[], request: StandInRequest) => Methods | undefined

/** An absent body is an empty object: Stytch's samples send none where its SDK sends {}. @throws ApiError bad_request. */
export const readJson = (request: StandInRequest): JsonObject => {
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

/** The common case: the project's credentials, and a body to wrap. */
export const projectEndpoint = (
  op: string,
  subject: string | null,
  body: () => object,
  status: () => number = () => 200,
): Endpoint => ({
  op,
  subject,
  credentials: 'project',
  limit: 'clients',
  answer: () => ({ body: body(), status: status() }),
})

/** How a kind's three rotation calls are named, asked for and shown. */
export interface RotationRoutes<R> {
  /** The operations are this and Start, Complete, Cancel. */
  readonly opPrefix: string
  /** What follows the id in the path. */
  readonly paths: Readonly<Record<string, 'start' | 'complete' | 'cancel'>>
  readonly rotation: Pick<SlotMachine<R>, 'start' | 'complete' | 'cancel'>
  /** The whole body, in the kind's own envelope. */
  readonly shown: (record: R, request: StandInRequest) => object
  /** The same with the next secret, for the one reply that shows it. */
  readonly revealed: (record: R, secret: string, request: StandInRequest) => object
}

export interface RotationCall {
  readonly id: string
  readonly path: string
  readonly request: StandInRequest
  /** Refuses what may not be rotated by this caller. */
  readonly check?: () => void
}

/** @returns undefined for a path that is none of the three. */
export const rotationMethods = <R>(routes: RotationRoutes<R>, call: RotationCall): Methods | undefined => {
  const { opPrefix, paths, rotation, shown, revealed } = routes
  const { id, path, request, check } = call
  const post = (step: string, effect: () => object): Methods => ({
    POST: projectEndpoint(`${opPrefix}${step}`, id, () => {
      readJson(request)
      check?.()
      return effect()
    }),
  })
  switch (Object.hasOwn(paths, path) ? paths[path] : undefined) {
    case 'start':
      return post('Start', () => {
        const { record, secret } = rotation.start(id)
        return revealed(record, secret, request)
      })
    case 'complete':
      return post('Complete', () => shown(rotation.complete(id), request))
    case 'cancel':
      return post('Cancel', () => shown(rotation.cancel(id), request))
    default:
      return undefined
  }
}

/** Connected Apps and M2M clients: complete is the bare path. */
export const secretRotationPaths = {
  'secrets/rotate/start': 'start',
  'secrets/rotate': 'complete',
  'secrets/rotate/cancel': 'cancel',
} as const
