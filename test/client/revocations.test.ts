// The list as a verifier polls it: beside its requests, once in half a minute, for all; signed by the pinned key, the last one for an hour, and
// then none.
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { RevocationsUnavailable } from '../../lambda/client/revocation-list.ts'
import { createRevocations, type RevocationSettings } from '../../lambda/client/revocations.ts'
import { compactJws, signingInputOf } from '../../lambda/core/base/jws.ts'
import { REVOCATIONS_TYPE } from '../../lambda/core/revocations/document.ts'
import { useFront } from './front-seat.ts'

const front = useFront()
const WRITTEN_AT = 1_795_740_000
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pinned = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
const document = (more: object = {}) => ({
  version: 1,
  at: WRITTEN_AT,
  validUntil: WRITTEN_AT + 10_800,
  clients: [{ id: 'orders', notBefore: 42 }],
  ...more,
})
const signed = (payload: object = document(), type = REVOCATIONS_TYPE, key: KeyObject = privateKey): string => {
  const input = signingInputOf(type, 'arn:aws:kms:eu-west-1:111111111111:key/1', payload)
  return compactJws(input, sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }))
}
const listAnswer = (body: string = signed(), etag = '"1"') => ({ status: 200, body, headers: { etag } })

/** Milliseconds on the clock that nobody sets. */
let now = 0
beforeEach(() => {
  now = 1_000_000
  front.answers(() => listAnswer())
})
const list = (more: Partial<RevocationSettings> = {}) =>
  createRevocations({
    ...front.place(),
    publicKey: pinned,
    elapsed: () => now,
    now: () => WRITTEN_AT * 1000 + (now - 1_000_000),
    chance: () => 1,
    ...more,
  })

describe('the list', () => {
  test('says since when tokens of a client are good', async () => {
    const revocations = list()

    expect([await revocations.notBefore('orders'), await revocations.notBefore('billing')]).toEqual([42, undefined])
    expect(front.asked).toMatchObject([{ method: 'GET', url: '/prod/revocations', body: '' }])
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
    // Whoever waited for the vendor would wait for longer than the test.
    const revocations = list({ wait, timeoutMs: 600_000 })
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

  test('holds for an hour when no newer one comes, and then none does, at once', async () => {
    const revocations = list()
    await revocations.notBefore('orders')
    front.answers(() => ({ status: 503, body: { error: 'temporarily_unavailable' } }))

    now += 3_600_000
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
    front.answers(() => listAnswer(signed(document({ clients: [] }))))

    now += 1000

    expect(await revocations.notBefore('orders')).toBeUndefined()
  })

  test.each([
    ['an object', '{}'],
    ['a text', 'x'],
    ['another kind of document of the same key', signed(document(), 'm2m-proof+jwt')],
    [
      'signed by another key',
      signed(document(), REVOCATIONS_TYPE, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
    ],
    ['of another version', signed(document({ version: 2 }))],
    ['the list of an older stack', JSON.stringify({ as_of: 1, revocations: [] })],
  ])('is none when it is %s', async (_what, body) => {
    front.answers(() => listAnswer(body))

    await expect(list().notBefore('orders')).rejects.toThrow(RevocationsUnavailable)
  })

  test('that has expired holds no longer, however often it is served', async () => {
    const revocations = list({ maxAgeSeconds: 100_000 })
    front.answers(() => listAnswer(signed(document({ validUntil: WRITTEN_AT + 100 }))))
    await revocations.notBefore('orders')

    now += 160_000
    const within = await revocations.notBefore('orders')
    now += 1_000

    expect(within).toBe(42)
    await expect(revocations.notBefore('orders')).rejects.toThrow('it has expired')
  })

  test('that has expired, though the vendor serves it, is asked for after a pause and not with each request', async () => {
    const revocations = list({ maxAgeSeconds: 100_000 })
    front.answers(() => listAnswer(signed(document({ validUntil: WRITTEN_AT + 100 }))))
    await revocations.notBefore('orders')
    now += 161_000

    for (let request = 0; request < 50; request += 1) {
      await expect(revocations.notBefore('orders')).rejects.toThrow('it has expired')
    }

    expect(front.asked).toHaveLength(2)
  })

  test('is asked for as soon as it is older than it may be', async () => {
    const revocations = list({ maxAgeSeconds: 10 })
    await revocations.notBefore('orders')

    now += 10_001

    expect(await revocations.notBefore('orders')).toBe(42)
    expect(front.asked).toHaveLength(2)
  })

  test('comes by credentials that are waited for as long as the vendor is', async () => {
    const revocations = list({ credentials: () => new Promise(() => undefined), timeoutMs: 1 })

    await expect(revocations.notBefore('orders')).rejects.toThrow('CredentialsTimeout')
  })

  test('that is older than the one before is not believed, and that one holds', async () => {
    const revocations = list()
    await revocations.notBefore('orders')
    front.answers(() => listAnswer(signed(document({ at: WRITTEN_AT - 1, clients: [] })), '"0"'))

    now += 60_000
    const found = await revocations.notBefore('orders')
    await vi.waitFor(() => expect(front.asked).toHaveLength(2), { timeout: 60_000 })

    expect([found, await revocations.notBefore('orders')]).toEqual([42, 42])
  })

  test('that did not change is asked for by its ETag, and holds on', async () => {
    const revocations = list()
    await revocations.notBefore('orders')
    front.answers(({ ifNoneMatch }) => (ifNoneMatch === '"1"' ? { status: 304, body: '' } : { status: 500, body: {} }))

    for (let polls = 0; polls < 3; polls += 1) {
      now += 3_000_000
      await vi.waitFor(async () => expect(await revocations.notBefore('orders')).toBe(42), { timeout: 60_000 })
    }

    expect(front.asked.slice(1).map(({ ifNoneMatch }) => ifNoneMatch)).toEqual(['"1"', '"1"', '"1"'])
  })

  test('without a key is no list at all, unless the connection is to be believed', async () => {
    const { publicKey: _, ...unpinned } = { ...front.place(), publicKey: pinned }
    front.answers(() => listAnswer(JSON.stringify({ revocations: [{ client_id: 'orders', not_before: 7 }] })))
    const unsigned = createRevocations({ ...unpinned, acceptUnsigned: true, elapsed: () => now, now: () => 0 })

    expect(() => createRevocations(unpinned)).toThrow('RevocationsPublicKey')
    expect(() => createRevocations({ ...unpinned, publicKey: 'key' })).toThrow('expected an EC public key')
    expect(await unsigned.notBefore('orders')).toBe(7)
    front.answers(() => listAnswer())
    now += 3_700_000
    expect(await unsigned.notBefore('orders')).toBe(42)
  })

  test('is none when nobody answers at first', async () => {
    front.answers(() => 'none')

    await expect(list().notBefore('orders')).rejects.toThrow(RevocationsUnavailable)
  })
})
