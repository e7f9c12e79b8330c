// Ends one slot at the issuer: complete or cancel, sent once. When the reply does not say what happened, it waits for the
// effect to show before anyone may send again: a request that lands late, after a new start, would kill the wrong value.

import { CALL_RESERVE_MS } from '../secret/step-timeout.ts'
import type { LookedAt, NotDone } from './issuer.ts'
import type { Retirement } from './moves.ts'
import type { Slots } from './position.ts'
import type { Rotation } from './rotation.ts'

const POLL_WAITS_MS = [250, 750, 2000, 3000] as const

export interface SlotBefore extends LookedAt {
  readonly clientId: string
}

export const isSameSlots = (one: Slots, other: Slots): boolean =>
  one.current === other.current && one.next === other.next

/** Waits until the slots differ from what they were, or the waits are used up. */
export const waitForChange = async (
  { issuer, timing }: Rotation,
  { clientId, known, slots }: SlotBefore,
): Promise<void> => {
  for (const waitMs of POLL_WAITS_MS) {
    await timing.wait(waitMs)
    const view = await issuer.look(clientId, known)
    if (view === undefined || !isSameSlots(view.slots, slots)) return
  }
}

/** Waits as the vendor asks, or throws its fault when the function would not live to see it. */
export const waitOrThrow = async ({ timing }: Rotation, { waitMs, fault }: NotDone): Promise<void> => {
  if (waitMs + CALL_RESERVE_MS > timing.remainingMs()) throw fault
  await timing.wait(waitMs)
}

/** What the slots are once one of two has been retired. */
export const slotsAfter = (retirement: Retirement, { current, next }: Slots): Slots => {
  if (retirement === 'none') return { current, next }
  return { current: retirement === 'complete' && next !== null ? next : current, next: null }
}

/** @returns done, or `lookAgain`: something else happened, or may have. */
export const retireSlot = async (
  rotation: Rotation,
  retirement: Exclude<Retirement, 'none'>,
  before: SlotBefore,
): Promise<'done' | 'lookAgain'> => {
  const reply = await rotation.issuer[retirement](before.clientId, before)
  if (reply.outcome === 'done') return 'done'
  if (reply.outcome === 'notDone') await waitOrThrow(rotation, reply)
  if (reply.outcome === 'unknown') await waitForChange(rotation, before)
  return 'lookAgain'
}
