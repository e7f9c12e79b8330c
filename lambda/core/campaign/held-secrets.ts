// Whose secret each client is that a campaign was given by its id: what the issuer keeps, or a claim, decides. What no secret holds is a failure that
// names what is tagged for it: whoever makes a secret chooses its tags, and a campaign rotates nothing for a tag alone.

import { mapInParallel } from '../base/worker-pool.ts'
import { findHolder, namesOf, taggedFor } from '../drive/find-holders.ts'
import type { Holder } from '../rotation/holders.ts'
import type { Secret } from '../secret/secret.ts'
import { listTaggedOfStage } from '../secret/stage-secrets.ts'
import type { CampaignFailure } from './campaign-report.ts'
import { type Campaigning, type ClientSearch, persistently } from './campaigning.ts'

export interface HeldSecrets {
  /** Each once, with those of the clients that it holds. */
  readonly held: readonly { readonly secret: Secret; readonly clientIds: readonly string[] }[]
  /** By client id. */
  readonly failures: readonly CampaignFailure[]
  /** Clients that nothing could be said of now; the same question may be answered later. */
  readonly open: readonly string[]
}

const AT_ONCE = 10

const failed = (clientId: string, why: 'notHeld' | 'unavailable', message: string): CampaignFailure => ({
  secretName: clientId,
  why,
  attempts: 0,
  message,
})

/** Of a client whose holder nobody could name for as long as a campaign waits. */
export const unknownHolder = (clientId: string): CampaignFailure =>
  failed(clientId, 'unavailable', 'it could not be found out which secret holds this client')

const taggedWords = async ({ timing, rules }: Campaigning, search: ClientSearch, clientId: string): Promise<string> => {
  const listed = await persistently(timing, () => listTaggedOfStage(search, rules, clientId))
  const tagged = taggedFor(clientId, listed)
  return tagged.length === 0 ? 'none is tagged for it' : `only tagged for it: ${namesOf(tagged)}`
}

type One = { readonly secret: Secret } | { readonly failure: CampaignFailure } | 'open'

const oneOf = async (
  campaigning: Campaigning,
  search: ClientSearch,
  { clientId, holder }: { readonly clientId: string; readonly holder: Holder },
): Promise<One> => {
  const { secrets, timing, rules } = campaigning
  switch (holder.state) {
    case 'held': {
      const { secretArn } = holder
      const secret = await persistently(timing, () => findHolder({ ...rules, secrets }, secretArn))
      const message = `held by ${secretArn}: no secret of this stage that could be rotated`
      return secret === undefined ? { failure: failed(clientId, 'notHeld', message) } : { secret }
    }
    case 'gone':
      return { failure: failed(clientId, 'notHeld', 'Stytch knows no such client') }
    case 'unheld': {
      const message = `held by no secret, and ${await taggedWords(campaigning, search, clientId)}`
      return { failure: failed(clientId, 'notHeld', message) }
    }
    case 'unknown':
      return holder.isPassing === true ? 'open' : { failure: unknownHolder(clientId) }
  }
}

/** @param clientIds as many as one question takes. @throws Fault HOLDERS_NOT_ANSWERED, and what Secrets Manager's calls throw */
export const findHeld = async (campaigning: Campaigning, clientIds: readonly string[]): Promise<HeldSecrets> => {
  const { clientSearch: search, timing } = campaigning
  if (search === undefined) return { held: [], failures: clientIds.map(unknownHolder), open: [] }
  const answer = await persistently(timing, () => search.holders(clientIds))
  const asked = clientIds.map((clientId, at) => ({ clientId, holder: answer[at] ?? { state: 'unknown' as const } }))
  const found = await mapInParallel(asked, AT_ONCE, async (one) => ({
    clientId: one.clientId,
    one: await oneOf(campaigning, search, one),
  }))
  const byArn = Map.groupBy(
    found.flatMap(({ clientId, one }) => (one !== 'open' && 'secret' in one ? [{ clientId, ...one }] : [])),
    ({ secret }) => secret.arn,
  )
  return {
    held: [...byArn.values()].flatMap((some) =>
      some.slice(0, 1).map(({ secret }) => ({ secret, clientIds: some.map(({ clientId }) => clientId) })),
    ),
    failures: found.flatMap(({ one }) => (one !== 'open' && 'failure' in one ? [one.failure] : [])),
    open: found.flatMap(({ clientId, one }) => (one === 'open' ? [clientId] : [])),
  }
}
