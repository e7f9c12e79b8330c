// Stops what Secrets Manager's own schedule, or its console, would begin on a secret that is held. Whoever asks by a request token of ours
// has looked at the hold before (sweep, campaign, CLI) or does not care for it (an incident); a bare token has asked nobody.

import { refused } from '../base/result.ts'
import { readRequestToken } from '../secret/request-token.ts'
import { holdOf } from '../secret/secret-tags.ts'
import { guard, hasBegun, type Rotation, type RunningStep, type StepResult } from './rotation.ts'

type CreateSecret = (rotation: Rotation, request: RunningStep) => Promise<StepResult>

/** createSecret, unless nobody of ours asked and the secret is held. */
export const unlessHeld =
  (createSecret: CreateSecret): CreateSecret =>
  async (rotation, request) => {
    if (readRequestToken(request.requestToken).askedAt !== undefined) return createSecret(rotation, request)
    const guarded = await guard(rotation, request)
    // It says so itself; a forged or late event takes no AWSPENDING away.
    if (!guarded.ok || guarded.value.isFinished) return createSecret(rotation, request)
    const hold = holdOf(guarded.value.state)
    if (hold === undefined || (await hasBegun(rotation, request))) return createSecret(rotation, request)
    return refused({ reason: 'held', by: hold.by })
  }
