// One secret, one subject, carried as far as it is wanted: asks Secrets Manager for the rotation, looks until AWSCURRENT carries its
// token, then asks for the settle and looks again. Campaign and incident function use it. It keeps nothing: where it stands is read
// from the ids of the secret's versions, so that it can be interrupted anywhere and called again – `later` says when.

import { defined } from '../base/defined.ts'
import { Fault } from '../base/fault.ts'
import type { RateLimiter } from '../base/rate-limiter.ts'
import type { Timing } from '../base/timing.ts'
import type { Bounds } from '../rotation/bounds.ts'
import { isManaged, isOurs } from '../secret/is-managed.ts'
import { askedAtOf, INCIDENT_WAITS_MS, pendingSince, STUCK_AFTER_MS } from '../secret/is-stuck.ts'
import { type Labelled, labelled, PENDING, unfinishedVersion } from '../secret/labels.ts'
import { replicasKeepingOpen } from '../secret/replicas.ts'
import { isSameSubject, readRequestToken } from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import type { Secrets, VersionEntry } from '../secret/secrets.ts'
import {
  type JobSubject,
  MAX_ATTEMPTS,
  nextAttempt,
  type Progress,
  progressInLabels,
  progressOf,
  tokenOf,
} from './attempts.ts'
import { DRIVEN_STEP_MS, driveAgain } from './drive-again.ts'
import type { ProofQuestions } from './proof-questions.ts'
import type { RotationSteps } from './rotation-steps.ts'
import { settlesSince, settleToken } from './settle-request.ts'

export interface JobParts {
  readonly secrets: Pick<Secrets, 'describe' | 'listVersions' | 'rotate'>
  readonly steps: RotationSteps
  /** Asked for a revoke that is found done. @default - its label is taken for it */
  readonly proofs?: ProofQuestions | undefined
  readonly timing: Timing
  readonly limiter: RateLimiter
  readonly rotationFunctionArn: string
  readonly bounds: Pick<Bounds, 'staleLabelsMs' | 'accepted'>
}

export interface RotationJob<Reason extends string = never> {
  /** Name or ARN. */
  readonly secretId: string
  readonly intent: 'rotate' | 'revoke'
  /** Incident or campaign id: who asks for the same joins what runs. */
  readonly about: string
  /** A revoke whose first attempt is a rotate: the old value stays accepted until the settle. */
  readonly isGraceful?: boolean
  /**
   * When it was asked for, epoch milliseconds: the same for a retry, later for whoever asks again under the same id. What was tried before
   * then counts against no limit.
   */
  readonly since: number
  /**
   * When Stytch accepted what leaked, epoch milliseconds: a revoke that was asked for before then did not end it, whatever its token is about.
   * @default - nobody looked
   */
  readonly aliveAt?: number | undefined
  /** `settled`: proven, too, since a settle publishes its evidence before it moves the label (docs/decisions/002), unless a person moved it. */
  readonly until: 'switched' | 'settled'
  /** How long this call may look; then it answers `later`. */
  readonly patienceMs: number
  /** Asked before each attempt, of the secret as it is then. */
  readonly mayBegin?: (secret: Secret) => Reason | undefined | Promise<Reason | undefined>
  /** Asked before the settle. */
  readonly maySettle?: (secret: Secret) => Reason | undefined | Promise<Reason | undefined>
}

/** refused: each attempt since it was asked for was, or was cleared. stuck: left for the sweep. rejected: AWS will not let us. */
export type JobFailure = 'gone' | 'notManaged' | 'refused' | 'settleRefused' | 'stuck' | 'rejected'

/** noTurn: too many ask at once. */
type Because = 'running' | 'busy' | 'unavailable' | 'noTurn'

export type JobOutcome<Reason extends string = never> =
  /** `secret` as it was seen last. */
  | {
      readonly outcome: 'done'
      readonly requestToken: string
      readonly attempts: number
      readonly secret: Secret
    }
  /** A revoke, before which Stytch refused everything already: the client is deleted there. Nothing was rotated. */
  | { readonly outcome: 'deadAlready'; readonly refusals: number; readonly secret: Secret }
  /** Nothing is lost: the same job, called again after the wait, goes on. */
  | { readonly outcome: 'later'; readonly waitMs: number; readonly because: Because }
  | { readonly outcome: 'skipped'; readonly why: Reason }
  /** `attempts`: under this id, those of earlier series included. */
  | { readonly outcome: 'failed'; readonly why: JobFailure; readonly attempts: number; readonly message?: string }

/** How long a rotation in the way is waited for. Past it, it is driven on. */
const WAITS_MS = { revoke: INCIDENT_WAITS_MS, rotate: STUCK_AFTER_MS } as const
/** From a first look soon after the four steps can be through, to one every two seconds. */
const LOOKS_MS = [900, 350, 350, 250, 500, 1000, 1500] as const
const SLOW_LOOK_MS = 2000
/** A look older than this says nothing about now. */
const STALE_MS = 400
/** How long Secrets Manager is given to take AWSPENDING away once AWSCURRENT is on a settle's version: it does so when the last step has ended. */
const CLEAN_UP_MS = 3000
/** A rotation is through in seconds, beside what its value is tried for; one that takes this long waits for a vendor that has had enough. */
const SLOW_ROTATION_MS = 20_000

type Again = { readonly againInMs: number; readonly because: Because }
type Look<Reason extends string> = JobOutcome<Reason> | Again

interface Call<Reason extends string = string> {
  readonly jobParts: JobParts
  readonly job: RotationJob<Reason>
  readonly startedAt: number
  looks: number
  /** A turn that was waited for and not used yet. */
  hasTurn: boolean
  /** When the last request was sent; undefined once its slowness has been taken for an answer. */
  askedAt: number | undefined
  /** When AWSCURRENT was first seen on the version of the settle that this call asked for. */
  settledAt: number | undefined
  /** The last request that was taken. */
  taken: { readonly requestToken: string; readonly at: number } | undefined
}

const failed = (why: JobFailure, attempts: number, message?: string) =>
  ({ outcome: 'failed', why, attempts, ...defined({ message }) }) as const

const jobSubjectOf = (
  { intent, isGraceful, about, since }: Pick<RotationJob, 'intent' | 'isGraceful' | 'about' | 'since'>,
  secretArn: string,
): JobSubject => ({ secretArn, about, intent, isGraceful, since })

const again = ({ looks }: Pick<Call, 'looks'>, because: Because = 'running'): Again => ({
  againInMs: LOOKS_MS[looks] ?? SLOW_LOOK_MS,
  because,
})

const ageOf = async ({ jobParts }: Pick<Call, 'jobParts'>, secret: Secret, pending: Labelled): Promise<number> => {
  const { secrets, timing } = jobParts
  const since = askedAtOf(pending) ?? pendingSince(pending, await secrets.listVersions(secret.arn)) ?? timing.now()
  return timing.now() - since
}

interface InTheWay {
  readonly pending: Labelled
  readonly attempts: number
  readonly because: Because
  /** It is this very job's. */
  readonly isOwn?: boolean
}

/** A rotation does not end, ours or somebody's: wait, and past its time have it driven on. */
const waitOrDrive = async <Reason extends string>(
  call: Call<Reason>,
  secret: Secret,
  { pending, attempts, because, isOwn = false }: InTheWay,
): Promise<Look<Reason>> => {
  const { job, jobParts } = call
  const leftMs = WAITS_MS[job.intent] - (await ageOf(call, secret, pending))
  if (leftMs > 0) return { againInMs: Math.min(leftMs, again(call).againInMs), because }
  const driven = await driveAgain(jobParts, { secretArn: secret.arn, stuck: pending, isWanted: isOwn })
  if (driven?.end === 'finished' || driven?.end === 'ended') return { againInMs: 0, because }
  // The sweep goes on with it. An incident does, too: a leaked value is accepted meanwhile.
  if (job.intent === 'rotate') return failed('stuck', attempts)
  return { againInMs: SLOW_LOOK_MS, because: driven?.end === 'failed' ? 'unavailable' : because }
}

/** Takes a turn; when that took long, what was seen before it no longer counts. @returns what to do first; undefined: ask now. */
const takeTurn = async (call: Pick<Call, 'jobParts' | 'job' | 'hasTurn' | 'startedAt'>): Promise<Again | undefined> => {
  if (call.hasTurn) {
    call.hasTurn = false
    return undefined
  }
  const { limiter, timing } = call.jobParts
  const { isTaken, ms } = await limiter.take(call.startedAt + call.job.patienceMs - timing.now())
  if (!isTaken) return { againInMs: ms, because: 'noTurn' }
  if (ms <= STALE_MS) return undefined
  call.hasTurn = true
  return { againInMs: 0, because: 'noTurn' }
}

interface Asked {
  readonly requestToken: string
  readonly attempts: number
  /** As listed; absent: not looked at. */
  readonly versions?: readonly VersionEntry[]
}

/** A request for the same was taken a moment ago, which the labels that were read do not show yet; and it was not refused since. */
const isUnderWay = (
  { taken, jobParts }: Pick<Call, 'taken' | 'jobParts'>,
  secret: Secret,
  { requestToken, versions = [] }: Asked,
): boolean => {
  if (taken === undefined || !isSameSubject(taken.requestToken, requestToken)) return false
  const isRefused = versions.some(({ versionId, labels }) => versionId === taken.requestToken && labels.length === 0)
  const isYoung = jobParts.timing.now() - taken.at < jobParts.bounds.staleLabelsMs
  return isYoung && !isRefused && secret.labels[taken.requestToken] === undefined
}

const rotate = async <Reason extends string>(
  call: Call<Reason>,
  secret: Secret,
  asked: Asked,
): Promise<Look<Reason>> => {
  const { requestToken, attempts } = asked
  if (isUnderWay(call, secret, asked)) return again(call)
  const first = await takeTurn(call)
  if (first !== undefined) return first
  const reply = await call.jobParts.secrets.rotate(secret.arn, requestToken)
  if (reply === 'gone') return failed('gone', attempts)
  // What is busy was asked for before, most likely by us, and what showed no sign of it was an old reply: it may be through already.
  if (reply === 'busy') return again(call, 'busy')
  call.looks = 0
  call.askedAt = call.jobParts.timing.now()
  call.taken = { requestToken, at: call.askedAt }
  return again(call)
}

/** Its answer may take as long as a driven step, and must not outlive whoever has to report the end. */
const hasTimeToAsk = ({ jobParts }: Pick<Call, 'jobParts'>): boolean => jobParts.timing.remainingMs() >= DRIVEN_STEP_MS

/** A revoke was refused: whether there is nothing left to revoke, the rotation function can tell. What it cannot tell is tried on. */
const findDead = async <Reason extends string>(
  { jobParts }: Call<Reason>,
  secret: Secret,
): Promise<JobOutcome<Reason> | undefined> => {
  const answer = await jobParts.proofs?.prove(secret.arn).catch((error: unknown) => {
    if (error instanceof Fault) return undefined
    throw error
  })
  return answer?.outcome === 'gone' ? { outcome: 'deadAlready', refusals: answer.refusals, secret } : undefined
}

const ask = async <Reason extends string>(
  call: Call<Reason>,
  secret: Secret,
  versions: readonly VersionEntry[],
): Promise<Look<Reason>> => {
  const { job, jobParts } = call
  const subject = jobSubjectOf(job, secret.arn)
  const next = nextAttempt(subject, versions)
  const attempts = next.attempt - 1
  const reason = await job.mayBegin?.(secret)
  if (reason !== undefined) return { outcome: 'skipped', why: reason }
  const mayBeDead = attempts > 0 && job.intent === 'revoke' && jobParts.proofs !== undefined
  if (mayBeDead && !hasTimeToAsk(call)) return { againInMs: SLOW_LOOK_MS, because: 'running' }
  const dead = mayBeDead ? await findDead(call, secret) : undefined
  if (dead !== undefined) return dead
  if (next.made >= MAX_ATTEMPTS[job.intent]) return failed('refused', attempts)
  const pending = unfinishedVersion(secret)
  if (pending !== undefined) return waitOrDrive(call, secret, { pending, attempts, because: 'busy' })
  const requestToken = tokenOf(subject, next, jobParts.timing.now())
  return rotate(call, secret, { requestToken, attempts, versions })
}

/** AWSCURRENT carries our token: end the overlap, by the request that anybody would make for it. */
const settle = async <Reason extends string>(
  call: Call<Reason>,
  secret: Secret,
  { requestToken, attempt }: { readonly requestToken: string; readonly attempt: number },
): Promise<Look<Reason>> => {
  const { job, jobParts } = call
  // Perhaps the sweep has asked already: join it.
  const pending = unfinishedVersion(secret)
  if (pending !== undefined) return waitOrDrive(call, secret, { pending, attempts: attempt, because: 'running' })
  const reason = await job.maySettle?.(secret)
  if (reason !== undefined) return { outcome: 'skipped', why: reason }
  const versions = await jobParts.secrets.listVersions(secret.arn)
  // After a grace, what leaked is not kept for a Region that is behind: a revoke does not wait for it.
  const isKeptOpen = job.intent === 'revoke' && replicasKeepingOpen(secret).length > 0
  if (isKeptOpen) return ask(call, secret, versions)
  const subject = { secretArn: secret.arn, currentId: requestToken }
  if (settlesSince(subject, versions, job.since) >= MAX_ATTEMPTS[job.intent]) return failed('settleRefused', attempt)
  const token = settleToken(subject, versions, jobParts.timing.now())
  return rotate(call, secret, { requestToken: token, attempts: attempt, versions })
}

/**
 * A revoke that an earlier call has brought to its end: a label is a reason to ask again whether what leaked is refused, not the proof of it.
 * Where that is accepted, or where nothing was tried since AWSCURRENT has moved on, it is revoked again.
 */
const proveDone = async <Reason extends string>(
  call: Call<Reason>,
  secret: Secret,
  done: JobOutcome<Reason>,
): Promise<Look<Reason>> => {
  const { proofs, secrets } = call.jobParts
  if (proofs === undefined) return done
  if (!hasTimeToAsk(call)) return { againInMs: SLOW_LOOK_MS, because: 'unavailable' }
  const answer = await proofs.prove(secret.arn)
  // An inactive client's slots have shown it; nothing of such a client can be exchanged.
  const isInactive = answer.outcome === 'unknown' && answer.code === 'CLIENT_INACTIVE'
  if (isInactive || (answer.outcome === 'refused' && answer.refusals > 0)) return done
  if (answer.outcome === 'gone') return { outcome: 'deadAlready', refusals: answer.refusals, secret }
  if (answer.outcome === 'unknown') return { againInMs: SLOW_LOOK_MS, because: 'unavailable' }
  return ask(call, secret, await secrets.listVersions(secret.arn))
}

/**
 * A settle that this very call asked for proves the end before it moves AWSCURRENT, and Secrets Manager takes AWSPENDING away after that. While it
 * is there, a person may have moved AWSCURRENT instead: then it is asked about.
 */
const settled = async <Reason extends string>(
  call: Call<Reason>,
  secret: Secret,
  { settleToken: token, done }: { readonly settleToken: string; readonly done: JobOutcome<Reason> },
): Promise<Look<Reason>> => {
  if (call.taken?.requestToken !== token) return proveDone(call, secret, done)
  if (labelled(secret, PENDING) !== token) return done
  const now = call.jobParts.timing.now()
  call.settledAt ??= now
  return now - call.settledAt < CLEAN_UP_MS ? again(call) : proveDone(call, secret, done)
}

/** What Stytch has accepted since is in force by that very revoke, or put there after it: another one has to end it. */
const isOvertakenByLeak = ({ aliveAt = 0 }: Pick<RotationJob, 'aliveAt'>, requestToken: string): boolean =>
  (readRequestToken(requestToken).askedAt ?? 0) < aliveAt

const follow = async <Reason extends string>(
  call: Call<Reason>,
  secret: Secret,
  { progress, versions }: { readonly progress: Progress; readonly versions: readonly VersionEntry[] },
): Promise<Look<Reason>> => {
  const { job } = call
  const done = (requestToken: string): JobOutcome<Reason> => ({
    outcome: 'done',
    requestToken,
    attempts: progress.attempt,
    secret,
  })
  switch (progress.state) {
    case 'ask':
    case 'exhausted':
      return ask(call, secret, versions)
    case 'running': {
      const pending = { versionId: progress.requestToken, origin: readRequestToken(progress.requestToken).origin }
      return waitOrDrive(call, secret, { pending, attempts: progress.attempt, because: 'running', isOwn: true })
    }
    case 'switched':
      // It is through; what is waited for from here on is another's turn.
      if (unfinishedVersion(secret) === undefined) call.askedAt = undefined
      return job.until === 'switched' ? done(progress.requestToken) : settle(call, secret, progress)
    case 'settled':
      if (isOvertakenByLeak(job, progress.requestToken)) {
        return ask(call, secret, await call.jobParts.secrets.listVersions(secret.arn))
      }
      if (job.intent === 'rotate') return done(progress.requestToken)
      return settled(call, secret, { settleToken: progress.settleToken, done: done(progress.requestToken) })
    case 'overtaken':
      // A rotate has done its part; a revoke has not proven its own.
      return job.intent === 'rotate' ? done(progress.requestToken) : ask(call, secret, versions)
  }
}

const lookOnce = async <Reason extends string>(call: Call<Reason>): Promise<Look<Reason>> => {
  const { secrets, rotationFunctionArn } = call.jobParts
  const secret = await secrets.describe(call.job.secretId)
  if (secret === undefined || secret.isDeleted) return failed('gone', 0)
  // An incident turns rotation on again by asking: somebody may have cancelled one half-way.
  const isAllowed = call.job.intent === 'revoke' ? isOurs : isManaged
  if (!isAllowed(secret, { rotationFunctionArn })) return failed('notManaged', 0)
  const subject = jobSubjectOf(call.job, secret.arn)
  const shown = progressInLabels(subject, secret.labels)
  if (shown !== undefined) return follow(call, secret, { progress: shown, versions: [] })
  const versions = await secrets.listVersions(secret.arn)
  return follow(call, secret, { progress: progressOf(subject, versions), versions })
}

/** What AWS could not do now is retried; what it will not do is the end. */
const weather = <Reason extends string>(call: Call<Reason>, error: unknown): Look<Reason> => {
  if (!(error instanceof Fault)) throw error
  if (!error.retryable) return failed('rejected', 0, `${error.code}: ${error.message}`)
  if (error.code === 'SECRETS_MANAGER_THROTTLED') call.jobParts.limiter.slowDown()
  return { againInMs: SLOW_LOOK_MS, because: 'unavailable' }
}

const noticeSlowness = (call: Pick<Call, 'jobParts' | 'askedAt'>): void => {
  const { timing, limiter, bounds } = call.jobParts
  if (call.askedAt === undefined || timing.now() - call.askedAt < SLOW_ROTATION_MS + bounds.accepted.planned.overMs)
    return
  limiter.slowDown()
  call.askedAt = undefined
}

export const carryOut = async <Reason extends string = never>(
  jobParts: JobParts,
  job: RotationJob<Reason>,
): Promise<JobOutcome<Reason>> => {
  const { timing } = jobParts
  const startedAt = timing.now()
  const call: Call<Reason> = {
    jobParts,
    job,
    startedAt,
    looks: 0,
    hasTurn: false,
    askedAt: undefined,
    settledAt: undefined,
    taken: undefined,
  }
  for (;;) {
    const seen = await lookOnce(call).catch((error: unknown) => weather<Reason>(call, error))
    if ('outcome' in seen) return seen
    call.looks += 1
    noticeSlowness(call)
    const { againInMs, because } = seen
    if (timing.now() - startedAt + againInMs >= job.patienceMs) {
      return { outcome: 'later', waitMs: againInMs, because }
    }
    if (againInMs > 0) await timing.wait(againInMs)
  }
}
