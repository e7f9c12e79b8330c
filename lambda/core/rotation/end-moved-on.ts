// Ends the overlap of a settle whose label came first: AWSCURRENT is on its version already, and AWSPENDING too (docs/decisions/108).

import { Fault } from '../base/fault.ts'
import type { Result } from '../base/result.ts'
import { endSlot } from './end-slot.ts'
import { concludeEnd } from './just-settled.ts'
import type { Seen } from './look.ts'
import { explainRefusal, type Refusal } from './refusal.ts'
import {
  DONE,
  type Guarded,
  type Rotation,
  type RunningStep,
  type StepResult,
  type Version,
  waitFor,
} from './rotation.ts'

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
export const endMovedOn = async (
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
  if (ended.ok) return concludeEnd(rotation, request, ended.value)
  if (!mayPass(ended.refusal)) return ended
  throw new Fault({
    code: 'CURRENT_MOVED',
    retryable: true,
    message: `AWSCURRENT of ${request.secretId} was moved to this settle's version while the value before it was still accepted. Ending that has to wait, and the step is retried: ${explainRefusal(ended.refusal)}.`,
  })
}
