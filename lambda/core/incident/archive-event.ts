// Archives one event of the bus, once. What it does not find a place for it keeps all the same, below unsorted/: evidence is not lost
// for its shape. A put that fails is thrown, so that the delivery counts as failed and is tried again.

import type { Journal } from '../base/journal.ts'
import { archiveKey } from './archive-key.ts'
import type { EvidenceWriter } from './archive-ports.ts'
import { type ArchivedEvent, writeArchivedEvent } from './archived-event.ts'

interface Archiving {
  readonly archive: EvidenceWriter
  readonly journal: Journal
}

/** @throws Fault ARCHIVE_UNAVAILABLE or ARCHIVE_REJECTED */
export const archiveEvent = async ({ archive, journal }: Archiving, event: ArchivedEvent): Promise<void> => {
  const key = archiveKey(event)
  const outcome = await archive.put({ key, text: writeArchivedEvent(event) })
  journal.note({ outcome, type: event.type, key })
}
