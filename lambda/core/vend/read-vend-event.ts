// An API Gateway REST proxy event, from something untyped to who asks for what. Pure. It believes the event's identity block only when
// the whole event is one that this stage's API makes: whoever may invoke the function itself could write any other. What the path says
// is taken from one place, and must say the same in every other; a name that IAM could have read differently is no name.
import { isJsonObject, type JsonObject, parseJsonObject } from '../base/json-object.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { CLIENT_NAME_RULE, isClientName } from '../secret/client-name.ts'
import { isScopes } from '../secret/scope.ts'
import type { RequestRefusal } from './vend-failures.ts'
import type { VendRequest } from './vend-token.ts'

/** Who signed the request, as IAM says. */
export interface Caller {
  readonly arn: string
  readonly accountId: string
}

export type ApiRequest = { readonly route: 'token'; readonly request: VendRequest } | { readonly route: 'metadata' }

export interface ReadEvent {
  readonly caller: Caller
  /** API Gateway's id of the request, for finding it in the access log. */
  readonly requestId: string
  /** As it came, for the audit line; undefined when it is none that may be shown. */
  readonly client: string | undefined
  readonly outcome: Result<ApiRequest, RequestRefusal>
}

const ARN = /^arn:[a-z-]+:(iam|sts)::\d{12}:[\w+=,.@/-]{1,700}$/
const REQUEST_ID = /^[A-Za-z0-9-]{1,64}$/

const TOKEN = '/clients/{client}/token'
const METADATA = '/.well-known/oauth-authorization-server'

/** A hundred scopes of ordinary length; whoever sends more does not want a token. */
export const MAX_REQUEST_BYTES = 8 * 1024
const MAX_SCOPES = 100
/** Half of a token's life: more would make every request a mint. */
const MAX_MIN_TTL_SECONDS = 1800
/** The end of the year 9999. */
const MAX_SECONDS = 253_402_300_799

const fieldsOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {})
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const readCaller = (context: JsonObject): Caller | undefined => {
  const { userArn, accountId, caller } = fieldsOf(context.identity)
  if (typeof userArn !== 'string' || !ARN.test(userArn) || typeof caller !== 'string' || caller === '') return undefined
  if (typeof accountId !== 'string' || !/^\d{12}$/.test(accountId) || userArn.split(':')[4] !== accountId)
    return undefined
  return { arn: userArn, accountId }
}

const apiFaults = (event: JsonObject, context: JsonObject, apiId: string): readonly string[] => {
  const faults: string[] = []
  if (context.apiId !== apiId) faults.push("requestContext.apiId is not this API's")
  if (context.resourcePath !== event.resource) faults.push('requestContext.resourcePath is not resource')
  if (context.httpMethod !== event.httpMethod) faults.push('requestContext.httpMethod is not httpMethod')
  return faults
}

/** What may stand before `/clients/…` is a custom domain's base path. Anything that could be read in two ways is refused: `.` and `..` too. */
const isPlain = (path: string): boolean => !/%|\/\/|(?:^|\/)\.{1,2}(?:\/|$)|\\|[^\x21-\x7e]/.test(path)

const readClient = (event: JsonObject): string | undefined => {
  const { client } = fieldsOf(event.pathParameters)
  if (typeof client !== 'string' || !isClientName(client)) return undefined
  const path = textOf(event.path)
  return isPlain(path) && path.endsWith(`/clients/${client}/token`) ? client : undefined
}

const bytesOf = (text: string): number => Buffer.byteLength(text, 'utf8')

const readBody = (body: unknown, client: string): Result<VendRequest, RequestRefusal> => {
  const malformed = (...faults: readonly string[]) => refused({ reason: 'malformedRequest', faults } as const)
  if (body === null || body === undefined || body === '') return ok({ client, scopes: [], minTtlMs: 0 })
  if (typeof body !== 'string') return malformed('body: expected text')
  if (body.length > MAX_REQUEST_BYTES || bytesOf(body) > MAX_REQUEST_BYTES) {
    return refused({ reason: 'bodyTooLarge', bytes: body.length })
  }
  const json = parseJsonObject(body)
  if (json === undefined) return malformed('body: expected a JSON object, or nothing')
  const { scopes = [], min_ttl: minTtl = 0, not_issued_before: notIssuedBefore, ...others } = json
  const faults: string[] = []
  const unknown = Object.keys(others).length
  if (unknown > 0) faults.push('body: expected scopes, min_ttl and not_issued_before, and nothing else')
  if (!isScopes(scopes)) faults.push('scopes: expected a list of scopes')
  else if (scopes.length > MAX_SCOPES) faults.push(`scopes: expected at most ${MAX_SCOPES}`)
  const isTtl = typeof minTtl === 'number' && Number.isInteger(minTtl) && minTtl >= 0 && minTtl <= MAX_MIN_TTL_SECONDS
  if (!isTtl) faults.push(`min_ttl: expected seconds from 0 to ${MAX_MIN_TTL_SECONDS}`)
  const isSeconds = typeof notIssuedBefore === 'number' && Number.isInteger(notIssuedBefore) && notIssuedBefore >= 0
  if (notIssuedBefore !== undefined && !(isSeconds && notIssuedBefore <= MAX_SECONDS)) {
    faults.push('not_issued_before: expected epoch seconds')
  }
  if (faults.length > 0) return malformed(...faults)
  const asked = { client, scopes: scopes as readonly string[], minTtlMs: Number(minTtl) * 1000 }
  return ok(notIssuedBefore === undefined ? asked : { ...asked, notIssuedBefore: Number(notIssuedBefore) * 1000 })
}

const readRoute = (event: JsonObject): Result<ApiRequest, RequestRefusal> => {
  const { httpMethod: method, resource } = event
  if (method === 'GET' && resource === METADATA) return ok({ route: 'metadata' })
  if (method !== 'POST' || resource !== TOKEN) return refused({ reason: 'noSuchRoute' })
  const client = readClient(event)
  if (client === undefined) {
    return refused({
      reason: 'malformedRequest',
      faults: [`client: expected ${CLIENT_NAME_RULE}, and the same in the whole path`],
    })
  }
  if (event.isBase64Encoded === true) {
    return refused({ reason: 'malformedRequest', faults: ['body: expected text'] })
  }
  const request = readBody(event.body, client)
  return request.ok ? ok({ route: 'token', request: request.value }) : request
}

/** @param apiId of this stage's API. */
export const readVendEvent = (event: unknown, apiId: string): ReadEvent => {
  const fields = fieldsOf(event)
  const context = fieldsOf(fields.requestContext)
  const caller = readCaller(context)
  const requestId = textOf(context.requestId)
  const common = {
    caller: caller ?? { arn: 'unknown', accountId: 'unknown' },
    requestId: REQUEST_ID.test(requestId) ? requestId : 'unknown',
    client: readClient(fields),
  }
  const faults = [
    ...apiFaults(fields, context, apiId),
    ...(caller === undefined ? ['requestContext.identity names no caller that IAM has checked'] : []),
  ]
  if (faults.length > 0) return { ...common, outcome: refused({ reason: 'notFromTheApi', faults }) }
  return { ...common, outcome: readRoute(fields) }
}
