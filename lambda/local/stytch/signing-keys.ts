// The project's token signing keys and its JWKS. A 2048-bit key costs a noticeable moment, so the first one is made once a
// process, on first use; a rotated key is made anew. Private keys never leave this file.
import { createHash, generateKeyPair, type KeyObject, randomUUID, sign } from 'node:crypto'
import { promisify } from 'node:util'
import type { Ids } from './ids.ts'
import { selfSignedCertificate } from './self-signed-certificate.ts'

interface SigningKey {
  readonly uuid: string
  readonly privateKey: KeyObject
  /** Without its kid. */
  readonly jwk: Readonly<Record<string, unknown>>
}

/** Stytch serves a replaced key for one more month. */
export const REPLACED_KEY_SERVED_MS = 30 * 24 * 3600 * 1000

const generate = async (): Promise<SigningKey> => {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const certificate = selfSignedCertificate(publicKey, privateKey)
  const { n, e } = publicKey.export({ format: 'jwk' })
  return {
    uuid: randomUUID(),
    privateKey,
    jwk: {
      kty: 'RSA',
      use: 'sig',
      key_ops: ['verify'],
      alg: 'RS256',
      x5c: [certificate.toString('base64')],
      // Stytch's own spelling; the RFC's is x5t#S256.
      x5tS256: createHash('sha256').update(certificate).digest('base64url'),
      n,
      e,
    },
  }
}

let firstOfProcess: Promise<SigningKey> | undefined
const firstKey = (): Promise<SigningKey> => {
  firstOfProcess ??= generate()
  return firstOfProcess
}

export interface SigningKeys {
  /** A compact RS256 JWS over the claims. */
  signJwt(claims: object): Promise<string>
  /** The `keys` of the JWKS at that time: the newest first. */
  jwks(now: number): Promise<object[]>
  /** Signs with a new key from now on. @returns its kid. */
  rotate(now: number): Promise<string>
  clear(): void
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

export const createSigningKeys = (ids: Ids): SigningKeys => {
  let rotated: SigningKey | undefined
  let replaced: Array<{ key: SigningKey; servedUntilAt: number }> = []
  const newest = async (): Promise<SigningKey> => rotated ?? (await firstKey())
  return {
    signJwt: async (claims) => {
      const key = await newest()
      const signed = `${part({ alg: 'RS256', kid: ids.key(key.uuid), typ: 'JWT' })}.${part(claims)}`
      return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key.privateKey).toString('base64url')}`
    },
    jwks: async (now) => {
      const old = replaced.filter(({ servedUntilAt }) => servedUntilAt > now).map(({ key }) => key)
      return [await newest(), ...old].map((key) => ({ ...key.jwk, kid: ids.key(key.uuid) }))
    },
    rotate: async (now) => {
      const old = await newest()
      const key = await generate()
      rotated = key
      replaced = [{ key: old, servedUntilAt: now + REPLACED_KEY_SERVED_MS }, ...replaced]
      return ids.key(key.uuid)
    },
    clear: () => {
      rotated = undefined
      replaced = []
    },
  }
}
