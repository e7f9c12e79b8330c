// Stytch as the checks see it: raw statuses, error names and fields, sent by the adapter's own transport. Every secret and token
// in an answer is remembered as one that must not be printed. A 429 is waited out and remembered; none is provoked.

import { randomUUID } from 'node:crypto'
import { createSend, type HttpCall } from '../../lambda/adapters/stytch/http.ts'
import type { JsonObject } from '../../lambda/core/base/json-object.ts'
import { retry } from '../../lambda/core/base/retry.ts'
import { CheckBrokeOff } from './finding.ts'
import { pause, type Run } from './run.ts'

export interface StytchUnderTest {
  readonly projectId: string
  readonly projectSecret: string
  readonly baseUrl: string
}

export interface StytchAnswer {
  readonly status: number
  /** '' for a success; else `error` or `error_type`. */
  readonly error: string
  readonly body: JsonObject
  /** The M2M client in it, or an empty object. */
  readonly client: JsonObject
}

export interface StytchCalls {
  readonly projectId: string
  create(
    tag: string,
    fields?: JsonObject,
  ): Promise<{ readonly clientId: string; readonly secret: string; readonly answer: StytchAnswer }>
  createAgain(clientId: string): Promise<StytchAnswer>
  get(clientId: string): Promise<StytchAnswer>
  update(clientId: string, fields: JsonObject): Promise<StytchAnswer>
  remove(clientId: string): Promise<StytchAnswer>
  start(clientId: string): Promise<StytchAnswer>
  complete(clientId: string): Promise<StytchAnswer>
  cancel(clientId: string): Promise<StytchAnswer>
  /** isAlone: on a connection of its own, which may reach another node. */
  token(
    clientId: string,
    secret: string,
    asked?: { readonly scope?: string; readonly isAlone?: boolean },
  ): Promise<StytchAnswer>
  /** Ids of everything whose name begins so. */
  named(prefix: string): Promise<{ readonly clients: readonly string[]; readonly apps: readonly string[] }>
  /** Deletes it, if it is there. */
  discard(clientId: string): Promise<void>
  discardApp(clientId: string): Promise<void>
  /** A call of another area, as the project. */
  asProject(method: HttpCall['method'], path: string, body?: JsonObject): Promise<StytchAnswer>
  /** What the 429s on the way said. */
  retryAfters(): readonly (string | undefined)[]
}

export const SCOPES = ['read:verify', 'write:verify']

const TRIES = 6
const WAIT_MS = 2000
const NAME = /^[A-Za-z0-9_.-]{1,80}$/

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const nameOf = ({ error, error_type: errorType }: JsonObject): string => {
  const name = typeof error === 'string' ? error : errorType
  return typeof name === 'string' && NAME.test(name) ? name : 'without a name'
}

/** `404 m2m_client_not_found`, or `200`. */
export const brief = ({ status, error }: StytchAnswer): string => (error === '' ? `${status}` : `${status} ${error}`)

export const createStytchCalls = (place: StytchUnderTest, run: Run): StytchCalls => {
  const send = createSend({ timeoutMs: 15_000 })
  const basic = run.keepQuiet(
    Buffer.from(`${place.projectId}:${run.keepQuiet(place.projectSecret)}`).toString('base64'),
  )
  const met: (string | undefined)[] = []

  const call = async (request: HttpCall): Promise<StytchAnswer> => {
    const answer = await retry(
      () => send(request),
      (ms) => pause(run, ms),
      (end, tries) => {
        if (end.status === 'rejected' || !end.value.arrived || end.value.status !== 429) return undefined
        if (tries === TRIES) return undefined
        met.push(end.value.retryAfter)
        return WAIT_MS * tries
      },
    )
    if (!answer.arrived)
      throw new CheckBrokeOff(`no answer to ${request.method} ${request.url.pathname}: ${answer.why}`)
    const { status, json } = answer
    const client = isObject(json.m2m_client) ? json.m2m_client : {}
    for (const value of [client.client_secret, client.next_client_secret, json.access_token]) {
      if (typeof value === 'string') run.keepQuiet(value)
    }
    return { status, error: status < 400 ? '' : nameOf(json), body: json, client }
  }

  const asProjectAt = (method: HttpCall['method'], path: string, body?: JsonObject): Promise<StytchAnswer> =>
    call({
      method,
      url: new URL(path, place.baseUrl),
      headers: { authorization: `Basic ${basic}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const asProject = (method: HttpCall['method'], path: string, body?: JsonObject): Promise<StytchAnswer> =>
    asProjectAt(method, `/v1/m2m/clients${path}`, body)
  const at = (clientId: string): string => `/${encodeURIComponent(clientId)}`
  const remove = (clientId: string): Promise<StytchAnswer> => asProject('DELETE', at(clientId), {})

  const gone = async (deletion: Promise<StytchAnswer>): Promise<void> => {
    const answer = await deletion
    if (answer.error !== '' && !answer.error.endsWith('not_found')) throw new CheckBrokeOff(brief(answer))
  }
  const discard = (clientId: string): Promise<void> => gone(remove(clientId))

  /** Stytch's searches know no prefix: all are listed, and looked through. */
  const search = async (area: string, list: string, name: (prefix: string) => boolean): Promise<readonly string[]> => {
    const ids: string[] = []
    let cursor: unknown
    do {
      const more = typeof cursor === 'string' && cursor !== '' ? { cursor } : {}
      const { body, error } = await asProjectAt('POST', `/v1/${area}/clients/search`, { limit: 1000, ...more })
      // A project without Connected Apps has none of them.
      if (error !== '' && area !== 'm2m') return ids
      if (error !== '') throw new CheckBrokeOff(`the search answered ${error}`)
      const found: unknown = body[list]
      for (const one of Array.isArray(found) ? found : []) {
        if (isObject(one) && name(String(one.client_name))) ids.push(String(one.client_id))
      }
      cursor = isObject(body.results_metadata) ? body.results_metadata.next_cursor : undefined
    } while (typeof cursor === 'string' && cursor !== '')
    return ids
  }

  const createWithId = (clientId: string, fields: JsonObject): Promise<StytchAnswer> => {
    const leftover = { what: `Stytch client ${clientId}`, remove: () => discard(clientId) }
    return run.make(leftover, () => asProject('POST', '', { client_id: clientId, scopes: SCOPES, ...fields }))
  }

  return {
    projectId: place.projectId,
    create: async (tag, fields = {}) => {
      const clientId = `m2m-client-test-${randomUUID()}`
      const answer = await createWithId(clientId, { client_name: `${run.prefix}${tag}`, ...fields })
      const { client_secret: secret } = answer.client
      if (typeof secret !== 'string') throw new CheckBrokeOff(`create answered ${brief(answer)}, without a secret`)
      return { clientId, secret, answer }
    },
    createAgain: (clientId) => createWithId(clientId, { client_name: `${run.prefix}again` }),
    get: (clientId) => asProject('GET', at(clientId)),
    update: (clientId, fields) => asProject('PUT', at(clientId), fields),
    remove,
    start: (clientId) => asProject('POST', `${at(clientId)}/secrets/rotate/start`, {}),
    complete: (clientId) => asProject('POST', `${at(clientId)}/secrets/rotate`, {}),
    cancel: (clientId) => asProject('POST', `${at(clientId)}/secrets/rotate/cancel`, {}),
    token: (clientId, secret, { scope, isAlone = false } = {}) =>
      call({
        method: 'POST',
        isAlone,
        url: new URL(`/v1/public/${encodeURIComponent(place.projectId)}/oauth2/token`, place.baseUrl),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: clientId,
          client_secret: secret,
          ...(scope === undefined ? {} : { scope }),
        }).toString(),
      }),
    named: async (prefix) => {
      const isIts = (name: string): boolean => name.startsWith(prefix)
      return {
        clients: await search('m2m', 'm2m_clients', isIts),
        apps: await search('connected_apps', 'connected_apps', isIts),
      }
    },
    discard,
    discardApp: (clientId) =>
      gone(asProjectAt('DELETE', `/v1/connected_apps/clients/${encodeURIComponent(clientId)}`, {})),
    asProject: asProjectAt,
    retryAfters: () => met,
  }
}
