// The list as a verifier polls it: beside its requests, once in half a minute, for all; the last one for minutes, and then none.
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { createRevocations, type RevocationSettings, RevocationsUnavailable } from '../../lambda/client/revocations.ts'
import { useFront } from './front-seat.ts'

const front = useFront()
/** Milliseconds on the clock that nobody sets. */
let now = 0
beforeEach(() => {
  now = 1_000_000
  front.answers(() => ({
    status: 200,
    body: { as_of: 1, revocations: [{ client_id: 'orders', not_before: 42, state: 'revoked' }] },
  }))
})
const list = (more: Partial<RevocationSettings> = {}) =>
  createRevocations({ ...front.place(), elapsed: () => now, chance: () => 1, ...more })

describe('the list', () => {
  test('says since when tokens of a client are good', async () => {
    const revocations = list()

    expect([await revocations.notBefore('orders'), await revocations.notBefore('billing')]).toEqual([42, undefined])
    expect(front.asked).toEqual([{ method: 'GET', url: '/prod/revocations', body: '' }])
  })

  test('is asked for once in half a minute, by all at once, beside who asks', async () => {
    const revocations = list()
    const ask = () => Promise.all([revocations.notBefore('orders'), revocations.notBefore('billing')])

    await ask()
    now += 29_999
    await ask()
    const before = front.asked.length
    now += 1
    await ask()
    await vi.waitFor(() => expect(front.asked).toHaveLength(2), { timeout: 60_000 })

    expect(before).toBe(1)
  })

  test('that is older than two polls is waited for, but not long', async () => {
    const waits: number[] = []
    const wait = async (ms: number) => {
      waits.push(ms)
    }
    const revocations = list({ wait })
    await revocations.notBefore('orders')
    front.answers(() => new Promise(() => undefined))

    now += 60_000
    const found = [await revocations.notBefore('orders')]
    now += 250
    found.push(await revocations.notBefore('orders'))

    expect(found).toEqual([42, 42])
    expect(waits).toEqual([250])
  })

  test('answers a thousand requests without a wait while the vendor hangs, and asks it again seldom', async () => {
    const wait = () => Promise.reject(new Error('It waited.'))
    const revocations = list({ wait })
    await revocations.notBefore('orders')
    let hangUp = (): void => undefined
    front.answers(
      () =>
        new Promise<'none'>((done) => {
          hangUp = () => done('none')
        }),
    )

    now += 31_000
    for (let request = 0; request < 1000; request += 1) await revocations.notBefore('orders')
    await vi.waitFor(() => expect(front.asked).toHaveLength(2), { timeout: 60_000 })
    hangUp()
    await vi.waitFor(
      async () => {
        now += 1000
        await revocations.notBefore('orders')
        expect(front.asked).toHaveLength(3)
      },
      { timeout: 60_000 },
    )
  })

  test('holds for minutes when no newer one comes, and then none does, at once', async () => {
    const revocations = list()
    await revocations.notBefore('orders')
    front.answers(() => ({ status: 503, body: { error: 'temporarily_unavailable' } }))

    now += 300_000
    const late = await revocations.notBefore('orders')
    now += 1

    expect(late).toBe(42)
    await expect(revocations.notBefore('orders')).rejects.toThrow(RevocationsUnavailable)
    const asked = front.asked.length
    await expect(revocations.notBefore('orders')).rejects.toThrow('HTTP 503')
    expect(front.asked).toHaveLength(asked)
  })

  test('comes back when the vendor does', async () => {
    const revocations = list()
    front.answers(() => 'none')
    await expect(revocations.notBefore('orders')).rejects.toThrow(RevocationsUnavailable)
    front.answers(() => ({ status: 200, body: { revocations: [] } }))

    now += 1000

    expect(await revocations.notBefore('orders')).toBeUndefined()
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
