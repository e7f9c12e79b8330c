// ECDSA over P-256 of a digest that somebody else has made, as KMS signs with MessageType DIGEST. Node's own signing hashes what it is
// given, so the sum is done here; the point k·G is Node's. FIPS 186-5, section 6.4.1.
import { createECDH } from 'node:crypto'

/** The order of the curve's group. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const COORDINATE_BYTES = 32

const toNumber = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`)

/** By Fermat: the order is a prime. */
const inverse = (value: bigint): bigint => {
  let result = 1n
  let base = value % ORDER
  for (let exponent = ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * base) % ORDER
    base = (base * base) % ORDER
  }
  return result
}

/** A positive INTEGER of DER: the shortest bytes, with a zero before a leading one bit. */
const integer = (value: bigint): Buffer => {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  const body = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes
  return Buffer.concat([Buffer.from([2, body.length]), body])
}

/**
 * @param digest - 32 bytes
 * @param privateKey - the scalar, 32 bytes
 * @returns the signature in DER
 */
export const signDigest = (digest: Buffer, privateKey: Buffer): Buffer => {
  for (;;) {
    const once = createECDH('prime256v1')
    const point = once.generateKeys()
    const r = toNumber(point.subarray(1, 1 + COORDINATE_BYTES)) % ORDER
    const k = toNumber(once.getPrivateKey())
    const s = (inverse(k) * (toNumber(digest) + r * toNumber(privateKey))) % ORDER
    if (r === 0n || s === 0n) continue
    const body = Buffer.concat([integer(r), integer(s)])
    return Buffer.concat([Buffer.from([0x30, body.length]), body])
  }
}
