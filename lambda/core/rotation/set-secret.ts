// setSecret: for a settle, makes the issuer accept AWSCURRENT's value and nothing else; for a rollback, makes sure that the old
// value still lives. For rotate and revoke there is nothing to set: the issuer made the value, in createSecret.

import { Fault } from '../base/fault.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { PREVIOUS } from '../secret/labels.ts'
import { makesNewValue, readRequestToken } from '../secret/request-token.ts'
import { lookAndName } from './look.ts'
import { setMove, stillUsed } from './moves.ts'
import type { Refusal } from './refusal.ts'
import { retireSlot } from './retire-slot.ts'
import {
  DONE,
  intentOf,
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

/** One look and what follows from it; everything it rests on is read anew. @returns undefined: look again. */
const round = async (rotation: Rotation, step: StepRequest): Promise<StepResult | undefined> => {
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
  const { clientId } = current.secret
  const readPrevious = () => readPast(rotation, step.secretId, { label: PREVIOUS, clientId })
  const seen = await lookAndName(rotation, { intent: intent.value, stored: { current, pending } }, readPrevious)
  if (!seen.ok) return seen
  const move = setMove(intent.value, seen.value.sighting)
  if (!move.ok) return move
  if (move.value === 'none') return DONE
  const { view, known } = seen.value
  const currentOrigin = readRequestToken(current.versionId).origin
  const end = { intent: intent.value, currentOrigin, retire: move.value, uses: view.uses, now: rotation.timing.now() }
  const used = stillUsed(end)
  if (used !== undefined) return refused(used)
  const before = { clientId, known, slots: view.slots }
  return (await retireSlot(rotation, move.value, before)) === 'done' ? DONE : undefined
}

export const setSecret = async (rotation: Rotation, step: StepRequest): Promise<StepResult> => {
  if (makesNewValue(readRequestToken(step.requestToken).origin)) return DONE
  for (let rounds = 1; rounds <= MAX_ROUNDS; rounds += 1) {
    const result = await round(rotation, step)
    if (result !== undefined) return result
  }
  throw new Fault({
    code: 'STYTCH_OUTCOME_UNKNOWN',
    retryable: true,
    message: `The client of secret ${step.secretId} is not settled at Stytch after ${MAX_ROUNDS} tries; the step will be asked again.`,
  })
}
