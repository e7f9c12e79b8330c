// How far the attempts at one request have come, read from the ids of a secret's versions alone: every attempt leaves one, and its id
// says what it was about. So whoever asks again – a replay, a repeated event, the sweep – sees what has run, without a table. Pure.

import { entryLabelled } from '../secret/labels.ts'
import { makeRequestToken, readRequestToken } from '../secret/request-token.ts'
import type { VersionEntry } from '../secret/secrets.ts'
import { settleAttempts } from './settle-request.ts'

/** A failed attempt is followed by one with a new token; then a person is told. */
export const MAX_ATTEMPTS = 5

export interface Matter {
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
  /** AWSCURRENT has moved on from it by a settle about it: proven, and told. */
  | { readonly state: 'settled'; readonly attempt: number; readonly requestToken: string; readonly settleToken: string }
  /** AWSCURRENT has moved on from it by another rotation. */
  | { readonly state: 'overtaken'; readonly attempt: number; readonly requestToken: string }
  | { readonly state: 'exhausted'; readonly attempt: number }

/** `<intent>-<ms>-<hex>` without the ms: when it was asked for is not part of what it is about. */
const withoutTime = (token: string): string => `${readRequestToken(token).origin}-${token.slice(-32)}`

export const tokenOf = (matter: Matter, attempt: number, askedAt: number): string =>
  makeRequestToken({
    origin: matter.originOf(attempt),
    askedAt,
    secretArn: matter.secretArn,
    about: matter.about,
    attempt,
  })

/** What became of a version of ours that carries neither AWSCURRENT nor AWSPENDING. */
const past = (
  { secretArn }: Matter,
  version: VersionEntry,
  versions: readonly VersionEntry[],
): { readonly state: 'settled'; readonly settleToken: string } | { readonly state: 'overtaken' | 'failed' } => {
  const settles = versions.filter(
    ({ versionId }) =>
      settleAttempts({ secretArn, currentId: version.versionId }, [{ versionId, labels: [], createdAt: 0 }]).made > 0,
  )
  const isPrevious = version.labels.includes('AWSPREVIOUS')
  const current = entryLabelled(versions, 'AWSCURRENT')?.versionId
  const settle = settles.find(({ versionId, labels }) => versionId === current || labels.includes('AWSPREVIOUS'))
  if (settle !== undefined) return { state: 'settled', settleToken: settle.versionId }
  if (isPrevious) return { state: 'overtaken' }
  // Asked for only while our version was AWSCURRENT; which of them ended it, labels no longer tell.
  const [last] = settles
  return last === undefined ? { state: 'failed' } : { state: 'settled', settleToken: last.versionId }
}

/** @param versions unlabelled ones included. */
export const progressOf = (matter: Matter, versions: readonly VersionEntry[]): Progress => {
  let overtaken: Progress | undefined
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const wanted = withoutTime(tokenOf(matter, attempt, 0))
    const version = versions.find(({ versionId }) => withoutTime(versionId) === wanted)
    if (version === undefined) return overtaken ?? { state: 'ask', attempt }
    const { versionId: requestToken, labels } = version
    if (labels.includes('AWSCURRENT')) return { state: 'switched', attempt, requestToken }
    if (labels.includes('AWSPENDING')) return { state: 'running', attempt, requestToken }
    const end = past(matter, version, versions)
    if (end.state === 'settled') return { ...end, attempt, requestToken }
    // Whoever needs more than the switch asks again; the next attempt has a later word.
    overtaken = end.state === 'overtaken' ? { state: 'overtaken', attempt, requestToken } : undefined
  }
  return { state: 'exhausted', attempt: MAX_ATTEMPTS }
}

/**
 * What labels alone tell, which DescribeSecret shows without a second call.
 * @returns undefined when the versions have to be listed.
 */
export const progressInLabels = (
  matter: Matter,
  labels: Readonly<Record<string, readonly string[]>>,
): Extract<Progress, { state: 'running' | 'switched' | 'settled' }> | undefined => {
  const labelled = Object.entries(labels).map(([versionId, on]) => ({ versionId, labels: on, createdAt: 0 }))
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const wanted = withoutTime(tokenOf(matter, attempt, 0))
    const version = labelled.find(({ versionId }) => withoutTime(versionId) === wanted)
    if (version === undefined) continue
    const { versionId: requestToken } = version
    if (version.labels.includes('AWSCURRENT')) return { state: 'switched', attempt, requestToken }
    if (version.labels.includes('AWSPENDING')) return { state: 'running', attempt, requestToken }
    const end = past(matter, version, labelled)
    if (end.state === 'settled') return { ...end, attempt, requestToken }
  }
  return undefined
}
