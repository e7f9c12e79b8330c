// Between the end of a slot and the next start, a look's lag is waited out: by the start, where the settle before is a recent one, and by a settle
// that ends a slot so late that the start could not know.

import { readRequestToken } from '../secret/request-token.ts'
import type { SlotEnded } from './end-slot.ts'
import { DONE, type Guarded, type Rotation, type RunningStep, type StepResult, waitFor } from './rotation.ts'

/** From when a settle was asked for. It may end a slot later than that: when it was killed, or is driven again. */
const SETTLE_TAKES_MS = 60_000

/** The settle before may have ended a slot so lately that a look does not show it yet. */
export const isJustSettled = ({ currentId }: Guarded, { timing, bounds }: Rotation): boolean => {
  const { origin, askedAt } = readRequestToken(currentId)
  return origin === 'settle' && askedAt !== undefined && timing.now() - askedAt < SETTLE_TAKES_MS + bounds.readLagMs
}

/**
 * After a settle's end of a slot: past the time for which the next start waits by itself, it waits until every look shows that end.
 * @returns undefined: look again.
 */
export const concludeEnd = async (
  rotation: Rotation,
  { requestToken }: RunningStep,
  ended: SlotEnded,
): Promise<StepResult | undefined> => {
  if (ended === 'lookAgain') return undefined
  const { askedAt } = readRequestToken(requestToken)
  const isLate = askedAt === undefined || rotation.timing.now() - askedAt >= SETTLE_TAKES_MS
  if (ended === 'done' && isLate)
    await waitFor(rotation, rotation.bounds.readLagMs, 'Stytch shows the slot that was ended')
  return DONE
}
