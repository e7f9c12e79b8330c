// Whether the proof of what an incident revoked is signed and stored, and confirmed, client by client: from valid proofs in the bucket alone.

import { DEPLOYED } from '../rotation/bounds.ts'
import type { ProofPayload } from '../rotation/proof.ts'
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
  /** Whether a later proof says the same: until then the value was refused, and is not called dead. */
  readonly confirmed: boolean
  /** ISO 8601: from when another proof confirms it; null: there is none to confirm, or it is confirmed. */
  readonly confirmableAt: string | null
}

const timeOf = ({ at }: ProofPayload): number => Date.parse(at)

/** Of the proofs under the same tokens, when the first of them may be confirmed, and whether a later one did. */
const confirmationOf = (proofs: readonly ProofPayload[]) => {
  const [first, ...later] = proofs.toSorted((one, other) => timeOf(one) - timeOf(other))
  if (first === undefined) return { confirmed: false, at: undefined }
  const at = timeOf(first) + (first.confirmedAfterMs ?? DEPLOYED.confirmedAfterMs)
  return { confirmed: later.some((proof) => timeOf(proof) >= at), at }
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
  const valid = proofs.flatMap(({ revokeToken, proof }) =>
    proof.ok && isAskedBy(incidentId, question.secretArn, revokeToken) ? [proof.value] : [],
  )
  const refused = valid.flatMap((proof) => proof.refused)
  // An incident that was reported again may have revoked twice: what counts is that the newest is confirmed.
  const newest = valid.toSorted((one, other) => timeOf(one) - timeOf(other)).at(-1)
  const { confirmed, at } = confirmationOf(valid.filter(({ settleToken }) => settleToken === newest?.settleToken))
  return {
    refusals: refused.reduce((sum, { refusals }) => sum + refusals, 0),
    firstRefusedAt: refused.map(({ firstRefusedAt }) => firstRefusedAt).toSorted()[0] ?? null,
    signed: refused.length > 0,
    confirmed,
    confirmableAt: at === undefined || confirmed ? null : new Date(at).toISOString(),
  }
}
