// Ends one slot, as createSecret, setSecret and testSecret do: only where nobody still uses it, only with labels that were looked at
// immediately before, and a cancel only when a second look, later than labels can be old, shows the same (docs/decisions/051).

import { ok, type Result, refused } from '../base/result.ts'
import { STUCK_AFTER_MS } from '../secret/is-stuck.ts'
import type { Intent } from '../secret/request-token.ts'
import { awaitReplicas, replicasInTheWay } from './await-replicas.ts'
import type { Seen } from './look.ts'
import { type Retirement, stillUsed } from './moves.ts'
import { readVersionRecords } from './records.ts'
import type { Refusal } from './refusal.ts'
import { isSameSlots, retireSlot } from './retire-slot.ts'
import { type Guarded, guardAgain, type Rotation, type RunningStep, type Version, waitFor } from './rotation.ts'

interface SlotEnding {
  readonly intent: Intent
  readonly retire: Exclude<Retirement, 'none'>
  readonly guarded: Guarded
  readonly current: Version
  readonly seen: Seen
  /** What else has to be so still when a cancel is looked at for the second time. @default - nothing */
  readonly isStill?: () => Promise<boolean>
}

/** finished: another execution has ended this rotation meanwhile. lookAgain: nothing was sent, or it may have been in vain. */
export type SlotEnded = 'done' | 'lookAgain' | 'finished'

/** The labels alone, and what the replicas have: a complete keeps what AWSCURRENT shows, and is sent as soon as it is known that it still does. */
const checkLabels = async (
  rotation: Rotation,
  request: RunningStep,
  { guarded, intent }: SlotEnding,
): Promise<Result<'same' | 'finished' | 'lookAgain', Refusal>> => {
  const again = await guardAgain(rotation, request, guarded)
  if (!again.ok) return again
  if (typeof again.value === 'string') return ok(again.value)
  return ok(replicasInTheWay(request, { intent, guarded: again.value }).length === 0 ? 'same' : 'lookAgain')
}

/** Labels are never as old as this: a switch that they do not show by then was undone since. What leaked is not waited for as long. */
const shownByThenMs = ({ bounds }: Rotation, { intent }: SlotEnding): number =>
  intent === 'revoke' ? 2 * bounds.staleLabelsMs : STUCK_AFTER_MS

/**
 * Whether the next slot of an orphan, which no label points at, ends like a value that consumers were switched to a short while ago. Then
 * these labels are older than that switch, however often they say so: the records are read as they are.
 */
const isSwitchedTo = async (rotation: Rotation, ending: SlotEnding): Promise<boolean> => {
  const { guarded, seen } = ending
  if (seen.sighting.position !== 'orphan') return false
  const { currentId, previousId, state } = guarded
  const records = (await readVersionRecords(rotation, state.arn)) ?? []
  return records.some(
    ({ versionId, lastFour, switchedAt }) =>
      versionId !== currentId &&
      versionId !== previousId &&
      lastFour === seen.view.slots.next &&
      switchedAt !== undefined &&
      rotation.timing.now() - switchedAt < shownByThenMs(rotation, ending),
  )
}

/**
 * What is cancelled is lost for ever, and seldom urgent: labels and slots have to say so twice. So they have to once AWSCURRENT is on this
 * settle's version: then AWSPENDING keeps no other rotation from beginning.
 */
const lookTwice = async (
  rotation: Rotation,
  request: RunningStep,
  ending: SlotEnding,
): Promise<Result<'same' | 'finished' | 'lookAgain', Refusal>> => {
  const { current, seen, isStill = async () => true } = ending
  await waitFor(rotation, rotation.bounds.staleLabelsMs, 'a second look can confirm what is ended')
  const [labels, view, holds, isContradicted] = await Promise.all([
    checkLabels(rotation, request, ending),
    rotation.issuer.look(current.secret.clientId, seen.known),
    isStill(),
    isSwitchedTo(rotation, ending),
  ])
  if (!labels.ok || labels.value !== 'same') return labels
  const isSame =
    view?.isActive === seen.view.isActive && view.boundTo === current.arn && isSameSlots(view.slots, seen.view.slots)
  return ok(isSame && holds && !isContradicted ? 'same' : 'lookAgain')
}

export const endSlot = async (
  rotation: Rotation,
  request: RunningStep,
  ending: SlotEnding,
): Promise<Result<SlotEnded, Refusal>> => {
  const { intent, retire, guarded, current, seen } = ending
  const { view, known } = seen
  const { switched, isFinished } = guarded
  const used = stillUsed({
    intent,
    currentOrigin: switched.origin,
    retire,
    uses: view.uses,
    now: rotation.timing.now(),
  })
  if (used !== undefined) return refused(used)
  const replicas = await awaitReplicas(rotation, request, ending)
  if (!replicas.ok) return replicas
  if (replicas.value !== 'same') return ok(replicas.value)
  const check = retire === 'cancel' || isFinished ? lookTwice : checkLabels
  const checked = await check(rotation, request, ending)
  if (!checked.ok) return checked
  if (checked.value !== 'same') return ok(checked.value)
  return ok(await retireSlot(rotation, retire, { clientId: current.secret.clientId, known, slots: view.slots }))
}
