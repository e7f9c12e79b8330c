// What the sweep publishes: whom metadata shows as revoked, whom Stytch was found to refuse; and the list anew, so that it stays valid.
import { describe, expect, test } from 'vitest'
import { defined } from '../../../lambda/core/base/defined.ts'
import { Fault } from '../../../lambda/core/base/fault.ts'
import type { CheckQuestions } from '../../../lambda/core/drive/check-questions.ts'
import { openDocument } from '../../../lambda/core/revocations/document.ts'
import { publishList } from '../../../lambda/core/sweep/publish-list.ts'
import { emptyTally } from '../../../lambda/core/sweep/tally.ts'
import { createFakePublication } from '../../fakes/fake-publication.ts'
import { createVendWorld, PREFIX } from '../../fakes/fake-vending.ts'

const seat = () => {
  const world = createVendWorld()
  world.timing.restart(300_000)
  const publication = createFakePublication()
  const { secrets, timing, journal } = world
  /** Names of secrets that hold no client. Every other holds the one that it is tagged for. */
  const decoys: string[] = []
  const questions: CheckQuestions = {
    check: async (question) =>
      question.secrets.map(({ secretArn, clientId }) => ({
        found: 'fits' as const,
        ...defined({ holds: decoys.some((name) => secretArn.includes(name)) ? undefined : clientId }),
      })),
  }
  const checks = { questions, perSecond: 100 }
  const sweeping = { secrets, secretNamePrefix: PREFIX, timing, journal, publication, checks }
  const tally = emptyTally()
  const publish = (refused: readonly string[] = [], askedAt = timing.now(), until = timing.now() + 275_000) =>
    publishList(sweeping, { refusedClients: new Map(refused.map((id) => [id, askedAt])), tally, until })
  const seconds = () => Math.floor(timing.now() / 1000)
  return { world, publication, tally, publish, seconds, decoys, questions }
}

describe('the list', () => {
  test('names who was revoked within the hour and who is refused, beside what others wrote', async () => {
    const { world, publication, publish, seconds } = seat()
    const { clientId } = world.place({ name: 'orders' })
    world.switchTo('orders', 'revoke')
    world.switchTo('orders', 'settle')
    await publish(['m2m-client-test-off'])
    await publish()

    expect(publication.named()).toEqual({ [clientId]: seconds() + 1, 'm2m-client-test-off': seconds() + 1 })
  })

  test('refuses nothing that a client was given after it was asked about, as when it was switched on meanwhile', async () => {
    const { world, publication, publish, seconds } = seat()
    const [askedAt, asked] = [world.timing.now(), seconds()]
    world.timing.advance(240_000)
    await publish(['m2m-client-test-off'], askedAt)

    expect(publication.named()).toEqual({ 'm2m-client-test-off': asked + 1 })
  })

  test('is renewed by a sweep whose time is up, which begins no question that may outlast it', async () => {
    const { world, publication, publish, questions, seconds } = seat()
    world.place({ name: 'orders' })
    world.switchTo('orders', 'revoke')
    world.switchTo('orders', 'settle')
    const asked: unknown[] = []
    Object.assign(questions, { check: async (question: unknown) => void asked.push(question) })
    const now = world.timing.now()
    await publish(['m2m-client-test-off'], now, now + 60_000)

    expect(asked).toEqual([])
    expect(publication.named()).toEqual({ 'm2m-client-test-off': seconds() + 1 })
  })

  test('names nobody for a tag: not the client that another secret holds, nor while nobody says who does', async () => {
    const { world, publication, publish, decoys, questions, tally } = seat()
    world.place({ name: 'decoy' })
    world.switchTo('decoy', 'revoke')
    world.switchTo('decoy', 'settle')
    decoys.push('decoy')
    await publish()
    expect(publication.named()).toEqual({})

    Object.assign(questions, {
      check: async () => {
        throw new Fault({ code: 'CHECK_NOT_ANSWERED', retryable: true, message: 'no answer' })
      },
    })
    await publish()

    expect(publication.named()).toEqual({})
    expect(tally.failed).toBe(1)
  })

  test('is signed anew by every sweep, whether or not anybody is in it', async () => {
    const { world, publication, publish } = seat()
    const validUntil = async () => {
      await publish()
      const opened = openDocument(publication.stored?.jws ?? '', await publication.publicKey())
      return opened.ok ? opened.value.validUntil : 0
    }

    const first = await validUntil()
    world.timing.advance(900_000)

    expect((await validUntil()) - first).toBe(900)
  })

  test('stays valid while Secrets Manager cannot be asked, with what was in it', async () => {
    const { world, publication, tally, publish, seconds } = seat()
    await publish(['m2m-client-test-off'])
    const before = seconds() + 1
    world.secrets.failing = 1
    await publish()

    expect(publication.named()).toEqual({ 'm2m-client-test-off': before })
    expect([publication.writes, tally.failed]).toEqual([2, 1])
  })

  test('that cannot be written is a failure of the sweep', async () => {
    const { publication, tally, publish } = seat()
    publication.isDown = true
    await publish()

    expect(tally.failed).toBe(1)
  })
})
