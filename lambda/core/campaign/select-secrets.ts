// Which secrets a campaign sets out to do: listed and judged portion by portion, each portion a step of the execution and small enough
// for its checkpoint. Names are all that is kept, and a mark of each that was counted, so that none counts twice. Whether a secret is still the campaign's, DescribeSecret decides when its turn comes.

import { createHash } from 'node:crypto'
import { defined } from '../base/defined.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { isPastPeriod, issuedAtEstimate, turnOf } from '../secret/is-overdue.ts'
import type { Secret } from '../secret/secret.ts'
import { clientIdOf, periodOf } from '../secret/secret-tags.ts'
import { countFault, createSelection, namedAs, namedBy } from '../secret/selector.ts'
import { isNameOfStage, isOfStage, isTokenLost, LISTINGS, listStage, shortNameOf } from '../secret/stage-secrets.ts'
import { type Chosen, type Eligibility, inOrder, MAX_SELECTED, type Skip, skipOf } from './campaign.ts'
import type { Durable } from './campaign-ports.ts'
import { type CampaignFailure, type NotDoneSecret, REPORT_NOT_DONE } from './campaign-report.ts'
import type { CampaignRequest } from './campaign-request.ts'
import { type Campaigning, persistently } from './campaigning.ts'
import { type LastAttempts, seeLastAttempts } from './known-failures.ts'
import { throughOutage } from './outage-waits.ts'
import { type DueSecret, withinShare } from './share-of-campaign.ts'

type Candidate = Chosen & DueSecret

/** Its full name. */
interface LeftAlone {
  readonly secretName: string
  readonly why: Skip
}

/** One step's reply. */
interface Portion {
  readonly chosen: readonly Candidate[]
  /** How many of these secrets one periodic campaign rotates, if all are spread evenly. */
  readonly mean: number
  readonly skipped: Readonly<Partial<Record<Skip, number>>>
  /** Of these, by name where somebody chose them. */
  readonly leftAlone: readonly LeftAlone[]
  /** For a revoke: what it would reach and cannot. */
  readonly unmanaged: readonly string[]
  /** Named, and scheduled for deletion: its client may live on. Absent in checkpoints of an earlier version. */
  readonly gone?: readonly string[]
  readonly matched: number
  /** Which of the names or ids that were given have been found. */
  readonly named: readonly string[]
  /** Marks of all that was counted, one after another: a later portion counts none of them again. */
  readonly seen: string
  readonly nextPage?: string
  /** The page that comes next cannot be had any more: its token, which a checkpoint may have kept for long, is lost. */
  readonly isLost?: true
}

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
  /** Of the chosen, where it was looked at to choose. */
  readonly attempts?: LastAttempts
}

/** A checkpoint holds 256 KB. */
const PORTION_BYTES = 160 * 1024
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

const eligibilityOf = ({ rules, timing }: Campaigning, { intent, id }: CampaignRequest): Eligibility => ({
  intent,
  about: id,
  now: timing.now(),
  spans: rules.stage,
  rotationFunctionArn: rules.rotationFunctionArn,
})

/** For the periodic campaign: whether a secret can be left to a later one. */
const waitOf = (secret: Secret, eligibility: Eligibility): DueSecret => {
  if (isPastPeriod(secret, eligibility)) return { isLate: true }
  const { latest } = turnOf(secret, eligibility.spans)
  return eligibility.now < latest ? { waitsUntil: Math.floor(latest / 1000) } : {}
}

/** A secret as a checkpoint keeps it that was counted: two of a hundred thousand have the same once in fifty thousand campaigns. */
const MARK_LENGTH = 8
const markOf = ({ arn }: Pick<Secret, 'arn'>): string =>
  createHash('sha256').update(arn).digest('base64url').slice(0, MARK_LENGTH)

const marksIn = (portions: readonly Pick<Portion, 'seen'>[]): readonly string[] =>
  portions.flatMap(({ seen }) => seen.match(new RegExp(`.{${MARK_LENGTH}}`, 'g')) ?? [])

/** @param before the portions of the same listing: while it is read, a list may show a secret again, on a later page */
const createSieve = (campaigning: Campaigning, request: CampaignRequest, before: readonly Portion[]) => {
  const { rules } = campaigning
  const { selector, intent } = request
  const leaked = new Set<string | undefined>(request.knownLeaked)
  const isNaming = namedBy(selector).length > 0
  const eligibility = eligibilityOf(campaigning, request)
  const { whyNot } = createSelection({ by: [selector] }, eligibility)
  const chosen: Chosen[] = []
  const skipped: Partial<Record<Skip, number>> = {}
  const leftAlone: LeftAlone[] = []
  const unmanaged: string[] = []
  const gone: string[] = []
  const named = new Set<string>()
  const counted = new Set(marksIn(before))
  let seen = ''
  const isDueOnly = 'due' in selector
  let matched = 0
  let mean = 0
  let bytes = 0

  const choose = (secret: Secret): void => {
    const name = shortNameOf(rules, secret.name)
    const issuedAt = Math.floor(issuedAtEstimate(secret) / 1000)
    const isLeaked = leaked.has(clientIdOf(secret)) ? ({ isLeaked: true } as const) : {}
    chosen.push({ name, issuedAt, ...isLeaked, ...(isDueOnly ? waitOf(secret, eligibility) : {}) })
    bytes += name.length + (isDueOnly ? 65 : 40)
  }
  const leave = (secret: Secret, why: Skip): void => {
    skipped[why] = (skipped[why] ?? 0) + 1
    if ('due' in selector || leftAlone.length >= REPORT_NOT_DONE) return
    leftAlone.push({ secretName: secret.name, why })
  }
  return {
    isFull: (): boolean => bytes >= PORTION_BYTES,
    add: (secret: Secret): void => {
      // ListSecrets' filter is a promise of AWS's; the prefix is ours.
      const unselected = whyNot(secret)
      if (!isOfStage(rules, secret) || unselected === 'other') return
      const asNamed = isNaming ? namedAs(selector, secret) : undefined
      if (asNamed !== undefined) named.add(asNamed)
      const skip = skipOf(secret, eligibility) ?? (unselected === 'notDue' ? unselected : undefined)
      const mark = markOf(secret)
      const isOver = skip === 'deleted' || skip === 'retired'
      if ((isOver && asNamed === undefined) || counted.has(mark)) return
      counted.add(mark)
      seen += mark
      bytes += MARK_LENGTH
      if (isOver) {
        // Whoever named it is told of it, and it is none of those that the selector means.
        if (skip === 'deleted') gone.push(secret.name)
        else leave(secret, skip)
        bytes += secret.name.length
        return
      }
      matched += 1
      if (skip !== 'notManaged') mean += (rules.stage.campaignEveryMs ?? 0) / periodOf(secret, rules.stage)
      if (skip === undefined) choose(secret)
      else if (skip === 'notManaged' && intent === 'revoke') {
        unmanaged.push(secret.name)
        bytes += secret.name.length
      } else leave(secret, skip)
    },
    portion: (nextPage?: string): Portion => ({
      chosen,
      skipped,
      leftAlone,
      unmanaged,
      gone,
      matched,
      mean,
      named: [...named],
      seen,
      ...defined({ nextPage }),
    }),
  }
}

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
  const { campaignEveryMs } = campaigning.rules.stage
  if (!('due' in request.selector) || campaignEveryMs === undefined) return ok({ chosen, skipped, leftAlone, failures })
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
