// Reads and checks the fields that create and update of a Connected App have in common. Everything is checked before anything is
// changed; a field that is absent or null stays as it was.
import { ApiError } from './api-error.ts'
import { isStringArray, type JsonObject, readText } from './client-fields.ts'
import { type AppFields, type ClientType, clientTypes } from './connected-app-record.ts'

const MAX_EXPIRY_MINUTES = 24 * 60

/** What a new app has where its creator says nothing; an hour is documented. */
export const newAppFields: AppFields = {
  client_name: '',
  client_description: '',
  redirect_urls: [],
  full_access_allowed: false,
  access_token_expiry_minutes: 60,
  access_token_custom_audience: null,
  access_token_template_content: '',
  id_token_template_content: '',
  post_logout_redirect_urls: [],
  logo_url: null,
  bypass_consent_for_offline_access: false,
}

export const isPublic = (type: ClientType): boolean => type.endsWith('_public')

export const readClientType = (value: unknown): ClientType => {
  const type = clientTypes.find((known) => known === value)
  if (type === undefined) throw new ApiError(400, 'invalid_argument')
  return type
}

type Read<T> = (value: unknown) => T

const text: Read<string | undefined> = (value) => readText(value, 'invalid_argument')
const optional =
  <T>(holds: (value: unknown) => value is T, errorType: string): Read<T | undefined> =>
  (value) => {
    if (value === undefined || value === null) return undefined
    if (!holds(value)) throw new ApiError(400, errorType)
    return value
  }
const flag = optional((value): value is boolean => typeof value === 'boolean', 'invalid_argument')
const list = optional(isStringArray, 'invalid_argument')
// The range is not documented; the name of the refusal is.
const minutes = optional(
  (value): value is number => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_EXPIRY_MINUTES,
  'idp_invalid_access_token_expiry_minutes',
)

const readers: { readonly [K in keyof AppFields]: Read<AppFields[K] | undefined> } = {
  client_name: text,
  client_description: text,
  redirect_urls: list,
  full_access_allowed: flag,
  access_token_expiry_minutes: minutes,
  access_token_custom_audience: text,
  access_token_template_content: text,
  id_token_template_content: text,
  post_logout_redirect_urls: list,
  logo_url: text,
  bypass_consent_for_offline_access: flag,
}

/** @throws ApiError when a field is malformed, or full access is asked for a third party. */
export const mergeAppFields = (before: AppFields, change: JsonObject, type: ClientType): AppFields => {
  const read = Object.entries(readers).map(([name, reader]) => [name, reader(change[name])] as const)
  const named = Object.fromEntries(read.filter(([, value]) => value !== undefined))
  const merged: AppFields = { ...before, ...named }
  if (merged.full_access_allowed && type.startsWith('third_party')) {
    throw new ApiError(400, 'third_party_clients_cannot_use_full_access')
  }
  return merged
}
