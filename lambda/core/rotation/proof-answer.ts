// What the rotation function answers when it is asked whether a revoked value is still refused. Apart from how it finds out, which whoever
// asks has no need to load.

import { filled, parseJsonObject } from '../base/json-object.ts'
import type { SigningOutcome } from './sign-proof.ts'

/** notOwed: no revoke was the last that happened. alive: Stytch accepts what was revoked. unknown: it, or Secrets Manager, did not tell. */
export type ProofAnswer =
  | {
      readonly outcome: 'refused'
      readonly revokeToken: string
      readonly settleToken: string
      /** Exchanges that were refused, of all values together. */
      readonly refusals: number
      readonly signed: SigningOutcome['state']
    }
  | { readonly outcome: 'notOwed' }
  | { readonly outcome: 'alive' | 'unknown'; readonly code: string; readonly message: string }

const answerFields: Readonly<Record<ProofAnswer['outcome'], readonly string[]>> = {
  refused: ['revokeToken', 'settleToken'],
  notOwed: [],
  alive: ['code', 'message'],
  unknown: ['code', 'message'],
}

const signedStates: readonly unknown[] = ['stored', 'pending', 'off'] satisfies readonly SigningOutcome['state'][]

/** A reply of the function, as JSON. @returns undefined for whatever is no such answer. */
export const readProofAnswer = (text: string): ProofAnswer | undefined => {
  const json = parseJsonObject(text)
  const outcome = json?.outcome
  if (json === undefined || typeof outcome !== 'string' || !Object.hasOwn(answerFields, outcome)) return undefined
  const fields = answerFields[outcome as ProofAnswer['outcome']]
  if (!fields.every((name) => filled(json[name]) !== undefined)) return undefined
  const isCounted = Number.isSafeInteger(json.refusals) && signedStates.includes(json.signed)
  return outcome === 'refused' && !isCounted ? undefined : (json as unknown as ProofAnswer)
}
