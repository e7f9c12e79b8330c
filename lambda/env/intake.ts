// The leak intake's settings: names of secrets, never a key. Another address of GitHub's is an operator's, for an enterprise server.
import { defined } from '../core/base/defined.ts'
import { endpointOf } from './freeze.ts'
import { createReader, type Environment, type Reader } from './reader.ts'
import { type RecordsEnv, readRecordsTable, writeRecords } from './records.ts'

declare const DEPLOYED_BUNDLE: boolean | undefined

export interface IntakeEnv {
  /** Name of the secret that holds the detectors' signing keys. */
  readonly signingSecretId: string
  /** Where the gate is kept. */
  readonly records: RecordsEnv
  /** Name of the secret that held the gate before (docs/decisions/058). */
  readonly formerGateId: string
  readonly maxPerHour: number
  /** Slugs of the secret types whose alerts are followed. */
  readonly watched: readonly string[]
  readonly identifyFunctionName: string
  /** Name or ARN of the event bus. */
  readonly eventBus: string
  /** Name of the secret that holds a GitHub App's key; absent: nothing is fetched from GitHub. */
  readonly githubAppSecretId?: string
  readonly githubUrl: string
  /** Where Lambda listens; absent: at AWS's own address. */
  readonly lambdaEndpoint?: string
}

export const GITHUB_URL = 'https://api.github.com'

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** The App's key goes there: https, or, in tests, a loopback address. */
const isGithubUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, search, hash, username, password } = new URL(text)
  if (`${search}${hash}${username}${password}` !== '' || text.endsWith('/')) return false
  if (protocol === 'https:') return true
  return typeof DEPLOYED_BUNDLE === 'undefined' && protocol === 'http:' && LOOPBACK.has(hostname)
}

const readWatched = (reader: Reader): readonly string[] => {
  const watched = reader.text('M2M_INTAKE_WATCHED', 'slugs of secret types, separated by spaces').split(' ')
  const slugs = watched.filter((slug) => slug !== '')
  if (slugs.some((slug) => !/^[a-z0-9]+(_[a-z0-9]+)*$/.test(slug))) {
    reader.fault('M2M_INTAKE_WATCHED', 'is malformed: expected slugs of a-z, 0-9 and _')
  }
  return slugs
}

export const readIntakeEnv = (env: Environment): IntakeEnv => {
  const reader = createReader(env)
  const maxPerHour = reader.text('M2M_INTAKE_PER_HOUR', 'how many incidents an hour, 1 to 50')
  if (maxPerHour !== '' && !/^([1-9]|[1-4]\d|50)$/.test(maxPerHour)) {
    reader.fault('M2M_INTAKE_PER_HOUR', 'is malformed: expected 1 to 50')
  }
  const githubAppSecretId = reader.optional('M2M_GITHUB_APP_SECRET')
  const githubUrl = reader.optional('M2M_GITHUB_URL') ?? GITHUB_URL
  if (!isGithubUrl(githubUrl))
    reader.fault('M2M_GITHUB_URL', 'is malformed: expected https, without a slash at the end')
  const lambdaEndpoint = endpointOf(reader, 'LAMBDA')
  const settings: IntakeEnv = {
    signingSecretId: reader.text(
      'M2M_INTAKE_SIGNING_SECRET',
      "the name of the secret with the detectors' signing keys",
    ),
    records: readRecordsTable(reader),
    formerGateId: reader.text('M2M_INTAKE_FORMER_GATE', 'the name of the secret that held the gate before'),
    maxPerHour: Number(maxPerHour),
    watched: readWatched(reader),
    identifyFunctionName: reader.text('M2M_IDENTIFY_FUNCTION', "the identify function's name"),
    eventBus: reader.text('M2M_EVENT_BUS', 'the name or ARN of the event bus'),
    githubUrl,
    ...defined({ githubAppSecretId, lambdaEndpoint }),
  }
  reader.finish()
  return settings
}

/** The inverse of readIntakeEnv. */
export const writeIntakeEnv = (settings: IntakeEnv): Record<string, string> => ({
  M2M_INTAKE_SIGNING_SECRET: settings.signingSecretId,
  ...writeRecords(settings.records),
  M2M_INTAKE_FORMER_GATE: settings.formerGateId,
  M2M_INTAKE_PER_HOUR: String(settings.maxPerHour),
  M2M_INTAKE_WATCHED: settings.watched.join(' '),
  M2M_IDENTIFY_FUNCTION: settings.identifyFunctionName,
  M2M_EVENT_BUS: settings.eventBus,
  ...defined({ M2M_GITHUB_APP_SECRET: settings.githubAppSecretId }),
  ...(settings.githubUrl === GITHUB_URL ? {} : { M2M_GITHUB_URL: settings.githubUrl }),
  ...defined({ AWS_ENDPOINT_URL_LAMBDA: settings.lambdaEndpoint }),
})
