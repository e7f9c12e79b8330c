// The settings contract between lib, which writes a function's environment, and the handlers, which read it. Pure: a record in,
// typed settings out, every fault reported at once. A deployed environment holds names and ids, never a secret.
//
// A deployed bundle is built with DEPLOYED_BUNDLE defined. That drops what is for laptops alone: another address for Stytch,
// plain http on loopback, and the project secret in the environment. So no setting can send production's secret elsewhere.
import { Fault } from './domain/failures.ts'

declare const DEPLOYED_BUNDLE: boolean | undefined

export type Environment = Readonly<Record<string, string | undefined>>

/** The one place where a function's environment is read. */
export const processEnvironment = (): Environment => process.env

export type ProjectSecretSource =
  /** Name or ARN of the Secrets Manager secret that holds it (docs/secret-format.md). */
  | { readonly kind: 'stored'; readonly secretId: string }
  /** Laptop only. */
  | { readonly kind: 'given'; readonly secret: string }

export interface StytchEnv {
  readonly projectId: string
  readonly projectSecret: ProjectSecretSource
  /** Laptop only; else the vendor's own address. */
  readonly baseUrl?: string
}

export interface RotationEnv {
  readonly stytch: StytchEnv
  /** Name or ARN of the event bus. */
  readonly eventBus: string
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** @returns what is wrong with an address for Stytch, or undefined. */
export const baseUrlFault = (override: string): string | undefined => {
  if (!URL.canParse(override)) return 'expected a URL'
  const { protocol, hostname, pathname, search, hash, username, password } = new URL(override)
  // Stytch's paths replace any path of the base (stytch-api §4), so one would be dropped in silence.
  if (pathname !== '/' || search !== '' || hash !== '' || username !== '' || password !== '') {
    return 'expected an origin, without path, query or user'
  }
  if (protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname))) return undefined
  return 'expected https, or http on a loopback host'
}

interface Reader {
  text(name: string, expected: string): string
  optional(name: string): string | undefined
  fault(name: string, what: string): void
  /** @throws Fault SETTINGS_MALFORMED with every fault, one a line. */
  finish(): void
}

const createReader = (env: Environment): Reader => {
  const faults: string[] = []
  const optional = (name: string): string | undefined => (env[name] === '' ? undefined : env[name])
  return {
    optional,
    text: (name, expected) => {
      const value = optional(name)
      if (value === undefined) faults.push(`${name} is missing: expected ${expected}`)
      return value ?? ''
    },
    fault: (name, what) => {
      faults.push(`${name} ${what}`)
    },
    finish: () => {
      if (faults.length === 0) return
      const message = `The settings are not complete:\n${faults.map((fault) => `  ${fault}`).join('\n')}`
      throw new Fault({ code: 'SETTINGS_MALFORMED', retryable: false, message })
    },
  }
}

const readProjectSecret = (reader: Reader): ProjectSecretSource => {
  if (typeof DEPLOYED_BUNDLE === 'undefined') {
    const secret = reader.optional('STYTCH_SECRET')
    if (secret !== undefined) return { kind: 'given', secret }
  }
  const expected = 'the name or ARN of the secret that holds the Stytch project secret'
  return { kind: 'stored', secretId: reader.text('STYTCH_PROJECT_SECRET_ID', expected) }
}

const readStytch = (reader: Reader): StytchEnv => {
  const projectId = reader.text('STYTCH_PROJECT_ID', 'a Stytch project id, project-live-… or project-test-…')
  if (projectId !== '' && !/^project-(live|test)-[A-Za-z0-9-]+$/.test(projectId)) {
    reader.fault('STYTCH_PROJECT_ID', 'is malformed: expected project-live-… or project-test-…')
  }
  const projectSecret = readProjectSecret(reader)
  if (typeof DEPLOYED_BUNDLE === 'undefined') {
    const baseUrl = reader.optional('STYTCH_BASE_URL')
    if (baseUrl !== undefined) {
      const fault = baseUrlFault(baseUrl)
      if (fault !== undefined) reader.fault('STYTCH_BASE_URL', `is malformed: ${fault}`)
      return { projectId, projectSecret, baseUrl }
    }
  }
  return { projectId, projectSecret }
}

export const readRotationEnv = (env: Environment): RotationEnv => {
  const reader = createReader(env)
  const stytch = readStytch(reader)
  const eventBus = reader.text('M2M_EVENT_BUS', 'the name or ARN of the event bus')
  reader.finish()
  return { stytch, eventBus }
}

/** The inverse of readRotationEnv. */
export const writeRotationEnv = ({ stytch, eventBus }: RotationEnv): Record<string, string> => ({
  STYTCH_PROJECT_ID: stytch.projectId,
  M2M_EVENT_BUS: eventBus,
  ...(stytch.projectSecret.kind === 'stored'
    ? { STYTCH_PROJECT_SECRET_ID: stytch.projectSecret.secretId }
    : { STYTCH_SECRET: stytch.projectSecret.secret }),
  ...(stytch.baseUrl === undefined ? {} : { STYTCH_BASE_URL: stytch.baseUrl }),
})

/** Where else a secret is kept readable. */
export interface ReplicaEnv {
  readonly region: string
  readonly kmsKeyId?: string
}

export interface RegistrarEnv {
  readonly stytch: StytchEnv
  /** Every secret's name starts with it, `m2m/<stage>/`; another name is refused. */
  readonly secretNamePrefix: string
  readonly rotationFunctionArn: string
  /** Absent: Secrets Manager's own key. */
  readonly kmsKeyId?: string
  /** For consumers; absent: Stytch's own address of the project. */
  readonly tokenUrl?: string
  /** Roles that the policy on every secret lets read the value. */
  readonly readers: readonly string[]
  /** Roles that it lets change the secret; the registrar's own is one of them. */
  readonly changers: readonly string[]
  readonly replicas: readonly ReplicaEnv[]
}

const ROLE_ARN = /^arn:[a-z-]+:iam::\d{12}:role\/[^*?]+$/

const readRoles = (reader: Reader, name: string): readonly string[] => {
  const roles = reader.text(name, "roles' ARNs, separated by spaces").split(' ').filter(Boolean)
  for (const role of roles) {
    if (!ROLE_ARN.test(role)) reader.fault(name, `is malformed: expected roles' ARNs without wildcards, found ${role}`)
  }
  return roles
}

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
      return { region, ...(kmsKeyId === undefined ? {} : { kmsKeyId }) }
    })

export const readRegistrarEnv = (env: Environment): RegistrarEnv => {
  const reader = createReader(env)
  const stytch = readStytch(reader)
  const secretNamePrefix = reader.text('M2M_SECRET_PREFIX', "the prefix of every secret's name, m2m/<stage>/")
  if (secretNamePrefix !== '' && !/^[A-Za-z0-9/_+=.@-]+\/$/.test(secretNamePrefix)) {
    reader.fault('M2M_SECRET_PREFIX', 'is malformed: expected m2m/<stage>/')
  }
  const rotationFunctionArn = reader.text('M2M_ROTATION_FUNCTION', "the rotation function's ARN")
  const kmsKeyId = reader.optional('M2M_KMS_KEY')
  const tokenUrl = reader.optional('M2M_TOKEN_URL')
  if (tokenUrl !== undefined && !URL.canParse(tokenUrl)) reader.fault('M2M_TOKEN_URL', 'is malformed: expected a URL')
  const readers = readRoles(reader, 'M2M_READERS')
  const changers = readRoles(reader, 'M2M_CHANGERS')
  const replicas = readReplicas(reader)
  reader.finish()
  return {
    stytch,
    secretNamePrefix,
    rotationFunctionArn,
    readers,
    changers,
    replicas,
    ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
    ...(tokenUrl === undefined ? {} : { tokenUrl }),
  }
}

const writeStytchEnv = ({ projectId, projectSecret, baseUrl }: StytchEnv): Record<string, string> => ({
  STYTCH_PROJECT_ID: projectId,
  ...(projectSecret.kind === 'stored'
    ? { STYTCH_PROJECT_SECRET_ID: projectSecret.secretId }
    : { STYTCH_SECRET: projectSecret.secret }),
  ...(baseUrl === undefined ? {} : { STYTCH_BASE_URL: baseUrl }),
})

/** The inverse of readRegistrarEnv. */
export const writeRegistrarEnv = (settings: RegistrarEnv): Record<string, string> => ({
  ...writeStytchEnv(settings.stytch),
  M2M_SECRET_PREFIX: settings.secretNamePrefix,
  M2M_ROTATION_FUNCTION: settings.rotationFunctionArn,
  M2M_READERS: settings.readers.join(' '),
  M2M_CHANGERS: settings.changers.join(' '),
  ...(settings.kmsKeyId === undefined ? {} : { M2M_KMS_KEY: settings.kmsKeyId }),
  ...(settings.tokenUrl === undefined ? {} : { M2M_TOKEN_URL: settings.tokenUrl }),
  ...(settings.replicas.length === 0
    ? {}
    : {
        M2M_REPLICAS: settings.replicas
          .map(({ region, kmsKeyId }) => (kmsKeyId === undefined ? region : `${region}=${kmsKeyId}`))
          .join(' '),
      }),
})
