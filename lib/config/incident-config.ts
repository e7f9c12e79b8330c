// What an operator decides about incidents: who may report a leak, and whether detectors may. Read with the rest of the configuration
// (deploy-config.ts); names of secrets, never a key.
import { isIP } from 'node:net'
import { defined } from '../../lambda/core/base/defined.ts'
import { REQUESTS_PER_ADDRESS } from '../../lambda/core/intake/door-limits.ts'
import { matching, type Place } from './config-place.ts'
import { shapes } from './config-shapes.ts'

/** own: a web ACL of the account's. perAddress: one that is made, and counts each address in five minutes. */
export type IntakeFirewall =
  | { readonly kind: 'own'; readonly webAclArn: string }
  | {
      readonly kind: 'perAddress'
      readonly requestsPerAddress: number
      /** CIDR ranges that detectors deliver from: all others share half of what the API takes. None: every address is alike. */
      readonly detectorAddresses: readonly string[]
    }

export interface IntakeConfig {
  /** Name of the secret that holds the detectors' signing keys. Made by hand (docs/deploying.md). */
  readonly signingSecretName: string
  /** Name of the secret that holds a GitHub App's key; absent: nothing is fetched from GitHub. */
  readonly githubAppSecretName?: string
  /** The customer-managed key of those secrets; absent: aws/secretsmanager. */
  readonly secretsKeyArn?: string
  /** GitHub's REST API, for an enterprise server. */
  readonly githubUrl?: string
  /** Slugs of the secret types whose alerts are followed. */
  readonly watched: readonly string[]
  readonly maxPerHour: number
  /** Absent: the HTTP API is the only address, without AWS WAF. */
  readonly firewall?: IntakeFirewall
  /** Whether the HTTP API answers beside the firewall's address. @default true */
  readonly keepsFormerAddress: boolean
}

export interface IncidentsConfig {
  readonly security: {
    /** Roles that may report a leak as m2m.security. */
    readonly roleArns: readonly string[]
    /** How many clients one of their incidents may be about. */
    readonly maxClients: number
  }
  /** Absent: there is no leak intake. */
  readonly intake?: IntakeConfig
}

export const incidentDefaults = {
  /** As many as the incident function does by itself (lambda/core/incident/leak-report.ts). */
  maxClients: 25,
  /** What docs/detectors calls the patterns. */
  watched: ['stytch_m2m_client_secret', 'stytch_m2m_client_secret_before_id'],
  /** More are no leak but a detector gone wild, or somebody with its key. */
  maxPerHour: 10,
} as const

/** The bus's policy names each twice, and takes 10,240 characters. */
const MAX_SECURITY_ROLES = 10

const SLUG = matching(/^[a-z0-9]+(_[a-z0-9]+)*$/, 'a slug of a-z, 0-9 and _, such as "stytch_m2m_client_secret"')

const readWatched = (place: Place): readonly string[] => {
  const watched = place.texts('detectors', SLUG)
  return watched.length === 0 ? incidentDefaults.watched : [...new Set(watched)]
}

/** AWS WAF takes none as wide as /0. */
const CIDR = {
  expected: 'a range of addresses, such as "192.30.252.0/22"',
  fits: (text: string): boolean => {
    const [address = '', bits = '', ...more] = text.split('/')
    const longest = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0
    return more.length === 0 && /^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= longest
  },
}

const readFirewall = (place: Place): IntakeFirewall | undefined => {
  const webAclArn = place.optional('webAclArn', shapes.webAclArn)
  if (!place.has('requestsPerAddress') && place.has('detectorAddresses'))
    place.fault('detectorAddresses', 'is for the web ACL that requestsPerAddress makes: set that as well')
  if (!place.has('requestsPerAddress')) return webAclArn === undefined ? undefined : { kind: 'own', webAclArn }
  const { min, max } = REQUESTS_PER_ADDRESS
  if (webAclArn !== undefined)
    place.fault('requestsPerAddress', 'is for the web ACL that is made: leave out one of the two')
  return {
    kind: 'perAddress',
    requestsPerAddress: place.integer('requestsPerAddress', min, [min, max]),
    detectorAddresses: [...new Set(place.texts('detectorAddresses', CIDR))],
  }
}

/** Detectors are moved to the firewall's address one by one. */
const readsFormerAddress = (place: Place, firewall: IntakeFirewall | undefined): boolean => {
  const { formerAddress } = place.fields
  if (formerAddress === undefined) return true
  if (typeof formerAddress !== 'boolean') place.fault('formerAddress', 'is malformed: expected true or false')
  else if (!formerAddress && firewall === undefined) {
    place.fault(
      'formerAddress',
      'is false without a firewall, which leaves no address: set requestsPerAddress or webAclArn',
    )
  }
  return formerAddress !== false
}

const readIntake = (root: Place): IntakeConfig | undefined => {
  const place = root.inner('intake')
  if (place === undefined) return undefined
  place.onlyKnows(
    'signingSecretName',
    'githubAppSecretName',
    'secretsKeyArn',
    'githubUrl',
    'detectors',
    'maxPerHour',
    'webAclArn',
    'requestsPerAddress',
    'detectorAddresses',
    'formerAddress',
  )
  const firewall = readFirewall(place)
  const githubAppSecretName = place.optional('githubAppSecretName', shapes.secretName)
  const secretsKeyArn = place.optional('secretsKeyArn', shapes.keyArn)
  const githubUrl = place.optional('githubUrl', shapes.httpsUrl)
  if (githubUrl?.endsWith('/')) place.fault('githubUrl', 'ends in a slash: expected https://…/api/v3')
  return {
    signingSecretName: place.text('signingSecretName', shapes.secretName),
    watched: readWatched(place),
    // More is no hour in which a machine should decide (docs/decisions/058).
    maxPerHour: place.integer('maxPerHour', incidentDefaults.maxPerHour, [1, 40]),
    keepsFormerAddress: readsFormerAddress(place, firewall),
    ...defined({ githubAppSecretName, secretsKeyArn, githubUrl, firewall }),
  }
}

export const readIncidents = (root: Place): IncidentsConfig => {
  const place = root.innerOrEmpty('incidents')
  place.onlyKnows('security', 'intake')
  const security = place.innerOrEmpty('security')
  security.onlyKnows('roleArns', 'maxClients')
  const roleArns = security.texts('roleArns', shapes.roleArn)
  if (roleArns.length > MAX_SECURITY_ROLES) {
    security.fault(
      'roleArns',
      `are ${roleArns.length}: expected at most ${MAX_SECURITY_ROLES}; let further people assume one of them`,
    )
  }
  const intake = readIntake(place)
  return {
    security: {
      roleArns,
      maxClients: security.integer('maxClients', incidentDefaults.maxClients, [1, 1000]),
    },
    ...defined({ intake }),
  }
}

/** The secrets that the intake reads by hand-given names: none may lie where the rotation function may write. */
export const intakeSecretNames = ({ intake }: IncidentsConfig): readonly (readonly [key: string, name: string])[] =>
  intake === undefined
    ? []
    : [
        ['incidents.intake.signingSecretName', intake.signingSecretName],
        ...(intake.githubAppSecretName === undefined
          ? []
          : [['incidents.intake.githubAppSecretName', intake.githubAppSecretName] as const]),
      ]
