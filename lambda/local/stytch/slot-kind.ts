// What a test or the laptop may see and do in-process, the same for every kind that rotates in slots. None of it is a call: it is
// not counted, not faulted and not remembered.
import type { ClientStatus } from './client-record.ts'
import type { Place, RecordStore } from './record-store.ts'
import type { SlotMachine } from './slot-machine.ts'
import type { SlotPair } from './slots.ts'

/** The two slots as Stytch shows them. */
export interface Slots {
  readonly status: ClientStatus
  readonly lastFour: string
  readonly nextLastFour: string | null
}

/** A colleague at Stytch's dashboard: the effects of the API, without HTTP and without a call. Throws what Stytch refuses. */
export interface SlotDashboard {
  /** @returns the next secret. */
  rotateStart(id: string): string
  rotateComplete(id: string): void
  rotateCancel(id: string): void
  remove(id: string): void
}

/** Where the status can be set as well. */
export interface Dashboard extends SlotDashboard {
  setStatus(id: string, status: ClientStatus): void
}

export interface SlotKind<D extends SlotDashboard = SlotDashboard> {
  /** Whether a secret would be taken now (never of an inactive or unknown id). */
  accepts(id: string, secret: string): boolean
  /** undefined = no such id, or one without a secret. */
  slots(id: string): Slots | undefined
  /** Oldest first. */
  ids(): string[]
  readonly dashboard: D
}

export interface SlotKindParts<R extends Place> {
  readonly store: RecordStore<R>
  readonly rotation: Pick<SlotMachine<R>, 'start' | 'complete' | 'cancel'>
  readonly accepts: (record: R, secret: string) => boolean
  readonly slotsOf: (record: R) => SlotPair | null
  readonly statusOf: (record: R) => ClientStatus
  readonly remove: (id: string) => void
}

export const createSlotKind = <R extends Place>(parts: SlotKindParts<R>): SlotKind => {
  const { store, rotation, accepts, slotsOf, statusOf, remove } = parts
  return {
    accepts: (id, secret) => {
      const record = store.find(id)
      return record !== undefined && accepts(record, secret)
    },
    slots: (id) => {
      const record = store.find(id)
      const pair = record && slotsOf(record)
      if (record === undefined || !pair) return undefined
      return {
        status: statusOf(record),
        lastFour: pair.current.lastFour,
        nextLastFour: pair.next?.lastFour ?? null,
      }
    },
    ids: () => store.all().map(({ id }) => id),
    dashboard: {
      rotateStart: (id) => rotation.start(id).secret,
      rotateComplete: (id) => {
        rotation.complete(id)
      },
      rotateCancel: (id) => {
        rotation.cancel(id)
      },
      remove,
    },
  }
}
