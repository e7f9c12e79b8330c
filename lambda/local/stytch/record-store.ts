// Where the stand-in keeps what has an id: M2M clients, Connected Apps, SCIM connections. Records are replaced, not changed, so
// a reader never sees half an effect. It keeps what it is given; that no value of a secret is among it is slots.ts's doing.

/** What every kind of record has; search sorts by it. */
export interface Place {
  /** Rises with every creation. */
  readonly order: number
  readonly id: string
}

export interface RecordStore<R extends Place> {
  find(id: string): R | undefined
  /** True of an id that was in use once and is not now. */
  wasDeleted(id: string): boolean
  /** Adds or replaces. @returns the record. */
  put(record: R): R
  remove(id: string): void
  /** Oldest first. */
  all(): R[]
  size(): number
  nextOrder(): number
  clear(): void
}

export const createRecordStore = <R extends Place>(): RecordStore<R> => {
  const records = new Map<string, R>()
  const deleted = new Set<string>()
  let order = 0
  return {
    find: (id) => records.get(id),
    wasDeleted: (id) => deleted.has(id) && !records.has(id),
    put: (record) => {
      records.set(record.id, record)
      return record
    },
    remove: (id) => {
      if (records.delete(id)) deleted.add(id)
    },
    all: () => [...records.values()],
    size: () => records.size,
    nextOrder: () => {
      order += 1
      return order
    },
    clear: () => {
      records.clear()
      deleted.clear()
      order = 0
    },
  }
}
