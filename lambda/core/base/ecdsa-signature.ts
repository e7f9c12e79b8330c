// An ECDSA signature over P-256 in its two forms: the DER that KMS answers with (X9.62: SEQUENCE of two INTEGERs), and the 64 bytes that a
// JWS holds (RFC 7518 §3.4: r, then s, 32 bytes each). Strict: what is not the one right encoding is no signature.

const SEQUENCE = 0x30
const INTEGER = 0x02
const COORDINATE = 32
/** Order of P-256's base point (FIPS 186-5, SP 800-186 §3.2.1.3). */
const ORDER = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')

/** @returns the 32 bytes and where the next element begins; undefined for anything but a minimal INTEGER between 0 and the order. */
const readCoordinate = (der: Buffer, at: number): { readonly bytes: Buffer; readonly end: number } | undefined => {
  const length = der[at + 1] ?? 0
  const end = at + 2 + length
  if (der[at] !== INTEGER || length < 1 || length > COORDINATE + 1 || end > der.length) return undefined
  const [first = 0, second = 0] = der.subarray(at + 2, at + 4)
  const isNegative = first >= 0x80
  const isPadded = first === 0 && (length === 1 || second < 0x80)
  const magnitude = first === 0 ? der.subarray(at + 3, end) : der.subarray(at + 2, end)
  if (isNegative || isPadded || magnitude.length > COORDINATE) return undefined
  const bytes = Buffer.concat([Buffer.alloc(COORDINATE - magnitude.length), magnitude])
  return Buffer.compare(bytes, ORDER) < 0 ? { bytes, end } : undefined
}

/** @returns 64 bytes; undefined for what is no such signature. */
export const rawSignatureOf = (given: Uint8Array): Buffer | undefined => {
  const der = Buffer.from(given)
  // Two coordinates take 70 bytes at most, so that the length is a single byte.
  if (der[0] !== SEQUENCE || der[1] !== der.length - 2 || der.length > 72) return undefined
  const r = readCoordinate(der, 2)
  const s = r === undefined ? undefined : readCoordinate(der, r.end)
  if (r === undefined || s === undefined || s.end !== der.length) return undefined
  return Buffer.concat([r.bytes, s.bytes])
}
