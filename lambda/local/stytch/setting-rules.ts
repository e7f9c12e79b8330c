// What each setting's value must be. The constructor, `configure` and POST /_stand-in/settings all go through this one check; it
// reports all faults at once and changes nothing.
import type { StytchSettings } from './settings.ts'

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
  refusedError: {
    expected: 'an error name of letters, digits and _',
    holds: (value) => typeof value === 'string' && /^\w{1,100}$/.test(value),
  },
  invalidScopeStatus: isErrorStatus,
  otherProjectError: oneOf('project_not_found', 'invalid_client'),
  emptyScope: oneOf('all', 'refused'),
  bothCredentials: oneOf('refused', 'body', 'basic'),
  inactiveClientMayRotate: isFlag,
  deletedClientIdMayReturn: isFlag,
  propagationDelayMs: integerFrom(0),
  nextSecretDelayMs: integerFrom(0),
  staleGetMs: integerFrom(0),
  nodeLagMs: {
    expected: 'a list of integers from 0, one for each node',
    holds: (value) => Array.isArray(value) && value.length > 0 && value.every((one) => integerFrom(0).holds(one)),
  },
  searchTotalsDisabled: isFlag,
  searchOrder: oneOf('oldest', 'newest', 'client_id'),
  searchCursorLifetimeMs: orNull(integerFrom(1)),
  importedSecretMinDistinctCharacters: integerFrom(1),
  importedSecretMaxCharacters: integerFrom(8),
  maxScopesPerClient: integerFrom(1),
  maxClients: orNull(integerFrom(0)),
  connectedAppNotFoundError: oneOf('connected_app_not_found', 'idp_client_not_found'),
  connectedAppClientCredentialsError: oneOf('unauthorized_client', 'unsupported_grant_type', 'invalid_client'),
  unknownGrantError: oneOf('invalid_grant', 'idp_not_found'),
  maxConnectedApps: orNull(integerFrom(0)),
  scimNextTokenBeforeComplete: oneOf('accepted', 'refused'),
  scimStartWhileRotating: oneOf('replaced', 'refused'),
  scimNoNextLastFour: oneOf('empty', 'null', 'absent'),
  scimTokenLifetimeMs: orNull(integerFrom(1)),
  scimConnectionNotFoundStatus: isErrorStatus,
  refusedBearerStatus: oneOf(401, 403),
  scimErrorBody: oneOf('scim', 'stytch'),
  maxProjectSecrets: integerFrom(1),
  lastProjectSecretMayBeDeleted: isFlag,
  projectSecretNotFoundStatus: isErrorStatus,
  deletedProjectSecretDelayMs: integerFrom(0),
  newProjectSecretDelayMs: integerFrom(0),
  usedAtGranularityMs: integerFrom(1),
  usedAtLagMs: integerFrom(0),
  neverUsedAt: oneOf('absent', 'null', 'zero'),
  rateLimitClientCalls: orNull(integerFrom(0)),
  rateLimitTokenCalls: orNull(integerFrom(0)),
  rateLimitManagementCalls: orNull(integerFrom(0)),
  rateLimitWindowMs: integerFrom(1),
  rateLimitRetryAfterSeconds: orNull(integerFrom(0)),
  nextSecretLastFour: orNull({
    expected: 'four base64url characters',
    holds: (value) => typeof value === 'string' && /^[A-Za-z0-9_-]{4}$/.test(value),
  }),
  latencyMs: integerFrom(0),
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
