// A Map that forgets what was used longest ago once it holds too much. Its order is the order of last use, oldest first. Own code: of
// lru-cache, its times to live, sizes and fetches would be in every bundle, and nothing here needs them.

export interface LruMap<Value> extends Iterable<readonly [string, Value]> {
  /** Counts as a use. */
  get(key: string): Value | undefined
  /** Counts as a use; may forget the oldest. */
  set(key: string, value: Value): void
  /** @returns whether it was there. */
  delete(key: string): boolean
  oldestKey(): string | undefined
  size(): number
}

export const createLruMap = <Value>(most: number): LruMap<Value> => {
  const map = new Map<string, Value>()
  const oldestKey = (): string | undefined => map.keys().next().value
  const put = (key: string, value: Value): void => {
    map.delete(key)
    map.set(key, value)
  }
  return {
    get: (key) => {
      const value = map.get(key)
      if (value !== undefined) put(key, value)
      return value
    },
    set: (key, value) => {
      put(key, value)
      const oldest = map.size > most ? oldestKey() : undefined
      if (oldest !== undefined) map.delete(oldest)
    },
    delete: (key) => map.delete(key),
    oldestKey,
    size: () => map.size,
    [Symbol.iterator]: () => map[Symbol.iterator](),
  }
}
