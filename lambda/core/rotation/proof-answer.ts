// What the rotation function answers when it is asked whether a revoked value is still refused. Apart from how it finds out, which whoever
// asks has no need to load.

import { defined } from '../base/defined.ts'
import { filled, parseJsonObject } from '../base/json-object.ts'
import { readRequestToken } from '../secret/request-token.ts'
import type { SigningOutcome } from './sign-proof.ts'

/**
 * notOwed: neither a revoke nor a planned rotation was the last that happened and was settled. alive: Stytch accepts what was replaced.
 * unknown: it, or Secrets Manager, did not answer.
 */
export type ProofAnswer =
  | {
      readonly outcome: 'refused'
      /** Whose values were tried. Absent in answers of earlier releases. */
      readonly clientId?: string
      /** Of the switch that was settled: a revoke's, or, as after a grace, a planned rotation's, */
      readonly revokeToken: string
      readonly settleToken: string
      /** Exchanges that were refused, of all values together. */
      readonly refusals: number
      readonly signed: SigningOutcome['state']
    }
  | { readonly outcome: 'notOwed' }
  /** Stytch knows no such client, and refused each of the values that AWSCURRENT and AWSPREVIOUS hold, so many times in all. */
  | { readonly outcome: 'gone'; readonly refusals: number }
  | { readonly outcome: 'alive' | 'unknown'; readonly code: string; readonly message: string }

/** Whether what was settled was a planned switch, as after a revoke's grace: the sweep makes no second proof of one. */
export const isOfPlannedSwitch = ({
  revokeToken,
}: Pick<Extract<ProofAnswer, { outcome: 'refused' }>, 'revokeToken'>): boolean =>
  readRequestToken(revokeToken).origin === 'rotate'

const signedStates = ['stored', 'pending', 'off'] as const satisfies readonly SigningOutcome['state'][]

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value)

/** A reply of the function, as JSON. @returns undefined for whatever is no such answer. */
export const readProofAnswer = (text: string): ProofAnswer | undefined => {
  const json = parseJsonObject(text)
  const outcome = json?.outcome
  if (json === undefined) return undefined
  const [clientId, revokeToken, settleToken, code, message] = [
    'clientId',
    'revokeToken',
    'settleToken',
    'code',
    'message',
  ].map((name) => filled(json[name]))
  switch (outcome) {
    case 'notOwed':
      return { outcome }
    case 'refused': {
      const { refusals } = json
      const signed = signedStates.find((state) => state === json.signed)
      if (revokeToken === undefined || settleToken === undefined || signed === undefined) return undefined
      if (!isCount(refusals)) return undefined
      return { outcome, ...defined({ clientId }), revokeToken, settleToken, refusals, signed }
    }
    case 'gone':
      return isCount(json.refusals) ? { outcome, refusals: json.refusals } : undefined
    case 'alive':
    case 'unknown':
      return code === undefined || message === undefined ? undefined : { outcome, code, message }
    default:
      return undefined
  }
}
