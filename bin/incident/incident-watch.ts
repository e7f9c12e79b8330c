// Watches an incident to its end: for each client, how far its revoke has come, read from the ids of the secret's versions. Looks only, and
// by Secrets Manager alone: a bus that is down hides no progress.

import { Fault } from '../../lambda/core/base/fault.ts'
import { pollUntil } from '../../lambda/core/base/poll-until.ts'
import { mapInParallel } from '../../lambda/core/base/worker-pool.ts'
import { type JobSubject, type Progress, progressOf } from '../../lambda/core/drive/attempts.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import type { Secrets } from '../../lambda/core/secret/secrets.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { count } from '../terminal/words.ts'

export interface Watched {
  readonly secret: Secret
  /** settled: nothing older is alive, and the evidence was published. */
  readonly state: Progress['state']
}

interface Watching {
  readonly incidentId: string
  readonly isGraceful: boolean
  readonly timeoutMs: number
}

const LOOKS_AT_ONCE = 10
const PAUSE_MS = 1000

const jobSubjectOf = ({ arn }: Secret, { incidentId, isGraceful }: Watching): JobSubject => ({
  secretArn: arn,
  about: incidentId,
  originOf: (attempt) => (isGraceful && attempt === 1 ? 'rotate' : 'revoke'),
})

/** A look that AWS could not answer is retried. */
const lookAt = async (
  secrets: Pick<Secrets, 'listVersions'>,
  secret: Secret,
  watching: Watching,
): Promise<Progress['state']> => {
  try {
    return progressOf(jobSubjectOf(secret, watching), await secrets.listVersions(secret.arn)).state
  } catch (error) {
    if (error instanceof Fault && error.retryable) return 'running'
    throw error
  }
}

const isOver = (state: Progress['state']): boolean => state === 'settled' || state === 'exhausted'

export const watchIncident = async (
  context: CommandContext,
  targets: readonly Secret[],
  watching: Watching,
): Promise<readonly Watched[]> => {
  const { secrets } = await context.connect()
  const { timing, screen } = context
  const states = new Map<string, Progress['state']>()
  const progress = screen.progress(`Revoking ${count(targets.length, 'client')}`)
  const look = async (): Promise<number> => {
    const open = targets.filter(({ arn }) => !isOver(states.get(arn) ?? 'ask'))
    await mapInParallel(open, LOOKS_AT_ONCE, async (secret) => {
      states.set(secret.arn, await lookAt(secrets, secret, watching))
    })
    const done = [...states.values()].filter(isOver).length
    progress.at(done, targets.length)
    return done
  }
  const polling = { timing, everyMs: PAUSE_MS, until: timing.now() + watching.timeoutMs }
  await pollUntil(look, (done) => done === targets.length, polling)
  progress.end()
  return targets.map((secret) => ({ secret, state: states.get(secret.arn) ?? 'ask' }))
}
