// One run from start to end: makes what the checks need, runs them all, and removes what was made, also when a check breaks off or
// the run is interrupted. Knows nothing of settings, files or signals: main.ts brings them.
import { randomBytes } from 'node:crypto'
import { type AwsSettings, defaultSettings as awsDefaults } from '../../lambda/local/aws/settings.ts'
import { type StytchSettings, defaultSettings as stytchDefaults } from '../../lambda/local/stytch/settings.ts'
import { type AwsUnderTest, createAwsCalls } from './aws-calls.ts'
import { awsGroups } from './aws-checks.ts'
import { type DurableProbes, durableGroup } from './durable-checks.ts'
import { type CheckGroup, type LiveFinding, runGroup } from './finding.ts'
import { labelLagGroups } from './label-lag-checks.ts'
import { redriveGroup } from './redrive-checks.ts'
import { type Elsewhere, replicaGroup } from './replica-checks.ts'
import { createQuiet, createWorkshop, type Pace, type Run } from './run.ts'
import { slotLagGroups } from './slot-lag-checks.ts'
import { createStytchCalls, type StytchUnderTest } from './stytch-calls.ts'
import { stytchGroups } from './stytch-checks.ts'

export interface VerifyInput {
  readonly stytch: StytchUnderTest
  readonly aws: AwsUnderTest
  /** @default - what Lambda leaves open is not asked */
  readonly durable?: DurableProbes | undefined
  /** Another Region, for replicas. @default - none, and nothing is asked of them */
  readonly elsewhere?: Elsewhere | undefined
  readonly pace: Pace
  readonly signal: AbortSignal
  /** One line for people; values that must not be printed are out of it already. */
  readonly say: (line: string) => void
  /** The groups that are run, by name. @default - all */
  readonly only?: readonly string[]
  /** What the stand-ins answer. @default - their own defaults */
  readonly expected?: { readonly stytch?: Partial<StytchSettings>; readonly aws?: Partial<AwsSettings> }
}

export interface Verified {
  readonly runId: string
  readonly findings: readonly LiveFinding[]
  /** What could not be removed. */
  readonly left: readonly string[]
  readonly isInterrupted: boolean
  /** Takes every value that was met out of a text. */
  readonly quieten: (text: string) => string
}

const line = ({ service, check, seen, verdict, advice }: LiveFinding): string =>
  `${service}: ${check}: ${seen} – ${verdict}${advice === undefined ? '' : ` (${advice})`}`

export const verify = async ({
  stytch,
  aws,
  durable,
  elsewhere,
  pace,
  signal,
  say,
  only,
  expected,
}: VerifyInput): Promise<Verified> => {
  const { keepQuiet, quieten } = createQuiet()
  const workshop = createWorkshop(signal)
  const runId = randomBytes(6).toString('hex')
  const run: Run = {
    prefix: `m2m-verify/${runId}/`,
    pace,
    signal,
    now: Date.now,
    keepQuiet,
    make: workshop.make,
  }
  const report = (finding: LiveFinding): void => say(quieten(line(finding)))
  const stytchChecks = {
    run,
    calls: createStytchCalls(stytch, run),
    expected: { ...stytchDefaults, ...expected?.stytch },
  }
  const awsChecks = { run, calls: createAwsCalls(aws, run), expected: { ...awsDefaults, ...expected?.aws } }

  const inTurn = async (groups: readonly CheckGroup[]): Promise<readonly LiveFinding[]> => {
    const findings: LiveFinding[] = []
    const wanted = groups.filter(({ name }) => only === undefined || only.includes(name))
    for (const group of wanted) if (!signal.aborted) findings.push(...(await runGroup(group, report)))
    return findings
  }
  say(`Run ${runId}: everything it makes begins with ${run.prefix}`)
  try {
    const found = await Promise.all([
      inTurn(stytchGroups(stytchChecks)),
      inTurn(awsGroups(awsChecks)),
      inTurn([redriveGroup(awsChecks)]),
      inTurn([replicaGroup({ ...awsChecks, client: aws.client, elsewhere })]),
    ])
    // Apart, since the others measure times that its processes would disturb on a laptop.
    const open = await inTurn([durableGroup({ run, probes: durable, expected: awsChecks.expected })])
    // Alone, since they ask often: what they measure is the services' lag and not ours.
    const lags = await Promise.all([inTurn(labelLagGroups(awsChecks)), inTurn(slotLagGroups(stytchChecks))])
    return {
      runId,
      findings: [...found, open, ...lags].flat(),
      left: await clear(),
      isInterrupted: signal.aborted,
      quieten,
    }
  } catch (error) {
    await clear()
    throw error
  }

  async function clear(): Promise<readonly string[]> {
    const left = await workshop.clear()
    for (const what of left) say(quieten(`Could not remove ${what}`))
    return left
  }
}
