// Which incidents `m2m incident list` calls over: by the last report, and not by an end of an earlier one.
import { expect, test } from 'vitest'
import { readReportedIncidents } from '../../bin/incident/incident-list.ts'

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 12, minute)).toISOString().replace('.000', '')

const report = (minute: number, reason = 'a leak') => ({
  'detail-type': 'Secret Leak Reported',
  source: 'security',
  time: at(minute),
  detail: { incidentId: 'INC-1', reason, requestedBy: 'ada' },
})
const incidentEnd = (minute: number) => ({
  'detail-type': 'Incident Completed',
  source: 'm2m.incident',
  time: at(minute),
  detail: { incidentId: 'INC-1', at: at(minute), clients: [] },
})
const campaignEnd = (began: number, minute: number) => ({
  'detail-type': 'Campaign Completed',
  source: 'm2m.campaign',
  time: at(minute),
  detail: { incidentId: 'INC-1', startedAt: at(began), endedAt: at(minute) },
})

/** Keys hold no time: they come in any order. */
const listed = async (events: readonly (ReturnType<typeof report> | object)[]) => {
  const texts = new Map<string, string>(
    events.map((event, index) => {
      const slug = String((event as Record<string, unknown>)['detail-type'])
        .toLowerCase()
        .replaceAll(' ', '-')
      return [`incidents/INC-1/${slug}-${(index * 7919) % 10}.json`, JSON.stringify(event)] as const
    }),
  )
  const [incident] = await readReportedIncidents({
    list: async () => [...texts.keys()].toSorted(),
    read: async (key) => texts.get(key),
  })
  return incident
}

test.each([
  ['its only report has an end', [report(0), incidentEnd(1)], true],
  ['it was never over', [report(0)], false],
  ['it ended and was reported again', [report(0), incidentEnd(1), report(30)], false],
  ['it was reported again while its campaign ran', [report(0), report(30), campaignEnd(0, 40)], false],
  ['the second report ended, too', [report(0), incidentEnd(1), report(30), incidentEnd(31)], true],
  [
    'the second report became a campaign, which ended',
    [report(0), incidentEnd(1), report(30), campaignEnd(30, 90)],
    true,
  ],
])('the last report decides: %s', async (_, events, isCompleted) => {
  for (const inOrder of [events, events.toReversed()]) {
    expect(await listed(inOrder)).toMatchObject({ incidentId: 'INC-1', isCompleted })
  }
})

test('what is shown is the last report', async () => {
  expect(await listed([report(30, 'again'), report(0, 'first')])).toMatchObject({
    reportedAt: at(30),
    reason: 'again',
    reports: 2,
  })
})
