// What shows which secret leaked: the value itself, or GitGuardian's hash of it; and how it is held against stored values, in
// constant time. Nothing here is ever printed: a value travels in its box, and a hash finds its value for whoever holds both.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { ok, type Result, refused } from '../base/result.ts'
import { type ClientSecret, createClientSecret } from '../secret/client-secret.ts'
import { hmslHash } from './hmsl.ts'

export type LeakProof =
  | { readonly kind: 'value'; readonly value: ClientSecret }
  | { readonly kind: 'hmsl'; readonly hash: string }

/** Longer than any secret that Stytch makes or imports; shorter than what would be worth comparing. */
export const MAX_VALUE_CHARACTERS = 1024
const HASH = /^[0-9a-f]{64}$/

/** Exactly one of the two. @returns a fault that quotes neither. */
export const readProof = (value: unknown, hash: unknown): Result<LeakProof, string> => {
  if ((value === undefined) === (hash === undefined)) return refused('expected either value or hmslHash')
  if (hash !== undefined) {
    return typeof hash === 'string' && HASH.test(hash)
      ? ok({ kind: 'hmsl', hash })
      : refused('hmslHash is malformed: expected 64 hex digits')
  }
  return typeof value === 'string' && value.length >= 1 && value.length <= MAX_VALUE_CHARACTERS
    ? ok({ kind: 'value', value: createClientSecret(value) })
    : refused(`value is malformed: expected 1 to ${MAX_VALUE_CHARACTERS} characters`)
}

/** Whether a stored value is the one that leaked. How long it takes does not depend on how much of it agrees. */
export type LeakMatcher = (stored: ClientSecret) => Promise<boolean>

/** @param key random, for one search: nobody can prepare values whose digests agree in part. */
export const createLeakMatcher = (proof: LeakProof, key: Uint8Array): LeakMatcher => {
  const digest = (text: string): Buffer => createHmac('sha256', key).update(text).digest()
  const wanted = digest(proof.kind === 'value' ? proof.value.reveal() : proof.hash)
  return async (stored) => {
    const text = stored.reveal()
    return timingSafeEqual(digest(proof.kind === 'value' ? text : await hmslHash(text)), wanted)
  }
}
