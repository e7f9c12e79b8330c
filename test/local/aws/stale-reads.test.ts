// Reads that show a secret as it was: drawn by the settings, or chosen reply by reply; and what is never stale. The SDK asks over HTTP.
import {
  BatchGetSecretValueCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  TagResourceCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import type { ChooseView, ViewCall } from '../../../lambda/local/aws/secret-views.ts'
import type { Behind } from '../../../lambda/local/stand-in/history.ts'
import {
  type Aws,
  createSecret,
  errorName,
  LAMBDA_ARN,
  labels,
  startAws,
  startRotatingAws,
  startRotation,
  tokenOf,
} from './aws-harness.ts'

const [A, B, C] = [tokenOf('a'), tokenOf('b'), tokenOf('c')]
const MINUTE = 60_000

const put = (aws: Aws, token: string, stages?: string[]) =>
  aws.secrets.send(
    new PutSecretValueCommand({
      SecretId: 's',
      ClientRequestToken: token,
      SecretString: `value ${token[0]}`,
      ...(stages === undefined ? {} : { VersionStages: stages }),
    }),
  )
const value = async (aws: Aws, asked: { VersionId?: string; VersionStage?: string } = {}, SecretId = 's') =>
  (await aws.secrets.send(new GetSecretValueCommand({ SecretId, ...asked }))).SecretString
const stagesOf = async (aws: Aws, SecretId = 's') =>
  (await aws.secrets.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages

/** A stand-in whose every reply is as old as `age.is` says; undefined leaves it to the settings. */
const startChosen = async () => {
  const age: { is: Behind | undefined } = { is: undefined }
  const asked: ViewCall[] = []
  const chooseView: ChooseView = (call) => {
    asked.push(call)
    return age.is
  }
  return { aws: await startAws({ chooseView }), age, asked }
}

/** s: created with `value of s`, then A, then B, a minute apart. */
const startWithHistory = async () => {
  const seat = await startChosen()
  const { versionId: first } = await createSecret(seat.aws, 's')
  for (const token of [A, B]) {
    seat.aws.world.clock.advance(MINUTE)
    await put(seat.aws, token)
  }
  return { ...seat, first }
}

describe('a chosen view', () => {
  it('is so many writes behind, back to before the creation', async () => {
    const { aws, age } = await startWithHistory()

    const seen: unknown[] = []
    for (age.is = 0; age.is < 3; age.is += 1) seen.push(await value(aws))
    age.is = 3
    const before = await errorName(value(aws))

    expect(seen).toEqual(['value b', 'value a', 'value of s'])
    expect(before).toBe('ResourceNotFoundException')
  })

  it('is of so many milliseconds ago', async () => {
    const { aws, age } = await startWithHistory()

    age.is = { ms: 1 }
    const justBefore = await value(aws)
    age.is = { ms: MINUTE }
    const atTheWrite = await value(aws)
    age.is = { ms: MINUTE + 1 }
    const earlier = await value(aws)

    expect([justBefore, atTheWrite, earlier]).toEqual(['value a', 'value a', 'value of s'])
  })

  it('shows in all four reads', async () => {
    const { aws, age, first } = await startWithHistory()
    age.is = 1

    const listed = await aws.secrets.send(new ListSecretVersionIdsCommand({ SecretId: 's', IncludeDeprecated: true }))
    const batch = await aws.secrets.send(new BatchGetSecretValueCommand({ SecretIdList: ['s'] }))

    expect(await stagesOf(aws)).toEqual({ [first]: ['AWSPREVIOUS'], [A]: ['AWSCURRENT'] })
    expect(await value(aws, { VersionStage: 'AWSPREVIOUS' })).toBe('value of s')
    expect(listed.Versions?.map(({ VersionId }) => VersionId)).toEqual([first, A])
    expect(batch.SecretValues?.map(({ SecretString }) => SecretString)).toEqual(['value a'])
  })

  it('of a version by its id alone is the stored value, or nothing yet', async () => {
    const { aws, age } = await startWithHistory()
    age.is = 1

    expect(await value(aws, { VersionId: A })).toBe('value a')
    expect(await errorName(value(aws, { VersionId: B }))).toBe('ResourceNotFoundException')
  })

  it('of a version and a label is judged by the labels of then', async () => {
    const { aws, age } = await startWithHistory()
    age.is = 1

    expect(await value(aws, { VersionId: A, VersionStage: 'AWSCURRENT' })).toBe('value a')
    expect(await errorName(value(aws, { VersionId: A, VersionStage: 'AWSPREVIOUS' }))).toBe('InvalidRequestException')
  })

  it('shows a secret that is gone by now, by name and by ARN', async () => {
    const { aws, age } = await startChosen()
    const { arn } = await createSecret(aws, 's')
    await aws.secrets.send(new DeleteSecretCommand({ SecretId: 's', ForceDeleteWithoutRecovery: true }))

    age.is = 0
    const now = await errorName(value(aws))
    age.is = 1

    expect(now).toBe('ResourceNotFoundException')
    expect([await value(aws), await value(aws, {}, arn)]).toEqual(['value of s', 'value of s'])
  })

  it('does not show what had the name before to whoever asks by ARN', async () => {
    const { aws, age } = await startChosen()
    await createSecret(aws, 's', 'of before')
    await aws.secrets.send(new DeleteSecretCommand({ SecretId: 's', ForceDeleteWithoutRecovery: true }))
    const { arn } = await createSecret(aws, 's', 'of now')
    age.is = 2

    expect(await value(aws)).toBe('of before')
    expect(await errorName(value(aws, {}, arn))).toBe('ResourceNotFoundException')
  })

  it('is asked for look by look, with the write counter', async () => {
    const { aws, asked } = await startWithHistory()
    const { arn } = await createSecret(aws, 't')
    await aws.secrets.send(new TagResourceCommand({ SecretId: 't', Tags: [{ Key: 'k', Value: 'v' }] }))

    await value(aws, { VersionId: A })
    await aws.secrets.send(new BatchGetSecretValueCommand({ SecretIdList: ['s', arn] }))

    expect(asked).toEqual([
      { op: 'GetSecretValue', secretId: 's', name: 's', versionId: A, stage: undefined, nth: 1, writes: 3 },
      { op: 'BatchGetSecretValue', secretId: 's', name: 's', nth: 2, writes: 3 },
      { op: 'BatchGetSecretValue', secretId: arn, name: 't', nth: 3, writes: 2 },
    ])
    expect([aws.standIn.writesOf('s'), aws.standIn.writesOf(arn), aws.standIn.writesOf('nobody')]).toEqual([3, 2, 0])
  })

  it('can be of before everything of a rotation', async () => {
    let from = 0
    const aws = await startRotatingAws({ chooseView: ({ writes }) => writes - from })
    await createSecret(aws, 's')
    from = aws.standIn.writesOf('s')
    await startRotation(aws, 's', A)
    await aws.standIn.idle()

    expect(aws.standIn.peek('s')?.versions.map(({ id, stages }) => [id === A, stages])).toEqual([
      [false, ['AWSPREVIOUS']],
      [true, ['AWSCURRENT']],
    ])
    expect(await value(aws)).toBe('value of s')
    expect(Object.values((await stagesOf(aws)) ?? {})).toEqual([['AWSCURRENT']])
  })

  it('goes no further back than 32 writes', async () => {
    const { aws, age } = await startChosen()
    await createSecret(aws, 's')
    for (let turn = 0; turn < 40; turn += 1) {
      await aws.secrets.send(new TagResourceCommand({ SecretId: 's', Tags: [{ Key: 'turn', Value: String(turn) }] }))
    }
    const turnAt = async (behind: number) => {
      age.is = behind
      return (await aws.secrets.send(new DescribeSecretCommand({ SecretId: 's' }))).Tags?.[0]?.Value
    }

    expect([await turnAt(31), await turnAt(32), await turnAt(1000)]).toEqual(['8', '8', '8'])
  })
})

describe('what is never stale', () => {
  it('a conditional label move, a put and the checks of RotateSecret', async () => {
    const { aws, age, first } = await startWithHistory()
    age.is = 2
    const move = (RemoveFromVersionId: string) =>
      aws.secrets.send(
        new UpdateSecretVersionStageCommand({
          SecretId: 's',
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: A,
          RemoveFromVersionId,
        }),
      )

    expect(await errorName(move(first))).toBe('InvalidParameterException')
    await move(B)
    await put(aws, C, ['AWSPENDING'])
    const rotate = new RotateSecretCommand({ SecretId: 's', RotationLambdaARN: LAMBDA_ARN })
    expect(await errorName(aws.secrets.send(rotate))).toBe('InvalidRequestException')
    expect(labels(aws, 's')).toEqual({ [first]: '', [A]: 'AWSCURRENT', [B]: 'AWSPREVIOUS', [C]: 'AWSPENDING' })
  })
})

describe('a drawn view', () => {
  const startDrawn = async (settings: object, drawSeed = 1) => {
    const aws = await startAws({ drawSeed, settings: { staleReadMs: 10 * MINUTE, ...settings } })
    await createSecret(aws, 's')
    aws.world.clock.advance(20 * MINUTE)
    for (const token of [A, B, C]) {
      await put(aws, token)
      aws.world.clock.advance(MINUTE)
    }
    return aws
  }
  const reads = async (aws: Aws, count: number) => {
    const seen: Array<string | undefined> = []
    for (let turn = 0; turn < count; turn += 1) seen.push(await value(aws))
    return seen
  }

  it('is none by default', async () => {
    const aws = await startAws()
    await createSecret(aws, 's')
    await put(aws, A)

    expect(new Set(await reads(aws, 20))).toEqual(new Set(['value a']))
  })

  it('shows each age up to the bound, and the same row for the same seed', async () => {
    const [one, same, other] = [
      await reads(await startDrawn({ staleReadShare: 1 }), 60),
      await reads(await startDrawn({ staleReadShare: 1 }), 60),
      await reads(await startDrawn({ staleReadShare: 1 }, 7), 60),
    ]

    expect(new Set(one)).toEqual(new Set(['value of s', 'value a', 'value b', 'value c']))
    expect(same).toEqual(one)
    expect(other).not.toEqual(one)
  })

  it('shows nothing older than the bound', async () => {
    const aws = await startDrawn({ staleReadShare: 1, staleReadMs: 1.5 * MINUTE })

    expect(new Set(await reads(aws, 60))).toEqual(new Set(['value b', 'value c']))
  })

  it('is a share of the replies', async () => {
    const aws = await startDrawn({ staleReadShare: 0.25 })

    const stale = (await reads(aws, 200)).filter((seen) => seen !== 'value c').length

    // Of a fixed seed: a quarter of 200, of which a tenth is too young to show.
    expect(stale).toBeGreaterThan(25)
    expect(stale).toBeLessThan(70)
  })

  it('that is not stale is the secret as it is, its last access included', async () => {
    const aws = await startDrawn({ staleReadShare: Number.MIN_VALUE })
    await value(aws)

    const described = await aws.secrets.send(new DescribeSecretCommand({ SecretId: 's' }))

    expect(described.LastAccessedDate).toBeInstanceOf(Date)
  })

  it('per secret stays one and the same until it would be too old', async () => {
    const aws = await startDrawn({ staleReadShare: 1, staleReadPer: 'secret', staleReadMs: 10 * MINUTE })

    const [first] = await reads(aws, 1)
    const during = new Set(await reads(aws, 20))
    await put(aws, tokenOf('d'))
    const afterAWrite = await value(aws)
    aws.world.clock.advance(30 * MINUTE)
    const later = await value(aws)

    expect(during).toEqual(new Set([first]))
    expect(afterAWrite).toBe(first)
    expect(later).toBe('value d')
  })

  it('ends with the setting, cached or not', async () => {
    const aws = await startDrawn({ staleReadShare: 1, staleReadPer: 'secret', staleReadMs: 19 * MINUTE })
    await reads(aws, 1)

    aws.standIn.configure({ staleReadShare: 0 })

    expect(await reads(aws, 3)).toEqual(['value c', 'value c', 'value c'])
  })
})
