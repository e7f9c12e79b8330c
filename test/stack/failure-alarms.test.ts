// Who is told of what: each notice goes to the topic, has a page in the runbook, and rests on something that exists.
import type { Template } from 'aws-cdk-lib/assertions'
import { Match } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, test } from 'vitest'
import { everything } from './everything.ts'
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
    // Of asynchronous calls.
    'AsyncEventAge',
    // Of durable functions.
    'DurableExecutionFailed',
    'DurableExecutionTimedOut',
    'DurableExecutionStopped',
  ],
  // The sweep's own line in its log (test/e2e/sweep.test.ts).
  // And those of the rotation functions (test/handlers/handle-step.test.ts).
  'M2M/prod': [
    'Alive',
    'StageBroken',
    'SweepFailures',
    'ProofsOwed',
    'FreezeUnreadable',
    'ReportsForgotten',
    'RecordsUnavailable',
    'ProofPending',
  ],
  'AWS/SQS': ['NumberOfMessagesSent'],
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

  test('says that it is over to whoever was told that it began', () => {
    for (const { Properties } of ofType('AWS::CloudWatch::Alarm')) {
      expect(Properties.OKActions, String(Properties.AlarmName)).toEqual(Properties.AlarmActions)
      expect(Properties.AlarmDescription).toMatch(/^OK means that .+\.$/m)
    }
  })

  test('of a queue goes by what arrives in it, so that a message that nobody took away hides no later one', () => {
    const queues = ofType('AWS::CloudWatch::Alarm').filter(({ Properties }) => Properties.Namespace === 'AWS/SQS')

    expect(queues.length).toBeGreaterThanOrEqual(5)
    for (const { Properties } of queues) {
      expect(Properties).toMatchObject({
        MetricName: 'NumberOfMessagesSent',
        Statistic: 'Sum',
        TreatMissingData: 'notBreaching',
      })
    }
  })

  test('of something that happens is over an hour after it happened last, and says nothing again before that', () => {
    const happens = ofType('AWS::CloudWatch::Alarm').filter(
      ({ Properties }) => Properties.TreatMissingData === 'notBreaching' && Properties.DatapointsToAlarm === 1,
    )

    expect(happens.length).toBeGreaterThan(10)
    for (const { Properties } of happens) {
      const seconds = Number(Properties.EvaluationPeriods) * Number(Properties.Period)
      expect(seconds, String(Properties.AlarmName)).toBeGreaterThanOrEqual(3600)
      // CloudWatch looks back a day at most, by periods of less than an hour.
      expect(seconds, String(Properties.AlarmName)).toBeLessThanOrEqual(86_400)
    }
  })

  test('has a description that CloudWatch takes', () => {
    for (const { Properties } of ofType('AWS::CloudWatch::Alarm')) {
      expect(String(Properties.AlarmDescription).length, String(Properties.AlarmName)).toBeLessThanOrEqual(1024)
    }
  })

  test.each([
    ['a stage without options', {}, 24],
    ['a stage with everything', everything, 32],
  ])('is paid for: %s has no more than before', (_, changes, atMost) => {
    expect(countOf(synthStack(changes).template())).toBeLessThanOrEqual(atMost)
  })
})

const countOf = (of: Template): number =>
  Object.values(resourcesOf(of)).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm').length

describe('an incident that waits raises an alarm', () => {
  test('when it is a minute old, in whatever way it came to that', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'AsyncEventAge',
      Statistic: 'Maximum',
      Threshold: 60_000,
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: Match.stringLikeRegexp('^IncidentFn') } }],
    })
  })

  test('and while the function is full', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'Throttles',
      EvaluationPeriods: 12,
      DatapointsToAlarm: 2,
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: Match.stringLikeRegexp('^IncidentFn') } }],
    })
  })
})

describe('5xx raise an alarm', () => {
  let of: Template
  beforeAll(() => {
    of = synthStack(everything).template()
  })

  test('of the leak intake: the first one, whose delivery may be lost', () => {
    of.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'AWS/ApiGateway',
      MetricName: '5xx',
      Threshold: 1,
      AlarmName: 'm2m-prod-leak-unresolved-IntakeFailures',
    })
  })

  test('of the vendor: five within five minutes, or any in two times five minutes of an hour', () => {
    const alarm = { Namespace: 'AWS/ApiGateway', MetricName: '5XXError', Period: 300 }

    of.hasResourceProperties('AWS::CloudWatch::Alarm', { ...alarm, Threshold: 5, DatapointsToAlarm: 1 })
    of.hasResourceProperties('AWS::CloudWatch::Alarm', {
      ...alarm,
      Threshold: 1,
      EvaluationPeriods: 12,
      DatapointsToAlarm: 2,
    })
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
          // By itself EventBridge would try for a day, before anybody heard of it.
          RetryPolicy: { MaximumEventAgeInSeconds: 6 * 3600, MaximumRetryAttempts: 185 },
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

test('a rotation that Secrets Manager abandoned is told under either of its two detail types, for our secrets only', () => {
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: {
      source: ['aws.secretsmanager'],
      'detail-type': ['AWS Service Event via CloudTrail', 'AWS API Call via CloudTrail'],
      detail: {
        eventName: ['RotationAbandoned'],
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

    // The alias is there with its policy, and nobody may use it; the archive takes a source as which nobody may speak.
    const text = JSON.stringify(without.toJSON()).replaceAll(
      /"Name":"break-glass"|:m2m-prod-clients:break-glass"|"m2m\.break-glass"/g,
      '',
    )
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
