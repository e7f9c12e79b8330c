// testSecret: exchanges the pending value for tokens. Only if that is refused does it look why. With nothing pending, a bare id passes:
// that is Secrets Manager's dry run (RotateImmediately=false, secrets-manager §1.2), which must change nothing.
import { Fault } from '../base/fault.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { type Intent, makesNewValue } from '../secret/request-token.ts'
import { isAcceptedSteadily } from './accept.ts'
import { patienceOf } from './bounds.ts'
import { endSlot } from './end-slot.ts'
import { look, type Seen } from './look.ts'
import type { Refusal } from './refusal.ts'
import {
  awaitPending,
  DONE,
  type Guarded,
  guard,
  intentOf,
  isAccepted,
  isStandIn,
  mayBeDryRun,
  type Rotation,
  type RunningStep,
  readCurrent,
  readPrevious,
  type StepResult,
  sameClient,
  sameValue,
  underWaySince,
  type Version,
} from './rotation.ts'

/** Between two tries to exchange a value that is slow to be accepted. */
const PAUSES_MS = [500, 1500, 4000] as const
/** For one more look and an exchange. */
const RESERVE_MS = 12_000

interface Diagnosis {
  readonly guarded: Guarded
  readonly current: Version
  readonly seen: Seen
}

/** Why the issuer refuses the pending value; a value, when by its last four it should be accepted. */
const diagnose = async (
  rotation: Rotation,
  request: RunningStep,
  { intent, pending }: { readonly intent: Intent; readonly pending: Version },
): Promise<Result<Diagnosis, Refusal>> => {
  const guarded = await guard(rotation, request)
  if (!guarded.ok) return guarded
  const { clientId } = pending.secret
  const [current, previous] = await Promise.all([
    readCurrent(rotation, request, guarded.value),
    readPrevious(rotation, request, { previousId: guarded.value.previousId, clientId }),
  ])
  const shown = isStandIn(current, { intent, pending }) ? undefined : current
  if (shown?.ok === false) return shown
  const same = shown === undefined ? DONE : sameClient(shown.value, pending)
  if (!same.ok) return same
  const isDryRun = shown !== undefined && makesNewValue(intent) && sameValue(shown.value, pending)
  if (isDryRun) return refused({ reason: 'dryRunRefused' })
  const stored = { current: shown?.value ?? pending, pending, previous }
  const seen = await look(rotation, { intent, stored })
  if (!seen.ok) return seen
  const { position, pendingAccepted } = seen.value.sighting
  // Beside a value that cannot be read no position has a name.
  if (!pendingAccepted)
    return current.ok ? refused({ reason: 'position', step: 'testSecret', intent, position }) : current
  return ok({ guarded: guarded.value, current: stored.current, seen: seen.value })
}

/** Alone in the next slot: that one may be ended. Where AWSCURRENT cannot be read, no position says so. */
const isInNext = ({ seen: { sighting, view } }: Diagnosis, pending: Version): boolean =>
  sighting.position === 'started' ||
  (view.slots.next === pending.secret.clientSecret.mark && view.slots.current !== view.slots.next)

/** Long in a slot, and never accepted: another value is asked for sooner than this one is waited for. */
const giveUp = async (
  rotation: Rotation,
  request: RunningStep,
  { intent, pending, diagnosis }: { readonly intent: Intent; readonly pending: Version; readonly diagnosis: Diagnosis },
): Promise<StepResult | undefined> => {
  const isStill = async () => !(await isAccepted(rotation, pending))
  const ended = await endSlot(rotation, request, { ...diagnosis, intent, retire: 'cancel', isStill })
  if (!ended.ok) return ended
  if (ended.value === 'lookAgain') return undefined
  if (ended.value === 'finished') return DONE
  return refused({ reason: 'neverAccepted', patienceMs: patienceOf(rotation.bounds, intent) })
}

/** Exchanges until it is accepted for long enough, found to be refused for a reason, or out of time. */
const test = async (rotation: Rotation, request: RunningStep, pending: Version): Promise<StepResult> => {
  const { timing, bounds } = rotation
  for (let tries = 0; ; tries += 1) {
    const intent = intentOf(request.requestToken, timing.now())
    if (!intent.ok) return intent
    if (await isAcceptedSteadily(rotation, intent.value, pending)) return DONE
    const diagnosis = await diagnose(rotation, request, { intent: intent.value, pending })
    if (!diagnosis.ok) return diagnosis
    // All of it is refused, for as long as the client is inactive; the slots have shown that this value is the one to stay.
    if (!diagnosis.value.seen.view.isActive) return DONE
    // A copy was accepted once: its slot is never ended for its being refused.
    const isOverdue = timing.now() - underWaySince(request, pending) > patienceOf(bounds, intent.value)
    if (makesNewValue(intent.value) && isOverdue && isInNext(diagnosis.value, pending)) {
      const gaveUp = await giveUp(rotation, request, { intent: intent.value, pending, diagnosis: diagnosis.value })
      if (gaveUp !== undefined) return gaveUp
      continue
    }
    const pauseMs = PAUSES_MS[tries] ?? 4000
    if (timing.remainingMs() < pauseMs + RESERVE_MS) {
      throw new Fault({
        code: 'PENDING_REFUSED',
        retryable: true,
        message: `Stytch shows the pending value of client ${pending.secret.clientId} in a slot and still refuses it; the step is retried.`,
      })
    }
    await timing.wait(pauseMs)
  }
}

export const testSecret = async (rotation: Rotation, request: RunningStep): Promise<StepResult> => {
  const pending = await awaitPending(rotation, request)
  if (!pending.ok) return pending
  if (pending.value === undefined) return mayBeDryRun(request) ? DONE : refused({ reason: 'pendingMissing' })
  return test(rotation, request, pending.value)
}
