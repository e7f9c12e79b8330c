// Every way in which a vend ends without a token, as values with their facts. Handlers map them to answers, several to one, so that a
// caller learns no more than what to do; the audit line keeps the reason. No arm holds a token or a secret.

import type { ScopeRefusal } from './scope-rule.ts'
import type { MintFailure } from './token-cache.ts'

/** The event or the request itself; nothing was looked up. */
export type RequestRefusal =
  /** It did not come through this stage's API, or names no caller: API Gateway would always say. */
  | { readonly reason: 'notFromTheApi'; readonly faults: readonly string[] }
  | { readonly reason: 'noSuchRoute' }
  | { readonly reason: 'bodyTooLarge'; readonly bytes: number }
  | { readonly reason: 'malformedRequest'; readonly faults: readonly string[] }

export type VendRefusal =
  | ScopeRefusal
  /** No such client, retired, or without a rule: one answer for all, since IAM has already said that the caller may ask for the name. */
  | { readonly reason: 'noSuchClient' | 'noRule' }
  | { readonly reason: 'malformedSecret'; readonly faults: readonly string[] }
  /** Secrets Manager does not say which version is current; nothing is served on the word of before. */
  | {
      readonly reason: 'secretUnreadable'
      readonly error: string
      readonly until: number
      /** Nothing answered; else what answered was a no. */
      readonly isOutage: boolean
    }
  /** A newer token was asked for than there may be yet: the client was given one a moment ago. */
  | { readonly reason: 'renewedLately'; readonly until: number }
  /** A token was asked for that nobody could have issued yet. */
  | { readonly reason: 'notYet' }
  /** The published list refuses even tokens that are issued now: the client was switched off a moment ago. */
  | { readonly reason: 'switchedOff'; readonly until: number }
  | { readonly reason: MintFailure; readonly until: number; readonly faults?: readonly string[] }
  | { readonly reason: 'outOfTime' }

export type NotVended = RequestRefusal | VendRefusal
