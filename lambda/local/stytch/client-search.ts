// POST /v1/m2m/clients/search: its filters. Order and pages are search-page.ts. Knows the three documented filters and no other.
import { ApiError } from './api-error.ts'
import { isJsonObject, isStringArray, type JsonObject } from './client-fields.ts'
import type { ClientRecord } from './client-record.ts'
import { type SearchContext, type SearchPage, searchPage } from './search-page.ts'

type Match = (record: ClientRecord) => boolean

const matchOf: Readonly<Record<string, (values: ReadonlySet<string>) => Match>> = {
  client_id: (values) => (record) => values.has(record.id),
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

/** @throws ApiError with Stytch's m2m_search_* types. */
export const searchClients = (
  input: JsonObject,
  records: readonly ClientRecord[],
  context: SearchContext,
): SearchPage<ClientRecord> => searchPage(input, records.filter(readQuery(input.query)), context)
