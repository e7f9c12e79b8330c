// What is proven of one client of an incident: by a signed proof that fits the incident, and by nothing else. An event announces, and may be
// put on the bus, or into the bucket, by others than the rotation function; it can only make less of a proof, never one.

import type { ProofPayload } from '../rotation/proof.ts'
import { readRequestToken } from '../secret/request-token.ts'
import { TOKEN_LIFETIME_MS } from '../secret/token-lifetime.ts'
import type { StoredProof } from './read-proofs.ts'
import { type ProvenRevoke, provenRevokeOf } from './signed-proof.ts'

export interface ClientProof {
  /** Of the first proof, in the bucket. */
  readonly key: string
  readonly signed: true
  /** When it was signed. */
  readonly at: string
  /** Exchanges that Stytch refused, in all proofs of this incident. */
  readonly refusals: number
  /** ISO 8601; null: none. */
  readonly firstRefusedAt: string | null
  readonly revokeToken: string
  /** The settle that proved it. */
  readonly requestToken: string
  /** Whether another proof, a while later, says the same: until then the values are refused, and not called dead. */
  readonly confirmed: boolean
  readonly refused: ProofPayload['refused']
  /** null: not tried again, since the switch itself had tried it (a rotate, for a grace). */
  readonly accepted: NonNullable<ProofPayload['accepted']> | null
  readonly slots: ProofPayload['slots']
  /** From the report to the signature, rounded up; null: no report of it on the bus. */
  readonly secondsToProof: number | null
  /** A value could be exchanged until it was refused; a token lives an hour wherever it is verified offline. */
  readonly mintedTokensEndBy: string
}

export interface ProofFacts {
  readonly incidentId: string
  /** Of this secret, verified. */
  readonly stored: readonly StoredProof[]
  /** As what was said of the incident has them. @default - it says nothing of either */
  readonly secretArn?: string | undefined
  readonly clientId?: string | undefined
  /** Tokens of switches of this incident that are reported as done. */
  readonly switched: readonly string[]
  /** First of all, epoch milliseconds. @default - no report of it is known */
  readonly reportedAt?: number | undefined
  /** When Stytch accepted what leaked, epoch milliseconds: the intake's last report. @default - nobody looked */
  readonly aliveAt?: number | undefined
}

export type ClientProving =
  | { readonly isProven: true; readonly proof: ClientProof }
  /** `why` is undefined where there is no proof of this incident at all. */
  | { readonly isProven: false; readonly why: string | undefined }

const toProof = (
  { key, payload, confirmed, refusals, firstRefusedAt }: ProvenRevoke,
  reportedAt: number | undefined,
): ClientProof => {
  const { at, revokeToken, settleToken: requestToken, refused, accepted, slots } = payload
  const signedAt = Date.parse(at)
  return {
    key,
    signed: true,
    at,
    refusals,
    firstRefusedAt,
    revokeToken,
    requestToken,
    confirmed,
    refused,
    accepted: accepted ?? null,
    slots,
    secondsToProof: reportedAt === undefined ? null : Math.max(0, Math.ceil((signedAt - reportedAt) / 1000)),
    mintedTokensEndBy: new Date(signedAt + TOKEN_LIFETIME_MS).toISOString(),
  }
}

/** Bus and function have clocks of their own. */
const CLOCK_MARGIN_MS = 60_000

/** An incident's id may be known before the incident is, and whoever may ask for a rotation can make a token about it. */
const tooEarly = ({ at }: ProofPayload, { reportedAt, aliveAt }: ProofFacts): string | undefined => {
  const [signedAt, latest] = [Date.parse(at), Math.max(reportedAt ?? 0, aliveAt ?? 0) - CLOCK_MARGIN_MS]
  if (signedAt >= latest) return undefined
  const since = new Date(Math.max(reportedAt ?? 0, aliveAt ?? 0)).toISOString()
  return `it was proven at ${at}, before the leak was reported at ${since}: that says nothing of a value that came into force in between`
}

const askedAt = (token: string): number => readRequestToken(token).askedAt ?? 0

export const provingOf = (facts: ProofFacts): ClientProving => {
  const { incidentId, stored, secretArn, clientId, switched, reportedAt } = facts
  const found = provenRevokeOf(incidentId, stored)
  const unproven = (why: string | undefined): ClientProving => ({ isProven: false, why })
  if (found === undefined) return unproven(undefined)
  const { payload } = found
  if (secretArn !== undefined && payload.secretArn !== secretArn) {
    return unproven(`the stored proof is about ${payload.secretArn}, and the incident about ${secretArn}`)
  }
  if (clientId !== undefined && payload.clientId !== clientId) {
    return unproven(`the stored proof is about client ${payload.clientId}, and the incident about ${clientId}`)
  }
  const later = switched.find((token) => askedAt(token) > askedAt(payload.revokeToken))
  if (later !== undefined) return unproven(`its later switch ${later} is not proven, only ${payload.revokeToken}`)
  const early = tooEarly(payload, facts)
  if (early !== undefined) return unproven(early)
  return { isProven: true, proof: toProof(found, reportedAt) }
}
