// Whether the values before a planned switch may be ended yet: only once every Region that holds a copy of the secret reports that it is in
// sync, in a reply read immediately before. A Region may be behind on this rotation's own writes alone, so it is given a while.

import { ok, type Result, refused } from '../base/result.ts'
import type { ReplicaState } from '../secret/replica-state.ts'
import { replicasKeepingOpen } from '../secret/replicas.ts'
import type { Intent } from '../secret/request-token.ts'
import { isAnyway } from '../secret/settle-subject.ts'
import { CALL_RESERVE_MS } from '../secret/step-timeout.ts'
import type { Refusal } from './refusal.ts'
import { type Guarded, guardAgain, type Rotation, type RunningStep } from './rotation.ts'

/** Milliseconds. A planned settle can be asked for again; a step that waits for longer keeps its function from a revoke. */
export const REPLICA_WAIT_MS = 20_000
const PAUSES_MS = [250, 750, 1000, 2000] as const
const LONG_PAUSE_MS = 4000

/** Regions whose consumers would be refused if the value before ended now. A revoke asks for none: what leaked is ended at once. */
export const replicasInTheWay = (
  { requestToken }: Pick<RunningStep, 'requestToken'>,
  { intent, guarded }: { readonly intent: Intent; readonly guarded: Guarded },
): readonly ReplicaState[] => {
  const { state, switched } = guarded
  const subject = { secretArn: state.arn, currentId: switched.versionId }
  if (intent === 'revoke' || isAnyway(requestToken, subject)) return []
  return replicasKeepingOpen(state, switched)
}

/** A failure is final; anything else may pass. @returns same, or what guardAgain found instead */
export const awaitReplicas = async (
  rotation: Rotation,
  request: RunningStep,
  { intent, guarded }: { readonly intent: Intent; readonly guarded: Guarded },
): Promise<Result<'same' | 'finished' | 'lookAgain', Refusal>> => {
  const { timing } = rotation
  let behind = replicasInTheWay(request, { intent, guarded })
  const until = timing.now() + REPLICA_WAIT_MS
  for (let looks = 0; behind.length > 0; looks += 1) {
    const pauseMs = PAUSES_MS[looks] ?? LONG_PAUSE_MS
    const hasTime = timing.now() + pauseMs <= until && timing.remainingMs() >= pauseMs + CALL_RESERVE_MS
    if (!hasTime || behind.some(({ status }) => status === 'Failed')) {
      return refused({ reason: 'replicaBehind', replicas: behind })
    }
    await timing.wait(pauseMs)
    const again = await guardAgain(rotation, request, guarded)
    if (!again.ok) return again
    if (typeof again.value === 'string') return ok(again.value)
    behind = replicasInTheWay(request, { intent, guarded: again.value })
  }
  return ok('same')
}
