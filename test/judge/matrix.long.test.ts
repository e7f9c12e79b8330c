// The judge over what operators configure: as shipped, each feature alone, everything at once, stages side by side, and as many clients
// as a stack takes. No configuration that synth accepts has a finding.
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lambda/core/base/json-object.ts'
import { MAX_EXTRA_PREFIXES } from '../../lambda/core/secret/stage-secrets.ts'
import { fieldsOf } from '../../lambda/local/stand-in/fields.ts'
import { MAX_CLIENTS } from '../../lib/config/config-defaults.ts'
import { printed } from '../../scripts/judge/finding.ts'
import { judge } from '../../scripts/judge/judge.ts'
import type { Stack } from '../../scripts/judge/template.ts'
import { fixture, shippedConfig, stackFor } from './synthesised.ts'

const production = fixture('production')
const everything = fixture('everything')
const ACCOUNT = '111122223333'
const REGION = 'eu-west-1'

const findings = async (...stacks: readonly Stack[]): Promise<readonly string[]> => (await judge(stacks)).map(printed)

const stytch = fieldsOf(production.stytch)
const key = (name: string, region = REGION): string => `arn:aws:kms:${region}:${ACCOUNT}:key/${name}`

/** Each on top of the smallest configuration for production. */
const features: Readonly<Record<string, JsonObject>> = {
  'no alarm address': { alarms: { noneBecause: 'another stack subscribes' } },
  'no break-glass role': { breakGlass: { noneBecause: 'the root removes the policies' } },
  'no clients': { clients: [] },
  operators: { operators: [`arn:aws:iam::${ACCOUNT}:role/operators`] },
  'a security role of another account': {
    incidents: { security: { roleArns: ['arn:aws:iam::444455556666:role/security'] } },
  },
  'a leak intake': { incidents: { intake: { signingSecretName: 'leaks/signing' } } },
  'a leak intake behind a web ACL that is made': {
    incidents: { intake: { signingSecretName: 'leaks/signing', requestsPerAddress: 300 } },
  },
  'a leak intake behind a web ACL alone': {
    incidents: {
      intake: {
        signingSecretName: 'leaks/signing',
        webAclArn: `arn:aws:wafv2:eu-west-1:${ACCOUNT}:regional/webacl/main/44444444-4444-4444-4444-444444444444`,
        formerAddress: false,
      },
    },
  },
  'a vendor of tokens': { vendor: { endpoint: 'regional' } },
  'a vendor of tokens that makes the log role': { vendor: { endpoint: 'regional', accountLogRole: 'create' } },
  'a vendor of tokens behind a private API': {
    vendor: { endpoint: 'private', vpcEndpointIds: ['vpce-0123456789abcdef0'] },
  },
  'a project secret that is rotated': {
    stytch: {
      ...stytch,
      projectRotation: {
        projectSlug: 'acme',
        environmentSlug: 'production',
        workspaceKeySecretName: 'stytch/workspace',
      },
    },
  },
  'a project secret with a key of its own': { stytch: { ...stytch, projectSecretKeyArn: key('1') } },
  'proof of adoption': { rotation: { adoptionProof: {} } },
  'a maintenance window': { rotation: { maintenanceWindow: { cron: 'cron(0 2 1 1/3 ? *)', durationHours: 4 } } },
  'a limited rate of calls to Stytch': { rotation: { stytchCallsPerSecond: 20 } },
  'no campaigns': { rotation: { noCampaignsBecause: 'the Region has no durable functions' } },
  "a customer's key": { keyArn: key('2') },
  'a VPC': { network: { subnetIds: ['subnet-0123456789abcdef0'], securityGroupIds: ['sg-0123456789abcdef0'] } },
  'a permissions boundary': { permissionsBoundaryArn: `arn:aws:iam::${ACCOUNT}:policy/boundary` },
  'a key for logs and alarms': { monitoringKey: 'create' },
  replicas: { replicas: [{ region: 'eu-north-1' }, { region: 'eu-central-1', keyArn: key('3', 'eu-central-1') }] },
  'locked evidence': { evidence: { objectLock: 'compliance' } },
  'nothing reserved': { reservedConcurrency: 'none' },
  'nothing reserved, with an intake and a vendor': {
    reservedConcurrency: 'none',
    incidents: { intake: { signingSecretName: 'leaks/signing' } },
    vendor: { endpoint: 'regional' },
  },
  'nothing kept on removal': { onRemoval: 'destroy' },
  'a prefix beside its own': { extraPrefixes: ['legacy/'] },
  'as many prefixes as may be, each as long': {
    extraPrefixes: Array.from({ length: MAX_EXTRA_PREFIXES }, (_, at) => `${String(at).repeat(47)}/`),
    replicas: [{ region: 'eu-north-1' }, { region: 'eu-central-1', keyArn: key('3', 'eu-central-1') }],
    vendor: { endpoint: 'regional' },
    rotation: { adoptionProof: {} },
    operators: [`arn:aws:iam::${ACCOUNT}:role/operators`],
  },
  'account and Region left open': { environment: undefined },
}

/** Names as long as a list makes them, each with so many readers. */
const clients = (count: number, readersEach: number): readonly JsonObject[] =>
  Array.from({ length: count }, (_, client) => ({
    name: `client-number-${String(client).padStart(2, '0')}`,
    description: 'One of many',
    scopes: ['read:x'],
    readers: Array.from(
      { length: readersEach },
      (_reader, reader) => `arn:aws:iam::${ACCOUNT}:role/service-${client}-${reader}-task-role`,
    ),
  }))

describe('the judge finds nothing', () => {
  test('in the configuration that is shipped', async () => {
    expect(await findings(stackFor(shippedConfig()))).toEqual([])
  })

  test.each(Object.entries(features))('with %s', async (_name, changes) => {
    expect(await findings(stackFor({ ...production, ...changes }))).toEqual([])
  })

  test.each([
    'production',
    'everything',
    'everything-private',
    'intake-and-security',
    'intake-security-and-vendor',
    'own-key',
    'no-campaigns',
  ])('in the configuration %s', async (name) => {
    expect(await findings(stackFor(fixture(name)))).toEqual([])
  })
})

describe('side by side', () => {
  /** Both stages of an account share its log role, which one of them makes. */
  const staging = (config: JsonObject): JsonObject => ({
    ...config,
    stage: 'staging',
    ...(config.vendor === undefined ? {} : { vendor: { ...fieldsOf(config.vendor), accountLogRole: 'exists' } }),
  })

  test.each([
    ['the smallest', production],
    ['everything', everything],
  ])('two stages of an account have no name in common: %s', async (_name, config) => {
    expect(await findings(stackFor(config), stackFor(staging(config)))).toEqual([])
  })

  test('one stage in two accounts has no name in common', async () => {
    const config = { ...production, clients: clients(2, 0) }
    const other = {
      ...config,
      environment: { account: '999999999999', region: REGION },
      breakGlass: { roleArn: 'arn:aws:iam::999999999999:role/break-glass' },
    }

    expect(await findings(stackFor(config), stackFor(other))).toEqual([])
  })

  test('one stage in two Regions of an account has no name in common', async () => {
    const other = { account: ACCOUNT, region: 'eu-north-1' }

    expect(await findings(stackFor(production), stackFor({ ...production, environment: other }))).toEqual([])
  })
})

describe('many clients', () => {
  const sizes: readonly (readonly [number, number])[] = [
    [1, 1],
    [80, 1],
    ...(MAX_CLIENTS > 80 ? ([[MAX_CLIENTS, 1]] as const) : []),
    // Five hundred clients' worth of readers.
    [MAX_CLIENTS, Math.ceil(500 / MAX_CLIENTS)],
  ]

  test.each(sizes)(
    '%i clients with %i readers each stay within every quota, everything on',
    async (count, readersEach) => {
      expect(await findings(stackFor({ ...everything, clients: clients(count, readersEach) }))).toEqual([])
    },
  )

  test('one client more is refused at synth, with the number that fits', () => {
    const config = { ...production, clients: clients(MAX_CLIENTS + 1, 0) }

    expect(() => stackFor(config)).toThrow(new RegExp(`\\b${MAX_CLIENTS}\\b`))
  })

  test('names that differ in a dash alone work, or are refused with both names', async () => {
    const config = fixture('similar-names')
    let refusal: string | undefined
    try {
      stackFor(config)
    } catch (error) {
      refusal = String(error)
    }

    if (refusal === undefined) expect(await findings(stackFor(config))).toEqual([])
    else expect(refusal).toMatch(/(?=.*\ba-b\b)(?=.*(?<![\w-])ab(?![\w-]))/s)
  })
})
