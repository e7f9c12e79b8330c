// One secret under the sweep: looked at anew, decided on, acted for, and reported. Everything it does may be done twice, by two sweeps at
// once: of two settles one is refused as busy, and a step decides for itself.

import { defined } from '../base/defined.ts'
import type { Events } from '../base/events.ts'
import type { Journal } from '../base/journal.ts'
import type { Timing } from '../base/timing.ts'
import { driveAgain } from '../drive/drive-again.ts'
import type { RotationSteps } from '../drive/rotation-steps.ts'
import { type ReadableRecords, recordedSwitchOf } from '../rotation/records.ts'
import { CURRENT, type Labelled, versionLabelled } from '../secret/labels.ts'
import { isPlannedSwitch } from '../secret/overlap.ts'
import { intentOfOrigin } from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import type { Secrets } from '../secret/secrets.ts'
import { type AdoptionWatch, awaitAdoption } from './await-adoption.ts'
import { type Decision, decide, type Fact, factsOf, nominate, type SeenVersions, type Sweep } from './due.ts'
import { replicaDetails } from './replica-facts.ts'
import { LISTED_KINDS, type Reports } from './reports.ts'
import { kindsByLabels } from './settled-copies.ts'
import { findingOf, noticeEvent, type SweepNotice } from './sweep-notice.ts'
import type { Tally } from './tally.ts'

/** The pace at which rotations are asked for, shared by all secrets of a sweep. A look waits for no turn. */
export interface RequestTurns {
  /** @returns false: there is no time left for this request, which is the next sweep's. */
  take(): Promise<boolean>
}

export interface SweepSecret {
  readonly secrets: Pick<Secrets, 'describe' | 'listVersions' | 'rotate'>
  readonly steps: RotationSteps
  /** Where the rotation function noted when it switched. */
  readonly records: ReadableRecords
  readonly events: Events<'m2m.sweep'>
  readonly timing: Timing
  readonly journal: Journal
  readonly sweep: Sweep
  readonly tally: Tally
  readonly requests: RequestTurns
  readonly reports: Reports
  /** Clients of which Stytch was found to accept nothing, and when it was asked, epoch milliseconds. */
  readonly refusedClients: Map<string, number>
  /** Absent: an overlap ends by its time alone. */
  readonly adoption?: AdoptionWatch | undefined
}

/** After so many drives in a row that failed, Stytch or the function does not work now: the others would fail as well. */
const DRIVES_THAT_MAY_FAIL = 5

/** Counts failed drives in a row, for one sweep. */
export const createCircuitBreaker = () => {
  let failures = 0
  return {
    isOpen: (): boolean => failures >= DRIVES_THAT_MAY_FAIL,
    note: (hasFailed: boolean): void => {
      failures = hasFailed ? failures + 1 : 0
    },
  }
}
export type CircuitBreaker = ReturnType<typeof createCircuitBreaker>

/** Runs the task until it fails too often in a row: then the service is down, and the rest, which is skipped, is the next sweep's. */
export const unlessDown = <Item>(task: (item: Item) => Promise<void>, skip: (item: Item) => void) => {
  const breaker = createCircuitBreaker()
  return async (item: Item): Promise<void> => {
    if (breaker.isOpen()) return skip(item)
    try {
      await task(item)
      breaker.note(false)
    } catch (error) {
      breaker.note(true)
      throw error
    }
  }
}

const askForSettle = async (
  { secrets, tally, requests }: SweepSecret,
  secretArn: string,
  requestToken: string,
): Promise<void> => {
  if (!(await requests.take())) {
    tally.left += 1
    return
  }
  const reply = await secrets.rotate(secretArn, requestToken)
  if (reply === 'asked') tally.settlesAsked += 1
  if (reply === 'busy') tally.busy += 1
}

interface Reported extends Omit<SweepNotice, 'at'> {
  /** now: whenever it was reported before. over: likewise, and then never again. @default - when it is due */
  readonly when?: 'now' | 'over'
}

const recordedAtOf = async (work: SweepSecret, secret: Secret): Promise<number | undefined> => {
  const current = versionLabelled(secret, CURRENT)
  if (current === undefined || !isPlannedSwitch(current)) return undefined
  return recordedSwitchOf(work, { secretArn: secret.arn, versionId: current.versionId })
}

/** What is decided by, looked at anew. */
const seeVersions = async (work: SweepSecret, secret: Secret, ended?: Labelled): Promise<SeenVersions> => {
  const [versions, recordedAt] = await Promise.all([work.secrets.listVersions(secret.arn), recordedAtOf(work, secret)])
  return { secret, versions, ...defined({ ended, recordedAt }) }
}

const isStuck = ({ kind }: Fact): boolean => kind === 'stuck'

/** @returns how it ended. */
const unstick = async (
  work: SweepSecret,
  secret: Secret,
  { stuck, breaker }: { readonly stuck: Labelled; readonly breaker: CircuitBreaker },
): Promise<'finished' | 'ended' | 'left'> => {
  const { tally, journal } = work
  const mayAsk = !breaker.isOpen() && (await work.requests.take())
  const driven = mayAsk ? await driveAgain(work, { secretArn: secret.arn, stuck }) : undefined
  if (driven !== undefined) breaker.note(driven.end === 'failed')
  const end = driven?.end ?? 'left'
  const { code, message } = driven?.fault ?? {}
  journal.note({ secret: secret.name, stuck: stuck.versionId, outcome: end, code, message })
  if (driven === undefined || end === 'left' || end === 'failed') {
    tally.stuckLeft += 1
    return 'left'
  }
  if (end === 'finished') tally.stuckFinished += 1
  else tally.stuckEnded += 1
  const seen = await seeVersions(work, driven.secret, end === 'ended' ? stuck : undefined)
  const { act } = decide(seen, work.sweep)
  // A planned switch was made this moment, however old its version is: its overlap has just begun.
  const isJustSwitched = end === 'finished' && intentOfOrigin(stuck.origin) === 'rotate'
  if (act.do === 'settle' && !isJustSwitched) await askForSettle(work, secret.arn, act.requestToken)
  return end
}

/** A planned settle, once consumers are seen to have moved, or have had their time. @returns what there is to report of that. */
const settleWhenAdopted = async (
  work: SweepSecret,
  { secret, recordedAt }: SeenVersions,
  requestToken: string,
): Promise<readonly Reported[]> => {
  const { adoption: watch, journal, sweep, tally } = work
  const awaiting = watch && { watch, journal, stage: sweep.rules.stage, asOf: sweep.asOf }
  const adoption = awaiting === undefined ? undefined : await awaitAdoption(awaiting, secret, recordedAt)
  if (adoption?.is === 'waiting') tally.adoptionsAwaited += 1
  else await askForSettle(work, secret.arn, requestToken)
  return adoption !== undefined && 'fact' in adoption ? [{ secret, fact: adoption.fact, more: adoption.more }] : []
}

/** Acts, and says which facts came to light. */
const act = async (work: SweepSecret, secret: Secret, breaker: CircuitBreaker): Promise<readonly Reported[]> => {
  const seen = await seeVersions(work, secret)
  const { act: what, facts }: Decision = decide(seen, work.sweep)
  const asIs: Reported[] = facts.map((fact) => ({ secret, fact, ...replicaDetails(fact, secret) }))
  if (what.do === 'settle') asIs.push(...(await settleWhenAdopted(work, seen, what.requestToken)))
  if (what.do === 'leave') work.tally.stuckLeft += 1
  if (what.do !== 'driveAgain') {
    const more = what.do === 'leave' ? { more: { became: 'waiting' } } : {}
    return asIs.map((notice) => ({
      ...notice,
      ...more,
      // Who was behind when an overlap ended is evidence, whenever that was.
      ...(notice.fact.kind === 'adoptionUnproven' ? { when: 'now' } : {}),
    }))
  }
  const became = await unstick(work, secret, { stuck: what.stuck, breaker })
  return asIs.map((notice) => ({
    ...notice,
    more: { requestToken: what.stuck.versionId, became },
    ...(isStuck(notice.fact) && became !== 'left' ? { when: 'over' } : {}),
  }))
}

/** What is due of it is published, and everything else that is so is known to be so still. */
const report = async ({ events, reports, sweep, tally }: SweepSecret, secret: Secret, all: readonly Reported[]) => {
  const lasting = all.filter(({ when }) => when !== 'over').map(({ fact }) => fact.kind)
  reports.looked(secret.arn, [...LISTED_KINDS, ...kindsByLabels(secret, sweep)], lasting)
  const notices = all.filter((notice) => notice.when !== undefined || reports.isDue(findingOf(notice)))
  if (notices.length === 0) return
  await events.publish(notices.map((notice) => noticeEvent({ ...notice, at: sweep.asOf })))
  tally.reported += notices.length
  for (const notice of notices) if (notice.when !== 'over') reports.made(findingOf(notice))
}

export const sweepSecret = async (work: SweepSecret, secretId: string, breaker: CircuitBreaker): Promise<void> => {
  const { secrets, sweep, tally } = work
  const secret = await secrets.describe(secretId)
  if (secret === undefined) return
  const isDue = nominate(secret, sweep) !== undefined
  const found = isDue ? await act(work, secret, breaker) : []
  if (found.some(({ fact }) => fact.kind === 'settleRefusing' || fact.kind === 'replicaBehind'))
    tally.settleRefusing += 1
  await report(work, secret, [...found, ...factsOf(secret, sweep).map((fact) => ({ secret, fact }))])
}
