// setSecret: for a settle, makes the issuer accept AWSCURRENT's value and nothing else; for a rollback, makes sure that the old
// value still lives. For rotate and revoke there is nothing to set: the issuer made the value, in createSecret.

import { Fault } from '../base/fault.ts'
import { type Result, refused } from '../base/result.ts'
import { makesNewValue, readRequestToken } from '../secret/request-token.ts'
import { endSlot } from './end-slot.ts'
import { lookAndName, type Seen } from './look.ts'
import { setMove } from './moves.ts'
import { explainRefusal, type Refusal } from './refusal.ts'
import {
  awaitPending,
  DONE,
  type Guarded,
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
  type Version,
  waitFor,
} from './rotation.ts'

const MAX_ROUNDS = 4

interface MovedOn {
  readonly guarded: Guarded
  readonly current: Version
  readonly look: () => Promise<Result<Seen, Refusal>>
}

const isOverlap = (seen: Result<Seen, Refusal>): boolean => seen.ok && seen.value.sighting.position === 'overlap'

/** A look that shows neither this settle's end nor what it has to end may show what was before it. */
const lookAtMovedOn = async (rotation: Rotation, { look: lookNow }: MovedOn): Promise<Result<Seen, Refusal>> => {
  const seen = await lookNow()
  const isEnough = isOverlap(seen) || (seen.ok && seen.value.sighting.position === 'settled')
  const { readLagMs } = rotation.bounds
  if (isEnough || readLagMs === 0) return seen
  await waitFor(rotation, readLagMs, 'a second look at Stytch shows what is left of the overlap')
  return lookNow()
}

/** What may pass: a refusal would give up AWSPENDING, without which no repeated step looks again. */
const mayPass = ({ reason }: Refusal): boolean => reason === 'stillUsed' || reason === 'replicaBehind'

/**
 * AWSCURRENT is on this settle's version, by a person's hand or because the step is repeated. With its value in the next of two slots the settle
 * has not ended what it is for, as no settle leaves it there. Another next secret may have come later, and so may an entry of a list: they are left
 * alone, and nothing is refused for them, as AWSCURRENT has moved.
 * @throws Fault CURRENT_MOVED when the end has to wait.
 */
const endMovedOn = async (
  rotation: Rotation,
  request: RunningStep,
  movedOn: MovedOn,
): Promise<StepResult | undefined> => {
  const { guarded, current } = movedOn
  if (rotation.issuer.keepsList?.(current.secret.clientId) === true) return DONE
  const seen = await lookAtMovedOn(rotation, movedOn)
  if (!seen.ok || !isOverlap(seen)) return DONE
  const ended = await endSlot(rotation, request, {
    intent: 'settle',
    retire: 'complete',
    guarded,
    current,
    seen: seen.value,
  })
  if (ended.ok) return ended.value === 'lookAgain' ? undefined : DONE
  if (!mayPass(ended.refusal)) return ended
  throw new Fault({
    code: 'CURRENT_MOVED',
    retryable: true,
    message: `AWSCURRENT of ${request.secretId} was moved to this settle's version while the value before it was still accepted, and ending that has to wait: ${explainRefusal(ended.refusal)}.`,
  })
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
  if (move.value === 'none') return DONE
  const ending = { intent: intent.value, retire: move.value, guarded: guarded.value, current, seen: seen.value }
  const ended = await endSlot(rotation, request, ending)
  if (!ended.ok) return ended
  return ended.value === 'lookAgain' ? undefined : DONE
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
