// finishSecret: looks once more, then moves AWSCURRENT to this rotation's version. A settle proves first that the value which
// lost is dead (docs/decisions/002). Nothing is changed at the issuer from here on: moving the label gives up the mutex.

import { Fault } from '../base/fault.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { CURRENT, labelled } from '../secret/labels.ts'
import { type Intent, intentOfOrigin, makesNewValue, readRequestToken } from '../secret/request-token.ts'
import { look } from './look.ts'
import { finishMove } from './moves.ts'
import { completedEvents, type Evidence, evidenceEvents, type OutcomeFacts } from './outcome.ts'
import { proveSettled } from './prove-refused.ts'
import type { Refusal } from './refusal.ts'
import {
  DONE,
  describeOrThrow,
  type Guarded,
  guard,
  intentOf,
  type Rotation,
  readCurrent,
  readPending,
  readPrevious,
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

/** Another execution of this step finished it in the meantime. */
type Looked = Evidence | 'switch' | 'finishedMeanwhile'

/** The pending value sits in a slot; for a settle, too: still AWSCURRENT's, the other slot empty, and what it held refused. */
const lookBeforeMove = async (rotation: Rotation, finish: Finish): Promise<Result<Looked, Refusal>> => {
  const { intent, pending, request, guarded } = finish
  const read = await readCurrent(rotation, request)
  if (!read.ok) return read
  const current = read.value
  if (current.versionId === request.requestToken) return ok('finishedMeanwhile')
  if (current.versionId !== guarded.currentId) return refused({ reason: 'currentMoved' })
  const same = sameClient(current, pending)
  if (!same.ok) return same
  const isCopy = sameValue(current, pending)
  if (intent === 'settle' && !isCopy) return refused({ reason: 'currentMoved' })
  if (makesNewValue(intent) && isCopy) return refused({ reason: 'pendingEqualsCurrent' })
  const { clientId } = pending.secret
  const { previousId } = guarded
  const previous = intent === 'settle' ? await readPrevious(rotation, request, { previousId, clientId }) : undefined
  const seen = await look(rotation, { intent, stored: { current, pending, previous } })
  if (!seen.ok) return seen
  const { sighting, view } = seen.value
  const move = finishMove(intent, sighting)
  if (!move.ok) return move
  if (move.value === 'notYet') {
    throw new Fault({
      code: 'STEP_OUT_OF_ORDER',
      retryable: true,
      message: `Client ${clientId} is in position ${sighting.position}, so this settle is not finished; setSecret must come first.`,
    })
  }
  if (intent !== 'settle') return ok('switch')
  const { currentOrigin } = guarded
  return ok(await proveSettled(rotation, { secretId: request.secretId, currentOrigin, current, previous, view }))
}

/** A lost reply is looked at before it counts as a failure. */
const moveCurrent = async ({ secrets }: Rotation, { request, guarded }: Finish): Promise<StepResult> => {
  const { secretId, requestToken } = request
  try {
    await secrets.moveLabel({ secretId, label: CURRENT, from: guarded.currentId, to: requestToken })
    return DONE
  } catch (fault) {
    const state = await describeOrThrow(secrets, secretId)
    const currentId = labelled(state, CURRENT)
    if (currentId === requestToken) return DONE
    if (currentId !== guarded.currentId) return refused({ reason: 'currentMoved' })
    throw fault
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
  // Once Secrets Manager has taken AWSPENDING away, only a forged event comes here.
  if (!guarded.isPending) return DONE
  const current = await readCurrent(rotation, request)
  const intent = intentOfOrigin(readRequestToken(request.requestToken).origin)
  const pending = current.ok ? current.value : undefined
  await rotation.events.publish(completedEvents(factsOf(rotation, request, { guarded, intent, pending })))
  return DONE
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
  const looked = await lookBeforeMove(rotation, finish)
  if (!looked.ok) return looked
  if (looked.value === 'finishedMeanwhile') return DONE
  const evidence = looked.value === 'switch' ? undefined : looked.value
  if (evidence !== undefined) {
    const { currentId, currentOrigin } = guarded.value
    const revokeToken = currentOrigin === 'revoke' ? currentId : undefined
    const events = evidenceEvents(factsOf(rotation, request, finish), evidence, revokeToken)
    if (events.length > 0) await rotation.events.publish(events)
  }
  const moved = await moveCurrent(rotation, finish)
  if (!moved.ok) return moved
  await rotation.events.publish(completedEvents(factsOf(rotation, request, finish), evidence))
  return DONE
}
