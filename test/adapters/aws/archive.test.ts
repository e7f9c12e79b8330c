// The archive over HTTP, by the SDK that the function uses: what is put once stays as it was put, and what fails says whether to ask
// again. The reader finds what the writer wrote.
import { createHash } from 'node:crypto'
import { S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createArchive } from '../../../lambda/adapters/aws/archive.ts'
import { createArchiveReader } from '../../../lambda/adapters/aws/archive-reader.ts'
import { awsClientSettings } from '../../../lambda/adapters/aws/aws-call.ts'
import { createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'

const BUCKET = 'evidence'
const world = createWorld()
const standIn = createAwsStandIn({ world, buckets: [BUCKET] })
let origin = ''
let client: S3Client

beforeAll(async () => {
  origin = await standIn.listen(0)
  client = new S3Client({
    ...awsClientSettings,
    endpoint: origin,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  })
})
beforeEach(() => world.reset())
afterAll(async () => {
  client.destroy()
  await standIn.close()
})

const archive = (bucket = BUCKET) => createArchive(client, bucket)
const reader = (bucket = BUCKET) => createArchiveReader(client, bucket)
const errorOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  )
const calls = () => standIn.calls().map(({ op, status }) => `${op} ${status}`)

describe('a put', () => {
  test('stores once; a repeat is no failure, and changes nothing', async () => {
    expect(await archive().put({ key: 'a/1.json', text: 'first' })).toBe('stored')
    expect(await archive().put({ key: 'a/1.json', text: 'second' })).toBe('alreadyThere')

    expect(standIn.objects(BUCKET)).toEqual({ 'a/1.json': 'first' })
    expect(calls()).toEqual(['PutObject 200', 'PutObject 412'])
  })

  test('brings a SHA-256 along, which stays with the object', async () => {
    await archive().put({ key: 'a', text: 'x' })

    const { headers } = await fetch(`${origin}/${BUCKET}/a`)
    expect(headers.get('x-amz-checksum-sha256')).toBe(createHash('sha256').update('x').digest('base64'))
    expect(headers.get('content-type')).toBe('application/json')
  })

  test('whose reply is lost is sent again, and is there', async () => {
    standIn.faults.add({ op: 'PutObject', kind: 'drop_reply' })

    expect(await archive().put({ key: 'a', text: 'x' })).toBe('alreadyThere')
    expect(standIn.objects(BUCKET)).toEqual({ a: 'x' })
  })

  test.each([
    ['S3 is down', { kind: 'error', status: 503 }, 'ARCHIVE_UNAVAILABLE', true, 2],
    ['S3 throttles', { kind: 'throttle' }, 'ARCHIVE_UNAVAILABLE', true, 2],
    ['another put of this key is under way', { kind: 'error', status: 409 }, 'ARCHIVE_UNAVAILABLE', true, 1],
    ['the right is missing', { kind: 'error', status: 403 }, 'ARCHIVE_REJECTED', false, 1],
  ] as const)('fails when %s', async (_what, fault, code, retryable, sent) => {
    standIn.faults.add({ op: 'PutObject', count: 2, ...fault })

    const error = await errorOf(archive().put({ key: 'a', text: 'what was said' }))

    expect(error).toMatchObject({ code, retryable })
    expect((error as Error).message).toMatch(/^S3 PutObject of a in evidence failed with \w+, request \w+; /)
    expect((error as Error).message).not.toContain('what was said')
    expect(calls()).toHaveLength(sent)
  })

  test('into a bucket that is not there fails', async () => {
    expect(await errorOf(archive('nobody').put({ key: 'a', text: 'x' }))).toMatchObject({ code: 'ARCHIVE_REJECTED' })
  })
})

describe('the reader', () => {
  test('lists below a prefix and behind a key, over pages', async () => {
    const names = Array.from({ length: 1003 }, (_, at) => `a/${String(at).padStart(4, '0')}`)
    for (const key of [...names, 'b/1']) await archive().put({ key, text: key })
    const before = standIn.calls().length

    expect(await reader().list('a/')).toEqual(names)
    expect(standIn.calls().slice(before)).toHaveLength(2)
    expect(await reader().list('a/', 'a/1000')).toEqual(['a/1001', 'a/1002'])
    expect(await reader().list('c/')).toEqual([])
  })

  test('reads what was written, and tells what is not there from what fails', async () => {
    await archive().put({ key: 'a', text: '{"ü": 1}\n' })

    expect(await reader().read('a')).toBe('{"ü": 1}\n')
    expect(await reader().read('b')).toBeUndefined()
    standIn.faults.add({ op: 'GetObject', kind: 'error', status: 403 })
    expect(await errorOf(reader().read('a'))).toMatchObject({ code: 'ARCHIVE_REJECTED' })
    expect(await errorOf(reader('nobody').list('a/'))).toMatchObject({ code: 'ARCHIVE_REJECTED' })
  })
})
