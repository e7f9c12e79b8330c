// What the four steps share: what they may call, what they were asked, and how a secret's versions are read and checked.
// Nothing here changes anything, at either side.

import type { Events } from '../base/events.ts'
import type { Journal } from '../base/journal.ts'
import { ok, type Result, refused } from '../base/result.ts'
import type { Timing } from '../base/timing.ts'
import { CURRENT, labelled, PENDING, PREVIOUS } from '../secret/labels.ts'
import { type Intent, MAX_SETTLE_AGE_MS, type Origin, readRequestToken } from '../secret/request-token.ts'
import type { SecretForm, StoredSecret } from '../secret/secret-format.ts'
import type { SecretState, SecretVersion, Vault, VersionQuery } from '../secret/secrets.ts'
import type { Freeze } from './freeze.ts'
import type { Issuer } from './issuer.ts'
import type { Records } from './records.ts'
import type { Refusal, Step } from './refusal.ts'
import type { Proofs } from './sign-proof.ts'

export interface Rotation {
  readonly issuer: Issuer
  /** How the issuer's kind of secret is written. */
  readonly form: SecretForm
  readonly vault: Vault
  readonly events: Events<'m2m.rotation'>
  readonly freeze: Freeze
  /** The lease, and what is remembered of versions. */
  readonly records: Records
  /** What signs and stores the proof of a revoke. */
  readonly proofs: Proofs
  readonly timing: Timing
  readonly journal: Journal
}

/** One step as Secrets Manager asks for it. Nothing of it is trusted but the ids. */
export interface StepRequest {
  readonly step: Step
  readonly secretId: string
  readonly requestToken: string
  readonly rotationToken?: string | undefined
}

/** Done, or nothing stands in the way; else a refusal. */
export type StepResult = Result<undefined, Refusal>
export const DONE: StepResult = ok(undefined)

export interface Version {
  readonly versionId: string
  /** The secret's. */
  readonly arn: string
  readonly secret: StoredSecret
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

export interface Guarded {
  readonly state: SecretState
  readonly currentId: string
  readonly currentOrigin: Origin
  readonly previousId: string | undefined
  /** The token's version carries AWSCURRENT: everything is done. */
  readonly isFinished: boolean
  /** It still carries AWSPENDING: Secrets Manager has not seen this rotation succeed yet. */
  readonly isPending: boolean
}

/** The template's guard (secrets-manager §1.1): rotation enabled, the version known, pending or already current. */
export const guard = async ({ vault }: Rotation, request: StepRequest): Promise<Result<Guarded, Refusal>> => {
  const state = await vault.describe(request.secretId)
  if (!state.rotationEnabled) return refused({ reason: 'rotationNotEnabled' })
  const labels = state.labels[request.requestToken]
  if (labels === undefined) return refused({ reason: 'tokenWithoutVersion' })
  const isFinished = labels.includes(CURRENT)
  if (!isFinished && !labels.includes(PENDING)) return refused({ reason: 'notPending' })
  const currentId = labelled(state, CURRENT)
  if (currentId === undefined) return refused({ reason: 'noCurrent' })
  return ok({
    state,
    currentId,
    currentOrigin: readRequestToken(currentId).origin,
    previousId: labelled(state, PREVIOUS),
    isFinished,
    isPending: labels.includes(PENDING),
  })
}

type Reading = Pick<Rotation, 'issuer' | 'form'>

const check = ({ issuer, form }: Reading, version: SecretVersion, label: string): Result<Version, Refusal> => {
  const { projectId } = issuer
  const parsed = form.parse(version.text, version.createdAt)
  if (!parsed.ok) return refused({ reason: 'malformedSecret', label, faults: parsed.refusal })
  if (parsed.value.projectId !== projectId) {
    return refused({ reason: 'otherProject', projectId: parsed.value.projectId, expectedProjectId: projectId })
  }
  return ok({ versionId: version.versionId, arn: version.arn, secret: parsed.value })
}

export const readCurrent = async (rotation: Rotation, { secretId }: StepRequest): Promise<Result<Version, Refusal>> => {
  const version = await rotation.vault.read(secretId, { label: CURRENT })
  return version === undefined ? refused({ reason: 'noCurrent' }) : check(rotation, version, CURRENT)
}

/** This rotation's own pending value; undefined until it is stored. */
export const readPending = async (
  rotation: Rotation,
  { secretId, requestToken }: StepRequest,
): Promise<Result<Version | undefined, Refusal>> => {
  const version = await rotation.vault.read(secretId, { versionId: requestToken, label: PENDING })
  return version === undefined ? ok(undefined) : check(rotation, version, PENDING)
}

/** A past value of the same client; what cannot be read as one is not one, and stands in nobody's way. */
export const readPast = async (
  rotation: Rotation,
  secretId: string,
  query: VersionQuery & { readonly clientId: string },
): Promise<Version | undefined> => {
  const { clientId, ...which } = query
  const version = await rotation.vault.read(secretId, which)
  if (version === undefined) return undefined
  const checked = check(rotation, version, PREVIOUS)
  return checked.ok && checked.value.secret.clientId === clientId ? checked.value : undefined
}

/** What AWSPREVIOUS held when the guard looked. */
export const readPrevious = async (
  rotation: Rotation,
  { secretId }: StepRequest,
  { previousId, clientId }: Pick<Guarded, 'previousId'> & { readonly clientId: string },
): Promise<Version | undefined> =>
  previousId === undefined ? undefined : readPast(rotation, secretId, { versionId: previousId, clientId })

/** Whether the issuer accepts this version's value now. */
export const isAccepted = async ({ issuer }: Pick<Rotation, 'issuer'>, { secret }: Version): Promise<boolean> =>
  (await issuer.exchange(secret.clientId, secret.clientSecret)).accepted

/** A vendor may need a moment until a change of its slots is known everywhere (secrets-manager F13). */
export const PROPAGATION_WAITS_MS = [500, 1500, 4000] as const

export const sameClient = (current: Version, pending: Version): StepResult =>
  current.secret.clientId === pending.secret.clientId ? DONE : refused({ reason: 'pendingOfOtherClient' })

export const sameValue = (one: Version, other: Version): boolean =>
  one.secret.clientSecret.equals(other.secret.clientSecret)
