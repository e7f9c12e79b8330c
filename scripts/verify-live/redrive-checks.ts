// What Secrets Manager does after a failed step, on two secrets at once: one that keeps its AWSPENDING, one that loses it. The wait
// is the run's longest; a re-drive may come a day later, so that without one the answer is `not seen`, not `never`.
import { randomUUID } from 'node:crypto'
import { holderOf, type SeenSecret } from './aws-calls.ts'
import type { AwsChecks } from './aws-checks.ts'
import { CheckBrokeOff, type CheckGroup } from './finding.ts'
import type { ProbeRecord } from './probe-journal.ts'
import { pause, until } from './run.ts'
import type { Waiting } from './run-journal.ts'

type Found = Parameters<CheckGroup['run']>[0]

/** Starts a rotation whose testSecret fails, and waits until it has; then `failed` does what is to be done before the wait. */
const fail = async (
  { run, calls, journal }: AwsChecks,
  tag: string,
  failed: (secretId: string, token: string) => Promise<void>,
): Promise<Waiting> => {
  const before = journal?.waitingBefore(tag)
  if (before !== undefined) return before
  const { secretId } = await calls.create(tag, 'fail-test')
  const token = randomUUID()
  const asked = await calls.rotate(secretId, token)
  if (asked !== 'done') throw new CheckBrokeOff(`RotateSecret met ${asked}`)
  const isFailed = await until(run, run.pace.stepWaitMs, async () =>
    (await calls.look(secretId)).records.some(({ step }) => step === 'testSecret') ? true : undefined,
  )
  if (isFailed === undefined) throw new CheckBrokeOff(`testSecret did not come within ${run.pace.stepWaitMs} ms`)
  await failed(secretId, token)
  const waiting = { tag, secretId, token, before: drivesOf(await calls.look(secretId)), from: run.now() }
  journal?.waits(waiting)
  return waiting
}

const begins = ({ records }: SeenSecret): readonly ProbeRecord[] =>
  records.filter(({ step }) => step === 'createSecret')

const drivesOf = (seen: SeenSecret): number => begins(seen).length + seen.laterDrives

const gapsOf = (drives: readonly ProbeRecord[]): readonly number[] =>
  drives.slice(1).map(({ at }, index) => at - (drives[index]?.at ?? at))

/** A busy machine may need so long to start a step. */
const SLOW_START_MS = 30_000
/** The question is seconds or a day. */
const isAbout = (ms: number, expectedMs: number): boolean =>
  ms >= expectedMs * 0.8 && ms <= expectedMs * 2 + SLOW_START_MS

interface Watched {
  readonly seen: SeenSecret
  readonly drives: readonly ProbeRecord[]
  readonly gaps: readonly number[]
  readonly minutes: string
}

const watch = async ({ run, calls }: AwsChecks, { secretId, from }: Waiting): Promise<Watched> => {
  const endsAt = from + run.pace.redriveWaitMs
  // In short naps: a machine that slept meanwhile would add its sleep to a long one.
  while (run.now() < endsAt) await pause(run, Math.min(run.pace.redriveWaitMs, 60_000, Math.max(1, endsAt - run.now())))
  const seen = await calls.look(secretId)
  const drives = begins(seen)
  return {
    seen,
    drives,
    gaps: gapsOf(drives),
    minutes: `${Number((run.pace.redriveWaitMs / 60_000).toPrecision(2))} min`,
  }
}

const kept = async (checks: AwsChecks, found: Found): Promise<{ readonly longestGapMs: number | undefined }> => {
  const { calls, expected } = checks
  const waiting = await fail(checks, 'failing', async (secretId) => {
    found({
      check: 'RotateSecret while another rotation is pending',
      expected: 'InvalidRequestException',
      seen: await calls.rotate(secretId, randomUUID()),
    })
  })
  const { token } = waiting
  const { seen, drives, gaps, minutes } = await watch(checks, waiting)
  const redrives = drivesOf(seen) - 1
  const isAny = gaps.length > 0
  const why = `no re-drive within ${minutes}; wait longer`
  found({
    check: 'how often a failed rotation is driven again',
    expected: expected.redriveCount,
    seen: isAny || expected.redriveCount === 0 ? redrives : undefined,
    why,
    setting: 'redriveCount',
    set: `${redrives} (seen within ${minutes})`,
  })
  const typical = gaps[0] ?? 0
  found({
    check: 'how far apart',
    expected: `about ${expected.redriveSpacingMs} ms`,
    seen: !isAny
      ? undefined
      : gaps.every((gap) => isAbout(gap, expected.redriveSpacingMs))
        ? `about ${expected.redriveSpacingMs} ms`
        : gaps.map((gap) => `${gap} ms`).join(', '),
    why,
    setting: 'redriveSpacingMs',
    set: typical,
  })
  found({
    check: 'the request token of a re-drive',
    expected: 'the same',
    seen: !isAny ? undefined : drives.every((drive) => drive.token === token) ? 'the same' : 'another',
    why,
  })
  found({
    check: 'the pending value of a re-drive',
    expected: 'kept',
    seen: !isAny ? undefined : drives.slice(1).every(({ facts }) => facts.pending === 'other') ? 'kept' : 'lost',
    why,
  })
  found({
    check: 'AWSPENDING after the failures',
    expected: 'stays',
    seen: holderOf(seen, 'AWSPENDING') === token ? 'stays' : 'gone',
  })
  return { longestGapMs: isAny ? Math.max(...gaps) : undefined }
}

const unlabelled = async (checks: AwsChecks): Promise<number> => {
  const { calls } = checks
  const waiting = await fail(checks, 'unlabelled', async (secretId, token) => {
    const removed = await calls.moveLabel(secretId, { label: 'AWSPENDING', from: token })
    if (removed !== 'done') throw new CheckBrokeOff(`removing AWSPENDING met ${removed}`)
  })
  return drivesOf((await watch(checks, waiting)).seen) - waiting.before
}

const redrives = async (checks: AwsChecks, found: Found): Promise<void> => {
  const { run, expected } = checks
  const [{ longestGapMs }, further] = await Promise.all([kept(checks, found), unlabelled(checks)])
  // Silence says something only where a version with its label was driven again in good time.
  const isConclusive = longestGapMs !== undefined && run.pace.redriveWaitMs >= 3 * longestGapMs
  found({
    check: 'a rotation whose AWSPENDING was removed is driven again',
    expected: expected.redriveUnlabelled,
    seen: further > 0 ? true : isConclusive ? false : undefined,
    why: 'not within the wait, in which nothing else was driven again either',
    setting: 'redriveUnlabelled',
  })
}

export const redriveGroup = (checks: AwsChecks): CheckGroup => ({
  name: 'after a failure',
  service: 'AWS',
  run: (found) => redrives(checks, found),
})
