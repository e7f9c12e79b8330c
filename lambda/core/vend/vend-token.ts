// One vend: who is asked for, which scopes, and only then the cache; a token from it, or one from Stytch for all who wait for the same.
// A token that grows old is replaced while it is still served: awaited, within a budget, never left running behind the answer.
import { ok, type Result } from '../base/result.ts'
import { createSingleFlight } from '../base/single-flight.ts'
import type { MintedToken } from './access-token.ts'
import { type Credential, createClientWatch, type SeenClient } from './client-watch.ts'
import { createMinting } from './mint-token.ts'
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
  const minting = createMinting(vending, watch)
  const flights = createSingleFlight<Result<MintedToken, VendRefusal>>()

  return async (request: VendRequest, at: Invocation): Promise<Outcome> => {
    const deadline = deadlineOf(at, rules)
    const now = at.timing.now()
    const seen = await watch.see(request.client, { now, deadline })
    if (!seen.ok) return seen
    const client = seen.value
    const granted = grantScopes(client.rule, request.scopes)
    if (!granted.ok) return granted
    const held = await watch.credential(client, { now, deadline })
    if (!held.ok) return held
    return serve({ client, scopes: granted.value, credential: held.value, minTtlMs: request.minTtlMs }, at)
  }

  interface Wanted {
    readonly client: SeenClient
    readonly scopes: readonly string[]
    readonly credential: Credential
    readonly minTtlMs: number
  }

  /** One for all who want the same, whatever value it is bought with. */
  async function mintFor(wanted: Wanted, at: Invocation, budgetMs?: number): Promise<Result<MintedToken, VendRefusal>> {
    const { client, scopes, credential } = wanted
    const deadline = deadlineOf(at, rules, budgetMs)
    return flights.run(flightOf(wanted), () => minting({ client, scopes, credential, deadline }, at))
  }

  async function serve(wanted: Wanted, at: Invocation): Promise<Outcome> {
    const { client, scopes, credential, minTtlMs } = wanted
    const { timing } = at
    const key: TokenKey = { client: client.name, fingerprint: credential.fingerprint, scopes }
    const served = (token: MintedToken, source: Vended['source']): Outcome =>
      ok({ token, source, ageMs: Math.max(0, timing.now() - token.mintedAt) })
    const look = cache.look(key, { now: timing.now(), minTtlMs })
    switch (look.see) {
      case 'fresh':
        return served(look.token, 'cached')
      case 'ageing': {
        // Somebody replaces it already; who has a token need not wait for that.
        if (flights.isUp(flightOf(wanted))) return served(look.token, 'cached')
        const renewed = await mintFor(wanted, at, rules.refreshBudgetMs)
        return renewed.ok ? served(renewed.value, 'refreshed') : served(look.token, 'stale')
      }
      case 'paused':
        return { ok: false, refusal: { reason: look.failure, until: look.until } }
      case 'nothing': {
        const minted = await mintFor(wanted, at)
        return minted.ok ? served(minted.value, 'minted') : minted
      }
    }
  }
}

const flightOf = ({ client, scopes }: { readonly client: SeenClient; readonly scopes: readonly string[] }): string =>
  JSON.stringify([client.name, scopes])
