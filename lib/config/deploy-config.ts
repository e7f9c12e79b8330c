// What an operator decides about a deployment: cdk.json's context key `m2m`, read into typed settings. Pure but for the one file that
// `-c m2m=@config.json` names (config-text.ts). Every fault is reported at once, each with its path and with what would be accepted; an unknown
// key is a fault, since a misspelt setting would otherwise be a silent default.

import type { Node } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import { isJsonObject } from '../../lambda/core/base/json-object.ts'
import { messageText } from '../../lambda/core/base/message-text.ts'
import type { Bounds } from '../../lambda/core/rotation/bounds.ts'
import {
  EXTRA_PREFIX_RULE,
  extraPrefixFaults,
  MAX_EXTRA_PREFIXES,
  prefixesOf,
} from '../../lambda/core/secret/stage-secrets.ts'
import {
  type AwsEnvironment,
  type BreakGlass,
  type EvidenceConfig,
  type NetworkConfig,
  type ReplicaConfig,
  readDecision,
  readEnvironment,
  readEvidenceConfig,
  readLogRetention,
  readNetwork,
  readOperators,
  readReaderAccounts,
  readReplicas,
  readTags,
} from './account-config.ts'
import { type AlarmAddress, readAlarms, runbookUrlShape } from './alarms-config.ts'
import { readBoundsConfig } from './bounds-config.ts'
import { campaignFaults } from './campaign-faults.ts'
import { type ClientConfig, readClientList } from './client-config.ts'
import { defaults, MAX_CLIENTS } from './config-defaults.ts'
import { createPlace, type Place } from './config-place.ts'
import { shapes } from './config-shapes.ts'
import { readConfigValue } from './config-text.ts'
import { type DrillConfig, readDrill } from './drill-config.ts'
import { type IncidentsConfig, intakeSecretNames, readIncidents } from './incident-config.ts'
import { placeFaults } from './place-faults.ts'
import { readerFaults } from './reader-faults.ts'
import { type Reservations, type ReservingPart, readReservations } from './reservations.ts'
import { bounded, type RotationConfig, readRotation } from './rotation-config.ts'
import { readSets, type SetsConfig } from './sets-config.ts'
import { settingsFault } from './settings-faults.ts'
import { partWords } from './stage-names.ts'
import { readStytchConfig, type StytchConfig, stytchSecretNames } from './stytch-config.ts'
import { readVendor, type VendorConfig } from './vendor-config.ts'

export interface DeployConfig {
  /** Names the deployment within its account: roles, functions and secrets carry it. */
  readonly stage: string
  /** Every managed secret's name starts with it, and every policy is cut by it: `m2m/<stage>/`. */
  readonly secretNamePrefix: string
  /** Or with one of these, where it was adopted where it is. Absent: none. */
  readonly extraPrefixes?: readonly string[]
  readonly stytch: StytchConfig
  readonly rotation: RotationConfig
  /** How far Secrets Manager and Stytch may be behind, and what a step allows for it. */
  readonly bounds: Bounds
  /** Of the functions that are deployed; a part that is not named reserves nothing. */
  readonly reservations: Reservations
  readonly alarms: AlarmAddress
  /** Where the runbook can be read; messages link to its headings. Absent: they name the page. */
  readonly runbookUrl?: string
  readonly breakGlass: BreakGlass
  /** Roles of people who run the command line; each gets the operator policy attached by its owner (docs/deploying.md). */
  readonly operators: readonly string[]
  /** Who declares which clients by the command line, by the sets' names. None: every operator any. */
  readonly sets: SetsConfig
  readonly incidents: IncidentsConfig
  readonly drills: DrillConfig
  /** Absent: no tokens are vended. */
  readonly vendor?: VendorConfig
  /** The role by which CloudFormation changes the stack; absent: that of `cdk bootstrap`. */
  readonly deployRoleArn?: string
  /** Roles by which CloudFormation deploys other stacks that declare clients of this stage. */
  readonly clientDeployRoleArns: readonly string[]
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
  readonly evidence: EvidenceConfig
  readonly replicas: readonly ReplicaConfig[]
  readonly environment?: AwsEnvironment
  readonly clients: readonly ClientConfig[]
}

/** Else its names would be those of another stage's parts: `m2m-prod-sweep-dead-letters`, `m2m-prod-project-rotation`. */
const PART_AT_END = new RegExp(`-(${[...partWords].join('|')})$`)

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

/** Each opens every secret below it to the stage's functions. */
const readExtraPrefixes = (root: Place, own: string): readonly string[] => {
  const prefixes = root.texts('extraPrefixes', { expected: EXTRA_PREFIX_RULE, fits: () => true })
  for (const [at, fault] of extraPrefixFaults(own, prefixes)) root.fault(`extraPrefixes[${at}]`, fault)
  if (prefixes.length > MAX_EXTRA_PREFIXES) {
    root.fault('extraPrefixes', `are ${prefixes.length}: expected at most ${MAX_EXTRA_PREFIXES}`)
  }
  return prefixes
}

const deployedParts = (root: Place, { campaigns, adoptionProof }: RotationConfig): readonly ReservingPart[] => {
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

/** Absent settings are left out, as exactOptionalPropertyTypes wants them. */
const optionalSettings = (root: Place, reservations: Reservations) => {
  const deployRoleArn = root.optional('deployRoleArn', shapes.roleArn)
  const keyArn = root.optional('keyArn', shapes.keyArn)
  const readerOrganizationId = root.optional('readerOrganizationId', shapes.organization)
  const permissionsBoundaryArn = root.optional('permissionsBoundaryArn', shapes.policyArn)
  const network = readNetwork(root)
  const environment = readEnvironment(root)
  const vendor = readVendor(root, { isReserved: reservations.vendor !== undefined })
  const monitoringKey = root.optional('monitoringKey', shapes.monitoringKey)
  const runbookUrl = root.optional('runbookUrl', runbookUrlShape)
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
      runbookUrl,
    }),
  }
}

/** The rotation function may write below the prefix, and every declared consumer's policy is cut by it. */
const checkSecretNames = (
  root: Place,
  prefixes: readonly string[],
  names: readonly (readonly [key: string, name: string])[],
): void => {
  for (const [key, name] of names) {
    const prefix = prefixes.find((one) => name.startsWith(one))
    if (prefix !== undefined) root.fault(key, `lies below ${prefix}: expected a name outside of the prefix`)
  }
}

const readRoot = (root: Place): DeployConfig => {
  root.onlyKnows(
    'stage',
    'namePrefix',
    'extraPrefixes',
    'stytch',
    'rotation',
    'staleness',
    'propagation',
    'reservedConcurrency',
    'alarms',
    'runbookUrl',
    'breakGlass',
    'operators',
    'sets',
    'incidents',
    'drill',
    'vendor',
    'deployRoleArn',
    'clientDeployRoleArns',
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
  const extraPrefixes = readExtraPrefixes(root, secretNamePrefix)
  const stytch = readStytchConfig(root, stage)
  const incidents = readIncidents(root)
  checkSecretNames(root, prefixesOf({ secretNamePrefix, extraPrefixes }), [
    ...stytchSecretNames(stytch),
    ...intakeSecretNames(incidents),
  ])
  const rotation = readRotation(root)
  const reservations = readReservations(root, deployedParts(root, rotation))
  const clients = readClients(root)
  const sets = readSets(root)
  const optional = optionalSettings(root, reservations)
  return {
    stage,
    secretNamePrefix,
    ...(extraPrefixes.length === 0 ? {} : { extraPrefixes }),
    stytch,
    incidents,
    drills: readDrill(root),
    rotation: bounded(rotation, reservations),
    bounds: readBoundsConfig(root),
    reservations,
    alarms: readAlarms(root),
    breakGlass: readDecision(root, 'breakGlass', ['roleArn', shapes.roleArn]),
    operators: readOperators(root),
    sets,
    tags: readTags(root),
    onRemoval: root.oneOf('onRemoval', ['retain', 'destroy'], defaults.onRemoval),
    logRetentionDays: readLogRetention(root),
    evidence: readEvidenceConfig(root),
    replicas: readReplicas(root),
    clientDeployRoleArns: root.texts('clientDeployRoleArns', shapes.roleArn),
    readerAccounts: readReaderAccounts(root, { clients, sets }, optional.environment?.account),
    clients,
    ...optional,
  }
}

/** Thrown at synth, with every fault of the configuration. */
export class DeployConfigFault extends Error {
  readonly faults: readonly string[]
  constructor(faults: readonly string[]) {
    super(messageText(`The configuration is not valid:\n${faults.map((fault) => `  ${fault}`).join('\n')}`))
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
    for (const [at, fault] of campaignFaults(config)) root.fault(at, fault)
    const tooMuch = settingsFault(config)
    if (tooMuch !== undefined) root.fault('operators', tooMuch)
    for (const [at, fault] of readerFaults(config)) root.fault(`clients[${at}].readers`, fault)
  }
  if (faults.length > 0) throw new DeployConfigFault(faults)
  return config
}

/** The configuration of an app. @throws DeployConfigFault */
export const readContext = (node: Node): DeployConfig => readDeployConfig(node.tryGetContext('m2m'))
