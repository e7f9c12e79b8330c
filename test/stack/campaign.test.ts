// The campaign function in the stack: durable, with an alias and versions that stay; what its role may do, statement by statement; who
// starts it; where what fails ends; and what people are told of.

import type { Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, test } from 'vitest'
import { CAMPAIGN_SOURCE } from '../../lambda/core/base/event-types.ts'
import { readCampaignRequest } from '../../lambda/core/campaign/campaign-request.ts'
import { functionArn, MANAGED, plain, role, text } from './read-template.ts'
import {
  ACCOUNT,
  busStatements,
  bySid,
  REGION,
  resourcesOf,
  roleStatements,
  type Statement,
  synthStack,
} from './synth.ts'

const FUNCTION = functionArn('campaign')
const ALIAS = `${FUNCTION}:live`
const ROLE = role('campaign')

let template: Template
let statements: readonly Statement[]
beforeAll(() => {
  template = synthStack().template()
  statements = roleStatements(template, 'CampaignFnRole')
})

const ofType = (type: string, from: Template = template) =>
  Object.entries(resourcesOf(from)).filter(([id, { Type }]) => Type === type && id.startsWith('Campaign'))
const only = (type: string) => {
  const [found, ...more] = ofType(type)
  if (found === undefined || more.length > 0) throw new Error(`not one ${type}, but ${more.length + (found ? 1 : 0)}`)
  return found[1].Properties
}
const statement = (sid: string): Statement => bySid(statements, sid)

describe('the function', () => {
  test('is durable, for as long as an overlap and a campaign last', () => {
    expect(only('AWS::Lambda::Function')).toMatchObject({
      FunctionName: 'm2m-prod-campaign',
      DurableConfig: { ExecutionTimeout: (24 + 48) * 3600, RetentionPeriodInDays: 30 },
      Timeout: 900,
      Runtime: 'nodejs24.x',
    })
    const long = synthStack({ rotation: { period: '60d', overlap: '10d' } }).template()
    const [[, { Properties }] = ['', { Properties: {} }]] = ofType('AWS::Lambda::Function', long)
    expect(Properties).toMatchObject({ DurableConfig: { ExecutionTimeout: (240 + 48) * 3600 } })
  })

  test('knows itself by the alias, and everybody else does, too', () => {
    const { Environment } = only('AWS::Lambda::Function') as { readonly Environment: object }
    expect(plain(Environment)).toContain(`"M2M_CAMPAIGN_FUNCTION":"${ALIAS}"`)
    expect(only('AWS::Lambda::Alias')).toMatchObject({ Name: 'live' })
  })

  test('leaves its versions when a new one comes, since executions replay on their own', () => {
    const [[, version] = ['', {}]] = ofType('AWS::Lambda::Version')
    expect(version).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' })
  })

  test('has Lambda put into a queue of its own what failed: durable functions know no destinations', () => {
    expect(only('AWS::SQS::Queue')).toMatchObject({ SqsManagedSseEnabled: true })
    expect(text(only('AWS::Lambda::Function').DeadLetterConfig)).toMatch(/"Fn::GetAtt":\["CampaignDeadLetters/)
    expect(ofType('AWS::Lambda::EventInvokeConfig')).toEqual([])
  })
})

describe('the role', () => {
  test('may do exactly this', () => {
    expect(statements.map(({ Sid, Action }) => Sid ?? [Action].flat().join())).toEqual([
      'logs:CreateLogStream,logs:PutLogEvents',
      'sqs:SendMessage',
      'xray:PutTraceSegments,xray:PutTelemetryRecords',
      'ListSecrets',
      'LookBelowThePrefix',
      'AskForRotationsOnly',
      'WhatRotateSecretDemands',
      'ReadVersions',
      'StartOwnPages',
      'KeepOwnCheckpoints',
      'PublishOnTheBus',
      'ReadFreeze',
      'ReadWhatOperatorsWant',
    ])
  })

  test('looks below the prefix and reads no value', () => {
    expect(statement('LookBelowThePrefix').Action).toEqual([
      'secretsmanager:DescribeSecret',
      'secretsmanager:ListSecretVersionIds',
    ])
    expect(plain(statement('LookBelowThePrefix').Resource)).toBe(`"${MANAGED}"`)
    expect(text(statements)).not.toContain('GetSecretValue')
    expect(text(statements)).not.toContain('kms:')
  })

  test('asks for rotations without changing function or schedule', () => {
    const { Action, Resource, Condition } = statement('AskForRotationsOnly')
    expect([Action].flat()).toEqual(['secretsmanager:RotateSecret'])
    expect(plain(Resource)).toBe(`"${MANAGED}"`)
    // Absent from a request that names no function, or filled with the one that is set: either is allowed.
    expect(Condition).toEqual({
      ArnEqualsIfExists: { 'secretsmanager:RotationLambdaARN': [statement('WhatRotateSecretDemands').Resource] },
      BoolIfExists: { 'secretsmanager:ModifyRotationRules': 'false' },
    })
  })

  test('moves no label: what is stuck is driven on by the rotation function', () => {
    expect(text(statements)).not.toContain('UpdateSecretVersionStage')
  })

  test('starts itself by the alias alone, and the rotation function, which RotateSecret demands', () => {
    expect([statement('StartOwnPages').Action].flat()).toEqual(['lambda:InvokeFunction'])
    expect(plain(statement('StartOwnPages').Resource)).toBe(`"${ALIAS}"`)
    const invoking = statements.filter(({ Action }) => [Action].flat().includes('lambda:InvokeFunction'))
    expect(invoking.map(({ Sid }) => Sid)).toEqual(['WhatRotateSecretDemands', 'StartOwnPages'])
  })

  test('keeps checkpoints of its own executions, of whichever version', () => {
    const { Action, Resource } = statement('KeepOwnCheckpoints')
    expect(Action).toEqual(['lambda:CheckpointDurableExecution', 'lambda:GetDurableExecutionState'])
    expect(plain(Resource)).toBe(`"${FUNCTION}:*"`)
  })

  test.each([
    ['ReadFreeze', 'freeze'],
    ['ReadWhatOperatorsWant', 'campaigns'],
  ])('reads two parameters and nothing else of Systems Manager: %s', (sid, name) => {
    const { Action, Resource } = statement(sid)
    expect([Action].flat()).toEqual(['ssm:GetParameter'])
    expect(plain(Resource)).toBe(`"arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/m2m/prod/${name}"`)
  })

  test('speaks on the bus as itself, and nobody else does', () => {
    expect(CAMPAIGN_SOURCE).toBe('m2m.campaign')
    expect(statement('PublishOnTheBus').Condition).toEqual({
      'ForAllValues:StringEquals': { 'events:source': CAMPAIGN_SOURCE, 'events:detail-type': ['Campaign Completed'] },
      Null: { 'events:source': 'false', 'events:detail-type': 'false' },
    })
    const own = busStatements(template).find(({ Sid }) => Sid === 'M2mCampaignBySpeakersOnly')
    expect(plain(own)).toContain(ROLE)
    expect(plain(own)).toContain('"Effect":"Deny"')
  })

  test('is let in by the policies of the secrets', () => {
    const registrar = Object.values(resourcesOf(template)).find(
      ({ Type, Properties }) => Type === 'AWS::Lambda::Function' && Properties.FunctionName === 'm2m-prod-registrar',
    )
    expect(plain(registrar)).toMatch(new RegExp(`"M2M_ROTATORS":"[^"]*${ROLE}`))
  })
})

describe('the schedule', () => {
  const schedule = () =>
    only('AWS::Scheduler::Schedule') as {
      readonly ScheduleExpression: string
      readonly Target: { readonly Input: string; readonly Arn: unknown; readonly DeadLetterConfig: unknown }
    }

  test('starts the alias daily, keeps what could not start, and its role may do no more', () => {
    expect(schedule()).toMatchObject({ ScheduleExpression: 'cron(0 2 * * ? *)' })
    expect(plain(schedule().Target.Arn)).toBe(`"${ALIAS}"`)
    expect(text(schedule().Target.DeadLetterConfig)).toMatch(/"Fn::GetAtt":\["CampaignDeadLetters/)
    const allowed = roleStatements(template, 'CampaignScheduleRole')
    expect(allowed.map(({ Action }) => [Action].flat().join())).toEqual(['lambda:InvokeFunction', 'sqs:SendMessage'])
    expect(plain(allowed[0]?.Resource)).toBe(`"${ALIAS}"`)
  })

  test('asks for what the function understands: what is due, under an id that a second delivery repeats', () => {
    const input = schedule().Target.Input.replace('<aws.scheduler.scheduled-time>', '2026-03-10T02:00:00Z')
    expect(readCampaignRequest(JSON.parse(input))).toMatchObject({
      ok: true,
      value: { intent: 'rotate', selector: { due: true }, id: 'schedule-2026-03-10T02:00:00Z', canary: 1 },
    })
  })

  test('follows the configuration, and the hour of a maintenance window', () => {
    const of = (rotation: object): unknown =>
      ofType('AWS::Scheduler::Schedule', synthStack({ rotation }).template())[0]?.[1].Properties.ScheduleExpression

    expect(of({ campaignSchedule: 'rate(12 hours)' })).toBe('rate(12 hours)')
    expect(of({ maintenanceWindow: { cron: 'cron(0 4 1 1/3 ? *)', durationHours: 3 } })).toBe('cron(0 7 * * ? *)')
  })
})

test('operators may start it, by the alias', () => {
  const policies = Object.values(resourcesOf(template)).filter(({ Type }) => Type === 'AWS::IAM::ManagedPolicy')
  expect(plain(policies)).toContain(`"Resource":"${ALIAS}","Sid":"StartCampaigns"`)
})

test('operators may see campaigns, and pause and stop them by one parameter; nobody else but the function reads it', () => {
  const policies = Object.values(resourcesOf(template)).filter(({ Type }) => Type === 'AWS::IAM::ManagedPolicy')
  const parameter = `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/m2m/prod/campaigns`
  expect(plain(policies)).toMatch(
    new RegExp(
      `"Action":\\["ssm:GetParameter","ssm:GetParameterHistory","ssm:PutParameter"\\],"Effect":"Allow","Resource":\\[[^\\]]*"${parameter}"`,
    ),
  )
  expect(plain(policies)).toContain('"Action":["lambda:ListDurableExecutionsByFunction","lambda:GetDurableExecution"]')
  expect(plain(Object.values(resourcesOf(template))).split(parameter)).toHaveLength(3)
})

test('the rate that Stytch grants reaches the function', () => {
  const granted = synthStack({ rotation: { stytchCallsPerSecond: 40 } }).template()
  expect(text(ofType('AWS::Lambda::Function', granted))).toContain('"M2M_STYTCH_CALLS_PER_SECOND":"40"')
  expect(text(ofType('AWS::Lambda::Function'))).not.toContain('STYTCH')
})

test('people are told of a campaign that needs somebody, and of what could not even say that', () => {
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: {
      source: ['m2m.campaign'],
      'detail-type': ['Campaign Completed'],
      detail: { needsSomebody: [true] },
    },
  })
  for (const id of ['CampaignExecutionFailed', 'CampaignTimedOut', 'CampaignStopped', 'CampaignDeadLetters']) {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: `m2m-prod-campaign-failed-${id}` })
  }
})

test('where there is a reason for none, there is nothing of it', () => {
  const none = synthStack({ rotation: { noCampaignsBecause: 'this Region has no durable functions' } }).template()

  expect(Object.keys(resourcesOf(none)).filter((id) => /^(Alarms)?Campaign/.test(id))).toEqual([])
  expect(text(none.toJSON())).not.toContain('OnlyM2mCampaign')
  expect(text(none.toJSON())).not.toContain('StartCampaigns')
})
