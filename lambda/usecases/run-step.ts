// One rotation step, from the event's ids to done or thrown. A permanent refusal is told to the bus and takes its own AWSPENDING
// away, so that the next RotateSecret – an incident's above all – is not refused because of it.
import { clearsPending, Fault, type Refusal, RotationRefused } from '../domain/failures.ts'
import { refusedEvents } from '../domain/outcome.ts'
import { intentOfOrigin, readRequestToken } from '../domain/request-token.ts'
import { createSecret } from './create-secret.ts'
import { finishSecret } from './finish-secret.ts'
import {
  isAccepted,
  PENDING,
  type Rotation,
  readCurrent,
  readPending,
  type StepRequest,
  type StepResult,
  sameValue,
} from './rotation.ts'
import { setSecret } from './set-secret.ts'
import { testSecret } from './test-secret.ts'

const run: Record<StepRequest['step'], (rotation: Rotation, request: StepRequest) => Promise<StepResult>> = {
  createSecret,
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
const clearPending = async ({ vault }: Rotation, { secretId, requestToken }: StepRequest): Promise<void> => {
  try {
    await vault.moveLabel({ secretId, label: PENDING, from: requestToken })
  } catch (fault) {
    const { labels } = await vault.describe(secretId)
    if (labels[requestToken]?.includes(PENDING)) throw fault
  }
}

const refuse = async (rotation: Rotation, request: StepRequest, refusal: Refusal): Promise<never> => {
  const { secretId, requestToken } = request
  if (!clearsPending(refusal)) throw new RotationRefused({ refusal, secretId })
  const { clientId, keepsPending } = await lookAround(rotation, request)
  const state = await rotation.vault.describe(secretId)
  const facts = {
    secretArn: state.arn,
    secretName: state.name,
    clientId,
    intent: intentOfOrigin(readRequestToken(requestToken).origin),
    requestToken,
    at: rotation.timing.now(),
  }
  try {
    await rotation.outcomes.emit(refusedEvents(facts, refusal))
  } finally {
    // A bus that is down must not leave the next rotation locked out.
    if (!keepsPending && state.labels[requestToken]?.includes(PENDING)) {
      await clearPending(rotation, request)
    }
  }
  throw new RotationRefused({ refusal, secretId, clientId })
}

/** @throws RotationRefused when it will not act; Fault when the same step may succeed later. */
export const runStep = async (rotation: Rotation, request: StepRequest): Promise<void> => {
  const startedAt = rotation.timing.now()
  const { step, secretId, requestToken } = request
  const about = { step, secret: secretId, requestToken, intent: readRequestToken(requestToken).origin }
  const note = (outcome: string, more: Readonly<Record<string, string | boolean>> = {}) =>
    rotation.journal.note({ ...about, outcome, ...more, ms: rotation.timing.now() - startedAt })
  try {
    const result = await run[step](rotation, request)
    if (!result.ok) await refuse(rotation, request, result.refusal)
    note('done')
  } catch (error) {
    if (error instanceof RotationRefused) note('refused', { reason: error.refusal.reason, message: error.message })
    else if (error instanceof Fault)
      note('failed', { code: error.code, retryable: error.retryable, message: error.message })
    else note('failed', { code: 'DEFECT', message: error instanceof Error ? error.name : 'unknown' })
    throw error
  }
}
