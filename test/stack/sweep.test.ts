// The sweep in the stack: what its role may do, statement by statement; when it is called and by whom; where what fails ends; what
// people are told of; and that no deployment lifts a freeze.

import { Match, type Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, test } from 'vitest'
import { SWEEP_SOURCE } from '../../lambda/core/base/event-types.ts'
import { asSource, flat, functionArn, list, MANAGED, rights, role } from './read-template.ts'
import {
  ACCOUNT,
  BREAK_GLASS,
  busStatements,
  bySid,
  REGION,
  resourcesOf,
  roleStatements,
  type Statement,
  synthStack,
} from './synth.ts'

let template: Template
let statements: readonly Statement[]
beforeAll(() => {
  template = synthStack().template()
  statements = roleStatements(template, 'SweepFnRole')
})

const ROTATION_FUNCTION = functionArn('rotation')
const SWEEP_ROLE = role('sweep')

const ofType = (type: string) => Object.values(resourcesOf(template)).filter(({ Type }) => Type === type)

describe('the role', () => {
  test('may do exactly this', () => {
    expect(statements.map(({ Sid, Action }) => Sid ?? list(Action).join())).toEqual([
      'logs:CreateLogStream,logs:PutLogEvents',
      'xray:PutTraceSegments,xray:PutTelemetryRecords',
      'sqs:SendMessage,sqs:GetQueueAttributes,sqs:GetQueueUrl',
      'ListSecrets',
      'LookBelowThePrefix',
      'AskForRotationsOnly',
      'WhatRotateSecretDemands',
      'PublishOnTheBus',
      'ReadFreeze',
      'ListProofs',
      'ReadVersions',
      'RememberReports',
      'LookAtPolicies',
      'LookAtTheSchedule',
      'LookAtRules',
      'LookAtSubscriptions',
      'LookAtTheKey',
    ])
  })

  test.each<[string, object]>([
    ['ListSecrets', { actions: ['secretsmanager:ListSecrets'], resources: ['*'], conditions: [] }],
    [
      'LookBelowThePrefix',
      {
        actions: ['secretsmanager:DescribeSecret', 'secretsmanager:ListSecretVersionIds'],
        resources: [MANAGED],
        conditions: [],
      },
    ],
    [
      'AskForRotationsOnly',
      {
        actions: ['secretsmanager:RotateSecret'],
        resources: [MANAGED],
        conditions: [
          `ArnEqualsIfExists secretsmanager:RotationLambdaARN ${ROTATION_FUNCTION}`,
          'BoolIfExists secretsmanager:ModifyRotationRules false',
        ],
      },
    ],
    ['WhatRotateSecretDemands', { actions: ['lambda:InvokeFunction'], resources: [ROTATION_FUNCTION], conditions: [] }],
    [
      'PublishOnTheBus',
      {
        actions: ['events:PutEvents'],
        resources: [expect.stringMatching(/^<EventsBus.*\.Arn>$/)],
        conditions: asSource('m2m.sweep'),
      },
    ],
    [
      'ReadFreeze',
      {
        actions: ['ssm:GetParameter'],
        resources: [`arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/m2m/prod/freeze`],
        conditions: [],
      },
    ],
    [
      'ListProofs',
      {
        actions: ['s3:ListBucket'],
        resources: [expect.stringMatching(/^<EvidenceBucket.*\.Arn>$/)],
        conditions: ['StringLike s3:prefix proofs/prod/* days/*', `StringEquals aws:ResourceAccount ${ACCOUNT}`],
      },
    ],
    [
      'LookAtTheSchedule',
      {
        actions: ['scheduler:GetSchedule'],
        resources: [`arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/default/m2m-prod-campaign`],
        conditions: [],
      },
    ],
    [
      'LookAtRules',
      {
        actions: ['events:DescribeRule'],
        resources: [expect.stringMatching(/^<EvidenceRule.*\.Arn>$/)],
        conditions: [],
      },
    ],
    [
      'LookAtTheKey',
      { actions: ['kms:DescribeKey'], resources: [expect.stringMatching(/^<Key.*\.Arn>$/)], conditions: [] },
    ],
  ])('%s', (sid, expected) => {
    expect(rights(bySid(statements, sid))).toEqual(expected)
  })

  test('reads no value, stores none, moves no label, uses no key, and speaks to nobody at Stytch', () => {
    const actions = statements.flatMap(({ Action }) => list(Action))

    for (const action of actions) {
      expect(action).not.toMatch(/GetSecretValue|PutSecretValue|UpdateSecretVersionStage|kms:(?!DescribeKey)|\*/)
    }
    expect(JSON.stringify(statements)).not.toContain('stytch')
  })

  test('stands in every secret’s policy among those who ask for rotations, and in none that reads or changes', () => {
    const registrar = ofType('AWS::Lambda::Function').find(
      ({ Properties }) => Properties.FunctionName === 'm2m-prod-registrar',
    )
    const { Variables = {} } = (registrar?.Properties.Environment ?? {}) as { Variables?: Record<string, unknown> }

    expect(flat(Variables.M2M_ROTATORS).split(' ')).toContain(SWEEP_ROLE)
    expect(flat(Variables.M2M_READERS)).not.toContain('sweep')
    expect(flat(Variables.M2M_CHANGERS)).not.toContain('sweep')
    expect(flat(Variables.M2M_CHANGERS)).toContain(BREAK_GLASS)
  })

  test('alone may speak as the sweep on the bus, by the name that the function uses', () => {
    const conditions = busStatements(template).flatMap((statement) => rights(statement).conditions)

    expect(SWEEP_SOURCE).toBe('m2m.sweep')
    const at = conditions.indexOf('ForAnyValue:StringEquals events:source m2m.sweep')
    expect(conditions[at + 1]).toBe(`ArnNotEquals aws:PrincipalArn ${SWEEP_ROLE}`)
  })
})

describe('the function', () => {
  test('has five minutes, 256 MB, one execution of its own, and knows the configured spans', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'm2m-prod-sweep',
      Timeout: 300,
      MemorySize: 256,
      ReservedConcurrentExecutions: 1,
      Environment: {
        Variables: {
          M2M_STAGE: 'prod',
          M2M_SECRET_PREFIX: 'm2m/prod/',
          M2M_PERIOD_HOURS: '720',
          M2M_OVERLAP_HOURS: '24',
          M2M_LONGEST_HOLD_HOURS: '168',
          M2M_SWEEP_EVERY_MINUTES: '15',
          M2M_FREEZE_PARAMETER: '/m2m/prod/freeze',
          M2M_EVIDENCE_BUCKET: { Ref: Match.stringLikeRegexp('^EvidenceBucket') },
        },
      },
    })
  })

  test('is tried once more, not after the next sweep is due, and then ends in its own queue', () => {
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: Match.stringLikeRegexp('^SweepFn') },
      MaximumRetryAttempts: 1,
      MaximumEventAgeInSeconds: 900,
      DestinationConfig: {
        OnFailure: { Destination: { 'Fn::GetAtt': [Match.stringLikeRegexp('^SweepDeadLetters'), 'Arn'] } },
      },
    })
  })
})

describe('the schedule', () => {
  test('calls that function every fifteen minutes, with the time it was scheduled for, and keeps what it cannot start', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      Name: 'm2m-prod-sweep',
      ScheduleExpression: 'rate(15 minutes)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^SweepFn'), 'Arn'] },
        Input: '{"scheduledAt":"<aws.scheduler.scheduled-time>"}',
        RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 900 },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^SweepDeadLetters'), 'Arn'] } },
      },
    })
  })

  test('has a role that may start that function and keep a letter, and nothing else, for schedules of this account', () => {
    const own = roleStatements(template, 'SweepScheduleRole').map(rights)
    const role = ofType('AWS::IAM::Role').find(
      ({ Properties }) => Properties.RoleName === `m2m-prod-sweep-schedule-${REGION}`,
    )

    expect(own).toEqual([
      { actions: ['lambda:InvokeFunction'], resources: [expect.stringMatching(/^<SweepFn.*\.Arn>$/)], conditions: [] },
      {
        actions: ['sqs:SendMessage'],
        resources: [expect.stringMatching(/^<SweepDeadLetters.*\.Arn>$/)],
        conditions: [],
      },
    ])
    expect(role?.Properties.AssumeRolePolicyDocument).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'scheduler.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT, 'aws:SourceArn': expect.anything() } },
        },
      ],
    })
    expect(JSON.stringify(role?.Properties.AssumeRolePolicyDocument)).toContain('schedule-group/default')
  })

  test('however often it comes, CloudFormation’s question for a list is kept for as long as the deployment waits', () => {
    const template = synthStack({ rotation: { sweepEvery: '5m' }, vendor: { endpoint: 'regional' } }).template()
    const [list] = Object.values(template.findResources('Custom::M2mRevocations'))
    const sweeps = template.findResources('AWS::Lambda::EventInvokeConfig', {
      Properties: { FunctionName: { Ref: Match.stringLikeRegexp('Sweep') } },
    })

    expect(Number(list?.Properties.ServiceTimeout)).toBe(900)
    expect(Object.values(sweeps).map(({ Properties }) => Properties.MaximumEventAgeInSeconds)).toEqual([900])
  })

  test('follows the configuration, and with it all that rests on it', () => {
    const rotation = { period: '10d', overlap: '6h', sweepEvery: '5m', longestHold: '2d' }
    const quick = synthStack({ rotation }).template()

    quick.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(5 minutes)' })
    quick.hasResourceProperties('AWS::Scheduler::Schedule', {
      Target: Match.objectLike({ RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 300 } }),
    })
    quick.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'Alive', Period: 300 })
    quick.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'm2m-prod-sweep',
      Environment: {
        Variables: Match.objectLike({
          M2M_PERIOD_HOURS: '240',
          M2M_OVERLAP_HOURS: '6',
          M2M_LONGEST_HOLD_HOURS: '48',
          M2M_SWEEP_EVERY_MINUTES: '5',
        }),
      },
    })
  })
})

describe('people are told', () => {
  test('when it stops: three periods without a sweep that got through, or without any figure at all', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'M2M/prod',
      MetricName: 'Alive',
      Statistic: 'Sum',
      Period: 900,
      EvaluationPeriods: 3,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
      AlarmDescription: Match.stringLikeRegexp('docs/runbook\\.md#sweep-stopped$'),
    })
  })

  test('of what the stage stands on by another alarm, so that what is broken for weeks hides no sweep that stops', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'StageBroken',
      Statistic: 'Sum',
      EvaluationPeriods: 3,
      DatapointsToAlarm: 3,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
      AlarmDescription: Match.stringLikeRegexp('docs/runbook\\.md#stage-check$'),
    })
  })

  test.each([
    ['FreezeUnreadable', 4, 'freeze'],
    ['SweepFailures', 2, 'sweep-failures'],
    ['ProofsOwed', 2, 'proof-pending'],
  ])('of %s, and a sweep that is late ends no alarm', (MetricName, EvaluationPeriods, page) => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'M2M/prod',
      MetricName,
      Statistic: 'Maximum',
      EvaluationPeriods,
      Threshold: 1,
      TreatMissingData: 'ignore',
      AlarmDescription: Match.stringLikeRegexp(`docs/runbook\\.md#${page}$`),
    })
  })

  test('of its dead letters, by the queue’s depth', () => {
    const alarms = ofType('AWS::CloudWatch::Alarm').filter(({ Properties }) =>
      JSON.stringify(Properties.Dimensions ?? '').includes('SweepDeadLetters'),
    )

    expect(alarms).toHaveLength(1)
  })

  test.each([
    ['Sweep Digest', undefined],
    ['Daily Summary', { $or: [{ isWell: [false] }, { isEnd: [true] }] }],
  ])('of what is new, and of what is open: %s', (detailType, detail) => {
    const ofSweep = ofType('AWS::Events::Rule').filter(({ Properties }) =>
      JSON.stringify(Properties.EventPattern).includes('m2m.sweep'),
    )
    const archived = JSON.stringify(ofSweep.map(({ Properties }) => Properties.EventPattern))

    template.hasResourceProperties('AWS::Events::Rule', {
      EventBusName: Match.anyValue(),
      EventPattern: {
        source: ['m2m.sweep'],
        'detail-type': [detailType],
        ...(detail === undefined ? {} : { detail }),
      },
    })
    expect(archived).toContain(detailType)
  })

  test('of a day on which nothing is open, only where that is asked for', () => {
    const asked = synthStack({ rotation: { mailWhenWell: true } }).template()

    asked.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { source: ['m2m.sweep'], 'detail-type': ['Daily Summary'], detail: Match.absent() },
    })
  })

  test('of no secret one by one', () => {
    const rules = ofType('AWS::Events::Rule').filter(({ Properties }) => JSON.stringify(Properties).includes('Alarms'))

    for (const type of [
      'Secret Overdue',
      'Settle Refusing',
      'Secret Dead',
      'Hold Too Long',
      'Rotation Off',
      'Rotation Stuck',
    ])
      expect(JSON.stringify(rules.map(({ Properties }) => Properties.EventPattern))).not.toContain(type)
  })

  test('that nothing is remembered, where the records do not answer', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'M2M/prod',
      MetricName: 'ReportsForgotten',
      TreatMissingData: 'notBreaching',
      AlarmDescription: Match.stringLikeRegexp('docs/runbook\\.md#records-unavailable$'),
    })
  })
})

describe('a freeze', () => {
  test('is no resource of the stack, so that no deployment lifts it', () => {
    expect(ofType('AWS::SSM::Parameter')).toEqual([])
  })

  test('is read by the rotation function, and by that one parameter’s name', () => {
    const rotation = roleStatements(template, 'RotationFnRole')

    expect(rights(bySid(rotation, 'ReadFreeze'))).toEqual({
      actions: ['ssm:GetParameter'],
      resources: [`arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/m2m/prod/freeze`],
      conditions: [],
    })
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'm2m-prod-rotation',
      Environment: { Variables: Match.objectLike({ M2M_FREEZE_PARAMETER: '/m2m/prod/freeze' }) },
    })
  })
})
