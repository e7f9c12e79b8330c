// The stored proofs of one secret, each verified with a key that the reader brings: what they prove about its newest revoke, and what they
// do not. A label, an event, or a key's name proves nothing.

import type { TrustedKey } from '../base/jws.ts'
import type { Result } from '../base/result.ts'
import { ok, refused } from '../base/result.ts'
import { explainProofFault, type ProofPayload, proofPrefix, readProofKey, verifyProof } from '../rotation/proof.ts'
import { readRequestToken } from '../secret/request-token.ts'
import { secretNameOf } from '../secret/secret-name.ts'
import type { EvidenceReader } from './archive-ports.ts'

export interface StoredProof {
  readonly key: string
  readonly revokeToken: string
  /** What it proves, or why it proves nothing. */
  readonly proof: Result<ProofPayload, string>
}

export interface ProofQuestion {
  readonly stage: string
  readonly secretArn: string
  /** Ids of the secret's versions, as Secrets Manager lists them. */
  readonly versionIds: readonly string[]
  readonly trusted: TrustedKey
  /** Epoch milliseconds. */
  readonly now: number
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

/** What stands in the document must be what its key in the bucket says: a copy of another secret's proof is none of this one's. */
const checked = (
  { stage, secretArn }: ProofQuestion,
  name: { readonly revokeToken: string; readonly settleToken: string },
  payload: ProofPayload,
): Result<ProofPayload, string> => {
  const isOfSecret = payload.secretArn === secretArn && payload.stage === stage
  const isOfTokens = payload.revokeToken === name.revokeToken && payload.settleToken === name.settleToken
  if (!isOfSecret) return refused('it is about another secret')
  if (!isOfTokens) return refused('it is about another revoke')
  return payload.refused.length === 0 ? refused('it names no value that was refused, only slots') : ok(payload)
}

const readOne = async (
  reader: EvidenceReader,
  question: ProofQuestion,
  key: string,
): Promise<readonly StoredProof[]> => {
  const name = readProofKey(key)
  const jws = name === undefined ? undefined : await reader.read(key)
  if (name === undefined || jws === undefined) return []
  const verified = verifyProof(jws, question.trusted, question.now)
  const proof = verified.ok ? checked(question, name, verified.value) : refused(explainProofFault(verified.refusal))
  return [{ key, revokeToken: name.revokeToken, proof }]
}

const askedAt = (token: string): number => readRequestToken(token).askedAt ?? 0

/** @throws Fault ARCHIVE_UNAVAILABLE or ARCHIVE_REJECTED */
export const readProofs = async (reader: EvidenceReader, question: ProofQuestion): Promise<ProofReport> => {
  const secretName = secretNameOf(question.secretArn)
  const found: StoredProof[] = []
  for (const key of await reader.list(proofPrefix(question.stage, secretName))) {
    found.push(...(await readOne(reader, question, key)))
  }
  const proofs = found.toSorted((one, other) => askedAt(one.revokeToken) - askedAt(other.revokeToken))
  // Versions are forgotten after a hundred newer ones, and proofs are not.
  const newestRevoke = [...question.versionIds, ...proofs.map(({ revokeToken }) => revokeToken)]
    .filter((token) => readRequestToken(token).origin === 'revoke')
    .toSorted((one, other) => askedAt(one) - askedAt(other))
    .at(-1)
  const isProven = proofs.some(({ revokeToken, proof }) => proof.ok && revokeToken === newestRevoke)
  return { secretName, isProven, proofs, ...(newestRevoke === undefined ? {} : { newestRevoke }) }
}
