// What an operator decides about a deployment: cdk.json's context key `m2m`, read into typed settings. Pure but for the one file that
// `-c m2m=@config.json` names (config-text.ts). Every fault is reported at once, each with its path and with what would be accepted; a key that
// nobody knows is a fault, since a misspelt setting would otherwise be a silent default.

import type { Node } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import { isJsonObject } from '../../lambda/core/base/json-object.ts'
import type { Bounds } from '../../lambda/core/rotation/bounds.ts'
import { isSecretName } from '../../lambda/core/secret/secret-name.ts'
import { isStageName, STAGE_RULE } from '../../lambda/core/secret/stage-name.ts'
import { CHECKS_PER_SECOND } from '../../lambda/env/sweep.ts'
import { type AdoptionProofConfig, readAdoptionProof } from './adoption-config.ts'
import { readBoundsConfig } from './bounds-config.ts'
import { type CampaignsConfig, readCampaigns } from './campaign-config.ts'
import {
  type ClientConfig,
  readClientList,
  roleArnShape,
  spanFault,
  spanHours,
  tagKeyShape,
  tagValueShape,
} from './client-config.ts'
import { createPlace, matching, type Place, type Shape } from './config-place.ts'
import { readConfigValue } from './config-text.ts'
import { type IncidentsConfig, intakeSecretNames, readIncidents } from './incident-config.ts'
import { placeFaults } from './place-faults.ts'
import { readerFaults } from './reader-faults.ts'
import { type Reservations, type ReservingPart, readReservations } from './reservations.ts'
import {
  type BackstopRules,
  backstopRules,
  periodFault,
  type RotationWindow,
  windowFault,
} from './rotation-schedule.ts'
import { settingsFault } from './settings-faults.ts'
import { partWords } from './stage-names.ts'
import { readVendor, type VendorConfig } from './vendor-config.ts'

/** An address, or the written reason why there is none. */
export type AlarmAddress = { readonly email: string } | { readonly noneBecause: string }
export type BreakGlass = { readonly roleArn: string } | { readonly noneBecause: string }

export interface ReplicaConfig {
  readonly region: string
  /** A key of that Region; absent: its aws/secretsmanager. */
  readonly keyArn?: string
}

export interface NetworkConfig {
  readonly subnetIds: readonly string[]
  readonly securityGroupIds: readonly string[]
}

/** How S3 holds an object until its time is over. */
export const objectLocks = ['governance', 'compliance'] as const
export type ObjectLock = (typeof objectLocks)[number]

export interface ProjectRotationConfig {
  /** How Stytch's Management API names the project and its environment. */
  readonly projectSlug: string
  readonly environmentSlug: string
  /** Name of the secret that holds the workspace key. Made by hand (docs/deploying.md). */
  readonly workspaceKeySecretName: string
  /** The customer-managed key of that secret; absent: aws/secretsmanager. */
  readonly workspaceKeySecretKeyArn?: string
  readonly periodDays: number
  /** For how long a value must not have been used before a planned rotation ends it. */
  readonly quietHours: number
}

export interface DeployConfig {
  /** Names the deployment within its account: roles, functions and secrets carry it. */
  readonly stage: string
  /** Every managed secret's name starts with it, and every policy is cut by it: `m2m/<stage>/`. */
  readonly secretNamePrefix: string
  readonly stytch: {
    readonly projectId: string
    /** Name of the secret that holds the project's credentials. Made by hand (docs/deploying.md). */
    readonly projectSecretName: string
    /** The customer-managed key of that secret; absent: aws/secretsmanager. */
    readonly projectSecretKeyArn?: string
    /** Absent: the project secret is rotated by hand. */
    readonly projectRotation?: ProjectRotationConfig
    /** Where consumers exchange a secret, when not at Stytch's own address (a custom domain). */
    readonly tokenUrl?: string
  }
  readonly rotation: {
    readonly periodHours: number
    /** When the sweep ends an overlap. */
    readonly overlapHours: number
    readonly backstop: BackstopRules
    readonly sweepEveryMinutes: number
    /** Of how many secrets a second the sweep asks whether Stytch accepts what consumers read; a hundred are one call. */
    readonly checksPerSecond: number
    readonly longestHoldHours: number
    readonly campaigns: CampaignsConfig
    /** How many calls Stytch grants the project; absent: it sets no limit. */
    readonly stytchCallsPerSecond?: number
    /** Absent: an overlap ends by its time alone. */
    readonly adoptionProof?: AdoptionProofConfig
  }
  /** How far Secrets Manager and Stytch may be behind, and what a step allows for it. */
  readonly bounds: Bounds
  /** Of the functions that are deployed; a part that is not named reserves nothing. */
  readonly reservations: Reservations
  readonly alarms: AlarmAddress
  readonly breakGlass: BreakGlass
  /** Roles of people who run the command line; each gets the operator policy attached by its owner (docs/deploying.md). */
  readonly operators: readonly string[]
  readonly incidents: IncidentsConfig
  /** Absent: no tokens are vended. */
  readonly vendor?: VendorConfig
  /** The role by which CloudFormation changes the stack; absent: that of `cdk bootstrap`. */
  readonly deployRoleArn?: string
  /** An existing key for all secrets; absent: the stack makes one. */
  readonly keyArn?: string
  /** Encrypts log groups and the alarm topic: `create`, or an existing key's ARN; absent: the services' own keys. */
  readonly monitoringKey?: string
  /** Other accounts whose roles may be readers of a client: the key's policy admits their calls. Those of declared readers among them. */
  readonly readerAccounts: readonly string[]
  /** Every account of this organization as well. */
  readonly readerOrganizationId?: string
  readonly network?: NetworkConfig
  readonly permissionsBoundaryArn?: string
  readonly tags: Readonly<Record<string, string>>
  /** For the key, the log groups and the dead letters; never for clients, which have their own. */
  readonly onRemoval: 'retain' | 'destroy'
  readonly logRetentionDays: number
  /** What is kept for auditors, and for how long. */
  readonly evidence: {
    readonly retentionDays: number
    /** Until then nobody deletes: nobody without a special right (governance), or nobody at all (compliance). @default - off */
    readonly objectLock?: ObjectLock
  }
  readonly replicas: readonly ReplicaConfig[]
  readonly environment?: { readonly account: string; readonly region: string }
  readonly clients: readonly ClientConfig[]
}

/**
 * What holds when the configuration says nothing. Stage, Stytch project, alarm address and break-glass role have no default:
 * they are an operator's to decide.
 */
export const defaults = {
  /** Short enough that a leak nobody noticed dies within a month, long enough that a rotation is no daily event. */
  period: '30d',
  /** The longest a consumer may cache a secret; never more than half the period, so that overlaps do not meet. */
  longestOverlapHours: 24,
  projectPeriodDays: 90,
  /** A day and an hour: Stytch's `used_at` may be rounded down to the day, which is undocumented. */
  projectQuietHours: 25,
  /**
   * Where the rotation function reserves nothing: one rotation a second, hence three of the account's executions, and one page of a
   * campaign at a time (lambda/core/campaign/campaign.ts), so that the account's ten hold what is asked for at once.
   */
  unreservedStytchCallsPerSecond: 6,
  /** Overlaps are hours long; what is stuck waits no longer than this and ten minutes. */
  sweepEvery: '15m',
  /** Long enough for an outage to be sorted out, too short to be forgotten. */
  longestHold: '7d',
  namePrefix: 'm2m',
  /** An auditor asks about the last year. */
  logRetentionDays: 365,
  /** A certificate of ISO 27001 is for three years; the year of a SOC 2 or PCI DSS report and the audit after it lie well within. */
  evidenceRetentionDays: 1096,
  /** A key that is gone takes every secret with it. */
  onRemoval: 'retain',
  clientRemoval: 'retain',
} as const

/** CloudFormation takes 500 resources a stack; beyond this, clients are registered by the CLI (`m2m apply`). */
export const MAX_CLIENTS = 80

/** They stand in the environment of two functions, which Lambda limits to 4 KB. */
export const MAX_READER_ACCOUNTS = 50

/** Of a stack and of each of its resources (AWS General Reference, "Tagging"). */
const MAX_TAGS = 50

/** A hundred years, which is all that Object Lock takes. */
const MAX_RETENTION_DAYS = 36_500

const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]

/** Else its names would be those of another stage's parts: `m2m-prod-sweep-dead-letters`, `m2m-prod-project-rotation`. */
const PART_AT_END = new RegExp(`-(${[...partWords].join('|')})$`)
/** A stage whose name says that nothing real is behind it. */
const PLAY_STAGE = /(^|-)(test|testing|dev|develop|development|sandbox|local|ci)(-|$)/
const KEY_ARN = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]{1,128}$/
const POLICY_ARN = /^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/[\w+=,.@/-]{1,512}$/
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
const PROJECT_ID = /^project-(live|test)-[A-Za-z0-9-]+$/
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/

const shapes = {
  stage: { expected: STAGE_RULE, fits: isStageName },
  projectId: matching(PROJECT_ID, 'project-live-… or project-test-…'),
  secretName: { expected: 'the name of a Secrets Manager secret, such as "stytch/m2m-project"', fits: isSecretName },
  slug: matching(/^[A-Za-z0-9_-]{1,128}$/, 'a slug of the Management API: letters, digits, _ and -'),
  namePrefix: matching(/^[a-zA-Z0-9_+=.@-]{1,32}$/, 'one path segment of at most 32 characters, such as "m2m"'),
  keyArn: matching(KEY_ARN, "a KMS key's ARN, arn:aws:kms:<region>:<account>:key/<id>"),
  monitoringKey: {
    expected: '"create", or a KMS key\'s ARN, arn:aws:kms:<region>:<account>:key/<id>',
    fits: (value: string) => value === 'create' || KEY_ARN.test(value),
  },
  roleArn: roleArnShape,
  policyArn: matching(POLICY_ARN, "a managed policy's ARN, arn:aws:iam::<account>:policy/<name>"),
  email: matching(EMAIL, 'an e-mail address, such as "oncall@example.com"'),
  reason: matching(/\S.{7,}/, 'a sentence of at least eight characters that says why'),
  httpsUrl: {
    expected: 'an https URL',
    fits: (value: string) => URL.canParse(value) && new URL(value).protocol === 'https:',
  },
  region: matching(REGION, 'a Region, such as "eu-west-1"'),
  account: matching(/^\d{12}$/, 'twelve digits'),
  organization: matching(/^o-[a-z0-9]{10,32}$/, "an organization's id, o-…"),
  subnetId: matching(/^subnet-[0-9a-f]{8,17}$/, 'subnet-…'),
  securityGroupId: matching(/^sg-[0-9a-f]{8,17}$/, 'sg-…'),
  cron: matching(/\S/, 'cron(0 <hour> <day of month> <month> <day of week> *)'),
  tagKey: tagKeyShape,
} satisfies Record<string, Shape>

/** `12h` or `30d`, in hours. */
const readSpan = (place: Place, name: string, fallback: string): number | undefined => {
  const value = place.fields[name] ?? fallback
  const hours = spanHours(value)
  if (hours === undefined) place.fault(name, spanFault(value))
  return hours
}

const readWindow = (place: Place): RotationWindow | undefined => {
  const window = place.inner('maintenanceWindow', undefined)
  if (window === undefined) return undefined
  window.onlyKnows('cron', 'durationHours')
  return { cron: window.text('cron', shapes.cron), durationHours: window.integer('durationHours', 1, [1, 24]) }
}

/** `15m`: two sweeps must not meet, and overlaps of a few hours should end in time. */
const readSweepEvery = (place: Place): number => {
  const value = place.fields.sweepEvery ?? defaults.sweepEvery
  const minutes = typeof value === 'string' ? Number(/^([1-9]\d?)m$/.exec(value)?.[1] ?? Number.NaN) : Number.NaN
  if (minutes >= 5 && minutes <= 60) return minutes
  place.fault('sweepEvery', `is malformed: ${JSON.stringify(value)}; expected 5 to 60 minutes, such as "15m"`)
  return 15
}

const readRotation = (root: Place): DeployConfig['rotation'] => {
  const place = root.inner('rotation') ?? createPlace(`${root.path}.rotation`, root.faults, {})
  place.onlyKnows(
    'period',
    'overlap',
    'maintenanceWindow',
    'reservedConcurrency',
    'sweepEvery',
    'checksPerSecond',
    'longestHold',
    'campaignSchedule',
    'noCampaignsBecause',
    'stytchCallsPerSecond',
    'adoptionProof',
  )
  const periodHours = readSpan(place, 'period', defaults.period)
  const length = periodHours === undefined ? undefined : periodFault(periodHours)
  if (length !== undefined) place.fault('period', length)
  const known = periodHours ?? 24
  const longest = Math.min(defaults.longestOverlapHours, known / 2)
  const overlapHours = place.has('overlap') ? readSpan(place, 'overlap', '') : longest
  if (periodHours !== undefined && overlapHours !== undefined && overlapHours >= periodHours) {
    place.fault('overlap', `is not shorter than the period of ${periodHours}h: expected at most half of it`)
  }
  const window = readWindow(place)
  const misfit =
    window === undefined || window.cron === '' || periodHours === undefined || length !== undefined
      ? undefined
      : windowFault(window, periodHours)
  if (misfit !== undefined) place.fault('maintenanceWindow', `does not fit: ${misfit}`)
  const adoptionProof = readAdoptionProof(place, {
    periodHours: known,
    overlapHours: overlapHours ?? longest,
    readSpan,
  })
  return {
    periodHours: known,
    overlapHours: overlapHours ?? longest,
    ...defined({ adoptionProof }),
    backstop: backstopRules(known, window),
    sweepEveryMinutes: readSweepEvery(place),
    checksPerSecond: place.integer('checksPerSecond', CHECKS_PER_SECOND, [1, 1000]),
    longestHoldHours: readSpan(place, 'longestHold', defaults.longestHold) ?? 1,
    campaigns: readCampaigns(place, { window, reason: shapes.reason }),
    ...(place.has('stytchCallsPerSecond')
      ? { stytchCallsPerSecond: place.integer('stytchCallsPerSecond', 1, [1, 1000]) }
      : {}),
  }
}

const readProjectRotation = (stytch: Place): ProjectRotationConfig | undefined => {
  const place = stytch.inner('projectRotation')
  if (place === undefined) return undefined
  place.onlyKnows(
    'projectSlug',
    'environmentSlug',
    'workspaceKeySecretName',
    'workspaceKeySecretKeyArn',
    'periodDays',
    'quietHours',
  )
  const workspaceKeySecretKeyArn = place.optional('workspaceKeySecretKeyArn', shapes.keyArn)
  return {
    projectSlug: place.text('projectSlug', shapes.slug),
    environmentSlug: place.text('environmentSlug', shapes.slug),
    workspaceKeySecretName: place.text('workspaceKeySecretName', shapes.secretName),
    periodDays: place.integer('periodDays', defaults.projectPeriodDays, [2, 1000]),
    quietHours: place.integer('quietHours', defaults.projectQuietHours, [2, 720]),
    ...defined({ workspaceKeySecretKeyArn }),
  }
}

const readStytch = (root: Place, stage: string): DeployConfig['stytch'] => {
  const place = root.inner('stytch', '{ projectId, projectSecretName }')
  if (place === undefined) return { projectId: '', projectSecretName: '' }
  place.onlyKnows('projectId', 'projectSecretName', 'projectSecretKeyArn', 'projectRotation', 'tokenUrl')
  const projectId = place.text('projectId', shapes.projectId)
  if (projectId.startsWith('project-live-') && PLAY_STAGE.test(stage)) {
    place.fault('projectId', `is a live project in stage ${stage}: expected project-test-…, or a stage named otherwise`)
  }
  const projectSecretKeyArn = place.optional('projectSecretKeyArn', shapes.keyArn)
  const tokenUrl = place.optional('tokenUrl', shapes.httpsUrl)
  const projectRotation = readProjectRotation(place)
  return {
    projectId,
    projectSecretName: place.text('projectSecretName', shapes.secretName),
    ...defined({ projectSecretKeyArn, projectRotation, tokenUrl }),
  }
}

/** Exactly one of a value and a reason for none. */
const readDecision = <Key extends string>(
  root: Place,
  name: string,
  [key, shape]: readonly [Key, Shape],
): Readonly<Record<Key, string>> | { readonly noneBecause: string } => {
  const expected = `{ "${key}": … } or { "noneBecause": "…" }`
  const none = { noneBecause: '' }
  const place = root.inner(name, expected)
  if (place === undefined) return none
  place.onlyKnows(key, 'noneBecause')
  if (place.has(key) === place.has('noneBecause')) {
    place.fault('', `decides nothing: expected either ${expected}`)
    return none
  }
  if (place.has('noneBecause')) return { noneBecause: place.text('noneBecause', shapes.reason) }
  return { [key]: place.text(key, shape) } as Readonly<Record<Key, string>>
}

const readNetwork = (root: Place): NetworkConfig | undefined => {
  const place = root.inner('network')
  if (place === undefined) return undefined
  place.onlyKnows('subnetIds', 'securityGroupIds')
  const subnetIds = place.texts('subnetIds', shapes.subnetId)
  const securityGroupIds = place.texts('securityGroupIds', shapes.securityGroupId)
  if (subnetIds.length === 0) place.fault('subnetIds', 'is missing: expected at least one private subnet')
  if (securityGroupIds.length === 0) place.fault('securityGroupIds', 'is missing: expected at least one')
  // VpcConfig in Lambda's API reference.
  for (const [name, ids, most] of [
    ['subnetIds', subnetIds, 16],
    ['securityGroupIds', securityGroupIds, 5],
  ] as const) {
    if (ids.length > most) place.fault(name, `are ${ids.length}: expected at most ${most}, as Lambda takes`)
  }
  return { subnetIds, securityGroupIds }
}

const readTags = (root: Place): Readonly<Record<string, string>> => {
  const place = root.inner('tags')
  if (place === undefined) return {}
  const tags: Record<string, string> = {}
  for (const [key, value] of Object.entries(place.fields)) {
    if (!shapes.tagKey.fits(key)) place.fault(key, `is no tag's key: expected ${shapes.tagKey.expected}`)
    if (typeof value === 'string' && tagValueShape.fits(value)) tags[key] = value
    else place.fault(key, `is malformed: ${JSON.stringify(value)}; expected ${tagValueShape.expected}`)
  }
  const count = Object.keys(place.fields).length
  if (count > MAX_TAGS) root.fault('tags', `are ${count}: expected at most ${MAX_TAGS}, as AWS takes on a resource`)
  return tags
}

const readReplicas = (root: Place): readonly ReplicaConfig[] => {
  const seen = new Set<string>()
  return root.list('replicas').map((place) => {
    place.onlyKnows('region', 'keyArn')
    const region = place.text('region', shapes.region)
    if (seen.has(region)) place.fault('region', `is there twice: ${region}; expected each Region once`)
    seen.add(region)
    const keyArn = place.optional('keyArn', shapes.keyArn)
    return { region, ...defined({ keyArn }) }
  })
}

const readClients = (root: Place): readonly ClientConfig[] => {
  const places = root.list('clients')
  if (places.length > MAX_CLIENTS) {
    root.fault(
      'clients',
      `are ${places.length}: expected at most ${MAX_CLIENTS}, since CloudFormation stops at 500 resources; register them with the CLI instead, without a limit`,
    )
  }
  return readClientList(places, defaults.clientRemoval)
}

/** Those that are named, and those of the readers of declared clients: who lists a role has admitted its account. */
const readReaderAccounts = (root: Place, clients: readonly ClientConfig[], ownAccount?: string): readonly string[] => {
  const named = root.texts('readerAccounts', shapes.account)
  if (new Set(named).size < named.length) root.fault('readerAccounts', 'name one twice: expected each once')
  // An organization admits all of its accounts without a list.
  const isListed = !root.has('readerOrganizationId')
  const declared = isListed ? clients.flatMap(({ readers }) => readers.map((arn) => arn.split(':')[4] ?? '')) : []
  const accounts = [...new Set([...named, ...declared])].filter((account) => account !== ownAccount && account !== '')
  if (accounts.length > MAX_READER_ACCOUNTS) {
    root.fault(
      'readerAccounts',
      `are ${accounts.length}: expected at most ${MAX_READER_ACCOUNTS}; set readerOrganizationId for more`,
    )
  }
  return accounts
}

const readOperators = (root: Place): readonly string[] => {
  const operators = root.texts('operators', shapes.roleArn)
  if (new Set(operators).size < operators.length) root.fault('operators', 'name one twice: expected each role once')
  return operators
}

const readEnvironment = (root: Place): DeployConfig['environment'] => {
  const place = root.inner('environment')
  if (place === undefined) return undefined
  place.onlyKnows('account', 'region')
  return { account: place.text('account', shapes.account), region: place.text('region', shapes.region) }
}

const readLogRetention = (root: Place): number => {
  const days = root.integer('logRetentionDays', defaults.logRetentionDays, [1, 3653])
  if (!RETENTION_DAYS.includes(days)) {
    root.fault('logRetentionDays', `is ${days}: CloudWatch Logs expects one of ${RETENTION_DAYS.join(', ')}`)
  }
  return days
}

const readEvidence = (root: Place): DeployConfig['evidence'] => {
  const place = root.inner('evidence') ?? createPlace(`${root.path}.evidence`, root.faults, {})
  place.onlyKnows('retentionDays', 'objectLock')
  const retentionDays = place.integer('retentionDays', defaults.evidenceRetentionDays, [1, MAX_RETENTION_DAYS])
  if (!place.has('objectLock')) return { retentionDays }
  return { retentionDays, objectLock: place.oneOf('objectLock', objectLocks, 'governance') }
}

const deployedParts = (
  root: Place,
  { campaigns, adoptionProof }: DeployConfig['rotation'],
): readonly ReservingPart[] => {
  const stytch = root.fields.stytch
  const incidents = root.fields.incidents
  const optional: readonly (readonly [ReservingPart, boolean])[] = [
    ['project-rotation', isJsonObject(stytch) && stytch.projectRotation !== undefined],
    ['campaign', 'schedule' in campaigns],
    ['intake', isJsonObject(incidents) && incidents.intake !== undefined],
    ['vendor', root.has('vendor')],
    ['reads', adoptionProof !== undefined],
  ]
  return [
    'rotation',
    'incident',
    'sweep',
    'identify',
    ...optional.flatMap(([part, isThere]) => (isThere ? [part] : [])),
  ]
}

/** What a rotation may cost the account is bounded by the reservation, or else by the rate at which rotations are asked for. */
const bounded = (rotation: DeployConfig['rotation'], reservations: Reservations): DeployConfig['rotation'] =>
  reservations.rotation !== undefined || rotation.stytchCallsPerSecond !== undefined
    ? rotation
    : { ...rotation, stytchCallsPerSecond: defaults.unreservedStytchCallsPerSecond }

/** Absent settings are left out, as exactOptionalPropertyTypes wants them. */
const optionalSettings = (root: Place, reservations: Reservations) => {
  const deployRoleArn = root.optional('deployRoleArn', shapes.roleArn)
  const keyArn = root.optional('keyArn', shapes.keyArn)
  const readerOrganizationId = root.optional('readerOrganizationId', shapes.organization)
  const permissionsBoundaryArn = root.optional('permissionsBoundaryArn', shapes.policyArn)
  const network = readNetwork(root)
  const environment = readEnvironment(root)
  const vendor = readVendor(root, { ...shapes, isReserved: reservations.vendor !== undefined })
  const monitoringKey = root.optional('monitoringKey', shapes.monitoringKey)
  return {
    ...defined({
      deployRoleArn,
      keyArn,
      readerOrganizationId,
      permissionsBoundaryArn,
      network,
      environment,
      vendor,
      monitoringKey,
    }),
  }
}

const readRoot = (root: Place): DeployConfig => {
  root.onlyKnows(
    'stage',
    'namePrefix',
    'stytch',
    'rotation',
    'staleness',
    'propagation',
    'reservedConcurrency',
    'alarms',
    'breakGlass',
    'operators',
    'incidents',
    'vendor',
    'deployRoleArn',
    'keyArn',
    'monitoringKey',
    'readerAccounts',
    'readerOrganizationId',
    'network',
    'permissionsBoundaryArn',
    'tags',
    'onRemoval',
    'logRetentionDays',
    'evidence',
    'replicas',
    'environment',
    'clients',
  )
  const stage = root.text('stage', shapes.stage)
  if (PART_AT_END.test(stage)) {
    root.fault(
      'stage',
      `ends in the name of a part, ${stage}: expected another ending, since names would be shared with another stage`,
    )
  }
  const namePrefix = root.optional('namePrefix', shapes.namePrefix) ?? defaults.namePrefix
  const secretNamePrefix = `${namePrefix}/${stage}/`
  const stytch = readStytch(root, stage)
  if (stytch.projectSecretName.startsWith(secretNamePrefix)) {
    // The rotation function may write below the prefix, and every declared consumer's policy is cut by it.
    root.fault('stytch.projectSecretName', `lies below ${secretNamePrefix}: expected a name outside of the prefix`)
  }
  const { workspaceKeySecretName } = stytch.projectRotation ?? {}
  if (workspaceKeySecretName?.startsWith(secretNamePrefix) === true) {
    const key = 'stytch.projectRotation.workspaceKeySecretName'
    root.fault(key, `lies below ${secretNamePrefix}: expected a name outside of the prefix`)
  }
  if (workspaceKeySecretName === stytch.projectSecretName && workspaceKeySecretName !== '') {
    const key = 'stytch.projectRotation.workspaceKeySecretName'
    root.fault(key, 'is the project secret: expected a secret of its own, which other functions may not read')
  }
  const incidents = readIncidents(root, shapes)
  for (const [key, name] of intakeSecretNames(incidents)) {
    if (name.startsWith(secretNamePrefix)) {
      root.fault(key, `lies below ${secretNamePrefix}: expected a name outside of the prefix`)
    }
  }
  const rotation = readRotation(root)
  const reservations = readReservations(root, deployedParts(root, rotation))
  const clients = readClients(root)
  const optional = optionalSettings(root, reservations)
  return {
    stage,
    secretNamePrefix,
    stytch,
    incidents,
    rotation: bounded(rotation, reservations),
    bounds: readBoundsConfig(root),
    reservations,
    alarms: readDecision(root, 'alarms', ['email', shapes.email]),
    breakGlass: readDecision(root, 'breakGlass', ['roleArn', shapes.roleArn]),
    operators: readOperators(root),
    tags: readTags(root),
    onRemoval: root.oneOf('onRemoval', ['retain', 'destroy'], defaults.onRemoval),
    logRetentionDays: readLogRetention(root),
    evidence: readEvidence(root),
    replicas: readReplicas(root),
    readerAccounts: readReaderAccounts(root, clients, optional.environment?.account),
    clients,
    ...optional,
  }
}

/** Thrown at synth, with every fault of the configuration. */
export class DeployConfigFault extends Error {
  readonly faults: readonly string[]
  constructor(faults: readonly string[]) {
    super(`The configuration is not valid:\n${faults.map((fault) => `  ${fault}`).join('\n')}`)
    this.name = 'DeployConfigFault'
    this.faults = faults
  }
}

/** @throws DeployConfigFault with every fault. */
export const readDeployConfig = (context: unknown): DeployConfig => {
  const read = readConfigValue(context)
  if (!read.ok) throw new DeployConfigFault([read.fault])
  const { value } = read
  if (!isJsonObject(value)) {
    const what = value === undefined ? 'is missing' : 'is malformed'
    throw new DeployConfigFault([`m2m ${what}: expected an object under "context" (docs/deploying.md)`])
  }
  const faults: string[] = []
  const root = createPlace('m2m', faults, value)
  const config = readRoot(root)
  // A stand-in for what is malformed would be judged otherwise.
  if (faults.length === 0) {
    for (const [at, fault] of placeFaults(config)) root.fault(at, fault)
    const tooMuch = settingsFault(config)
    if (tooMuch !== undefined) root.fault('operators', tooMuch)
    for (const [at, fault] of readerFaults(config)) root.fault(`clients[${at}].readers`, fault)
  }
  if (faults.length > 0) throw new DeployConfigFault(faults)
  return config
}

/** The configuration of an app. @throws DeployConfigFault */
export const readContext = (node: Node): DeployConfig => readDeployConfig(node.tryGetContext('m2m'))
