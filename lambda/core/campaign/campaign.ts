// What a campaign decides: which secrets it begins with, in which order, in what pages, and how fast. Pure.
// It decides on metadata; what is done to one secret is drive/carry-out.ts.

import { type AsOf, isManaged } from '../secret/is-managed.ts'
import { CURRENT, type Labelled, unfinishedVersion, versionLabelled } from '../secret/labels.ts'
import { isOverlapOpen } from '../secret/overlap.ts'
import { isAbout } from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import { holdOf, isRetired } from '../secret/secret-tags.ts'
import type { CampaignIntent, CampaignRequest } from './campaign-request.ts'

/** Why a secret that was selected is left alone. */
export type Skip = 'deleted' | 'retired' | 'notManaged' | 'held' | 'unfinished' | 'overlapOpen' | 'notDue' | 'frozen'

export interface Eligibility extends AsOf {
  readonly intent: CampaignIntent
  /** What the campaign is about: what an earlier execution under this id has begun is its own to end. @default - nothing is */
  readonly about?: string | undefined
}

/** @returns why this secret is left alone; undefined when it is the campaign's. A revoke leaves nothing alone that it can reach. */
export const skipOf = (secret: Secret, eligibility: Eligibility): Exclude<Skip, 'notDue' | 'frozen'> | undefined => {
  const { intent } = eligibility
  if (secret.isDeleted) return 'deleted'
  if (isRetired(secret)) return 'retired'
  if (!isManaged(secret, eligibility)) return 'notManaged'
  if (intent === 'revoke') return undefined
  if (holdOf(secret) !== undefined) return 'held'
  const isOwn = (version: Labelled | undefined): boolean =>
    version !== undefined &&
    eligibility.about !== undefined &&
    isAbout(version.versionId, { secretArn: secret.arn, about: eligibility.about })
  const unfinished = unfinishedVersion(secret)
  if (unfinished !== undefined) return isOwn(unfinished) ? undefined : 'unfinished'
  return isOverlapOpen(secret, eligibility) && !isOwn(versionLabelled(secret, CURRENT)) ? 'overlapOpen' : undefined
}

/** One secret as a checkpoint keeps it: short, since a hundred thousand are kept. */
export interface Chosen {
  /** Below the stage's prefix. */
  readonly name: string
  /** Epoch seconds. */
  readonly issuedAt: number
  readonly isLeaked?: true
}

/** Known-leaked first; then, for a rotate, the oldest value first. */
export const inOrder = (chosen: readonly Chosen[]): readonly Chosen[] =>
  [...chosen].sort(
    (one, other) =>
      Number(other.isLeaked ?? false) - Number(one.isLeaked ?? false) ||
      one.issuedAt - other.issuedAt ||
      (one.name < other.name ? -1 : 1),
  )

/** A page is an execution of its own: at most so many secrets, so that none of one execution's limits is met (docs/campaigns.md). */
export const PAGE_SECRETS = 100
/** Two operations a page, and one execution takes 3,000 of them. */
export const MAX_SELECTED = 100_000

/**
 * Pages of the same size, a whole number of rounds of them, so that no last one is left running alone on its share of the rate; and
 * dealt like cards, so that what comes first is begun first by all.
 */
export const pagesOf = (names: readonly string[], atOnce: number): readonly (readonly string[])[] => {
  if (names.length === 0) return []
  const rounds = Math.ceil(names.length / (PAGE_SECRETS * atOnce))
  const count = Math.min(rounds * atOnce, names.length)
  const pages: string[][] = []
  let taken = 0
  while (pages.length < count) {
    const round = Math.min(atOnce, count - pages.length)
    const size = Math.ceil(((names.length - taken) * round) / (count - pages.length))
    const dealt: string[][] = Array.from({ length: round }, () => [])
    for (const [at, name] of names.slice(taken, taken + size).entries()) dealt[at % round]?.push(name)
    pages.push(...dealt)
    taken += size
  }
  return pages
}

/** AWS's quotas a second, of RotateSecret, and of PutSecretValue and UpdateSecretVersionStage together (secrets-manager §1.5). */
const ROTATIONS_A_SECOND = 50
const WRITES_A_SECOND = 50
/** A rotation stores one value and moves one label. */
const WRITES_A_ROTATION = 2
/** At the quota itself, every unevenness would be throttled. */
const QUOTA_SHARE = 0.96
/** Of two, a revoke's six and nine of the settle that proves it (docs/figures.md). An open overlap adds four, whose throttling is waited for. */
const STYTCH_CALLS_A_ROTATION = 7.5

/** How many rotations the whole campaign may ask for, a second. @param stytchCallsPerSecond absent: Stytch sets no limit */
export const rotationsPerSecond = (stytchCallsPerSecond: number | undefined): number =>
  Math.min(
    ROTATIONS_A_SECOND * QUOTA_SHARE,
    (WRITES_A_SECOND * QUOTA_SHARE) / WRITES_A_ROTATION,
    stytchCallsPerSecond === undefined ? Number.POSITIVE_INFINITY : stytchCallsPerSecond / STYTCH_CALLS_A_ROTATION,
  )

const MAX_PAGES_AT_ONCE = 20
/** A rotate's waves are small, so that it stops early; a revoke's pages are many, so that one slow client holds up few. */
const IN_FLIGHT_A_PAGE = { rotate: 20, revoke: 10 } as const

/** Where the rate is low, more in flight would only wait for their turn. */
const MAX_SECONDS_TO_A_TURN = 10

export interface Shares {
  readonly pagesAtOnce: number
  /** Clients under way at once in one page. */
  readonly inFlight: number
  /** Of one page. */
  readonly rotationsPerSecond: number
}

/** What each page may use while all that run at once run; fixed, so that pages need not know of each other. */
export const sharesOf = (
  { intent, concurrency }: Pick<CampaignRequest, 'intent' | 'concurrency'>,
  count: number,
  perSecond: number,
): Shares => {
  const wanted = Math.ceil(concurrency / IN_FLIGHT_A_PAGE[intent])
  const pagesAtOnce = Math.max(
    1,
    Math.min(wanted, MAX_PAGES_AT_ONCE, Math.ceil(count / PAGE_SECRETS), Math.floor(perSecond)),
  )
  const share = perSecond / pagesAtOnce
  return {
    pagesAtOnce,
    inFlight: Math.min(Math.ceil(concurrency / pagesAtOnce), Math.ceil(share * MAX_SECONDS_TO_A_TURN)),
    rotationsPerSecond: share,
  }
}
