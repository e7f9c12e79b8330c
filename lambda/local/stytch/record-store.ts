// Where the stand-in keeps what has an id: M2M clients, Connected Apps, SCIM connections. Records are replaced, not changed, so
// a reader never sees half an effect, and a late one can be shown what was there before. It keeps what it is given; that no value of a
// secret is among it is slots.ts's doing.
import { type Behind, createHistory } from '../stand-in/history.ts'

/** What every kind of record has; search sorts by it. */
export interface Place {
  /** Rises with every creation. */
  readonly order: number
  readonly id: string
}

/** A record as somebody who is late knows it. */
export interface LateRecord<R> {
  readonly record: R
  /** The time whose rules it is to be judged by; epoch milliseconds. */
  readonly at: number
}

export interface RecordStore<R extends Place> {
  find(id: string): R | undefined
  /** As a read shows it that is so far behind. */
  view(id: string, behind: Behind): R | undefined
  /** All of one view, oldest first. */
  viewAll(behind: Behind): R[]
  /** As a node knows it that learns of each change `ms` late, but of a creation at once. */
  late(id: string, ms: number): LateRecord<R> | undefined
  /** How often it was written, its creation included. */
  writes(id: string): number
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

export const createRecordStore = <R extends Place>(now: () => number): RecordStore<R> => {
  const records = new Map<string, R>()
  const deleted = new Set<string>()
  const history = createHistory<R>()
  let order = 0
  const view = (id: string, behind: Behind): R | undefined =>
    behind === 0 ? records.get(id) : history.view(id, behind, now()).state
  return {
    find: (id) => records.get(id),
    view,
    viewAll: (behind) => {
      if (behind === 0) return [...records.values()]
      const seen = [...history.keys()].flatMap((id) => view(id, behind) ?? [])
      return seen.toSorted((one, other) => one.order - other.order)
    },
    late: (id, ms) => {
      const at = now() - ms
      const record = records.get(id)
      if (ms === 0) return record && { record, at }
      const known = history.view(id, { ms }, now())
      if (known.state !== undefined) return { record: known.state, at: Math.max(at, known.at) }
      // Deleted as the node knows by now, or not yet created at that time.
      const isCreation = known.at === Number.NEGATIVE_INFINITY
      const first = isCreation ? history.first(id) : undefined
      return first?.state && { record: first.state, at: first.at }
    },
    writes: history.writes,
    wasDeleted: (id) => deleted.has(id) && !records.has(id),
    put: (record) => {
      records.set(record.id, record)
      history.record(record.id, record, now())
      return record
    },
    remove: (id) => {
      if (!records.delete(id)) return
      deleted.add(id)
      history.record(id, undefined, now())
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
      history.clear()
      order = 0
    },
  }
}
