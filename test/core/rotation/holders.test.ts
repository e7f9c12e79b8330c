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
      { state: 'unknown' },
    ])
    expect(readHolderAnswer(JSON.stringify(answer), clientIds.length)).toEqual(answer.holders)
  })

  test.each(['', '{}', '{"holders":[]}', '{"holders":[{"state":"held"}]}', '{"holders":[{"state":"canary"}]}'])(
    '%j is none',
    (text) => {
      expect(readHolderAnswer(text, 1)).toBeUndefined()
    },
  )
})

describe('the question', () => {
  test('is read as it was written', () => {
    const written = writeHolderQuestion({ clientIds: ['one', 'two'] })

    expect(asksForHolders(written)).toBe(true)
    expect(asksForHolders({ Ask: 'prove' })).toBe(false)
    expect(readHolderQuestion(written)).toEqual({ ok: true, value: { clientIds: ['one', 'two'] } })
  })

  test.each<object>([
    {},
    { ClientIds: [] },
    { ClientIds: 'canary' },
    { ClientIds: ['can ary'] },
    { ClientIds: Array.from({ length: 101 }, () => 'canary') },
    { ClientIds: ['one'], SecretId: 'canary' },
  ])('%j is refused, and not repeated', (more) => {
    const read = readHolderQuestion({ Ask: 'holders', ...more })

    expect(read).toMatchObject({ ok: false, refusal: { reason: 'malformedEvent' } })
    expect(JSON.stringify(read)).not.toContain('canary')
  })
})
