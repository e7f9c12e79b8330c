// Who is told of what: each notice goes to the topic, has a page in the runbook, and rests on something that exists.
import type { Template } from 'aws-cdk-lib/assertions'
import { Match } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, test } from 'vitest'
import { BREAK_GLASS, resourcesOf, synthStack } from './synth.ts'

let template: Template
beforeAll(() => {
  template = synthStack().template()
})

/** What Lambda and SQS publish; Secrets Manager publishes no metric of a rotation. */
const PUBLISHED: Readonly<Record<string, readonly string[]>> = {
  'AWS/Lambda': [
    'Errors',
    'Throttles',
    'Duration',
    'Invocations',
    'ConcurrentExecutions',
    'DestinationDeliveryFailures',
    // Of durable functions.
    'DurableExecutionFailed',
    'DurableExecutionTimedOut',
    'DurableExecutionStopped',
  ],
  // The sweep's own line in its log (test/e2e/sweep.test.ts).
  // And those of the rotation functions (test/handlers/handle-step.test.ts).
  'M2M/prod': [
    'Alive',
    'SweepFailures',
    'ProofsOwed',
    'FreezeUnreadable',
    'ReportsForgotten',
    'RecordsUnavailable',
    'ProofPending',
  ],
  'AWS/SQS': ['ApproximateNumberOfMessagesVisible', 'ApproximateAgeOfOldestMessage'],
}

const ofType = (type: string) => Object.values(resourcesOf(template)).filter(({ Type }) => Type === type)

describe('every alarm', () => {
  test('rests on a metric that AWS publishes', () => {
    const alarms = ofType('AWS::CloudWatch::Alarm')

    expect(alarms.length).toBeGreaterThan(0)
    for (const { Properties } of alarms) {
      expect(PUBLISHED[String(Properties.Namespace)]).toContain(Properties.MetricName)
      if (Properties.Namespace !== 'M2M/prod') expect(Properties.Dimensions).toHaveLength(1)
    }
  })

  test('tells somebody, and where to read on', () => {
    for (const { Properties } of ofType('AWS::CloudWatch::Alarm')) {
      expect(Properties.AlarmActions).toEqual([{ Ref: expect.stringMatching(/^NotificationsTopic/) }])
      expect(Properties.AlarmDescription).toMatch(/Runbook: docs\/runbook\.md#[a-z-]+$/)
    }
  })
})

describe('every rule of a notice', () => {
  test('goes to the topic, keeps what could not be delivered, and says where to read on', () => {
    const rules = Object.entries(resourcesOf(template)).filter(
      ([id, { Type }]) => Type === 'AWS::Events::Rule' && id.startsWith('Alarms'),
    )

    expect(rules.length).toBeGreaterThanOrEqual(5)
    for (const [, { Properties }] of rules) {
      expect(Properties.Targets).toEqual([
        expect.objectContaining({
          Arn: { Ref: expect.stringMatching(/^NotificationsTopic/) },
          DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringMatching(/^NotificationsDeadLetters/), 'Arn'] } },
        }),
      ])
      expect(JSON.stringify(Properties.Targets)).toMatch(/docs\/runbook\.md#[a-z-]+/)
    }
  })
})

test.each(['Rotation Refused', 'Drift Detected'])('%s on our bus is told, the first time', (detailType) => {
  template.hasResourceProperties('AWS::Events::Rule', {
    EventBusName: Match.anyValue(),
    EventPattern: {
      source: ['m2m.rotation'],
      'detail-type': [detailType],
      detail: { isRepeated: [{ exists: false }] },
    },
  })
})

test('a rotation that Secrets Manager gave up is told under either of its two detail types, for our secrets only', () => {
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: {
      source: ['aws.secretsmanager'],
      'detail-type': ['AWS Service Event via CloudTrail', 'AWS API Call via CloudTrail'],
      detail: {
        eventName: ['RotationFailed', 'RotationAbandoned'],
        additionalEventData: { SecretId: [{ wildcard: '*:secret:m2m/prod/*' }] },
      },
    },
  })
})

describe('the break-glass role', () => {
  test('is watched when it reads, which rules do not see by default', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      State: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      EventPattern: { detail: { userIdentity: { sessionContext: { sessionIssuer: { arn: [BREAK_GLASS] } } } } },
    })
  })

  test('is in no statement and no rule when there is none', () => {
    const without = synthStack({ breakGlass: { noneBecause: 'the root removes the policy' } }).template()

    // The alias is there with its policy, and nobody may use it.
    const text = JSON.stringify(without.toJSON()).replaceAll(/"Name":"break-glass"|:m2m-prod-clients:break-glass"/g, '')
    expect(text).not.toMatch(/break-glass/)
  })
})

describe('the topic', () => {
  test('has the address that was configured, over an encrypted connection only', () => {
    template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'oncall@example.com' })
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    })
  })

  test('may be written to by the rules, and stands without a subscriber when there is a reason for none', () => {
    const silent = synthStack({ alarms: { noneBecause: 'another stack subscribes' } }).template()

    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({ Principal: { Service: 'events.amazonaws.com' } })]),
      },
    })
    silent.resourceCountIs('AWS::SNS::Topic', 1)
    silent.resourceCountIs('AWS::SNS::Subscription', 0)
  })
})
