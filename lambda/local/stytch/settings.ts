// What Stytch does not document, as settings with the likeliest default, so that a client can be shown every variant. The
// constructor, `configure` and POST /_stand-in/settings all go through the one check here; it reports all faults at once.

export interface StytchSettings {
  /** The reference says 200, a newer overview page 201. */
  readonly createStatus: number
  readonly clientNotFoundStatus: number
  readonly alreadyRotatingStatus: number
  readonly notRotatingStatus: number
  /** Of invalid_client at the token endpoint. 401 is RFC 6749; the only published mock answers 400. */
  readonly refusedCredentialStatus: number
  readonly invalidScopeStatus: number
  /** What a token request under another project's path is told. */
  readonly otherProjectError: 'project_not_found' | 'invalid_client'
  /** What `scope=` (present and empty) means. */
  readonly emptyScope: 'all' | 'refused'
  /** Credentials in the body and as Basic at once; RFC 6749 2.3 forbids it. */
  readonly bothCredentials: 'refused' | 'body' | 'basic'
  readonly inactiveClientMayRotate: boolean
  readonly deletedClientIdMayReturn: boolean
  /** How long a retired secret still passes at the token endpoint. */
  readonly propagationDelayMs: number
  /** How long after its start a next secret is still refused. */
  readonly nextSecretDelayMs: number
  /** `total` is then -1 in every search. */
  readonly searchTotalsDisabled: boolean
  readonly searchOrder: 'oldest' | 'newest' | 'client_id'
  /** null = cursors never expire. */
  readonly searchCursorLifetimeMs: number | null
  /** Stand-in for Stytch's unpublished entropy rule on imported secrets. */
  readonly importedSecretMinDistinctCharacters: number
  readonly importedSecretMaxCharacters: number
  readonly maxScopesPerClient: number
  /** null = no billing tier. */
  readonly maxClients: number | null
  /** Calls per fixed window that carry the project's credentials. null = unlimited. */
  readonly rateLimitClientCalls: number | null
  /** Calls per fixed window to the token endpoint. null = unlimited. */
  readonly rateLimitTokenCalls: number | null
  readonly rateLimitWindowMs: number
  /** null = no Retry-After header, as Stytch documents none. */
  readonly rateLimitRetryAfterSeconds: number | null
  /** One shot: the next generated secret ends in these four characters, and this is null again. */
  readonly nextSecretLastFour: string | null
}

export const defaultSettings: StytchSettings = {
  createStatus: 200,
  clientNotFoundStatus: 404,
  alreadyRotatingStatus: 400,
  notRotatingStatus: 400,
  refusedCredentialStatus: 401,
  invalidScopeStatus: 400,
  otherProjectError: 'project_not_found',
  emptyScope: 'all',
  bothCredentials: 'refused',
  inactiveClientMayRotate: true,
  deletedClientIdMayReturn: true,
  propagationDelayMs: 0,
  nextSecretDelayMs: 0,
  searchTotalsDisabled: false,
  searchOrder: 'oldest',
  searchCursorLifetimeMs: null,
  importedSecretMinDistinctCharacters: 5,
  importedSecretMaxCharacters: 256,
  maxScopesPerClient: 100,
  maxClients: null,
  rateLimitClientCalls: null,
  rateLimitTokenCalls: null,
  rateLimitWindowMs: 1000,
  rateLimitRetryAfterSeconds: null,
  nextSecretLastFour: null,
}

interface Rule {
  readonly expected: string
  readonly holds: (value: unknown) => boolean
}

const oneOf = (...values: ReadonlyArray<number | string>): Rule => ({
  expected: `one of ${values.join(', ')}`,
  holds: (value) => values.some((allowed) => allowed === value),
})
const isFlag: Rule = { expected: 'true or false', holds: (value) => typeof value === 'boolean' }
const integerFrom = (least: number): Rule => ({
  expected: `an integer from ${least}`,
  holds: (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= least,
})
const orNull = (rule: Rule): Rule => ({
  expected: `${rule.expected}, or null`,
  holds: (value) => value === null || rule.holds(value),
})
const isErrorStatus: Rule = {
  expected: 'a status from 400 to 499',
  holds: (value) => integerFrom(400).holds(value) && Number(value) <= 499,
}

const rules: Readonly<Record<keyof StytchSettings, Rule>> = {
  createStatus: oneOf(200, 201),
  clientNotFoundStatus: isErrorStatus,
  alreadyRotatingStatus: isErrorStatus,
  notRotatingStatus: isErrorStatus,
  refusedCredentialStatus: oneOf(400, 401),
  invalidScopeStatus: isErrorStatus,
  otherProjectError: oneOf('project_not_found', 'invalid_client'),
  emptyScope: oneOf('all', 'refused'),
  bothCredentials: oneOf('refused', 'body', 'basic'),
  inactiveClientMayRotate: isFlag,
  deletedClientIdMayReturn: isFlag,
  propagationDelayMs: integerFrom(0),
  nextSecretDelayMs: integerFrom(0),
  searchTotalsDisabled: isFlag,
  searchOrder: oneOf('oldest', 'newest', 'client_id'),
  searchCursorLifetimeMs: orNull(integerFrom(1)),
  importedSecretMinDistinctCharacters: integerFrom(1),
  importedSecretMaxCharacters: integerFrom(8),
  maxScopesPerClient: integerFrom(1),
  maxClients: orNull(integerFrom(0)),
  rateLimitClientCalls: orNull(integerFrom(0)),
  rateLimitTokenCalls: orNull(integerFrom(0)),
  rateLimitWindowMs: integerFrom(1),
  rateLimitRetryAfterSeconds: orNull(integerFrom(0)),
  nextSecretLastFour: orNull({
    expected: 'four base64url characters',
    holds: (value) => typeof value === 'string' && /^[A-Za-z0-9_-]{4}$/.test(value),
  }),
}

/** @returns every fault, one line each; empty = the input is a partial StytchSettings. */
export const settingFaults = (input: unknown): string[] => {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return ['expected a JSON object']
  const lines: string[] = []
  for (const [name, value] of Object.entries(input)) {
    const rule = Object.hasOwn(rules, name) ? rules[name as keyof StytchSettings] : undefined
    if (rule === undefined) lines.push(`${name}: no such setting`)
    else if (!rule.holds(value)) lines.push(`${name}: expected ${rule.expected}`)
  }
  return lines
}

export interface SettingsBox {
  /** In force now. */
  current(): StytchSettings
  /** @throws TypeError that lists every fault; nothing is changed then. */
  configure(change: Partial<StytchSettings>): void
  /** Back to what the constructor was given. */
  restore(): void
}

export const createSettings = (initial: Partial<StytchSettings> = {}): SettingsBox => {
  const checked = (change: Partial<StytchSettings>): Partial<StytchSettings> => {
    const lines = settingFaults(change)
    if (lines.length > 0) throw new TypeError(lines.join('; '))
    return change
  }
  const start: StytchSettings = { ...defaultSettings, ...checked(initial) }
  let settings = start
  return {
    current: () => settings,
    configure: (change) => {
      settings = { ...settings, ...checked(change) }
    },
    restore: () => {
      settings = start
    },
  }
}
