// The journal in memory: what was noted, in order.
import type { Journal } from '../../lambda/core/base/journal.ts'

export interface FakeJournal extends Journal {
  readonly entries: Parameters<Journal['note']>[0][]
}

export const createFakeJournal = (): FakeJournal => {
  const entries: FakeJournal['entries'] = []
  return {
    entries,
    note: (entry) => {
      entries.push(entry)
    },
  }
}
