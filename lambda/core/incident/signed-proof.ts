// Whether what an incident revoked of a secret is proven, signed and stored, and confirmed: from valid proofs in the bucket alone, and of
// these from those whose revoke was asked for because of this incident.

import { DEPLOYED } from '../rotation/bounds.ts'
import type { ProofPayload } from '../rotation/proof.ts'
import { readRequestToken } from '../secret/request-token.ts'
import { secretNameOf } from '../secret/secret-name.ts'
import type { EvidenceReader } from './archive-ports.ts'
import { isAskedBy } from './incident-tokens.ts'
import { readStoredProofs, type StoredProof, type Verification } from './read-proofs.ts'

/** Of all values that were revoked, together. */
export interface SignedProof {
  /** Exchanges that Stytch refused. */
  readonly refusals: number
  /** ISO 8601; null: none. */
  readonly firstRefusedAt: string | null
  readonly signed: boolean
  /** Of a planned switch, as after a grace: the sweep confirms none of these. */
  readonly isPlanned: boolean
  /** Whether a later proof says the same: until then the value was refused, and is not called dead. */
  readonly confirmed: boolean
  /** ISO 8601: from when another proof confirms it; null: there is none to confirm, or it is confirmed. */
  readonly confirmableAt: string | null
}

interface ValidProof {
  readonly key: string
  readonly payload: ProofPayload
}

/** The newest revoke of an incident that is proven. */
export interface ProvenRevoke extends SignedProof {
  /** The first proof under its tokens; those that confirm it lie beside it. */
  readonly key: string
  readonly payload: ProofPayload
}

const timeOf = ({ at }: ProofPayload): number => Date.parse(at)

const byTime = (one: ValidProof, other: ValidProof): number =>
  timeOf(one.payload) - timeOf(other.payload) || (one.key < other.key ? -1 : 1)

/** Of the proofs under the same tokens, when the first of them may be confirmed, and whether a later one did. */
const confirmationOf = ({ payload: first }: ValidProof, same: readonly ValidProof[]) => {
  const at = timeOf(first) + (first.confirmedAfterMs ?? DEPLOYED.confirmedAfterMs)
  return { confirmed: same.some(({ payload }) => payload !== first && timeOf(payload) >= at), at }
}

/**
 * The token binds a revoke to its incident: its hex is a digest of both, and the proof's signature vouches for token and secret.
 * @returns undefined when no valid proof is this incident's.
 */
export const provenRevokeOf = (incidentId: string, stored: readonly StoredProof[]): ProvenRevoke | undefined => {
  const valid = stored
    .flatMap(({ key, proof }): readonly ValidProof[] => (proof.ok ? [{ key, payload: proof.value }] : []))
    .filter(({ payload }) => isAskedBy(incidentId, payload.secretArn, payload.revokeToken))
    .sort(byTime)
  // An incident that was reported again may have revoked twice: what counts is the newest.
  const newest = valid.at(-1)
  const same = valid.filter(({ payload }) => payload.settleToken === newest?.payload.settleToken)
  const [first] = same
  if (first === undefined) return undefined
  const refused = valid.flatMap(({ payload }) => payload.refused)
  const { confirmed, at } = confirmationOf(first, same)
  return {
    ...first,
    refusals: refused.reduce((sum, { refusals }) => sum + refusals, 0),
    firstRefusedAt: refused.map(({ firstRefusedAt }) => firstRefusedAt).toSorted()[0] ?? null,
    signed: true,
    isPlanned: readRequestToken(first.payload.revokeToken).origin === 'rotate',
    confirmed,
    confirmableAt: confirmed ? null : new Date(at).toISOString(),
  }
}

interface SignedQuestion extends Verification {
  readonly incidentId: string
  readonly secretArn: string
}

const NOT_SIGNED: SignedProof = {
  refusals: 0,
  firstRefusedAt: null,
  signed: false,
  isPlanned: false,
  confirmed: false,
  confirmableAt: null,
}

/** @returns `signed: false` where no valid proof is stored. @throws Fault ARCHIVE_UNAVAILABLE or ARCHIVE_REJECTED */
export const signedProofOf = async (
  reader: EvidenceReader,
  { incidentId, secretArn, ...verification }: SignedQuestion,
): Promise<SignedProof> => {
  const subject = { secretName: secretNameOf(secretArn), secretArn }
  const proven = provenRevokeOf(incidentId, await readStoredProofs(reader, verification, subject))
  if (proven === undefined) return NOT_SIGNED
  const { refusals, firstRefusedAt, signed, isPlanned, confirmed, confirmableAt } = proven
  return { refusals, firstRefusedAt, signed, isPlanned, confirmed, confirmableAt }
}
