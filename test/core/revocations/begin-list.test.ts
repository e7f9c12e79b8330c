// The first list of a stage, written with its deployment.
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { beginList } from '../../../lambda/core/revocations/begin-list.ts'
import { publishRevocations } from '../../../lambda/core/revocations/publish.ts'
import { createFakePublication } from '../../fakes/fake-publication.ts'
import { createVendWorld } from '../../fakes/fake-vending.ts'

const seat = () => {
  const { timing, journal, said } = createVendWorld()
  timing.restart(300_000)
  const publication = createFakePublication()
  return { publication, timing, said, publishing: { publication, timing, journal } }
}

describe('the first list', () => {
  test('names nobody, and is there to be verified', async () => {
    const { publication, publishing } = seat()

    expect(await beginList(publishing)).toBe('published')
    expect(publication.named()).toEqual({})
  })

  test('keeps what is there already, however often it is deployed', async () => {
    const { publication, publishing, timing } = seat()
    const notBefore = Math.floor(timing.now() / 1000)
    await publishRevocations(publishing, { revoked: new Map([['m2m-client-test-1', notBefore]]) })

    await beginList(publishing)
    await beginList(publishing)

    expect(publication.named()).toEqual({ 'm2m-client-test-1': notBefore })
  })

  test('is written as soon as a role that was made a moment ago may write it, and nothing is reported', async () => {
    const { publication, publishing, said } = seat()
    const { write } = publication.store
    let refusals = 2
    const store = {
      ...publication.store,
      write: async (...asked: Parameters<typeof write>) => {
        refusals -= 1
        if (refusals < 0) return write(...asked)
        throw new Fault({ code: 'ARCHIVE_REJECTED', retryable: false, message: 'Access denied.' })
      },
    }

    expect(await beginList({ ...publishing, publication: { ...publication, store } })).toBe('published')
    expect(publication.named()).toEqual({})
    expect(said()).not.toContain('revocationsUnpublished')
  })

  test('that cannot be written within a minute is reported once, and fails no deployment', async () => {
    const { publication, publishing, timing, said } = seat()
    publication.isDown = true
    const begunAt = timing.now()

    expect(await beginList(publishing)).toBe('pending')
    expect(timing.now() - begunAt).toBeLessThan(120_000)
    expect(said().split('revocationsUnpublished')).toHaveLength(2)
  })
})
