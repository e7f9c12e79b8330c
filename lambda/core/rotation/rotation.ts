// What the four steps share: what they may call, what they were asked, and how a secret's labels and versions are read and checked.
// Nothing here changes anything, at either side.

import type { Events } from '../base/events.ts'
import { Fault } from '../base/fault.ts'
import type { Journal } from '../base/journal.ts'
import { ok, type Result, refused } from '../base/result.ts'
import type { Timing } from '../base/timing.ts'
import type { Publication } from '../revocations/publish.ts'
import { CURRENT, type Labelled, labelled, PENDING, PREVIOUS } from '../secret/labels.ts'
import { readTolerantly } from '../secret/read-tolerantly.ts'
import {
  type Intent,
  isOwnToken,
  MAX_SETTLE_AGE_MS,
  makesNewValue,
  type Origin,
  readRequestToken,
} from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import type { SecretForm, StoredSecret } from '../secret/secret-format.ts'
import type { Secrets, SecretVersion } from '../secret/secrets.ts'
import { isSettleAbout } from '../secret/settle-subject.ts'
import { CALL_RESERVE_MS } from '../secret/step-timeout.ts'
import type { Bounds } from './bounds.ts'
import type { Freeze } from './freeze.ts'
import type { Issuer } from './issuer.ts'
import type { Records } from './records.ts'
import type { Refusal, Step } from './refusal.ts'
import type { Proofs } from './sign-proof.ts'

export interface Rotation {
  readonly issuer: Issuer
  /** How the issuer's kind of secret is written. */
  readonly form: SecretForm
  readonly secrets: Pick<Secrets, 'describe' | 'readValue' | 'listVersions' | 'putPending' | 'moveLabel'>
  readonly events: Events<'m2m.rotation'>
  readonly freeze: Freeze
  /** The lease, and what is remembered of versions. */
  readonly records: Records
  /** What signs and stores the proof of a revoke. */
  readonly proofs: Proofs
  /** Where it is published whose tokens died with a secret. @default - nowhere */
  readonly publication?: Publication | undefined
  /** Where consumers exchange a client's value, for a secret that has to be written anew. @default - as the secret's older versions say */
  readonly tokenUrl?: string | undefined
  readonly timing: Timing
  readonly journal: Journal
  readonly bounds: Bounds
}

/** One step as Secrets Manager asks for it. Nothing of it is trusted but the ids. */
export interface StepRequest {
  readonly step: Step
  readonly secretId: string
  readonly requestToken: string
  readonly rotationToken?: string | undefined
}

/** A request that is being worked on. */
export interface RunningStep extends StepRequest {
  /** Epoch milliseconds. What was acknowledged before it, a read may not show for as long as its bound says. */
  readonly beganAt: number
}

/** Done, or nothing stands in the way; else a refusal. */
export type StepResult = Result<undefined, Refusal>
export const DONE: StepResult = ok(undefined)

export interface Version {
  readonly versionId: string
  /** The secret's. */
  readonly arn: string
  readonly secret: StoredSecret
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** No more is known of its value than how it ends (recover-current.ts). @default - it was read */
  readonly isUnknown?: true
}

/** The intent that a request token carries, unless the token can ask for nothing (any more). */
export const intentOf = (requestToken: string, now: number): Result<Intent, Refusal> => {
  const { origin, askedAt } = readRequestToken(requestToken)
  if (origin === 'register' || origin === 'adopt') return refused({ reason: 'storedOrigin', origin })
  if (origin === 'settle' || origin === 'rollback') {
    const ageMs = now - (askedAt ?? now)
    if (ageMs > MAX_SETTLE_AGE_MS) return refused({ reason: 'tooOld', intent: origin, ageMs })
  }
  return ok(origin)
}

/** @throws Fault TIME_TOO_SHORT, when the function would not live to act on what it waited for. */
export const waitFor = async ({ timing }: Pick<Rotation, 'timing'>, ms: number, what: string): Promise<void> => {
  if (ms <= 0) return
  if (timing.remainingMs() < ms + CALL_RESERVE_MS) {
    throw new Fault({
      code: 'TIME_TOO_SHORT',
      retryable: true,
      message: `Too little of the function's time is left to wait until ${what}; the step is retried.`,
    })
  }
  await timing.wait(ms)
}

const PAUSES_MS = [100, 200, 500, 1000, 2000] as const

/**
 * Reads until it finds what it looks for. What is not there may only not be visible yet: it is taken for absent when two reads that began
 * later than the staleness bound do not show it.
 */
export const readUntilSeen = async <Value>(
  rotation: Pick<Rotation, 'timing' | 'bounds'>,
  beganAt: number,
  read: () => Promise<Value | undefined>,
): Promise<Value | undefined> => {
  const { timing, bounds } = rotation
  let final = 0
  for (let reads = 0; ; reads += 1) {
    const isLate = timing.now() - beganAt >= bounds.staleLabelsMs
    const value = await read()
    if (value !== undefined) return value
    final += isLate ? 1 : 0
    if (final === 2) return undefined
    if (bounds.staleLabelsMs > 0) await waitFor(rotation, PAUSES_MS[reads] ?? 2000, 'Secrets Manager shows the version')
  }
}

export interface Guarded {
  readonly state: Secret
  readonly currentId: string
  readonly currentOrigin: Origin
  readonly previousId: string | undefined
  /** AWSCURRENT's version; where that is this settle's own, AWSPREVIOUS's, if the settle is about it: the switch whose overlap it ends. */
  readonly switched: Labelled
  /** The token's version carries AWSCURRENT. */
  readonly isFinished: boolean
  /** It still carries AWSPENDING: Secrets Manager has not seen this rotation succeed yet. */
  readonly isPending: boolean
}

/** @throws Fault SECRETS_MANAGER_REJECTED when the secret is gone: a rotation of none is a person's to look at. */
export const describeOrThrow = async ({ describe }: Pick<Secrets, 'describe'>, secretId: string): Promise<Secret> => {
  const secret = await describe(secretId)
  if (secret !== undefined) return secret
  throw new Fault({
    code: 'SECRETS_MANAGER_REJECTED',
    retryable: false,
    message: `There is no secret ${secretId} in Secrets Manager; asking again will not help.`,
  })
}

const carries = ({ labels }: Secret, versionId: string, label: string): boolean =>
  labels[versionId]?.includes(label) === true

/**
 * The labels, by a reply that shows this rotation's own: its AWSPENDING came after everything that was acknowledged before RotateSecret,
 * so that AWSCURRENT in the same reply is no older (docs/decisions/051).
 */
export const guard = async (rotation: Rotation, request: RunningStep): Promise<Result<Guarded, Refusal>> => {
  const { secretId, requestToken, beganAt } = request
  let last: Secret | undefined
  const state = await readUntilSeen(rotation, beganAt, async () => {
    last = await describeOrThrow(rotation.secrets, secretId)
    const isOurs = carries(last, requestToken, CURRENT) || carries(last, requestToken, PENDING)
    return isOurs ? last : undefined
  })
  if (state === undefined) {
    return refused({ reason: last?.labels[requestToken] === undefined ? 'tokenWithoutVersion' : 'notPending' })
  }
  const currentId = labelled(state, CURRENT)
  if (currentId === undefined) return refused({ reason: 'noCurrent' })
  const { origin } = readRequestToken(requestToken)
  const isFinished = currentId === requestToken
  // Refused at once: whoever asked saw labels that were no longer so.
  if (origin === 'settle' && !isFinished && !isSettleAbout(requestToken, { secretArn: state.arn, currentId })) {
    return refused({ reason: 'currentMoved' })
  }
  const previousId = labelled(state, PREVIOUS)
  const isMovedOn =
    previousId !== undefined &&
    isFinished &&
    isSettleAbout(requestToken, { secretArn: state.arn, currentId: previousId })
  const switchedId = isMovedOn ? previousId : currentId
  return ok({
    state,
    currentId,
    currentOrigin: readRequestToken(currentId).origin,
    previousId,
    switched: { versionId: switchedId, origin: readRequestToken(switchedId).origin },
    isFinished,
    isPending: carries(state, requestToken, PENDING),
  })
}

/**
 * Whether nothing is left to do. Of a settle AWSCURRENT on its version does not say so while AWSPENDING is there as well: a person may have moved
 * it on, from the switch that the settle is about, before the other value was ended. Secrets Manager takes AWSPENDING away once it has seen all
 * four steps end.
 */
export const isConcluded = ({ isFinished, isPending, currentId, switched }: Guarded): boolean =>
  isFinished && !(isPending && switched.versionId !== currentId)

/**
 * The labels once more, while a slot is about to be ended that they were looked at for.
 * @returns finished: there is nothing left to do (isConcluded). lookAgain: AWSCURRENT has moved between the two versions that hold a settle's
 * value, or one of the two replies is old.
 */
export const guardAgain = async (
  rotation: Rotation,
  request: RunningStep,
  { currentId, isFinished }: Pick<Guarded, 'currentId' | 'isFinished'>,
): Promise<Result<Guarded | 'finished' | 'lookAgain', Refusal>> => {
  const again = await guard(rotation, request)
  if (!again.ok) return again
  if (isConcluded(again.value)) return ok('finished')
  if (again.value.currentId === currentId) return again
  return isFinished || again.value.isFinished ? ok('lookAgain') : refused({ reason: 'currentMoved' })
}

type Reading = Pick<Rotation, 'issuer' | 'form'>

/** Somebody may have put the value into the wrong member: only what looks like a project is named. */
const namedProject = ({ projectId }: StoredSecret): string =>
  /^project-(?:live|test)-[\w-]{1,80}$/.test(projectId) ? projectId : 'of an unknown form'

const check = ({ issuer, form }: Reading, version: SecretVersion, label: string): Result<Version, Refusal> => {
  const { projectId } = issuer
  const parsed = form.parse(version.text, version.createdAt)
  if (!parsed.ok) return refused({ reason: 'malformedSecret', label, faults: parsed.refusal })
  if (parsed.value.projectId !== projectId) {
    return refused({ reason: 'otherProject', projectId: namedProject(parsed.value), expectedProjectId: projectId })
  }
  const { versionId, arn, createdAt } = version
  return ok({ versionId, arn, createdAt, secret: parsed.value })
}

/** AWSCURRENT's value, by the id that the guard saw: a version's value never changes once it is stored. */
export const readCurrent = async (
  rotation: Rotation,
  { secretId, beganAt }: RunningStep,
  { currentId }: Pick<Guarded, 'currentId'>,
): Promise<Result<Version, Refusal>> => {
  const read = () => rotation.secrets.readValue(secretId, { versionId: currentId })
  const version = await readUntilSeen(rotation, beganAt, read)
  return version === undefined ? refused({ reason: 'noCurrent' }) : check(rotation, version, CURRENT)
}

/** This rotation's own value; undefined until it is stored, or until that can be read. */
export const readPending = async (
  rotation: Rotation,
  { secretId, requestToken }: StepRequest,
): Promise<Result<Version | undefined, Refusal>> => {
  const version = await rotation.secrets.readValue(secretId, { versionId: requestToken })
  return version === undefined ? ok(undefined) : check(rotation, version, PENDING)
}

/** Whether this rotation has stored its value: what has begun is brought to its end, whatever would keep it from beginning. */
export const hasBegun = async (rotation: Rotation, request: StepRequest): Promise<boolean> => {
  const pending = await readPending(rotation, request)
  return !pending.ok || pending.value !== undefined
}

/** This rotation's own value where one is expected: undefined is final. */
export const awaitPending = async (
  rotation: Rotation,
  { secretId, requestToken, beganAt }: RunningStep,
): Promise<Result<Version | undefined, Refusal>> => {
  const read = () => rotation.secrets.readValue(secretId, { versionId: requestToken })
  const version = await readUntilSeen(rotation, beganAt, read)
  return version === undefined ? ok(undefined) : check(rotation, version, PENDING)
}

/** Whether AWSCURRENT is a value that somebody stored in no format of ours, or for another project, or none. */
export const isUnreadable = ({ reason }: Refusal): boolean =>
  ['malformedSecret', 'otherProject', 'noCurrent'].includes(reason)

/**
 * Whether the new value stands in for AWSCURRENT's, which says nothing of this client: it cannot be read; or, in a revoke, it is another
 * client's. The new value is to be switched to all the same, and the look at its client tells whether this secret holds that.
 */
export const isStandIn = (
  current: Result<Version, Refusal>,
  { intent, pending }: { readonly intent: Intent; readonly pending: Version },
): boolean => {
  if (!makesNewValue(intent)) return false
  if (!current.ok) return isUnreadable(current.refusal)
  return intent === 'revoke' && current.value.secret.clientId !== pending.secret.clientId
}

/** A version of whichever client; undefined: it holds no value, or none that can be read. */
export const readOther = async (
  rotation: Rotation,
  secretId: string,
  versionId: string,
): Promise<Version | undefined> => {
  const version = await rotation.secrets.readValue(secretId, { versionId })
  if (version === undefined) return undefined
  const checked = check(rotation, version, PREVIOUS)
  return checked.ok ? checked.value : undefined
}

/** A past value of the same client; unreadable versions are skipped. */
export const readPast = async (
  rotation: Rotation,
  secretId: string,
  { versionId, clientId }: { readonly versionId: string; readonly clientId: string },
): Promise<Version | undefined> => {
  const version = await readOther(rotation, secretId, versionId)
  return version?.secret.clientId === clientId ? version : undefined
}

/**
 * A past value of this client, to be tried alone: also out of a text in no format of ours. unreadable: a text in which no value of this client is
 * found. @returns undefined for a version that holds nothing.
 */
export const readForProof = async (
  rotation: Rotation,
  secretId: string,
  { versionId, clientId }: { readonly versionId: string; readonly clientId: string },
): Promise<Version | 'unreadable' | undefined> => {
  const version = await rotation.secrets.readValue(secretId, { versionId })
  if (version === undefined) return undefined
  const { arn, createdAt } = version
  const checked = check(rotation, version, PREVIOUS)
  if (checked.ok && checked.value.secret.clientId === clientId) return checked.value
  const { clientId: named = clientId, clientSecret } = readTolerantly(version.text)
  // An id that is not this client's may be a mistyped one: then the value was this client's all the same.
  if (named !== clientId || clientSecret === undefined) return 'unreadable'
  const { projectId } = rotation.issuer
  return { versionId, arn, createdAt, secret: { clientId, clientSecret, projectId, issuedAt: createdAt, fields: {} } }
}

/** What AWSPREVIOUS held when the guard looked. */
export const readPrevious = async (
  rotation: Rotation,
  { secretId }: StepRequest,
  { previousId, clientId }: Pick<Guarded, 'previousId'> & { readonly clientId: string },
): Promise<Version | undefined> =>
  previousId === undefined ? undefined : readPast(rotation, secretId, { versionId: previousId, clientId })

/** Whether the issuer accepts this version's value now, where it was asked. */
export const isAccepted = async ({ issuer }: Pick<Rotation, 'issuer'>, { secret }: Version): Promise<boolean> =>
  (await issuer.exchange(secret.clientId, secret.clientSecret)).accepted

export const sameClient = (current: Version, pending: Version): StepResult =>
  current.secret.clientId === pending.secret.clientId ? DONE : refused({ reason: 'pendingOfOtherClient' })

export const sameValue = (one: Version, other: Version): boolean =>
  one.secret.clientSecret.equals(other.secret.clientSecret)

/** Since when this rotation is under way: as its token says, else since its version was made. */
export const underWaySince = ({ requestToken }: StepRequest, pending: Version): number =>
  readRequestToken(requestToken).askedAt ?? pending.createdAt

/** A bare id may be a dry run (RotateImmediately=false), which has no value of its own to test. */
export const mayBeDryRun = ({ requestToken }: StepRequest): boolean => !isOwnToken(requestToken)
