// What the archive holds of an incident is found: by the secrets that its report and its end name, or that the asker names; and no more
// is read than may matter.
import { describe, expect, test } from 'vitest'
import { archiveKey } from '../../../lambda/core/incident/archive-key.ts'
import { type ArchivedEvent, writeArchivedEvent } from '../../../lambda/core/incident/archived-event.ts'
import { gatherIncident } from '../../../lambda/core/incident/gather-incident.ts'
import { incidentCompleted } from '../../../lambda/core/incident/incident-completed.ts'
import { buildIncidentReport } from '../../../lambda/core/incident/incident-report.ts'
import {
  archived,
  arnOf,
  leakEvent,
  NAME,
  NOON,
  refusedEvent,
  revokedEvent,
  revokeToken,
  settledEvent,
} from '../../fakes/envelopes.ts'
import { createFakeArchive } from '../../fakes/fake-archive.ts'

const SHOP = 'm2m/prod/shop'
const holding = (...events: readonly ArchivedEvent[]) => {
  const archive = createFakeArchive()
  for (const event of events) archive.objects.set(archiveKey(event), writeArchivedEvent(event))
  return archive
}
const completed = (...names: readonly string[]) =>
  incidentCompleted({
    incidentId: 'INC-42',
    at: NOON + 5000,
    clients: names.map((secretName) => ({
      secretArn: arnOf(secretName),
      secretName,
      outcome: 'revoked',
      requestTokens: [revokeToken({ name: secretName })],
    })),
  }).map(({ type, detail }) => archived(type, detail))

const outcomes = async (archive: ReturnType<typeof createFakeArchive>, secretNames: readonly string[] = []) =>
  buildIncidentReport(await gatherIncident(archive, { incidentId: 'INC-42', secretNames })).clients.map(
    ({ secretName, outcome }) => `${secretName} ${outcome}`,
  )

describe('the secrets of an incident', () => {
  test('are those that the report names', async () => {
    const archive = holding(leakEvent(), revokedEvent(revokeToken()), settledEvent(revokeToken()))

    expect(await outcomes(archive)).toEqual([`${NAME} proven`])
  })

  test('are those that the end names, when the report could not', async () => {
    const archive = holding(
      leakEvent({ selector: { clientIds: ['client-of-billing', 'client-of-shop'] } }),
      ...completed(NAME, SHOP),
      revokedEvent(revokeToken()),
      revokedEvent(revokeToken({ name: SHOP }), { name: SHOP }),
    )

    expect(await outcomes(archive)).toEqual([`${NAME} proven`, `${SHOP} proven`])
  })

  test('are those that the asker names, when nothing was reported on the bus', async () => {
    const archive = holding(revokedEvent(revokeToken()))

    expect(await outcomes(archive)).toEqual([])
    expect(await outcomes(archive, [NAME])).toEqual([`${NAME} proven`])
  })

  test('are found among all there are, when neither names them: as a campaign does not', async () => {
    const archive = holding(
      leakEvent({ selector: { all: true, expectedCount: 2 } }),
      revokedEvent(revokeToken()),
      revokedEvent(revokeToken({ name: SHOP, incidentId: 'INC-41' }), { name: SHOP }),
    )

    const facts = await gatherIncident(archive, { incidentId: 'INC-42', candidates: [NAME, SHOP, 'm2m/prod/none'] })

    expect(buildIncidentReport(facts).clients.map(({ secretName }) => secretName)).toEqual([NAME])
  })

  test('are not proven by what lies below a longer name', async () => {
    const nested = `${NAME}/2026`
    const archive = holding(leakEvent(), revokedEvent(revokeToken({ name: nested }), { name: nested }))

    expect(await outcomes(archive)).toEqual([`${NAME} notProven`, `${nested} proven`])
  })

  test('many of them are found, each once', async () => {
    const names = Array.from({ length: 150 }, (_, at) => `m2m/prod/c${String(at).padStart(3, '0')}`)
    const archive = holding(
      leakEvent({ selector: { all: true, expectedCount: 150 } }),
      ...completed(...names),
      ...names.map((name) => revokedEvent(revokeToken({ name }), { name })),
    )

    expect(await outcomes(archive)).toEqual(names.map((name) => `${name} proven`))
    expect(archive.reads).toHaveLength(1 + 2 + 150)
  })
})

describe('what is read', () => {
  test('is nothing from before the incident, and nothing that is no evidence', async () => {
    const before = NOON - 2 * 86_400_000
    const old = refusedEvent(revokeToken({ askedAt: before }), 'long ago', { at: before })
    const archive = holding(leakEvent(), old, revokedEvent(revokeToken()))
    archive.objects.set(`secrets/${NAME}/2026/03/10/notes.txt`, 'somebody put it here')

    await gatherIncident(archive, { incidentId: 'INC-42' })

    expect(archive.reads).toEqual([archiveKey(leakEvent()), archiveKey(revokedEvent(revokeToken()))])
  })

  test('at midnight is also the day before, since clocks differ', async () => {
    const midnight = Date.UTC(2026, 2, 11)
    const token = revokeToken({ askedAt: midnight - 200 })
    const archive = holding(leakEvent({}, { time: '2026-03-11T00:00:00Z' }), refusedEvent(token, 'just before'))

    const { published } = await gatherIncident(archive, { incidentId: 'INC-42' })

    expect(published.map(({ detail }) => detail.explanation)).toEqual(['just before'])
  })

  test('and cannot be read is left out', async () => {
    const archive = holding(revokedEvent(revokeToken()))
    archive.objects.set('incidents/INC-42/secret-leak-reported-x.json', '{"half":')

    const facts = await gatherIncident(archive, { incidentId: 'INC-42', secretNames: [NAME] })

    expect(facts.said).toEqual([])
    expect(facts.published).toHaveLength(1)
  })

  test('a failure of the archive is thrown: half a report would read as a whole one', async () => {
    const archive = holding(leakEvent(), revokedEvent(revokeToken()))
    const reader = {
      ...archive,
      read: async (key: string) => {
        if (key.startsWith('secrets/')) throw new Error('S3 is down')
        return archive.read(key)
      },
    }

    await expect(gatherIncident(reader, { incidentId: 'INC-42' })).rejects.toThrow('S3 is down')
  })
})
