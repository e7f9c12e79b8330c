// One vend: who is asked for, which scopes, and only then the cache; a token from it, or one from Stytch for all who wait for the same.
// A token that grows old is replaced while it is still served: awaited, within a budget, never left running behind the answer.
import { createLruMap } from '../base/lru-map.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { createSingleFlight } from '../base/single-flight.ts'
import type { MintedToken } from './access-token.ts'
import { type Credential, createClientWatch, type SeenClient } from './client-watch.ts'
import { createMinting } from './mint-token.ts'
import { createPublishedList } from './published-list.ts'
import { grantScopes } from './scope-rule.ts'
import type { TokenKey } from './token-cache.ts'
import type { VendRefusal } from './vend-failures.ts'
import { deadlineOf, type Invocation, type Vending } from './vending.ts'

export interface VendRequest {
  /** The name under the prefix. */
  readonly client: string
  /** Empty: the rule's default. */
  readonly scopes: readonly string[]
  readonly minTtlMs: number
  /** A service refused a token that was issued before then, epoch milliseconds. @default - none did */
  readonly notIssuedBefore?: number | undefined
}

export interface Vended {
  readonly token: MintedToken
  /** cached: as it was. refreshed: old, and replaced just now. stale: old, and could not be replaced. */
  readonly source: 'minted' | 'cached' | 'refreshed' | 'stale'
  readonly ageMs: number
}

type Outcome = Result<Vended, VendRefusal>

export const createVendor = (vending: Vending) => {
  const { cache, rules, mint } = vending
  const watch = createClientWatch({
    ...vending,
    projectId: mint.projectId,
    onSeen: ({ name, revocation }) => {
      if (revocation !== undefined) cache.dropIssuedBefore(name, revocation.notBefore * 1000)
    },
    onCredential: ({ name }, { fingerprint }) => cache.keepOnly(name, fingerprint),
  })
  const published = createPublishedList(vending.published, rules)
  const minting = createMinting(vending, watch)
  const flights = createSingleFlight<Result<MintedToken, VendRefusal>>()
  /** Client → when its token was renewed last because a service had refused it. */
  const renewedAt = createLruMap<number>(rules.maxClients)

  return async (request: VendRequest, at: Invocation): Promise<Outcome> => {
    const deadline = deadlineOf(at, rules)
    const now = at.timing.now()
    const { notIssuedBefore } = request
    const isDoubted = notIssuedBefore !== undefined
    if (isDoubted && notIssuedBefore - now > FUTURE_MS) return refused({ reason: 'notYet' })
    const listing = published.refresh({ now, deadline, journal: at.journal })
    const seen = await watch.see(request.client, { now, deadline, isDoubted })
    if (listing !== undefined) await listing
    if (!seen.ok) return seen
    const client = seen.value
    const granted = grantScopes(client.rule, request.scopes)
    if (!granted.ok) return granted
    const held = await watch.credential(client, { now, deadline })
    if (!held.ok) return held
    const credential = held.value
    const notBefore = 1000 * Math.max(client.revocation?.notBefore ?? 0, published.notBefore(credential.clientId) ?? 0)
    if (notBefore - now > LONGEST_WAIT_MS) return refused({ reason: 'switchedOff', until: notBefore })
    if (notBefore > 0) cache.dropIssuedBefore(client.name, notBefore)
    const { minTtlMs } = request
    return serve({ client, scopes: granted.value, credential, minTtlMs, notIssuedBefore, notBefore }, at)
  }

  interface Wanted {
    readonly client: SeenClient
    readonly scopes: readonly string[]
    readonly credential: Credential
    readonly minTtlMs: number
    readonly notIssuedBefore: number | undefined
    /** Whatever was issued earlier died with the client's secret, epoch milliseconds. */
    readonly notBefore: number
  }

  /** One for all who want the same, whatever value it is bought with. */
  async function mintFor(wanted: Wanted, at: Invocation, budgetMs?: number): Promise<Result<MintedToken, VendRefusal>> {
    const { client, scopes, credential, notBefore } = wanted
    const deadline = deadlineOf(at, rules, budgetMs)
    const ask = () =>
      flights.run(flightOf(wanted), () => minting({ client, scopes, credential, notBefore, deadline }, at))
    const minted = await ask()
    if (!minted.ok || minted.value.issuedAt >= notBefore) return minted
    // It was on its way before the revoke was known, or Stytch's clock is behind.
    cache.dropIssuedBefore(client.name, notBefore)
    const again = await ask()
    if (!again.ok || again.value.issuedAt >= notBefore) return again
    cache.dropIssuedBefore(client.name, notBefore)
    return refused({ reason: 'renewedLately', until: at.timing.now() + LONGEST_WAIT_MS })
  }

  /**
   * A token that is newer than the one that was refused. Whoever asks for it all the time gets no more than one in a while; where there is none
   * that anybody would be given, as after a revoke, it is what any request would bring, and each scope set's callers get theirs at once.
   */
  async function renew(
    wanted: Wanted,
    { notBefore, isKept }: Renewal,
    at: Invocation,
  ): Promise<Result<MintedToken, VendRefusal>> {
    const { timing } = at
    const name = wanted.client.name
    const lastAt = isKept ? renewedAt.get(name) : undefined
    const until = Math.max((lastAt ?? Number.NEGATIVE_INFINITY) + rules.renewEveryMs, notBefore)
    const waitMs = until - timing.now()
    if (waitMs > LONGEST_WAIT_MS) return refused({ reason: 'renewedLately', until })
    if (waitMs > 0) await timing.wait(waitMs)
    const joined = flights.isUp(flightOf(wanted)) ? await mintFor(wanted, at) : undefined
    if (joined?.ok === true && joined.value.issuedAt >= notBefore) return joined
    renewedAt.set(name, timing.now())
    return mintFor(wanted, at)
  }

  async function serve(wanted: Wanted, at: Invocation): Promise<Outcome> {
    const { client, scopes, credential, minTtlMs, notIssuedBefore } = wanted
    const { timing } = at
    const key: TokenKey = { client: client.name, fingerprint: credential.fingerprint, scopes }
    const served = (token: MintedToken, source: Vended['source']): Outcome =>
      ok({ token, source, ageMs: Math.max(0, timing.now() - token.mintedAt) })
    const look = cache.look(key, { now: timing.now(), minTtlMs, notIssuedBefore })
    switch (look.see) {
      case 'fresh':
        return served(look.token, 'cached')
      case 'ageing': {
        // Somebody replaces it already; who has a token need not wait for that.
        if (flights.isUp(flightOf(wanted))) return served(look.token, 'cached')
        const renewed = await mintFor(wanted, at, rules.refreshBudgetMs)
        if (renewed.ok) return served(renewed.value, 'refreshed')
        // The refusal may have been the one that made the client's tokens go.
        const now = timing.now()
        return cache.look(key, { now, minTtlMs: 0 }).see === 'paused' ? renewed : served(look.token, 'stale')
      }
      case 'paused':
        return { ok: false, refusal: { reason: look.failure, until: look.until } }
      case 'nothing': {
        const isKept = cache.look(key, { now: timing.now(), minTtlMs }).see !== 'nothing'
        const minted = await (notIssuedBefore === undefined
          ? mintFor(wanted, at)
          : renew(wanted, { notBefore: notIssuedBefore, isKept }, at))
        return minted.ok ? served(minted.value, 'minted') : minted
      }
    }
  }
}

interface Renewal {
  /** Epoch milliseconds. */
  readonly notBefore: number
  /** Whether a token is here that is good for whoever does not say that it was refused. */
  readonly isKept: boolean
}

/** `iat` has whole seconds, and a service may say so in the second in which the token was issued. */
const LONGEST_WAIT_MS = 1_000
/** By how much Stytch's clock may be ahead of this one. */
const FUTURE_MS = 60_000

const flightOf = ({ client, scopes }: { readonly client: SeenClient; readonly scopes: readonly string[] }): string =>
  JSON.stringify([client.name, scopes])
