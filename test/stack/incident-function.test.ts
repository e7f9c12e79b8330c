// The incident function in the stack: what its role may do, statement by statement; which rules call it; where what fails ends; and what
// people are told of.

import type { Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, test } from 'vitest'
import { INCIDENT_SOURCE } from '../../lambda/core/base/event-types.ts'
import { functionArn, plain, role } from './read-template.ts'
import { ACCOUNT, busStatements, resourcesOf, roleStatements, type Statement, synthStack } from './synth.ts'

const SECURITY = `arn:aws:iam::${ACCOUNT}:role/security`
const CAMPAIGN = `${functionArn('campaign')}:live`
const ROLE = role('incident')

let template: Template
let statements: readonly Statement[]
beforeAll(() => {
  template = synthStack({ incidents: { security: { roleArns: [SECURITY] } } }).template()
  statements = roleStatements(template, 'IncidentFnRole')
})

const ofType = (type: string) =>
  Object.entries(resourcesOf(template)).filter(([id, { Type }]) => Type === type && id.startsWith('Incident'))

describe('the role', () => {
  test('may do exactly this', () => {
    expect(statements.map(({ Sid, Action }) => Sid ?? [Action].flat().join())).toEqual([
      'logs:CreateLogStream,logs:PutLogEvents',
      'xray:PutTraceSegments,xray:PutTelemetryRecords',
      'sqs:SendMessage,sqs:GetQueueAttributes,sqs:GetQueueUrl',
      'ListSecrets',
      'LookBelowThePrefix',
      'AskForRotationsOnly',
      'WhatRotateSecretDemands',
      'PublishOnTheBus',
      'ReadFreeze',
      'StartACampaign',
    ])
  })

  test('reads no value, and moves no label', () => {
    const actions = statements.flatMap(({ Action }) => [Action].flat())
    expect(actions).not.toContain('secretsmanager:GetSecretValue')
    expect(actions).not.toContain('secretsmanager:UpdateSecretVersionStage')
  })

  test('starts the campaign by its alias alone', () => {
    expect(plain(statements.find(({ Sid }) => Sid === 'StartACampaign')?.Resource)).toBe(`"${CAMPAIGN}"`)
  })

  test('knows no campaign function, and may start none, where there are no campaigns', () => {
    const none = synthStack({ rotation: { noCampaignsBecause: 'a Region without durable functions' } }).template()

    expect(JSON.stringify(none.toJSON())).not.toMatch(/StartACampaign|M2M_CAMPAIGN_FUNCTION|m2m-prod-campaign/)
  })

  test('speaks on the bus as itself, and nobody else does', () => {
    expect(INCIDENT_SOURCE).toBe('m2m.incident')
    const own = busStatements(template).find(({ Sid }) => Sid === 'M2mIncidentBySpeakersOnly')
    expect(plain(own)).toContain(ROLE)
    expect(plain(own)).toContain('"Effect":"Deny"')
  })
})

describe('the rules', () => {
  const patternsOf = (of: Template) =>
    Object.entries(resourcesOf(of))
      .filter(([id, { Type }]) => Type === 'AWS::Events::Rule' && id.startsWith('Incident'))
      .map(([, { Properties }]) => Properties.EventPattern)
  const reports = { 'detail-type': ['Secret Leak Reported'], 'replay-name': [{ exists: false }] }

  test('are one for every report, of whatever source and form, and one for the end of an incident’s campaign', () => {
    expect(patternsOf(template)).toEqual([
      reports,
      {
        source: ['m2m.campaign'],
        'detail-type': ['Campaign Completed'],
        detail: { intent: ['revoke'], incidentId: [{ exists: true }] },
        'replay-name': [{ exists: false }],
      },
    ])
  })

  test('leave what could not be delivered with the dead letters', () => {
    for (const [, { Properties }] of ofType('AWS::Events::Rule')) {
      const [target] = Properties.Targets as readonly { readonly DeadLetterConfig?: unknown }[]
      expect(target?.DeadLetterConfig).toBeDefined()
    }
  })

  test('without campaigns, there is none for their end', () => {
    const none = synthStack({ rotation: { noCampaignsBecause: 'a Region without durable functions' } }).template()

    expect(patternsOf(none)).toEqual([reports])
  })
})

test('what it failed on three times is in a dead-letter queue', () => {
  expect(ofType('AWS::SQS::Queue')).toHaveLength(1)
  const [config] = ofType('AWS::Lambda::EventInvokeConfig')
  expect(config?.[1].Properties).toMatchObject({ MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 21_600 })
})

test('people are notified how each incident begins and ends, of what waits for the function, and of what waits in the queue', () => {
  for (const id of ['IncidentBegun', 'IncidentDelayed', 'IncidentEnded', 'IncidentFailed', 'LeakReportRefused']) {
    const rules = Object.keys(resourcesOf(template)).filter((key) => key.startsWith(`Alarms${id}`))
    expect(rules).not.toEqual([])
  }
  for (const id of ['IncidentWaits', 'IncidentThrottles', 'IncidentDeadLetters']) {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: `m2m-prod-leak-${id}` })
  }
})
