// The list of revocations as it is published (docs/vending.md, "Revocations"): which clients' tokens are to be refused, and until when of
// issue. A signed document of a key of its own, small enough to be read by every verifier twice a minute. Pure: who stores and who serves it
// is elsewhere.

import { isJsonObject, type JsonObject } from '../base/json-object.ts'
import { type JwsFault, openJws, type TrustedKey } from '../base/jws.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { HOUR_MS, MINUTE_MS } from '../base/time-units.ts'
import { TOKEN_LIFETIME_MS } from '../secret/token-lifetime.ts'

export const REVOCATIONS_TYPE = 'm2m-revocations+jwt'

/** Where it lies in its bucket. */
export const REVOCATIONS_OBJECT = 'revocations.jws'

/** Of the KMS key that signs it: `alias/m2m-prod-revocations` */
export const publishingKeyAlias = (stage: string): string => `alias/m2m-${stage}-revocations`

/**
 * For how long one holds. The sweep signs it anew each time it runs, so that a reader's hour without one (client/revocations.ts) ends before
 * this does. Longer than a token lives, it makes nothing less safe: what was issued before a revoke is dead within an hour anyway.
 */
export const VALID_MS = 3 * HOUR_MS

/** For how long tokens of a client that was switched off are refused in advance: by then Stytch refuses it everywhere. */
export const SWITCHED_OFF_MS = 5 * MINUTE_MS

/** A verifier's clock may be behind: a client is named for as long after its last token's end. */
const MARGIN_MS = 5 * MINUTE_MS

/** Ten thousand clients, twice over. */
export const MAX_DOCUMENT_LENGTH = 4_000_000

export interface NamedClient {
  readonly id: string
  /** Epoch seconds: a token with an earlier `iat` is to be refused. */
  readonly notBefore: number
}

export interface RevocationDocument {
  readonly version: 1
  /** Epoch seconds: when it was written. Never goes back. */
  readonly at: number
  /** Epoch seconds: after that, nothing in it may be relied on. */
  readonly validUntil: number
  /** Ordered by id, each once. */
  readonly clients: readonly NamedClient[]
}

/** What a writer knows. */
export interface RevocationChange {
  /** Client → epoch seconds: a token with an earlier `iat` is to be refused. */
  readonly revoked: ReadonlyMap<string, number>
  /** Clients that were switched on: what was refused in advance no longer is. @default - none */
  readonly released?: readonly string[]
}

/** `iat` has whole seconds, so that a token issued in the very second is refused with those before. */
export const secondsAfter = (at: number): number => Math.floor(at / 1000) + 1

const isSeconds = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

const isClient = (value: unknown): value is JsonObject & NamedClient =>
  isJsonObject(value) && typeof value.id === 'string' && value.id !== '' && isSeconds(value.notBefore)

/** Fields that this version does not know are let pass. @returns undefined for what is no such document */
export const readDocument = (json: JsonObject): RevocationDocument | undefined => {
  const { version, at, validUntil, clients } = json
  if (version !== 1 || !isSeconds(at) || !isSeconds(validUntil)) return undefined
  if (!Array.isArray(clients) || !clients.every(isClient)) return undefined
  return { version, at, validUntil, clients: clients.map(({ id, notBefore }) => ({ id, notBefore })) }
}

export const openDocument = (jws: string, trusted: TrustedKey): Result<RevocationDocument, JwsFault> => {
  const opened = openJws(jws, trusted, { type: REVOCATIONS_TYPE, maxLength: MAX_DOCUMENT_LENGTH })
  if (!opened.ok) return opened
  const document = readDocument(opened.value)
  return document === undefined ? refused('malformedPayload') : ok(document)
}

/** Whether a document says all of a change already. */
export const holds = (
  document: RevocationDocument,
  { revoked, released = [] }: RevocationChange,
  now: number,
): boolean => {
  const named = new Map(document.clients.map(({ id, notBefore }) => [id, notBefore]))
  return (
    [...revoked].every(([id, notBefore]) => (named.get(id) ?? 0) >= notBefore) &&
    released.every((id) => (named.get(id) ?? 0) <= secondsAfter(now))
  )
}

/**
 * What is to be written next. Of what others have written nothing is lost: a client's time goes forward only, but for one that was switched on,
 * and no further back than now; and it is left out once every token that it is about has expired.
 */
export const nextDocument = (
  before: RevocationDocument | undefined,
  { revoked, released = [] }: RevocationChange,
  now: number,
): RevocationDocument => {
  const named = new Map((before?.clients ?? []).map(({ id, notBefore }) => [id, notBefore]))
  for (const id of released) named.set(id, Math.min(named.get(id) ?? 0, secondsAfter(now)))
  for (const [id, notBefore] of revoked) named.set(id, Math.max(named.get(id) ?? 0, notBefore))
  const expired = now - TOKEN_LIFETIME_MS - MARGIN_MS
  const clients = [...named]
    .filter(([, notBefore]) => notBefore * 1000 > expired)
    .map(([id, notBefore]) => ({ id, notBefore }))
    .sort((one, other) => (one.id < other.id ? -1 : 1))
  // Writers' clocks differ: a reader believes no document that is older than the one it has.
  const at = Math.max(Math.floor(now / 1000), before?.at ?? 0)
  return { version: 1, at, validUntil: at + VALID_MS / 1000, clients }
}
