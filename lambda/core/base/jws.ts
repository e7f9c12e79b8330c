// A compact JWS (RFC 7515) as this project signs and reads one: ES256 by a KMS key, which is named by its ARN. Whoever reads one brings the
// public key: it is never taken from the document, nor from where that lies.

import { createHash, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'
import { rawSignatureOf } from './ecdsa-signature.ts'
import { Fault } from './fault.ts'
import { filled, type JsonObject, parseJsonObject } from './json-object.ts'
import { ok, type Result, refused } from './result.ts'

const ALGORITHM = 'ES256'

export interface Signer {
  readonly keyArn: string
  /**
   * @param digest SHA-256, 32 bytes. @param timeoutMs for the call and its repeats. @returns an ECDSA signature as DER
   * @throws Fault SIGNATURE_UNAVAILABLE
   */
  sign(digest: Uint8Array, timeoutMs: number): Promise<Uint8Array>
}

const encoded = (json: unknown): string => Buffer.from(JSON.stringify(json)).toString('base64url')

/** What is signed: header and payload, each in base64url (RFC 7515 §5.1). @param type `typ` of the header @param keyArn of the key that signs */
export const signingInputOf = (type: string, keyArn: string, payload: object): string =>
  `${encoded({ alg: ALGORITHM, typ: type, kid: keyArn })}.${encoded(payload)}`

/** SHA-256, 32 bytes: KMS signs the digest. */
export const digestOf = (input: string): Buffer => createHash('sha256').update(input).digest()

/** @param signature r and s, 64 bytes */
export const compactJws = (input: string, signature: Uint8Array): string =>
  `${input}.${Buffer.from(signature).toString('base64url')}`

/** @throws Fault SIGNATURE_UNAVAILABLE */
export const signJws = async (signer: Signer, input: string, timeoutMs: number): Promise<string> => {
  const signature = rawSignatureOf(await signer.sign(digestOf(input), timeoutMs))
  if (signature !== undefined) return compactJws(input, signature)
  const message = `KMS answered Sign with ${signer.keyArn} with something other than an ECDSA signature over P-256; check the key's spec.`
  throw new Fault({ code: 'SIGNATURE_UNAVAILABLE', retryable: false, message })
}

export interface TrustedKey {
  readonly publicKey: KeyObject
  /** ARN of the key, where it is known: the document must name the same one. */
  readonly keyArn?: string | undefined
}

const isP256 = ({ type, asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean =>
  type === 'public' && asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1'

/** DER in base64, as `aws kms get-public-key` prints it. */
const BASE64 = /^[A-Za-z0-9+/]{40,}={0,2}$/

const ofDer = (key: Buffer): KeyObject => createPublicKey({ key, format: 'der', type: 'spki' })

const toPublicKey = (text: string): KeyObject => {
  if (BASE64.test(text.trim())) return ofDer(Buffer.from(text, 'base64'))
  const jwk = parseJsonObject(text)
  if (jwk === undefined) return createPublicKey(text)
  // Not the whole: `d` would make it a private key, whose file should be nowhere near.
  const { kty, crv, x, y } = jwk as JsonWebKey
  return createPublicKey({ key: { kty, crv, x, y } as JsonWebKey, format: 'jwk' })
}

/** @param given SPKI as DER; or text, a JWK, PEM, or DER in base64. A JWK's `kid` is the key's ARN. @returns undefined for what is no public key over P-256 */
export const readPublicKey = (given: string | Uint8Array): TrustedKey | undefined => {
  try {
    const isText = typeof given === 'string'
    const publicKey = isText ? toPublicKey(given) : ofDer(Buffer.from(given))
    const keyArn = isText ? filled(parseJsonObject(given)?.kid) : undefined
    return isP256(publicKey) ? { publicKey, keyArn } : undefined
  } catch {
    return undefined
  }
}

export type JwsFault = 'notAJws' | 'otherAlgorithm' | 'otherType' | 'otherKey' | 'wrongSignature' | 'malformedPayload'

/** @returns undefined unless it is the one base64url text of these bytes. */
const decoded = (part: string): Buffer | undefined => {
  const bytes = Buffer.from(part, 'base64url')
  return part !== '' && bytes.toString('base64url') === part ? bytes : undefined
}

interface Expected {
  /** `typ` of the header: what one kind of document says must not pass for another's. */
  readonly type: string
  /** Characters; a longer text is none. */
  readonly maxLength: number
}

/** @returns the payload; or why nothing in it may be believed. */
export const openJws = (
  jws: string,
  { publicKey, keyArn }: TrustedKey,
  { type, maxLength }: Expected,
): Result<JsonObject, JwsFault> => {
  const parts = jws.length > maxLength ? [] : jws.trim().split('.')
  const [head, body, signature] = parts.map(decoded)
  if (parts.length !== 3 || head === undefined || body === undefined || signature === undefined) {
    return refused('notAJws')
  }
  const header = parseJsonObject(head.toString('utf8'))
  if (header === undefined || 'crit' in header) return refused('notAJws')
  if (header.alg !== ALGORITHM) return refused('otherAlgorithm')
  if (header.typ !== type) return refused('otherType')
  const kid = filled(header.kid)
  if (kid === undefined || (keyArn !== undefined && kid !== keyArn)) return refused('otherKey')
  const input = Buffer.from(parts.slice(0, 2).join('.'))
  const isSigned =
    isP256(publicKey) &&
    signature.length === 64 &&
    verify('sha256', input, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)
  if (!isSigned) return refused('wrongSignature')
  const payload = parseJsonObject(body.toString('utf8'))
  return payload === undefined ? refused('malformedPayload') : ok(payload)
}
