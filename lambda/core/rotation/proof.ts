// The signed proof that a revoke ended with: a compact JWS (RFC 7515) over what Stytch answered, signed by the stage's KMS key, in the
// evidence bucket under a key made of the two request tokens (docs/evidence.md). Whoever reads one brings the public key: it is taken
// neither from the document nor from the bucket.

import { filled, isJsonObject, type JsonObject } from '../base/json-object.ts'
import { type JwsFault, openJws, signingInputOf, type TrustedKey } from '../base/jws.ts'
import { keyPath, keySegment } from '../base/key-segment.ts'
import { ok, type Result, refused } from '../base/result.ts'
import type { RegionStatus } from '../secret/replica-state.ts'

/** One value that Stytch refused, each time it was tried. */
export interface ProvenRefusal {
  readonly versionId: string
  readonly lastFour: string
  /** How many exchanges were refused. */
  readonly refusals: number
  /** ISO 8601. */
  readonly firstRefusedAt: string
  /** ISO 8601: the last exchange that Stytch still accepted. @default - none was seen */
  readonly lastAcceptedAt?: string
  /** Stytch's names for the refusals, one an exchange. */
  readonly errors: readonly string[]
  readonly requestIds: readonly string[]
}

interface ProvenAcceptance {
  readonly versionId: string
  readonly lastFour: string
  readonly requestId: string
  /** ISO 8601. */
  readonly provenAt: string
}

export interface ProofPayload {
  readonly version: 1
  readonly stage: string
  readonly secretArn: string
  readonly clientId: string
  readonly revokeToken: string
  readonly settleToken: string
  /** Empty where no lost value could be read: then the slots are all there is. */
  readonly refused: readonly ProvenRefusal[]
  /** Ids of versions whose value could not be read, and so not be tried. @default - there are none */
  readonly bySlots?: readonly string[]
  readonly accepted?: ProvenAcceptance
  /** Last four of Stytch's two slots as last seen, and the request that showed them. */
  readonly slots: { readonly current: string; readonly next: string | null; readonly requestId: string }
  /** Milliseconds after which another proof under the same tokens confirms this one. @default - as deployed without settings of one's own */
  readonly confirmedAfterMs?: number
  /** The secret's copies in other Regions, as Secrets Manager reported them at that time. @default - there are none */
  readonly regions?: readonly RegionStatus[]
  /** ISO 8601. */
  readonly at: string
}

const TYPE = 'm2m-proof+jwt'

/** Of the KMS key that signs: `alias/m2m-prod-proofs` */
export const proofKeyAlias = (stage: string): string => `alias/m2m-${stage}-proofs`

/** `proofs/<stage>/<secret name>/` */
export const proofPrefix = (stage: string, secretName: string): string =>
  `proofs/${keySegment(stage)}/${keyPath(secretName)}/`

export interface ProofName {
  readonly stage: string
  readonly secretName: string
  readonly revokeToken: string
  readonly settleToken: string
  /** 1 for the first proof under these tokens. @default 1 */
  readonly n?: number
}

/** `proofs/<stage>/<secret name>/<revoke token>.<settle token>.`: how the keys of all proofs under these tokens begin. */
export const proofBase = ({ stage, secretName, revokeToken, settleToken }: Omit<ProofName, 'n'>): string =>
  `${proofPrefix(stage, secretName)}${keySegment(revokeToken)}.${keySegment(settleToken)}.`

/** `proofs/<stage>/<secret name>/<revoke token>.<settle token>.jws`; from the second on, `….<n>.jws`. */
export const proofKey = ({ n = 1, ...name }: ProofName): string => `${proofBase(name)}${n === 1 ? '' : `${n}.`}jws`

const NAME = /^([^./]+)\.([^./]+)(?:\.([2-9]|[1-9]\d+))?\.jws$/

/** @returns the tokens in a proof's key; undefined for a key of another kind. */
export const readProofKey = (
  key: string,
): { readonly revokeToken: string; readonly settleToken: string; readonly n: number } | undefined => {
  const [, revokeToken, settleToken, n = '1'] = NAME.exec(key.slice(key.lastIndexOf('/') + 1)) ?? []
  return revokeToken === undefined || settleToken === undefined ? undefined : { revokeToken, settleToken, n: Number(n) }
}

/** Whether a key is that of a proof under these tokens. */
export const isProofOf = (key: string, name: Omit<ProofName, 'n'>): boolean => {
  const n = readProofKey(key)?.n
  return n !== undefined && key === proofKey({ ...name, n })
}

/** What is signed of a proof. @param keyArn of the key that signs */
export const signingInput = (payload: ProofPayload, keyArn: string): string => signingInputOf(TYPE, keyArn, payload)

type ProofFault = JwsFault | 'fromTheFuture'

const proofFaults: Readonly<Record<ProofFault, string>> = {
  notAJws: 'it is not a compact JWS',
  otherAlgorithm: 'its header does not say ES256',
  otherType: `its header does not say ${TYPE}`,
  otherKey: 'it names another key than the trusted one',
  wrongSignature: 'its signature is not that of the trusted key',
  malformedPayload: 'what it says cannot be read as a proof of version 1',
  fromTheFuture: 'it is dated in the future',
}

/** As the end of "it is not valid: …". */
export const explainProofFault = (fault: ProofFault): string => proofFaults[fault]

const isText = (value: unknown): value is string => filled(value) !== undefined
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText)
const isInstant = (value: unknown): value is string =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value))
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0

const isSpan = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0

const isRefusal = (value: unknown): boolean =>
  isJsonObject(value) &&
  [value.versionId, value.lastFour].every(isText) &&
  isCount(value.refusals) &&
  isInstant(value.firstRefusedAt) &&
  (value.lastAcceptedAt === undefined || isInstant(value.lastAcceptedAt)) &&
  [value.errors, value.requestIds].every(isTexts)

const isAcceptance = (value: unknown): boolean =>
  isJsonObject(value) && [value.versionId, value.lastFour, value.requestId].every(isText) && isInstant(value.provenAt)

const isSlots = (value: unknown): boolean =>
  isJsonObject(value) && [value.current, value.requestId].every(isText) && (value.next === null || isText(value.next))

const isRegion = (value: unknown): boolean => isJsonObject(value) && [value.region, value.status].every(isText)

/** Fields that this version does not know are let pass. */
const isPayload = (json: JsonObject): json is JsonObject & ProofPayload =>
  json.version === 1 &&
  [json.stage, json.secretArn, json.clientId, json.revokeToken, json.settleToken].every(isText) &&
  Array.isArray(json.refused) &&
  json.refused.every(isRefusal) &&
  (json.bySlots === undefined || isTexts(json.bySlots)) &&
  (json.accepted === undefined || isAcceptance(json.accepted)) &&
  isSlots(json.slots) &&
  (json.confirmedAfterMs === undefined || isSpan(json.confirmedAfterMs)) &&
  (json.regions === undefined || (Array.isArray(json.regions) && json.regions.every(isRegion))) &&
  isInstant(json.at)

/** The reader's clock may be behind that of the function. */
const CLOCK_SKEW_MS = 300_000
const MAX_LENGTH = 100_000

/** @param now epoch milliseconds. A refusal says why nothing in it may be believed. */
export const verifyProof = (jws: string, trusted: TrustedKey, now: number): Result<ProofPayload, ProofFault> => {
  const opened = openJws(jws, trusted, { type: TYPE, maxLength: MAX_LENGTH })
  if (!opened.ok) return opened
  const payload = opened.value
  if (!isPayload(payload)) return refused('malformedPayload')
  return Date.parse(payload.at) > now + CLOCK_SKEW_MS ? refused('fromTheFuture') : ok(payload)
}

/**
 * With several keys that are trusted, such as a former one beside the one in use: valid by any of them. A refusal is that of the key that the
 * document names, where there is one.
 */
export const verifyProofWith = (
  jws: string,
  trusted: readonly TrustedKey[],
  now: number,
): Result<ProofPayload, ProofFault> => {
  let fault: ProofFault = 'otherKey'
  for (const key of trusted) {
    const verified = verifyProof(jws, key, now)
    if (verified.ok) return verified
    if (verified.refusal !== 'otherKey') fault = verified.refusal
  }
  return refused(fault)
}
