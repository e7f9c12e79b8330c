// Writing the list: many writers at once lose nothing, what cannot be written is the sweep's, and nothing that was not signed by us is signed.
import { describe, expect, test } from 'vitest'
import { publishRevocations, REVOCATIONS_UNPUBLISHED } from '../../../lambda/core/revocations/publish.ts'
import { createFakeJournal } from '../../fakes/fake-journal.ts'
import { createFakePublication } from '../../fakes/fake-publication.ts'
import { createFakeTiming } from '../../fakes/fake-timing.ts'

const seat = () => {
  const [timing, journal, publication] = [createFakeTiming(), createFakeJournal(), createFakePublication()]
  const now = Math.floor(timing.now() / 1000)
  const publish = (clients: Readonly<Record<string, number>>, more = {}) =>
    publishRevocations({ publication, timing, journal }, { revoked: new Map(Object.entries(clients)) }, more)
  return { timing, journal, publication, publish, now }
}

describe('a change', () => {
  test('is added to what others wrote', async () => {
    const { publish, publication, now } = seat()

    expect([await publish({ orders: now - 1 }), await publish({ billing: now })]).toEqual(['published', 'published'])
    expect(publication.named()).toEqual({ billing: now, orders: now - 1 })
  })

  test('of a writer that somebody overtakes is written over what that one wrote', async () => {
    const { publish, publication, now, timing } = seat()
    publication.conflicts = 3

    expect(await publish({ orders: now })).toBe('published')
    expect(publication.named()).toEqual({ orders: now })
    expect(timing.waits).toEqual([20, 40, 80])
  })

  test('of thirty writers at once is in the list, each of them', async () => {
    const { publication, now, journal } = seat()
    const names = Array.from({ length: 30 }, (_, at) => `client-${at}`)

    await Promise.all(
      names.map((name) =>
        publishRevocations({ publication, timing: createFakeTiming(), journal }, { revoked: new Map([[name, now]]) }),
      ),
    )

    expect(Object.keys(publication.named()).sort()).toEqual(names.sort())
  })

  test('that the list holds already is not written again, unless the list is to be renewed', async () => {
    const { publish, publication, now } = seat()
    await publish({ orders: now })
    await publish({ orders: now - 30 })
    const before = publication.writes
    await publish({}, { renews: true })

    expect([before, publication.writes]).toEqual([1, 2])
  })

  test('replaces a list that our key has not signed, and takes nothing of it over', async () => {
    const { publish, publication, now, journal } = seat()
    const other = createFakePublication()
    await publishRevocations(
      { publication: other, timing: createFakeTiming(), journal },
      { revoked: new Map([['planted', now]]) },
    )
    publication.stored = other.stored

    await publish({ orders: now })

    expect(publication.named()).toEqual({ orders: now })
    expect(journal.entries).toContainEqual({ revocations: 'replaced', reason: 'wrongSignature' })
  })
})

describe('what cannot be written', () => {
  test('holds nobody up: it is noted by client, and the sweep writes it', async () => {
    const { publish, publication, now, journal } = seat()
    publication.isDown = true

    expect(await publish({ orders: now })).toBe('pending')
    expect(journal.entries).toMatchObject([
      { outcome: REVOCATIONS_UNPUBLISHED, reason: 'ARCHIVE_UNAVAILABLE', clients: 'orders' },
    ])
  })

  test('for want of time is given up, with what the function needs afterwards', async () => {
    const { publish, publication, now, timing } = seat()
    publication.conflicts = 1_000_000

    expect(await publish({ orders: now })).toBe('pending')
    expect(timing.remainingMs()).toBeGreaterThan(5_000)
  })

  test('is nothing where no list is published', async () => {
    const { timing, journal, now } = seat()
    const revoked = new Map([['orders', now]])

    expect(await publishRevocations({ timing, journal }, { revoked })).toBe('off')
    expect(journal.entries).toEqual([])
  })
})
