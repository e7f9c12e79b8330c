// A little of S3, by path style on the address of the other AWS stand-ins: as much as an archive and a published document take. Buckets,
// conditional puts with their checksums, conditional gets, and listings. It shows the newest version of an object only, locks what the bucket says, and checks no credentials.
import { randomUUID } from 'node:crypto'
import { defined } from '../../core/base/defined.ts'
import type { Fault } from '../stand-in/faults.ts'
import type { Operation, StandInReply, StandInRequest } from '../stand-in/server.ts'
import { md5Of, verifiedChecksums } from './s3-checksums.ts'
import { type ListedObject, listingOf } from './s3-listing.ts'
import { createLockedBucket, type LockedBucket, type ObjectLock } from './s3-lock.ts'
import { notImplemented, plannedFault, S3Fault, s3FaultReply, s3Headers, xmlReply } from './s3-wire.ts'

interface StoredObject extends ListedObject {
  readonly text: string
  /** Content type, version id and checksums. */
  readonly headers: Readonly<Record<string, string>>
}

type Bucket = Map<string, StoredObject>

export interface S3Api {
  /** @returns undefined when the request is not S3's. */
  route(request: StandInRequest): Operation | undefined
  /** @returns undefined when the operation is not S3's. */
  faultReply(fault: Fault, operation: Operation): StandInReply | undefined
  /** Key → text, in the order of the puts. */
  objects(bucket: string): Readonly<Record<string, string>>
  /** From a bucket that is there. */
  isAbsent(bucket: string, key: string): boolean
  /** A bucket that a reset empties and keeps. */
  addBucket(name: string, lock?: ObjectLock): void
  /** As S3 refuses one that is not empty. @returns whether it is gone */
  removeBucket(name: string): boolean
  /** Empties everything; what was there from the start is there again, empty. */
  clear(): void
}

export interface S3ApiInput {
  /** Names of the buckets that are there from the start. */
  readonly buckets: readonly string[]
  readonly now: () => number
}

const operations = [
  'CreateBucket',
  'HeadBucket',
  'PutObject',
  'GetObject',
  'HeadObject',
  'ListObjectsV2',
  'DeleteObject',
  'UnknownS3',
] as const
type S3Operation = (typeof operations)[number]

const opOf = ({ method, query }: StandInRequest, key: string): S3Operation => {
  if (method === 'PUT') return key === '' ? 'CreateBucket' : 'PutObject'
  if (method === 'HEAD') return key === '' ? 'HeadBucket' : 'HeadObject'
  if (method === 'DELETE' && key !== '') return 'DeleteObject'
  if (method !== 'GET') return 'UnknownS3'
  if (key !== '') return 'GetObject'
  return query.get('list-type') === '2' ? 'ListObjectsV2' : 'UnknownS3'
}

/** The SDK's `x-id` and what a listing takes; any other sub-resource (`?acl`, `?versions`) would be a different operation. */
const PLAYED_QUERY = new Set([
  'x-id',
  'list-type',
  'prefix',
  'delimiter',
  'start-after',
  'continuation-token',
  'max-keys',
  'encoding-type',
  'fetch-owner',
])

/** Of a delete. */
const VERSION = 'versionId'

/** Of a key, in bytes. */
const MAX_KEY_BYTES = 1024
/** They would change what a get answers. */
const NOT_PLAYED_OF_GET = ['range', 'if-match', 'if-modified-since', 'if-unmodified-since']

export const createS3Api = ({ buckets: initial, now }: S3ApiInput): S3Api => {
  const buckets = new Map<string, Bucket>()
  const lasting = new Map<string, ObjectLock | undefined>(initial.map((name) => [name, undefined]))
  const locked = new Map<string, LockedBucket>()
  const open = (name: string, lock: ObjectLock | undefined): void => {
    buckets.set(name, new Map())
    locked.delete(name)
    if (lock !== undefined) locked.set(name, createLockedBucket(lock, now))
  }
  const clear = (): void => {
    buckets.clear()
    locked.clear()
    for (const [name, lock] of lasting) open(name, lock)
  }
  clear()

  const bucketOf = (name: string): Bucket => {
    const bucket = buckets.get(name)
    if (bucket === undefined) throw new S3Fault('NoSuchBucket', 'The specified bucket does not exist', 404)
    return bucket
  }

  const createBucket = (name: string): StandInReply => {
    if (buckets.has(name)) {
      throw new S3Fault('BucketAlreadyOwnedByYou', 'Your previous request to create the bucket succeeded.', 409)
    }
    buckets.set(name, new Map())
    return { status: 200, headers: { ...s3Headers(), location: `/${name}` }, body: '' }
  }

  /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
  const checkCondition = (bucket: Bucket, key: string, headers: StandInRequest['headers']): void => {
    const { 'if-none-match': ifNoneMatch, 'if-match': ifMatch } = headers
    const failed = (condition: string): S3Fault =>
      new S3Fault('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412, condition)
    if (ifNoneMatch !== undefined) {
      if (ifNoneMatch !== '*') throw notImplemented('If-None-Match with an ETag')
      if (bucket.has(key)) throw failed('If-None-Match')
    }
    if (ifMatch === undefined) return
    const stored = bucket.get(key)
    if (stored === undefined) throw new S3Fault('NoSuchKey', 'The specified key does not exist.', 404)
    if (stored.etag !== ifMatch) throw failed('If-Match')
  }

  const putObject = (
    name: string,
    key: string,
    { headers, body: text }: Pick<StandInRequest, 'headers' | 'body'>,
  ): StandInReply => {
    const bucket = bucketOf(name)
    if (headers['content-encoding']?.includes('aws-chunked')) throw notImplemented('aws-chunked')
    const checksums = verifiedChecksums(headers, text)
    if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw new S3Fault('KeyTooLongError', 'Your key is too long', 400)
    locked.get(name)?.check(headers)
    checkCondition(bucket, key, headers)
    const etag = `"${md5Of(text).toString('hex')}"`
    const id = randomUUID()
    const kept = { 'x-amz-version-id': id, ...checksums }
    locked.get(name)?.put({ id, key })
    bucket.set(key, {
      key,
      text,
      size: Buffer.byteLength(text),
      etag,
      storedAt: now(),
      headers: {
        'content-type': headers['content-type'] ?? 'binary/octet-stream',
        ...defined({ 'cache-control': headers['cache-control'] }),
        ...kept,
      },
    })
    return { status: 200, headers: { ...s3Headers(), etag, ...kept }, body: '' }
  }

  const getObject = (
    bucket: Bucket,
    key: string,
    { method, headers }: Pick<StandInRequest, 'method' | 'headers'>,
  ): StandInReply => {
    const isHead = method === 'HEAD'
    const strange = NOT_PLAYED_OF_GET.find((name) => headers[name] !== undefined)
    if (strange !== undefined) throw notImplemented(strange)
    const object = bucket.get(key)
    if (object === undefined) throw new S3Fault('NoSuchKey', 'The specified key does not exist.', 404)
    const { etag, size, storedAt, text } = object
    const described = { ...object.headers, etag, 'last-modified': new Date(storedAt).toUTCString() }
    if (headers['if-none-match'] === etag) {
      const { 'cache-control': cacheControl } = object.headers
      const known = { etag, 'last-modified': described['last-modified'], ...defined({ 'cache-control': cacheControl }) }
      return { status: 304, headers: { ...s3Headers(), ...known }, body: '' }
    }
    // An answer to HEAD has no body whose length the server could count.
    const length: Record<string, string> = isHead ? { 'content-length': String(size) } : {}
    return { status: 200, headers: { ...s3Headers(), ...described, ...length }, body: text }
  }

  /** Of buckets that lock: without a version a marker, with one that version. */
  const deleteObject = (name: string, key: string, { query, headers }: StandInRequest): StandInReply => {
    const bucket = bucketOf(name)
    const versions = locked.get(name)
    if (versions === undefined) {
      bucket.delete(key)
      return { status: 204, headers: s3Headers(), body: '' }
    }
    const id = query.get(VERSION)
    if (id !== null) versions.remove(id, headers)
    if (id === null || bucket.get(key)?.headers['x-amz-version-id'] === id) bucket.delete(key)
    const deleted = id === null ? { 'x-amz-delete-marker': 'true' } : { 'x-amz-version-id': id }
    return { status: 204, headers: { ...s3Headers(), ...deleted }, body: '' }
  }

  const run = (op: S3Operation, request: StandInRequest, [name, key]: readonly [string, string]): StandInReply => {
    const isPlayed = (parameter: string): boolean =>
      PLAYED_QUERY.has(parameter) || (op === 'DeleteObject' && parameter === VERSION)
    const strange = [...request.query.keys()].find((parameter) => !isPlayed(parameter))
    if (strange !== undefined) throw notImplemented(strange)
    switch (op) {
      case 'CreateBucket':
        return createBucket(name)
      case 'HeadBucket':
        bucketOf(name)
        return { status: 200, headers: s3Headers(), body: '' }
      case 'PutObject':
        return putObject(name, key, request)
      case 'DeleteObject':
        return deleteObject(name, key, request)
      case 'GetObject':
      case 'HeadObject':
        return getObject(bucketOf(name), key, request)
      case 'ListObjectsV2':
        return xmlReply(200, 'ListBucketResult', listingOf(name, [...bucketOf(name).values()], request.query))
      case 'UnknownS3':
        throw notImplemented(`${request.method} ${request.path}`)
    }
  }

  /** Signed for S3, or about a bucket that is there: whoever looks by curl signs nothing. */
  const isOurs = ({ method, headers }: StandInRequest, name: string): boolean =>
    /\/s3\/aws4_request/.test(headers.authorization ?? '') || (method !== 'POST' && buckets.has(name))

  const decoded = (path: string): string | undefined => {
    try {
      return decodeURIComponent(path)
    } catch {
      return undefined
    }
  }

  return {
    route: (request) => {
      const path = decoded(request.path.slice(1))
      const [name = ''] = (path ?? '').split('/', 1)
      if (!isOurs(request, name)) return undefined
      const key = (path ?? '').slice(name.length + 1)
      const op = opOf(request, key)
      return {
        op,
        subject: key === '' ? name : `${name}/${key}`,
        run: () => {
          try {
            if (path === undefined) throw new S3Fault('InvalidURI', "Couldn't parse the specified URI.", 400)
            return run(op, request, [name, key])
          } catch (error) {
            if (error instanceof S3Fault) return s3FaultReply(error)
            throw error
          }
        },
      }
    },
    faultReply: (fault, { op }) =>
      operations.some((one) => one === op) ? s3FaultReply(plannedFault(fault)) : undefined,
    objects: (name) => Object.fromEntries([...bucketOf(name)].map(([key, { text }]) => [key, text])),
    isAbsent: (name, key) => buckets.get(name)?.has(key) === false,
    addBucket: (name, lock) => {
      lasting.set(name, lock)
      if (!buckets.has(name)) open(name, lock)
    },
    removeBucket: (name) => {
      if ((buckets.get(name)?.size ?? 0) > 0 || locked.get(name)?.isEmpty() === false) return false
      lasting.delete(name)
      locked.delete(name)
      buckets.delete(name)
      return true
    },
    clear,
  }
}
