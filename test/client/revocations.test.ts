// The list as a verifier polls it: once in half a minute, for all; the last one for minutes, and then none.
import { beforeEach, describe, expect, test } from 'vitest'
import { createRevocations, type RevocationSettings, RevocationsUnavailable } from '../../lambda/client/revocations.ts'
import { useFront } from './front-seat.ts'

const front = useFront()
let now = 0
beforeEach(() => {
  now = 1_000_000
  front.answers(() => ({
    status: 200,
    body: { as_of: 1, revocations: [{ client_id: 'orders', not_before: 42, state: 'revoked' }] },
  }))
})
const list = (more: Partial<RevocationSettings> = {}) =>
  createRevocations({ ...front.place(), now: () => now, ...more })

describe('the list', () => {
  test('tells since when tokens of a client are good', async () => {
    const revocations = list()

    expect([await revocations.notBefore('orders'), await revocations.notBefore('billing')]).toEqual([42, undefined])
    expect(front.asked).toEqual([{ method: 'GET', url: '/prod/revocations', body: '' }])
  })

  test('is asked for once in half a minute, by all at once', async () => {
    const revocations = list()
    const ask = () => Promise.all([revocations.notBefore('orders'), revocations.notBefore('billing')])

    await ask()
    now += 29_999
    await ask()
    const before = front.asked.length
    now += 1
    await ask()

    expect([before, front.asked.length]).toEqual([1, 2])
  })

  test('holds for minutes when no newer one comes, and then none does', async () => {
    const revocations = list()
    await revocations.notBefore('orders')
    front.answers(() => ({ status: 503, body: { error: 'temporarily_unavailable' } }))

    now += 300_000
    const late = await revocations.notBefore('orders')
    now += 1

    expect(late).toBe(42)
    await expect(revocations.notBefore('orders')).rejects.toThrow(RevocationsUnavailable)
  })

  test.each(['{}', '[]', 'x', '{"revocations":{}}', '{"revocations":[{"client_id":1,"not_before":2}]}'])(
    'is none when it is %s',
    async (body) => {
      front.answers(() => ({ status: 200, body }))

      await expect(list().notBefore('orders')).rejects.toThrow(RevocationsUnavailable)
    },
  )

  test('is none when nobody answers at first', async () => {
    front.answers(() => 'none')

    await expect(list().notBefore('orders')).rejects.toThrow(RevocationsUnavailable)
  })
})
