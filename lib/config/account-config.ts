// What an operator decides about the account around the functions: its people, Regions, network, tags, reader accounts, and how long logs and
// evidence are kept. Read with the rest of the configuration (deploy-config.ts).
import { defined } from '../../lambda/core/base/defined.ts'
import { type ClientConfig, tagValueShape } from './client-config.ts'
import { defaults, MAX_READER_ACCOUNTS } from './config-defaults.ts'
import type { Place, Shape } from './config-place.ts'
import { shapes } from './config-shapes.ts'
import type { SetsConfig } from './sets-config.ts'

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

export interface AwsEnvironment {
  readonly account: string
  readonly region: string
}

/** What is kept for auditors, and for how long. */
export interface EvidenceConfig {
  readonly retentionDays: number
  /** Which key signs proofs: 1 for the first, raised to replace it. Former ones stay. */
  readonly signingKey: number
  /** Until then nobody deletes: nobody without a special right (governance), or nobody at all (compliance). @default - off */
  readonly objectLock?: ObjectLock
}

/** Of a stack and of each of its resources (AWS General Reference, "Tagging"). */
const MAX_TAGS = 50

/** A hundred years, which is all that Object Lock takes. */
const MAX_RETENTION_DAYS = 36_500

const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]

/** Exactly one of a value and a reason for none. */
export const readDecision = <Key extends string>(
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

export const readNetwork = (root: Place): NetworkConfig | undefined => {
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

export const readTags = (root: Place): Readonly<Record<string, string>> => {
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

export const readReplicas = (root: Place): readonly ReplicaConfig[] => {
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

/** Those that are named, and those of the readers of declared clients and of sets: who lists a role has admitted its account. */
export const readReaderAccounts = (
  root: Place,
  { clients, sets }: { readonly clients: readonly ClientConfig[]; readonly sets: SetsConfig },
  ownAccount?: string,
): readonly string[] => {
  const named = root.texts('readerAccounts', shapes.account)
  if (new Set(named).size < named.length) root.fault('readerAccounts', 'name one twice: expected each once')
  // An organization admits all of its accounts without a list.
  const isListed = !root.has('readerOrganizationId')
  const listed = [...clients, ...Object.values(sets)].flatMap(({ readers }) => readers)
  const declared = isListed ? listed.map((arn) => arn.split(':')[4] ?? '') : []
  const accounts = [...new Set([...named, ...declared])].filter((account) => account !== ownAccount && account !== '')
  if (accounts.length > MAX_READER_ACCOUNTS) {
    root.fault(
      'readerAccounts',
      `are ${accounts.length}: expected at most ${MAX_READER_ACCOUNTS}; set readerOrganizationId for more`,
    )
  }
  return accounts
}

export const readOperators = (root: Place): readonly string[] => {
  const operators = root.texts('operators', shapes.roleArn)
  if (new Set(operators).size < operators.length) root.fault('operators', 'name one twice: expected each role once')
  return operators
}

export const readEnvironment = (root: Place): AwsEnvironment | undefined => {
  const place = root.inner('environment')
  if (place === undefined) return undefined
  place.onlyKnows('account', 'region')
  return { account: place.text('account', shapes.account), region: place.text('region', shapes.region) }
}

export const readLogRetention = (root: Place): number => {
  const days = root.integer('logRetentionDays', defaults.logRetentionDays, [1, 3653])
  if (!RETENTION_DAYS.includes(days)) {
    root.fault('logRetentionDays', `is ${days}: CloudWatch Logs expects one of ${RETENTION_DAYS.join(', ')}`)
  }
  return days
}

/** Each is $1 a month for as long as its proofs are kept. */
const MAX_SIGNING_KEY = 99

export const readEvidenceConfig = (root: Place): EvidenceConfig => {
  const place = root.innerOrEmpty('evidence')
  place.onlyKnows('retentionDays', 'objectLock', 'signingKey')
  const retentionDays = place.integer('retentionDays', defaults.evidenceRetentionDays, [1, MAX_RETENTION_DAYS])
  const signingKey = place.integer('signingKey', 1, [1, MAX_SIGNING_KEY])
  if (!place.has('objectLock')) return { retentionDays, signingKey }
  return { retentionDays, signingKey, objectLock: place.oneOf('objectLock', objectLocks, 'governance') }
}
