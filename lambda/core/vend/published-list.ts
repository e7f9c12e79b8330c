// The published list of revocations as the vendor obeys it: read again when it is older than a second, awaited by whoever comes first, and by
// nobody else. Labels say the same later (client-watch.ts), so that a list which cannot be read stops nothing: what was read last holds, and it
// is left alone for a while.
import type { Journal } from '../base/journal.ts'
import type { PublishedReader } from './ports.ts'
import type { VendDeadline, VendRules } from './vending.ts'

interface ReadingMoment {
  /** Epoch milliseconds. */
  readonly now: number
  readonly deadline: VendDeadline
  readonly journal: Journal
}

export interface PublishedList {
  /** @returns undefined when there is nothing to wait for. Never rejects. */
  refresh(moment: ReadingMoment): Promise<void> | undefined
  /** @returns epoch seconds: tokens of this client that were issued earlier are to be dropped. */
  notBefore(clientId: string): number | undefined
}

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000

export const createPublishedList = (
  reader: PublishedReader | undefined,
  { publishedCheckMs, publishedCallMs }: Pick<VendRules, 'publishedCheckMs' | 'publishedCallMs'>,
): PublishedList => {
  let clients: ReadonlyMap<string, number> = new Map()
  let etag: string | undefined
  let askFrom = Number.NEGATIVE_INFINITY
  let askedAt = Number.NEGATIVE_INFINITY
  let failures = 0
  let flight: Promise<void> | undefined

  const ask = async (from: PublishedReader, { now, deadline, journal }: ReadingMoment): Promise<void> => {
    try {
      const reading = await from.read(etag, Math.max(1, deadline.within(publishedCallMs)))
      if (reading.state === 'new') [clients, etag] = [reading.clients, reading.etag]
      if (reading.state === 'none') [clients, etag] = [new Map(), undefined]
      askFrom = now + publishedCheckMs
      failures = 0
    } catch (error) {
      failures += 1
      askFrom = now + Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS)
      const message = error instanceof Error ? error.message : 'unknown'
      if (failures === 1) journal.note({ revocations: 'unreadable', message })
    }
  }

  return {
    refresh: (moment) => {
      // A clock that was set back proves nothing.
      if (reader === undefined || (moment.now < askFrom && moment.now >= askedAt)) return undefined
      if (flight !== undefined) return flight
      askedAt = moment.now
      flight = ask(reader, moment).finally(() => {
        flight = undefined
      })
      return flight
    },
    notBefore: (clientId) => (clients.size === 0 ? undefined : clients.get(clientId)),
  }
}
