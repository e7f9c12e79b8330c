// One run from start to end: makes what the checks need, runs them all, and removes what was made, also when a check breaks off or
// the run is interrupted. Knows nothing of settings, files or signals: main.ts brings them.
import { randomBytes } from 'node:crypto'
import { type AwsSettings, defaultSettings as awsDefaults } from '../../lambda/local/aws/settings.ts'
import { type StytchSettings, defaultSettings as stytchDefaults } from '../../lambda/local/stytch/settings.ts'
import { createAwsCalls } from './aws-calls.ts'
import { awsGroups } from './aws-checks.ts'
import { EVERY_RUN, removeByPrefix } from './clean.ts'
import { durableGroup } from './durable-checks.ts'
import { type CheckGroup, isBrokenOff, isExpired, type LiveFinding, runGroup } from './finding.ts'
import { kindGroups } from './kind-checks.ts'
import { labelLagGroups } from './label-lag-checks.ts'
import { createProbes } from './make-probes.ts'
import type { LivePlace } from './place.ts'
import { redriveGroup } from './redrive-checks.ts'
import { replicaGroup } from './replica-checks.ts'
import { RIGHTS_GROUP, rightsGroup } from './rights-checks.ts'
import { createQuiet, createWorkshop, type Pace, type Run } from './run.ts'
import type { RunJournal } from './run-journal.ts'
import { slotLagGroups } from './slot-lag-checks.ts'
import { createStytchCalls } from './stytch-calls.ts'
import { stytchGroups } from './stytch-checks.ts'
import { trailGroup } from './trail-checks.ts'

export interface VerifyInput {
  readonly place: LivePlace
  /** That was agreed to; a secret that appears in another one ends the run. */
  readonly accountId: string
  readonly pace: Pace
  readonly signal: AbortSignal
  /** One line for people; values that must not be printed are out of it already. */
  readonly say: (line: string) => void
  /** Called after each finding, with all of them. */
  readonly onFinding?: (findings: readonly LiveFinding[]) => void
  /** @default - nothing outlasts the process */
  readonly journal?: RunJournal
  /** The groups that are run, by name. @default - all */
  readonly only?: readonly string[]
  /** What the stand-ins answer. @default - their own defaults */
  readonly expected?: { readonly stytch?: Partial<StytchSettings>; readonly aws?: Partial<AwsSettings> }
  /** Values that were met are kept here. @default - one of its own */
  readonly quiet?: ReturnType<typeof createQuiet>
}

export interface Verified {
  readonly runId: string
  readonly findings: readonly LiveFinding[]
  /** What could not be removed. */
  readonly left: readonly string[]
  readonly isInterrupted: boolean
  /** The credentials came to their end: everything was left for a run that goes on. */
  readonly isSuspended: boolean
  /** Takes every value that was met out of a text. */
  readonly quieten: (text: string) => string
}

export const newRunId = (): string => randomBytes(6).toString('hex')

const line = ({ service, check, seen, verdict, advice }: LiveFinding): string =>
  `${service}: ${check}: ${seen} – ${verdict}${advice === undefined ? '' : ` (${advice})`}`

export const verify = async (input: VerifyInput): Promise<Verified> => {
  const { place, accountId, pace, signal, say, only, expected, journal } = input
  const { keepQuiet, quieten } = input.quiet ?? createQuiet()
  const workshop = createWorkshop(signal)
  const runId = journal?.runId ?? newRunId()
  const base = `${EVERY_RUN}${runId}/`
  const resumedTimes = journal?.resumedTimes ?? 0
  const run: Run = {
    // What an earlier start has made keeps its names.
    prefix: resumedTimes === 0 ? base : `${base}${resumedTimes}/`,
    pace,
    signal,
    now: Date.now,
    keepQuiet,
    make: workshop.make,
  }
  const startedAt = run.now()
  const probes = createProbes(place, run, accountId)
  const calls = createStytchCalls(place.stytch, run)
  const stytchChecks = { run, calls, expected: { ...stytchDefaults, ...expected?.stytch } }
  const aws = { client: place.secrets, probeArn: probes.rotation, accountId }
  const awsChecks = { run, calls: createAwsCalls(aws, run), expected: { ...awsDefaults, ...expected?.aws }, journal }
  const all: LiveFinding[] = []
  const keep = (finding: LiveFinding): void => {
    all.push(finding)
    input.onFinding?.(all)
  }

  const runOne = async (group: CheckGroup): Promise<readonly LiveFinding[]> => {
    const before = journal?.doneBefore(group.name)
    if (before !== undefined) {
      for (const finding of before) keep(finding)
      return before
    }
    // Of a group that waits, what it had found stays true.
    const kept = group.name === redriveGroup(awsChecks).name ? (journal?.foundBefore(group.name) ?? []) : []
    for (const finding of kept) keep(finding)
    const findings = await runGroup(group, (finding) => {
      say(quieten(line(finding)))
      keep(finding)
      if (!isBrokenOff(finding)) journal?.found(group.name, JSON.parse(quieten(JSON.stringify(finding))) as LiveFinding)
    })
    if (!signal.aborted && !findings.some(isBrokenOff)) journal?.done(group.name)
    return [...kept, ...findings]
  }
  const inTurn = async (groups: readonly CheckGroup[]): Promise<readonly LiveFinding[]> => {
    const findings: LiveFinding[] = []
    const wanted = groups.filter(({ name }) => only === undefined || only.includes(name))
    for (const group of wanted) if (!signal.aborted) findings.push(...(await runOne(group)))
    return findings
  }
  say(`Run ${runId}: everything it makes begins with ${base} or ${base.replaceAll('/', '-').slice(0, -1)}`)
  try {
    const found = await Promise.all([
      inTurn(stytchGroups(stytchChecks)),
      inTurn(awsGroups(awsChecks)),
      inTurn([redriveGroup(awsChecks)]),
      inTurn([replicaGroup({ ...awsChecks, client: place.secrets, elsewhere: place.elsewhere })]),
      // By name alone: it denies calls to whoever makes them.
      inTurn(only?.includes(RIGHTS_GROUP) === true ? [rightsGroup({ ...awsChecks, ...aws })] : []),
      inTurn(kindGroups({ ...stytchChecks, scimConnection: place.scimConnection })),
    ])
    // Apart, since the others measure times that its processes would disturb on a laptop.
    const durable = async () => ({ client: place.lambda, arns: await probes.durable() })
    const open = await inTurn([durableGroup({ run, probes: durable, expected: awsChecks.expected })])
    // Alone, since they ask often: what they measure is the services' lag and not ours.
    const lags = await Promise.all([inTurn(labelLagGroups(awsChecks)), inTurn(slotLagGroups(stytchChecks))])
    const trailed = await inTurn([trailGroup({ ...awsChecks, trail: place.trail, since: startedAt })])
    const findings = [...found, open, ...lags, trailed].flat()
    const isSuspended = journal !== undefined && !signal.aborted && findings.some(isExpired)
    const left = isSuspended ? [] : await clear()
    if (!isSuspended && left.length === 0) journal?.end()
    return { runId, findings, left, isInterrupted: signal.aborted, isSuspended, quieten }
  } catch (error) {
    await clear()
    throw error
  }

  async function clear(): Promise<readonly string[]> {
    const left = [...(await workshop.clear())]
    // What an earlier start made is in no list.
    if (resumedTimes > 0) left.push(...(await removeByPrefix(place, calls, { prefix: base, say: () => {} })).left)
    for (const what of left) say(quieten(`Could not remove ${what}`))
    return left
  }
}
