// Whether a report is taken for a repetition: the same clients and the same reason within an hour, and never without a reason.
import { expect, test } from 'vitest'
import { findEarlier, incidentDay } from '../../bin/incident/same-incident.ts'
import { archiveKey } from '../../lambda/core/incident/archive-key.ts'
import type { EvidenceReader } from '../../lambda/core/incident/archive-ports.ts'
import { readArchivedEvent } from '../../lambda/core/incident/archived-event.ts'

const NOW = Date.parse('2026-11-30T00:20:00Z')
const selector = { secretNames: ['m2m/prod/alpha', 'm2m/prod/beta'] }

const archiveOf = (...reports: readonly { id: string; at: string; reason?: string; selector?: object }[]) => {
  const objects = new Map<string, string>()
  for (const { id, at, reason = 'in a log', selector: about = selector } of reports) {
    const envelope = {
      'detail-type': 'Secret Leak Reported',
      source: 'm2m.security',
      time: at,
      detail: { incidentId: id, selector: about, reason, requestedBy: 'ada' },
    }
    const event = readArchivedEvent(envelope)
    if (event.ok) objects.set(archiveKey(event.value), JSON.stringify(envelope))
  }
  const reader: EvidenceReader = {
    list: async (prefix) => [...objects.keys()].filter((key) => key.startsWith(prefix)),
    read: async (key) => objects.get(key),
  }
  return reader
}
const find = (reader: EvidenceReader, reason = 'in a log') => findEarlier(reader, { reason, selector }, NOW)

test('the newest one with the same clients, in any order, and the same reason', async () => {
  const names = { secretNames: ['m2m/prod/beta', 'm2m/prod/alpha'] }
  const reader = archiveOf(
    { id: 'INC-2026-11-30-aaaaaaaa', at: '2026-11-30T00:05:00Z' },
    { id: 'INC-2026-11-30-bbbbbbbb', at: '2026-11-30T00:10:00Z', selector: names },
  )

  expect(await find(reader)).toMatchObject({ incidentId: 'INC-2026-11-30-bbbbbbbb', requestedBy: 'ada' })
})

test('also of the day before, within the hour', async () => {
  expect(incidentDay(NOW)).toBe('INC-2026-11-30')
  const reader = archiveOf({ id: 'INC-2026-11-29-aaaaaaaa', at: '2026-11-29T23:30:00Z' })

  expect(await find(reader)).toMatchObject({ incidentId: 'INC-2026-11-29-aaaaaaaa' })
})

test.each([
  ['over an hour ago', { at: '2026-11-29T23:10:00Z' }],
  ['for another reason', { reason: 'in a ticket' }],
  ['about others', { selector: { secretNames: ['m2m/prod/alpha'] } }],
])('none %s', async (_, other) => {
  expect(await find(archiveOf({ id: 'INC-2026-11-30-aaaaaaaa', at: '2026-11-30T00:05:00Z', ...other }))).toBeUndefined()
})
