// Reads and checks the fields that create and update have in common. Everything is checked before anything is changed; a
// field that is absent or null stays as it was, as it does in Stytch's own SDKs, which drop undefined fields.
import { ApiError } from './api-error.ts'
import type { ClientStatus, Metadata } from './client-record.ts'
import type { StytchSettings } from './settings.ts'

export type JsonObject = Readonly<Record<string, unknown>>

const MAX_METADATA_KEYS = 20
const MAX_METADATA_BYTES = 4096
const MIN_IMPORTED_SECRET_CHARACTERS = 8

const isAbsent = (value: unknown): value is undefined | null => value === undefined || value === null

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const isStringArray = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')

/** A string field. @throws ApiError of the given type. */
export const readText = (value: unknown, errorType: string): string | undefined => {
  if (isAbsent(value)) return undefined
  if (typeof value !== 'string') throw new ApiError(400, errorType)
  return value
}

export const readStatus = (value: unknown): ClientStatus | undefined => {
  if (isAbsent(value)) return undefined
  if (value !== 'active' && value !== 'inactive') throw new ApiError(400, 'm2m_client_invalid_status')
  return value
}

export const readScopes = (value: unknown, settings: StytchSettings): readonly string[] | undefined => {
  if (isAbsent(value)) return undefined
  // RFC 6749 3.3: a scope token has no space, quote or backslash.
  if (!isStringArray(value) || !value.every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))) {
    throw new ApiError(400, 'invalid_m2m_client_scope')
  }
  const scopes = [...new Set(value)]
  if (scopes.length > settings.maxScopesPerClient) throw new ApiError(400, 'too_many_m2m_client_scopes')
  return scopes
}

/** Top level only: a null deletes its key, anything else replaces it whole. The limits hold for the result. */
export const mergeMetadata = (before: Metadata, change: unknown): Metadata => {
  if (isAbsent(change)) return before
  if (!isJsonObject(change)) throw new ApiError(400, 'metadata_invalid_format')
  const merged = Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value !== null))
  if (Object.keys(merged).length > MAX_METADATA_KEYS) throw new ApiError(400, 'metadata_too_many_keys')
  if (Buffer.byteLength(JSON.stringify(merged)) > MAX_METADATA_BYTES) throw new ApiError(400, 'metadata_too_large')
  return merged
}

/** An imported client_id may be any text but an empty one. */
export const readImportedId = (value: unknown): string | undefined => {
  const id = readText(value, 'm2m_client_invalid_client_id')
  if (id?.trim() === '') throw new ApiError(400, 'm2m_client_invalid_client_id')
  return id
}

export const readImportedSecret = (value: unknown, settings: StytchSettings): string | undefined => {
  const secret = readText(value, 'm2m_client_invalid_client_secret')
  if (secret === undefined) return undefined
  if (secret.length < MIN_IMPORTED_SECRET_CHARACTERS) throw new ApiError(400, 'm2m_client_invalid_client_secret')
  if (secret.length > settings.importedSecretMaxCharacters) throw new ApiError(400, 'client_secret_too_long')
  if (new Set(secret).size < settings.importedSecretMinDistinctCharacters) {
    throw new ApiError(400, 'insecure_m2m_client_secret')
  }
  return secret
}
