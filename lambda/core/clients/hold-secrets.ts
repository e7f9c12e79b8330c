// Holds and releases, for whoever operates the stage: the tags that hold a secret are among those that only the stage's own functions write, so
// that nobody writes the others with the same right.

import { defined } from '../base/defined.ts'
import { Fault } from '../base/fault.ts'
import type { Timing } from '../base/timing.ts'
import { mapInParallel } from '../base/worker-pool.ts'
import { holdOf, TAG } from '../secret/secret-tags.ts'
import type { Secrets } from '../secret/secrets.ts'
import { isOfStage, type StageSecrets } from '../secret/stage-secrets.ts'
import type { HoldAsked, HoldResult } from './clients-api.ts'

export interface HoldingParts {
  readonly secrets: Pick<Secrets, 'describe' | 'tag' | 'untag'>
  readonly timing: Pick<Timing, 'now'>
}

/** Of the 50 TagResource and UntagResource a second that the whole account has, with a reply in some 50 ms, not quite half. */
const AT_ONCE = 1

interface Marking {
  readonly stage: StageSecrets
  readonly isHold: boolean
  readonly by?: string | undefined
}

const mark = async (
  { secrets, timing }: HoldingParts,
  { stage, isHold, by }: Marking,
  secretName: string,
): Promise<HoldResult> => {
  const secret = await secrets.describe(secretName)
  if (secret === undefined || secret.isDeleted || !isOfStage(stage, secret)) {
    return { secretName, outcome: 'failed', why: 'there is no such secret of this stage' }
  }
  if (isHold === (holdOf(secret) !== undefined)) return { secretName, outcome: 'already' }
  const since = new Date(timing.now()).toISOString()
  if (isHold) await secrets.tag(secret.arn, { [TAG.held]: since, ...defined({ [TAG.heldBy]: by }) })
  else await secrets.untag(secret.arn, [TAG.held, TAG.heldBy])
  return { secretName, outcome: 'done' }
}

/** One result for each name, in their order; what fails about one is that one's. */
export const holdSecrets = (
  parts: HoldingParts,
  marking: Marking,
  { secretNames }: Pick<HoldAsked, 'secretNames'>,
): Promise<readonly HoldResult[]> =>
  mapInParallel(secretNames, AT_ONCE, (secretName) =>
    mark(parts, marking, secretName).catch((error: unknown): HoldResult => {
      if (!(error instanceof Fault)) throw error
      return { secretName, outcome: 'failed', why: error.message }
    }),
  )
