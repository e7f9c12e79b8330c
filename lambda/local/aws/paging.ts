// Pages of a list by an opaque token that remembers the last entry shown, not its index, so that entries which come or
// go between two calls are neither shown twice nor skipped. A token belongs to the request it was made for.
import { createHash } from 'node:crypto'
import { AwsFault } from './aws-fault.ts'
import type { AwsContext } from './operations.ts'

/** What entries are ordered by; the last part must be unique. */
export type SortKey = readonly [string | number, string | number]

export interface PageRequest<T> {
  readonly keyOf: (item: T) => SortKey
  /** Whatever of the request must not change between pages. */
  readonly request: string
  readonly maxResults: number
  readonly nextToken: string | undefined
  readonly isDescending: boolean
  readonly tokens: TokenClock
}

/** When tokens are made, and how long they last. */
export interface TokenClock {
  /** Epoch milliseconds. */
  readonly now: number
  /** 0: for ever. */
  readonly lastMs: number
}

export interface Page<T> {
  readonly items: T[]
  readonly nextToken: string | undefined
}

export const tokenClock = ({ now, settings }: Pick<AwsContext, 'now' | 'settings'>): TokenClock => ({
  now: now(),
  lastMs: settings.pageTokenMs,
})

const compareParts = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0)

const compareKeys = (a: SortKey, b: SortKey): number => compareParts(a[0], b[0]) || compareParts(a[1], b[1])

const fingerprint = (request: string): string => createHash('sha256').update(request).digest('base64url').slice(0, 16)

const invalidToken = (): AwsFault => new AwsFault('InvalidNextTokenException', 'The NextToken value is invalid.')

const readToken = (token: string, request: string, { now, lastMs }: TokenClock): SortKey => {
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
  } catch {
    throw invalidToken()
  }
  if (!Array.isArray(parsed) || parsed.length !== 4 || parsed[0] !== fingerprint(request)) throw invalidToken()
  const [, first, second, madeAt] = parsed as [string, unknown, unknown, unknown]
  if (lastMs > 0 && !(typeof madeAt === 'number' && now - madeAt < lastMs)) throw invalidToken()
  const isPart = (part: unknown): part is string | number => typeof part === 'string' || typeof part === 'number'
  if (!isPart(first) || !isPart(second)) throw invalidToken()
  return [first, second]
}

/** Sorts and cuts. @throws InvalidNextTokenException */
export const pageOf = <T>(items: Iterable<T>, page: PageRequest<T>): Page<T> => {
  const direction = page.isDescending ? -1 : 1
  const after = page.nextToken === undefined ? undefined : readToken(page.nextToken, page.request, page.tokens)
  const keyed: Array<{ item: T; key: SortKey }> = []
  for (const item of items) {
    const key = page.keyOf(item)
    if (after === undefined || direction * compareKeys(key, after) > 0) keyed.push({ item, key })
  }
  keyed.sort((a, b) => direction * compareKeys(a.key, b.key))
  const shown = keyed.slice(0, page.maxResults)
  const last = shown.at(-1)
  const hasMore = keyed.length > shown.length && last !== undefined
  const token = hasMore ? JSON.stringify([fingerprint(page.request), ...last.key, page.tokens.now]) : undefined
  return {
    items: shown.map(({ item }) => item),
    nextToken: token === undefined ? undefined : Buffer.from(token).toString('base64url'),
  }
}
