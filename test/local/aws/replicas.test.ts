// Contract: replicas in other Regions, through the real SDK client of each Region. They get what changes late, or not at all, and
// DescribeSecret says so.
import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RemoveRegionsFromReplicationCommand,
  ReplicateSecretToRegionsCommand,
  type SecretsManagerClient,
  TagResourceCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import type { AwsSettings } from '../../../lambda/local/aws/settings.ts'
import { createSecret, errorName, startAws, tokenOf } from './aws-harness.ts'

const NORTH = 'eu-north-1'
const LAG_MS = 30_000

const replicated = async (settings: Partial<AwsSettings> = {}) => {
  const aws = await startAws({ settings: { replicaLagMs: LAG_MS, ...settings } })
  const north = aws.secretsIn(NORTH)
  const { versionId } = await createSecret(aws, 'one', 'v1')
  const replicate = () =>
    aws.secrets.send(new ReplicateSecretToRegionsCommand({ SecretId: 'one', AddReplicaRegions: [{ Region: NORTH }] }))
  const reply = await replicate()
  const status = async () => {
    const { ReplicationStatus = [] } = await aws.secrets.send(new DescribeSecretCommand({ SecretId: 'one' }))
    return ReplicationStatus.map(({ Region, Status, StatusMessage }) =>
      [Region, Status, StatusMessage].join(' ').trim(),
    )
  }
  const read = async (client: SecretsManagerClient) =>
    (await client.send(new GetSecretValueCommand({ SecretId: 'one' }))).SecretString
  const put = (value: string) =>
    aws.secrets.send(
      new PutSecretValueCommand({ SecretId: 'one', SecretString: value, ClientRequestToken: tokenOf(value) }),
    )
  return { aws, north, versionId, reply, replicate, status, read, put }
}

describe('a replica', () => {
  it('is in progress, and not there, until its first copy arrives; then it shows what the primary did', async () => {
    const { aws, north, reply, status, read } = await replicated()

    expect(reply.ReplicationStatus).toMatchObject([{ Region: NORTH, Status: 'InProgress' }])
    expect(await status()).toEqual(['eu-north-1 InProgress'])
    expect(await errorName(read(north))).toBe('ResourceNotFoundException')

    aws.world.clock.advance(LAG_MS)

    expect(await status()).toEqual(['eu-north-1 InSync'])
    expect(await read(north)).toBe('v1')
    const there = await north.send(new DescribeSecretCommand({ SecretId: 'one' }))
    expect(there).toMatchObject({ Name: 'one', PrimaryRegion: 'us-east-1' })
    expect(there.ARN).toMatch(/^arn:aws:secretsmanager:eu-north-1:/)
    expect(there.ReplicationStatus).toBeUndefined()
    expect((await north.send(new ListSecretVersionIdsCommand({ SecretId: there.ARN }))).Versions).toHaveLength(1)
  })

  it('keeps the old value while the new one is on its way', async () => {
    const { aws, north, status, read, put } = await replicated()
    aws.world.clock.advance(LAG_MS)

    await put('v2')
    aws.world.clock.advance(LAG_MS - 1)

    expect([await read(aws.secrets), await read(north)]).toEqual(['v2', 'v1'])
    expect(await status()).toEqual(['eu-north-1 InProgress'])
    aws.world.clock.advance(1)
    expect(await read(north)).toBe('v2')
    expect(await status()).toEqual(['eu-north-1 InSync'])
  })

  it('is in progress after a tag, and after a label', async () => {
    const { aws, status, versionId } = await replicated()
    aws.world.clock.advance(LAG_MS)

    await aws.secrets.send(new TagResourceCommand({ SecretId: 'one', Tags: [{ Key: 'team', Value: 'blue' }] }))
    expect(await status()).toEqual(['eu-north-1 InProgress'])
    aws.world.clock.advance(LAG_MS)
    expect(await status()).toEqual(['eu-north-1 InSync'])
    await aws.secrets.send(
      new UpdateSecretVersionStageCommand({ SecretId: 'one', VersionStage: 'mine', MoveToVersionId: versionId }),
    )
    expect(await status()).toEqual(['eu-north-1 InProgress'])
  })

  it('that fails keeps what it has, says why, and gets everything once it is asked for again', async () => {
    const { aws, north, replicate, status, read, put } = await replicated()
    aws.world.clock.advance(LAG_MS)
    aws.standIn.configure({ replicaFailure: { [NORTH]: 'Access denied to the key' } })

    await put('v2')
    aws.world.clock.advance(10 * LAG_MS)

    expect(await read(north)).toBe('v1')
    expect(await status()).toEqual(['eu-north-1 Failed Access denied to the key'])
    aws.standIn.configure({ replicaFailure: {} })
    expect(await status()).toEqual(['eu-north-1 Failed Access denied to the key'])
    await replicate()
    expect(await status()).toEqual(['eu-north-1 InProgress'])
    aws.world.clock.advance(LAG_MS)
    expect([await read(north), ...(await status())]).toEqual(['v2', 'eu-north-1 InSync'])
  })

  it('may show no more than that it was created, as a setting says', async () => {
    const { aws, north, status, read, put } = await replicated({ replicaStatus: 'creation' })
    expect(await status()).toEqual(['eu-north-1 InProgress'])
    aws.world.clock.advance(LAG_MS)

    await put('v2')

    expect([await read(north), ...(await status())]).toEqual(['v1', 'eu-north-1 InSync'])
  })

  it('is read only', async () => {
    const { aws, north } = await replicated()
    aws.world.clock.advance(LAG_MS)

    const put = new PutSecretValueCommand({ SecretId: 'one', SecretString: 'v2', ClientRequestToken: tokenOf('v2') })

    expect(await errorName(north.send(put))).toBe('InvalidParameterException')
  })

  it('is dropped when its Region leaves, and keeps the primary from being deleted until then', async () => {
    const { aws } = await replicated()
    const remove = () => aws.secrets.send(new DeleteSecretCommand({ SecretId: 'one' }))

    expect(await errorName(remove())).toBe('InvalidParameterException')
    await aws.secrets.send(new RemoveRegionsFromReplicationCommand({ SecretId: 'one', RemoveReplicaRegions: [NORTH] }))

    await expect(remove()).resolves.toMatchObject({ Name: 'one' })
  })

  it('does not stand in a list, which names the primary’s Region', async () => {
    const { aws } = await replicated()

    const { SecretList = [] } = await aws.secrets.send(new ListSecretsCommand({}))

    expect(SecretList).toMatchObject([{ Name: 'one', PrimaryRegion: 'us-east-1' }])
    expect(JSON.stringify(SecretList)).not.toContain(NORTH)
  })
})

describe('a request for replicas is refused', () => {
  it.each([
    ['in the Region of the secret', ['us-east-1'], 'InvalidParameterException'],
    ['in a Region that has one', [NORTH], 'InvalidParameterException'],
    ['in no Region', [], 'ValidationException'],
    ['in what is no Region', ['North'], 'ValidationException'],
  ])('%s', async (_where, regions, error) => {
    const { aws } = await replicated()

    const asked = aws.secrets.send(
      new ReplicateSecretToRegionsCommand({
        SecretId: 'one',
        AddReplicaRegions: regions.map((Region) => ({ Region })),
      }),
    )

    expect(await errorName(asked)).toBe(error)
  })
})

it('an old reply shows the status of then', async () => {
  const { aws, status, put } = await replicated()
  aws.world.clock.advance(LAG_MS)
  await put('v2')

  aws.standIn.configure({ staleReadShare: 1, staleReadMs: 1000 })

  // Half a second old, as drawn: from before the change.
  expect(await status()).toEqual(['eu-north-1 InSync'])
})

it('a call for a Region without replicas is answered as before', async () => {
  const aws = await startAws()
  await createSecret(aws, 'one', 'v1')

  const { SecretString } = await aws.secretsIn(NORTH).send(new GetSecretValueCommand({ SecretId: 'one' }))

  expect(SecretString).toBe('v1')
})
