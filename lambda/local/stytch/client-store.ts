// Where the stand-in keeps M2M clients: two slots each, and of every secret its SHA-256 and last four, never the value.
// Records are replaced, not changed, so a reader never sees half an effect.
import { hashSecret } from './ids.ts'

export interface Slot {
  readonly hash: string
  readonly lastFour: string
  /** Epoch milliseconds. */
  readonly acceptedFromAt: number
}

/** A secret that left its slot and, where propagation takes time, is still accepted for a while. */
interface RetiredSecret {
  readonly hash: string
  readonly acceptedUntilAt: number
}

export type ClientStatus = 'active' | 'inactive'
export type Metadata = Readonly<Record<string, unknown>>

export interface ClientRecord {
  /** Rises with every creation; search sorts by it. */
  readonly order: number
  readonly clientId: string
  readonly clientName: string
  readonly clientDescription: string
  readonly status: ClientStatus
  readonly scopes: readonly string[]
  readonly trustedMetadata: Metadata
  readonly current: Slot
  readonly next: Slot | null
  readonly retired: readonly RetiredSecret[]
}

export interface ClientStore {
  find(clientId: string): ClientRecord | undefined
  /** True of an id that was in use once and is not now. */
  wasDeleted(clientId: string): boolean
  /** Adds or replaces. */
  put(record: ClientRecord): void
  remove(clientId: string): void
  all(): ClientRecord[]
  size(): number
  nextOrder(): number
  clear(): void
}

export const createClientStore = (): ClientStore => {
  const records = new Map<string, ClientRecord>()
  const deleted = new Set<string>()
  let order = 0
  return {
    find: (clientId) => records.get(clientId),
    wasDeleted: (clientId) => deleted.has(clientId) && !records.has(clientId),
    put: (record) => {
      records.set(record.clientId, record)
    },
    remove: (clientId) => {
      if (records.delete(clientId)) deleted.add(clientId)
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

/** A slot for a secret; the value is not kept. */
export const slotOf = (secret: string, acceptedFromAt: number): Slot => ({
  hash: hashSecret(secret),
  lastFour: secret.slice(-4),
  acceptedFromAt,
})

/** The record's retired secrets with one more, and without those whose time is over. */
export const withRetired = (record: ClientRecord, slot: Slot, lingers: { now: number; ms: number }) =>
  [...record.retired, { hash: slot.hash, acceptedUntilAt: lingers.now + lingers.ms }].filter(
    (retired) => retired.acceptedUntilAt > lingers.now,
  )

/** Whether the token endpoint would take this secret for this client now. */
export const acceptsSecret = (record: ClientRecord, secret: string, now: number): boolean => {
  if (record.status !== 'active') return false
  const hash = hashSecret(secret)
  const isIn = (slot: Slot | null): boolean => slot !== null && slot.hash === hash && slot.acceptedFromAt <= now
  return (
    isIn(record.current) ||
    isIn(record.next) ||
    record.retired.some((retired) => retired.hash === hash && retired.acceptedUntilAt > now)
  )
}
