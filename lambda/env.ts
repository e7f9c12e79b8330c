// The settings contract between lib, which writes a function's environment, and the handlers, which read it. Pure: a record in,
// typed settings out, every fault reported at once. A deployed environment holds names and ids, never a secret.
//
// A deployed bundle is built with DEPLOYED_BUNDLE defined. That drops what is for laptops alone: another address for Stytch,
// plain http on loopback, and the project secret in the environment. So no setting can send production's secret elsewhere.
import { Fault } from './domain/failures.ts'

declare const DEPLOYED_BUNDLE: boolean | undefined

export type Environment = Readonly<Record<string, string | undefined>>

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
  const { protocol, hostname, pathname, search, username, password } = new URL(override)
  // Stytch's paths replace any path of the base (stytch-api §4), so one would be dropped in silence.
  if (pathname !== '/' || search !== '' || username !== '' || password !== '') {
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
