// Every way to fail. A Refusal is a value with the facts of a decision not to act; a Fault is thrown by an adapter (or by a use
// case that ran out of time) when only a retry or a person helps. No message holds a secret, a token, or a response body.

import { messageText } from '../base/message-text.ts'
import { MINUTE_MS } from '../base/time-units.ts'
import { MAX_SECRET_BYTES } from '../secret/fit-secret.ts'
import { type ReplicaState, replicaWords } from '../secret/replica-state.ts'
import type { Intent } from '../secret/request-token.ts'
import type { FreezeState } from './freeze.ts'
import type { Position } from './position.ts'

export const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const
/** Secrets Manager's four steps. */
export type Step = (typeof steps)[number]

/** Why a rotation step will not act, however often it is asked. */
export type Refusal =
  | { readonly reason: 'malformedEvent'; readonly faults: readonly string[] }
  | { readonly reason: 'rotationNotEnabled' }
  | { readonly reason: 'tokenWithoutVersion' }
  | { readonly reason: 'notPending' }
  | { readonly reason: 'pendingMissing' }
  | { readonly reason: 'noCurrent' }
  | { readonly reason: 'storedOrigin'; readonly origin: 'register' | 'adopt' }
  | { readonly reason: 'tooOld'; readonly intent: Intent; readonly ageMs: number }
  | { readonly reason: 'malformedSecret'; readonly label: string; readonly faults: readonly string[] }
  | { readonly reason: 'otherProject'; readonly projectId: string; readonly expectedProjectId: string }
  | { readonly reason: 'pendingOfOtherClient' }
  | { readonly reason: 'pendingEqualsCurrent' }
  | { readonly reason: 'currentMoved' }
  /** The same request, under another token, was carried out already. */
  | { readonly reason: 'askedTwice' }
  /** Stytch shows the value in a slot, and has not accepted it for too long. */
  | { readonly reason: 'neverAccepted'; readonly patienceMs: number }
  | { readonly reason: 'dryRunRefused' }
  | { readonly reason: 'clientNotFound' }
  | { readonly reason: 'clientInactive' }
  | { readonly reason: 'boundElsewhere'; readonly boundTo: string | undefined }
  | { readonly reason: 'unproven' }
  /** AWSCURRENT cannot be read, and no client says at the issuer that this secret holds it. */
  | { readonly reason: 'holderUnproven' }
  /** In bytes, with a new value in it. */
  | { readonly reason: 'tooLarge'; readonly bytes: number }
  | { readonly reason: 'wouldRestoreRevoked' }
  | { readonly reason: 'stillUsed'; readonly usedAt: number; readonly quietMs: number }
  /** Copies in other Regions do not have the switch yet. */
  | { readonly reason: 'replicaBehind'; readonly replicas: readonly ReplicaState[] }
  | { readonly reason: 'frozen'; readonly freeze: Exclude<FreezeState, 'off'> }
  | { readonly reason: 'held'; readonly by: string | undefined }
  | { readonly reason: 'position'; readonly step: Step; readonly intent: Intent; readonly position: Position }

export type RefusalReason = Refusal['reason']

const positionAdvice: Record<Position, string> = {
  ambiguous:
    'the last fours of two values collide and no exchange distinguishes them; settle it by hand in the Stytch dashboard',
  started: 'a next secret is stored and waits for its switch; finish or clear that rotation first',
  promoted: 'somebody completed the rotation at Stytch; AWSCURRENT is refused there, the pending value is accepted',
  poisoned:
    'Stytch holds neither slot for the pending value; somebody cancelled or restarted the rotation. Rotate again',
  settled: 'no overlap is open at Stytch',
  overlap: 'the overlap is open: AWSCURRENT sits in the next slot',
  rolledBack: 'the secret was rolled back; settle it first',
  orphan: 'Stytch holds a next secret that is stored nowhere; settle, or rotate again',
  cancelledUnderUs:
    'somebody cancelled the rotation at Stytch: AWSCURRENT is refused, AWSPREVIOUS is accepted. Roll back or revoke',
  drift: 'AWSCURRENT is in neither slot at Stytch. Revoke to replace it, or store the right value by hand',
}

/** One sentence: what stands in the way, and what to do. */
export const explainRefusal = (refusal: Refusal): string => {
  switch (refusal.reason) {
    case 'malformedEvent':
      return `the event is not a rotation step: ${refusal.faults.join('; ')}`
    case 'rotationNotEnabled':
      return 'rotation is not enabled on this secret; turn it on and rotate again'
    case 'tokenWithoutVersion':
      return 'no labelled version has this request token; it was cleared or replaced, and a new rotation is needed'
    case 'notPending':
      return 'the version of this request token does not carry AWSPENDING; nothing is under way for it'
    case 'pendingMissing':
      return 'no pending value is stored under this request token; createSecret comes first'
    case 'noCurrent':
      return 'no version carries AWSCURRENT; store or adopt a value first'
    case 'storedOrigin':
      return `a request token of the form ${refusal.origin}-… marks a stored value and cannot request a rotation`
    case 'tooOld':
      return `this ${refusal.intent} was requested ${Math.round(refusal.ageMs / MINUTE_MS)} minutes ago, over the limit of two hours; request it again`
    case 'malformedSecret':
      return `the value of ${refusal.label} is not in the secret's format: ${refusal.faults.join('; ')}`
    case 'otherProject':
      return `the secret names project ${refusal.projectId}, this function serves ${refusal.expectedProjectId}`
    case 'pendingOfOtherClient':
      return 'the pending value names another client than AWSCURRENT; clear AWSPENDING and rotate again'
    case 'pendingEqualsCurrent':
      return 'the pending value equals AWSCURRENT, so this rotation would change nothing; clear AWSPENDING and rotate again'
    case 'currentMoved':
      return 'AWSCURRENT changed since this settle began; request a new one'
    case 'askedTwice':
      return 'the same request was carried out already, under another token; nothing is left to do'
    case 'neverAccepted':
      return `Stytch shows the new value in a slot and has refused it for ${Math.round(refusal.patienceMs / MINUTE_MS)} minutes; it was cancelled, and a new one can be requested`
    case 'dryRunRefused':
      return 'Stytch refuses the value of AWSCURRENT; see its position, then revoke to replace it'
    case 'clientNotFound':
      return 'Stytch knows no such client; it was deleted, or belongs to another project'
    case 'clientInactive':
      return 'the client is inactive at Stytch: all its values are refused now, and those in its slots are accepted again once somebody activates it; a planned rotation waits for that'
    case 'boundElsewhere':
      return refusal.boundTo === undefined
        ? 'the client is bound to no secret (trusted_metadata.managed_by); rotate again to claim it'
        : `the client is bound to another secret, ${refusal.boundTo} (trusted_metadata.managed_by; of a Connected App or SCIM connection the claim in the records table: m2m claims --check); one secret, one client`
    case 'unproven':
      return 'the client is not bound to a secret yet, and Stytch refuses AWSCURRENT, so nothing proves that it is its'
    case 'holderUnproven':
      return 'AWSCURRENT is not in the format of a secret, and no client names this secret as its holder at Stytch (trusted_metadata.managed_by; a Connected App or SCIM connection has no such field), so whose value leaked is not proven. Store the value in its format (docs/secret-format.md), then revoke; or deactivate the client at Stytch'
    case 'tooLarge':
      return `with a new value the secret would take ${refusal.bytes} bytes, and Secrets Manager stores ${MAX_SECRET_BYTES}; nothing was started. Take fields of your own out of it. A revoke leaves out the largest by itself`
    case 'wouldRestoreRevoked':
      return 'AWSCURRENT came from a revoke: rolling back would bring the leaked value back. Rotate forward instead'
    case 'stillUsed':
      return `the value that would be ended was used up to ${new Date(refusal.usedAt).toISOString()}, and ${refusal.quietMs / MINUTE_MS} minutes without a use must pass first: a consumer has not read the new one yet. It is retried; a revoke does not wait`
    case 'replicaBehind':
      return `a replica is not in sync (${replicaWords(refusal.replicas)}), so that its consumers may still use the value that would be ended; both values stay accepted. It is retried once the Region is in sync (docs/runbook.md, "A replica is behind"); a revoke does not wait`
    case 'frozen':
      return `rotations are frozen (${refusal.freeze}); lift the freeze, or wait until it is lifted, and request it again`
    case 'held':
      return `the secret is held by ${refusal.by ?? 'somebody'} (tag m2m:held), so that no schedule rotates it; release it first`
    case 'position':
      return `${refusal.intent} stops at ${refusal.step} in position ${refusal.position}: ${positionAdvice[refusal.position]}`
  }
}

/**
 * Whether the rotation takes its AWSPENDING away with it. Not for refusals that a forged or late event can bring about: those
 * change nothing.
 */
export const clearsPending = (refusal: Refusal): boolean => {
  switch (refusal.reason) {
    case 'malformedEvent':
    case 'tokenWithoutVersion':
    case 'notPending':
    case 'dryRunRefused':
      return false
    default:
      return true
  }
}

/** Whether the refusal rests on what Stytch showed, or refused, at one moment. */
export const dependsOnLook = ({ reason }: Refusal): boolean =>
  [
    'position',
    'clientNotFound',
    'clientInactive',
    'boundElsewhere',
    'unproven',
    'holderUnproven',
    'dryRunRefused',
  ].includes(reason)

/** Whether the refusal says that Stytch and the secret have come apart. */
export const isDrift = (refusal: Refusal): boolean =>
  refusal.reason === 'clientNotFound' ||
  (refusal.reason === 'position' &&
    ['drift', 'cancelledUnderUs', 'promoted', 'poisoned', 'ambiguous'].includes(refusal.position))

interface RefusedRotation {
  readonly refusal: Refusal
  readonly secretId: string
  readonly clientId?: string | undefined
}

/** Thrown at the edge so that Secrets Manager sees a failed step. */
export class RotationRefused extends Error {
  readonly refusal: Refusal
  constructor({ refusal, secretId, clientId }: RefusedRotation) {
    const whose = clientId === undefined ? '' : ` (client ${clientId})`
    super(messageText(`Rotation of ${secretId}${whose} refused: ${explainRefusal(refusal)}.`))
    this.name = 'RotationRefused'
    this.refusal = refusal
  }
}
