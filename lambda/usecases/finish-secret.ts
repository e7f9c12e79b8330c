// finishSecret: looks once more, then moves AWSCURRENT to this rotation's version. A settle proves first that the value which
// lost is dead (docs/decisions/002). Nothing is changed at the issuer from here on: moving the label gives up the mutex.
import { Fault, type Refusal } from '../domain/failures.ts'
import { finishMove } from '../domain/moves.ts'
import { completedEvents, type Evidence, evidenceEvents, type OutcomeFacts } from '../domain/outcome.ts'
import type { Slots } from '../domain/position.ts'
import { type Intent, intentOfOrigin, readRequestToken } from '../domain/request-token.ts'
import { ok, type Result, refused } from '../domain/result.ts'
import { look, viewOf } from './look.ts'
import { proveSettled } from './prove-refused.ts'
import {
  CURRENT,
  type Guarded,
  guard,
  intentOf,
  type Rotation,
  readCurrent,
  readPast,
  readPending,
  type StepRequest,
  type StepResult,
  sameClient,
  sameValue,
  type Version,
} from './rotation.ts'

interface Finish {
  readonly request: StepRequest
  readonly intent: Intent
  readonly guarded: Guarded
  readonly pending: Version
}

const readPrevious = (rotation: Rotation, { request, guarded, pending }: Finish): Promise<Version | undefined> =>
  guarded.previousId === undefined
    ? Promise.resolve(undefined)
    : readPast(rotation, request.secretId, { versionId: guarded.previousId, clientId: pending.secret.clientId })

/** AWSCURRENT's value, if the label still sits where the guard saw it. */
const readGuardedCurrent = async (rotation: Rotation, finish: Finish): Promise<Result<Version, Refusal>> => {
  const current = await readCurrent(rotation, finish.request)
  if (!current.ok) return current
  if (current.value.versionId !== finish.guarded.currentId) return refused({ reason: 'currentMoved' })
  const same = sameClient(current.value, finish.pending)
  return same.ok ? current : same
}

const holds = ({ current, next }: Slots, { secret }: Version): boolean =>
  [current, next].includes(secret.clientSecret.lastFour)

/** rotate, revoke, rollback: the pending value sits in a slot. AWSCURRENT's value is read only to name a refusal. */
const lookBeforeSwitch = async (rotation: Rotation, finish: Finish): Promise<Result<undefined, Refusal>> => {
  const { intent, pending } = finish
  const view = await viewOf(rotation, { current: pending })
  if (!view.ok) return view
  if (holds(view.value.slots, pending)) return ok(undefined)
  const current = await readGuardedCurrent(rotation, finish)
  if (!current.ok) return current
  const previous = await readPrevious(rotation, finish)
  const seen = await look(rotation, { intent, stored: { current: current.value, pending, previous } })
  if (!seen.ok) return seen
  const move = finishMove(intent, seen.value.sighting)
  return move.ok ? ok(undefined) : move
}

/** settle: still the same value, the other slot empty, and what it held refused. */
const lookBeforeSettled = async (rotation: Rotation, finish: Finish): Promise<Result<Evidence, Refusal>> => {
  const { intent, pending, request, guarded } = finish
  const current = await readGuardedCurrent(rotation, finish)
  if (!current.ok) return current
  if (!sameValue(current.value, pending)) return refused({ reason: 'currentMoved' })
  const previous = await readPrevious(rotation, finish)
  const seen = await look(rotation, { intent, stored: { current: current.value, pending, previous } })
  if (!seen.ok) return seen
  const move = finishMove(intent, seen.value.sighting)
  if (!move.ok) return move
  if (move.value === 'notYet') {
    throw new Fault({
      code: 'STEP_OUT_OF_ORDER',
      retryable: true,
      message: `Client ${pending.secret.clientId} is in position ${seen.value.sighting.position}, so this settle is not finished; setSecret must come first.`,
    })
  }
  const { secretId, requestToken } = request
  const { currentOrigin } = guarded
  return ok(
    await proveSettled(rotation, {
      secretId,
      requestToken,
      currentOrigin,
      current: current.value,
      previous,
      view: seen.value.view,
    }),
  )
}

/** A lost reply is looked at before it counts as a failure. */
const moveCurrent = async ({ vault }: Rotation, { request, guarded }: Finish): Promise<void> => {
  const { secretId, requestToken } = request
  try {
    await vault.moveLabel({ secretId, label: CURRENT, from: guarded.currentId, to: requestToken })
  } catch (fault) {
    const state = await vault.describe(secretId)
    if (!state.labels[requestToken]?.includes(CURRENT)) throw fault
  }
}

const factsOf = (
  rotation: Rotation,
  request: StepRequest,
  { guarded, intent, pending }: Pick<Finish, 'guarded' | 'intent'> & { readonly pending: Version | undefined },
): OutcomeFacts => ({
  secretArn: guarded.state.arn,
  secretName: guarded.state.name,
  clientId: pending?.secret.clientId,
  intent,
  requestToken: request.requestToken,
  at: rotation.timing.now(),
})

/** Done before; said again in case the first telling failed. */
const tellAgain = async (rotation: Rotation, request: StepRequest, guarded: Guarded): Promise<StepResult> => {
  const current = await readCurrent(rotation, request)
  const intent = intentOfOrigin(readRequestToken(request.requestToken).origin)
  const pending = current.ok ? current.value : undefined
  await rotation.outcomes.emit(completedEvents(factsOf(rotation, request, { guarded, intent, pending })))
  return ok('done')
}

export const finishSecret = async (rotation: Rotation, request: StepRequest): Promise<StepResult> => {
  const guarded = await guard(rotation, request)
  if (!guarded.ok) return guarded
  if (guarded.value.isFinished) return tellAgain(rotation, request, guarded.value)
  const intent = intentOf(request.requestToken, rotation.timing.now())
  if (!intent.ok) return intent
  const pending = await readPending(rotation, request)
  if (!pending.ok) return pending
  if (pending.value === undefined) return refused({ reason: 'pendingMissing' })
  const finish: Finish = { request, intent: intent.value, guarded: guarded.value, pending: pending.value }
  if (finish.intent === 'rollback' && guarded.value.currentOrigin === 'revoke') {
    return refused({ reason: 'wouldRestoreRevoked' })
  }
  const looked: Result<Evidence | undefined, Refusal> =
    finish.intent === 'settle' ? await lookBeforeSettled(rotation, finish) : await lookBeforeSwitch(rotation, finish)
  if (!looked.ok) return looked
  const evidence = looked.value
  if (evidence !== undefined) {
    const { currentId, currentOrigin } = guarded.value
    const revokeToken = currentOrigin === 'revoke' ? currentId : undefined
    const events = evidenceEvents(factsOf(rotation, request, finish), evidence, revokeToken)
    if (events.length > 0) await rotation.outcomes.emit(events)
  }
  await moveCurrent(rotation, finish)
  await rotation.outcomes.emit(completedEvents(factsOf(rotation, request, finish), evidence))
  return ok('done')
}
