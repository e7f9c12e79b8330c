// What is due for one secret (architecture §3, last table): pure, from its metadata and the dates of its versions, never from a value.
// ListSecrets nominates by it, DescribeSecret and ListSecretVersionIds decide. It never starts a rotate, and it takes AWSPENDING from
// no version that may hold a value: a stuck rotation is driven again, by the function that can see both sides (docs/decisions/018).

import { settleAttempts, settleToken } from '../drive/settle-request.ts'
import { type FreezeState, isPlanned, stops } from '../rotation/freeze.ts'
import { type Labelled, type ManagedSecret, switchedAt, unfinishedVersion, versionLabelled } from '../secret/fleet.ts'
import { intentOfOrigin, isSettledOrigin, type Origin, readRequestToken } from '../secret/request-token.ts'
import { holdOf, isRetired, overlapOf, periodOf, type StageSpans } from '../secret/secret-tags.ts'
import type { VersionEntry } from '../secret/secrets.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** A planned end of a stuck rotation waits this long: no killed execution's request is under way by then (architecture §3). */
export const STUCK_AFTER_MS = 10 * MINUTE_MS
/** A settle that keeps refusing is asked for again this seldom, and a fact that lasts is told again this seldom. */
export const REPEAT_EVERY_MS = 6 * HOUR_MS
/** A rotation that was switched off may be on its way to being switched on: a registration, a maintenance. */
const OFF_GRACE_MS = HOUR_MS
/** How late a rotation may be, as a share of the period: campaigns come in waves. */
const OVERDUE_SHARE = 0.25
/** After so many sweeps a settle that was asked for and is not done is told of. */
const PATIENT_SWEEPS = 2

export interface SweepRules {
  /** Whose secrets are ours. */
  readonly rotationFunctionArn: string
  readonly stage: StageSpans
  readonly sweepEveryMs: number
  readonly longestHoldMs: number
}

/** One sweep: the time that it decides by, epoch milliseconds, and what it may ask for. */
export interface Sweep {
  readonly rules: SweepRules
  readonly asOf: number
  readonly freeze: FreezeState
}

/** Something that is so, and since when. */
export interface Fact {
  readonly kind:
    | 'overdue'
    | 'rotationOff'
    | 'heldTooLong'
    | 'settleRefusing'
    | 'stuck'
    | 'adoptionAwaited'
    | 'adoptionUnproven'
  /** Since when it is worth telling, epoch milliseconds. */
  readonly since: number
}

export const isManaged = (
  { rotationEnabled, rotationFunctionArn, isDeleted }: ManagedSecret,
  { rotationFunctionArn: ours }: SweepRules,
): boolean => rotationEnabled && rotationFunctionArn === ours && !isDeleted

/** Whether a fact is to be told by this sweep: it began since the last one, or another six hours have passed. No state is kept. */
export const isTold = ({ since }: Fact, { asOf, rules }: Sweep): boolean => {
  const lastedMs = asOf - since
  return lastedMs >= 0 && lastedMs % REPEAT_EVERY_MS < rules.sweepEveryMs
}

const overdueSince = (secret: ManagedSecret, { stage }: SweepRules): number => {
  const issuedAt = secret.lastRotatedAt ?? secret.createdAt ?? 0
  return issuedAt + periodOf(secret, stage) * (1 + OVERDUE_SHARE)
}

/** What is so of a secret, by its metadata alone. A secret that is held is not overdue: somebody decided so. */
export const factsOf = (secret: ManagedSecret, { rules, asOf }: Sweep): readonly Fact[] => {
  if (secret.isDeleted || isRetired(secret)) return []
  const found: Fact[] = []
  const hold = holdOf(secret)
  if (!isManaged(secret, rules)) {
    found.push({ kind: 'rotationOff', since: (secret.lastChangedAt ?? secret.createdAt ?? asOf) + OFF_GRACE_MS })
  } else if (hold !== undefined) {
    // A hold whose date nobody can read counts from the last change, which wrote it at the latest.
    const heldAt = hold.since ?? secret.lastChangedAt ?? asOf
    found.push({ kind: 'heldTooLong', since: heldAt + rules.longestHoldMs })
  } else found.push({ kind: 'overdue', since: overdueSince(secret, rules) })
  return found.filter(({ since }) => since <= asOf)
}

interface Situation {
  readonly current: Labelled
  readonly stuck: Labelled | undefined
}

/** @returns undefined when there is nothing to decide on. */
const situationOf = (secret: ManagedSecret, { rules }: Sweep): Situation | undefined => {
  const current = versionLabelled(secret, 'AWSCURRENT')
  if (current === undefined || !isManaged(secret, rules)) return undefined
  return { current, stuck: unfinishedVersion(secret) }
}

/** Whether this rotation waits: for the end of a hold, or of a freeze. */
const waits = (secret: ManagedSecret, origin: Origin, current: Labelled, { freeze }: Sweep): boolean => {
  const rotation = { intent: intentOfOrigin(origin), currentOrigin: current.origin }
  return stops(freeze, rotation) || (holdOf(secret) !== undefined && isPlanned(rotation))
}

const isYoung = (token: string, asOf: number): boolean => {
  const { askedAt } = readRequestToken(token)
  return askedAt !== undefined && asOf - askedAt < STUCK_AFTER_MS
}

/** Since the last rotation that Secrets Manager saw succeed: any later change may have been no switch at all. */
const overlapMayBeOver = (secret: ManagedSecret, { rules, asOf }: Sweep): boolean =>
  asOf >= (secret.lastRotatedAt ?? secret.createdAt ?? 0) + overlapOf(secret, rules.stage)

/**
 * Whether a secret is worth a closer look, and how soon, by what ListSecrets shows of it. urgent: a value that somebody revoked may
 * still be accepted.
 */
export const nominate = (secret: ManagedSecret, sweep: Sweep): 'urgent' | 'due' | undefined => {
  const situation = situationOf(secret, sweep)
  if (situation === undefined) return undefined
  const { current, stuck } = situation
  const isRevoked = current.origin === 'revoke'
  if (stuck !== undefined) {
    // A version is no older than the request for it.
    if (isYoung(stuck.versionId, sweep.asOf)) return undefined
    return isRevoked || stuck.origin === 'revoke' ? 'urgent' : 'due'
  }
  if (isSettledOrigin(current.origin) || waits(secret, 'settle', current, sweep)) return undefined
  if (isRevoked) return 'urgent'
  return overlapMayBeOver(secret, sweep) ? 'due' : undefined
}

export type Act =
  | { readonly do: 'nothing' }
  /** Told of, and left: on hold, or frozen. */
  | { readonly do: 'leave' }
  | { readonly do: 'driveAgain'; readonly stuck: Labelled }
  | { readonly do: 'settle'; readonly requestToken: string }

export interface Decision {
  readonly act: Act
  readonly facts: readonly Fact[]
}

export interface Sighting {
  /** As DescribeSecret shows it. */
  readonly secret: ManagedSecret
  /** As ListSecretVersionIds shows them, unlabelled ones included. */
  readonly versions: readonly VersionEntry[]
  /** A stuck rotation whose AWSPENDING has just gone, by this sweep's doing: Stytch may hold a next secret that nobody sees. */
  readonly ended?: Labelled
}

const nothing: Act = { do: 'nothing' }

const decideStuck = (
  sighting: Sighting,
  { current, stuck }: Situation & { stuck: Labelled },
  sweep: Sweep,
): Decision => {
  const createdAt = sighting.versions.find(({ versionId }) => versionId === stuck.versionId)?.createdAt
  if (createdAt === undefined || sweep.asOf - createdAt < STUCK_AFTER_MS) return { act: nothing, facts: [] }
  const facts: readonly Fact[] = [{ kind: 'stuck', since: createdAt + STUCK_AFTER_MS }]
  const isLeft = waits(sighting.secret, stuck.origin, current, sweep)
  return { act: isLeft ? { do: 'leave' } : { do: 'driveAgain', stuck }, facts }
}

const decideSettle = ({ secret, versions, ended }: Sighting, current: Labelled, sweep: Sweep): Decision => {
  const { asOf, rules } = sweep
  const subject = { secretArn: secret.arn, currentId: current.versionId }
  const { firstAt, lastAt } = settleAttempts(subject, versions)
  // Asked for once since the last rotation: that, and not a switch, is what changed the secret last.
  const wasAsked = firstAt !== undefined && firstAt >= (secret.lastRotatedAt ?? 0)
  const isOver =
    (wasAsked && overlapMayBeOver(secret, sweep)) || asOf >= switchedAt(secret) + overlapOf(secret, rules.stage)
  const isWanted = isSettledOrigin(current.origin) ? ended !== undefined : current.origin === 'revoke' || isOver
  if (!isWanted || waits(secret, 'settle', current, sweep)) return { act: nothing, facts: [] }
  const patientUntil = firstAt === undefined ? undefined : firstAt + PATIENT_SWEEPS * rules.sweepEveryMs
  const facts: readonly Fact[] =
    patientUntil === undefined || asOf < patientUntil ? [] : [{ kind: 'settleRefusing', since: patientUntil }]
  const isPatient = patientUntil === undefined || asOf <= patientUntil
  const isRefusedLately = !isPatient && lastAt !== undefined && asOf - lastAt < REPEAT_EVERY_MS
  // One that was stuck has not been refused: it failed, and may go through now.
  if (isRefusedLately && ended === undefined) return { act: nothing, facts }
  return { act: { do: 'settle', requestToken: settleToken(subject, versions, asOf) }, facts }
}

/** What to do about a secret now, and what is so of it beside what its metadata alone tells. */
export const decide = (sighting: Sighting, sweep: Sweep): Decision => {
  const situation = situationOf(sighting.secret, sweep)
  if (situation === undefined) return { act: nothing, facts: [] }
  const { current, stuck } = situation
  return stuck === undefined ? decideSettle(sighting, current, sweep) : decideStuck(sighting, { current, stuck }, sweep)
}
