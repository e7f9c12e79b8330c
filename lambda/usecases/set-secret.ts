// setSecret: for a settle, makes the issuer accept AWSCURRENT's value and nothing else; for a rollback, makes sure that the old
// value still lives. For rotate and revoke there is nothing to set: the issuer made the value, in createSecret.
import { Fault, type Refusal } from '../domain/failures.ts'
import { setMove } from '../domain/moves.ts'
import { readRequestToken } from '../domain/request-token.ts'
import { ok, type Result, refused } from '../domain/result.ts'
import { lookAndName } from './look.ts'
import { retireSlot } from './retire-slot.ts'
import {
  DONE,
  intentOf,
  PREVIOUS,
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

const MAX_ROUNDS = 4

interface Pair {
  readonly current: Version
  readonly pending: Version
}

const readPair = async (rotation: Rotation, request: StepRequest): Promise<Result<Pair, Refusal>> => {
  const pending = await readPending(rotation, request)
  if (!pending.ok) return pending
  if (pending.value === undefined) return refused({ reason: 'pendingMissing' })
  const current = await readCurrent(rotation, request)
  if (!current.ok) return current
  const same = sameClient(current.value, pending.value)
  return same.ok ? ok({ current: current.value, pending: pending.value }) : same
}

export const setSecret = async (rotation: Rotation, step: StepRequest): Promise<StepResult> => {
  const { origin } = readRequestToken(step.requestToken)
  if (origin === 'rotate' || origin === 'revoke') return DONE
  const pair = await readPair(rotation, step)
  if (!pair.ok) return pair
  const { current, pending } = pair.value
  if (current.versionId === step.requestToken) return DONE
  const intent = intentOf(step.requestToken, rotation.timing.now())
  if (!intent.ok) return intent
  if (intent.value === 'settle' && !sameValue(current, pending)) return refused({ reason: 'currentMoved' })
  if (intent.value === 'rollback' && readRequestToken(current.versionId).origin === 'revoke') {
    return refused({ reason: 'wouldRestoreRevoked' })
  }
  const readPrevious = () => readPast(rotation, step.secretId, { label: PREVIOUS, clientId: current.secret.clientId })
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const request = { intent: intent.value, stored: { current, pending } }
    const seen = await lookAndName(rotation, request, readPrevious)
    if (!seen.ok) return seen
    const move = setMove(intent.value, seen.value.sighting)
    if (!move.ok) return move
    if (move.value === 'none') return DONE
    const before = { clientId: current.secret.clientId, slots: seen.value.view.slots }
    if ((await retireSlot(rotation, move.value, before)) === 'done') return DONE
  }
  throw new Fault({
    code: 'STYTCH_OUTCOME_UNKNOWN',
    retryable: true,
    message: `Client ${current.secret.clientId} is not settled at Stytch after ${MAX_ROUNDS} tries; the step will be asked again.`,
  })
}
