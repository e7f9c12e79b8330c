// Whether the copies of settled secrets are in sync. ListSecrets does not show it, so that each takes a DescribeSecret; and nothing else looks at
// a settled secret until its next rotation. Each has its place in a round of six hours, by its ARN: it is looked at once in a round, and
// what is wrong is reported then, and once a day while it lasts (docs/decisions/067). Nothing is changed.

import { Fault } from '../base/fault.ts'
import { forEachLimited } from '../base/for-each-limited.ts'
import { changedAt } from '../secret/overlap.ts'
import { regionStatuses } from '../secret/replica-state.ts'
import { replicasInTrouble } from '../secret/replicas.ts'
import type { Secret } from '../secret/secret.ts'
import type { Sweep } from './due.ts'
import { isSettledOurs } from './settled-copies.ts'
import { findingOf, noticeEvent } from './sweep-notice.ts'
import type { SweepSecret } from './sweep-secret.ts'
import { isThrottle } from './sweeping.ts'
import { inTurn, isInRound, sweepsInRound, sweepTurn } from './turns.ts'

/** A fiftieth of the 10,000 DescribeSecret that a Region gives. */
const LOOKED_AT_A_SECOND = 200
const AT_ONCE = 10
/** Of one sweep: 6,000 looks, which are 144,000 secrets in a round. Where time is short, the next round begins with others. */
const LONGEST_MS = 30_000

const EXPLANATION =
  'a copy of this settled secret in another Region failed, or is late, so that its consumers there may read a value that Stytch refuses. Repair the replication, or end it in that Region (docs/runbook.md, "A replica is behind")'

/** Whether this sweep looks at the copies of a secret, by what ListSecrets shows of it. */
export const isReplicaTurn = (secret: Secret, sweep: Sweep): boolean =>
  isInRound(secret.arn, sweep) && isSettledOurs(secret, sweep)

const look = async ({ secrets, sweep, events, reports, tally }: SweepSecret, secretArn: string): Promise<void> => {
  const secret = await secrets.describe(secretArn)
  if (secret === undefined || secret.isDeleted || !isSettledOurs(secret, sweep)) return
  const behind = replicasInTrouble(secret, sweep.asOf)
  reports.looked(secret.arn, ['replicaBehind'], behind.length === 0 ? [] : ['replicaBehind'])
  if (behind.length === 0) return
  const more = { explanation: EXPLANATION, replicas: regionStatuses(behind) }
  const fact = { kind: 'replicaBehind', since: changedAt(secret) } as const
  const finding = findingOf({ secret, fact, more })
  if (!reports.isDue(finding)) return
  await events.publish([noticeEvent({ secret, fact, at: sweep.asOf, more })])
  tally.reported += 1
  reports.made(finding)
}

/** @param until no look is begun from then on, epoch milliseconds */
export const lookAtReplicas = async (
  work: SweepSecret,
  secretArns: readonly string[],
  until: number,
): Promise<void> => {
  const { timing, tally, journal, sweep } = work
  const limits = {
    timing,
    isThrottle,
    concurrency: AT_ONCE,
    perSecond: LOOKED_AT_A_SECOND,
    until: Math.min(until, timing.now() + LONGEST_MS),
    onFailure: (secret: string, error: unknown): void => {
      tally.failed += 1
      const why = error instanceof Fault ? { code: error.code, message: error.message } : { code: 'DEFECT' }
      journal.note({ secret, outcome: 'failed', ...why })
    },
  }
  const round = Math.floor(sweepTurn(sweep) / sweepsInRound(sweep))
  const { throttles } = await forEachLimited(inTurn(secretArns, round), limits, (arn) => look(work, arn))
  tally.throttles += throttles
}
