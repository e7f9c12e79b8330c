// Ends one slot, as createSecret and setSecret both do: only where nobody still uses it, only with labels that were looked at immediately
// before, and a cancel only when a second look, later than labels can be old, shows the same (docs/decisions/051).

import { ok, type Result, refused } from '../base/result.ts'
import type { Intent } from '../secret/request-token.ts'
import type { Seen } from './look.ts'
import { type Retirement, stillUsed } from './moves.ts'
import type { Slots } from './position.ts'
import type { Refusal } from './refusal.ts'
import { retireSlot } from './retire-slot.ts'
import { type Guarded, guard, type Rotation, type RunningStep, type Version, waitFor } from './rotation.ts'

interface Look {
  readonly currentId: string
  readonly slots: Slots
}

/** @returns whether what is seen was seen before, long enough ago; if not, it has waited until that can be so. */
export type SecondLook = (seen: Look) => Promise<boolean>

const isSame = (one: Look, other: Look): boolean =>
  one.currentId === other.currentId && one.slots.current === other.slots.current && one.slots.next === other.slots.next

export const createSecondLook = (rotation: Pick<Rotation, 'timing' | 'bounds'>): SecondLook => {
  const { timing, bounds } = rotation
  let first: { readonly look: Look; readonly at: number } | undefined
  return async (look) => {
    const at = timing.now()
    if (first === undefined || !isSame(first.look, look)) first = { look, at }
    else if (at - first.at >= bounds.staleLabelsMs) return true
    await waitFor(rotation, bounds.staleLabelsMs - (at - first.at), 'a second look can confirm what is cancelled')
    return false
  }
}

export interface SlotEnding {
  readonly intent: Intent
  readonly retire: Exclude<Retirement, 'none'>
  readonly guarded: Guarded
  readonly current: Version
  readonly seen: Seen
  readonly secondLook: SecondLook
}

/** finished: another execution has ended this rotation meanwhile. lookAgain: nothing was sent, or it may have been in vain. */
export type SlotEnded = 'done' | 'lookAgain' | 'finished'

export const endSlot = async (
  rotation: Rotation,
  request: RunningStep,
  { intent, retire, guarded, current, seen, secondLook }: SlotEnding,
): Promise<Result<SlotEnded, Refusal>> => {
  const { view, known } = seen
  const { currentOrigin, currentId } = guarded
  const used = stillUsed({ intent, currentOrigin, retire, uses: view.uses, now: rotation.timing.now() })
  if (used !== undefined) return refused(used)
  if (retire === 'cancel' && !(await secondLook({ currentId, slots: view.slots }))) return ok('lookAgain')
  const again = await guard(rotation, request)
  if (!again.ok) return again
  if (again.value.isFinished) return ok('finished')
  if (again.value.currentId !== currentId) return refused({ reason: 'currentMoved' })
  return ok(await retireSlot(rotation, retire, { clientId: current.secret.clientId, known, slots: view.slots }))
}
