// finishSecret: looks once more, then moves AWSCURRENT to this rotation's version. A settle proves first that the value which lost is
// refused, signs that, publishes whose tokens died, and reports it; nothing of that which fails holds the label up. Nothing is changed at the issuer from
// here on: moving the label gives up the mutex. A settle whose label somebody else has moved is ended by setSecret, with two looks.

import { Fault } from '../base/fault.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { secondsAfter } from '../revocations/document.ts'
import { publishRevocations } from '../revocations/publish.ts'
import { CURRENT, labelled } from '../secret/labels.ts'
import { type Intent, intentOfOrigin, isOwnToken, makesNewValue, readRequestToken } from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import { look, type Seen } from './look.ts'
import { finishMove } from './moves.ts'
import {
  completedEvents,
  type Evidence,
  evidenceEvents,
  type OutcomeFacts,
  type Rebuilt,
  type RotationEvent,
  withReplicas,
} from './outcome.ts'
import { proveAgain, signEvidence } from './prove-again.ts'
import { proveSettled } from './prove-refused.ts'
import { noteSwitch } from './records.ts'
import { explainRefusal, type Refusal } from './refusal.ts'
import {
  awaitPending,
  DONE,
  describeOrThrow,
  type Guarded,
  guard,
  intentOf,
  isAccepted,
  isStandIn,
  type Rotation,
  type RunningStep,
  readCurrent,
  readPrevious,
  readUntilSeen,
  type StepResult,
  sameClient,
  sameValue,
  type Version,
  waitFor,
} from './rotation.ts'
import { copyKey } from './sign-proof.ts'

interface Finish {
  readonly request: RunningStep
  readonly intent: Intent
  readonly guarded: Guarded
  readonly pending: Version
}

/** Looks at Stytch, which may be behind what this rotation has done or seen there. */
const MAX_LOOKS = 4

const notYet = (code: 'STEP_OUT_OF_ORDER' | 'STYTCH_OUTCOME_UNKNOWN', message: string): Fault =>
  new Fault({ code, retryable: true, message })

interface Pair {
  readonly current: Version
  readonly previous: Version | undefined
  /** Absent: the new version holds all that AWSCURRENT did. */
  readonly rebuilt?: Rebuilt | undefined
}

/** What a revoke could not keep of AWSCURRENT. */
const rebuiltFrom = (read: Result<Version, Refusal>, { pending }: Finish): Rebuilt | undefined => {
  if (!read.ok)
    return { explanation: `${explainRefusal(read.refusal)}; fields beside it were kept as far as they can be read` }
  if (read.value.secret.clientId !== pending.secret.clientId) {
    return {
      explanation: 'AWSCURRENT held the value of another client; its fields were kept as far as they can be read',
    }
  }
  const kept = pending.secret.fields
  const fieldsLeftOut = Object.keys(read.value.secret.fields).filter((name) => !(name in kept)).length
  if (fieldsLeftOut === 0) return undefined
  return {
    explanation: 'with a new value in it the secret was too large; the largest fields were left out',
    fieldsLeftOut,
  }
}

const readPair = async (rotation: Rotation, finish: Finish): Promise<Result<Pair, Refusal>> => {
  const { intent, pending, request, guarded } = finish
  const { clientId } = pending.secret
  const { previousId } = guarded
  const [read, previous] = await Promise.all([
    readCurrent(rotation, request, guarded),
    intent === 'settle' ? readPrevious(rotation, request, { previousId, clientId }) : undefined,
  ])
  // The new value is to be switched to whatever stands there: the label that it would keep otherwise refuses every other rotation.
  const rebuilt = intent === 'revoke' ? rebuiltFrom(read, finish) : undefined
  if (isStandIn(read, finish)) return ok({ current: pending, previous: undefined, rebuilt })
  if (!read.ok) return read
  const current = read.value
  const same = sameClient(current, pending)
  if (!same.ok) return same
  const isCopy = sameValue(current, pending)
  if (intent === 'settle' && !isCopy) return refused({ reason: 'currentMoved' })
  if (makesNewValue(intent) && isCopy) return refused({ reason: 'pendingEqualsCurrent' })
  return ok({ current, previous, rebuilt })
}

/**
 * The pending value sits in a slot; for a settle the other slot is empty, too. A look that shows otherwise may be behind: an exchange that
 * succeeds outweighs it, and it is looked at again.
 */
const lookBeforeMove = async (
  rotation: Rotation,
  { intent, pending }: Finish,
  { current, previous }: Pair,
): Promise<Result<Seen, Refusal>> => {
  const { clientId } = pending.secret
  for (let looks = 1; ; looks += 1) {
    const seen = await look(rotation, { intent, stored: { current, pending, previous } })
    if (!seen.ok) return seen
    const { sighting } = seen.value
    const move = finishMove(intent, sighting)
    if (move.ok && move.value === 'move') return seen
    const isContradicted = !move.ok && !sighting.pendingAccepted && (await isAccepted(rotation, pending))
    if (!move.ok && !isContradicted) return move
    if (looks === MAX_LOOKS || rotation.bounds.readLagMs === 0) {
      throw move.ok
        ? notYet(
            'STEP_OUT_OF_ORDER',
            `Client ${clientId} is in position ${sighting.position}, so this settle is not finished; setSecret must come first.`,
          )
        : notYet(
            'STYTCH_OUTCOME_UNKNOWN',
            `Stytch accepts the pending value of client ${clientId} and shows it in no slot (position ${sighting.position}); the step is retried.`,
          )
    }
    await waitFor(rotation, rotation.bounds.readLagMs / (MAX_LOOKS - 1), 'Stytch shows what it accepts')
  }
}

/**
 * Where AWSCURRENT is instead; undefined: still where it was, or nowhere. A move that Secrets Manager refuses is most likely a label that is
 * elsewhere, which the next reply may not show yet.
 */
const movedTo = async (
  rotation: Rotation,
  { secretId }: RunningStep,
  { from, fault }: { readonly from: string; readonly fault: unknown },
): Promise<string | undefined> => {
  const read = async () => {
    const currentId = labelled(await describeOrThrow(rotation.secrets, secretId), CURRENT)
    return currentId === from ? undefined : currentId
  }
  const isRejected = fault instanceof Fault && !fault.retryable
  return isRejected ? readUntilSeen(rotation, rotation.timing.now(), read) : read()
}

/**
 * A lost reply is looked at before it counts as a failure. A move that failed because AWSCURRENT is elsewhere may be tried again with
 * other labels: the value that was about to be switched to stays on record.
 */
const moveCurrent = async (rotation: Rotation, { request, guarded, intent }: Finish): Promise<StepResult> => {
  const { secretId, requestToken } = request
  try {
    await rotation.secrets.moveLabel({ secretId, label: CURRENT, from: guarded.currentId, to: requestToken })
    return DONE
  } catch (fault) {
    const currentId = await movedTo(rotation, request, { from: guarded.currentId, fault })
    if (currentId === requestToken) return DONE
    if (currentId === undefined) throw fault
    if (!makesNewValue(intent)) return refused({ reason: 'currentMoved' })
    throw new Fault({
      code: 'CURRENT_MOVED',
      retryable: true,
      message: `AWSCURRENT of ${secretId} was moved while this ${intent} was about to; the step is retried with what it is now.`,
    })
  }
}

const factsOf = (
  rotation: Rotation,
  request: RunningStep,
  { guarded, intent, pending }: Pick<Finish, 'guarded' | 'intent'> & { readonly pending: Version | undefined },
): OutcomeFacts => ({
  secretArn: guarded.state.arn,
  secretName: guarded.state.name,
  clientId: pending?.secret.clientId,
  intent,
  requestToken: request.requestToken,
  at: rotation.timing.now(),
})

/**
 * Immediately before consumers are switched to it: whoever may invoke the function may have skipped the test, and a look at the slots may be
 * behind a colleague's cancel. A settle's value is the one in use, and its proof asks for itself.
 */
const assertAccepted = async (rotation: Rotation, { intent, pending }: Finish, { view }: Seen): Promise<void> => {
  if (intent === 'settle' || !view.isActive || (await isAccepted(rotation, pending))) return
  throw new Fault({
    code: 'PENDING_REFUSED',
    retryable: true,
    message: `Stytch refuses the pending value of client ${pending.secret.clientId} right before AWSCURRENT would move to it; nothing was moved, and the step is retried.`,
  })
}

const prove = async (rotation: Rotation, finish: Finish, pair: Pair, { view }: Seen): Promise<Evidence | undefined> => {
  // Of an inactive client everything is refused, which proves nothing; the proof is made once it is active.
  if (finish.intent !== 'settle' || !view.isActive) return undefined
  const { currentOrigin, state } = finish.guarded
  const { secretId } = finish.request
  return withReplicas(await proveSettled(rotation, { secretId, currentOrigin, ...pair, view }), state)
}

/**
 * A planned switch may be an incident's as well, which gave it a grace; its token does not say. So the settle of each is signed, where it is
 * one that somebody of ours asked for and a value was refused.
 */
const plannedSwitchOf = ({ currentId, currentOrigin }: Guarded, evidence: Evidence | undefined): string | undefined =>
  currentOrigin === 'rotate' && isOwnToken(currentId) && (evidence?.refused.length ?? 0) > 0 ? currentId : undefined

/** Of the revoke that a settle ends, before AWSCURRENT moves. A bus that is down does not keep a leaked value's end from being recorded. */
const publishEvidence = async (
  rotation: Rotation,
  events: readonly RotationEvent[],
): Promise<'published' | 'later'> => {
  if (events.length === 0) return 'published'
  try {
    await rotation.events.publish(events)
    return 'published'
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return 'later'
  }
}

/**
 * What a settle that is done by its label has left. A person may have moved AWSCURRENT on before the value before it was ended: then nothing is
 * reported. A look may be behind.
 * @returns whether the slots still are as this settle left them, so that they can be quoted again.
 */
const isAsLeft = async (rotation: Rotation, pending: Version, { name }: Secret): Promise<boolean> => {
  const { readLagMs } = rotation.bounds
  // An entry beside this one may have come later, and the proof tells which.
  if (rotation.issuer.keepsList?.(pending.secret.clientId) === true) return true
  for (let looks = 1; ; looks += 1) {
    const seen = await look(rotation, { intent: 'settle', stored: { current: pending } })
    if (!seen.ok || seen.value.sighting.position !== 'overlap') {
      return seen.ok && seen.value.sighting.position === 'settled'
    }
    if (looks === MAX_LOOKS || readLagMs === 0) {
      throw notYet(
        'STEP_OUT_OF_ORDER',
        `AWSCURRENT of ${name} is on this settle's version, and Stytch still holds the value before it; setSecret must come first.`,
      )
    }
    await waitFor(rotation, readLagMs / (MAX_LOOKS - 1), 'Stytch shows the end of the overlap')
  }
}

/** Of a client that is inactive nothing can be proven, and that it is done is reported all the same. */
const provenAgain = async (...[rotation, pending, guarded]: Parameters<typeof proveAgain>) => {
  try {
    return await proveAgain(rotation, pending, guarded)
  } catch (error) {
    if (error instanceof Fault && error.code === 'CLIENT_INACTIVE') return undefined
    throw error
  }
}

/**
 * Done before; reported again in case the first report failed. What a settle has proven of a revoke is proven once more: what was seen then
 * died with that execution. Where somebody has changed the slots since, that is left to the sweep, which has owed proofs made.
 */
const reportAgain = async (rotation: Rotation, request: RunningStep, guarded: Guarded): Promise<StepResult> => {
  // Once Secrets Manager has taken AWSPENDING away, only a forged event comes here.
  if (!guarded.isPending) return DONE
  const current = await readCurrent(rotation, request, guarded)
  const intent = intentOfOrigin(readRequestToken(request.requestToken).origin)
  const pending = current.ok ? current.value : undefined
  const facts = factsOf(rotation, request, { guarded, intent, pending })
  const isProvable = intent === 'settle' && pending !== undefined && (await isAsLeft(rotation, pending, guarded.state))
  const again = isProvable ? await provenAgain(rotation, pending, guarded) : undefined
  const evidence = again === undefined ? [] : evidenceEvents(facts, again.evidence, again.revokeToken)
  await rotation.events.publish([
    ...evidence,
    ...completedEvents(facts, { evidence: again?.evidence, replicas: guarded.state.replicas }),
  ])
  return DONE
}

/** Of a revoke that is settled: every token that the revoked value can have bought was issued by now. */
const publishRevoked = async (rotation: Rotation, { intent, guarded, pending }: Finish): Promise<void> => {
  if (intent !== 'settle' || guarded.currentOrigin !== 'revoke') return
  const revoked = new Map([[pending.secret.clientId, secondsAfter(rotation.timing.now())]])
  await publishRevocations(rotation, { revoked })
}

const conclude = async (
  rotation: Rotation,
  finish: Finish,
  { pair, evidence }: { readonly pair: Pair; readonly evidence: Evidence | undefined },
): Promise<StepResult> => {
  const { request, guarded } = finish
  const { currentId, currentOrigin, state } = guarded
  const revokeToken = currentOrigin === 'revoke' ? currentId : undefined
  const proven = evidence === undefined ? [] : evidenceEvents(factsOf(rotation, request, finish), evidence, revokeToken)
  const switchToken = revokeToken ?? plannedSwitchOf(guarded, evidence)
  const signed =
    evidence === undefined || switchToken === undefined
      ? undefined
      : await signEvidence(rotation, {
          ...finish,
          evidence,
          revokeToken: switchToken,
          settleToken: request.requestToken,
        })
  const published = await publishEvidence(rotation, proven)
  const moved = await moveCurrent(rotation, finish)
  if (!moved.ok) return moved
  const switched = { secretArn: state.arn, versionId: request.requestToken, switchedAt: rotation.timing.now() }
  await noteSwitch(rotation, switched)
  const completion = { evidence, rebuilt: pair.rebuilt, replicas: state.replicas }
  const completed = completedEvents(factsOf(rotation, request, finish), completion)
  await rotation.events.publish(published === 'later' ? [...proven, ...completed] : completed)
  await copyKey(rotation, signed)
  return DONE
}

export const finishSecret = async (rotation: Rotation, request: RunningStep): Promise<StepResult> => {
  const [guarded, pending] = await Promise.all([guard(rotation, request), awaitPending(rotation, request)])
  if (!guarded.ok) return guarded
  if (guarded.value.isFinished) return reportAgain(rotation, request, guarded.value)
  const intent = intentOf(request.requestToken, rotation.timing.now())
  if (!intent.ok) return intent
  if (!pending.ok) return pending
  if (pending.value === undefined) return refused({ reason: 'pendingMissing' })
  const finish: Finish = { request, intent: intent.value, guarded: guarded.value, pending: pending.value }
  if (finish.intent === 'rollback' && guarded.value.currentOrigin === 'revoke') {
    return refused({ reason: 'wouldRestoreRevoked' })
  }
  const pair = await readPair(rotation, finish)
  if (!pair.ok) return pair
  const seen = await lookBeforeMove(rotation, finish, pair.value)
  if (!seen.ok) return seen
  await assertAccepted(rotation, finish, seen.value)
  const evidence = await prove(rotation, finish, pair.value, seen.value)
  // Beside the rest: in an incident many write that list at once, and no consumer waits for it.
  const publishing = publishRevoked(rotation, finish)
  try {
    return await conclude(rotation, finish, { pair: pair.value, evidence })
  } finally {
    await publishing
  }
}
