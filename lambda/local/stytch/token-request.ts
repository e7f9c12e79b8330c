// Reads a token or introspection request: JSON or form, credentials in the body or as HTTP Basic. It only reads; whether the
// credentials are any good is decided in oauth-clients.ts. Errors are in the OAuth shape and repeat nothing of the request.
import type { StandInRequest } from '../stand-in/server.ts'
import { ApiError } from './api-error.ts'
import { isJsonObject } from './client-fields.ts'
import type { StytchSettings } from './settings.ts'

export interface Credentials {
  readonly id: string
  readonly secret: string
}

/** @returns undefined without a readable Basic header. */
export const readBasic = (request: StandInRequest): Credentials | undefined => {
  const encoded = /^Basic +([A-Za-z0-9+/_=-]+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { id: text.slice(0, colon), secret: text.slice(colon + 1) }
}

/** What a token request says, before any of it is believed. */
export interface TokenFields {
  /** False when the body could not be read at all. */
  readonly isReadable: boolean
  readonly grantType: string | undefined
  /** undefined = not given; '' = given and empty. */
  readonly scope: string | undefined
  readonly inBody: Partial<Credentials>
  readonly basic: Credentials | undefined
  /** Of a Connected App's grants. */
  readonly code: string | undefined
  readonly redirectUri: string | undefined
  readonly refreshToken: string | undefined
  /** Of introspection. */
  readonly token: string | undefined
  /** The TCP connection that it came over. */
  readonly connection: object
}

const appGrantTypes = ['authorization_code', 'refresh_token'] as const
export type AppGrantType = (typeof appGrantTypes)[number]

const mediaType = (request: StandInRequest): string =>
  (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''

export const isForm = (request: StandInRequest): boolean => mediaType(request) === 'application/x-www-form-urlencoded'

const readForm = (body: string): Record<string, unknown> => Object.fromEntries(new URLSearchParams(body))

const readFields = (request: StandInRequest): Readonly<Record<string, unknown>> | undefined => {
  if (isForm(request)) return readForm(request.body)
  if (mediaType(request) !== 'application/json') return undefined
  try {
    const parsed: unknown = JSON.parse(request.body)
    return isJsonObject(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

/** RFC 6749 2.3.1 form-encodes both halves of Basic; what does not decode is taken as it came. */
const formDecoded = (value: string): string => {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '))
  } catch {
    return value
  }
}

export const readTokenFields = (request: StandInRequest): TokenFields => {
  const fields = readFields(request)
  const text = (name: string): string | undefined => {
    const value = fields?.[name]
    return typeof value === 'string' ? value : undefined
  }
  const [id, secret] = [text('client_id'), text('client_secret')]
  const basic = readBasic(request)
  return {
    isReadable: fields !== undefined,
    grantType: text('grant_type'),
    scope: text('scope'),
    inBody: { ...(id !== undefined && { id }), ...(secret !== undefined && { secret }) },
    basic: basic && { id: formDecoded(basic.id), secret: formDecoded(basic.secret) },
    code: text('code'),
    redirectUri: text('redirect_uri'),
    refreshToken: text('refresh_token'),
    token: text('token'),
    connection: request.connection,
  }
}

const refused = (type: string): ApiError => new ApiError(400, type, { shape: 'oauth' })

const isBoth = ({ inBody, basic }: TokenFields): boolean => basic !== undefined && inBody.secret !== undefined

/** Those that count when both are sent; nothing is checked. */
export const givenCredentials = (fields: TokenFields, settings: StytchSettings): Partial<Credentials> =>
  fields.basic === undefined || (isBoth(fields) && settings.bothCredentials === 'body') ? fields.inBody : fields.basic

/** The credentials a request stands on. @throws ApiError invalid_request. */
export const credentialsOf = (fields: TokenFields, settings: StytchSettings): Credentials => {
  if (isBoth(fields) && settings.bothCredentials === 'refused') throw refused('invalid_request')
  const given = givenCredentials(fields, settings)
  if (given === fields.basic) return fields.basic
  if (!given.id || !given.secret) throw refused('invalid_request')
  return { id: given.id, secret: given.secret }
}

/** @throws ApiError invalid_request or unsupported_grant_type. */
export const grantOf = (fields: TokenFields): 'client_credentials' | AppGrantType => {
  if (!fields.isReadable || fields.grantType === undefined) throw refused('invalid_request')
  if (fields.grantType === 'client_credentials') return 'client_credentials'
  const grant = appGrantTypes.find((known) => known === fields.grantType)
  if (grant === undefined) throw refused('unsupported_grant_type')
  return grant
}
