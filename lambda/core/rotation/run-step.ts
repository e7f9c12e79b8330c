// One rotation step, from the event's ids to done or thrown. A permanent refusal is told to the bus and takes its own AWSPENDING
// away, so that the next RotateSecret – an incident's above all – is not refused because of it.

import type { M2mEvent } from '../base/events.ts'
import { Fault } from '../base/fault.ts'
import { refused } from '../base/result.ts'
import { labelled, PENDING } from '../secret/labels.ts'
import { intentOfOrigin, readRequestToken } from '../secret/request-token.ts'
import { createSecret } from './create-secret.ts'
import { finishSecret } from './finish-secret.ts'
import { refusedEvents } from './outcome.ts'
import { clearsPending, isDrift, type Refusal, RotationRefused } from './refusal.ts'
import {
  describeOrThrow,
  isAccepted,
  type Rotation,
  readCurrent,
  readPending,
  type StepRequest,
  type StepResult,
  sameValue,
} from './rotation.ts'
import { setSecret } from './set-secret.ts'
import { testSecret } from './test-secret.ts'
import { unlessFrozen } from './unless-frozen.ts'
import { unlessHeld } from './unless-held.ts'

const run: Record<StepRequest['step'], (rotation: Rotation, request: StepRequest) => Promise<StepResult>> = {
  createSecret: unlessFrozen(unlessHeld(createSecret)),
  setSecret,
  testSecret,
  finishSecret,
}

interface Bystanders {
  readonly clientId: string | undefined
  /** Whether taking AWSPENDING away would leave consumers with a dead value while the pending one lives. */
  readonly keepsPending: boolean
}

/** Never remove AWSPENDING from a version that Stytch accepts while it refuses AWSCURRENT. */
const lookAround = async (rotation: Rotation, request: StepRequest): Promise<Bystanders> => {
  const current = await readCurrent(rotation, request)
  const pending = await readPending(rotation, request)
  const clientId = current.ok ? current.value.secret.clientId : undefined
  if (!pending.ok || pending.value === undefined) return { clientId, keepsPending: false }
  if (current.ok && sameValue(current.value, pending.value)) return { clientId, keepsPending: false }
  if (!(await isAccepted(rotation, pending.value))) return { clientId, keepsPending: false }
  return { clientId, keepsPending: !current.ok || !(await isAccepted(rotation, current.value)) }
}

/** Another execution may have cleared it first: then there is nothing left to do. */
const clearPending = async ({ secrets }: Rotation, { secretId, requestToken }: StepRequest): Promise<void> => {
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
const tell = async (
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

const refuse = async (rotation: Rotation, request: StepRequest, refusal: Refusal): Promise<never> => {
  const { secretId, requestToken } = request
  if (!clearsPending(refusal)) throw new RotationRefused({ refusal, secretId })
  const { clientId, keepsPending } = await lookAround(rotation, request)
  const state = await describeOrThrow(rotation.secrets, secretId)
  const facts = {
    secretArn: state.arn,
    secretName: state.name,
    clientId,
    intent: intentOfOrigin(readRequestToken(requestToken).origin),
    requestToken,
    at: rotation.timing.now(),
  }
  await tell(rotation, request, refusedEvents(facts, refusal))
  if (!keepsPending && labelled(state, PENDING) === requestToken) await clearPending(rotation, request)
  throw new RotationRefused({ refusal, secretId, clientId })
}

/** A client that was deleted since the step looked: Stytch rejects the call, and only another look can name why. */
const nameDeleted = async (rotation: Rotation, request: StepRequest, error: unknown): Promise<StepResult> => {
  if (!(error instanceof Fault) || error.code !== 'STYTCH_REJECTED') throw error
  const current = await readCurrent(rotation, request)
  if (!current.ok || (await rotation.issuer.look(current.value.secret.clientId)) !== undefined) throw error
  return refused({ reason: 'clientNotFound' })
}

/** @throws RotationRefused when it will not act; Fault when the same step may succeed later. */
export const runStep = async (rotation: Rotation, request: StepRequest): Promise<void> => {
  const startedAt = rotation.timing.now()
  const note = (outcome: string, more: Readonly<Record<string, string | boolean>> = {}) =>
    rotation.journal.note({ ...aboutOf(request), outcome, ...more, ms: rotation.timing.now() - startedAt })
  try {
    const result = await run[request.step](rotation, request).catch((error) => nameDeleted(rotation, request, error))
    if (!result.ok) await refuse(rotation, request, result.refusal)
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
