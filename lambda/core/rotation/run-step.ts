// One rotation step, from the event's ids to done or thrown. A permanent refusal is reported on the bus and takes its own AWSPENDING
// away, so that the next RotateSecret – an incident's above all – is not refused because of it.

import type { M2mEvent } from '../base/events.ts'
import { Fault } from '../base/fault.ts'
import { refused } from '../base/result.ts'
import { labelled, PENDING } from '../secret/labels.ts'
import { intentOfOrigin, readRequestToken } from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import { type ClientNaming, clientIdOf, clientNaming } from '../secret/secret-tags.ts'
import { STEP_OVER_MS } from '../secret/step-timeout.ts'
import { isRefusedSteadily } from './accept.ts'
import { createSecret } from './create-secret.ts'
import { finishSecret } from './finish-secret.ts'
import { refusedEvents } from './outcome.ts'
import { noteRefused, withLease } from './records.ts'
import { clearsPending, dependsOnLook, isDrift, type Refusal, RotationRefused } from './refusal.ts'
import { wasRefusedBefore } from './refused-before.ts'
import {
  awaitPending,
  describeOrThrow,
  guard,
  type Rotation,
  type RunningStep,
  readCurrent,
  type StepRequest,
  type StepResult,
  sameValue,
  type Version,
  waitFor,
} from './rotation.ts'
import { setSecret } from './set-secret.ts'
import { testSecret } from './test-secret.ts'
import { unlessFrozen } from './unless-frozen.ts'
import { unlessHeld } from './unless-held.ts'

/** So much longer than the function can still run. */
const LEASE_MARGIN_MS = 5000

const run: Record<StepRequest['step'], (rotation: Rotation, request: RunningStep) => Promise<StepResult>> = {
  createSecret: unlessFrozen(unlessHeld(createSecret)),
  setSecret,
  testSecret,
  finishSecret,
}

/** A version without a value, of a rotation that no execution works on any more. */
const isLeftEmpty = async (
  { secrets, timing }: Rotation,
  { secretId, requestToken }: RunningStep,
): Promise<boolean> => {
  const versions = await secrets.listVersions(secretId)
  const createdAt = versions.find(({ versionId }) => versionId === requestToken)?.createdAt
  return createdAt !== undefined && timing.now() - createdAt >= STEP_OVER_MS
}

/** AWSCURRENT's version, as far as it can be read. */
const currentOf = async (rotation: Rotation, request: RunningStep): Promise<Version | undefined> => {
  const guarded = await guard(rotation, request)
  if (!guarded.ok) return undefined
  const current = await readCurrent(rotation, request, guarded.value)
  return current.ok ? current.value : undefined
}

/**
 * Whether this rotation's AWSPENDING hides nothing: a copy is stored elsewhere as well, a value that is steadily refused is worth nothing.
 * One that Stytch accepts is never hidden, whatever AWSCURRENT is: it is driven on to its end.
 */
const hidesNothing = async (
  rotation: Rotation,
  request: RunningStep,
  current: Version | undefined,
): Promise<boolean> => {
  const { origin } = readRequestToken(request.requestToken)
  if (origin === 'settle' || origin === 'rollback') return true
  // No rotation made it: somebody put the label on a value that was stored before.
  if (origin === 'register' || origin === 'adopt') return true
  const pending = await awaitPending(rotation, request)
  if (!pending.ok || pending.value === undefined) return true
  if (current !== undefined && sameValue(current, pending.value)) return true
  // An inactive client refuses everything: that says nothing of this value.
  const view = await rotation.issuer.look(pending.value.secret.clientId)
  if (view !== undefined && !view.isActive) return false
  return isRefusedSteadily(rotation, pending.value)
}

/** Another execution may have cleared it first: then there is nothing left to do. */
const clearPending = async ({ secrets }: Rotation, { secretId, requestToken }: RunningStep): Promise<void> => {
  try {
    await secrets.moveLabel({ secretId, label: PENDING, from: requestToken })
  } catch (fault) {
    if (labelled(await describeOrThrow(secrets, secretId), PENDING) === requestToken) throw fault
  }
}

const aboutOf = ({ step, secretId, requestToken }: StepRequest) => ({
  step,
  secret: secretId,
  requestToken,
  intent: readRequestToken(requestToken).origin,
})

/** A bus that is down must neither hide the refusal nor leave the next rotation locked out. */
const report = async (
  rotation: Rotation,
  request: StepRequest,
  events: readonly M2mEvent<'m2m.rotation'>[],
): Promise<void> => {
  try {
    await rotation.events.publish(events)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    const { code, retryable, message } = error
    rotation.journal.note({ ...aboutOf(request), outcome: 'failed', code, retryable, message })
  }
}

/** By what is stored, where the tag or the issuer knows such a client: a text may hold the value where the id should be. */
const namingOf = async ({ issuer }: Rotation, state: Secret, current: Version | undefined): Promise<ClientNaming> => {
  const stored = current?.secret.clientId
  if (stored === undefined) return clientNaming(state)
  if (stored === clientIdOf(state)) return { clientId: stored }
  const view = await issuer.look(stored).catch((error: unknown) => {
    if (error instanceof Fault) return undefined
    throw error
  })
  return clientNaming(state, view === undefined ? undefined : stored)
}

const refuse = async (rotation: Rotation, request: RunningStep, refusal: Refusal): Promise<never> => {
  const { secretId, requestToken } = request
  if (!clearsPending(refusal)) throw new RotationRefused({ refusal, secretId })
  // An execution of createSecret may be about to store it, and a forged event must not get in its way.
  const mayFollow = refusal.reason === 'pendingMissing' && !(await isLeftEmpty(rotation, request))
  if (mayFollow) throw new RotationRefused({ refusal, secretId })
  const current = await currentOf(rotation, request)
  const mayClear = await hidesNothing(rotation, request, current)
  const state = await describeOrThrow(rotation.secrets, secretId)
  const naming = await namingOf(rotation, state, current)
  const facts = {
    secretArn: state.arn,
    secretName: state.name,
    ...naming,
    intent: intentOfOrigin(readRequestToken(requestToken).origin),
    requestToken,
    at: rotation.timing.now(),
  }
  const { reason } = refusal
  const isRepeated = await wasRefusedBefore(rotation, state, { requestToken, reason })
  await report(rotation, request, refusedEvents(facts, refusal, isRepeated))
  await noteRefused(rotation, { secretArn: state.arn, versionId: requestToken, reason, at: facts.at })
  // Whatever these labels show: they may be old, and the label is taken away only from where it is.
  if (mayClear) await clearPending(rotation, request)
  throw new RotationRefused({ refusal, secretId, clientId: naming.clientId })
}

/** Stytch rejects a call, and only another look can name why: the client was deleted, or is inactive and not rotated then. */
const nameRejected = async (rotation: Rotation, request: RunningStep, error: unknown): Promise<StepResult> => {
  if (!(error instanceof Fault) || error.code !== 'STYTCH_REJECTED') throw error
  const clientId = (await currentOf(rotation, request))?.secret.clientId
  if (clientId === undefined) throw error
  const view = await rotation.issuer.look(clientId)
  if (view === undefined) return refused({ reason: 'clientNotFound' })
  if (view.isActive) throw error
  return refused({ reason: 'clientInactive' })
}

/** A refusal that rests on a look at Stytch is looked at twice: that look may have shown what was so before our own last change. */
const runTwice = async (rotation: Rotation, request: RunningStep): Promise<StepResult> => {
  const result = await run[request.step](rotation, request)
  const { readLagMs } = rotation.bounds
  if (result.ok || readLagMs === 0 || !dependsOnLook(result.refusal)) return result
  await waitFor(rotation, readLagMs, 'a second look at Stytch can confirm why the step is refused')
  return run[request.step](rotation, request)
}

const work = async (rotation: Rotation, request: RunningStep): Promise<void> => {
  const result = await runTwice(rotation, request).catch((error) => nameRejected(rotation, request, error))
  if (!result.ok) await refuse(rotation, request, result.refusal)
}

/**
 * By one execution at a time: another one would act on what this one is about to change – end a slot that it has just filled, or take away a
 * label whose value it stores (docs/guarantees.md, W1). Where labels are never old, each sees the other's, and a killed execution's lease
 * would only be waited for.
 */
const workAlone = (rotation: Rotation, request: RunningStep): Promise<void> => {
  const forMs = rotation.timing.remainingMs() + LEASE_MARGIN_MS
  if (rotation.bounds.staleLabelsMs === 0) return work(rotation, request)
  return withLease(rotation, { secretArn: request.secretId, forMs }, () => work(rotation, request))
}

/** @throws RotationRefused when it will not act; Fault when the same step may succeed later. */
export const runStep = async (rotation: Rotation, asked: StepRequest): Promise<void> => {
  const request: RunningStep = { ...asked, beganAt: rotation.timing.now() }
  const note = (outcome: string, more: Readonly<Record<string, string | boolean>> = {}) =>
    rotation.journal.note({ ...aboutOf(request), outcome, ...more, ms: rotation.timing.now() - request.beganAt })
  try {
    await workAlone(rotation, request)
    note('done')
  } catch (error) {
    if (error instanceof RotationRefused) {
      const drift = isDrift(error.refusal) ? { drift: true } : {}
      note('refused', { reason: error.refusal.reason, ...drift, message: error.message })
    } else if (error instanceof Fault)
      note('failed', { code: error.code, retryable: error.retryable, message: error.message })
    else note('failed', { code: 'DEFECT', message: error instanceof Error ? error.name : 'unknown' })
    throw error
  }
}
