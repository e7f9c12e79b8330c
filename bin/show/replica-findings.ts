// Copies in other Regions that do not get what they should, for `doctor`. A list does not show them, so each secret is looked at by itself.
import { Fault } from '../../lambda/core/base/fault.ts'
import { forEachLimited } from '../../lambda/core/base/for-each-limited.ts'
import type { Timing } from '../../lambda/core/base/timing.ts'
import type { FleetFinding } from '../../lambda/core/clients/fleet-findings.ts'
import type { ReplicaState } from '../../lambda/core/secret/replica-state.ts'
import { replicasInTrouble } from '../../lambda/core/secret/replicas.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import type { Secrets } from '../../lambda/core/secret/secrets.ts'
import { count } from '../terminal/words.ts'

const AT_ONCE = 20
/** Of the 40,000 DescribeSecret a second that the account has. */
const PER_SECOND = 200

interface ReplicaSurvey {
  readonly stage: string
  readonly secrets: readonly Secret[]
  readonly describe: Secrets['describe']
  readonly timing: Timing
  readonly onProgress: (done: number) => void
}

const toFinding = (subject: string, { region, status, message }: ReplicaState): FleetFinding => {
  const why = message === undefined ? '' : `: ${message}`
  const base = { kind: 'replica', subject, todo: 'docs/runbook.md, "A replica is behind"' } as const
  return status === 'Failed'
    ? {
        ...base,
        weight: 'broken',
        what: `its replica in ${region} is Failed${why}; consumers there keep the old value`,
      }
    : { ...base, weight: 'attention', what: `its replica in ${region} has not been in sync since its last change` }
}

/** @param subjectOf how a secret is called to people. */
export const replicaFindings = async (
  { stage, secrets, describe, timing, onProgress }: ReplicaSurvey,
  subjectOf: (secret: Secret) => string,
): Promise<readonly FleetFinding[]> => {
  const found: FleetFinding[] = []
  const unseen: string[] = []
  let done = 0
  await forEachLimited(
    secrets.filter(({ isDeleted }) => !isDeleted),
    {
      timing,
      concurrency: AT_ONCE,
      perSecond: PER_SECOND,
      isThrottle: (error) => error instanceof Fault && error.retryable,
      onFailure: (_secret, error) => {
        if (!(error instanceof Fault)) throw error
        unseen.push(error.message)
      },
    },
    async ({ arn }) => {
      const secret = await describe(arn)
      const troubled = secret === undefined ? [] : replicasInTrouble(secret, timing.now())
      if (secret !== undefined) found.push(...troubled.map((replica) => toFinding(subjectOf(secret), replica)))
      done += 1
      onProgress(done)
    },
  )
  const [why] = unseen
  if (why === undefined) return found
  const what = `the replicas of ${count(unseen.length, 'secret')} were not looked at: ${why}`
  return [
    ...found,
    { kind: 'replica', weight: 'attention', subject: stage, what, todo: 'm2m doctor again, once that is over' },
  ]
}
