// `m2m doctor` about what AWS shows of a stage: who gets its notices, which alarms ring, its schedules and rules. Each over HTTP, in the services'
// own protocols; and each may be denied, which hides nothing of the others.
import { DisableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { createSignedProtocols } from '../../bin/before-deploy/signed-protocols.ts'
import { writeDrillRecord } from '../../lambda/core/clients/drill-record.ts'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { type Cli, openCli } from './cli.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

interface Diagnosis {
  readonly clients: number | null
  readonly findings: readonly {
    readonly kind: string
    readonly weight: string
    readonly subject: string
    readonly what: string
    readonly todo: string
  }[]
  readonly groups: readonly { readonly kind: string; readonly count: number }[]
  readonly lastDrill: { readonly result: string } | null
}

let cli: Cli
beforeAll(async () => {
  cli = await openCli()
})
afterAll(async () => {
  expect(cli.leaks()).toEqual([])
  await cli.close()
})
beforeEach(() => {
  cli.laptop.world.reset()
})

const TOPIC = 'arn:aws:sns:us-east-1:000000000000:m2m-laptop-alarms'
const place = () => ({
  region: 'us-east-1',
  endpoint: cli.laptop.address.aws,
  credentials: credentialsOf('admin'),
})
const query = (service: 'sns' | 'monitoring', action: string, parameters: Readonly<Record<string, string>>) =>
  createSignedProtocols({
    base: new SecretsManagerClient(place()),
    region: 'us-east-1',
    endpointOf: () => cli.laptop.address.aws,
  }).query(service, action, parameters)
const doctor = async () => {
  const ran = await cli.run(['doctor', '--json'])
  return { code: ran.code, ...ran.json<Diagnosis>() }
}
const linesOf = ({ findings }: Diagnosis) => findings.map(({ weight, kind, subject }) => `${weight} ${kind} ${subject}`)

test('finds nothing where all is well, and says that no drill was recorded', async () => {
  expect(await doctor()).toMatchObject({ code: 0, findings: [], groups: [], lastDrill: null })
  const [clean, drill] = ['0 clients: 0 findings, 0 broken\n', 'last drill: none recorded\n']
  const unread = "the Stytch project secret stytch/m2m-laptop; the detectors' signing secret m2m-intake/laptop/signing"
  expect((await cli.run(['doctor'])).stdout).toBe(
    `${clean}not checked, since you may not read it (secretsmanager:GetSecretValue): ${unread}\n${drill}`,
  )
  expect((await cli.run(['doctor'], { as: 'break-glass' })).stdout).toBe(`${clean}${drill}`)
})

test('names a subscription that nobody has confirmed', async () => {
  await query('sns', 'Subscribe', { TopicArn: TOPIC, Protocol: 'email', Endpoint: 'new@example.com' })
  const pending = await doctor()
  cli.laptop.aws.watching.confirmSubscriptions()

  expect(linesOf(pending)).toEqual(['attention subscription m2m-laptop-alarms'])
  expect(pending.findings[0]?.what).toBe(
    'the subscription of email new@example.com is not confirmed: no notice reaches it',
  )
  expect(pending.findings[0]?.todo).toContain(`aws sns subscribe --topic-arn ${TOPIC}`)
  expect(await doctor()).toMatchObject({ findings: [] })
})

test('names what is in alarm with its page of the runbook, what is mute, disabled or gone', async () => {
  await query('monitoring', 'SetAlarmState', {
    AlarmName: 'm2m-laptop-leak-IncidentWaits',
    StateValue: 'ALARM',
    StateReason: 'test',
  })
  await query('monitoring', 'DisableAlarmActions', { 'AlarmNames.member.1': 'm2m-laptop-sweep-stopped-SweepStopped' })
  await new EventBridgeClient(place()).send(
    new DisableRuleCommand({ Name: 'm2m-laptop-IncidentLeakReports', EventBusName: 'm2m-laptop' }),
  )
  cli.laptop.aws.watching.setSchedule('m2m-laptop-sweep', undefined)
  cli.laptop.aws.watching.setSchedule('m2m-laptop-campaign', 'DISABLED')

  const found = await doctor()

  expect(found.code).toBe(1)
  expect(linesOf(found).toSorted()).toEqual([
    'attention alarm m2m-laptop-sweep-stopped-SweepStopped',
    'broken alarm m2m-laptop-leak-IncidentWaits',
    'broken rule m2m-laptop-IncidentLeakReports',
    'broken rule m2m-laptop-campaign',
    'broken rule m2m-laptop-sweep',
  ])
  expect(found.findings.map(({ todo }) => todo)).toEqual(
    expect.arrayContaining([
      'aws cloudwatch describe-alarms --alarm-names m2m-laptop-leak-IncidentWaits; docs/runbook.md#leak',
      'aws events enable-rule --name m2m-laptop-IncidentLeakReports --event-bus-name m2m-laptop',
    ]),
  )
})

test('says of each look that is denied what is not known, and which action is missing', async () => {
  const actions = {
    ListSubscriptionsByTopic: 'sns:ListSubscriptionsByTopic',
    DescribeAlarms: 'cloudwatch:DescribeAlarms',
    ListRules: 'events:ListRules',
  }
  for (const op of [...Object.keys(actions), 'GetSchedule']) {
    cli.laptop.aws.faults.add({ op, kind: 'error', status: 403, count: 2 })
  }

  const found = await doctor()

  expect(found.code).toBe(0)
  expect(linesOf(found).toSorted()).toEqual(
    [...Object.values(actions), 'scheduler:GetSchedule', 'scheduler:GetSchedule']
      .map((action) => `attention notChecked ${action}`)
      .toSorted(),
  )
  for (const { what, todo, subject } of found.findings) {
    expect(what).toMatch(/ is not known: you may not$/)
    expect(todo).toBe(`allow your role ${subject}`)
  }
})

test('goes on without the clients function: rights, freeze, alarms and rules', async () => {
  cli.laptop.aws.faults.add({ op: 'Invoke', kind: 'error', status: 403, count: 20 })
  await query('sns', 'Subscribe', { TopicArn: TOPIC, Protocol: 'email', Endpoint: 'new@example.com' })
  const found = await doctor()
  cli.laptop.aws.faults.clear()

  expect(found).toMatchObject({ code: 1, clients: null })
  expect(linesOf(found)).toEqual(
    expect.arrayContaining(['broken notChecked m2m-laptop-clients', 'attention subscription m2m-laptop-alarms']),
  )
})

test('says when the last drill was, and what it came to', async () => {
  const at = new Date(Date.now() - 3_600_000).toISOString()
  const record = {
    at,
    incidentId: 'DRILL-1',
    clientName: 'drill-1',
    result: 'failed',
    failedStep: 'notice',
    notice: 'missing',
    by: 'ada',
  } as const
  await new SSMClient(place()).send(
    new PutParameterCommand({ Name: '/m2m/laptop/drill', Value: writeDrillRecord(record), Type: 'String' }),
  )
  const found = await doctor()

  expect(found.lastDrill).toEqual(record)
  expect(linesOf(found)).toEqual(['attention drill m2m drill'])
  expect((await cli.run(['doctor'])).stdout).toMatch(
    /last drill: 20\S+ \S+Z \(1 h ago\) by ada: failed at notice, the notice did not come\n$/,
  )
})
