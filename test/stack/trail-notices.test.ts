// Which of CloudTrail's records raise a notice: realistic records against the template's own patterns, matched as EventBridge does.
import type { Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, test } from 'vitest'
import { type EventPattern, matchesPattern } from '../../lambda/local/aws/event-pattern.ts'
import { everything } from './everything.ts'
import { targetsOf, transformed } from './input-transformer.ts'
import { createReader, role } from './read-template.ts'
import { ACCOUNT, BREAK_GLASS, REGION, resourcesOf, synthStack } from './synth.ts'

const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/0a1b2c3d-0000-4000-8000-000000000000`
const DEPLOY_ROLE = `arn:aws:iam::${ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`
const BILLING = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:m2m/prod/billing-AbCdEf`

/** A pattern with the template's references filled in. */
const filledIn = (pattern: unknown): EventPattern => {
  const { flat } = createReader((id) =>
    id.startsWith('Events') ? 'm2m-prod' : id.startsWith('Key') ? KEY_ARN.split('/')[1] : undefined,
  )
  const fill = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(fill)
    if (typeof value !== 'object' || value === null) return value
    if ('Fn::GetAtt' in value) return JSON.stringify(value).includes('"Key') ? KEY_ARN : flat(value)
    if ('Ref' in value || 'Fn::Join' in value) return flat(value)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one)]))
  }
  return fill(pattern) as EventPattern
}

let template: Template
let patterns: ReadonlyMap<string, EventPattern>
beforeAll(() => {
  template = synthStack().template()
  patterns = new Map(
    Object.entries(resourcesOf(template))
      .filter(([id, { Type }]) => Type === 'AWS::Events::Rule' && id.startsWith('Alarms'))
      .map(([id, { Properties }]) => [id.slice('Alarms'.length, -8), filledIn(Properties.EventPattern)]),
  )
})

const PERSON = {
  type: 'AssumedRole',
  principalId: 'AROAEXAMPLE:jane',
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/admin/jane`,
  accountId: ACCOUNT,
  sessionContext: { sessionIssuer: { type: 'Role', arn: `arn:aws:iam::${ACCOUNT}:role/admin`, userName: 'admin' } },
}
const ROOT = { type: 'Root', principalId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root`, accountId: ACCOUNT }
const USER = { type: 'IAMUser', principalId: 'AIDAEXAMPLE', arn: `arn:aws:iam::${ACCOUNT}:user/jane`, userName: 'jane' }
const sessionOf = (arn: string, more: object = {}) => ({
  ...PERSON,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${arn.split('/').at(-1)}/session`,
  sessionContext: { sessionIssuer: { type: 'Role', arn } },
  ...more,
})
const DEPLOYMENT = sessionOf(DEPLOY_ROLE, { invokedBy: 'cloudformation.amazonaws.com' })

const record = (service: string, eventName: string, requestParameters: object, more: object = {}) => ({
  version: '0',
  id: '6d2efd1c-0000-4000-8000-000000000000',
  'detail-type': 'AWS API Call via CloudTrail',
  source: `aws.${service}`,
  account: ACCOUNT,
  time: '2026-10-05T09:12:31Z',
  region: REGION,
  resources: [],
  detail: {
    eventVersion: '1.11',
    userIdentity: PERSON,
    eventTime: '2026-10-05T09:12:31Z',
    eventSource: `${service}.amazonaws.com`,
    eventName,
    awsRegion: REGION,
    sourceIPAddress: '203.0.113.7',
    requestParameters,
    responseElements: null,
    readOnly: false,
    eventType: 'AwsApiCall',
    managementEvent: true,
    ...more,
  },
})

const raisedBy = (event: object): readonly string[] =>
  [...patterns].filter(([, pattern]) => matchesPattern(pattern, event)).map(([id]) => id)

describe('of a secret, what somebody else than the stage does raises a notice', () => {
  test.each(['DeleteSecret', 'CancelRotateSecret', 'PutResourcePolicy', 'DeleteResourcePolicy'])('%s', (eventName) => {
    for (const secretId of ['m2m/prod/billing', BILLING]) {
      expect(raisedBy(record('secretsmanager', eventName, { secretId }))).toEqual(['SecretChangedByHand'])
    }
  })

  test.each(['stytch/m2m-prod', BILLING.replace('m2m/prod/billing', 'stytch/m2m-prod')])(
    "the stage's own: %s",
    (secretId) => {
      expect(raisedBy(record('secretsmanager', 'DeleteSecret', { secretId }))).toEqual(['OwnSecretChanged'])
    },
  )

  test.each([
    ['the root user', ROOT],
    ['an IAM user', USER],
  ])('by %s, who has no session', (_, userIdentity) => {
    expect(raisedBy(record('secretsmanager', 'DeleteSecret', { secretId: BILLING }, { userIdentity }))).toEqual([
      'SecretChangedByHand',
    ])
  })

  test.each(['clients', 'registrar'])('but not the ordinary work of the %s function', (part) => {
    const userIdentity = sessionOf(role(part))

    expect(raisedBy(record('secretsmanager', 'PutResourcePolicy', { secretId: BILLING }, { userIdentity }))).toEqual([])
  })

  test('nor what the break-glass role does, which has a notice of its own', () => {
    const userIdentity = sessionOf(BREAK_GLASS)

    expect(raisedBy(record('secretsmanager', 'DeleteSecret', { secretId: BILLING }, { userIdentity }))).toEqual([
      'BreakGlassUsed',
    ])
  })

  test('nor what was denied, reading, or somebody else’s secret', () => {
    const other = BILLING.replace('m2m/prod', 'm2m/test')

    expect(
      raisedBy(record('secretsmanager', 'DeleteSecret', { secretId: BILLING }, { errorCode: 'AccessDenied' })),
    ).toEqual([])
    expect(raisedBy(record('secretsmanager', 'GetSecretValue', { secretId: BILLING }))).toEqual([])
    expect(raisedBy(record('secretsmanager', 'DeleteSecret', { secretId: other }))).toEqual([])
  })

  test('the mail names the call, the secret and who it was', () => {
    const [target] = targetsOf(template, 'SecretChangedByHand')
    if (target === undefined) throw new Error('no target')
    const mail = transformed(target, record('secretsmanager', 'DeleteSecret', { secretId: 'm2m/prod/billing' }))

    expect(mail).toContain('m2m/prod/billing')
    expect(mail).toContain('call: DeleteSecret')
    expect(mail).toContain(`by: ${PERSON.arn}`)
  })
})

const RULE = 'M2m-AlarmsDriftC7B542A9-1A2B3C4D5E6F'
const changes: readonly (readonly [string, string, object])[] = [
  ['kms', 'DisableKey', { keyId: KEY_ARN }],
  ['kms', 'DisableKey', { keyId: KEY_ARN.split('/')[1] }],
  ['kms', 'ScheduleKeyDeletion', { keyId: KEY_ARN, pendingWindowInDays: 7 }],
  ['kms', 'PutKeyPolicy', { keyId: KEY_ARN, policyName: 'default' }],
  ['events', 'PutRule', { name: RULE, state: 'DISABLED' }],
  ['events', 'DisableRule', { name: RULE }],
  ['events', 'DeleteRule', { name: RULE, eventBusName: 'm2m-prod' }],
  ['events', 'RemoveTargets', { rule: RULE, ids: ['Target0'] }],
  ['events', 'DeleteEventBus', { name: 'm2m-prod' }],
  ['scheduler', 'DeleteSchedule', { name: 'm2m-prod-sweep', groupName: 'default' }],
  ['scheduler', 'DeleteSchedule', { Name: 'm2m-prod-sweep' }],
  ['scheduler', 'UpdateSchedule', { name: 'm2m-prod-campaign', state: 'DISABLED' }],
]

describe('of what the stage stands on', () => {
  test.each(changes)('%s %s %j raises a notice, by a person and by the root user', (service, eventName, parameters) => {
    expect(raisedBy(record(service, eventName, parameters))).toEqual(['FoundationChanged'])
    expect(raisedBy(record(service, eventName, parameters, { userIdentity: ROOT }))).toEqual(['FoundationChanged'])
  })

  test.each(changes)('%s %s %j by a deployment raises none', (service, eventName, parameters) => {
    expect(raisedBy(record(service, eventName, parameters, { userIdentity: DEPLOYMENT }))).toEqual([])
  })

  test('a person who took the deploy role is no deployment', () => {
    const userIdentity = sessionOf(DEPLOY_ROLE)

    expect(raisedBy(record('kms', 'DisableKey', { keyId: KEY_ARN }, { userIdentity }))).toEqual(['FoundationChanged'])
  })

  test('and another stack that CloudFormation deploys is none of this stage', () => {
    const userIdentity = sessionOf(`arn:aws:iam::${ACCOUNT}:role/other`, { invokedBy: 'cloudformation.amazonaws.com' })

    expect(raisedBy(record('events', 'DeleteRule', { name: RULE }, { userIdentity }))).toEqual(['FoundationChanged'])
    expect(raisedBy(record('events', 'DeleteRule', { name: 'other-rule' }))).toEqual([])
    expect(raisedBy(record('kms', 'DisableKey', { keyId: 'another' }))).toEqual([])
    expect(raisedBy(record('scheduler', 'DeleteSchedule', { name: 'm2m-test-sweep' }))).toEqual([])
  })
})

describe('of the events of rotations, for our secrets only', () => {
  const rotation = (eventName: string, SecretId: string) => {
    const { detail, ...rest } = record('secretsmanager', eventName, {}, { additionalEventData: { SecretId } })
    return { ...rest, 'detail-type': 'AWS Service Event via CloudTrail', detail }
  }

  test('the test of a rotation that failed raises a notice', () => {
    expect(raisedBy(rotation('TestRotationFailed', BILLING))).toEqual(['ScheduleRefused'])
    expect(raisedBy(rotation('TestRotationFailed', BILLING.replace('m2m/prod', 'm2m/test')))).toEqual([])
  })

  test('one that was abandoned raises a notice', () => {
    expect(raisedBy(rotation('RotationAbandoned', BILLING))).toEqual(['RotationStuck'])
  })

  test('a refused attempt is mailed by its reason, the first time, and not by each RotationFailed beside it', () => {
    expect(raisedBy(rotation('RotationFailed', BILLING))).toEqual([])
  })
})

test('every pattern fits into the 2,048 characters that EventBridge takes, with all that the configuration may name', () => {
  const extraPrefixes = [1, 2, 3, 4, 5].map((at) => `${String(at).repeat(47)}/`)
  const long = (letter: string) => letter.repeat(256)
  const large = synthStack({
    ...everything,
    extraPrefixes,
    stytch: {
      ...everything.stytch,
      projectSecretName: long('s'),
      projectRotation: { ...everything.stytch.projectRotation, workspaceKeySecretName: long('w') },
    },
    incidents: { intake: { signingSecretName: long('z'), githubAppSecretName: long('g') } },
  }).template()
  const sizes = Object.entries(resourcesOf(large))
    .filter(([id, { Type }]) => Type === 'AWS::Events::Rule' && id.startsWith('Alarms'))
    .map(([id, { Properties }]) => [id, JSON.stringify(filledIn(Properties.EventPattern)).length] as const)

  expect(sizes.filter(([, size]) => size > 2048)).toEqual([])
})
