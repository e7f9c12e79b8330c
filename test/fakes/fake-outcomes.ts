// The event bus and the journal in memory: what was told, in order.

import type { Journal } from '../../lambda/core/base/journal.ts'
import type { OutcomeEvent } from '../../lambda/core/rotation/outcome.ts'
import type { Outcomes } from '../../lambda/core/rotation/outcomes.ts'
import type { CallLog } from './call-log.ts'

export interface FakeOutcomes extends Outcomes {
  readonly events: OutcomeEvent[]
}

export const createFakeOutcomes = (log: CallLog): FakeOutcomes => {
  const events: OutcomeEvent[] = []
  return {
    events,
    emit: (told) =>
      log.run({ port: 'outcomes', name: 'emit', about: told.map(({ type }) => type).join(', ') }, () => {
        events.push(...told)
      }),
  }
}

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
