// How far the attempts at one request have come, read from the ids of a secret's versions alone: every attempt leaves one, and its id
// says what it was about. So whoever asks again – a replay, a repeated event, the sweep – sees what has run, without a table. Pure.

import { isAbout, makeRequestToken, readRequestToken } from '../secret/request-token.ts'
import type { VersionEntry } from '../secret/secrets.ts'
import { isSettleOf } from './settle-request.ts'

/** A failed attempt is followed by one with a new token; then a person is notified. */
export const MAX_ATTEMPTS = 5

export interface JobSubject {
  readonly secretArn: string
  /** Incident or campaign id. */
  readonly about: string
  /** What each attempt asks for: with a grace, the first is a rotate, and what it could not do is a revoke's. */
  readonly originOf: (attempt: number) => 'rotate' | 'revoke'
}

export type Progress =
  /** Nothing is under way: this attempt is next. */
  | { readonly state: 'ask'; readonly attempt: number }
  /** Its version carries AWSPENDING. */
  | { readonly state: 'running'; readonly attempt: number; readonly requestToken: string }
  /** Its version carries AWSCURRENT. */
  | { readonly state: 'switched'; readonly attempt: number; readonly requestToken: string }
  /** AWSCURRENT has moved on from it to a settle about it, which proved first that what was valid before is refused. */
  | { readonly state: 'settled'; readonly attempt: number; readonly requestToken: string; readonly settleToken: string }
  /** AWSCURRENT has moved on from it by another rotation. */
  | { readonly state: 'overtaken'; readonly attempt: number; readonly requestToken: string }
  | { readonly state: 'exhausted'; readonly attempt: number }

export const tokenOf = (subject: JobSubject, attempt: number, askedAt: number): string =>
  makeRequestToken({
    origin: subject.originOf(attempt),
    askedAt,
    secretArn: subject.secretArn,
    about: subject.about,
    attempt,
  })

/** More than one, when somebody asked by what was no longer so. */
const versionsOf = (
  { secretArn, about, originOf }: JobSubject,
  attempt: number,
  versions: readonly VersionEntry[],
): readonly VersionEntry[] =>
  versions.filter(({ versionId }) => {
    const token = readRequestToken(versionId)
    return token.attempt === attempt && token.origin === originOf(attempt) && isAbout(versionId, { secretArn, about })
  })

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

/** @returns undefined: this attempt was not made. */
const seeAttempt = (subject: JobSubject, attempt: number, versions: readonly VersionEntry[]): Seen | undefined =>
  versionsOf(subject, attempt, versions)
    .map((version) => see(subject, version, versions))
    .sort((one, other) => ends.indexOf(one.end) - ends.indexOf(other.end))[0]

/** An attempt that is under way, or that came through. */
type Standing = Extract<Progress, { state: 'running' | 'switched' | 'settled' }>

const standingOf = ({ end, requestToken, settleToken }: Seen, attempt: number): Standing | undefined => {
  if (end === 'settled') return { state: end, attempt, requestToken, settleToken }
  return end === 'switched' || end === 'running' ? { state: end, attempt, requestToken } : undefined
}

/** The highest attempt that left a version; 0: none. */
export const lastAttempt = (subject: JobSubject, versions: readonly VersionEntry[]): number => {
  const attempts = Array.from({ length: MAX_ATTEMPTS }, (_, at) => at + 1)
  return Math.max(0, ...attempts.filter((attempt) => versionsOf(subject, attempt, versions).length > 0))
}

/** @param versions unlabelled ones included. */
export const progressOf = (subject: JobSubject, versions: readonly VersionEntry[]): Progress => {
  let overtaken: Progress | undefined
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const seen = seeAttempt(subject, attempt, versions)
    if (seen === undefined) return overtaken ?? { state: 'ask', attempt }
    const standing = standingOf(seen, attempt)
    if (standing !== undefined) return standing
    // Whoever needs more than the switch asks again; the next attempt has a later word.
    const { end, requestToken } = seen
    overtaken = end === 'overtaken' ? { state: 'overtaken', attempt, requestToken } : undefined
  }
  return { state: 'exhausted', attempt: MAX_ATTEMPTS }
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
  // The later attempt has the later word: it may have been asked for because the one before did not last.
  for (let attempt = MAX_ATTEMPTS; attempt >= 1; attempt -= 1) {
    const seen = seeAttempt(subject, attempt, labelled)
    const standing = seen && standingOf(seen, attempt)
    if (standing !== undefined) return standing
  }
  return undefined
}
