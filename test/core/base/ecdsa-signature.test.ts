// DER to 64 bytes, against Node's own two encodings of the same signature; and that no other encoding is taken.
import { createSign, generateKeyPairSync, verify } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rawSignatureOf } from '../../../lambda/core/base/ecdsa-signature.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const derOf = (text: string): Buffer => createSign('sha256').update(text).sign({ key: privateKey, dsaEncoding: 'der' })

/** An INTEGER as DER has it. */
const integer = (value: bigint): Buffer => {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  const padded = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes
  return Buffer.concat([Buffer.from([0x02, padded.length]), padded])
}
const sequence = (...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([0x30, body.length]), body])
}
const hexOf = (value: bigint): string => value.toString(16).padStart(64, '0')
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const coordinate = fc.oneof(
  fc.bigInt(1n, ORDER - 1n),
  // Short ones, whose leading zeros DER leaves out.
  fc.bigInt(1n, 2n ** 200n),
  fc.bigInt(1n, 255n),
)

describe('a signature', () => {
  test('of Node verifies in the other encoding', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const raw = rawSignatureOf(derOf(text)) ?? Buffer.alloc(0)

        expect(raw).toHaveLength(64)
        expect(verify('sha256', Buffer.from(text), { key: publicKey, dsaEncoding: 'ieee-p1363' }, raw)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  test('is r and s, 32 bytes each, however short they are', () => {
    fc.assert(
      fc.property(coordinate, coordinate, (r, s) => {
        expect(rawSignatureOf(sequence(integer(r), integer(s)))?.toString('hex')).toBe(`${hexOf(r)}${hexOf(s)}`)
      }),
    )
  })

  test('is taken in its one encoding only: any byte more, less or other is no signature, or another one', () => {
    fc.assert(
      fc.property(coordinate, coordinate, fc.nat(71), fc.integer({ min: 1, max: 255 }), (r, s, at, change) => {
        const der = sequence(integer(r), integer(s))
        const raw = rawSignatureOf(der)?.toString('hex')
        const changed = Buffer.from(der)
        changed[at % der.length] = (changed[at % der.length] ?? 0) ^ change

        expect(rawSignatureOf(changed)?.toString('hex')).not.toBe(raw)
        expect(rawSignatureOf(der.subarray(0, -1))).toBeUndefined()
        expect(rawSignatureOf(Buffer.concat([der, Buffer.from([0])]))).toBeUndefined()
      }),
    )
  })

  test('whatever the bytes are, the parser answers', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect([undefined, 64]).toContain(rawSignatureOf(bytes)?.length)
      }),
    )
  })

  const one = integer(1n)
  test.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['of zero', sequence(integer(0n), one)],
    ['as large as the order', sequence(one, integer(ORDER))],
    ['with a negative r', sequence(Buffer.from([0x02, 0x01, 0x80]), one)],
    ['with a zero too many', sequence(Buffer.from([0x02, 0x02, 0x00, 0x01]), one)],
    ['with an empty integer', sequence(Buffer.from([0x02, 0x00]), one)],
    ['of three integers', sequence(one, one, one)],
    ['of one integer', sequence(one)],
    ['in a SET', Buffer.concat([Buffer.from([0x31, 0x06]), one, one])],
    ['of 33 bytes', sequence(Buffer.concat([Buffer.from([0x02, 33, 1]), Buffer.alloc(32)]), one)],
    ['with a length of two bytes', Buffer.concat([Buffer.from([0x30, 0x81, 0x06]), one, one])],
  ])('%s is none', (_what, der) => {
    expect(rawSignatureOf(der)).toBeUndefined()
  })
})
