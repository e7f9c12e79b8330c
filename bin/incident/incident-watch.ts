// Watches an incident to its end: for each client, how far its revoke has come, read from the ids of the secret's versions. Looks only, and
// by Secrets Manager alone: a bus that is down hides no progress. The rotation function is asked about two ends that versions do not show:
// a revoke that was refused, since the client may be deleted at Stytch; and one that an earlier report of this incident has settled, since
// what leaked may be accepted again.

import { Fault } from '../../lambda/core/base/fault.ts'
import { pollUntil } from '../../lambda/core/base/poll-until.ts'
import type { Timing } from '../../lambda/core/base/timing.ts'
import { mapInParallel } from '../../lambda/core/base/worker-pool.ts'
import {
  type JobSubject,
  MAX_ATTEMPTS,
  nextAttempt,
  type Progress,
  progressOf,
} from '../../lambda/core/drive/attempts.ts'
import type { ProofQuestions } from '../../lambda/core/drive/proof-questions.ts'
import type { ProofAnswer } from '../../lambda/core/rotation/proof-answer.ts'
import { readRequestToken } from '../../lambda/core/secret/request-token.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import type { Secrets, VersionEntry } from '../../lambda/core/secret/secrets.ts'
import type { Screen } from '../terminal/screen.ts'
import { count, span } from '../terminal/words.ts'
import { type Obstructed, obstacle } from './obstacles.ts'

export interface Watched {
  readonly secret: Secret
  /** settled: nothing older is alive, and the evidence was published. deadAlready: Stytch refused everything before; nothing was rotated. */
  readonly state: WatchedState
}

/** unproven: an earlier report settled it, and nothing shows that what leaked is still refused. */
export type WatchedState = Progress['state'] | 'deadAlready' | 'unproven'

/** As much of a CommandContext as watching takes. */
interface Watcher {
  readonly timing: Timing
  readonly screen: Pick<Screen, 'progress' | 'note'>
  connect(): Promise<
    Obstructed & {
      readonly secrets: Pick<Secrets, 'listVersions'>
      questionsOf(rotationFunctionArn: string): ProofQuestions
    }
  >
}

interface Watching {
  readonly incidentId: string
  readonly isGraceful: boolean
  /** When it was reported, epoch milliseconds. @default - elsewhere: its attempts may be those of several reports */
  readonly since?: number
  readonly timeoutMs: number
  /** Called after each look with those that have ended since the one before; waited for. */
  readonly onEnded?: (ended: readonly Watched[]) => Promise<void>
}

const LOOKS_AT_ONCE = 10
const PAUSE_MS = 1000
/** Between two questions about one secret: each that is answered stores a proof. */
const ASK_EVERY_MS = 15_000
const QUIET_MS = 30_000

const jobSubjectOf = ({ arn }: Secret, { incidentId, isGraceful, since = 0 }: Watching): JobSubject => ({
  secretArn: arn,
  about: incidentId,
  intent: 'revoke',
  isGraceful,
  since,
})

/** @returns undefined for whoever may not ask, or gets no answer. */
const ask = async ({ connect }: Watcher, { arn, rotationFunctionArn }: Secret): Promise<ProofAnswer | undefined> => {
  if (rotationFunctionArn === undefined) return undefined
  const { questionsOf } = await connect()
  return questionsOf(rotationFunctionArn)
    .prove(arn)
    .catch((error: unknown) => {
      if (error instanceof Fault) return undefined
      throw error
    })
}

const isGone = async (context: Watcher, secret: Secret): Promise<boolean> =>
  (await ask(context, secret))?.outcome === 'gone'

/** Of a client that is inactive, its slots show it (lambda/core/drive/carry-out.ts). */
const isStillRefused = (answer: ProofAnswer | undefined): boolean =>
  (answer?.outcome === 'refused' && answer.refusals > 0) ||
  (answer?.outcome === 'unknown' && answer.code === 'CLIENT_INACTIVE')

/** What the rotation function said of what was settled before, by the settle's token. */
type Answers = Map<string, { readonly at: number; readonly state: WatchedState }>

const stateOfSettled = async (
  context: Watcher,
  secret: Secret,
  { settleToken, answers }: { readonly settleToken: string; readonly answers: Answers },
): Promise<WatchedState> => {
  const { now } = context.timing
  const known = answers.get(settleToken)
  if (known !== undefined && now() - known.at < ASK_EVERY_MS) return known.state
  const answer = await ask(context, secret)
  const state = isStillRefused(answer) ? 'settled' : answer?.outcome === 'gone' ? 'deadAlready' : 'unproven'
  answers.set(settleToken, { at: now(), state })
  return state
}

/** Within a series, the next attempt follows soon: so the latest one of several reports may be going on. */
const isRecent = ({ timing }: Watcher, versions: readonly VersionEntry[]): boolean =>
  versions.some(({ versionId }) => timing.now() - (readRequestToken(versionId).askedAt ?? 0) < QUIET_MS)

const isRefused = (progress: Progress): boolean =>
  progress.state === 'exhausted' || (progress.state === 'ask' && progress.attempt > 1)

/** A look that AWS could not answer is retried. */
const lookAt = async (
  context: Watcher,
  secret: Secret,
  { answers, ...watching }: Watching & { readonly answers: Answers },
): Promise<WatchedState> => {
  const { secrets } = await context.connect()
  try {
    const subject = jobSubjectOf(secret, watching)
    const versions = await secrets.listVersions(secret.arn)
    const progress = progressOf(subject, versions)
    if (watching.since === undefined && progress.state === 'exhausted' && isRecent(context, versions)) return 'running'
    if (progress.state === 'settled') {
      const { settleToken } = progress
      // Its proof is of this report; of one that was made elsewhere, it is asked for when all have ended.
      if ((readRequestToken(settleToken).askedAt ?? 0) >= subject.since) return 'settled'
      const state = await stateOfSettled(context, secret, { settleToken, answers })
      const isUsedUp = nextAttempt(subject, versions).made >= MAX_ATTEMPTS.revoke
      return state === 'unproven' && isUsedUp ? 'exhausted' : state
    }
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
const createWhy = (context: Watcher, incidentId: string) => {
  const { timing, screen } = context
  const startedAt = timing.now()
  let [done, askedAt, said] = [0, startedAt, '']
  return async (doneNow: number): Promise<void> => {
    if (doneNow > done) [done, askedAt] = [doneNow, timing.now()]
    if (timing.now() - askedAt < WHY_AFTER_MS) return
    askedAt = timing.now()
    const found = await obstacle(context, incidentId)
    const why = found?.what ?? ''
    const waited = span(timing.now() - startedAt)
    if (found !== undefined && why !== said) screen.note(`Waiting: ${why}, ${waited}. ${found.next}`)
    if (why === '' && said !== '') screen.note('What was in the way is gone.')
    said = why
  }
}

export const watchIncident = async (
  context: Watcher,
  targets: readonly Secret[],
  watching: Watching,
): Promise<readonly Watched[]> => {
  const { timing, screen } = context
  const states = new Map<string, WatchedState>()
  const answers: Answers = new Map()
  const progress = screen.progress(`Revoking ${count(targets.length, 'client')}`)
  const watchedOf = (secret: Secret): Watched => ({ secret, state: states.get(secret.arn) ?? 'ask' })
  const look = async (): Promise<number> => {
    const open = targets.filter(({ arn }) => !isOver(states.get(arn) ?? 'ask'))
    await mapInParallel(open, LOOKS_AT_ONCE, async (secret) => {
      states.set(secret.arn, await lookAt(context, secret, { ...watching, answers }))
    })
    const done = [...states.values()].filter(isOver).length
    progress.at(done, targets.length)
    const ended = open.filter(({ arn }) => isOver(states.get(arn) ?? 'ask')).map(watchedOf)
    if (ended.length > 0) await watching.onEnded?.(ended)
    return done
  }
  const polling = { timing, everyMs: PAUSE_MS, until: timing.now() + watching.timeoutMs }
  const sayWhy = createWhy(context, watching.incidentId)
  const lookAndSay = async (): Promise<number> => {
    const done = await look()
    if (done < targets.length) await sayWhy(done)
    return done
  }
  await pollUntil(lookAndSay, (done) => done === targets.length, polling).finally(progress.end)
  return targets.map(watchedOf)
}
