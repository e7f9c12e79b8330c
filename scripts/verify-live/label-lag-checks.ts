// How old Secrets Manager's replies are, and what that asks of a deployment; whether rule 1 holds, on which every step rests (`guard` in
// lambda/core/rotation/rotation.ts): a reply that shows a version's AWSPENDING shows everything that was acknowledged before it; and whether a
// version can be stored under a private label.
import { randomUUID } from 'node:crypto'
import { DEPLOYED } from '../../lambda/core/rotation/bounds.ts'
import { holderOf } from './aws-calls.ts'
import type { AwsChecks } from './aws-checks.ts'
import { CheckBrokeOff, type CheckGroup } from './finding.ts'
import { describeLag, expectedLag, type SeenLag, settingFor, watchLag, worst } from './watch-lag.ts'

type Found = Parameters<CheckGroup['run']>[0]

const ROUNDS = 3
const PRIVATE_LABEL = 'm2m:stored'

const must = (outcome: string, call: string): void => {
  if (outcome !== 'done') throw new CheckBrokeOff(`${call} met ${outcome}`)
}

interface Round {
  readonly describe: SeenLag
  readonly value: SeenLag
  /** DescribeSecret's replies with the new AWSPENDING, and those of them with the AWSCURRENT from before it. */
  readonly withPending: number
  readonly refuting: number
}

/** Moves AWSCURRENT, then puts AWSPENDING on a new version, as RotateSecret does, and reads both. */
const moveAndWatch = async (
  { run, calls }: AwsChecks,
  secretId: string,
  from: string,
): Promise<Round & { readonly current: string }> => {
  const [current, pending] = [randomUUID(), randomUUID()]
  must(await calls.put(secretId, { versionId: current, label: 'AWSPENDING' }), 'PutSecretValue')
  must(await calls.moveLabel(secretId, { label: 'AWSCURRENT', from, to: current }), 'UpdateSecretVersionStage')
  must(await calls.put(secretId, { versionId: pending, label: 'AWSPENDING' }), 'PutSecretValue')
  let [withPending, refuting] = [0, 0]
  const [describe, value] = await watchLag(run, run.pace.lagPollMs, [
    async () => {
      const seen = await calls.labels(secretId)
      const isCurrent = holderOf(seen, 'AWSCURRENT') === current
      const isPending = holderOf(seen, 'AWSPENDING') === pending
      withPending += isPending ? 1 : 0
      refuting += isPending && !isCurrent ? 1 : 0
      return !isCurrent || !isPending
    },
    async () => (await calls.versionUnder(secretId, 'AWSCURRENT')) !== current,
  ])
  if (describe === undefined || value === undefined) throw new CheckBrokeOff('nothing was watched')
  return { describe, value, withPending, refuting, current }
}

const labelLags = async (checks: AwsChecks, found: Found): Promise<void> => {
  const { calls, expected } = checks
  const { secretId, firstId } = await calls.create('lags', 'rotate')
  const rounds: Round[] = []
  let from = firstId
  for (let round = 1; round <= ROUNDS; round += 1) {
    const seen = await moveAndWatch(checks, secretId, from)
    rounds.push(seen)
    from = seen.current
  }
  const describe = worst(rounds.map((round) => round.describe))
  const value = worst(rounds.map((round) => round.value))
  for (const [check, lag] of [
    ['labels in DescribeSecret after a change', describe],
    ['GetSecretValue by label after a change', value],
  ] as const) {
    found({
      check: `${check}, ${lag.replies} replies`,
      expected: expectedLag(expected.staleReadShare === 0 ? 0 : expected.staleReadMs),
      seen: describeLag(lag),
      setting: 'staleReadMs',
      set: `${lag.lastMs}, staleReadShare to ${(lag.behind / Math.max(1, lag.replies)).toFixed(3)}`,
    })
  }
  const withPending = rounds.reduce((sum, round) => sum + round.withPending, 0)
  const refuting = rounds.reduce((sum, round) => sum + round.refuting, 0)
  found({
    check: `a reply with the new AWSPENDING shows the AWSCURRENT from before it, ${withPending} replies`,
    expected: 'never',
    seen: withPending === 0 ? undefined : refuting === 0 ? 'never' : `${refuting} times: rule 1 is REFUTED`,
    why: 'no reply showed the new AWSPENDING',
  })
  found({
    check: 'how long to distrust labels',
    expected: DEPLOYED.staleLabelsMs,
    seen: settingFor(Math.max(describe.lastMs, value.lastMs), DEPLOYED.staleLabelsMs),
    setting: 'staleness.boundMs',
  })
}

/** Whether a value could be stored without naming AWSPENDING, which would then stay with a newer rotation. */
const privateLabel = async ({ calls }: AwsChecks, found: Found): Promise<void> => {
  const { secretId, firstId } = await calls.create('label', 'rotate')
  const [pending, stored] = [randomUUID(), randomUUID()]
  must(await calls.put(secretId, { versionId: pending, label: 'AWSPENDING' }), 'PutSecretValue')
  const outcome = await calls.put(secretId, { versionId: stored, label: PRIVATE_LABEL })
  found({ check: `PutSecretValue with the label ${PRIVATE_LABEL} alone`, expected: 'done', seen: outcome })
  const seen = await calls.look(secretId)
  found({
    check: 'AWSPENDING and AWSCURRENT after it',
    expected: 'where they were',
    seen:
      holderOf(seen, 'AWSPENDING') === pending && holderOf(seen, 'AWSCURRENT') === firstId
        ? 'where they were'
        : 'elsewhere',
  })
  found({
    check: 'the value under its own version id',
    expected: 'done',
    seen: outcome === 'done' ? await calls.read(secretId, { versionId: stored }) : undefined,
    why: 'it was not stored',
  })
}

export const labelLagGroups = (checks: AwsChecks): readonly CheckGroup[] => [
  { name: 'how old labels are', service: 'AWS', run: (found) => labelLags(checks, found) },
  { name: 'a private label', service: 'AWS', run: (found) => privateLabel(checks, found) },
]
