// The vendor's tokens, and what it must not ask for again yet. Decides, for a key and a time, whether a token is served, refreshed
// ahead or minted, and keeps the whole bounded. Pure: no promise, no clock, no chance; who asks Stytch is in mint-token.ts.
import { createHash } from 'node:crypto'
import { createLruMap, type LruMap } from '../base/lru-map.ts'
import type { ClientSecret } from '../secret/client-secret.ts'
import type { MintedToken } from './access-token.ts'

interface CacheRules {
  /** A token with less life left is never served. */
  readonly floorMs: number
  /** From this part of its life on, a token is replaced while it is still served … */
  readonly refreshFrom: number
  /** … less up to this part, drawn for each token, so that environments that started together do not mint together. */
  readonly jitter: number
  /** Of all clients together. */
  readonly maxTokens: number
  /** Scope sets are the caller's to choose: one client's must not drive out another's. */
  readonly maxTokensOfClient: number
}

export const cacheRules: CacheRules = {
  floorMs: 60_000,
  refreshFrom: 0.75,
  jitter: 0.1,
  maxTokens: 256,
  maxTokensOfClient: 32,
}

/** Stytch's answer to a mint that brought no token, as far as it says when to ask again. */
export type MintFailure =
  /** The credential, for whatever scopes. */
  | 'credentialRefused'
  | 'scopeRefused'
  /** For another reason, which only a person can fix. */
  | 'rejected'
  | 'throttled'
  | 'unavailable'
  /** A token came, and is not what was asked for. */
  | 'tokenUnfit'

/** What only asking for other scopes can get around; anything else stops every mint with the credential. */
const isAboutScopes = (failure: MintFailure): boolean => failure === 'scopeRefused' || failure === 'tokenUnfit'

/** How long nothing is asked after a failure: doubled by each one that follows, up to `mostMs`. */
const pauses: Readonly<Record<MintFailure, { readonly firstMs: number; readonly mostMs: number }>> = {
  credentialRefused: { firstMs: 5_000, mostMs: 60_000 },
  scopeRefused: { firstMs: 30_000, mostMs: 30_000 },
  rejected: { firstMs: 30_000, mostMs: 60_000 },
  throttled: { firstMs: 3_000, mostMs: 60_000 },
  unavailable: { firstMs: 3_000, mostMs: 60_000 },
  tokenUnfit: { firstMs: 30_000, mostMs: 60_000 },
}

/**
 * When a refusal of the credential is no longer a node's that is behind, so that tokens which it bought are not served either: a client that
 * Stytch refuses was switched off, or its secret replaced, and whoever did that means it.
 */
const DEFINITE = { times: 3, overMs: 60_000 } as const

export interface TokenKey {
  /** By name. */
  readonly client: string
  /** Of the secret's value: another value, another key. */
  readonly fingerprint: string
  /** Sorted, each once. */
  readonly scopes: readonly string[]
}

/** Names a value without showing it: 128 bits of its hash. In memory only. */
export const fingerprintOf = (secret: ClientSecret): string =>
  createHash('sha256').update(secret.reveal()).digest('hex').slice(0, 32)

export type Look =
  | { readonly see: 'fresh'; readonly token: MintedToken }
  /** It may be served, and should be replaced. */
  | { readonly see: 'ageing'; readonly token: MintedToken }
  | { readonly see: 'nothing' }
  /** Nothing may be served, and nothing asked before then. */
  | { readonly see: 'paused'; readonly failure: MintFailure; readonly until: number }

interface LookInput {
  readonly now: number
  /** What the caller wants left; never more than half of a token's life. */
  readonly minTtlMs: number
  /** An older token was refused by a service, epoch milliseconds. @default - any is good */
  readonly notIssuedBefore?: number | undefined
}

export interface TokenCache {
  readonly floorMs: number
  look(key: TokenKey, input: LookInput): Look
  /** @param chance 0 to 1. */
  store(key: TokenKey, token: MintedToken, chance: number): void
  /** @param chance 0 to 1. @param leastMs what Stytch asks for, if it does. @returns until when nothing is asked. */
  fail(key: TokenKey, failure: MintFailure, pause: Pause): number
  /** Another value became current: tokens of the others go, and so does what was refused of them. */
  keepOnly(client: string, fingerprint: string): void
  /** Tokens of a revoked client that were issued before then. */
  dropIssuedBefore(client: string, at: number): void
  /** How many tokens and pauses are kept. */
  size(): { readonly tokens: number; readonly pauses: number }
}

interface Pause {
  readonly now: number
  readonly chance: number
  readonly leastMs?: number | undefined
}

interface Held {
  readonly fingerprint: string
  readonly token: MintedToken
  readonly refreshAt: number
}

interface Paused {
  readonly client: string
  readonly fingerprint: string
  readonly failure: MintFailure
  readonly until: number
  readonly failures: number
  readonly since: number
}

/** No scope and no fingerprint holds a space; within one client, so that no name has to be in it. */
const keyOf = ({ fingerprint, scopes }: TokenKey): string => `${fingerprint} ${scopes.join(' ')}`
const credentialKey = ({ client, fingerprint }: TokenKey): string => JSON.stringify([client, fingerprint])
const scopesKey = (key: TokenKey): string => JSON.stringify([key.client, keyOf(key)])

export const createTokenCache = (rules: CacheRules = cacheRules): TokenCache => {
  /** Client → its tokens; both in the order of their last use. */
  const clients = createLruMap<LruMap<Held>>(Number.POSITIVE_INFINITY)
  // Apart, so that no number of refused scope sets makes the vendor forget that the credential itself is refused.
  const ofCredentials = createLruMap<Paused>(rules.maxTokens)
  const ofScopes = createLruMap<Paused>(rules.maxTokens)
  let tokens = 0

  const remove = (client: string, held: LruMap<Held>, key: string): void => {
    if (!held.delete(key)) return
    tokens -= 1
    if (held.size() === 0) clients.delete(client)
  }

  const dropWhere = (client: string, mustGo: (held: Held) => boolean): void => {
    const held = clients.get(client)
    if (held === undefined) return
    for (const [key, one] of held) if (mustGo(one)) remove(client, held, key)
  }

  /** From the client that keeps most; of several, the one that was used longest ago. */
  const evictOne = (): void => {
    let fullest: { readonly client: string; readonly held: LruMap<Held> } | undefined
    let most = 0
    for (const [client, held] of clients) if (held.size() > most) [fullest, most] = [{ client, held }, held.size()]
    const oldest = fullest?.held.oldestKey()
    if (fullest !== undefined && oldest !== undefined) remove(fullest.client, fullest.held, oldest)
  }

  const pauseFor = (key: TokenKey, now: number): Paused | undefined => {
    if (ofCredentials.size() + ofScopes.size() === 0) return undefined
    const known = [ofCredentials.get(credentialKey(key)), ofScopes.get(scopesKey(key))]
    return known.find((one) => one !== undefined && one.until > now)
  }

  const isUsable = (
    { expiresAt, issuedAt, lifetimeMs }: MintedToken,
    { now, minTtlMs, notIssuedBefore = 0 }: LookInput,
  ): boolean =>
    issuedAt >= notIssuedBefore && expiresAt - now >= Math.max(rules.floorMs, Math.min(minTtlMs, lifetimeMs / 2))

  return {
    floorMs: rules.floorMs,
    look: (key, input) => {
      const held = clients.get(key.client)
      const text = keyOf(key)
      const one = held?.get(text)
      const pause = pauseFor(key, input.now)
      if (one !== undefined && isUsable(one.token, input)) {
        const isAgeing = input.now >= one.refreshAt && pause === undefined
        return { see: isAgeing ? 'ageing' : 'fresh', token: one.token }
      }
      if (pause !== undefined) return { see: 'paused', failure: pause.failure, until: pause.until }
      return { see: 'nothing' }
    },
    store: (key, token, chance) => {
      const text = keyOf(key)
      const held = clients.get(key.client) ?? createLruMap<Held>(rules.maxTokensOfClient)
      const before = held.size()
      const refreshAt = token.mintedAt + (rules.refreshFrom - rules.jitter * chance) * token.lifetimeMs
      held.set(text, { fingerprint: key.fingerprint, token, refreshAt })
      tokens += held.size() - before
      clients.set(key.client, held)
      ofCredentials.delete(credentialKey(key))
      ofScopes.delete(scopesKey(key))
      while (tokens > rules.maxTokens) evictOne()
    },
    fail: (key, failure, { now, chance, leastMs = 0 }) => {
      const [known, subject] = isAboutScopes(failure) ? [ofScopes, scopesKey(key)] : [ofCredentials, credentialKey(key)]
      const before = known.get(subject)
      const failures = before?.failure === failure ? before.failures + 1 : 1
      const { firstMs, mostMs } = pauses[failure]
      const grownMs = Math.min(firstMs * 2 ** (failures - 1), mostMs)
      const until = now + Math.max(leastMs, grownMs * (0.5 + chance / 2))
      const { client, fingerprint } = key
      const since = failures === 1 ? now : (before?.since ?? now)
      known.set(subject, { client, fingerprint, failure, until, failures, since })
      const isDefinite = failures >= DEFINITE.times && now - since >= DEFINITE.overMs
      if (failure === 'credentialRefused' && isDefinite) dropWhere(client, () => true)
      return until
    },
    keepOnly: (client, fingerprint) => {
      dropWhere(client, (held) => held.fingerprint !== fingerprint)
      const isOutdated = (one: Paused) => one.client === client && one.fingerprint !== fingerprint
      for (const paused of [ofCredentials, ofScopes]) {
        for (const [subject, one] of paused) if (isOutdated(one)) paused.delete(subject)
      }
    },
    dropIssuedBefore: (client, at) => dropWhere(client, ({ token }) => token.issuedAt < at),
    size: () => ({ tokens, pauses: ofCredentials.size() + ofScopes.size() }),
  }
}
