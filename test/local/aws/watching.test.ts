// SNS, CloudWatch, KMS, Scheduler and the rules of a bus as doctor's own looks read them: over HTTP, in each service's protocol and words.
import { DisableRuleCommand } from '@aws-sdk/client-eventbridge'
import { expect, test } from 'vitest'
import { createSignedProtocols } from '../../../bin/before-deploy/signed-protocols.ts'
import { type StagePlace, stageFindings } from '../../../bin/doctor/stage-findings.ts'
import { openStageLooks } from '../../../bin/doctor/stage-looks.ts'
import type { AwsStandInInput } from '../../../lambda/local/aws/aws-stand-in.ts'
import { useStatements } from '../../../lib/base/key-statements.ts'
import { startAws } from './aws-harness.ts'

const [REGION, ACCOUNT] = ['us-east-1', '000000000000']
const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:m2m-prod-alarms`
const roleOf = (part: string): string => `arn:aws:iam::${ACCOUNT}:role/m2m-prod-${part}-${REGION}`
const keyUses = useStatements({
  ...{ partition: 'aws', region: REGION, account: ACCOUNT, urlSuffix: 'amazonaws.com' },
  secretNamePrefix: 'm2m/prod/',
  readerAccounts: [],
  writerRoleArns: [roleOf('rotation')],
  creatorRoleArns: [roleOf('registrar'), roleOf('clients')],
})
const place: StagePlace = {
  ...{ stage: 'prod', partition: 'aws', region: REGION, account: ACCOUNT },
  keyArn: 'alias/m2m-prod',
  keyUses,
  hasCampaigns: true,
}
const whole = {
  watching: {
    topics: { 'm2m-prod-alarms': ['on-call@example.com'] },
    alarms: Array.from({ length: 120 }, (_none, n) => `m2m-prod-leak-Alarm${n}`),
    schedules: ['m2m-prod-sweep', 'm2m-prod-campaign'],
    rules: { 'm2m-prod': ['Leak', 'Archive'] },
  },
  keys: [{ alias: 'alias/m2m-prod', usage: 'ENCRYPT_DECRYPT', isRotated: true, policy: { Statement: keyUses } }],
} as const satisfies Omit<AwsStandInInput, 'world'>

const start = async (input: Omit<AwsStandInInput, 'world'> = whole) => {
  const aws = await startAws(input)
  const endpointOf = () => aws.origin
  const looks = await openStageLooks(aws.secrets, endpointOf)
  const { query } = createSignedProtocols({ base: aws.secrets, region: REGION, endpointOf })
  const find = async () =>
    (await stageFindings(looks, place)).map(
      ({ weight, kind, subject, what }) => `${weight} ${kind} ${subject}: ${what}`,
    )
  return { aws, looks, query, find }
}

test('a stage of which all is in order has no finding, through every page', async () => {
  const { looks, find, aws } = await start()

  expect(await find()).toEqual([])
  expect(await looks.alarms('m2m-prod-')).toHaveLength(120)
  expect(await looks.account()).toBe(ACCOUNT)
  expect(aws.standIn.calls().map(({ op }) => op)).not.toContain('UnknownOperation')
})

test('a subscription is pending until it is confirmed, in whichever page it stands', async () => {
  const { aws, query, find } = await start()
  for (let n = 0; n < 101; n += 1) {
    const more = { TopicArn: TOPIC, Protocol: n < 100 ? 'sqs' : 'email', Endpoint: `endpoint-${n}` }
    const xml = await query('sns', 'Subscribe', more)
    if (n === 100) expect(xml).toContain('<SubscriptionArn>pending confirmation</SubscriptionArn>')
  }

  expect(await query('sns', 'ListSubscriptionsByTopic', { TopicArn: TOPIC, NextToken: '100' })).toContain(
    '<SubscriptionArn>PendingConfirmation</SubscriptionArn>',
  )
  expect(await find()).toEqual([
    'attention subscription m2m-prod-alarms: the subscription of email endpoint-100 is not confirmed: no notice reaches it',
  ])
  aws.standIn.watching.confirmSubscriptions()
  expect(await find()).toEqual([])
})

test('one who alone is subscribed, and has not confirmed, is worse than one of two', async () => {
  const { query, find } = await start({ ...whole, watching: { ...whole.watching, topics: { 'm2m-prod-alarms': [] } } })

  expect((await find())[0]).toBe('broken subscription m2m-prod-alarms: nobody is subscribed: notices reach nobody')
  await query('sns', 'Subscribe', { TopicArn: TOPIC, Protocol: 'email', Endpoint: 'a@example.com' })
  expect((await find())[0]).toMatch(/^broken subscription .*a@example.com is not confirmed/)
})

test('what is not there is said as that, and not as a failed look', async () => {
  const { find } = await start({ keys: whole.keys })

  expect(await find()).toEqual([
    'broken subscription m2m-prod-alarms: there is no such topic: nobody is notified',
    'attention alarm m2m-prod-: there is no alarm whose name begins with m2m-prod-: nothing that fails raises one',
    'broken rule m2m-prod-sweep: there is no such schedule: nothing calls it',
    'broken rule m2m-prod-campaign: there is no such schedule: nothing calls it',
    'broken rule m2m-prod: there is no such bus: a report of a leak reaches nobody',
  ])
})

test('a disabled rule is named', async () => {
  const { aws, find } = await start()
  await aws.events.send(new DisableRuleCommand({ Name: 'Leak', EventBusName: 'm2m-prod' }))

  expect(await find()).toEqual(['broken rule Leak: it is disabled on the bus m2m-prod: its events reach nobody'])
})

test.each<[string, object, readonly string[]]>([
  [
    'is disabled',
    { state: 'Disabled' },
    ['broken key alias/m2m-prod: it is Disabled: values can be neither read nor stored'],
  ],
  [
    'is not rotated',
    { isRotated: false },
    ['attention key alias/m2m-prod: its material is never replaced: automatic rotation is off'],
  ],
  [
    'lets no reader in',
    { policy: { Statement: keyUses.filter(({ Sid }) => Sid !== 'DecryptForReaders') } },
    ['broken key alias/m2m-prod: its policy lacks DecryptForReaders: whoever that lets in is denied'],
  ],
])('a key that %s is named', async (_, change, expected) => {
  const { find } = await start({ ...whole, keys: [{ ...whole.keys[0], ...change }] })

  expect(await find()).toEqual(expected)
})

test.each([
  ['ListSubscriptionsByTopic', 'sns:ListSubscriptionsByTopic'],
  ['DescribeAlarms', 'cloudwatch:DescribeAlarms'],
  ['DescribeKey', 'kms:DescribeKey'],
  ['GetKeyPolicy', 'kms:GetKeyPolicy'],
  ['GetKeyRotationStatus', 'kms:GetKeyRotationStatus'],
  ['ListRules', 'events:ListRules'],
])('%s denied, in its service’s own words, names the action alone', async (op, action) => {
  const { aws, find } = await start()
  aws.standIn.faults.add({ op, kind: 'error', status: 403 })

  expect(await find()).toEqual([
    expect.stringMatching(new RegExp(`^attention notChecked ${action}: .* is not known: you may not$`)),
  ])
})

test('a look that is throttled is made once more', async () => {
  const { aws, find } = await start()
  aws.standIn.faults.add({ op: 'DescribeAlarms', kind: 'throttle' })

  expect(await find()).toEqual([])
})
