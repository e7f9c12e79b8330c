// What became of the secrets of a page that nothing was heard of, from their versions alone: the token of each version says whether it is this
// campaign's. Done, not done, or unknown; nothing is asked for.

import { Fault } from '../base/fault.ts'
import { isSettleOf } from '../drive/settle-request.ts'
import { isUnsettled, overlapEndsAt } from '../secret/overlap.ts'
import { isAbout, readRequestToken } from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import type { VersionEntry } from '../secret/secrets.ts'
import { fullNameOf } from '../secret/stage-secrets.ts'
import type { PagePhase } from './campaign-page.ts'
import type { Durable } from './campaign-ports.ts'
import type { CampaignWork, Wave } from './campaign-work.ts'
import { persistently } from './campaigning.ts'
import type { FinalEnd, SecretEnd } from './secret-end.ts'

const unknown = (attempts: number): FinalEnd => ({ end: 'failed', why: 'lost', attempts })

interface Found {
  readonly secret: Secret
  /** Every version of it, unlabelled ones included. */
  readonly versions: readonly VersionEntry[]
  /** Of these, what this campaign has asked for. */
  readonly own: readonly VersionEntry[]
}

const labelledIn = (versions: readonly VersionEntry[], label: string): VersionEntry | undefined =>
  versions.find(({ labels }) => labels.includes(label))

const isSettled = ({ secret, versions, own }: Found): boolean =>
  own.some(({ versionId }) =>
    versions.some(
      (one) =>
        isSettleOf(one.versionId, { secretArn: secret.arn, currentId: versionId }) &&
        (one.labels.includes('AWSCURRENT') || one.labels.includes('AWSPREVIOUS')),
    ),
  )

const isAskedBefore = ({ startedAt }: CampaignWork, version: VersionEntry | undefined): boolean =>
  (readRequestToken(version?.versionId ?? '').askedAt ?? startedAt) < Math.floor(startedAt)

/** All that was asked for was asked for by earlier runs. */
const madeEarlier = (work: CampaignWork, own: readonly VersionEntry[]) =>
  own.every((version) => isAskedBefore(work, version)) ? ({ isWithoutSwitch: true } as const) : {}

/** A rotate's switch was made, and others have moved on since, or nobody has. */
const switchedEnd = (work: CampaignWork, { secret, own }: Found, phase: PagePhase): SecretEnd => {
  const { campaigning, run } = work
  const { stage } = campaigning.rules
  const made = madeEarlier(work, own)
  const endsAt = overlapEndsAt(secret, stage)
  if (labelledIn(own, 'AWSCURRENT') !== undefined && phase === 'switch') {
    return { end: 'switched', overlapEndsAt: endsAt, ...made }
  }
  // A revoke has to be proven, which only its own settle does.
  if (run.request.intent === 'revoke') return unknown(own.length)
  return isUnsettled(secret) ? { end: 'leftToSweep', until: endsAt, ...made } : { end: 'settled', ...made }
}

const endOf = (work: CampaignWork, found: Found, phase: PagePhase): SecretEnd => {
  const { secret, own } = found
  if (isSettled(found) && (work.run.request.intent === 'revoke' || !isUnsettled(secret))) {
    const isEarlier = isAskedBefore(work, labelledIn(found.versions, 'AWSCURRENT'))
    return { end: 'settled', ...(isEarlier ? { why: 'earlier' } : {}), ...madeEarlier(work, own) }
  }
  const isSwitched = own.some(({ labels }) => labels.includes('AWSCURRENT') || labels.includes('AWSPREVIOUS'))
  if (isSwitched || phase === 'settle') return switchedEnd(work, found, phase)
  if (labelledIn(own, 'AWSPENDING') !== undefined) return unknown(own.length)
  const made = own.filter(({ createdAt }) => createdAt >= work.startedAt)
  if (made.length > 0) return { end: 'failed', why: 'refused', attempts: made.length }
  return { end: 'notStarted', why: 'lost' }
}

const lookAt = async (work: CampaignWork, name: string, phase: PagePhase): Promise<SecretEnd> => {
  const { campaigning, run } = work
  const { secrets, timing, rules } = campaigning
  const secret = await persistently(timing, () => secrets.describe(fullNameOf(rules, name)))
  if (secret === undefined || secret.isDeleted) return { end: 'failed', why: 'gone', attempts: 0 }
  const versions = await persistently(timing, () => secrets.listVersions(secret.arn))
  const own = versions.filter(({ versionId }) => isAbout(versionId, { secretArn: secret.arn, about: run.id }))
  return endOf(work, { secret, versions, own }, phase)
}

/** One step's, of as many as it got to. */
interface Portion {
  readonly ends: readonly SecretEnd[]
  /** unavailable: AWS did not answer about the next one. late: the time was up. */
  readonly because: 'all' | 'unavailable' | 'late'
  /** Until a next step may begin. */
  readonly waitSeconds: number
  /** Epoch milliseconds. */
  readonly endedAt: number
}

/** A step begins no further look after this time, and none with less than the second left of its invocation. */
const LOOK_MS = 120_000
const LOOK_NEEDS_MS = 60_000
/** While AWS does not answer; after that, whoever was not looked at is unknown. */
const UNAVAILABLE_SECONDS = [30, 120, 300] as const

/** Ends at the first that cannot be looked at: while AWS does not answer, each would take its time to say so. */
const lookAtSome = async (work: CampaignWork, names: readonly string[], phase: PagePhase): Promise<Portion> => {
  const { timing } = work.campaigning
  const startedAt = timing.now()
  const ends: SecretEnd[] = []
  const portion = (because: Portion['because'], waitSeconds = 0): Portion => ({
    ends,
    because,
    waitSeconds,
    endedAt: timing.now(),
  })
  for (const name of names) {
    const remainingMs = timing.remainingMs()
    // Longer than this invocation lasts, so that the next step has one of its own.
    if (remainingMs < LOOK_NEEDS_MS) return portion('late', Math.max(1, Math.ceil(remainingMs / 1000) + 1))
    if (timing.now() - startedAt > LOOK_MS) return portion('late')
    try {
      ends.push(await lookAt(work, name, phase))
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      if (error.retryable) return portion('unavailable')
      ends.push(unknown(0))
    }
  }
  return portion('all')
}

export interface LookedBack {
  readonly ends: readonly SecretEnd[]
  /** Epoch milliseconds. */
  readonly endedAt: number
}

/** In steps that end within their invocation, each with what it has found. A secret that cannot be looked at is unknown; the others are not. */
export const lookBack = async (
  work: CampaignWork,
  durable: Durable,
  { page, names }: Wave,
  phase: PagePhase,
): Promise<LookedBack> => {
  const ends: SecretEnd[] = []
  let outages = 0
  for (;;) {
    const left = names.slice(ends.length)
    const some = await durable.step(`look at page ${page}`, () => lookAtSome(work, left, phase))
    ends.push(...some.ends)
    if (some.because === 'all') return { ends, endedAt: some.endedAt }
    const outageSeconds = some.because === 'unavailable' ? UNAVAILABLE_SECONDS[outages] : some.waitSeconds
    if (outageSeconds === undefined) {
      return { ends: names.map((_name, at) => ends[at] ?? unknown(0)), endedAt: some.endedAt }
    }
    if (some.because === 'unavailable') outages += 1
    if (outageSeconds > 0) await durable.wait(`look at page ${page} again`, outageSeconds)
  }
}
