// Contract: ListSecrets and BatchGetSecretValue: filters, order, pages, lag.
import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  type Filter,
  ListSecretsCommand,
  type ListSecretsCommandInput,
  PutSecretValueCommand,
  paginateListSecrets,
  TagResourceCommand,
} from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { type Aws, createSecret, errorName, NOON, startAws, tokenOf } from './aws-harness.ts'

const names = async (aws: Aws, input: ListSecretsCommandInput = {}): Promise<string[]> => {
  const { SecretList = [] } = await aws.secrets.send(new ListSecretsCommand(input))
  return SecretList.map(({ Name }) => Name ?? '')
}

const startWithThree = async (): Promise<Aws> => {
  const aws = await startAws()
  const make = (Name: string, Description: string, tag: string) =>
    aws.secrets.send(
      new CreateSecretCommand({
        Name,
        Description,
        SecretString: `value ${Name}`,
        Tags: [{ Key: `${tag}-key`, Value: tag }],
      }),
    )
  await make('prod/b', 'Billing of Blue', 'blue')
  aws.world.clock.advance(1000)
  await make('prod/a', 'accounts', 'red')
  aws.world.clock.advance(1000)
  await make('Test/c', 'inCamelCase', 'blue')
  return aws
}

describe('ListSecrets', () => {
  it('tells everything but the value, labels included', async () => {
    const aws = await startAws()
    const { arn } = await createSecret(aws, 's')
    await aws.secrets.send(
      new PutSecretValueCommand({
        SecretId: 's',
        ClientRequestToken: tokenOf('a'),
        SecretString: 'v2',
        VersionStages: ['AWSPENDING'],
      }),
    )

    const { SecretList } = await aws.secrets.send(new ListSecretsCommand({}))

    expect(SecretList).toMatchObject([
      { ARN: arn, Name: 's', CreatedDate: new Date(NOON), SecretVersionsToStages: { [tokenOf('a')]: ['AWSPENDING'] } },
    ])
    expect(JSON.stringify(SecretList)).not.toContain('value of s')
  })

  it.each<[string, Filter[], string[]]>([
    ['a name by its beginning', [{ Key: 'name', Values: ['prod/'] }], ['prod/b', 'prod/a']],
    ['a name with its case', [{ Key: 'name', Values: ['test'] }], []],
    ['any value of one filter', [{ Key: 'name', Values: ['prod/a', 'Test'] }], ['prod/a', 'Test/c']],
    ['what a value is not', [{ Key: 'name', Values: ['!prod/'] }], ['Test/c']],
    ['a description without its case', [{ Key: 'description', Values: ['BILLING'] }], ['prod/b']],
    ['a tag key', [{ Key: 'tag-key', Values: ['blue'] }], ['prod/b', 'Test/c']],
    ['a tag value', [{ Key: 'tag-value', Values: ['red'] }], ['prod/a']],
    [
      'every filter at once',
      [
        { Key: 'name', Values: ['prod'] },
        { Key: 'tag-value', Values: ['blue'] },
      ],
      ['prod/b'],
    ],
    ['words of one attribute by their beginnings', [{ Key: 'all', Values: ['BLUE bill'] }], ['prod/b']],
    ['no words of two attributes', [{ Key: 'all', Values: ['prod blue'] }], []],
    ['words of a description wherever they are', [{ Key: 'description', Values: ['blue'] }], ['prod/b']],
    ['words behind a capital', [{ Key: 'all', Values: ['case'] }], ['Test/c']],
    ['no replica', [{ Key: 'primary-region', Values: ['us'] }], []],
  ])('finds %s', async (_what, Filters, expected) => {
    const aws = await startWithThree()

    const found = await names(aws, { Filters })

    expect(found).toEqual(expected)
  })

  it.each<[string, ListSecretsCommandInput, string[]]>([
    ['creation, oldest first', {}, ['prod/b', 'prod/a', 'Test/c']],
    ['creation, newest first', { SortOrder: 'desc' }, ['Test/c', 'prod/a', 'prod/b']],
    ['name', { SortBy: 'name' }, ['Test/c', 'prod/a', 'prod/b']],
    ['last change', { SortBy: 'last-changed-date', SortOrder: 'desc' }, ['prod/b', 'Test/c', 'prod/a']],
  ])('orders by %s', async (_what, input, expected) => {
    const aws = await startWithThree()
    aws.world.clock.advance(1000)
    await aws.secrets.send(new TagResourceCommand({ SecretId: 'prod/b', Tags: [{ Key: 'x', Value: 'y' }] }))

    const found = await names(aws, input)

    expect(found).toEqual(expected)
  })

  it('shows each secret once over its pages, though one is created and one removed in between', async () => {
    const aws = await startAws()
    for (let i = 0; i < 7; i += 1) await createSecret(aws, `s${i}`)
    const seen: string[] = []

    for await (const page of paginateListSecrets({ client: aws.secrets, pageSize: 3 }, {})) {
      seen.push(...(page.SecretList ?? []).map(({ Name }) => Name ?? ''))
      if (seen.length !== 3) continue
      await aws.secrets.send(new DeleteSecretCommand({ SecretId: 's0', ForceDeleteWithoutRecovery: true }))
      await createSecret(aws, 's7')
    }

    expect(seen).toEqual(['s0', 's1', 's2', 's3', 's4', 's5', 's6', 's7'])
  })

  it('shows secrets scheduled for deletion only when asked', async () => {
    const aws = await startWithThree()
    await aws.secrets.send(new DeleteSecretCommand({ SecretId: 'prod/a' }))

    const without = await names(aws)
    const withDeleted = await names(aws, { IncludePlannedDeletion: true })

    expect(without).not.toContain('prod/a')
    expect(withDeleted).toContain('prod/a')
  })

  it.each([
    ['a page over 100', { MaxResults: 101 }, 'ValidationException'],
    ['an empty page', { MaxResults: 0 }, 'ValidationException'],
    ['a made-up page token', { NextToken: 'made-up' }, 'InvalidNextTokenException'],
    ['a filter without values', { Filters: [{ Key: 'name' as const }] }, 'InvalidParameterException'],
    ['a filter without a key', { Filters: [{ Values: ['a'] }] }, 'InvalidParameterException'],
    [
      'eleven filters',
      { Filters: Array.from({ length: 11 }, () => ({ Key: 'name' as const, Values: ['a'] })) },
      'ValidationException',
    ],
  ])('refuses %s', async (_what, input, name) => {
    const aws = await startWithThree()

    const refused = await errorName(aws.secrets.send(new ListSecretsCommand(input)))

    expect(refused).toBe(name)
  })

  it('lags when it is set to: new, changed and removed secrets show as they were', async () => {
    const aws = await startAws({ settings: { listLagMs: 5000 } })
    await createSecret(aws, 's')
    const fresh = await names(aws)
    aws.world.clock.advance(5000)
    const settled = await names(aws)
    await aws.secrets.send(new TagResourceCommand({ SecretId: 's', Tags: [{ Key: 'k', Value: 'v' }] }))
    const byTag = { Filters: [{ Key: 'tag-key' as const, Values: ['k'] }] }
    const taggedAtOnce = await names(aws, byTag)
    aws.world.clock.advance(5000)
    const taggedLater = await names(aws, byTag)
    await aws.secrets.send(new DeleteSecretCommand({ SecretId: 's', ForceDeleteWithoutRecovery: true }))
    const removedAtOnce = await names(aws)
    aws.world.clock.advance(5000)
    const removedLater = await names(aws)

    expect([fresh, settled]).toEqual([[], ['s']])
    expect([taggedAtOnce, taggedLater]).toEqual([[], ['s']])
    expect([removedAtOnce, removedLater]).toEqual([['s'], []])
  })

  it('keeps showing what was there when a lag is switched on', async () => {
    const aws = await startAws()
    await createSecret(aws, 'old')

    aws.standIn.configure({ listLagMs: 60_000 })
    await createSecret(aws, 'new')

    expect(await names(aws)).toEqual(['old'])
    aws.standIn.configure({ listLagMs: 0 })
    expect(await names(aws)).toEqual(['old', 'new'])
  })
})

describe('BatchGetSecretValue', () => {
  it('gives the values it can and an error for each of the others', async () => {
    const aws = await startWithThree()
    await aws.secrets.send(new CreateSecretCommand({ Name: 'empty' }))
    await aws.secrets.send(new DeleteSecretCommand({ SecretId: 'prod/a' }))

    const read = await aws.secrets.send(
      new BatchGetSecretValueCommand({ SecretIdList: ['prod/b', 'prod/a', 'nobody', 'empty'] }),
    )

    expect(read.SecretValues?.map(({ SecretString }) => SecretString)).toEqual(['value prod/b'])
    expect(read.Errors?.map(({ SecretId, ErrorCode }) => [SecretId, ErrorCode])).toEqual([
      ['prod/a', 'InvalidRequestException'],
      ['nobody', 'ResourceNotFoundException'],
      ['empty', 'ResourceNotFoundException'],
    ])
  })

  it('reads by filters, in pages', async () => {
    const aws = await startWithThree()
    const input = { Filters: [{ Key: 'name' as const, Values: ['prod'] }], MaxResults: 1 }

    const one = await aws.secrets.send(new BatchGetSecretValueCommand(input))
    const two = await aws.secrets.send(new BatchGetSecretValueCommand({ ...input, NextToken: one.NextToken }))

    expect([one, two].map(({ SecretValues }) => SecretValues?.map(({ Name }) => Name))).toEqual([
      ['prod/b'],
      ['prod/a'],
    ])
    expect(two.NextToken).toBeUndefined()
  })

  it.each([
    ['neither ids nor filters', {}, 'InvalidParameterException'],
    ['both', { SecretIdList: ['a'], Filters: [{ Key: 'name' as const, Values: ['a'] }] }, 'InvalidParameterException'],
    ['a page size with ids', { SecretIdList: ['a'], MaxResults: 2 }, 'InvalidParameterException'],
    ['21 ids', { SecretIdList: Array.from({ length: 21 }, (_, i) => `s${i}`) }, 'ValidationException'],
  ])('refuses %s', async (_what, input, name) => {
    const aws = await startWithThree()

    const refused = await errorName(aws.secrets.send(new BatchGetSecretValueCommand(input)))

    expect(refused).toBe(name)
  })
})
