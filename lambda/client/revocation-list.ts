// The published list of revocations, read: a compact JWS of the stage's own key, which whoever verifies has pinned. Nothing of a list that is not
// signed, is of another kind, or has expired is believed.
import { createPublicKey, type KeyObject } from 'node:crypto'
import { compactVerify } from 'jose'
import { isJsonObject, parseJsonObject } from '../core/base/json-object.ts'
import { readPublicKey } from '../core/base/jws.ts'
import { REVOCATIONS_TYPE, readDocument } from '../core/revocations/document.ts'

export class RevocationsUnavailable extends Error {
  constructor(why: string) {
    super(`The list of revocations could not be read: ${why}.`)
    this.name = 'RevocationsUnavailable'
  }
}

export interface ReadList {
  /** Client → epoch seconds: a token with an earlier `iat` is to be refused. */
  readonly clients: ReadonlyMap<string, number>
  /** Epoch seconds; 0 where the list does not say. */
  readonly at: number
  readonly validUntil: number
}

/** @param text SPKI in base64 as `aws kms get-public-key` prints it, PEM, or a JWK. @throws TypeError */
export const readPinnedKey = (text: string): KeyObject => {
  const key = readPublicKey(text)?.publicKey
  if (key === undefined) {
    throw new TypeError('publicKey: expected an EC public key over P-256, as base64, PEM or JWK')
  }
  return createPublicKey(key.export({ format: 'pem', type: 'spki' }))
}

const ofDocument = (json: Parameters<typeof readDocument>[0]): ReadList => {
  const document = readDocument(json)
  if (document === undefined) throw new RevocationsUnavailable('what it says is no such list')
  const { at, validUntil, clients } = document
  return { at, validUntil, clients: new Map(clients.map(({ id, notBefore }) => [id, notBefore])) }
}

/** @throws RevocationsUnavailable */
export const verifyList = async (jws: string, key: KeyObject): Promise<ReadList> => {
  const verified = await compactVerify(jws, key, { algorithms: ['ES256'] }).catch(() => {
    throw new RevocationsUnavailable('its signature is not that of the pinned key')
  })
  if (verified.protectedHeader.typ !== REVOCATIONS_TYPE) {
    throw new RevocationsUnavailable('it is signed, but it is no such list')
  }
  return ofDocument(parseJsonObject(Buffer.from(verified.payload).toString('utf8')) ?? {})
}

/** Of a stack before its lists were signed (docs/upgrading.md). */
const ofUnsigned = (revocations: unknown): ReadList => {
  if (!Array.isArray(revocations)) throw new RevocationsUnavailable('it is no such list')
  const clients = new Map<string, number>()
  for (const one of revocations) {
    const { client_id: clientId, not_before: notBefore } = isJsonObject(one) ? one : {}
    if (typeof clientId !== 'string' || typeof notBefore !== 'number') {
      throw new RevocationsUnavailable('it is no such list')
    }
    clients.set(clientId, Math.max(notBefore, clients.get(clientId) ?? 0))
  }
  return { clients, at: 0, validUntil: Number.POSITIVE_INFINITY }
}

/** As the connection's word for it alone: for the time in which a stack is upgraded. @throws RevocationsUnavailable */
export const readUnsignedList = (text: string): ReadList => {
  const json = parseJsonObject(text)
  if (json !== undefined) return ofUnsigned(json.revocations)
  return ofDocument(parseJsonObject(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString('utf8')) ?? {})
}
