// createSecret: makes this rotation's pending value and stores it under the request token. Re-entrant: whatever an earlier,
// killed execution left at the issuer is found by looking, and a next secret that is stored nowhere is cancelled, never promoted.
import { Fault } from '../base/fault.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { bytesOf, fitSecret, MAX_SECRET_BYTES } from '../secret/fit-secret.ts'
import { type Intent, isSameRequest, makesNewValue, readRequestToken } from '../secret/request-token.ts'
import { LOST_VALUE, type StoredSecret, withClientSecret } from '../secret/secret-format.ts'
import { clientIdOf } from '../secret/secret-tags.ts'
import { endSlot } from './end-slot.ts'
import { isJustSettled } from './just-settled.ts'
import { lookAndName, type Seen, type Stored } from './look.ts'
import { type CreateMove, createMove } from './moves.ts'
import { noteVersion } from './records.ts'
import { recoverCurrent } from './recover-current.ts'
import type { Refusal } from './refusal.ts'
import { type SlotBefore, slotsAfter, waitForChange, waitOrThrow } from './retire-slot.ts'
import {
  DONE,
  type Guarded,
  guard,
  hasBegun,
  intentOf,
  isAccepted,
  isUnreadable,
  type Rotation,
  type RunningStep,
  readCurrent,
  readPending,
  readPrevious,
  type StepResult,
  sameClient,
  sameValue,
  type Version,
  waitFor,
} from './rotation.ts'

/** Enough for Stytch's reply (5 s) and storing it (two tries of 3 s): the reply is the only copy. */
const START_NEEDS_MS = 10_000
const STORE_NEEDS_MS = 3500
const MAX_ROUNDS = 5

interface Creation {
  readonly request: RunningStep
  readonly intent: Intent
  readonly guarded: Guarded
  readonly current: Version
}

/** A value stored by an earlier execution of this step: nothing is left to do, if it is a value of this rotation. */
const acceptStored = ({ intent, current }: Creation, pending: Version): StepResult => {
  const same = sameClient(current, pending)
  if (!same.ok) return same
  const changesNothing = makesNewValue(intent) && sameValue(current, pending)
  return changesNothing ? refused({ reason: 'pendingEqualsCurrent' }) : DONE
}

/** Retries as long as the function lives: after `start`, losing this write loses the value. */
const store = async (rotation: Rotation, { request }: Creation, text: string): Promise<'stored' | 'differs'> => {
  const { secretId, requestToken, rotationToken } = request
  const pending = { secretId, requestToken, rotationToken, text }
  for (;;) {
    try {
      return await rotation.secrets.putPending(pending)
    } catch (fault) {
      if (!(fault instanceof Fault && fault.retryable) || rotation.timing.remainingMs() < STORE_NEEDS_MS) throw fault
      await rotation.timing.wait(200)
    }
  }
}

const concurrent = (clientId: string): Fault =>
  new Fault({
    code: 'CONCURRENT_EXECUTION',
    retryable: true,
    message: `Two executions of createSecret ran at once for client ${clientId}; the value that was stored first is kept and tested next.`,
  })

/** lookAgain: a slot may not be retired yet. startAgain: a next secret was asked for, and none of it is stored. */
type Unfinished = 'lookAgain' | 'startAgain'

const startAndStore = async (
  rotation: Rotation,
  creation: Creation,
  { known, slots }: Omit<SlotBefore, 'clientId'>,
): Promise<StepResult | Unfinished> => {
  const { issuer, timing } = rotation
  const { clientId } = creation.current.secret
  if (timing.remainingMs() < START_NEEDS_MS) {
    throw new Fault({
      code: 'TIME_TOO_SHORT',
      retryable: true,
      message: `Less than ${START_NEEDS_MS / 1000} s of the function's time are left, so no next secret was started for client ${clientId}; the step is retried.`,
    })
  }
  // What cannot be stored is not asked for: Stytch shows a value once.
  const fitted = fitSecret(rotation.form, creation.current.secret, creation.intent === 'revoke')
  if (!fitted.ok) return refused({ reason: 'tooLarge', bytes: fitted.refusal })
  const reply = await issuer.start(clientId)
  if (reply.outcome === 'started') {
    // Stytch shows last fours only: stored, it could not be distinguished from the value beside it. It is known to no one; it is cancelled like any
    // other next secret that is not stored (docs/decisions/007).
    if (reply.secret.mark === slots.current) return 'startAgain'
    const made = { clientSecret: reply.secret, issuedAt: timing.now() }
    const text = rotation.form.format(withClientSecret(fitted.value, made))
    if ((await store(rotation, creation, text)) === 'differs') throw concurrent(clientId)
    const { lastFour } = reply.secret
    const stored = { secretArn: creation.current.arn, versionId: creation.request.requestToken, lastFour }
    await noteVersion(rotation, { ...stored, at: timing.now() })
    return DONE
  }
  if (reply.outcome === 'notDone') await waitOrThrow(rotation, reply)
  else await waitForChange(rotation, { clientId, known, slots })
  return 'startAgain'
}

/** Binds an unbound client to this secret, once its own value has proven that it is the client's. */
const claim = async (rotation: Rotation, { current }: Creation, { view }: Seen): Promise<StepResult> => {
  if (view.boundTo !== undefined) return DONE
  if (!(await isAccepted(rotation, current))) return refused({ reason: 'unproven' })
  await rotation.issuer.bind(current.secret.clientId, current.arn)
  return DONE
}

const copy = async (rotation: Rotation, creation: Creation, from: StoredSecret): Promise<StepResult> => {
  const { current } = creation
  // The operator's own fields are AWSCURRENT's, whichever value is copied.
  const written = rotation.form.format(withClientSecret(current.secret, from))
  const isTooLarge = bytesOf(written) > MAX_SECRET_BYTES
  const verbatim = current.secret.clientSecret.equals(from.clientSecret) ? current.secret.source?.reveal() : undefined
  // A date that does not fit is left out: what is stored already can be stored again.
  const text = isTooLarge ? verbatim : written
  if (text === undefined) return refused({ reason: 'tooLarge', bytes: bytesOf(written) })
  const stored = await store(rotation, creation, text)
  if (stored !== 'stored') return refused({ reason: 'currentMoved' })
  const { lastFour } = from.clientSecret
  const { requestToken: versionId } = creation.request
  await noteVersion(rotation, { secretArn: current.arn, versionId, lastFour, at: rotation.timing.now() })
  return DONE
}

const carryOut = async (
  rotation: Rotation,
  creation: Creation,
  planned: { readonly move: CreateMove; readonly seen: Seen; readonly stored: Stored },
): Promise<StepResult | Unfinished> => {
  const { move, stored } = planned
  const { view, known } = planned.seen
  if (move.retire !== 'none') {
    const isStill = async () => !(await hasBegun(rotation, creation.request))
    const ended = await endSlot(rotation, creation.request, {
      ...creation,
      retire: move.retire,
      seen: planned.seen,
      isStill,
    })
    if (!ended.ok) return ended
    if (ended.value === 'finished') return DONE
    if (ended.value === 'lookAgain') return 'lookAgain'
    // Until every look shows that end: the next start must not be met by one that still shows the slots before it.
    await waitFor(rotation, rotation.bounds.readLagMs, 'Stytch shows the slot that was ended')
  } else if (move.pending === 'start' && isJustSettled(creation.guarded, rotation)) {
    await waitFor(rotation, rotation.bounds.readLagMs, 'Stytch shows the slot that the settle before ended')
  }
  if (move.pending === 'start') {
    return startAndStore(rotation, creation, { known, slots: slotsAfter(move.retire, view.slots) })
  }
  // Only a rollback reads AWSPREVIOUS before it decides, and it copies nothing else.
  return copy(rotation, creation, (stored.previous ?? stored.current).secret)
}

const previousOf = (rotation: Rotation, { request, guarded, current }: Creation): Promise<Version | undefined> =>
  readPrevious(rotation, request, { previousId: guarded.previousId, clientId: current.secret.clientId })

/** Another execution of this very step may have stored its value while this one waited. */
const storedMeanwhile = async (rotation: Rotation, creation: Creation): Promise<StepResult | undefined> => {
  if (creation.intent === 'settle') return undefined
  const pending = await readPending(rotation, creation.request)
  if (!pending.ok) return pending
  return pending.value === undefined ? undefined : acceptStored(creation, pending.value)
}

/**
 * A look that shows AWSCURRENT's value in no slot may be behind: an exchange that succeeds outweighs it. Nothing is ended on such a look, and
 * nothing is refused.
 */
const isContradicted = async (rotation: Rotation, { current }: Creation, { sighting }: Seen): Promise<boolean> =>
  ['drift', 'cancelledUnderUs'].includes(sighting.position) &&
  current.isUnknown !== true &&
  (await isAccepted(rotation, current))

const make = async (rotation: Rotation, creation: Creation, pending: Version | undefined): Promise<StepResult> => {
  const { intent, current, guarded } = creation
  if (pending !== undefined && intent !== 'settle') return acceptStored(creation, pending)
  let isNextNew = false
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const known = round === 1 ? undefined : await storedMeanwhile(rotation, creation)
    if (known !== undefined) return known
    const readPrevious = () => previousOf(rotation, creation)
    // Only a rollback acts on AWSPREVIOUS; the others read it to name what they refuse.
    const stored: Stored = { current, previous: intent === 'rollback' ? await readPrevious() : undefined }
    const looked = await lookAndName(rotation, { intent, stored, mayBeUnbound: true, isNextNew }, readPrevious)
    if (!looked.ok) return looked
    const seen = looked.value
    const claimed = await claim(rotation, creation, seen)
    if (!claimed.ok) return claimed
    if (await isContradicted(rotation, creation, seen)) {
      await waitFor(rotation, rotation.bounds.readLagMs, 'Stytch shows what it accepts')
      continue
    }
    const { view, sighting } = seen
    const hasNext = view.slots.next !== null
    const { currentOrigin } = guarded
    const isCurrentLost = current.secret.clientSecret.equals(LOST_VALUE)
    const move = createMove({ intent, sighting, hasNext, currentOrigin, isCurrentLost })
    if (!move.ok) return move
    const result = await carryOut(rotation, creation, { move: move.value, seen, stored })
    if (typeof result !== 'string') return result
    if (result === 'startAgain') isNextNew = true
  }
  throw new Fault({
    code: 'STYTCH_OUTCOME_UNKNOWN',
    retryable: true,
    message: `Client ${current.secret.clientId} did not come to rest at Stytch in ${MAX_ROUNDS} tries; the step is retried.`,
  })
}

/**
 * The same request, made twice by somebody who did not see yet that it was taken: another rotation would end an overlap that has just begun.
 */
const isAskedTwice = ({ state }: Guarded, requestToken: string): boolean =>
  makesNewValue(readRequestToken(requestToken).origin) &&
  Object.keys(state.labels).some((versionId) => versionId !== requestToken && isSameRequest(versionId, requestToken))

/** What keeps a rotation from beginning, and none that has begun from its end. */
const stopOf = (guarded: Guarded, requestToken: string): Refusal | undefined => {
  // What has begun is brought to its end, whoever switched rotation off meanwhile.
  if (!guarded.state.rotationEnabled) return { reason: 'rotationNotEnabled' }
  return isAskedTwice(guarded, requestToken) ? { reason: 'askedTwice' } : undefined
}

/** A revoke does not depend on what somebody stored: it takes AWSCURRENT for what can be known of it. */
const currentFor = async (
  rotation: Rotation,
  request: RunningStep,
  { guarded, intent }: Pick<Creation, 'guarded' | 'intent'>,
): Promise<Result<Version, Refusal>> => {
  const read = await readCurrent(rotation, request, guarded)
  if (intent !== 'revoke') return read
  const owner = clientIdOf(guarded.state)
  const isOwners = read.ok ? owner === undefined || owner === read.value.secret.clientId : !isUnreadable(read.refusal)
  return isOwners ? read : recoverCurrent(rotation, request, { guarded, read: read.ok ? read.value : undefined })
}

/** AWSCURRENT may hold the value of a client that does not exist, or is another secret's, and no tag says so. */
const isOfStranger = ({ reason }: Refusal): boolean => reason === 'clientNotFound' || reason === 'boundElsewhere'

export const createSecret = async (rotation: Rotation, request: RunningStep): Promise<StepResult> => {
  const { requestToken } = request
  // A settle stores the same text again, which Secrets Manager takes as a no-op: it need not know.
  const mayNotKnow = readRequestToken(requestToken).origin === 'settle'
  const [guarded, pending] = await Promise.all([
    guard(rotation, request),
    mayNotKnow ? ok(undefined) : readPending(rotation, request),
  ])
  if (!guarded.ok) return guarded
  if (guarded.value.isFinished) return DONE
  if (!pending.ok) return pending
  const stop = stopOf(guarded.value, requestToken)
  if (stop !== undefined && !(await hasBegun(rotation, request))) return refused(stop)
  const intent = intentOf(request.requestToken, rotation.timing.now())
  if (!intent.ok) return intent
  const current = await currentFor(rotation, request, { guarded: guarded.value, intent: intent.value })
  if (!current.ok) return current
  const creation: Creation = {
    request,
    intent: intent.value,
    guarded: guarded.value,
    current: current.value,
  }
  const made = await make(rotation, creation, pending.value)
  if (made.ok || creation.intent !== 'revoke' || !isOfStranger(made.refusal)) return made
  const recovered = await recoverCurrent(rotation, request, creation)
  const isAnother = recovered.ok && recovered.value.secret.clientId !== creation.current.secret.clientId
  return isAnother ? make(rotation, { ...creation, current: recovered.value }, pending.value) : made
}
