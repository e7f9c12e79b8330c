// Pages of a search: limit, order and cursor, for M2M clients and Connected Apps alike. A cursor names the last record of its
// page, so records created or deleted between two pages neither repeat nor hide another.
import { ApiError } from './api-error.ts'
import type { JsonObject } from './client-fields.ts'
import type { Place } from './record-store.ts'
import type { StytchSettings } from './settings.ts'

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1000

export interface SearchPage<R> {
  readonly records: readonly R[]
  readonly metadata: { readonly total: number; readonly next_cursor: string | null }
}

export interface SearchContext {
  readonly settings: StytchSettings
  readonly now: number
}

/** 0 is the default too: it is what an absent integer looks like to a Go server. */
const readLimit = (limit: unknown): number => {
  if (limit === undefined || limit === null || limit === 0) return DEFAULT_LIMIT
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 0 || limit > MAX_LIMIT) {
    throw new ApiError(400, 'invalid_argument')
  }
  return limit
}

const comparators: Readonly<Record<StytchSettings['searchOrder'], (a: Place, b: Place) => number>> = {
  oldest: (a, b) => a.order - b.order,
  newest: (a, b) => b.order - a.order,
  client_id: (a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
}

const writeCursor = (place: Place, at: number): string =>
  Buffer.from(JSON.stringify([place.order, place.id, at])).toString('base64url')

const readCursor = (cursor: unknown): (Place & { at: number }) | undefined => {
  if (cursor === undefined || cursor === null || cursor === '') return undefined
  let parts: unknown
  try {
    parts = typeof cursor === 'string' ? JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) : undefined
  } catch {
    parts = undefined
  }
  const [order, id, at] = Array.isArray(parts) ? (parts as unknown[]) : []
  if (typeof order !== 'number' || typeof id !== 'string' || typeof at !== 'number') {
    throw new ApiError(400, 'invalid_argument')
  }
  return { order, id, at }
}

/** @throws ApiError invalid_argument. */
export const searchPage = <R extends Place>(
  input: JsonObject,
  found: readonly R[],
  { settings, now }: SearchContext,
): SearchPage<R> => {
  const limit = readLimit(input.limit)
  const after = readCursor(input.cursor)
  const { searchCursorLifetimeMs: lifetimeMs } = settings
  if (after !== undefined && lifetimeMs !== null && now - after.at >= lifetimeMs) {
    throw new ApiError(400, 'invalid_argument')
  }
  const compare = comparators[settings.searchOrder]
  const sorted = found.toSorted(compare)
  const rest = after === undefined ? sorted : sorted.filter((record) => compare(record, after) > 0)
  const records = rest.slice(0, limit)
  const last = records.at(-1)
  return {
    records,
    metadata: {
      total: settings.searchTotalsDisabled ? -1 : found.length,
      next_cursor: last !== undefined && rest.length > records.length ? writeCursor(last, now) : null,
    },
  }
}
