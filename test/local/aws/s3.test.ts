// S3 on the AWS stand-in, asked by the AWS SDK: what an archive takes of it, and that the rest is refused by name.
import { createHash } from 'node:crypto'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  type DeleteObjectCommandInput,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'

const BUCKET = 'evidence'
const NOON = Date.UTC(2026, 2, 10, 12)
const world = createWorld(() => NOON)
const standIn = createAwsStandIn({ world, buckets: [BUCKET] })
let origin = ''
let client: S3Client

beforeAll(async () => {
  origin = await standIn.listen(0)
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
  client = new S3Client({ endpoint: origin, region: 'us-east-1', credentials, maxAttempts: 1 })
})
beforeEach(() => world.reset())
afterAll(async () => {
  client.destroy()
  await standIn.close()
})

const put = (Key: string, Body: string, more: Partial<PutObjectCommandInput> = {}) =>
  client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, ...more }))
const get = async (Key: string) => client.send(new GetObjectCommand({ Bucket: BUCKET, Key }))
const list = (more: Partial<ListObjectsV2CommandInput> = {}) =>
  client.send(new ListObjectsV2Command({ Bucket: BUCKET, ...more }))
const keysOf = async (more: Partial<ListObjectsV2CommandInput>) =>
  ((await list(more)).Contents ?? []).map(({ Key }) => Key)
const failure = async (sent: Promise<unknown>) => {
  const error: unknown = await sent.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  const { name, $metadata: metadata } = (error ?? {}) as { name?: string; $metadata?: { httpStatusCode?: number } }
  return [name, metadata?.httpStatusCode]
}
const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64')

describe('PutObject', () => {
  it('stores what GetObject and HeadObject then tell', async () => {
    const stored = await put('a/b.json', '{"ü":1}', { ContentType: 'application/json' })

    const found = await get('a/b.json')
    expect(await found.Body?.transformToString()).toBe('{"ü":1}')
    expect(found).toMatchObject({ ContentType: 'application/json', ETag: stored.ETag, LastModified: new Date(NOON) })
    expect(found.VersionId).toBe(stored.VersionId)
    const head = await client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'a/b.json' }))
    expect(head).toMatchObject({ ContentLength: 8, ETag: stored.ETag })
  })

  it('stores what is empty, and says how long it is', async () => {
    await put('empty', '')

    expect(await get('empty')).toMatchObject({ ContentLength: 0 })
    expect(await client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'empty' }))).toMatchObject({
      ContentLength: 0,
    })
  })

  it('refuses a key of more than 1,024 bytes', async () => {
    expect(await failure(put('ü'.repeat(513), ''))).toEqual(['KeyTooLongError', 400])
  })

  it('on condition that nothing is there, stores once', async () => {
    await put('one.json', 'first', { IfNoneMatch: '*' })

    expect(await failure(put('one.json', 'second', { IfNoneMatch: '*' }))).toEqual(['PreconditionFailed', 412])
    expect(standIn.objects(BUCKET)).toEqual({ 'one.json': 'first' })
  })

  it('without a condition, replaces', async () => {
    const first = await put('one.json', 'first')
    const second = await put('one.json', 'second')

    expect(standIn.objects(BUCKET)).toEqual({ 'one.json': 'second' })
    expect(second.VersionId).not.toBe(first.VersionId)
  })

  it.each(['CRC32', 'SHA1', 'SHA256'] as const)('verifies and keeps a %s', async (ChecksumAlgorithm) => {
    await put('sum.json', 'sum', { ChecksumAlgorithm })

    const found = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'sum.json', ChecksumMode: 'ENABLED' }))
    expect(await found.Body?.transformToString()).toBe('sum')
    expect(found[`Checksum${ChecksumAlgorithm}`]).toMatch(/=$/)
  })

  it('refuses a checksum or a digest that is not that of the body', async () => {
    expect(await failure(put('sum.json', 'sum', { ChecksumSHA256: sha256('other') }))).toEqual(['BadDigest', 400])
    expect(await failure(put('sum.json', 'sum', { ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' }))).toEqual([
      'BadDigest',
      400,
    ])
    expect(standIn.objects(BUCKET)).toEqual({})
  })

  it('refuses a body that is not the one that was signed', async () => {
    const headers = { 'x-amz-content-sha256': createHash('sha256').update('other').digest('hex') }

    const reply = await fetch(`${origin}/${BUCKET}/x`, { method: 'PUT', body: 'this', headers })

    expect(reply.status).toBe(400)
    expect(await reply.text()).toContain('<Code>XAmzContentSHA256Mismatch</Code>')
  })

  it('takes a key with every character that a secret may have in its name', async () => {
    const key = 'secrets/m2m/prod/a_b+c=d.e@f-g/2026/03/10/x.json'
    await put(key, 'x')

    expect(await (await get(key)).Body?.transformToString()).toBe('x')
    expect(await keysOf({ Prefix: 'secrets/m2m/prod/a_b+c=d.e@f-g/' })).toEqual([key])
  })
})

describe('ListObjectsV2', () => {
  const keys = ['b/1', 'a/3', 'a/1', 'a/2', 'a-', 'a&<b>']
  const sorted = ['a&<b>', 'a-', 'a/1', 'a/2', 'a/3', 'b/1']
  beforeEach(async () => {
    for (const key of keys) await put(key, key)
  })

  it('lists in the order of the bytes, below a prefix, behind a key', async () => {
    expect(await keysOf({})).toEqual(sorted)
    expect(await keysOf({ Prefix: 'a/' })).toEqual(['a/1', 'a/2', 'a/3'])
    expect(await keysOf({ Prefix: 'a/', StartAfter: 'a/1' })).toEqual(['a/2', 'a/3'])
    expect(await keysOf({ Prefix: 'c/' })).toEqual([])
  })

  it('behind a key rolls up what follows it, also below the prefix that the key is below', async () => {
    const page = await list({ Delimiter: '/', StartAfter: 'a/2' })

    expect(page.CommonPrefixes).toEqual([{ Prefix: 'a/' }, { Prefix: 'b/' }])
    expect(page.Contents).toBeUndefined()
    expect((await list({ Delimiter: '/', StartAfter: 'a/3' })).CommonPrefixes).toEqual([{ Prefix: 'b/' }])
  })

  it('goes by the token alone where it comes with a key', async () => {
    const { NextContinuationToken } = await list({ MaxKeys: 1, StartAfter: 'b/' })
    const first = await list({ MaxKeys: 2 })

    expect(NextContinuationToken).toBeUndefined()
    expect(await keysOf({ ContinuationToken: first.NextContinuationToken, StartAfter: 'b/' })).toEqual(sorted.slice(2))
  })

  it('refuses a token that it did not give out', async () => {
    expect(await failure(list({ ContinuationToken: 'made-up' }))).toEqual(['InvalidArgument', 400])
  })

  it('returns a long list page by page', async () => {
    const pages: (readonly (string | undefined)[])[] = []
    let ContinuationToken: string | undefined
    do {
      const page = await list({ MaxKeys: 4, ContinuationToken })
      pages.push((page.Contents ?? []).map(({ Key }) => Key))
      expect(page.IsTruncated).toBe(page.NextContinuationToken !== undefined)
      ContinuationToken = page.NextContinuationToken
    } while (ContinuationToken !== undefined)

    expect(pages).toEqual([sorted.slice(0, 4), sorted.slice(4)])
  })

  it('rolls up what lies below a delimiter, over pages too', async () => {
    const page = await list({ Delimiter: '/', MaxKeys: 3 })
    expect(page.CommonPrefixes).toEqual([{ Prefix: 'a/' }])
    expect(page.Contents?.map(({ Key }) => Key)).toEqual(['a&<b>', 'a-'])

    const rest = await list({ Delimiter: '/', ContinuationToken: page.NextContinuationToken })
    expect(rest.CommonPrefixes).toEqual([{ Prefix: 'b/' }])
    expect(rest.Contents).toBeUndefined()
  })

  it('escapes names when asked', async () => {
    const page = await list({ EncodingType: 'url', Prefix: 'a&', Delimiter: '&>', StartAfter: 'a&' })

    expect(page).toMatchObject({ Prefix: 'a%26', Delimiter: '%26%3E', StartAfter: 'a%26' })
    expect(page.Contents?.map(({ Key }) => Key)).toEqual(['a%26%3Cb%3E'])
  })

  it('tells sizes, times and ETags', async () => {
    const [object] = (await list({ Prefix: 'a/1' })).Contents ?? []

    expect(object).toMatchObject({
      Size: 3,
      LastModified: new Date(NOON),
      ETag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
    })
  })
})

describe('what is not there', () => {
  it('is called so', async () => {
    expect(await failure(get('nothing'))).toEqual(['NoSuchKey', 404])
    expect(await failure(client.send(new ListObjectsV2Command({ Bucket: 'nobody' })))).toEqual(['NoSuchBucket', 404])
    expect(await failure(client.send(new PutObjectCommand({ Bucket: 'nobody', Key: 'a', Body: 'x' })))).toEqual([
      'NoSuchBucket',
      404,
    ])
    expect(await failure(client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'a' })))).toEqual(['NotFound', 404])
  })

  it('can be made, when it is a bucket, and is gone after a reset', async () => {
    await client.send(new CreateBucketCommand({ Bucket: 'another' }))
    await put('a', 'a')
    expect(await failure(client.send(new CreateBucketCommand({ Bucket: 'another' })))).toEqual([
      'BucketAlreadyOwnedByYou',
      409,
    ])

    world.reset()

    expect(await failure(client.send(new ListObjectsV2Command({ Bucket: 'another' })))).toEqual(['NoSuchBucket', 404])
    expect(standIn.objects(BUCKET)).toEqual({})
  })
})

describe('an object that is deleted', () => {
  it('is gone, and deleting it again is no failure', async () => {
    await put('a', 'a')
    const remove = () => client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a' }))

    expect([(await remove()).$metadata.httpStatusCode, (await remove()).$metadata.httpStatusCode]).toEqual([204, 204])
    expect(standIn.objects(BUCKET)).toEqual({})
  })
})

describe('what this stand-in does not play', () => {
  it('is refused by name', async () => {
    expect(await failure(put('a', 'a', { IfNoneMatch: '"etag"' }))).toEqual(['NotImplemented', 501])
    expect(await failure(put('a', 'a', { ChecksumAlgorithm: 'CRC64NVME', ChecksumCRC64NVME: 'AAAAAAAAAAA=' }))).toEqual(
      ['NotImplemented', 501],
    )
    expect((await fetch(`${origin}/${BUCKET}?acl`)).status).toBe(501)
    expect((await fetch(`${origin}/${BUCKET}/%zz`)).status).toBe(400)
  })
})

describe('a bucket with Object Lock', () => {
  const DAY_MS = 86_400_000
  beforeEach(() => standIn.resources.addBucket('locked', { mode: 'COMPLIANCE', retentionMs: 30 * DAY_MS }))
  afterEach(() => {
    world.reset()
    standIn.resources.removeBucket('locked')
  })
  const keep = async (Body: string) =>
    (await client.send(new PutObjectCommand({ Bucket: 'locked', Key: 'proof', Body }))).VersionId ?? ''
  const remove = (VersionId?: string, more: Partial<DeleteObjectCommandInput> = {}) =>
    client.send(new DeleteObjectCommand({ Bucket: 'locked', Key: 'proof', VersionId, ...more }))

  it('deletes no version before its time, whatever is put over it or who bypasses', async () => {
    const first = await keep('one')
    await keep('two')

    expect(await failure(remove(first))).toEqual(['AccessDenied', 403])
    expect(await failure(remove(first, { BypassGovernanceRetention: true }))).toEqual(['AccessDenied', 403])
    expect(standIn.objects('locked')).toEqual({ proof: 'two' })
    world.clock.advance(30 * DAY_MS)
    expect(await failure(remove(first))).toEqual([undefined, undefined])
  })

  it('hides an object behind a marker, and cannot be removed while it holds a version', async () => {
    await keep('one')

    expect((await remove()).DeleteMarker).toBe(true)

    expect(standIn.objects('locked')).toEqual({})
    expect(standIn.resources.removeBucket('locked')).toBe(false)
  })

  it('takes no put without a checksum', async () => {
    const { status } = await fetch(`${origin}/locked/proof`, { method: 'PUT', body: 'one' })

    expect([status, standIn.objects('locked')]).toEqual([400, {}])
  })

  it('lets whoever may bypass GOVERNANCE delete a version', async () => {
    standIn.resources.removeBucket('locked')
    standIn.resources.addBucket('locked', { mode: 'GOVERNANCE', retentionMs: DAY_MS })
    const version = await keep('one')

    expect(await failure(remove(version))).toEqual(['AccessDenied', 403])
    expect(await failure(remove(version, { BypassGovernanceRetention: true }))).toEqual([undefined, undefined])
  })
})

describe('planned faults', () => {
  it.each([
    [{ kind: 'throttle' }, 'SlowDown', 503],
    [{ kind: 'error', status: 403 }, 'AccessDenied', 403],
    [{ kind: 'error', status: 409 }, 'ConditionalRequestConflict', 409],
    [{ kind: 'error' }, 'InternalError', 500],
  ] as const)('%j is %s', async (fault, name, status) => {
    standIn.faults.add({ op: 'PutObject', ...fault })

    expect(await failure(put('a', 'a'))).toEqual([name, status])
    expect(standIn.objects(BUCKET)).toEqual({})
  })

  it('a lost reply has its effect', async () => {
    standIn.faults.add({ op: 'PutObject', kind: 'drop_reply' })

    await expect(put('a', 'a')).rejects.toThrow()
    expect(standIn.objects(BUCKET)).toEqual({ a: 'a' })
    expect(standIn.calls()).toEqual([{ op: 'PutObject', subject: `${BUCKET}/a`, at: NOON, status: 0 }])
  })
})
