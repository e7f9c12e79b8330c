// One portion of a campaign's selection, which is one step's reply: secrets are judged one by one, and no more is kept of each than a checkpoint
// holds of a hundred thousand. Pure.

import { createHash } from 'node:crypto'
import { defined } from '../base/defined.ts'
import { isPastPeriod, issuedAtEstimate, turnOf } from '../secret/is-overdue.ts'
import type { Secret } from '../secret/secret.ts'
import { clientIdOf, periodOf } from '../secret/secret-tags.ts'
import { createSelection, namedAs, namedBy } from '../secret/selector.ts'
import { isOfStage, shortNameOf } from '../secret/stage-secrets.ts'
import { type Chosen, type Eligibility, type Skip, skipOf } from './campaign.ts'
import { type CampaignFailure, REPORT_NOT_DONE } from './campaign-report.ts'
import type { CampaignRequest } from './campaign-request.ts'
import type { Campaigning } from './campaigning.ts'
import type { DueSecret } from './share-of-campaign.ts'

type Candidate = Chosen & DueSecret

/** Its full name. */
interface LeftAlone {
  readonly secretName: string
  readonly why: Skip
}

/** One step's reply. */
export interface Portion {
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
  /** Of clients that were given by their ids, by its full name: which this secret holds. Absent: none was, or the portion is of an earlier version. */
  readonly clients?: Readonly<Record<string, readonly string[]>>
  /** Of such: what no secret of the stage holds. */
  readonly notHeld?: readonly CampaignFailure[]
  /** Of such: what could not be found out, and may be later. */
  readonly open?: readonly string[]
  /** Which of the names or ids that were given have been found. */
  readonly named: readonly string[]
  /** Marks of all that was counted, one after another: a later portion counts none of them again. */
  readonly seen: string
  readonly nextPage?: string
  /** The page that comes next cannot be had any more: its token, which a checkpoint may have kept for long, is lost. */
  readonly isLost?: true
}

/** A checkpoint holds 256 KB. */
const PORTION_BYTES = 160 * 1024

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
export const createSieve = (campaigning: Campaigning, request: CampaignRequest, before: readonly Portion[]) => {
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
        // The report names it to whoever named it, and it is none of those that the selector means.
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
