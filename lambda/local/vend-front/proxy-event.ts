// The event that an API Gateway REST API with IAM auth and Lambda proxy integration makes of a request: routes by resource, path
// parameters, headers once and as lists, and the identity that the signature proved.
import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export interface Route {
  readonly method: string
  /** `/clients/{client}/token` */
  readonly resource: string
}

export interface FrontIdentity {
  readonly apiId: string
  readonly stage: string
  readonly accountId: string
  readonly accessKeyId: string
  readonly userArn: string
}

export interface FrontRequest {
  readonly method: string
  /** Without its query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly sourceIp: string
  /** Epoch milliseconds. */
  readonly at: number
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The path parameters of a path that is of this resource; each takes one segment, whatever is in it. */
export const parametersOf = (resource: string, path: string): Readonly<Record<string, string>> | undefined => {
  const [wanted, given] = [resource.split('/'), path.split('/')]
  if (wanted.length !== given.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [at, part] of wanted.entries()) {
    const segment = given[at] ?? ''
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    if (name === undefined) {
      if (part !== segment) return undefined
    } else if (segment === '') return undefined
    else parameters[name] = decoded(segment)
  }
  return parameters
}

const listed = (headers: IncomingHttpHeaders): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value : [value]]],
    ),
  )

const last = (lists: Record<string, string[]>): Record<string, string> =>
  Object.fromEntries(Object.entries(lists).map(([name, values]) => [name, values.at(-1) ?? '']))

const orNull = <Value extends object>(value: Value): Value | null => (Object.keys(value).length === 0 ? null : value)

const queryLists = (query: URLSearchParams): Record<string, string[]> =>
  Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name)]))

/** `02/Nov/2026:12:30:00 +0000` */
const requestTime = (at: number): string => {
  const [day, month, year, time] = new Date(at).toUTCString().slice(5, 25).split(' ')
  return `${day}/${month}/${year}:${time} +0000`
}

export const toProxyEvent = (
  { resource }: Route,
  parameters: Readonly<Record<string, string>>,
  request: FrontRequest,
  identity: FrontIdentity,
): object => {
  const { method, path, query, headers, body, at, sourceIp } = request
  const { apiId, stage, accountId, accessKeyId, userArn } = identity
  const [headerLists, lists] = [listed(headers), queryLists(query)]
  const host = headers.host ?? ''
  return {
    resource,
    path,
    httpMethod: method,
    headers: last(headerLists),
    multiValueHeaders: headerLists,
    queryStringParameters: orNull(last(lists)),
    multiValueQueryStringParameters: orNull(lists),
    pathParameters: orNull(parameters),
    stageVariables: null,
    requestContext: {
      resourceId: 'laptop',
      resourcePath: resource,
      httpMethod: method,
      extendedRequestId: 'laptop=',
      requestTime: requestTime(at),
      path: `/${stage}${path}`,
      accountId,
      protocol: 'HTTP/1.1',
      stage,
      domainPrefix: host.split('.')[0],
      requestTimeEpoch: at,
      requestId: randomUUID(),
      identity: {
        cognitoIdentityPoolId: null,
        accountId,
        cognitoIdentityId: null,
        caller: 'AIDALAPTOPLAPTOPLAPTO',
        sourceIp,
        principalOrgId: null,
        accessKey: accessKeyId,
        cognitoAuthenticationType: null,
        cognitoAuthenticationProvider: null,
        userArn,
        userAgent: headers['user-agent'] ?? null,
        user: 'AIDALAPTOPLAPTOPLAPTO',
      },
      domainName: host,
      deploymentId: 'laptop',
      apiId,
    },
    body: body === '' ? null : body,
    isBase64Encoded: false,
  }
}
