// Which secrets a campaign sets out to do: listed and judged portion by portion, each portion a step of the execution and small enough
// for its checkpoint. Names are all that is kept, and a mark of each that was counted, so that none counts twice. Whether a secret is still the campaign's, DescribeSecret decides when its turn comes.

import { defined } from '../base/defined.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { countFault, namedBy } from '../secret/selector.ts'
import { isNameOfStage, isTokenLost, LISTINGS, listStage } from '../secret/stage-secrets.ts'
import { type Chosen, inOrder, MAX_SELECTED, type Skip } from './campaign.ts'
import type { Durable } from './campaign-ports.ts'
import type { CampaignFailure, NotDoneSecret } from './campaign-report.ts'
import type { CampaignRequest } from './campaign-request.ts'
import { type Campaigning, persistently } from './campaigning.ts'
import { type LastAttempts, seeLastAttempts } from './known-failures.ts'
import { throughOutage } from './outage-waits.ts'
import { createSieve, type Portion } from './portion.ts'
import { selectHeld } from './select-held.ts'
import { withinShare } from './share-of-campaign.ts'

/** What a listing shows; each begins at the top. */
interface Listed {
  readonly portions: readonly Portion[]
  readonly isWhole: boolean
}

export interface SelectedPage {
  readonly chosen: readonly Chosen[]
  readonly skipped: Readonly<Partial<Record<Skip, number>>>
  /** Of these, by name where somebody chose them, as a report lists them. */
  readonly leftAlone: readonly NotDoneSecret[]
  readonly failures: readonly CampaignFailure[]
  /** By its full name: the clients that were given by their ids and that this secret holds. */
  readonly clients?: ReadonlyMap<string, readonly string[]>
  /** Of the chosen, where it was looked at to choose. */
  readonly attempts?: LastAttempts
}

const PORTION_LIST_PAGES = 60
const PORTION_NAMES = 200
/** A step that takes longer is lost when the process is. */
const PORTION_MS = 120_000

const matchedIn = (portions: readonly Portion[]): number => portions.reduce((sum, { matched }) => sum + matched, 0)

/** The part of a list that could not be had: what was found is done, and somebody looks. */
const unlisted = (secretNamePrefix: string): CampaignFailure => ({
  secretName: `${secretNamePrefix}*`,
  why: 'lost',
  attempts: 0,
})

const listPortion = async (
  campaigning: Campaigning,
  request: CampaignRequest,
  before: readonly Portion[],
): Promise<Portion> => {
  const { secrets, timing, rules } = campaigning
  const sieve = createSieve(campaigning, request, before)
  const startedAt = timing.now()
  let page = before.at(-1)?.nextPage
  for (let pages = 0; pages < PORTION_LIST_PAGES; pages += 1) {
    const reply = await persistently(timing, () => listStage(secrets, rules, { page })).catch((error: unknown) => {
      if (isTokenLost(error)) return undefined
      throw error
    })
    if (reply === undefined) return { ...sieve.portion(), isLost: true }
    for (const secret of reply.secrets) sieve.add(secret)
    page = reply.nextPage
    if (page === undefined || sieve.isFull() || timing.now() - startedAt > PORTION_MS) break
  }
  return sieve.portion(page)
}

/** Names need no list, which may lag five minutes behind. */
const namedPortion = async (
  campaigning: Campaigning,
  request: CampaignRequest,
  { names, before }: { readonly names: readonly string[]; readonly before: readonly Portion[] },
): Promise<Portion> => {
  const { secrets, timing, rules } = campaigning
  const sieve = createSieve(campaigning, request, before)
  // Of another, IAM would deny even the look.
  for (const name of names.filter((one) => isNameOfStage(rules, one))) {
    const secret = await persistently(timing, () => secrets.describe(name))
    if (secret !== undefined) sieve.add(secret)
  }
  return sieve.portion()
}

/** Each portion is a step under a name of its own, also where the list is begun anew. */
const listAnew = async (campaigning: Campaigning, durable: Durable, request: CampaignRequest): Promise<Listed> => {
  let longest: readonly Portion[] = []
  let steps = 0
  for (let listings = 1; listings <= LISTINGS; listings += 1) {
    const portions: Portion[] = []
    let last: Portion | undefined
    do {
      steps += 1
      last = await throughOutage(durable, `select ${steps}`, () => listPortion(campaigning, request, portions))
      portions.push(last)
    } while (last.nextPage !== undefined)
    if (last.isLost !== true) return { portions, isWhole: true }
    if (matchedIn(portions) >= matchedIn(longest)) longest = portions
  }
  return { portions: longest, isWhole: false }
}

const listAll = async (campaigning: Campaigning, durable: Durable, request: CampaignRequest): Promise<Listed> => {
  const { selector } = request
  if ('clientIds' in selector) {
    return { portions: await selectHeld(campaigning, durable, request, selector.clientIds), isWhole: true }
  }
  if (!('secretNames' in selector)) return listAnew(campaigning, durable, request)
  const { secretNames } = selector
  const portions: Portion[] = []
  for (let at = 0; at < secretNames.length; at += PORTION_NAMES) {
    const names = secretNames.slice(at, at + PORTION_NAMES)
    portions.push(
      await throughOutage(durable, `select ${portions.length + 1}`, () =>
        namedPortion(campaigning, request, { names, before: portions }),
      ),
    )
  }
  return { portions, isWhole: true }
}

const missing = (request: CampaignRequest, portions: readonly Portion[]): readonly CampaignFailure[] => {
  // Of a client that is given by its id, its portion says why it has no secret here.
  if ('clientIds' in request.selector) return portions.flatMap(({ notHeld = [] }) => notHeld)
  const found = new Set(portions.flatMap(({ named }) => named))
  return namedBy(request.selector)
    .filter((name) => !found.has(name))
    .map((secretName) => ({ secretName, why: 'notFound', attempts: 0 }))
}

const sumOfSkips = (portions: readonly Portion[]): SelectedPage['skipped'] => {
  const sum: Partial<Record<Skip, number>> = {}
  for (const { skipped } of portions) {
    for (const [why, count] of Object.entries(skipped) as [Skip, number][]) sum[why] = (sum[why] ?? 0) + count
  }
  return sum
}

const clientsIn = (portions: readonly Portion[]): ReadonlyMap<string, readonly string[]> => {
  const clients = new Map<string, readonly string[]>()
  for (const { clients: some = {}, notHeld = [] } of portions) {
    for (const [name, ids] of Object.entries(some)) clients.set(name, [...(clients.get(name) ?? []), ...ids])
    for (const { secretName: clientId } of notHeld) clients.set(clientId, [clientId])
  }
  return clients
}

/** @returns the selection, or why nothing may be begun. */
export const selectSecrets = async (
  campaigning: Campaigning,
  durable: Durable,
  request: CampaignRequest,
): Promise<Result<SelectedPage, string>> => {
  const { portions, isWhole } = await listAll(campaigning, durable, request)
  const matched = matchedIn(portions)
  const miscounted = countFault(request.selector, matched)
  if (miscounted !== undefined) return refused(miscounted)
  const { maxClients = matched } = request
  if (matched > maxClients) {
    return refused(`the selector means ${matched} clients, and its reporter may ask for ${maxClients} at most`)
  }
  const chosen = portions.flatMap((portion) => portion.chosen)
  if (chosen.length > MAX_SELECTED) {
    return refused(`${chosen.length} secrets are selected, over ${MAX_SELECTED}: divide them by tag or scope`)
  }
  const unmanaged = portions.flatMap((portion) => portion.unmanaged)
  const failures: readonly CampaignFailure[] = [
    ...missing(request, portions),
    ...(isWhole ? [] : [unlisted(campaigning.rules.secretNamePrefix)]),
    ...portions
      .flatMap(({ gone = [] }) => gone)
      .map((secretName) => ({ secretName, why: 'gone', attempts: 0 }) as const),
    ...unmanaged.map((secretName) => ({ secretName, why: 'notManaged', attempts: 0 }) as const),
  ]
  // The periodic campaign has days on which nothing is due; whoever chose clients meant some.
  if (matched === 0 && failures.length === 0 && !('due' in request.selector)) {
    return refused(`nobody: the selection by ${Object.keys(request.selector)[0]} matches no client`)
  }
  const leftAlone = portions
    .flatMap((portion) => portion.leftAlone)
    .map(({ secretName, why }) => ({ secretName, outcome: 'skipped', why }) as const)
  const skipped = sumOfSkips(portions)
  const clients = 'clientIds' in request.selector ? clientsIn(portions) : undefined
  const { campaignEveryMs } = campaigning.rules.stage
  if (!('due' in request.selector) || campaignEveryMs === undefined)
    return ok({ chosen, skipped, leftAlone, failures, ...defined({ clients }) })
  // What cannot be rotated is tried each time, and takes no other's place from the day on which that is known.
  const attempts = await seeLastAttempts(campaigning, durable, inOrder(chosen))
  const begun = withinShare(
    chosen.map((one) => (attempts.get(one.name) === 'failed' ? { ...one, isKnownFailure: true } : one)),
    portions.reduce((sum, { mean }) => sum + mean, 0),
  )
  const left = chosen.length - begun.length
  return ok({
    chosen: begun,
    skipped: left === 0 ? skipped : { ...skipped, notDue: (skipped.notDue ?? 0) + left },
    leftAlone,
    failures,
    attempts,
  })
}
