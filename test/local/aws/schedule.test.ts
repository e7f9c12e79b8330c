// Rotation rules: which ones are taken, what NextRotationDate says, and when the schedule starts a rotation.
import {
  DescribeSecretCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  type RotationRulesType,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import {
  type Aws,
  createSecret,
  DAY_MS,
  errorName,
  LAMBDA_ARN,
  NOON,
  startRotatingAws,
  tokenOf,
} from './aws-harness.ts'

const HOUR_MS = DAY_MS / 24

const configure = (aws: Aws, RotationRules: RotationRulesType) =>
  aws.secrets.send(
    new RotateSecretCommand({ SecretId: 's', RotationLambdaARN: LAMBDA_ARN, RotationRules, RotateImmediately: false }),
  )

const nextDate = async (aws: Aws): Promise<string | undefined> => {
  const described = await aws.secrets.send(new DescribeSecretCommand({ SecretId: 's' }))
  return described.NextRotationDate?.toISOString()
}

const startConfigured = async (rules: RotationRulesType) => {
  const aws = await startRotatingAws({ settings: { redriveCount: 0 } })
  await createSecret(aws, 's')
  await configure(aws, rules)
  await aws.standIn.idle()
  aws.fn.events.splice(0)
  return aws
}

describe('NextRotationDate', () => {
  it.each([
    [{ AutomaticallyAfterDays: 30 }, '2026-04-09T23:59:59.000Z'],
    [{ AutomaticallyAfterDays: 1, Duration: '3h' }, '2026-03-11T03:00:00.000Z'],
    [{ ScheduleExpression: 'rate(10 days)' }, '2026-03-20T23:59:59.000Z'],
    [{ ScheduleExpression: 'rate(4 hours)' }, '2026-03-10T17:00:00.000Z'],
    [{ ScheduleExpression: 'cron(0 8 * * ? *)' }, '2026-03-11T23:59:59.000Z'],
    [{ ScheduleExpression: 'cron(0 8 * * ? *)', Duration: '2h' }, '2026-03-11T10:00:00.000Z'],
    [{ ScheduleExpression: 'cron(0 /8 * * ? *)' }, '2026-03-10T17:00:00.000Z'],
    [{ ScheduleExpression: 'cron(0 0 1 1/3 ? *)', Duration: '1h' }, '2026-04-01T01:00:00.000Z'],
    [{ ScheduleExpression: 'cron(0 1 ? * SUN#1 *)', Duration: '1h' }, '2026-04-05T02:00:00.000Z'],
    [{ ScheduleExpression: 'cron(0 1 ? * 6L *)', Duration: '1h' }, '2026-03-27T02:00:00.000Z'],
    [{ ScheduleExpression: 'cron(0 1 L * ? *)', Duration: '1h' }, '2026-03-31T02:00:00.000Z'],
    [{ ScheduleExpression: 'cron(0 16-18 ? * MON-FRI *)', Duration: '1h' }, '2026-03-10T17:00:00.000Z'],
  ])('of %j is the end of the next window: %s', async (rules, expected) => {
    const aws = await startConfigured(rules)

    const date = await nextDate(aws)

    expect(date).toBe(expected)
  })

  it('counts from the last rotation, and from a version that came by hand', async () => {
    const aws = await startConfigured({ AutomaticallyAfterDays: 10 })
    aws.world.clock.advance(2 * DAY_MS)
    await aws.secrets.send(new RotateSecretCommand({ SecretId: 's' }))
    await aws.standIn.idle()
    const afterRotation = await nextDate(aws)

    aws.world.clock.advance(2 * DAY_MS)
    await aws.secrets.send(new PutSecretValueCommand({ SecretId: 's', SecretString: 'by hand' }))
    const afterHand = await nextDate(aws)

    expect(afterRotation).toBe('2026-03-22T23:59:59.000Z')
    expect(afterHand).toBe('2026-03-24T23:59:59.000Z')
  })
})

describe('rules are refused', () => {
  it.each([
    ['days under 1', { AutomaticallyAfterDays: 0 }, 'ValidationException'],
    ['days over 1000', { AutomaticallyAfterDays: 1001 }, 'ValidationException'],
    [
      'days and an expression',
      { AutomaticallyAfterDays: 1, ScheduleExpression: 'rate(1 day)' },
      'InvalidParameterException',
    ],
    ['a rate under four hours', { ScheduleExpression: 'rate(3 hours)' }, 'InvalidParameterException'],
    ['a rate in minutes', { ScheduleExpression: 'rate(300 minutes)' }, 'InvalidParameterException'],
    ['minutes other than 0', { ScheduleExpression: 'cron(5 8 * * ? *)' }, 'InvalidParameterException'],
    ['a year', { ScheduleExpression: 'cron(0 8 * * ? 2027)' }, 'InvalidParameterException'],
    ['both day fields', { ScheduleExpression: 'cron(0 8 1 * MON *)' }, 'InvalidParameterException'],
    ['five fields', { ScheduleExpression: 'cron(0 8 * * ?)' }, 'InvalidParameterException'],
    ['an hour that is none', { ScheduleExpression: 'cron(0 24 * * ? *)' }, 'InvalidParameterException'],
    ['a duration without h', { AutomaticallyAfterDays: 1, Duration: '30' }, 'ValidationException'],
    ['a duration over the day', { AutomaticallyAfterDays: 1, Duration: '25h' }, 'InvalidParameterException'],
    [
      'a window into the next day',
      { ScheduleExpression: 'cron(0 22 * * ? *)', Duration: '3h' },
      'InvalidParameterException',
    ],
    [
      'a window into the next one',
      { ScheduleExpression: 'cron(0 8,10 * * ? *)', Duration: '3h' },
      'InvalidParameterException',
    ],
    ['a window over its rate', { ScheduleExpression: 'rate(4 hours)', Duration: '5h' }, 'InvalidParameterException'],
  ])('with %s, and nothing is stored', async (_what, rules, name) => {
    const aws = await startRotatingAws()
    await createSecret(aws, 's')

    const refused = await errorName(configure(aws, rules))

    expect(refused).toBe(name)
    expect(aws.standIn.peek('s')?.rotation).toBeUndefined()
  })
})

describe('the clock', () => {
  it.each<[string, RotationRulesType, number, string]>([
    ['after days', { AutomaticallyAfterDays: 2 }, 2 * DAY_MS, '2026-03-12T23:59:59.000Z'],
    ['at a rate', { ScheduleExpression: 'rate(4 hours)' }, 4 * HOUR_MS, '2026-03-10T17:00:00.000Z'],
    [
      'by a cron expression, in its window',
      { ScheduleExpression: 'cron(0 8 11 * ? *)', Duration: '2h' },
      20 * HOUR_MS,
      '2026-03-11T10:00:00.000Z',
    ],
  ])('starts a rotation %s, by the date that both lists and descriptions show', async (_what, rules, ms, date) => {
    const aws = await startConfigured(rules)
    const { SecretList } = await aws.secrets.send(new ListSecretsCommand({}))
    expect([await nextDate(aws), SecretList?.[0]?.NextRotationDate?.toISOString()]).toEqual([date, date])
    expect(aws.fn.events).toEqual([])

    await fetch(`${aws.origin}/_stand-in/clock`, {
      method: 'POST',
      body: JSON.stringify({ advance_seconds: ms / 1000 }),
    })
    await aws.secrets.send(new ListSecretsCommand({}))
    await aws.standIn.idle()

    expect(aws.fn.events.map(({ Step }) => Step)).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret'])
  })
})

describe('tick', () => {
  it('starts what is due by the shared clock, with a UUID for a token, once a window', async () => {
    const aws = await startConfigured({ AutomaticallyAfterDays: 1 })
    const early = aws.standIn.tick()
    aws.world.clock.advance(DAY_MS)

    const due = aws.standIn.tick()
    const again = aws.standIn.tick()
    await aws.standIn.idle()
    const after = aws.standIn.tick()

    expect([early, due, again, after]).toEqual([0, 1, 0, 0])
    expect(aws.fn.events[0]?.ClientRequestToken).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    )
    expect(aws.standIn.peek('s')?.rotation?.lastRotatedAt).toBe(NOON + DAY_MS)
  })

  it('does not start a failed rotation again in the same window, even when its label is cleared', async () => {
    const aws = await startConfigured({ ScheduleExpression: 'rate(4 hours)' })
    aws.fn.before(() => 'never')
    aws.world.clock.advance(4 * HOUR_MS)
    aws.standIn.tick()
    await aws.standIn.idle()
    const stuckToken = aws.fn.events[0]?.ClientRequestToken ?? ''
    await aws.secrets.send(
      new UpdateSecretVersionStageCommand({
        SecretId: 's',
        VersionStage: 'AWSPENDING',
        RemoveFromVersionId: stuckToken,
      }),
    )

    const sameWindow = aws.standIn.tick()
    aws.world.clock.advance(4 * HOUR_MS)
    const nextWindow = aws.standIn.tick()
    await aws.standIn.idle()

    expect([sameWindow, nextWindow]).toEqual([0, 1])
  })

  it('leaves a secret alone whose last rotation is stuck', async () => {
    const aws = await startConfigured({ AutomaticallyAfterDays: 1 })
    aws.fn.before(() => 'never')
    await aws.secrets.send(new RotateSecretCommand({ SecretId: 's', ClientRequestToken: tokenOf('stuck') }))
    await aws.standIn.idle()
    aws.world.clock.advance(2 * DAY_MS)

    const started = aws.standIn.tick()

    expect(started).toBe(0)
    expect(await nextDate(aws)).toBe('2026-03-11T23:59:59.000Z')
  })
})
