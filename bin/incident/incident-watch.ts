// Watches an incident to its end: for each client, how far its revoke has come, read from the ids of the secret's versions. Looks only, and
// by Secrets Manager alone: a bus that is down hides no progress. Of a revoke that was refused it asks the rotation function why nothing is
// left to do: the client may be deleted at Stytch.

import { Fault } from '../../lambda/core/base/fault.ts'
import { pollUntil } from '../../lambda/core/base/poll-until.ts'
import { mapInParallel } from '../../lambda/core/base/worker-pool.ts'
import { type JobSubject, type Progress, progressOf } from '../../lambda/core/drive/attempts.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import type { Secrets } from '../../lambda/core/secret/secrets.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { count } from '../terminal/words.ts'
import { obstacle } from './obstacles.ts'

export interface Watched {
  readonly secret: Secret
  /** settled: nothing older is alive, and the evidence was published. deadAlready: Stytch refused everything before; nothing was rotated. */
  readonly state: WatchedState
}

export type WatchedState = Progress['state'] | 'deadAlready'

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

/** Whoever may not ask, or gets no answer, goes by the versions alone. */
const isGone = async ({ connect }: CommandContext, { arn, rotationFunctionArn }: Secret): Promise<boolean> => {
  if (rotationFunctionArn === undefined) return false
  const { questionsOf } = await connect()
  return questionsOf(rotationFunctionArn)
    .prove(arn)
    .then(
      ({ outcome }) => outcome === 'gone',
      (error: unknown) => {
        if (error instanceof Fault) return false
        throw error
      },
    )
}

const isRefused = (progress: Progress): boolean =>
  progress.state === 'exhausted' || (progress.state === 'ask' && progress.attempt > 1)

/** A look that AWS could not answer is retried. */
const lookAt = async (context: CommandContext, secret: Secret, watching: Watching): Promise<WatchedState> => {
  const { secrets }: { readonly secrets: Pick<Secrets, 'listVersions'> } = await context.connect()
  try {
    const progress = progressOf(jobSubjectOf(secret, watching), await secrets.listVersions(secret.arn))
    return isRefused(progress) && (await isGone(context, secret)) ? 'deadAlready' : progress.state
  } catch (error) {
    if (error instanceof Fault && error.retryable) return 'running'
    throw error
  }
}

const isOver = (state: WatchedState): boolean => ['settled', 'exhausted', 'deadAlready'].includes(state)

/** How long nothing has to end until it is asked what is in the way. */
const WHY_AFTER_MS = 8000

/** Says it once, and again only when it is something else. */
const createWhy = (context: CommandContext) => {
  const { timing, screen } = context
  let [done, askedAt, said] = [0, timing.now(), '']
  return async (doneNow: number): Promise<void> => {
    if (doneNow > done) [done, askedAt] = [doneNow, timing.now()]
    if (timing.now() - askedAt < WHY_AFTER_MS) return
    askedAt = timing.now()
    const why = (await obstacle(context)) ?? ''
    if (why !== '' && why !== said) screen.note(`Waiting: ${why}. It goes on by itself when that is over.`)
    if (why === '' && said !== '') screen.note('What was in the way is gone.')
    said = why
  }
}

export const watchIncident = async (
  context: CommandContext,
  targets: readonly Secret[],
  watching: Watching,
): Promise<readonly Watched[]> => {
  const { timing, screen } = context
  const states = new Map<string, WatchedState>()
  const progress = screen.progress(`Revoking ${count(targets.length, 'client')}`)
  const look = async (): Promise<number> => {
    const open = targets.filter(({ arn }) => !isOver(states.get(arn) ?? 'ask'))
    await mapInParallel(open, LOOKS_AT_ONCE, async (secret) => {
      states.set(secret.arn, await lookAt(context, secret, watching))
    })
    const done = [...states.values()].filter(isOver).length
    progress.at(done, targets.length)
    return done
  }
  const polling = { timing, everyMs: PAUSE_MS, until: timing.now() + watching.timeoutMs }
  const sayWhy = createWhy(context)
  const lookAndSay = async (): Promise<number> => {
    const done = await look()
    if (done < targets.length) await sayWhy(done)
    return done
  }
  await pollUntil(lookAndSay, (done) => done === targets.length, polling)
  progress.end()
  return targets.map((secret) => ({ secret, state: states.get(secret.arn) ?? 'ask' }))
}
