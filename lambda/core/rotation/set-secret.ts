// setSecret: for a settle, makes the issuer accept AWSCURRENT's value and nothing else; for a rollback, makes sure that the old
// value still lives. For rotate and revoke there is nothing to set: the issuer made the value, in createSecret.

import { Fault } from '../base/fault.ts'
import { type Result, refused } from '../base/result.ts'
import { makesNewValue, readRequestToken } from '../secret/request-token.ts'
import { endMovedOn } from './end-moved-on.ts'
import { endSlot } from './end-slot.ts'
import { concludeEnd } from './just-settled.ts'
import { lookAndName, type Seen } from './look.ts'
import { setMove } from './moves.ts'
import type { Refusal } from './refusal.ts'
import {
  awaitPending,
  DONE,
  guard,
  intentOf,
  isConcluded,
  type Rotation,
  type RunningStep,
  readCurrent,
  readPrevious,
  type StepResult,
  sameClient,
  sameValue,
  waitFor,
} from './rotation.ts'

const MAX_ROUNDS = 4

/**
 * A look that shows nothing beside AWSCURRENT's value may be from before a next secret was asked for. A later one shows what was so when the
 * first was taken; so does each that finishSecret takes.
 */
const confirmSettled = async (
  rotation: Rotation,
  look: () => Promise<Result<Seen, Refusal>>,
): Promise<StepResult | undefined> => {
  const { readLagMs } = rotation.bounds
  if (readLagMs === 0) return DONE
  await waitFor(rotation, readLagMs, 'a second look at Stytch can confirm that no other value is accepted')
  const seen = await look()
  if (!seen.ok) return seen
  return seen.value.sighting.position === 'settled' ? DONE : undefined
}

/** One look and what follows from it; everything it rests on is read anew. @returns undefined: look again. */
const round = async (rotation: Rotation, request: RunningStep): Promise<StepResult | undefined> => {
  const [guarded, pending] = await Promise.all([guard(rotation, request), awaitPending(rotation, request)])
  if (!guarded.ok) return guarded
  if (isConcluded(guarded.value)) return DONE
  if (!pending.ok) return pending
  if (pending.value === undefined) return refused({ reason: 'pendingMissing' })
  const read = await readCurrent(rotation, request, guarded.value)
  if (!read.ok) return read
  const current = read.value
  const same = sameClient(current, pending.value)
  if (!same.ok) return same
  const { isFinished, previousId, currentOrigin } = guarded.value
  const intent = intentOf(request.requestToken, rotation.timing.now())
  if (!intent.ok) return isFinished ? DONE : intent
  if (intent.value === 'settle' && !sameValue(current, pending.value)) return refused({ reason: 'currentMoved' })
  if (intent.value === 'rollback' && currentOrigin === 'revoke') return refused({ reason: 'wouldRestoreRevoked' })
  const { clientId } = current.secret
  const previous = () => readPrevious(rotation, request, { previousId, clientId })
  const stored = { current, pending: pending.value }
  const look = () => lookAndName(rotation, { intent: intent.value, stored }, previous)
  if (isFinished) return endMovedOn(rotation, request, { guarded: guarded.value, current, look })
  const seen = await look()
  if (!seen.ok) return seen
  const move = setMove(intent.value, seen.value.sighting)
  if (!move.ok) return move
  if (move.value === 'none') return intent.value === 'settle' ? confirmSettled(rotation, look) : DONE
  const ending = { intent: intent.value, retire: move.value, guarded: guarded.value, current, seen: seen.value }
  const ended = await endSlot(rotation, request, ending)
  return ended.ok ? concludeEnd(rotation, request, ended.value) : ended
}

export const setSecret = async (rotation: Rotation, request: RunningStep): Promise<StepResult> => {
  if (makesNewValue(readRequestToken(request.requestToken).origin)) return DONE
  for (let rounds = 1; rounds <= MAX_ROUNDS; rounds += 1) {
    const result = await round(rotation, request)
    if (result !== undefined) return result
  }
  throw new Fault({
    code: 'STYTCH_OUTCOME_UNKNOWN',
    retryable: true,
    message: `The client of secret ${request.secretId} is not settled at Stytch after ${MAX_ROUNDS} tries; the step is retried.`,
  })
}
