// The configuration: what is taken, what stands in when nothing is said, and that everything wrong is refused at once, by its path
// and with what would be accepted.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { DeployConfigFault, readDeployConfig } from '../../lib/config/deploy-config.ts'
import { ACCOUNT, exampleConfig } from './synth.ts'

const faultsOf = (context: unknown): readonly string[] => {
  try {
    readDeployConfig(context)
  } catch (error) {
    if (error instanceof DeployConfigFault) return error.faults
    throw error
  }
  return []
}

const { stage, stytch, alarms, breakGlass } = exampleConfig
const minimal = { stage, stytch, alarms, breakGlass }
const with_ = (changes: Readonly<Record<string, unknown>>) => faultsOf({ ...minimal, ...changes })

test('the configuration that ships is valid, names no live project, and no real address', () => {
  const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> }

  const config = readDeployConfig(context.m2m)

  expect(config.stytch.projectId).toMatch(/^project-test-/)
  expect(config.alarms).toHaveProperty('noneBecause')
})

test('what nobody configures has a default', () => {
  const config = readDeployConfig(minimal)

  expect(config).toMatchObject({
    secretNamePrefix: 'm2m/prod/',
    rotation: {
      periodHours: 720,
      overlapHours: 24,
      backstop: { schedule: 'rate(60 days)', durationHours: 1 },
      sweepEveryMinutes: 15,
      checksPerSecond: 200,
      longestHoldHours: 168,
    },
    drills: {},
    reservations: { rotation: 50, incident: 10, campaign: 30, sweep: 1, identify: 2 },
    onRemoval: 'retain',
    logRetentionDays: 365,
    evidence: { retentionDays: 1096 },
    replicas: [],
    clients: [],
  })
})

test('what an operator must decide has none', () => {
  const faults = faultsOf({})

  expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
    'm2m.stage',
    'm2m.stytch',
    'm2m.alarms',
    'm2m.breakGlass',
  ])
  for (const fault of faults) expect(fault).toMatch(/is missing: expected ./)
})

test('every fault is reported at once, in one message', () => {
  const context = {
    ...minimal,
    stage: 'PROD',
    colour: 'blue',
    rotation: { period: '2h', reservedConcurrency: 0 },
    stytch: { projectId: 'live' },
  }

  const faults = faultsOf(context)

  const paths = ['stage', 'colour', 'stytch.projectId', 'stytch.projectSecretName', 'rotation.period']
  for (const path of [...paths, 'rotation.reservedConcurrency']) {
    expect(faults.some((fault) => fault.startsWith(`m2m.${path} `))).toBe(true)
  }
  expect(faults).toHaveLength(paths.length + 1)
  expect(() => readDeployConfig(context)).toThrow(faults.map((fault) => `\n  ${fault}`).join(''))
})

test('text is read as JSON, as -c gives it', () => {
  expect(readDeployConfig(JSON.stringify(minimal)).stage).toBe('prod')
  expect(faultsOf('not json')).toEqual([expect.stringMatching(/^m2m is malformed/)])
  expect(faultsOf(undefined)).toEqual([expect.stringMatching(/^m2m is missing/)])
})

describe('refuses', () => {
  test.each([
    ['a key that nobody knows', { alarm: {} }, /^m2m\.alarm is unknown: expected one of stage, /],
    ['a nested key that nobody knows', { rotation: { periode: '30d' } }, /^m2m\.rotation\.periode is unknown/],
    [
      'a period shorter than four hours',
      { rotation: { period: '3h' } },
      /^m2m\.rotation\.period is shorter .* at least 4h/,
    ],
    ['a period without a unit', { rotation: { period: 30 } }, /^m2m\.rotation\.period is malformed: 30; .*"30d"/],
    ['a period beyond the backstop', { rotation: { period: '501d' } }, /^m2m\.rotation\.period is too long .* 500d/],
    [
      'an overlap as long as the period',
      { rotation: { period: '12h', overlap: '12h' } },
      /^m2m\.rotation\.overlap is not shorter/,
    ],
    [
      'an overlap longer than the period',
      { rotation: { period: '1d', overlap: '2d' } },
      /^m2m\.rotation\.overlap is not shorter/,
    ],
    [
      'a sweep every minute',
      { rotation: { sweepEvery: '1m' } },
      /^m2m\.rotation\.sweepEvery is malformed: "1m"; .*5 to 60/,
    ],
    ['a sweep every two hours', { rotation: { sweepEvery: '2h' } }, /^m2m\.rotation\.sweepEvery is malformed/],
    ['a hold without a unit', { rotation: { longestHold: 7 } }, /^m2m\.rotation\.longestHold is malformed/],
    ['a drill without a unit', { drill: { every: 90 } }, /^m2m\.drill\.every is malformed: 90; .*"30d"/],
    ['a drill that says nothing', { drill: {} }, /^m2m\.drill\.every is malformed/],
    ['a drill with another setting', { drill: { every: '90d', by: 'me' } }, /^m2m\.drill\.by/],
    ['neither address nor reason', { alarms: {} }, /^m2m\.alarms decides nothing/],
    [
      'an address and a reason against it',
      { alarms: { email: 'a@b.c', noneBecause: 'just so, you know' } },
      /decides nothing/,
    ],
    ['a reason that is none', { alarms: { noneBecause: 'n/a' } }, /^m2m\.alarms\.noneBecause is malformed.*says why/],
    ['an address that is none', { alarms: { email: 'oncall' } }, /^m2m\.alarms\.email is malformed/],
    [
      'an address and a topic',
      { alarms: { email: 'a@b.c', topicArn: 'arn:aws:sns:eu-west-1:111111111111:oncall' } },
      /^m2m\.alarms decides nothing: email and topicArn exclude each other/,
    ],
    [
      'a channel for nobody',
      { alarms: { chat: true, noneBecause: 'just so, you know' } },
      /^m2m\.alarms\.chat is for somebody/,
    ],
    ['a channel that is none', { alarms: { chat: 'yes' } }, /^m2m\.alarms\.chat is malformed: "yes"; expected true/],
    [
      'a topic in order',
      { alarms: { topicArn: 'arn:aws:sns:eu-west-1:111111111111:oncall.fifo' } },
      /^m2m\.alarms\.topicArn is malformed.*without \.fifo/,
    ],
    ['a runbook without TLS', { runbookUrl: 'http://wiki/runbook' }, /^m2m\.runbookUrl is malformed.*an https URL/],
    ['a runbook with an anchor', { runbookUrl: 'https://wiki/runbook#a' }, /^m2m\.runbookUrl is malformed/],
    ['a runbook that would end a template', { runbookUrl: 'https://wiki/run"book' }, /^m2m\.runbookUrl is malformed/],
    ['a runbook behind a password', { runbookUrl: 'https://a:b@wiki/runbook' }, /^m2m\.runbookUrl is malformed/],
    [
      'a role with a wildcard',
      { breakGlass: { roleArn: 'arn:aws:iam::111111111111:role/*' } },
      /^m2m\.breakGlass\.roleArn is malformed/,
    ],
    [
      'a live project in a stage called test',
      { stage: 'test' },
      /^m2m\.stytch\.projectId is a live project in stage test/,
    ],
    ['a live project in a stage that ends in dev', { stage: 'eu-dev' }, /is a live project in stage eu-dev/],
    [
      'a project secret below the prefix',
      { stytch: { ...stytch, projectSecretName: 'm2m/prod/stytch' } },
      /lies below m2m\/prod\//,
    ],
    ['a stage that is too long', { stage: 'a-stage-with-a-long-name' }, /^m2m\.stage is malformed/],
    [
      'a plain http address',
      { stytch: { ...stytch, tokenUrl: 'http://a.example' } },
      /^m2m\.stytch\.tokenUrl is malformed.*https/,
    ],
    [
      'a retention that CloudWatch does not know',
      { logRetentionDays: 100 },
      /^m2m\.logRetentionDays is 100: .*90, 120/,
    ],
    [
      'evidence that is kept for no day',
      { evidence: { retentionDays: 0 } },
      /^m2m\.evidence\.retentionDays is malformed: 0; expected an integer from 1 to 36500/,
    ],
    [
      'a lock that S3 does not know',
      { evidence: { objectLock: true } },
      /^m2m\.evidence\.objectLock is malformed: true; expected "governance" or "compliance"/,
    ],
    ['evidence that nobody knows', { evidence: { retention: '3y' } }, /^m2m\.evidence\.retention is unknown/],
    [
      'a removal that nobody knows',
      { onRemoval: 'delete' },
      /^m2m\.onRemoval is malformed: "delete"; expected "retain" or "destroy"/,
    ],
    [
      'a network without security groups',
      { network: { subnetIds: ['subnet-01234567'] } },
      /^m2m\.network\.securityGroupIds is missing/,
    ],
    ['a tag of AWS', { tags: { 'aws:x': 'y' } }, /^m2m\.tags\.aws:x is no tag's key/],
    [
      'a Region twice',
      { replicas: [{ region: 'eu-north-1' }, { region: 'eu-north-1' }] },
      /^m2m\.replicas\[1\]\.region is there twice/,
    ],
    ['a list that is none', { clients: { name: 'a' } }, /^m2m\.clients is malformed/],
    [
      'an operator who is no role',
      { operators: ['arn:aws:iam::111111111111:user/ada'] },
      /^m2m\.operators\[0\] is malformed: .*a role's full ARN/,
    ],
    [
      'an operator twice',
      { operators: ['arn:aws:iam::111111111111:role/a', 'arn:aws:iam::111111111111:role/a'] },
      /^m2m\.operators name one twice/,
    ],
  ])('%s', (_what, changes, expected) => {
    expect(with_(changes)).toEqual([expect.stringMatching(expected)])
  })
})

describe('a client', () => {
  const client = { name: 'billing', description: 'Reads invoices', scopes: ['read:invoices'] }

  test('keeps its client at Stytch unless told otherwise', () => {
    const { clients } = readDeployConfig({
      ...minimal,
      clients: [client, { ...client, name: 'shop', onRemoval: 'delete' }],
    })

    expect(clients.map(({ onRemoval }) => onRemoval)).toEqual(['retain', 'delete'])
  })

  test.each(['', 'Billing', 'a/b', '-a', 'a-', 'a b', 'x'.repeat(65), 'a_', 'café'])(
    'is refused when it is called %j',
    (name) => {
      const faults = with_({ clients: [{ ...client, name }] })

      expect(faults).toEqual([expect.stringMatching(/^m2m\.clients\[0\]\.name is malformed: .*; expected 1 to 64/)])
    },
  )

  test.each(['billing-worker', 'order-export', 'web-portal', 'reports.v2', 'a', '7'])('may be called %j', (name) => {
    expect(readDeployConfig({ ...minimal, clients: [{ ...client, name }] }).clients[0]?.name).toBe(name)
  })

  test('may have spans and tags of its own', () => {
    const own = { displayName: 'Billing job', overlap: '6h', period: '14d', tags: { team: 'payments' } }

    expect(readDeployConfig({ ...minimal, clients: [{ ...client, ...own }] }).clients[0]).toMatchObject(own)
  })

  test.each([
    [{ overlap: '6' }, /clients\[0\]\.overlap is malformed: "6"; expected hours or days/],
    [{ period: '3h' }, /clients\[0\]\.period is shorter/],
    [{ period: '1d', overlap: '1d' }, /clients\[0\]\.overlap is not shorter than the period of 1d/],
    [{ tags: { 'm2m:held': 'now' } }, /clients\[0\]\.tags\.m2m:held is no tag's key/],
    [{ tags: { team: 7 } }, /clients\[0\]\.tags\.team is malformed/],
    [
      { tags: Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`t${at}`, ''])) },
      /clients\[0\]\.tags are too many/,
    ],
    [{ displayName: ' x' }, /clients\[0\]\.displayName is malformed/],
    [{ scopes: Array.from({ length: 21 }, (_, at) => `${at}`.padEnd(100, 'x')) }, /clients\[0\]\.scopes are too long/],
    [{ scope: ['a'] }, /clients\[0\]\.scope is unknown: expected one of name, displayName/],
  ])('is refused with %j', (changes, expected) => {
    expect(with_({ clients: [{ ...client, ...changes }] })).toEqual([expect.stringMatching(expected)])
  })

  test('is refused when its name is there already, naming the first', () => {
    const faults = with_({ clients: [client, client] })

    expect(faults).toEqual([expect.stringMatching(/^m2m\.clients\[1\]\.name is "billing", as in m2m\.clients\[0\]/)])
  })

  test('is refused beyond the eightieth, naming the other way', () => {
    const clients = Array.from({ length: 81 }, (_, at) => ({ ...client, name: `client${at}` }))

    expect(with_({ clients })).toEqual([expect.stringMatching(/^m2m\.clients are 81: .*80.*CLI/)])
    expect(with_({ clients: clients.slice(1) })).toEqual([])
  })

  test('is refused with a scope that is two', () => {
    const faults = with_({ clients: [{ ...client, scopes: ['read write'] }] })

    expect(faults).toEqual([expect.stringMatching(/^m2m\.clients\[0\]\.scopes\[0\] is malformed: "read write"/)])
  })
})

describe('readers of other accounts', () => {
  const client = (...readers: readonly string[]) => ({ name: 'billing', description: 'd', scopes: ['a:b'], readers })
  const reader = 'arn:aws:iam::222222222222:role/job'
  const faultsWith = (changes: object) => faultsOf({ ...exampleConfig, ...changes })

  test('are admitted with the client that lists them, beside the accounts that are named', () => {
    const clients = [client(reader), { ...client('arn:aws:iam::333333333333:role/job', reader), name: 'other' }]
    const admitted = (changes: object) => readDeployConfig({ ...exampleConfig, clients, ...changes }).readerAccounts

    expect(admitted({ readerAccounts: ['444444444444', ACCOUNT] })).toEqual([
      '444444444444',
      '222222222222',
      '333333333333',
    ])
    // Its accounts need no list, and may be more than a list holds.
    expect(admitted({ readerOrganizationId: 'o-a1b2c3d4e5' })).toEqual([])
  })

  test.each([
    ['its account is admitted', { readerAccounts: ['222222222222'] }],
    ['it may be of the organization', { readerOrganizationId: 'o-a1b2c3d4e5' }],
    ['the account is not known yet, and the registrar will say', { environment: undefined }],
  ])('are taken where %s', (_what, changes) => {
    expect(faultsWith({ clients: [client(reader)], ...changes })).toEqual([])
  })

  test('are refused where they are more than the secret’s policy holds, with how many fit', () => {
    const many = Array.from({ length: 300 }, (_, at) => `arn:aws:iam::${ACCOUNT}:role/service-${at}`)

    expect(faultsWith({ clients: [client(...many)] })).toEqual([
      expect.stringMatching(
        /^m2m\.clients\[0\]\.readers do not fit into its secret's policy: .* of 300 readers 1\d\d fit/,
      ),
    ])
  })

  test.each([
    ['an account that is none', { readerAccounts: ['2222'] }, /readerAccounts\[0\] is malformed/],
    ['one twice', { readerAccounts: ['222222222222', '222222222222'] }, /readerAccounts name one twice/],
    [
      'more than two functions’ environments hold',
      { readerAccounts: Array.from({ length: 51 }, (_, at) => String(100_000_000_000 + at)) },
      /are 51: expected at most 50; set readerOrganizationId/,
    ],
    ['an organization that is none', { readerOrganizationId: 'acme' }, /readerOrganizationId is malformed/],
  ])('%s is a fault', (_what, changes, fault) => {
    expect(faultsWith(changes)).toEqual([expect.stringMatching(fault)])
  })
})

describe('a configuration that arrives as text', () => {
  test('is read whatever line breaks are in it', () => {
    const text = JSON.stringify(minimal, undefined, 2)

    expect(readDeployConfig(text)).toEqual(readDeployConfig(minimal))
    expect(readDeployConfig(text.replaceAll('\n', '\r\n'))).toEqual(readDeployConfig(minimal))
  })

  test('is refused with the place where it breaks off', () => {
    expect(faultsOf('{\n  "stage": "prod"\n  "alarms": {}\n}')).toEqual([
      'm2m is malformed JSON at line 3, column 3: expected a comma or }',
    ])
    expect(faultsOf('"prod"')).toEqual(['m2m is malformed: expected an object under "context" (docs/deploying.md)'])
  })
})
