// What services hand on to one another, with their own rights: what a policy refuses, or what is not there, lies with the dead letters that were
// named for it, with why; without them, or where they refuse it as well, it is lost, and counted.
import { beforeEach, describe, expect, test } from 'vitest'
import { ACCOUNT, may, policy, REGION, roleOf, useGuardedAws } from './signed-as.ts'

const here = (service: string, what: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${what}`
const FUNCTION = here('lambda', 'function:archive')
const TOPIC = here('sns', 'alarms')
const QUEUE = here('sqs', 'reads')
const DEAD = here('sqs', 'dead')
const RULE = here('events', 'rule/stage/Leaks')
const ALARM = here('cloudwatch', 'alarm:errors')
const ROLE = roleOf('schedule')

const invoked: string[] = []
const aws = useGuardedAws({
  functions: {
    exists: (arn) => arn === FUNCTION,
    settingsOf: () => ({ maxRetries: 0, onFailure: DEAD, roleArn: roleOf('archive') }),
    invoke: async ({ functionArn }) => {
      invoked.push(functionArn)
      return { ok: false, errorType: 'Fault', errorMessage: 'no' }
    },
  },
})
const { standIn, rights, be, call, query } = aws

const lets = (service: string, action: string, sourceArn: string) =>
  policy({
    Effect: 'Allow',
    Principal: { Service: service },
    Action: action,
    Resource: '*',
    Condition: { ArnLike: { 'aws:SourceArn': sourceArn }, StringEquals: { 'aws:SourceAccount': ACCOUNT } },
  })
const guard = (arn: string, document?: ReturnType<typeof policy>): void => rights.setResourcePolicy(arn, document)
const dead = () => standIn.queued(DEAD).map(({ attributes }) => attributes?.ERROR_CODE ?? attributes?.ErrorCode)
const undelivered = () =>
  standIn.undelivered().map(({ targetArn, errorCode, deadLetterArn }) => [targetArn, errorCode, deadLetterArn])
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

beforeEach(() => {
  invoked.length = 0
  for (const arn of [FUNCTION, TOPIC, QUEUE, DEAD, ROLE]) guard(arn)
  for (const name of ['schedule', 'archive']) rights.setRole(roleOf(name), { identityPolicies: [] })
  for (const arn of [QUEUE, DEAD]) standIn.resources.addQueue(arn)
  standIn.resources.addTopic('alarms')
})

describe.each([
  ['a function', FUNCTION, 'lambda:InvokeFunction'],
  ['a topic', TOPIC, 'sns:Publish'],
  ['a queue', QUEUE, 'sqs:SendMessage'],
])('a rule whose target is %s', (_, targetArn, action) => {
  const happen = async (): Promise<void> => {
    standIn.resources.putRule({
      name: 'Leaks',
      busName: 'stage',
      pattern: { source: ['a'] },
      targets: [{ arn: targetArn, deadLetterArn: DEAD }],
    })
    be('reporter', may('events:PutEvents'))
    await call('reporter', 'events', 'PutEvents', {
      Entries: [{ EventBusName: 'stage', Source: 'a', DetailType: 'b', Detail: '{"n":1}' }],
    })
    await settled()
  }
  const arrived = (): number =>
    standIn.messages().length + standIn.queued(QUEUE).length + invoked.filter((arn) => arn === targetArn).length

  test('delivers where the target’s policy names that rule', async () => {
    guard(targetArn, lets('events.amazonaws.com', action, RULE))
    await happen()

    expect(arrived()).toBe(1)
    expect(undelivered()).not.toContainEqual([targetArn, expect.anything(), expect.anything()])
  })

  test('delivers nothing where it names another rule; the event is a dead letter, and says why', async () => {
    guard(targetArn, lets('events.amazonaws.com', action, `${RULE}2`))
    guard(DEAD, lets('events.amazonaws.com', 'sqs:SendMessage', RULE))
    await happen()

    expect(arrived()).toBe(0)
    expect(undelivered()).toEqual([[targetArn, 'NO_PERMISSIONS', DEAD]])
    expect(standIn.queued(DEAD)).toMatchObject([
      {
        body: expect.stringContaining('"n":1'),
        attributes: {
          RULE_ARN: RULE,
          TARGET_ARN: targetArn,
          ERROR_CODE: 'NO_PERMISSIONS',
          ERROR_MESSAGE: `User: events.amazonaws.com is not authorized to perform: ${action} on resource: ${targetArn} because no resource-based policy allows the ${action} action`,
        },
      },
    ])
  })

  test('loses it where the queue of dead letters has no policy either', async () => {
    await happen()

    expect(undelivered()).toEqual([[targetArn, 'NO_PERMISSIONS', undefined]])
    expect(dead()).toEqual([])
  })
})

test('what a rule’s target is not there for is a dead letter as well', async () => {
  const gone = here('sqs', 'gone')
  guard(gone, lets('events.amazonaws.com', 'sqs:SendMessage', RULE))
  guard(DEAD, lets('events.amazonaws.com', 'sqs:SendMessage', RULE))
  standIn.resources.putRule({
    name: 'Leaks',
    busName: 'stage',
    pattern: { source: ['a'] },
    targets: [{ arn: gone, deadLetterArn: DEAD }],
  })
  be('reporter', may('events:PutEvents'))
  await call('reporter', 'events', 'PutEvents', {
    Entries: [{ EventBusName: 'stage', Source: 'a', DetailType: 'b', Detail: '{}' }],
  })

  expect(dead()).toEqual(['NO_RESOURCE'])
})

describe('a schedule', () => {
  const GROUP = here('scheduler', 'schedule-group/default')
  const trusted = lets('scheduler.amazonaws.com', 'sts:AssumeRole', GROUP)
  const fire = async (): Promise<void> => {
    const sourceArn = here('scheduler', 'schedule/default/sweep')
    standIn.sendFromSchedule({ sourceArn, targetArn: FUNCTION, roleArn: ROLE, deadLetterArn: DEAD }, { n: 1 })
    await settled()
  }

  test('calls its target with the rights of its role', async () => {
    guard(ROLE, trusted)
    rights.setRole(ROLE, { identityPolicies: [may('lambda:InvokeFunction', FUNCTION)] })
    await fire()

    expect(invoked).toEqual([FUNCTION])
  })

  test('whose role may not leaves a dead letter, if the role may send one', async () => {
    guard(ROLE, trusted)
    rights.setRole(ROLE, { identityPolicies: [may('sqs:SendMessage', DEAD)] })
    await fire()
    rights.setRole(ROLE, { identityPolicies: [] })
    await fire()

    expect(invoked).toEqual([])
    expect(undelivered()).toEqual([
      [FUNCTION, 'AccessDeniedException', DEAD],
      [FUNCTION, 'AccessDeniedException', undefined],
    ])
    expect(standIn.queued(DEAD)).toMatchObject([
      { body: '{"n":1}', attributes: { ERROR_CODE: 'AccessDeniedException' } },
    ])
  })

  test.each([
    ['trusts nobody', undefined],
    ['trusts another group of schedules', lets('scheduler.amazonaws.com', 'sts:AssumeRole', `${GROUP}-2`)],
    ['trusts another service', lets('events.amazonaws.com', 'sts:AssumeRole', GROUP)],
  ])('whose role %s is not called, and reaches no queue', async (_, trust) => {
    guard(ROLE, trust)
    rights.setRole(ROLE, { identityPolicies: [may('*')] })
    await fire()

    expect(invoked).toEqual([])
    expect(undelivered()).toEqual([[FUNCTION, 'AccessDeniedException', undefined]])
  })
})

describe('an alarm', () => {
  const actions = { ALARM: [TOPIC], OK: [], INSUFFICIENT_DATA: [], areEnabled: true }
  const become = (state: string) =>
    query('admin', 'monitoring', 'SetAlarmState', { AlarmName: 'errors', StateValue: state, StateReason: 'a test' })

  test('publishes on its topic when its state has changed, where the topic lets that alarm', async () => {
    standIn.resources.addAlarm('errors', actions)
    guard(TOPIC, lets('cloudwatch.amazonaws.com', 'sns:Publish', ALARM))
    for (const state of ['ALARM', 'ALARM', 'OK']) await become(state)

    expect(standIn.messages().map(({ text }) => JSON.parse(text) as object)).toMatchObject([
      { AlarmName: 'errors', OldStateValue: 'OK', NewStateValue: 'ALARM', NewStateReason: 'a test' },
    ])
  })

  test('notifies nobody where the topic lets other alarms only, or its actions are off', async () => {
    standIn.resources.addAlarm('errors', actions)
    guard(TOPIC, lets('cloudwatch.amazonaws.com', 'sns:Publish', `${ALARM}-2`))
    await become('ALARM')
    standIn.resources.addAlarm('errors', { ...actions, areEnabled: false })
    guard(TOPIC, lets('cloudwatch.amazonaws.com', 'sns:Publish', ALARM))
    await become('ALARM')

    expect(standIn.messages()).toEqual([])
    expect(undelivered()).toEqual([[TOPIC, 'NO_PERMISSIONS', undefined]])
  })
})

describe('a topic', () => {
  const publish = (): void => {
    guard(TOPIC, lets('events.amazonaws.com', 'sns:Publish', RULE))
    standIn.resources.putRule({
      name: 'Leaks',
      busName: 'stage',
      pattern: { source: ['a'] },
      targets: [{ arn: TOPIC }],
    })
  }
  const happen = async (): Promise<void> => {
    publish()
    be('reporter', may('events:PutEvents'))
    await call('reporter', 'events', 'PutEvents', {
      Entries: [{ EventBusName: 'stage', Source: 'a', DetailType: 'b', Detail: '{}' }],
    })
  }

  test('keeps what a mailbox does not take in the subscription’s queue, where that lets it', async () => {
    const undo = standIn.resources.subscribe('alarms', {
      protocol: 'email',
      endpoint: 'a@example.com',
      deadLetterArn: DEAD,
    })
    standIn.watching.setReachable('a@example.com', false)
    await happen()
    guard(DEAD, lets('sns.amazonaws.com', 'sqs:SendMessage', TOPIC))
    await happen()
    standIn.watching.setReachable('a@example.com', true)
    await happen()
    undo()

    expect(undelivered()).toEqual([
      ['a@example.com', 'ClientError', undefined],
      ['a@example.com', 'ClientError', DEAD],
    ])
    expect(dead()).toEqual(['ClientError'])
  })

  test('sends to a queue that lets it', async () => {
    const undo = standIn.resources.subscribe('alarms', { protocol: 'sqs', endpoint: QUEUE })
    await happen()
    guard(QUEUE, lets('sns.amazonaws.com', 'sqs:SendMessage', TOPIC))
    await happen()
    undo()

    expect(standIn.queued(QUEUE)).toHaveLength(1)
    expect(undelivered()).toEqual([[QUEUE, 'NO_PERMISSIONS', undefined]])
  })
})

describe('a function whose tries have all failed', () => {
  const fail = async (): Promise<void> => {
    standIn.sendToFunction(FUNCTION, {})
    await settled()
  }

  test('leaves what it was sent in its destination, with the rights of its role', async () => {
    rights.setRole(roleOf('archive'), { identityPolicies: [may('sqs:SendMessage', DEAD)] })
    await fail()

    expect(standIn.queued(DEAD)).toHaveLength(1)
  })

  test('loses it where its role may not', async () => {
    await fail()

    expect(standIn.queued(DEAD)).toEqual([])
    expect(undelivered()).toEqual([[DEAD, 'AccessDeniedException', undefined]])
  })
})
