// Signs what a settle has proven and puts it where nobody can replace it. Never worth holding a rotation up for: when KMS or S3 do not
// answer, the proof is pending, which is logged and counted, and can be made again at any time from what Stytch answers then.

import { Fault } from '../base/fault.ts'
import type { Journal } from '../base/journal.ts'
import { type Signer, signJws } from '../base/jws.ts'
import type { Timing } from '../base/timing.ts'
import { readRequestToken } from '../secret/request-token.ts'
import { secretNameOf } from '../secret/secret-name.ts'
import { type ProofPayload, proofKey, signingInput } from './proof.ts'

export interface ProofStore {
  /** exists: the key is taken, and what lies there stays as it is. @throws Fault ARCHIVE_UNAVAILABLE or ARCHIVE_REJECTED */
  put(key: string, jws: string, timeoutMs: number): Promise<'stored' | 'exists'>
}

interface SignedProofs {
  readonly kind: 'signed'
  readonly stage: string
  readonly signer: Signer
  readonly store: ProofStore
  /** Puts the key's public half beside the proofs (key-copy.ts). @default - nobody does */
  readonly copyKey?: ((timeoutMs: number) => Promise<void>) | undefined
}

/** A deployment without a key: nothing is signed. */
interface NoProofs {
  readonly kind: 'none'
}

export type Proofs = SignedProofs | NoProofs
export const noProofs: NoProofs = { kind: 'none' }

/** A part of a Rotation. */
export interface Proving {
  readonly proofs: Proofs
  readonly timing: Timing
  readonly journal: Journal
}

/** What was proven; version and stage are added. */
export type Proven = Omit<ProofPayload, 'version' | 'stage' | 'at'> & {
  /** Epoch milliseconds. */
  readonly at: number
}

export type SigningOutcome =
  | { readonly state: 'stored'; readonly key: string }
  | { readonly state: 'pending'; readonly reason: string }
  | { readonly state: 'off' }

/** The entry that counts as ProofPending. */
export const PROOF_PENDING = 'proofPending'

/** Of a planned rotation: nobody waits for it, unless an incident gave the old value a grace. */
const PROOF_MISSING = 'proofMissing'

const isOfRevoke = ({ revokeToken }: Pick<Proven, 'revokeToken'>): boolean =>
  readRequestToken(revokeToken).origin === 'revoke'

/** What moving the label and reporting it take afterwards. */
const RESERVE_MS = 5000
const MOST_MS = 6000
const LEAST_MS = 500
/** The confirmation is the second; beyond this, somebody asks without end. */
const MOST_UNDER_ONE_NAME = 20

const timeFor = ({ remainingMs }: Timing, calls: number): number => {
  const ms = Math.min(MOST_MS, Math.floor((remainingMs() - RESERVE_MS) / calls))
  if (ms >= LEAST_MS) return ms
  const message = 'The function has too little time left to sign the proof.'
  throw new Fault({ code: 'TIME_TOO_SHORT', retryable: true, message })
}

/** The first name that is free: a proof that was made again is kept beside the one before. */
const put = async (proofs: SignedProofs, timing: Timing, payload: ProofPayload, jws: string): Promise<string> => {
  const { revokeToken, settleToken, secretArn } = payload
  const name = { stage: proofs.stage, secretName: secretNameOf(secretArn), revokeToken, settleToken }
  for (let n = 1; n <= MOST_UNDER_ONE_NAME; n += 1) {
    const key = proofKey({ ...name, n })
    if ((await proofs.store.put(key, jws, timeFor(timing, 1))) === 'stored') return key
  }
  const message = `${MOST_UNDER_ONE_NAME} proofs are stored under ${proofKey(name)} already; no more are added.`
  throw new Fault({ code: 'ARCHIVE_REJECTED', retryable: false, message })
}

/**
 * For auditors to come: after everything else, since nobody waits for it. Never throws, and says nothing about the proof: the next one tries
 * again.
 */
export const copyKey = async (
  { proofs, timing, journal }: Proving,
  signed: SigningOutcome | undefined,
): Promise<void> => {
  if (proofs.kind === 'none' || signed?.state !== 'stored') return
  try {
    await proofs.copyKey?.(timeFor(timing, 2))
  } catch (error) {
    const [code, message] = error instanceof Fault ? [error.code, error.message] : ['DEFECT', whatOf(error)]
    journal.note({ outcome: 'keyNotCopied', code, message })
  }
}

const whatOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown')

/** Never throws: a proof that could not be signed or stored is pending. */
export const signAndStore = async ({ proofs, timing, journal }: Proving, proven: Proven): Promise<SigningOutcome> => {
  if (proofs.kind === 'none') return { state: 'off' }
  const { at, ...facts } = proven
  const payload: ProofPayload = { version: 1, stage: proofs.stage, ...facts, at: new Date(at).toISOString() }
  try {
    const { signer } = proofs
    const jws = await signJws(signer, signingInput(payload, signer.keyArn), timeFor(timing, 2))
    const key = await put(proofs, timing, payload, jws)
    return { state: 'stored', key }
  } catch (error) {
    const reason = error instanceof Fault ? error.code : whatOf(error)
    const secretName = secretNameOf(proven.secretArn)
    journal.note({
      outcome: isOfRevoke(proven) ? PROOF_PENDING : PROOF_MISSING,
      reason,
      secretName,
      revokeToken: proven.revokeToken,
      settleToken: proven.settleToken,
      message: `The proof of what ended for ${secretName} is not stored: ${error instanceof Error ? error.message : reason} The rotation itself is not affected. Once KMS and S3 answer, have it proven again.`,
    })
    return { state: 'pending', reason }
  }
}
