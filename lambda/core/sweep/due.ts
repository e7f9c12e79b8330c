// What is due for one secret (architecture §3, last table): pure, from its metadata and the dates of its versions, never from a value.
// ListSecrets nominates by it, DescribeSecret and ListSecretVersionIds decide. It never starts a rotate, and it takes AWSPENDING from
// no version that may hold a value: a stuck rotation is driven again, by the function that can see both sides (docs/decisions/018).

import { HOUR_MS, MINUTE_MS } from '../base/time-units.ts'
import { settleAttempts, settleToken } from '../drive/settle-request.ts'
import { type FreezeState, isPlanned, stops } from '../rotation/freeze.ts'
import { type HoldLimit, holdEndsAt, isHeldTooLong } from '../secret/is-held-too-long.ts'
import { type AsOf, isManaged, isOurs } from '../secret/is-managed.ts'
import { isOverdue, overdueAt } from '../secret/is-overdue.ts'
import { isStuckSince, pendingSince, STUCK_AFTER_MS } from '../secret/is-stuck.ts'
import { CURRENT, type Labelled, unfinishedVersion, versionLabelled } from '../secret/labels.ts'
import { overlapEndsAt, overlapEndsAtEarliest } from '../secret/overlap.ts'
import { intentOfOrigin, isSettledOrigin, type Origin, readRequestToken } from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import { holdOf, isRetired, type StageSpans } from '../secret/secret-tags.ts'
import type { VersionEntry } from '../secret/secrets.ts'
import { replicaFacts } from './replica-facts.ts'

/** A settle that keeps refusing is asked for again this seldom. */
export const SETTLE_AGAIN_MS = 6 * HOUR_MS
/** A rotation that was switched off may be on its way to being switched on: a registration, a maintenance. */
const OFF_GRACE_MS = HOUR_MS
/** A settle still unfinished after this many sweeps is reported. */
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
    | 'revokedAlive'
    | 'secretDead'
    | 'clientGone'
    | 'clientForeign'
    | 'secretDeleted'
    | 'projectSecretRefused'
    | 'policyForeign'
    | 'replicaBehind'
  /** Since when it is worth reporting, epoch milliseconds. */
  readonly since: number
}

/** What the rules about a secret (core/secret) are asked with. */
export const asOfSweep = ({ rules, asOf }: Pick<Sweep, 'rules' | 'asOf'>): AsOf & HoldLimit => ({
  rotationFunctionArn: rules.rotationFunctionArn,
  now: asOf,
  spans: rules.stage,
  longestHoldMs: rules.longestHoldMs,
})

/** What is so of a secret, by its metadata alone. */
export const factsOf = (secret: Secret, sweep: Sweep): readonly Fact[] => {
  if (secret.isDeleted || isRetired(secret)) return []
  const asOf = asOfSweep(sweep)
  if (!isManaged(secret, asOf)) {
    const since = (secret.lastChangedAt ?? secret.createdAt ?? asOf.now) + OFF_GRACE_MS
    return since <= asOf.now ? [{ kind: 'rotationOff', since }] : []
  }
  if (isHeldTooLong(secret, asOf)) return [{ kind: 'heldTooLong', since: holdEndsAt(secret, asOf) ?? asOf.now }]
  return isOverdue(secret, asOf) ? [{ kind: 'overdue', since: overdueAt(secret, asOf.spans) }] : []
}

interface Situation {
  readonly current: Labelled
  readonly stuck: Labelled | undefined
}

/** @returns undefined when there is nothing to decide on. */
const situationOf = (secret: Secret, { rules }: Sweep): Situation | undefined => {
  const current = versionLabelled(secret, CURRENT)
  const stuck = unfinishedVersion(secret)
  // CancelRotateSecret leaves AWSPENDING behind, on which the next RotateSecret would be refused.
  const isLeftover = stuck !== undefined && isOurs(secret, rules)
  if (current === undefined || !(isManaged(secret, rules) || isLeftover)) return undefined
  return { current, stuck }
}

interface Awaiting extends Pick<Sweep, 'freeze'> {
  /** Of what is asked for. */
  readonly origin: Origin
  readonly current: Labelled
}

/** Whether this rotation waits: for the end of a hold, or of a freeze. */
export const isWaiting = (secret: Secret, { origin, current, freeze }: Awaiting): boolean => {
  const rotation = { intent: intentOfOrigin(origin), currentOrigin: current.origin }
  return stops(freeze, rotation) || (holdOf(secret) !== undefined && isPlanned(rotation))
}

const overlapMayBeOver = (secret: Secret, { rules, asOf }: Sweep): boolean =>
  asOf >= overlapEndsAtEarliest(secret, rules.stage)

/**
 * Whether a secret is worth a closer look, and how soon, by what ListSecrets shows of it. urgent: a value that somebody revoked may
 * still be accepted.
 */
export const nominate = (secret: Secret, sweep: Sweep): 'urgent' | 'due' | undefined => {
  const situation = situationOf(secret, sweep)
  if (situation === undefined) return undefined
  const { current, stuck } = situation
  const isRevoked = current.origin === 'revoke'
  if (stuck !== undefined) {
    // A version is no older than the request for it.
    const { askedAt } = readRequestToken(stuck.versionId)
    if (askedAt !== undefined && !isStuckSince(askedAt, sweep.asOf)) return undefined
    return isRevoked || stuck.origin === 'revoke' ? 'urgent' : 'due'
  }
  if (isSettledOrigin(current.origin) || isWaiting(secret, { origin: 'settle', current, freeze: sweep.freeze }))
    return undefined
  if (isRevoked) return 'urgent'
  return overlapMayBeOver(secret, sweep) ? 'due' : undefined
}

/** A rotation's own last change comes within this time of it. */
const TAIL_MS = 10 * MINUTE_MS

/**
 * Whether what is due was asked for before, in all likelihood: the secret changed after it became due. By what ListSecrets shows; it decides
 * who comes first, and nothing else.
 */
export const hasBeenTried = (secret: Secret, sweep: Sweep): boolean => {
  const situation = situationOf(secret, sweep)
  if (situation === undefined) return false
  const { current, stuck } = situation
  const { lastChangedAt = 0, lastRotatedAt = 0 } = secret
  if (stuck !== undefined) {
    const since = readRequestToken(stuck.versionId).askedAt ?? lastChangedAt
    return sweep.asOf - since >= STUCK_AFTER_MS + PATIENT_SWEEPS * sweep.rules.sweepEveryMs
  }
  const askedAt = readRequestToken(current.versionId).askedAt ?? 0
  const dueAt =
    current.origin === 'revoke'
      ? Math.max(lastRotatedAt, askedAt) + TAIL_MS
      : overlapEndsAtEarliest(secret, sweep.rules.stage)
  return lastChangedAt >= dueAt
}

export type Act =
  | { readonly do: 'nothing' }
  /** Reported, and left: on hold, or frozen. */
  | { readonly do: 'leave' }
  | { readonly do: 'driveAgain'; readonly stuck: Labelled }
  | { readonly do: 'settle'; readonly requestToken: string }

export interface Decision {
  readonly act: Act
  readonly facts: readonly Fact[]
}

export interface SeenVersions {
  /** As DescribeSecret shows it. */
  readonly secret: Secret
  /** As ListSecretVersionIds shows them, unlabelled ones included. */
  readonly versions: readonly VersionEntry[]
  /** A stuck rotation whose AWSPENDING has just gone, by this sweep's doing: Stytch may hold a next secret that nobody sees. */
  readonly ended?: Labelled
  /** When AWSCURRENT moved, as the rotation function recorded it, epoch milliseconds; absent: its dates say it as well as they can. */
  readonly recordedAt?: number
}

const nothing: Act = { do: 'nothing' }

const decideStuck = (
  sighting: SeenVersions,
  { current, stuck }: Situation & { stuck: Labelled },
  sweep: Sweep,
): Decision => {
  const createdAt = pendingSince(stuck, sighting.versions)
  if (createdAt === undefined || !isStuckSince(createdAt, sweep.asOf)) return { act: nothing, facts: [] }
  const facts: readonly Fact[] = [{ kind: 'stuck', since: createdAt + STUCK_AFTER_MS }]
  const isLeft = isWaiting(sighting.secret, { origin: stuck.origin, current, freeze: sweep.freeze })
  return { act: isLeft ? { do: 'leave' } : { do: 'driveAgain', stuck }, facts }
}

const decideSettle = (
  { secret, versions, ended, recordedAt }: SeenVersions,
  current: Labelled,
  sweep: Sweep,
): Decision => {
  const { asOf, rules } = sweep
  const subject = { secretArn: secret.arn, currentId: current.versionId }
  const { firstAt, lastAt } = settleAttempts(subject, versions)
  // Asked for once since the last rotation: that, and not a switch, is what changed the secret last.
  const wasAsked = firstAt !== undefined && firstAt >= (secret.lastRotatedAt ?? 0)
  const versionCreatedAt = versions.find(({ versionId }) => versionId === current.versionId)?.createdAt
  const endsAt = (wasAsked ? overlapEndsAtEarliest : overlapEndsAt)(secret, rules.stage, {
    recordedAt,
    versionCreatedAt,
  })
  const isOver = asOf >= endsAt
  if (!secret.rotationEnabled) return { act: nothing, facts: [] }
  const isWanted = isSettledOrigin(current.origin) ? ended !== undefined : current.origin === 'revoke' || isOver
  if (!isWanted || isWaiting(secret, { origin: 'settle', current, freeze: sweep.freeze }))
    return { act: nothing, facts: [] }
  const behind = replicaFacts(secret, { endsAt, spans: rules.stage })
  if (behind !== undefined) return { act: nothing, facts: behind }
  const patientUntil = firstAt === undefined ? undefined : firstAt + PATIENT_SWEEPS * rules.sweepEveryMs
  const facts: readonly Fact[] =
    patientUntil === undefined || asOf < patientUntil ? [] : [{ kind: 'settleRefusing', since: patientUntil }]
  const isPatient = patientUntil === undefined || asOf <= patientUntil
  const isRefusedLately = !isPatient && lastAt !== undefined && asOf - lastAt < SETTLE_AGAIN_MS
  // One that was stuck has not been refused: it failed, and may go through now.
  if (isRefusedLately && ended === undefined) return { act: nothing, facts }
  return { act: { do: 'settle', requestToken: settleToken(subject, versions, asOf) }, facts }
}

/** What to do about a secret now, and what is so of it beside what its metadata alone shows. */
export const decide = (sighting: SeenVersions, sweep: Sweep): Decision => {
  const situation = situationOf(sighting.secret, sweep)
  if (situation === undefined) return { act: nothing, facts: [] }
  const { current, stuck } = situation
  return stuck === undefined ? decideSettle(sighting, current, sweep) : decideStuck(sighting, { current, stuck }, sweep)
}
