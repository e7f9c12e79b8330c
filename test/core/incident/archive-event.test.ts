// One event, one object, once; and what its own shape cannot place is kept all the same.

import { expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { archiveEvent } from '../../../lambda/core/incident/archive-event.ts'
import { archiveKey } from '../../../lambda/core/incident/archive-key.ts'
import { archived, NOON, revokedEvent, revokeToken } from '../../fakes/envelopes.ts'
import { createFakeArchive } from '../../fakes/fake-archive.ts'
import { createFakeJournal } from '../../fakes/fake-journal.ts'

test('the first telling is kept, whole, and a second changes nothing', async () => {
  const [archive, journal] = [createFakeArchive(), createFakeJournal()]
  const event = revokedEvent(revokeToken())

  await archiveEvent({ archive, journal }, event)
  const again = { ...event.envelope, time: new Date(NOON + 86_400_000).toISOString() }
  await archiveEvent({ archive, journal }, { ...event, time: again.time, envelope: again })

  expect([...archive.objects.keys()]).toEqual([archiveKey(event)])
  expect(JSON.parse(archive.objects.get(archiveKey(event)) ?? '')).toEqual(event.envelope)
  expect(journal.entries).toEqual([
    { outcome: 'stored', type: 'Secret Revoked', key: archiveKey(event) },
    { outcome: 'alreadyThere', type: 'Secret Revoked', key: archiveKey(event) },
  ])
})

test('what has no place is kept, unsorted', async () => {
  const archive = createFakeArchive()

  await archiveEvent({ archive, journal: createFakeJournal() }, archived('Secret Revoked', { what: 'no name' }))

  expect([...archive.objects.keys()]).toEqual([expect.stringMatching(/^unsorted\/secret-revoked-/)])
})

test('a put that fails is thrown, and nothing is noted as done', async () => {
  const journal = createFakeJournal()
  const fault = new Fault({ code: 'ARCHIVE_UNAVAILABLE', retryable: true, message: 'S3 is down.' })
  const archive = {
    put: async () => {
      throw fault
    },
  }

  await expect(archiveEvent({ archive, journal }, revokedEvent(revokeToken()))).rejects.toBe(fault)
  expect(journal.entries).toEqual([])
})
