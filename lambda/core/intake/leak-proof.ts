// What shows which secret leaked: the value itself or a text that holds it, or GitGuardian's hash of it; and how it is held against stored
// values, in constant time. Nothing here is ever printed: a text travels in its box, and a hash finds its value for whoever holds both.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { ok, type Result, refused } from '../base/result.ts'
import { type ClientSecret, createClientSecret } from '../secret/client-secret.ts'
import { hmslHash } from './hmsl.ts'
import { MAX_LEAK_BYTES } from './leak-text.ts'

export type LeakProof =
  /** The value, or any text that it stands in (leak-candidates.ts). */
  { readonly kind: 'value'; readonly value: ClientSecret } | { readonly kind: 'hmsl'; readonly hash: string }

const HASH = /^[0-9a-f]{64}$/

/** Exactly one of the two. @returns a fault that quotes neither. */
export const readProof = (value: unknown, hash: unknown): Result<LeakProof, string> => {
  if ((value === undefined) === (hash === undefined)) return refused('expected either value or hmslHash')
  if (hash !== undefined) {
    return typeof hash === 'string' && HASH.test(hash)
      ? ok({ kind: 'hmsl', hash })
      : refused('hmslHash is malformed: expected 64 hex digits')
  }
  return typeof value === 'string' && value.length >= 1 && value.length <= MAX_LEAK_BYTES
    ? ok({ kind: 'value', value: createClientSecret(value) })
    : refused(`value is malformed: expected 1 to ${MAX_LEAK_BYTES} characters`)
}

/** What stored values are held against. */
export type Wanted =
  | { readonly kind: 'values'; readonly values: readonly ClientSecret[] }
  | { readonly kind: 'hmsl'; readonly hash: string }

/** @returns which of the wanted values a stored one is, by its place; undefined: none. */
export type LeakMatcher = (stored: ClientSecret) => Promise<number | undefined>

/**
 * How long a comparison takes does not depend on how much of a value agrees: digests are looked up, and nobody can prepare values whose
 * digests agree in part.
 * @param key random, for one search
 */
export const createLeakMatcher = (wanted: Wanted, key: Uint8Array): LeakMatcher => {
  const digest = (text: string): Buffer => createHmac('sha256', key).update(text).digest()
  const digests = (wanted.kind === 'hmsl' ? [wanted.hash] : wanted.values.map((value) => value.reveal())).map(digest)
  const places = new Map(digests.map((one, at) => [one.toString('hex'), at]))
  return async (stored) => {
    const text = stored.reveal()
    const its = digest(wanted.kind === 'hmsl' ? await hmslHash(text) : text)
    const place = places.get(its.toString('hex'))
    const found = place === undefined ? undefined : digests[place]
    return found !== undefined && timingSafeEqual(its, found) ? place : undefined
  }
}
