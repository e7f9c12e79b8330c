// Ends one slot at the issuer: complete or cancel, sent once. When the reply does not tell what happened, it waits for the
// effect to show before anyone may send again: a request that lands late, after a new start, would kill the wrong value.

import type { Retirement } from '../domain/moves.ts'
import type { Slots } from '../domain/position.ts'
import type { Rotation } from './rotation.ts'

const POLL_WAITS_MS = [250, 750, 2000, 3000] as const

export interface SlotBefore {
  readonly clientId: string
  readonly slots: Slots
}

const isSame = (one: Slots, other: Slots): boolean => one.current === other.current && one.next === other.next

/** Waits until the slots differ from what they were, or the waits are used up. */
export const waitForChange = async ({ issuer, timing }: Rotation, { clientId, slots }: SlotBefore): Promise<void> => {
  for (const waitMs of POLL_WAITS_MS) {
    await timing.wait(waitMs)
    const view = await issuer.look(clientId)
    if (view === undefined || !isSame(view.slots, slots)) return
  }
}

/** @returns done, or `lookAgain`: something else happened, or may have. */
export const retireSlot = async (
  rotation: Rotation,
  retirement: Exclude<Retirement, 'none'>,
  before: SlotBefore,
): Promise<'done' | 'lookAgain'> => {
  const { outcome } = await rotation.issuer[retirement](before.clientId)
  if (outcome === 'done') return 'done'
  if (outcome === 'unknown') await waitForChange(rotation, before)
  return 'lookAgain'
}
