// testSecret: exchanges the pending value for a token. Only if that is refused does it look why. With nothing pending it passes:
// that is Secrets Manager's dry run (RotateImmediately=false, secrets-manager §1.2), which must change nothing.
import { Fault } from '../base/fault.ts'
import { refused } from '../base/result.ts'
import { PREVIOUS } from '../secret/labels.ts'
import { makesNewValue } from '../secret/request-token.ts'
import { look } from './look.ts'
import {
  DONE,
  intentOf,
  isAccepted,
  PROPAGATION_WAITS_MS,
  type Rotation,
  readCurrent,
  readPast,
  readPending,
  type StepRequest,
  type StepResult,
  sameClient,
  sameValue,
  type Version,
} from './rotation.ts'

/** Why the issuer refuses the pending value; nothing, when by its last four it should be accepted. */
const diagnose = async (rotation: Rotation, request: StepRequest, pending: Version): Promise<StepResult> => {
  const intent = intentOf(request.requestToken, rotation.timing.now())
  if (!intent.ok) return intent
  const current = await readCurrent(rotation, request)
  if (!current.ok) return current
  const same = sameClient(current.value, pending)
  if (!same.ok) return same
  const { clientId } = current.value.secret
  if (makesNewValue(intent.value) && sameValue(current.value, pending)) return refused({ reason: 'dryRunRefused' })
  const previous = await readPast(rotation, request.secretId, { label: PREVIOUS, clientId })
  const seen = await look(rotation, { intent: intent.value, stored: { current: current.value, pending, previous } })
  if (!seen.ok) return seen
  const { position, pendingAccepted } = seen.value.sighting
  return pendingAccepted ? DONE : refused({ reason: 'position', step: 'testSecret', intent: intent.value, position })
}

export const testSecret = async (rotation: Rotation, request: StepRequest): Promise<StepResult> => {
  const pending = await readPending(rotation, request)
  if (!pending.ok) return pending
  if (pending.value === undefined) return DONE
  if (await isAccepted(rotation, pending.value)) return DONE
  const why = await diagnose(rotation, request, pending.value)
  if (!why.ok) return why
  for (const waitMs of PROPAGATION_WAITS_MS) {
    await rotation.timing.wait(waitMs)
    if (await isAccepted(rotation, pending.value)) return DONE
  }
  throw new Fault({
    code: 'PENDING_REFUSED',
    retryable: true,
    message: `Stytch shows the pending value of client ${pending.value.secret.clientId} in a slot and still refuses it; the step will be asked again.`,
  })
}
