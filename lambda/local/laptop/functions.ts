// Which functions stand on the laptop: the deployed handlers, each with the settings that the stack would give it and two addresses
// changed (architecture §5). One row a function; the laptop starts whatever stands here.

import { availableParallelism } from 'node:os'
import { defined } from '../../core/base/defined.ts'
import { HOUR_MS } from '../../core/base/time-units.ts'
import { type Bounds, WITHOUT_LAG } from '../../core/rotation/bounds.ts'
import type { StageSecrets } from '../../core/secret/stage-secrets.ts'
import { STEP_TIMEOUT_MS } from '../../core/secret/step-timeout.ts'
import { writeArchiveEnv } from '../../env/archive.ts'
import { archivePattern } from '../../env/archive-rule.ts'
import { writeCampaignEnv } from '../../env/campaign.ts'
import { writeIdentifyEnv } from '../../env/identify.ts'
import { writeIncidentEnv } from '../../env/incident.ts'
import { GITHUB_URL, writeIntakeEnv } from '../../env/intake.ts'
import { campaignEndRule, leakReportRule } from '../../env/leak-rules.ts'
import { writeProjectRotationEnv } from '../../env/project-rotation.ts'
import { writeReadsEnv } from '../../env/reads.ts'
import type { KeepingEnv } from '../../env/records.ts'
import { writeRotationEnv } from '../../env/rotation.ts'
import type { StytchEnv } from '../../env/stytch.ts'
import { writeSweepEnv } from '../../env/sweep.ts'
import type { BusRule } from '../aws/bus-rules.ts'
import type { FunctionSettings } from '../aws/functions.ts'
import type { WatchingInput } from '../aws/watching.ts'
import type { Slugs } from '../stytch/workspace.ts'
import { laptopClientsEnv } from './clients-settings.ts'
import { LAPTOP_PROJECT_SECRET, LAPTOP_WORKSPACE_KEY } from './project-secret.ts'
import { laptopVendorEnv } from './vend.ts'

/** Names the laptop's deployment, as `stage` does in cdk.json. */
export const LAPTOP_STAGE = 'laptop'
export const LAPTOP_PREFIX = `m2m/${LAPTOP_STAGE}/`
export const LAPTOP_BUS = `m2m-${LAPTOP_STAGE}`
/** Whoever wants the leak intake on a laptop makes this secret (docs/incidents.md). */
export const LAPTOP_SIGNING_SECRET = `m2m-intake/${LAPTOP_STAGE}/signing`
/** A bucket of the stand-in (docs/evidence.md). */
export const LAPTOP_EVIDENCE = `m2m-${LAPTOP_STAGE}-evidence`
/** A table of the stand-in: what the functions remember (docs/decisions/058). */
export const LAPTOP_RECORDS = { name: `m2m-${LAPTOP_STAGE}-records`, partitionKey: 'pk', sortKey: 'sk' } as const
export const LAPTOP_FREEZE = `/m2m/${LAPTOP_STAGE}/freeze`
const LAPTOP_CAMPAIGNS = `/m2m/${LAPTOP_STAGE}/campaigns`

export interface LaptopSeat {
  readonly stytch: StytchEnv
  /** How the Management API names the project. */
  readonly slugs: Slugs
  /** Whether the periodic campaign begins by itself. */
  readonly hasCampaignSchedule?: boolean | undefined
  /** Absent: Stytch sets no limit. */
  readonly stytchCallsPerSecond?: number | undefined
  /** ARN of the stand-in's key that signs proofs. */
  readonly proofKeyArn: string
  /** ARN of the function of a part. */
  readonly arnOf: (part: string) => string
  /** Whose reads are our own, by ARN, where overlaps wait for proof that consumers have moved. @default - they do not */
  readonly rotationRole?: string | undefined
  /** Where the front before the vendor listens. */
  readonly vendUrl: string
  /** Beside the stage's own, for secrets that are adopted where they are. @default - none */
  readonly extraPrefixes?: readonly string[] | undefined
  /** How far the stand-ins may be behind. @default - they are not */
  readonly bounds?: Bounds | undefined
}

export interface LaptopFunction {
  /** The deployed name is `m2m-<stage>-<part>`. */
  readonly part: string
  /** Of lambda/handlers. */
  readonly handler: string
  /** As deployed. */
  readonly timeoutMs: number
  readonly env: Readonly<Record<string, string>>
  /** Processes at most; further invocations wait their turn. @default - as many as there are invocations at once */
  readonly maxEnvironments?: number
  /** Its invocations are durable executions, as `DurableConfig` has it. @default - they are not */
  readonly durable?: Required<Pick<FunctionSettings, 'executionTimeoutMs' | 'retentionMs'>>
  /** Called by the shared clock at this rate, as EventBridge Scheduler would. @default - by no schedule */
  readonly everyMinutes?: number
  /** What the schedule calls it with. @default - the time it was scheduled for */
  readonly scheduledInput?: (scheduledAt: string) => object
}

/** As the stack's defaults are (lib/config/deploy-config.ts). */
const LAPTOP_SWEEP_MINUTES = 15

/** As the stack's defaults are (lib/config/deploy-config.ts). */
export const LAPTOP_HOURS = { periodHours: 720, overlapHours: 24 } as const
/** Of the daily campaign, as a deployment has it (lib/config/campaign-config.ts). */
export const LAPTOP_CAMPAIGN_EVERY_HOURS = 24

/** As the stack has it for that overlap (lib/campaign/campaign.ts; a test holds the two together). */
const LAPTOP_EXECUTION_HOURS = 72

/** The alias by which a durable function is called. */
export const LIVE = 'live'

/** A fleet makes hundreds of calls at once; a process for each would do nothing but start. */
const MOST_PROCESSES = 4 * availableParallelism()

/** As the stack's default is (lib/config/deploy-config.ts). */
const LAPTOP_QUIET_HOURS = 25

const LAPTOP_PROJECT_DAYS = 90

/** For the functions that ask for its rotation, where the laptop keeps the project secret as a deployment does. */
const projectPlace = ({ stytch, arnOf }: Pick<LaptopSeat, 'stytch' | 'arnOf'>) => {
  const project = {
    secretName: LAPTOP_PROJECT_SECRET,
    rotationFunctionArn: arnOf('project-rotation'),
    periodDays: LAPTOP_PROJECT_DAYS,
  }
  return stytch.projectSecret.kind === 'stored' ? { project } : {}
}

/** What rotations remember and sign, as a deployment has it. */
const keepingOf = ({ proofKeyArn }: Pick<LaptopSeat, 'proofKeyArn'>): KeepingEnv => ({
  records: { table: LAPTOP_RECORDS.name },
  proofs: { keyArn: proofKeyArn, bucket: LAPTOP_EVIDENCE },
})

const projectRotationEnv = ({
  stytch: { projectId, baseUrl },
  slugs,
  bounds = WITHOUT_LAG,
  ...more
}: Pick<LaptopSeat, 'stytch' | 'slugs' | 'bounds' | 'proofKeyArn'>): Record<string, string> =>
  writeProjectRotationEnv({
    stage: LAPTOP_STAGE,
    project: { projectId, ...defined({ baseUrl }) },
    projectSecretName: LAPTOP_PROJECT_SECRET,
    ...slugs,
    workspaceKeySecretId: LAPTOP_WORKSPACE_KEY,
    quietHours: LAPTOP_QUIET_HOURS,
    // The stand-in serves both of Stytch's addresses.
    ...defined({ managementUrl: baseUrl }),
    eventBus: LAPTOP_BUS,
    freeze: { parameter: LAPTOP_FREEZE },
    bounds,
    ...keepingOf(more),
  })

/** As the stack's defaults are (lib/config/adoption-config.ts). */
const LAPTOP_ADOPTION = { waitAtMostHours: 72, lookBackHours: 720 } as const

const adoptionOf = ({ rotationRole }: Pick<LaptopSeat, 'rotationRole'>) =>
  rotationRole === undefined
    ? {}
    : { adoption: { table: LAPTOP_RECORDS.name, ...LAPTOP_ADOPTION, ownPrincipal: rotationRole } }

/** As the stack's schedule starts it (lib/campaign/campaign.ts; a test holds the two together). */
const dailyCampaign = {
  everyMinutes: 24 * 60,
  scheduledInput: (scheduledAt: string) => ({
    intent: 'rotate',
    selector: { due: true },
    reason: 'Their period is over',
    requestedBy: `m2m-${LAPTOP_STAGE}-campaign`,
    campaignId: `schedule-${scheduledAt}`,
  }),
}

const stytchRate = ({ stytchCallsPerSecond }: Pick<LaptopSeat, 'stytchCallsPerSecond'>) =>
  stytchCallsPerSecond === undefined ? {} : { stytchCallsPerSecond }

export const laptopFunctions = (seat: LaptopSeat): readonly LaptopFunction[] =>
  functionsOf(seat, defined({ extraPrefixes: seat.extraPrefixes }))

const functionsOf = (
  { stytch, slugs, arnOf, vendUrl, ...more }: LaptopSeat,
  extra: Pick<StageSecrets, 'extraPrefixes'>,
): readonly LaptopFunction[] => [
  {
    part: 'project-rotation',
    handler: 'on-project-rotation',
    timeoutMs: STEP_TIMEOUT_MS,
    env: projectRotationEnv({ stytch, slugs, ...more }),
  },
  {
    part: 'rotation',
    handler: 'on-rotation',
    timeoutMs: STEP_TIMEOUT_MS,
    maxEnvironments: MOST_PROCESSES,
    env: writeRotationEnv({
      stage: LAPTOP_STAGE,
      stytch,
      eventBus: LAPTOP_BUS,
      freeze: { parameter: LAPTOP_FREEZE },
      bounds: more.bounds ?? WITHOUT_LAG,
      ...extra,
      ...keepingOf(more),
    }),
  },
  {
    part: 'clients',
    handler: 'on-clients-request',
    timeoutMs: 120_000,
    maxEnvironments: MOST_PROCESSES,
    env: laptopClientsEnv({
      stytch,
      secretNamePrefix: LAPTOP_PREFIX,
      ...extra,
      rotationFunctionArn: arnOf('rotation'),
      recordsTable: LAPTOP_RECORDS.name,
      evidenceBucket: LAPTOP_EVIDENCE,
    }),
  },
  {
    part: 'sweep',
    handler: 'on-sweep',
    timeoutMs: 300_000,
    everyMinutes: LAPTOP_SWEEP_MINUTES,
    env: writeSweepEnv({
      stage: LAPTOP_STAGE,
      secretNamePrefix: LAPTOP_PREFIX,
      ...extra,
      rotationFunctionArn: arnOf('rotation'),
      eventBus: LAPTOP_BUS,
      ...LAPTOP_HOURS,
      longestHoldHours: 168,
      everyMinutes: LAPTOP_SWEEP_MINUTES,
      checksPerSecond: 1000,
      freeze: { parameter: LAPTOP_FREEZE },
      proofs: { bucket: LAPTOP_EVIDENCE },
      records: { table: LAPTOP_RECORDS.name },
      bounds: more.bounds ?? WITHOUT_LAG,
      ...projectPlace({ stytch, arnOf }),
      ...adoptionOf(more),
    }),
  },
  {
    part: 'reads',
    handler: 'on-read',
    timeoutMs: 30_000,
    maxEnvironments: 1,
    env: writeReadsEnv({
      table: LAPTOP_RECORDS.name,
      lookBackHours: LAPTOP_ADOPTION.lookBackHours,
      secretNamePrefix: LAPTOP_PREFIX,
      ...extra,
    }),
  },
  {
    part: 'campaign',
    handler: 'on-campaign',
    timeoutMs: 900_000,
    durable: { executionTimeoutMs: LAPTOP_EXECUTION_HOURS * HOUR_MS, retentionMs: 30 * 24 * HOUR_MS },
    ...(more.hasCampaignSchedule === true ? dailyCampaign : {}),
    env: writeCampaignEnv({
      secretNamePrefix: LAPTOP_PREFIX,
      ...extra,
      rotationFunctionArn: arnOf('rotation'),
      selfArn: `${arnOf('campaign')}:${LIVE}`,
      eventBus: LAPTOP_BUS,
      ...LAPTOP_HOURS,
      campaignEveryHours: LAPTOP_CAMPAIGN_EVERY_HOURS,
      freeze: { parameter: LAPTOP_FREEZE },
      controlParameter: LAPTOP_CAMPAIGNS,
      records: { table: LAPTOP_RECORDS.name },
      bounds: more.bounds ?? WITHOUT_LAG,
      ...stytchRate(more),
    }),
  },
  {
    part: 'incident',
    handler: 'on-incident',
    timeoutMs: 900_000,
    env: writeIncidentEnv({
      secretNamePrefix: LAPTOP_PREFIX,
      ...extra,
      rotationFunctionArn: arnOf('rotation'),
      campaignFunctionArn: `${arnOf('campaign')}:${LIVE}`,
      eventBus: LAPTOP_BUS,
      maxSecurityClients: 25,
      freeze: { parameter: LAPTOP_FREEZE },
      bounds: more.bounds ?? WITHOUT_LAG,
      ...stytchRate(more),
      ...projectPlace({ stytch, arnOf }),
    }),
  },
  {
    part: 'vendor',
    handler: 'on-vend',
    timeoutMs: 15_000,
    env: laptopVendorEnv({ stytch, secretNamePrefix: LAPTOP_PREFIX, ...extra, eventBus: LAPTOP_BUS, apiUrl: vendUrl }),
  },
  {
    part: 'archive',
    handler: 'on-archive',
    timeoutMs: 15_000,
    env: writeArchiveEnv({ stage: LAPTOP_STAGE, bucket: LAPTOP_EVIDENCE }),
  },
  {
    part: 'identify',
    handler: 'on-identify',
    timeoutMs: 300_000,
    env: writeIdentifyEnv({
      stytch,
      secretNamePrefix: LAPTOP_PREFIX,
      ...extra,
      // More than a deployment's: who tries things out here searches for nothing that is worth guessing.
      searchesPerMinute: 60,
      refused: (more.bounds ?? WITHOUT_LAG).refused,
      ...(stytch.projectSecret.kind === 'stored' ? { projectSecretName: LAPTOP_PROJECT_SECRET } : {}),
    }),
  },
  {
    part: 'intake',
    handler: 'on-leak-report',
    timeoutMs: 320_000,
    env: writeIntakeEnv({
      signingSecretId: LAPTOP_SIGNING_SECRET,
      records: { table: LAPTOP_RECORDS.name },
      // No deployment before it kept one there.
      formerGateId: `m2m-intake/${LAPTOP_STAGE}/gate`,
      maxPerHour: 10,
      watched: ['stytch_m2m_client_secret'],
      identifyFunctionName: `m2m-${LAPTOP_STAGE}-identify`,
      eventBus: LAPTOP_BUS,
      githubUrl: GITHUB_URL,
    }),
  },
]

/** Which events on the bus go to which function. A rule whose function does not stand on the laptop is left out. */
export const laptopRules = ({ arnOf }: Pick<LaptopSeat, 'arnOf'>): readonly BusRule[] => [
  ...[leakReportRule, campaignEndRule].map(({ pattern }) => ({ pattern, functionArn: arnOf('incident') })),
  {
    pattern: archivePattern,
    functionArn: arnOf('archive'),
  },
]

/**
 * What a deployment has beside its functions, for whoever asks AWS about it. Nobody is notified; and the schedule of campaigns stands there
 * whether or not they begin by themselves, as the stage says that they do (clients-settings.ts).
 */
export const laptopWatching: WatchingInput = {
  topics: { [`m2m-${LAPTOP_STAGE}-alarms`]: ['on-call@example.com'] },
  alarms: ['leak-IncidentErrors', 'rotation-failed-RotationErrors', 'sweep-stopped-SweepStopped'].map(
    (name) => `m2m-${LAPTOP_STAGE}-${name}`,
  ),
  schedules: ['sweep', 'campaign'].map((part) => `m2m-${LAPTOP_STAGE}-${part}`),
  rules: { [LAPTOP_BUS]: [leakReportRule.id, campaignEndRule.id, 'Archive'] },
}
