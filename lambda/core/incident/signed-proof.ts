// Whether the proof of what an incident revoked is signed and stored, client by client: from valid proofs in the bucket alone.

import type { EvidenceReader } from './archive-ports.ts'
import { isAskedBy } from './incident-tokens.ts'
import { type ProofQuestion, readProofs } from './read-proofs.ts'

/** Of all values that were revoked, together. */
export interface SignedProof {
  /** Exchanges that Stytch refused. */
  readonly refusals: number
  /** ISO 8601; null: none. */
  readonly firstRefusedAt: string | null
  readonly signed: boolean
}

/**
 * All proofs of one revoke count: the first, and those that confirm it.
 * @returns `signed: false` where no valid proof is stored. @throws Fault ARCHIVE_UNAVAILABLE or ARCHIVE_REJECTED
 */
export const signedProofOf = async (
  reader: EvidenceReader,
  { incidentId, ...question }: Omit<ProofQuestion, 'versionIds'> & { readonly incidentId: string },
): Promise<SignedProof> => {
  const { proofs } = await readProofs(reader, { ...question, versionIds: [] })
  const refused = proofs.flatMap(({ revokeToken, proof }) =>
    proof.ok && isAskedBy(incidentId, question.secretArn, revokeToken) ? proof.value.refused : [],
  )
  return {
    refusals: refused.reduce((sum, { refusals }) => sum + refusals, 0),
    firstRefusedAt: refused.map(({ firstRefusedAt }) => firstRefusedAt).toSorted()[0] ?? null,
    signed: refused.length > 0,
  }
}
