// How far the attempts at one request have come, read from the ids of a secret's versions alone: every attempt leaves one, and its id
// says what it was about and when it was asked for. So whoever asks again – a replay, a repeated event, the sweep – sees what has run,
// without a table. Attempts are limited for each time that somebody asks: what was tried before is joined or followed, and never used
// up for good (docs/decisions/060). Pure.

import { isAbout, MAX_TOKEN_ATTEMPT, makeRequestToken, readRequestToken } from '../secret/request-token.ts'
import type { VersionEntry } from '../secret/secrets.ts'
import { isSettleOf } from './settle-request.ts'

/**
 * A failed attempt is followed by one with a new token, so many in one series; then a person is notified. Of a planned rotation, one
 * more: a person must look, and each refusal is reported.
 */
export const MAX_ATTEMPTS = { revoke: 5, rotate: 2 } as const

export interface JobSubject {
  readonly secretArn: string
  /** Incident or campaign id. */
  readonly about: string
  readonly intent: 'rotate' | 'revoke'
  /** A revoke whose series begins with a rotate; what that could not do is a revoke's. */
  readonly isGraceful?: boolean | undefined
  /**
   * When this was asked for, epoch milliseconds. Attempts since then are a series; what was asked for before under the same id is an
   * earlier one's, and counts against no limit.
   */
  readonly since: number
}

/** The attempt that may be made next. */
interface NextAttempt {
  /** One more than the last, whichever series that was in. */
  readonly attempt: number
  /** How many this series has made. */
  readonly made: number
}

export type Progress =
  /** Nothing is under way: this attempt is next. */
  | ({ readonly state: 'ask' } & NextAttempt)
  /** Its version carries AWSPENDING. */
  | { readonly state: 'running'; readonly attempt: number; readonly requestToken: string }
  /** Its version carries AWSCURRENT. */
  | { readonly state: 'switched'; readonly attempt: number; readonly requestToken: string }
  /** AWSCURRENT has moved on from it to a settle about it, which proved first that what was valid before is refused. */
  | { readonly state: 'settled'; readonly attempt: number; readonly requestToken: string; readonly settleToken: string }
  /** AWSCURRENT has moved on from it by another rotation. */
  | { readonly state: 'overtaken'; readonly attempt: number; readonly requestToken: string }
  /** This series has made all its attempts, of which this was the last. */
  | { readonly state: 'exhausted'; readonly attempt: number }

const originOf = ({ intent, isGraceful }: JobSubject, { made }: NextAttempt): 'rotate' | 'revoke' =>
  intent === 'rotate' || (isGraceful === true && made === 0) ? 'rotate' : 'revoke'

export const tokenOf = (subject: JobSubject, next: NextAttempt, askedAt: number): string =>
  makeRequestToken({
    origin: originOf(subject, next),
    askedAt,
    secretArn: subject.secretArn,
    about: subject.about,
    attempt: next.attempt,
  })

const isOf = ({ secretArn, about, intent, isGraceful }: JobSubject, versionId: string): boolean => {
  const { origin, attempt } = readRequestToken(versionId)
  const isWanted = origin === intent || (isGraceful === true && origin === 'rotate')
  return isWanted && attempt !== undefined && isAbout(versionId, { secretArn, about })
}

interface Attempt {
  readonly attempt: number
  /** More than one, when somebody asked by what was no longer so. */
  readonly versions: readonly VersionEntry[]
}

/** Those that left a version, the latest first. */
const attemptsOf = (subject: JobSubject, versions: readonly VersionEntry[]): readonly Attempt[] => {
  const byNumber = new Map<number, VersionEntry[]>()
  for (const version of versions.filter(({ versionId }) => isOf(subject, versionId))) {
    const { attempt = 0 } = readRequestToken(version.versionId)
    const others = byNumber.get(attempt)
    if (others === undefined) byNumber.set(attempt, [version])
    else others.push(version)
  }
  return [...byNumber]
    .map(([attempt, made]) => ({ attempt, versions: made }))
    .sort((one, other) => other.attempt - one.attempt)
}

type End = 'switched' | 'running' | 'settled' | 'overtaken' | 'failed'

/** In this order, of several versions of one attempt, the first one counts. */
const ends: readonly End[] = ['switched', 'running', 'settled', 'overtaken', 'failed']

interface Seen {
  readonly end: End
  readonly requestToken: string
  readonly settleToken: string
}

/**
 * What became of one version. Only a settle that carries, or carried, AWSCURRENT itself shows that it was settled: the label is moved to it
 * after its proof. One that carries nothing may have been refused, and a version of ours without a label may have been cleared.
 */
const see = (
  { secretArn }: JobSubject,
  { versionId: requestToken, labels }: VersionEntry,
  versions: readonly VersionEntry[],
): Seen => {
  const seen = (end: End, settleToken = ''): Seen => ({ end, requestToken, settleToken })
  if (labels.includes('AWSCURRENT')) return seen('switched')
  if (labels.includes('AWSPENDING')) return seen('running')
  const settle = versions.find(
    (version) =>
      isSettleOf(version.versionId, { secretArn, currentId: requestToken }) &&
      (version.labels.includes('AWSCURRENT') || version.labels.includes('AWSPREVIOUS')),
  )
  if (settle !== undefined) return seen('settled', settle.versionId)
  return seen(labels.includes('AWSPREVIOUS') ? 'overtaken' : 'failed')
}

const seeAttempt = (subject: JobSubject, attempt: Attempt, versions: readonly VersionEntry[]): Seen | undefined =>
  attempt.versions
    .map((version) => see(subject, version, versions))
    .sort((one, other) => ends.indexOf(one.end) - ends.indexOf(other.end))[0]

/** An attempt that is under way, or that came through. */
type Standing = Extract<Progress, { state: 'running' | 'switched' | 'settled' }>

const standingOf = ({ end, requestToken, settleToken }: Seen, attempt: number): Standing | undefined => {
  if (end === 'settled') return { state: end, attempt, requestToken, settleToken }
  return end === 'switched' || end === 'running' ? { state: end, attempt, requestToken } : undefined
}

/** The later attempt has the later word: it may have been asked for because the one before did not last. */
const latestStanding = (
  subject: JobSubject,
  attempts: readonly Attempt[],
  versions: readonly VersionEntry[],
): Standing | undefined => {
  for (const attempt of attempts) {
    const seen = seeAttempt(subject, attempt, versions)
    const standing = seen && standingOf(seen, attempt.attempt)
    if (standing !== undefined) return standing
  }
  return undefined
}

const nextAfter = ({ since }: JobSubject, attempts: readonly Attempt[]): NextAttempt => {
  const isOfSeries = ({ versionId }: VersionEntry): boolean => (readRequestToken(versionId).askedAt ?? 0) >= since
  const madeAs = ({ attempt, versions }: Attempt): number => {
    const { length } = versions.filter(isOfSeries)
    // Numbers end there, and attempts do not.
    return attempt === MAX_TOKEN_ATTEMPT ? length : Math.min(length, 1)
  }
  return {
    attempt: (attempts[0]?.attempt ?? 0) + 1,
    made: attempts.reduce((sum, attempt) => sum + madeAs(attempt), 0),
  }
}

/** @param versions unlabelled ones included. */
export const nextAttempt = (subject: JobSubject, versions: readonly VersionEntry[]): NextAttempt =>
  nextAfter(subject, attemptsOf(subject, versions))

/** @param versions unlabelled ones included. */
export const progressOf = (subject: JobSubject, versions: readonly VersionEntry[]): Progress => {
  const attempts = attemptsOf(subject, versions)
  const standing = latestStanding(subject, attempts, versions)
  if (standing !== undefined) return standing
  const [last] = attempts
  const seen = last && seeAttempt(subject, last, versions)
  // Whoever needs more than the switch asks again.
  if (last !== undefined && seen?.end === 'overtaken')
    return { state: 'overtaken', attempt: last.attempt, requestToken: seen.requestToken }
  const next = nextAfter(subject, attempts)
  if (next.made >= MAX_ATTEMPTS[subject.intent]) return { state: 'exhausted', attempt: next.attempt - 1 }
  return { state: 'ask', ...next }
}

/**
 * What labels alone show, which DescribeSecret shows without a second call.
 * @returns undefined when the versions have to be listed.
 */
export const progressInLabels = (
  subject: JobSubject,
  labels: Readonly<Record<string, readonly string[]>>,
): Standing | undefined => {
  const labelled = Object.entries(labels).map(([versionId, on]) => ({ versionId, labels: on, createdAt: 0 }))
  return latestStanding(subject, attemptsOf(subject, labelled), labelled)
}
