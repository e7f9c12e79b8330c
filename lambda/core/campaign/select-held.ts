// The selection of clients by their ids, in steps of as many as one question takes. What could not be found out is retried: for hours while nothing is
// known of any, and for a minute afterwards, since the others wait for it.

import { Fault } from '../base/fault.ts'
import { MOST_IN_QUESTION } from '../rotation/holders.ts'
import type { Durable } from './campaign-ports.ts'
import type { CampaignRequest } from './campaign-request.ts'
import type { Campaigning } from './campaigning.ts'
import { findHeld, unknownHolder } from './held-secrets.ts'
import { throughOutage } from './outage-waits.ts'
import { createSieve, type Portion } from './portion.ts'

/** Nobody could say it of these. */
const unansweredPortion = (
  campaigning: Campaigning,
  request: CampaignRequest,
  clientIds: readonly string[],
): Portion => ({ ...createSieve(campaigning, request, []).portion(), notHeld: clientIds.map(unknownHolder) })

const isNothingKnown = (portions: readonly Portion[]): boolean =>
  portions.every(({ clients = {}, notHeld = [] }) => Object.keys(clients).length + notHeld.length === 0)

/** By what holds each client: the secrets found are selected as if they had been named. */
const heldPortion = async (
  campaigning: Campaigning,
  request: CampaignRequest,
  { clientIds, before }: { readonly clientIds: readonly string[]; readonly before: readonly Portion[] },
): Promise<Portion> => {
  const { held, failures, open } = await findHeld(campaigning, clientIds)
  if (isNothingKnown(before) && held.length + failures.length === 0) {
    throw new Fault({
      code: 'HOLDERS_NOT_ANSWERED',
      retryable: true,
      message: `It could not be found out which secrets hold ${open.length} clients; the step is retried.`,
    })
  }
  const secretNames = held.map(({ secret }) => secret.name)
  const sieve = createSieve(campaigning, { ...request, selector: { secretNames } }, before)
  for (const { secret } of held) sieve.add(secret)
  return {
    ...sieve.portion(),
    clients: Object.fromEntries(held.map((one) => [one.secret.name, one.clientIds])),
    notHeld: failures,
    open,
  }
}

const OPEN_AGAIN_SECONDS = [5, 15, 30] as const

export const selectHeld = async (
  campaigning: Campaigning,
  durable: Durable,
  request: CampaignRequest,
  clientIds: readonly string[],
): Promise<readonly Portion[]> => {
  const portions: Portion[] = []
  const ask = async (some: readonly string[]): Promise<readonly string[]> => {
    const open: string[] = []
    for (let at = 0; at < some.length; at += MOST_IN_QUESTION) {
      const asked = some.slice(at, at + MOST_IN_QUESTION)
      const portion = await throughOutage(
        durable,
        `select ${portions.length + 1}`,
        () => heldPortion(campaigning, request, { clientIds: asked, before: portions }),
        () => unansweredPortion(campaigning, request, asked),
      )
      portions.push(portion)
      open.push(...(portion.open ?? []))
    }
    return open
  }
  let open = await ask(clientIds)
  for (const seconds of OPEN_AGAIN_SECONDS) {
    if (open.length === 0) break
    await durable.wait(`select ${portions.length + 1} again`, seconds)
    open = await ask(open)
  }
  if (open.length > 0) portions.push(unansweredPortion(campaigning, request, open))
  return portions
}
