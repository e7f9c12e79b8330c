// Object Lock of a bucket with a default retention: each version that is put is kept until its time is over. A further put of the key adds a version,
// and a delete without a version adds a marker; neither touches what is locked.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
import { S3Fault } from './s3-wire.ts'

export interface ObjectLock {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE'
  readonly retentionMs: number
}

type Headers = Readonly<Record<string, string | undefined>>

export interface LockedVersion {
  readonly id: string
  readonly key: string
  readonly until: number
}

/** @throws S3Fault for a put without a checksum, which S3 does not take into such a bucket */
const checkPut = (headers: Headers): void => {
  const isChecked = Object.entries(headers).some(
    ([name, value]) => value !== undefined && /^(content-md5|x-amz-checksum-\w+|x-amz-trailer)$/.test(name),
  )
  if (isChecked) return
  const message =
    'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters'
  throw new S3Fault('InvalidRequest', message, 400)
}

export interface LockedBucket {
  /** @throws S3Fault */
  check(headers: Headers): void
  put(version: Omit<LockedVersion, 'until'>): void
  /** One version, for good. @throws S3Fault while it is locked */
  remove(id: string, headers: Headers): void
  isEmpty(): boolean
}

export const createLockedBucket = ({ mode, retentionMs }: ObjectLock, now: () => number): LockedBucket => {
  const versions = new Map<string, LockedVersion>()
  return {
    check: checkPut,
    put: ({ id, key }) => {
      versions.set(id, { id, key, until: now() + retentionMs })
    },
    remove: (id, headers) => {
      const { until = 0 } = versions.get(id) ?? {}
      const isBypassed = mode === 'GOVERNANCE' && headers['x-amz-bypass-governance-retention'] === 'true'
      if (now() < until && !isBypassed) {
        throw new S3Fault('AccessDenied', 'Access Denied because object protected by object lock.', 403)
      }
      versions.delete(id)
    },
    isEmpty: () => versions.size === 0,
  }
}
