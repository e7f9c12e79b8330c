// The stored proofs of one secret, each verified with keys that the reader brings: what they prove about its newest revoke, and what they
// do not. A label, an event, or a key's name proves nothing.

import type { TrustedKey } from '../base/jws.ts'
import type { Result } from '../base/result.ts'
import { ok, refused } from '../base/result.ts'
import { explainProofFault, type ProofPayload, proofPrefix, readProofKey, verifyProofWith } from '../rotation/proof.ts'
import { readRequestToken } from '../secret/request-token.ts'
import { secretNameOf } from '../secret/secret-name.ts'
import type { EvidenceReader } from './archive-ports.ts'

export interface StoredProof {
  readonly key: string
  readonly revokeToken: string
  /** What it proves, or why it proves nothing. */
  readonly proof: Result<ProofPayload, string>
}

export interface Verification {
  readonly stage: string
  /** Of the stage's keys, as the reader got them: from KMS, or from a file. Never from beside what they verify. */
  readonly trusted: readonly TrustedKey[]
  /** Epoch milliseconds. */
  readonly now: number
}

export interface ProofQuestion extends Verification {
  readonly secretArn: string
  /** Ids of the secret's versions, as Secrets Manager lists them. */
  readonly versionIds: readonly string[]
}

export interface ProofReport {
  readonly secretName: string
  /** Token of the newest revoke that versions or proofs know of. @default - there was none */
  readonly newestRevoke?: string
  /** Whether a valid proof names a value that was refused after that revoke. */
  readonly isProven: boolean
  /** Oldest revoke first. */
  readonly proofs: readonly StoredProof[]
}

/** Whose proofs are read. */
export interface ProofSubject {
  readonly secretName: string
  /** @default - any of that name, which one after another may have had */
  readonly secretArn?: string | undefined
  /** Of the request token in a key, epoch milliseconds: what was asked for earlier is not read. @default - all is read */
  readonly since?: number | undefined
}

interface Named {
  readonly revokeToken: string
  readonly settleToken: string
}

/** What stands in the document must be what its key in the bucket says: a copy of another secret's proof is none of this one's. */
const checked = (
  stage: string,
  { secretName, secretArn }: ProofSubject,
  name: Named,
  payload: ProofPayload,
): Result<ProofPayload, string> => {
  if (payload.stage !== stage) return refused(`it is of another stage, ${payload.stage}`)
  const isOfSecret = secretNameOf(payload.secretArn) === secretName
  if (!isOfSecret || (secretArn ?? payload.secretArn) !== payload.secretArn) {
    return refused('it is about another secret')
  }
  const isOfTokens = payload.revokeToken === name.revokeToken && payload.settleToken === name.settleToken
  if (!isOfTokens) return refused('it is about another revoke')
  return payload.refused.length === 0 ? refused('it names no value that was refused, only slots') : ok(payload)
}

const askedAt = (token: string): number => readRequestToken(token).askedAt ?? 0

/** Every proof that is stored of a secret, valid or not, oldest revoke first. @throws Fault ARCHIVE_UNAVAILABLE or ARCHIVE_REJECTED */
export const readStoredProofs = async (
  reader: EvidenceReader,
  { stage, trusted, now }: Verification,
  subject: ProofSubject,
): Promise<readonly StoredProof[]> => {
  const found: StoredProof[] = []
  for (const key of await reader.list(proofPrefix(stage, subject.secretName))) {
    const name = readProofKey(key)
    if (name === undefined || askedAt(name.revokeToken) < (subject.since ?? 0)) continue
    const jws = await reader.read(key)
    if (jws === undefined) continue
    const verified = verifyProofWith(jws, trusted, now)
    const proof = verified.ok
      ? checked(stage, subject, name, verified.value)
      : refused(explainProofFault(verified.refusal))
    found.push({ key, revokeToken: name.revokeToken, proof })
  }
  return found.toSorted((one, other) => askedAt(one.revokeToken) - askedAt(other.revokeToken))
}

/** @throws Fault ARCHIVE_UNAVAILABLE or ARCHIVE_REJECTED */
export const readProofs = async (
  reader: EvidenceReader,
  { secretArn, versionIds, ...verification }: ProofQuestion,
): Promise<ProofReport> => {
  const secretName = secretNameOf(secretArn)
  const proofs = await readStoredProofs(reader, verification, { secretName, secretArn })
  // Versions are forgotten after a hundred newer ones, and proofs are not.
  const newestRevoke = [...versionIds, ...proofs.map(({ revokeToken }) => revokeToken)]
    .filter((token) => readRequestToken(token).origin === 'revoke')
    .toSorted((one, other) => askedAt(one) - askedAt(other))
    .at(-1)
  const isProven = proofs.some(({ revokeToken, proof }) => proof.ok && revokeToken === newestRevoke)
  return { secretName, isProven, proofs, ...(newestRevoke === undefined ? {} : { newestRevoke }) }
}
