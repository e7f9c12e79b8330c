// Who holds a client, as the rotation function is asked and answers: by what the issuer keeps, never by a tag, and nothing malformed is repeated.
import { describe, expect, test } from 'vitest'
import { UNCLAIMED } from '../../../lambda/adapters/stytch/bindings.ts'
import { Fault } from '../../../lambda/core/base/fault.ts'
import {
  answerHolders,
  asksForHolders,
  readHolderAnswer,
  readHolderQuestion,
  writeHolderQuestion,
} from '../../../lambda/core/rotation/holders.ts'
import type { ClientView } from '../../../lambda/core/rotation/issuer.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'

const view = (boundTo: string | undefined): ClientView => ({
  slots: { current: 'abcd', next: null },
  isActive: true,
  boundTo,
  requestId: 'request-1',
})

const views: Readonly<Record<string, () => ClientView | undefined>> = {
  bound: () => view(SECRET_ARN),
  unbound: () => view(undefined),
  unclaimed: () => view(UNCLAIMED),
  absent: () => undefined,
  down: () => {
    throw new Fault({ code: 'STYTCH_UNAVAILABLE', retryable: true, message: 'down' })
  },
  rejected: () => {
    throw new Fault({ code: 'STYTCH_REJECTED', retryable: false, message: 'no id of a client' })
  },
  'not an id': () => view(SECRET_ARN),
}

describe('the answer', () => {
  test('says of each client which secret holds it, and what is not known of one keeps no other from being known', async () => {
    const clientIds = Object.keys(views)
    const answer = await answerHolders({ look: async (clientId) => views[clientId]?.() }, { clientIds })

    expect(answer.holders).toEqual([
      { state: 'held', secretArn: SECRET_ARN },
      { state: 'unheld' },
      { state: 'unheld' },
      { state: 'gone' },
      { state: 'unknown', isPassing: true },
      { state: 'unknown' },
      { state: 'unknown' },
    ])
    expect(readHolderAnswer(JSON.stringify(answer), clientIds.length)).toEqual(answer.holders)
  })

  test('is none where this function has a defect', async () => {
    const look = async (): Promise<never> => {
      throw new TypeError('a defect')
    }

    await expect(answerHolders({ look }, { clientIds: ['one'] })).rejects.toThrow('a defect')
  })

  test.each(['', '{}', '{"holders":[]}', '{"holders":[{"state":"gone"},{"state":"gone"}]}'])('%j is none', (text) => {
    expect(readHolderAnswer(text, 1)).toBeUndefined()
  })

  test.each(['{"state":"held"}', '{"state":"canary"}', 'null', '"gone"'])(
    'of which %s is a part says nothing of that client alone',
    (part) => {
      expect(readHolderAnswer(`{"holders":[{"state":"gone"},${part}]}`, 2)).toEqual([
        { state: 'gone' },
        { state: 'unknown' },
      ])
    },
  )
})

describe('the question', () => {
  const LIST = 'ClientIds: expected 1 to 100 ids of clients'
  const ALONE = 'expected Ask and ClientIds alone'
  test.each<[given: unknown, faults: readonly string[]]>([
    [{ Ask: 'holders' }, [LIST]],
    [{ Ask: 'holders', ClientIds: [] }, [LIST]],
    [{ Ask: 'holders', ClientIds: ['one'], Step: 'x' }, [ALONE]],
    [{ Ask: 'holders', Step: 'x' }, [LIST, ALONE]],
    ['holders', [LIST]],
  ])('%j is refused with all its faults', (given, faults) => {
    expect(readHolderQuestion(given)).toEqual({ ok: false, refusal: { reason: 'malformedEvent', faults } })
  })

  test('is read as it was written', () => {
    const written = writeHolderQuestion({ clientIds: ['one', 'two'] })

    expect(asksForHolders(written)).toBe(true)
    expect(asksForHolders({ Ask: 'prove' })).toBe(false)
    expect(readHolderQuestion(written)).toEqual({ ok: true, value: { clientIds: ['one', 'two'] } })
  })

  test('has room for a hundred ids, of which no more are written, and takes no more', () => {
    const many = Array.from({ length: 101 }, (_, at) => `client-${at}`)

    expect(readHolderQuestion(writeHolderQuestion({ clientIds: many }))).toEqual({
      ok: true,
      value: { clientIds: many.slice(0, 100) },
    })
    expect(readHolderQuestion({ Ask: 'holders', ClientIds: many })).toMatchObject({ ok: false })
  })

  test('with an id that is none is answered for the others', async () => {
    const read = readHolderQuestion({ Ask: 'holders', ClientIds: ['can ary', 'one', 7, 'x'.repeat(257)] })
    const asked: string[] = []
    const answer = read.ok
      ? await answerHolders(
          {
            look: async (clientId) => {
              asked.push(clientId)
              return view(SECRET_ARN)
            },
          },
          read.value,
        )
      : undefined

    expect(read.ok && read.value.clientIds).toEqual(['', 'one', '', ''])
    expect(asked).toEqual(['one'])
    expect(answer?.holders.map(({ state }) => state)).toEqual(['unknown', 'held', 'unknown', 'unknown'])
  })

  test.each<object>([
    {},
    { ClientIds: [] },
    { ClientIds: 'canary' },
    { ClientIds: Array.from({ length: 101 }, () => 'canary') },
    { ClientIds: ['one'], SecretId: 'canary' },
  ])('%j is refused, and not repeated', (more) => {
    const read = readHolderQuestion({ Ask: 'holders', ...more })

    expect(read).toMatchObject({ ok: false, refusal: { reason: 'malformedEvent' } })
    expect(JSON.stringify(read)).not.toContain('canary')
  })
})
