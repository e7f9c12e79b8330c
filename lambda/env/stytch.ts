// How a function reaches Stytch: the project, where its secret lies, and, on a laptop alone, another address. A deployed bundle is
// built with DEPLOYED_BUNDLE defined, which drops what is for laptops; so no setting can send production's secret elsewhere.
import { defined } from '../core/base/defined.ts'
import type { Reader } from './reader.ts'

declare const DEPLOYED_BUNDLE: boolean | undefined

type ProjectSecretSource =
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

/** @returns what is wrong with an address that consumers send their secret to, or undefined. */
export const tokenUrlFault = (url: string): string | undefined => {
  if (!URL.canParse(url)) return 'expected a URL'
  const { protocol, hostname, username, password } = new URL(url)
  if (username !== '' || password !== '') return 'expected a URL without a user'
  if (protocol === 'https:') return undefined
  if (typeof DEPLOYED_BUNDLE === 'undefined' && protocol === 'http:' && LOOPBACK.has(hostname)) return undefined
  return 'expected https, or http on a loopback host'
}

const readProjectSecret = (reader: Reader): ProjectSecretSource => {
  if (typeof DEPLOYED_BUNDLE === 'undefined') {
    const secret = reader.optional('STYTCH_SECRET')
    if (secret !== undefined) return { kind: 'given', secret }
  }
  const expected = 'the name or ARN of the secret that holds the Stytch project secret'
  return { kind: 'stored', secretId: reader.text('STYTCH_PROJECT_SECRET_ID', expected) }
}

const readProjectId = (reader: Reader): string => {
  const projectId = reader.text('STYTCH_PROJECT_ID', 'a Stytch project id, project-live-… or project-test-…')
  if (projectId !== '' && !/^project-(live|test)-[A-Za-z0-9-]+$/.test(projectId)) {
    reader.fault('STYTCH_PROJECT_ID', 'is malformed: expected project-live-… or project-test-…')
  }
  return projectId
}

const readBaseUrl = (reader: Reader): { readonly baseUrl?: string } => {
  if (typeof DEPLOYED_BUNDLE === 'undefined') {
    const baseUrl = reader.optional('STYTCH_BASE_URL')
    if (baseUrl !== undefined) {
      const fault = baseUrlFault(baseUrl)
      if (fault !== undefined) reader.fault('STYTCH_BASE_URL', `is malformed: ${fault}`)
      return { baseUrl }
    }
  }
  return {}
}

export const readStytch = (reader: Reader): StytchEnv => {
  const projectId = readProjectId(reader)
  const projectSecret = readProjectSecret(reader)
  return { projectId, projectSecret, ...readBaseUrl(reader) }
}

/** Where Stytch's token endpoint is: all that a function needs which only asks whether a value is accepted. */
export type TokenPlaceEnv = Omit<StytchEnv, 'projectSecret'>

export const readTokenPlace = (reader: Reader): TokenPlaceEnv => ({
  projectId: readProjectId(reader),
  ...readBaseUrl(reader),
})

export const writeTokenPlace = ({ projectId, baseUrl }: TokenPlaceEnv): Record<string, string> => ({
  STYTCH_PROJECT_ID: projectId,
  ...defined({ STYTCH_BASE_URL: baseUrl }),
})

export const writeStytchEnv = ({ projectId, projectSecret, baseUrl }: StytchEnv): Record<string, string> => ({
  STYTCH_PROJECT_ID: projectId,
  ...(projectSecret.kind === 'stored'
    ? { STYTCH_PROJECT_SECRET_ID: projectSecret.secretId }
    : { STYTCH_SECRET: projectSecret.secret }),
  ...defined({ STYTCH_BASE_URL: baseUrl }),
})
