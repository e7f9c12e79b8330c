// The registrar's settings.
import { defined } from '../core/base/defined.ts'
import type { StageSecrets } from '../core/secret/stage-secrets.ts'
import { createReader, type Environment, type Reader } from './reader.ts'
import { type RecordsEnv, readRecordsIfAny, writeRecords } from './records.ts'
import { readPrefixes, writePrefixes } from './secret-prefixes.ts'
import { readStytch, type StytchEnv, tokenUrlFault, writeStytchEnv } from './stytch.ts'

/** Where else a secret is kept readable. */
interface ReplicaEnv {
  readonly region: string
  readonly kmsKeyId?: string
}

export interface RegistrarEnv extends StageSecrets {
  readonly stytch: StytchEnv
  readonly rotationFunctionArn: string
  /** Absent: Secrets Manager's own key. */
  readonly kmsKeyId?: string
  /** For consumers; absent: Stytch's own address of the project. */
  readonly tokenUrl?: string
  /** Roles that the policy on every secret lets read the value. */
  readonly readers: readonly string[]
  /** Roles that it lets change the secret; the registrar's own is one of them. */
  readonly changers: readonly string[]
  /** Roles that it lets ask for rotations, and change nothing else. */
  readonly rotators: readonly string[]
  /** Roles that it lets do the same, and take AWSPENDING away. @default - none */
  readonly operators?: readonly string[]
  readonly replicas: readonly ReplicaEnv[]
  /** Other accounts whose roles may be readers of a secret: the key's policy admits their calls. */
  readonly readerAccounts: readonly string[]
  /** Every account of this organization as well. */
  readonly readerOrganizationId?: string
  /** The records table, for its claims; absent: there is none. */
  readonly records?: RecordsEnv
}

const ROLE_ARN = /^arn:[a-z-]+:iam::\d{12}:role\/[^*?]+$/

const checkRoles = (reader: Reader, name: string, text: string): readonly string[] => {
  const roles = text.split(' ').filter(Boolean)
  for (const role of roles) {
    if (!ROLE_ARN.test(role)) reader.fault(name, `is malformed: expected roles' ARNs without wildcards, found ${role}`)
  }
  return roles
}

const readAccounts = (reader: Reader, name: string): readonly string[] => {
  const accounts = (reader.optional(name) ?? '').split(' ').filter(Boolean)
  for (const account of accounts) {
    if (!/^\d{12}$/.test(account))
      reader.fault(name, `is malformed: expected accounts of twelve digits, found ${account}`)
  }
  return accounts
}

const readRoles = (reader: Reader, name: string): readonly string[] =>
  checkRoles(reader, name, reader.text(name, "roles' ARNs, separated by spaces"))

/** `eu-west-1 eu-north-1=arn:aws:kms:…` */
const readReplicas = (reader: Reader): readonly ReplicaEnv[] =>
  (reader.optional('M2M_REPLICAS') ?? '')
    .split(' ')
    .filter(Boolean)
    .map((text) => {
      const [region = '', kmsKeyId] = text.split('=', 2)
      if (!/^[a-z0-9-]+$/.test(region)) {
        reader.fault('M2M_REPLICAS', 'is malformed: expected Regions, each perhaps with "=" and a key')
      }
      return { region, ...defined({ kmsKeyId }) }
    })

/** What a registrar's settings and those of whatever registers beside it have in common. */
export const readRegistrar = (reader: Reader): RegistrarEnv => {
  const stytch = readStytch(reader)
  const prefixes = readPrefixes(reader)
  const { secretNamePrefix } = prefixes
  if (secretNamePrefix !== '' && !/^[A-Za-z0-9/_+=.@-]+\/$/.test(secretNamePrefix)) {
    reader.fault('M2M_SECRET_PREFIX', 'is malformed: expected m2m/<stage>/')
  }
  const rotationFunctionArn = reader.text('M2M_ROTATION_FUNCTION', "the rotation function's ARN")
  const kmsKeyId = reader.optional('M2M_KMS_KEY')
  const tokenUrl = reader.optional('M2M_TOKEN_URL')
  const tokenFault = tokenUrl === undefined ? undefined : tokenUrlFault(tokenUrl)
  if (tokenFault !== undefined) reader.fault('M2M_TOKEN_URL', `is malformed: ${tokenFault}`)
  const readers = readRoles(reader, 'M2M_READERS')
  const changers = readRoles(reader, 'M2M_CHANGERS')
  const rotators = checkRoles(reader, 'M2M_ROTATORS', reader.optional('M2M_ROTATORS') ?? '')
  const operators = checkRoles(reader, 'M2M_OPERATORS', reader.optional('M2M_OPERATORS') ?? '')
  const replicas = readReplicas(reader)
  const readerAccounts = readAccounts(reader, 'M2M_READER_ACCOUNTS')
  const readerOrganizationId = reader.optional('M2M_READER_ORGANIZATION')
  return {
    stytch,
    ...prefixes,
    rotationFunctionArn,
    readers,
    changers,
    rotators,
    ...(operators.length === 0 ? {} : { operators }),
    replicas,
    readerAccounts,
    ...defined({ readerOrganizationId, kmsKeyId, tokenUrl }),
    ...readRecordsIfAny(reader),
  }
}

export const readRegistrarEnv = (env: Environment): RegistrarEnv => {
  const reader = createReader(env)
  const settings = readRegistrar(reader)
  reader.finish()
  return settings
}

/** The inverse of readRegistrarEnv. */
export const writeRegistrarEnv = (settings: RegistrarEnv): Record<string, string> => ({
  ...writeStytchEnv(settings.stytch),
  ...writePrefixes(settings),
  ...writeRecords(settings.records),
  M2M_ROTATION_FUNCTION: settings.rotationFunctionArn,
  M2M_READERS: settings.readers.join(' '),
  M2M_CHANGERS: settings.changers.join(' '),
  ...(settings.rotators.length === 0 ? {} : { M2M_ROTATORS: settings.rotators.join(' ') }),
  ...(settings.operators === undefined || settings.operators.length === 0
    ? {}
    : { M2M_OPERATORS: settings.operators.join(' ') }),
  ...(settings.readerAccounts.length === 0 ? {} : { M2M_READER_ACCOUNTS: settings.readerAccounts.join(' ') }),
  ...defined({
    M2M_READER_ORGANIZATION: settings.readerOrganizationId,
    M2M_KMS_KEY: settings.kmsKeyId,
    M2M_TOKEN_URL: settings.tokenUrl,
  }),
  ...(settings.replicas.length === 0
    ? {}
    : {
        M2M_REPLICAS: settings.replicas
          .map(({ region, kmsKeyId }) => (kmsKeyId === undefined ? region : `${region}=${kmsKeyId}`))
          .join(' '),
      }),
})
