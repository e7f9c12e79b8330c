// What an operator decides about the token vendor: from where it is reached, who from outside of this account's own policies is let in,
// and how much at once. Read with the rest of the configuration (deploy-config.ts); absent, there is no vendor.
import { defined } from '../../lambda/core/base/defined.ts'
import { CLIENT_NAME_RULE, expectedClientName, isClientName } from '../../lambda/core/secret/client-name.ts'
import { matching, type Place, type Shape } from './config-place.ts'
import { shapes } from './config-shapes.ts'

/** Who is let in by the API's own policy, and for which clients: names below the prefix, or `*` for all. */
export interface Admission {
  readonly who:
    | { readonly kind: 'account'; readonly account: string }
    | { readonly kind: 'organization'; readonly organization: string }
    | { readonly kind: 'role'; readonly roleArn: string }
  readonly clients: readonly string[]
}

export interface VendorConfig {
  readonly endpoint:
    | { readonly kind: 'regional' }
    | { readonly kind: 'private'; readonly vpcEndpointIds: readonly string[] }
  readonly admits: readonly Admission[]
  readonly webAclArn?: string
  readonly requestsPerSecond: number
  readonly burst: number
  readonly checkSeconds: number
  readonly vertical: 'consumer' | 'b2b'
  /** Whether this account and Region have the role by which API Gateway writes logs, or this stack makes it. */
  readonly accountLogRole: 'exists' | 'create'
}

export const vendorDefaults = {
  /** A hundred services that start at once, and each asks for a token or two. */
  requestsPerSecond: 50,
  burst: 200,
  /**
   * Where the function reserves nothing, the API's throttle is what bounds tokens under way: as many as would have been reserved, and a
   * rate at which an outage of Stytch, with its 15 s a request, leaves the account's other functions most of its executions.
   */
  unreserved: { requestsPerSecond: 5, burst: 20 },
  /** No token of a revoked value is served later than that. */
  checkSeconds: 30,
  vertical: 'consumer',
  /** It is one for the whole account and Region: another stack's, most likely. */
  accountLogRole: 'exists',
} as const

/** Of the token client (lambda/client/token-client.ts), seconds: how long it asks, and its longest pause. */
const CLIENT_PATIENCE_SECONDS = 30
const CLIENT_PAUSE_SECONDS = 4

/** When the last of so many services that start together has a token (docs/decisions/094). */
export const secondsToServe = (
  services: number,
  { requestsPerSecond, burst }: Pick<VendorConfig, 'requestsPerSecond' | 'burst'>,
): number => Math.max(0, services - burst) / requestsPerSecond + 2 * CLIENT_PAUSE_SECONDS

/** The lowest whole rate by which they all are served within the client's patience. */
const rateFor = (services: number, burst: number): number =>
  Math.max(1, Math.ceil((services - burst) / (CLIENT_PATIENCE_SECONDS - 2 * CLIENT_PAUSE_SECONDS)))

/** How much at once, as configured, or as so many services need that start together. */
const readPace = (place: Place, isReserved: boolean): Pick<VendorConfig, 'requestsPerSecond' | 'burst'> => {
  const atOnce = isReserved ? vendorDefaults : vendorDefaults.unreserved
  const burst = place.integer('burst', atOnce.burst, [1, 5_000])
  if (!place.has('services')) {
    return { burst, requestsPerSecond: place.integer('requestsPerSecond', atOnce.requestsPerSecond, [1, 10_000]) }
  }
  const services = place.integer('services', 1, [1, 100_000])
  const needed = rateFor(services, burst)
  const fallback = Math.max(atOnce.requestsPerSecond, needed)
  const requestsPerSecond = place.integer('requestsPerSecond', fallback, [1, 10_000])
  const seconds = secondsToServe(services, { requestsPerSecond, burst })
  if (seconds > CLIENT_PATIENCE_SECONDS) {
    place.fault(
      'requestsPerSecond',
      `is too low for ${services} services that start together: the last would wait ${Math.ceil(seconds)} s for a token, and the client gives up after ${CLIENT_PATIENCE_SECONDS} s; expected ${needed} at least`,
    )
  }
  return { requestsPerSecond, burst }
}

/** What an admission or a grant may name: one client, or all of them. */
export const vendedClient: Shape = {
  expected: `a client's name (${CLIENT_NAME_RULE}), or * for all`,
  fits: (value) => value === '*' || isClientName(value),
  expectedFor: (value) => `a client's name (${expectedClientName(value)}), or * for all`,
}

const vendorShapes = {
  endpoint: matching(/^(private|regional)$/, '"private" or "regional"'),
  vpcEndpointId: matching(/^vpce-[0-9a-f]{8,17}$/, 'vpce-…'),
  organization: matching(/^o-[a-z0-9]{10,32}$/, 'o-…'),
  client: vendedClient,
}

const readEndpoint = (place: Place): VendorConfig['endpoint'] => {
  const kind = place.text('endpoint', vendorShapes.endpoint)
  const vpcEndpointIds = place.texts('vpcEndpointIds', vendorShapes.vpcEndpointId)
  if (kind !== 'private') {
    if (vpcEndpointIds.length > 0) place.fault('vpcEndpointIds', 'are for a private endpoint only')
    return { kind: 'regional' }
  }
  if (vpcEndpointIds.length === 0) {
    place.fault('vpcEndpointIds', 'is missing: expected the VPC endpoints of execute-api that callers use')
  }
  return { kind, vpcEndpointIds }
}

const readAdmission = (place: Place): Admission => {
  place.onlyKnows('account', 'organization', 'role', 'clients')
  const named = ['account', 'organization', 'role'].filter((name) => place.has(name))
  if (named.length !== 1) place.fault('', 'is malformed: expected exactly one of account, organization, role')
  const clients = place.texts('clients', vendorShapes.client)
  if (clients.length === 0) place.fault('clients', "is missing: expected clients' names, or * for all")
  const who: Admission['who'] = place.has('account')
    ? { kind: 'account', account: place.text('account', shapes.account) }
    : place.has('organization')
      ? { kind: 'organization', organization: place.text('organization', vendorShapes.organization) }
      : { kind: 'role', roleArn: place.has('role') ? place.text('role', shapes.roleArn) : '' }
  return { who, clients }
}

export const readVendor = (root: Place, { isReserved }: { readonly isReserved: boolean }): VendorConfig | undefined => {
  const place = root.inner('vendor')
  if (place === undefined) return undefined
  place.onlyKnows(
    'endpoint',
    'vpcEndpointIds',
    'admits',
    'webAclArn',
    'services',
    'requestsPerSecond',
    'burst',
    'reservedConcurrency',
    'checkSeconds',
    'vertical',
    'accountLogRole',
  )
  const webAclArn = place.optional('webAclArn', shapes.webAclArn)
  return {
    endpoint: readEndpoint(place),
    admits: place.list('admits').map(readAdmission),
    ...readPace(place, isReserved),
    checkSeconds: place.integer('checkSeconds', vendorDefaults.checkSeconds, [1, 300]),
    vertical: place.oneOf('vertical', ['consumer', 'b2b'], vendorDefaults.vertical),
    accountLogRole: place.oneOf('accountLogRole', ['exists', 'create'], vendorDefaults.accountLogRole),
    ...defined({ webAclArn }),
  }
}
