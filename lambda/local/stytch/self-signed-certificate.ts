// The certificate that Stytch's JWKS carries in x5c and x5tS256. node:crypto reads X.509 but cannot write it, and a made-up
// x5c would break the first verifier that looks, so here is the least DER that makes a real one. Used by signing-keys.ts.
import { type KeyObject, sign } from 'node:crypto'

const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  if (body.length < 128) return Buffer.concat([Buffer.from([tag, body.length]), body])
  const length = Buffer.from(body.length.toString(16).padStart(body.length > 0xff ? 4 : 2, '0'), 'hex')
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body])
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts)
const bitString = (bytes: Uint8Array): Buffer => der(0x03, Buffer.from([0]), bytes)
const time = (text: string): Buffer => der(0x18, Buffer.from(text, 'ascii'))

// sha256WithRSAEncryption (1.2.840.113549.1.1.11) with its NULL, and commonName (2.5.4.3).
const RS256 = sequence(Buffer.from('06092a864886f70d01010b', 'hex'), Buffer.from('0500', 'hex'))
const COMMON_NAME = Buffer.from('0603550403', 'hex')

/** DER, self-signed, without an end: X.509's 9999 means "no well-defined expiration", so no clock is asked. */
export const selfSignedCertificate = (publicKey: KeyObject, privateKey: KeyObject): Buffer => {
  const name = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from('stytch stand-in', 'utf8')))))
  const tbs = sequence(
    Buffer.from('020101', 'hex'),
    RS256,
    name,
    sequence(time('20240101000000Z'), time('99991231235959Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  )
  return sequence(tbs, RS256, bitString(sign('RSA-SHA256', tbs, privateKey)))
}
