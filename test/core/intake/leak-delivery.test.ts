// Whether a detector signed a delivery: by the detectors' own examples, and by what a forger would try.
import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  type Delivery,
  deliveryKey,
  type SigningKeys,
  verifyDelivery,
} from '../../../lambda/core/intake/leak-delivery.ts'
import { isFresh, isSigned, readTimestamp } from '../../../lambda/core/intake/signature.ts'

const NOW = Date.parse('2026-10-05T09:12:31Z')
const SECONDS = String(NOW / 1000)
const body = Buffer.from('{"a":1}')
const keys: SigningKeys = { github: ['new-key', 'old-key'], gitguardian: ['token'], plain: ['plain-key'] }
const hmac = (key: string, message: string | Buffer): string =>
  `sha256=${createHmac('sha256', key).update(message).digest('hex')}`

const github = (key: string): Delivery => ({ headers: { 'x-hub-signature-256': hmac(key, body) }, body })
const gitguardian = (key: string, at: string): Delivery => ({
  headers: { timestamp: at, 'gitguardian-signature': hmac(`${at}${key}`, body) },
  body,
})
const plain = (key: string, at: string): Delivery => ({
  headers: { 'x-m2m-timestamp': at, 'x-m2m-signature': hmac(key, Buffer.concat([Buffer.from(`${at}.`), body])) },
  body,
})

describe('the detectors’ own examples', () => {
  test('GitHub’s, from "Validating webhook deliveries"', () => {
    const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'

    expect(isSigned({ signature, message: ['Hello, World!'], keys: ["It's a Secret to Everybody"] })).toBe(true)
  })

  test('GitGuardian’s, from "Custom webhook"', () => {
    const delivery: Delivery = {
      headers: {
        timestamp: '0',
        'gitguardian-signature': 'sha256=172fe3d694b734aa53dc892fd3b8d62163fc240064de570ba006900bb54a0fc2',
      },
      body: Buffer.from('bar'),
    }

    expect(verifyDelivery(delivery, { gitguardian: ['foo'] }, 0)).toEqual({ ok: true, value: 'gitguardian' })
  })
})

describe('a delivery', () => {
  test.each([
    ['github', github('new-key')],
    ['github', github('old-key')],
    ['gitguardian', gitguardian('token', SECONDS)],
    ['gitguardian', gitguardian('token', `${SECONDS}.290758`)],
    ['plain', plain('plain-key', SECONDS)],
  ])('of %s is told by its header', (detector, delivery) => {
    expect(verifyDelivery(delivery, keys, NOW)).toEqual({ ok: true, value: detector })
  })

  test.each<[string, Delivery]>([
    ['unknownForm', { headers: {}, body }],
    ['unknownForm', { headers: { ...github('new-key').headers, ...plain('plain-key', SECONDS).headers }, body }],
    ['badSignature', github('another')],
    ['badSignature', { ...github('new-key'), body: Buffer.from('{"a":2}') }],
    ['badSignature', { headers: { 'x-hub-signature-256': '' }, body }],
    ['badSignature', { headers: { 'x-hub-signature-256': 'sha256=' }, body }],
    ['badSignature', { headers: { 'x-hub-signature-256': hmac('new-key', body).replace('sha256=', 'sha1=') }, body }],
    ['badSignature', { headers: { 'x-hub-signature-256': `${hmac('new-key', body)}00` }, body }],
    ['badSignature', gitguardian('another', SECONDS)],
    // The time is part of the key: another one makes another signature.
    [
      'badSignature',
      { ...gitguardian('token', SECONDS), headers: { ...gitguardian('token', SECONDS).headers, timestamp: '1' } },
    ],
    ['badSignature', { headers: { 'x-m2m-signature': hmac('plain-key', body) }, body }],
    ['staleTimestamp', gitguardian('token', String(NOW / 1000 - 301))],
    ['staleTimestamp', plain('plain-key', String(NOW / 1000 + 301))],
    ['staleTimestamp', plain('plain-key', 'soon')],
  ])('is refused as %s: %j', (why, delivery) => {
    expect(verifyDelivery(delivery, keys, NOW)).toEqual({ ok: false, refusal: why })
  })

  test('of a detector that has no key is refused', () => {
    expect(verifyDelivery(github('new-key'), { plain: ['x'] }, NOW)).toEqual({ ok: false, refusal: 'noKey' })
  })

  test('that comes again is recognised by what a forger cannot choose', () => {
    const first = plain('plain-key', SECONDS)

    expect(deliveryKey('plain', first)).toBe(deliveryKey('plain', plain('plain-key', SECONDS)))
    expect(deliveryKey('plain', first)).not.toBe(deliveryKey('plain', plain('plain-key', `${SECONDS}1`)))
    const upper = {
      ...first,
      headers: {
        ...first.headers,
        'x-m2m-signature': first.headers['x-m2m-signature']?.toUpperCase().replace('SHA', 'sha'),
      },
    }
    expect(deliveryKey('plain', upper)).toBe(deliveryKey('plain', first))
  })
})

describe('a time', () => {
  test.each(['', ' 1', '-1', '1e9', '0x1', '2026-10-05', '1.', 'NaN', undefined])('is not %j', (text) => {
    expect(readTimestamp(text)).toBeUndefined()
  })

  test('is fresh for five minutes, before and behind', () => {
    expect(isFresh(NOW - 300_000, NOW)).toBe(true)
    expect(isFresh(NOW + 300_000, NOW)).toBe(true)
    expect(isFresh(NOW - 300_001, NOW)).toBe(false)
    expect(isFresh(undefined, NOW)).toBe(false)
  })
})
