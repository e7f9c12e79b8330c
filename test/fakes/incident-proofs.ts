// Signed proofs of incidents, as the settle of a revoke stores them: read already, for what is made of them; and as objects, to be read.

import { ok } from '../../lambda/core/base/result.ts'
import type { StoredProof } from '../../lambda/core/incident/read-proofs.ts'
import { type ProofPayload, proofKey } from '../../lambda/core/rotation/proof.ts'
import { arnOf, evidence, NAME, NOON, settleTokenOf } from './envelopes.ts'
import { jwsOf, type ProofKey } from './proof-key.ts'

interface ProofWish {
  readonly name?: string
  /** Epoch milliseconds. */
  readonly at?: number
  readonly n?: number
  readonly payload?: Partial<ProofPayload>
}

const iso = (at: number): string => new Date(at).toISOString()

export const proofPayload = (
  switched: string,
  { name = NAME, at = NOON + 2800, payload = {} }: ProofWish = {},
): ProofPayload => {
  const [refused] = evidence.refused
  if (refused === undefined) throw new Error('no refusal')
  const { versionId, lastFour, error, requestId, provenAt } = refused
  return {
    version: 1,
    stage: 'prod',
    secretArn: arnOf(name),
    clientId: `client-of-${name.split('/').at(-1)}`,
    revokeToken: switched,
    settleToken: settleTokenOf(switched, { name }),
    refused: [
      {
        versionId,
        lastFour,
        refusals: 3,
        firstRefusedAt: provenAt,
        errors: [error, error, error],
        requestIds: ['request-1', 'request-2', requestId],
      },
    ],
    ...(evidence.accepted === undefined ? {} : { accepted: evidence.accepted }),
    slots: evidence.slots,
    at: iso(at),
    ...payload,
  }
}

const keyOf = ({ revokeToken, settleToken }: ProofPayload, { name = NAME, n = 1 }: ProofWish): string =>
  proofKey({ stage: 'prod', secretName: name, revokeToken, settleToken, n })

/** Verified. */
export const storedProof = (switched: string, wish: ProofWish = {}): StoredProof => {
  const payload = proofPayload(switched, wish)
  return { key: keyOf(payload, wish), revokeToken: payload.revokeToken, proof: ok(payload) }
}

/** As it lies in the bucket. */
export const proofObject = (key: ProofKey, switched: string, wish: ProofWish = {}): readonly [string, string] => {
  const payload = proofPayload(switched, wish)
  return [keyOf(payload, wish), jwsOf(key, payload)]
}
