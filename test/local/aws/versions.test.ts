// Contract: versions, tokens and staging labels, the semantics that rotation rests on.
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  type GetSecretValueCommandInput,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  type PutSecretValueCommandInput,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import {
  type Aws,
  createSecret,
  DAY_MS,
  errorName,
  labels,
  NOON,
  startAws,
  startRotation,
  tokenOf,
} from './aws-harness.ts'

const A = tokenOf('a')
const B = tokenOf('b')

const put = (aws: Aws, token: string, more: Partial<PutSecretValueCommandInput> = {}) =>
  aws.secrets.send(
    new PutSecretValueCommand({ SecretId: 's', ClientRequestToken: token, SecretString: `value ${token}`, ...more }),
  )

const read = (aws: Aws, more: Partial<GetSecretValueCommandInput> = {}) =>
  aws.secrets.send(new GetSecretValueCommand({ SecretId: 's', ...more }))

const move = (aws: Aws, stage: string, ids: { readonly to?: string; readonly from?: string }) =>
  aws.secrets.send(
    new UpdateSecretVersionStageCommand({
      SecretId: 's',
      VersionStage: stage,
      MoveToVersionId: ids.to,
      RemoveFromVersionId: ids.from,
    }),
  )

/** A secret `s` whose AWSCURRENT is the returned id. */
const startWithSecret = async (): Promise<{ readonly aws: Aws; readonly first: string }> => {
  const aws = await startAws()
  const { versionId } = await createSecret(aws, 's', 'value first')
  return { aws, first: versionId }
}

describe('PutSecretValue', () => {
  it('moves AWSCURRENT when no labels are given, and AWSPREVIOUS after it', async () => {
    const { aws, first } = await startWithSecret()

    const stored = await put(aws, A)
    await put(aws, B)

    expect(stored.VersionStages).toEqual(['AWSCURRENT'])
    expect(labels(aws, 's')).toEqual({ [first]: '', [A]: 'AWSPREVIOUS', [B]: 'AWSCURRENT' })
  })

  it('moves only the labels it is given, off whichever versions have them', async () => {
    const { aws, first } = await startWithSecret()
    await put(aws, A, { VersionStages: ['AWSPENDING', 'mine'] })

    const stored = await put(aws, B, { VersionStages: ['mine', 'AWSPENDING'] })

    expect(stored.VersionStages).toEqual(['AWSPENDING', 'mine'])
    expect(labels(aws, 's')).toEqual({ [first]: 'AWSCURRENT', [A]: '', [B]: 'AWSPENDING mine' })
  })

  it('does nothing for the same token and the same data, whatever the labels', async () => {
    const { aws, first } = await startWithSecret()
    await put(aws, A, { VersionStages: ['AWSPENDING'] })

    const again = await put(aws, A, { VersionStages: ['AWSCURRENT'] })

    expect(again.VersionStages).toEqual(['AWSPENDING'])
    expect(labels(aws, 's')).toEqual({ [first]: 'AWSCURRENT', [A]: 'AWSPENDING' })
  })

  it.each([
    ['other text', { SecretString: 'other' }],
    ['the same bytes as binary', { SecretString: undefined, SecretBinary: Buffer.from(`value ${A}`) }],
  ])('refuses a used token with %s', async (_what, other) => {
    const { aws } = await startWithSecret()
    await put(aws, A)

    const refused = await errorName(put(aws, A, other))

    expect(refused).toBe('ResourceExistsException')
    expect((await read(aws, { VersionId: A })).SecretString).toBe(`value ${A}`)
  })

  it("makes a secret's first version AWSCURRENT whatever the labels", async () => {
    const aws = await startAws()
    await aws.secrets.send(new CreateSecretCommand({ Name: 's' }))

    await put(aws, A, { VersionStages: ['mine'] })

    expect(labels(aws, 's')).toEqual({ [A]: 'AWSCURRENT mine' })
  })

  it('keeps binary values as they are', async () => {
    const { aws } = await startWithSecret()
    const bytes = new Uint8Array([0, 255, 1, 128])

    await put(aws, A, { SecretString: undefined, SecretBinary: bytes })

    const stored = await read(aws)
    expect(stored.SecretBinary).toEqual(bytes)
    expect(stored.SecretString).toBeUndefined()
  })

  it.each([
    ['no value', { SecretString: undefined }, 'InvalidRequestException'],
    ['an empty value', { SecretString: '' }, 'ValidationException'],
    ['two values', { SecretBinary: new Uint8Array([1]) }, 'InvalidParameterException'],
    ['a value over 64 KiB', { SecretBinary: new Uint8Array(65_537), SecretString: undefined }, 'ValidationException'],
    ['no labels in a list', { VersionStages: [] }, 'ValidationException'],
    ['21 labels', { VersionStages: Array.from({ length: 21 }, (_, i) => `l${i}`) }, 'ValidationException'],
    ['a label over 256 characters', { VersionStages: ['l'.repeat(257)] }, 'ValidationException'],
    ['a rotation token under 36 characters', { RotationToken: 'short' }, 'ValidationException'],
    ['a rotation token over 256 characters', { RotationToken: 'r'.repeat(257) }, 'ValidationException'],
    [
      '20 labels beside AWSCURRENT',
      { VersionStages: Array.from({ length: 20 }, (_, i) => `l${i}`) },
      'LimitExceededException',
    ],
  ])('refuses %s and stores nothing', async (_what, wrong, name) => {
    const { aws, first } = await startWithSecret()

    const refused = await errorName(put(aws, A, wrong))

    expect(refused).toBe(name)
    expect(labels(aws, 's')).toEqual({ [first]: 'AWSCURRENT' })
  })
})

describe('GetSecretValue', () => {
  it('reads AWSCURRENT, or what the version id or the label says', async () => {
    const { aws, first } = await startWithSecret()
    await put(aws, A, { VersionStages: ['AWSPENDING'] })

    const current = await read(aws)
    const byId = await read(aws, { VersionId: A })
    const byLabel = await read(aws, { VersionStage: 'AWSPENDING' })
    const byBoth = await read(aws, { VersionId: A, VersionStage: 'AWSPENDING' })

    expect(current).toMatchObject({
      Name: 's',
      VersionId: first,
      SecretString: 'value first',
      VersionStages: ['AWSCURRENT'],
      CreatedDate: new Date(NOON),
    })
    expect([byId, byLabel, byBoth].map(({ VersionId }) => VersionId)).toEqual([A, A, A])
  })

  it('refuses a label that is not on the version it is given', async () => {
    const { aws, first } = await startWithSecret()

    const sent = read(aws, { VersionId: first, VersionStage: 'AWSPENDING' })

    await expect(sent).rejects.toMatchObject({ name: 'InvalidRequestException' })
  })

  it.each([
    ['an unknown version', { VersionId: A }, `for VersionId: ${A}`],
    ['a label nobody has', { VersionStage: 'nothing' }, 'for staging label: nothing'],
    ['both', { VersionId: A, VersionStage: 'AWSCURRENT' }, 'for staging label: AWSCURRENT'],
  ])('does not find %s', async (_what, asked, ending) => {
    const { aws } = await startWithSecret()

    const sent = read(aws, asked)

    await expect(sent).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `Secrets Manager can't find the specified secret value ${ending}`,
    })
  })

  it("does not find the value of a rotation's placeholder, which is filled once", async () => {
    const { aws } = await startWithSecret()
    await startRotation(aws, 's', A)
    aws.standIn.stopDrives()

    const before = await errorName(read(aws, { VersionId: A, VersionStage: 'AWSPENDING' }))
    await put(aws, A, { VersionStages: ['AWSPENDING'] })
    const after = await read(aws, { VersionId: A, VersionStage: 'AWSPENDING' })
    const refill = await errorName(put(aws, A, { SecretString: 'other', VersionStages: ['AWSPENDING'] }))

    expect(before).toBe('ResourceNotFoundException')
    expect(after.SecretString).toBe(`value ${A}`)
    expect(refill).toBe('ResourceExistsException')
  })

  it('still reads a deprecated version by its id', async () => {
    const { aws, first } = await startWithSecret()
    await put(aws, A)
    await put(aws, B)

    const deprecated = await read(aws, { VersionId: first })

    expect(deprecated.SecretString).toBe('value first')
    expect(deprecated.VersionStages).toBeUndefined()
  })
})

describe('UpdateSecretVersionStage', () => {
  it('moves AWSCURRENT from exactly the version it names, and AWSPREVIOUS after it', async () => {
    const { aws, first } = await startWithSecret()
    await put(aws, A, { VersionStages: ['AWSPENDING'] })

    await move(aws, 'AWSCURRENT', { to: A, from: first })

    expect(labels(aws, 's')).toEqual({ [first]: 'AWSPREVIOUS', [A]: 'AWSCURRENT AWSPENDING' })
  })

  it('rolls back by the same move in the other direction', async () => {
    const { aws, first } = await startWithSecret()
    await put(aws, A)

    await move(aws, 'AWSCURRENT', { to: first, from: A })

    expect(labels(aws, 's')).toEqual({ [first]: 'AWSCURRENT', [A]: 'AWSPREVIOUS' })
  })

  it('refuses to move a label from a version that no longer has it: a lost race changes nothing', async () => {
    const { aws, first } = await startWithSecret()
    await put(aws, A, { VersionStages: ['AWSPENDING'] })
    await put(aws, B, { VersionStages: ['mine'] })
    await move(aws, 'AWSCURRENT', { to: B, from: first })

    const sent = move(aws, 'AWSCURRENT', { to: A, from: first })

    await expect(sent).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: `Staging label AWSCURRENT isn't currently attached to version ${first}.`,
    })
    expect(labels(aws, 's')).toEqual({ [first]: 'AWSPREVIOUS', [A]: 'AWSPENDING', [B]: 'AWSCURRENT mine' })
  })

  it('refuses to take a label from a version that it does not name', async () => {
    const { aws, first } = await startWithSecret()
    await put(aws, A, { VersionStages: ['AWSPENDING'] })

    const sent = move(aws, 'AWSCURRENT', { to: A })

    await expect(sent).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: expect.stringContaining(`currently attached to version ${first}`),
    })
  })

  it('adds a label that nobody has, and removes one', async () => {
    const { aws, first } = await startWithSecret()

    await move(aws, 'mine', { to: first })
    const added = labels(aws, 's')
    await move(aws, 'mine', { from: first })
    const removed = labels(aws, 's')

    expect(added).toEqual({ [first]: 'AWSCURRENT mine' })
    expect(removed).toEqual({ [first]: 'AWSCURRENT' })
  })

  it('does nothing for a label that sits there already', async () => {
    const { aws, first } = await startWithSecret()

    await move(aws, 'AWSCURRENT', { to: first })

    expect(labels(aws, 's')).toEqual({ [first]: 'AWSCURRENT' })
  })

  it.each([
    [
      'to remove AWSCURRENT altogether',
      (first: string) => ['AWSCURRENT', { from: first }] as const,
      'InvalidParameterException',
    ],
    ['neither version', () => ['mine', {}] as const, 'InvalidParameterException'],
    [
      'to remove a label that is not there',
      (first: string) => ['mine', { from: first }] as const,
      'InvalidParameterException',
    ],
    ['an unknown target', () => ['mine', { to: B }] as const, 'ResourceNotFoundException'],
    ['a version id that is too short', () => ['mine', { to: 'short' }] as const, 'ValidationException'],
  ])('refuses %s', async (_what, asked, name) => {
    const { aws, first } = await startWithSecret()
    const [stage, ids] = asked(first)

    const refused = await errorName(move(aws, stage, ids))

    expect(refused).toBe(name)
    expect(labels(aws, 's')).toEqual({ [first]: 'AWSCURRENT' })
  })

  it('refuses to make a placeholder AWSCURRENT', async () => {
    const { aws, first } = await startWithSecret()
    await startRotation(aws, 's', A)
    aws.standIn.stopDrives()

    const refused = await errorName(move(aws, 'AWSCURRENT', { to: A, from: first }))

    expect(refused).toBe('InvalidRequestException')
  })

  it('refuses a 21st label on the secret', async () => {
    const { aws, first } = await startWithSecret()
    for (let i = 0; i < 19; i += 1) await move(aws, `l${i}`, { to: first })

    const refused = await errorName(move(aws, 'l19', { to: first }))

    expect(refused).toBe('LimitExceededException')
  })
})

describe('ListSecretVersionIds', () => {
  const list = (aws: Aws, more: object = {}) =>
    aws.secrets.send(new ListSecretVersionIdsCommand({ SecretId: 's', ...more }))

  it('leaves deprecated versions out unless they are asked for', async () => {
    const { aws, first } = await startWithSecret()
    await put(aws, A)
    await put(aws, B)

    const labelled = await list(aws)
    const all = await list(aws, { IncludeDeprecated: true })

    expect(labelled.Versions?.map(({ VersionId }) => VersionId)).toEqual([A, B])
    expect(all.Versions).toContainEqual({
      VersionId: first,
      CreatedDate: new Date(NOON),
      KmsKeyIds: ['DefaultEncryptionKey'],
    })
    expect(all.Versions).toHaveLength(3)
  })

  it('returns a long list page by page', async () => {
    const { aws } = await startWithSecret()
    await put(aws, A)
    await put(aws, B)

    const one = await list(aws, { IncludeDeprecated: true, MaxResults: 2 })
    const two = await list(aws, { IncludeDeprecated: true, MaxResults: 2, NextToken: one.NextToken })

    expect(one.Versions).toHaveLength(2)
    expect(two.Versions).toHaveLength(1)
    expect(two.NextToken).toBeUndefined()
  })

  it('refuses a page token that is not its own', async () => {
    const { aws } = await startWithSecret()
    await put(aws, A)
    const page = await list(aws, { MaxResults: 1 })

    const foreign = await errorName(list(aws, { NextToken: page.NextToken, IncludeDeprecated: true }))
    const garbage = await errorName(list(aws, { NextToken: 'garbage' }))

    expect([foreign, garbage]).toEqual(['InvalidNextTokenException', 'InvalidNextTokenException'])
  })

  it('forgets deprecated versions over a hundred, but none younger than a day', async () => {
    const { aws, first } = await startWithSecret()
    for (let i = 0; i < 110; i += 1) await put(aws, tokenOf(`v${i}x`))
    const young = Object.keys(labels(aws, 's')).length

    aws.world.clock.advance(DAY_MS + 1)
    await put(aws, A)

    expect(young).toBe(111)
    const left = Object.keys(labels(aws, 's'))
    expect(left).toHaveLength(102)
    expect(left).not.toContain(first)
  })
})

describe('dates', () => {
  it('LastAccessedDate is the day of the last read, of the secret and of the version', async () => {
    const { aws, first } = await startWithSecret()

    await read(aws)

    const { Versions } = await aws.secrets.send(new ListSecretVersionIdsCommand({ SecretId: 's' }))
    expect(Versions).toMatchObject([{ VersionId: first, LastAccessedDate: new Date('2026-03-10T00:00:00Z') }])
  })

  it('LastChangedDate follows every change and no read', async () => {
    const { aws } = await startWithSecret()
    aws.world.clock.advance(1000)
    await read(aws)
    const afterRead = aws.standIn.peek('s')?.lastChangedAt

    await put(aws, A)

    expect(afterRead).toBe(NOON)
    expect(aws.standIn.peek('s')?.lastChangedAt).toBe(NOON + 1000)
  })
})
