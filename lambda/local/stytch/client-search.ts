// POST /v1/m2m/clients/search: filters, order and pages. A cursor names the last client of its page, so clients created or
// deleted between two pages neither repeat nor hide another.
import { ApiError } from './api-error.ts'
import { isJsonObject, isStringArray, type JsonObject } from './client-fields.ts'
import type { ClientRecord } from './client-store.ts'
import type { StytchSettings } from './settings.ts'

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1000

export interface SearchPage {
  readonly records: readonly ClientRecord[]
  readonly total: number
  readonly nextCursor: string | null
}

type Match = (record: ClientRecord) => boolean

const matchOf: Readonly<Record<string, (values: ReadonlySet<string>) => Match>> = {
  client_id: (values) => (record) => values.has(record.clientId),
  client_name: (values) => (record) => values.has(record.clientName),
  scopes: (values) => (record) => record.scopes.some((scope) => values.has(scope)),
}

const readOperand = (operand: unknown): Match => {
  if (!isJsonObject(operand)) throw new ApiError(400, 'invalid_argument')
  const { filter_name: name, filter_value: value } = operand
  if (name === undefined || name === null) throw new ApiError(400, 'm2m_search_missing_filter_name')
  if (typeof name !== 'string') throw new ApiError(400, 'm2m_search_filter_name_must_be_string')
  const build = Object.hasOwn(matchOf, name) ? matchOf[name] : undefined
  if (build === undefined) throw new ApiError(400, 'm2m_search_filter_name_not_recognized')
  if (value === undefined || value === null) throw new ApiError(400, 'm2m_search_missing_filter_value')
  if (!isStringArray(value)) throw new ApiError(400, 'm2m_search_expected_array_of_strings')
  return build(new Set(value))
}

const readQuery = (query: unknown): Match => {
  if (query === undefined || query === null) return () => true
  if (!isJsonObject(query) || (query.operator !== 'AND' && query.operator !== 'OR')) {
    throw new ApiError(400, 'invalid_argument')
  }
  const operands = query.operands ?? []
  if (!Array.isArray(operands)) throw new ApiError(400, 'invalid_argument')
  const matches = operands.map(readOperand)
  if (matches.length === 0) return () => true
  return query.operator === 'AND'
    ? (record) => matches.every((match) => match(record))
    : (record) => matches.some((match) => match(record))
}

/** 0 is the default too: it is what an absent integer looks like to a Go server. */
const readLimit = (limit: unknown): number => {
  if (limit === undefined || limit === null || limit === 0) return DEFAULT_LIMIT
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 0 || limit > MAX_LIMIT) {
    throw new ApiError(400, 'invalid_argument')
  }
  return limit
}

type Place = Pick<ClientRecord, 'order' | 'clientId'>

const comparators: Readonly<Record<StytchSettings['searchOrder'], (a: Place, b: Place) => number>> = {
  oldest: (a, b) => a.order - b.order,
  newest: (a, b) => b.order - a.order,
  client_id: (a, b) => (a.clientId < b.clientId ? -1 : a.clientId > b.clientId ? 1 : 0),
}

const writeCursor = (place: Place, at: number): string =>
  Buffer.from(JSON.stringify([place.order, place.clientId, at])).toString('base64url')

const readCursor = (cursor: unknown): (Place & { at: number }) | undefined => {
  if (cursor === undefined || cursor === null || cursor === '') return undefined
  let parts: unknown
  try {
    parts = typeof cursor === 'string' ? JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) : undefined
  } catch {
    parts = undefined
  }
  const [order, clientId, at] = Array.isArray(parts) ? (parts as unknown[]) : []
  if (typeof order !== 'number' || typeof clientId !== 'string' || typeof at !== 'number') {
    throw new ApiError(400, 'invalid_argument')
  }
  return { order, clientId, at }
}

export interface SearchContext {
  readonly records: ClientRecord[]
  readonly settings: StytchSettings
  readonly now: number
}

/** @throws ApiError with Stytch's m2m_search_* types. */
export const searchClients = (input: JsonObject, { records, settings, now }: SearchContext): SearchPage => {
  const matches = readQuery(input.query)
  const limit = readLimit(input.limit)
  const after = readCursor(input.cursor)
  const { searchCursorLifetimeMs: lifetimeMs } = settings
  if (after !== undefined && lifetimeMs !== null && now - after.at >= lifetimeMs) {
    throw new ApiError(400, 'invalid_argument')
  }
  const compare = comparators[settings.searchOrder]
  const found = records.filter(matches).sort(compare)
  const rest = after === undefined ? found : found.filter((record) => compare(record, after) > 0)
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  return {
    records: page,
    total: settings.searchTotalsDisabled ? -1 : found.length,
    nextCursor: last !== undefined && rest.length > page.length ? writeCursor(last, now) : null,
  }
}
