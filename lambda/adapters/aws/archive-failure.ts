// How a failure of S3 reads: the operation, the key and S3's error by name; never what was sent or received. Without S3's client, which the
// rotation function does not load.
import { Fault } from '../../core/base/fault.ts'

export interface ArchiveCall {
  readonly operation: string
  readonly bucket: string
  readonly key: string
}

interface ArchiveFailure {
  /** S3's own name for the error. */
  readonly name: string
  readonly requestId?: string | undefined
  /** Whether the same request cannot succeed later. */
  readonly isHopeless: boolean
}

/** 409: another request for the same key was under way. 408 and 429 pass, too. */
export const isHopelessStatus = (status: number | undefined): boolean =>
  status !== undefined && status >= 400 && status < 500 && ![408, 409, 429].includes(status)

export const archiveFailure = (
  { operation, bucket, key }: ArchiveCall,
  { name, requestId, isHopeless }: ArchiveFailure,
): Fault => {
  const request = requestId === undefined ? '' : `, request ${requestId}`
  const advice = isHopeless ? 'retrying will not help' : 'it can be retried'
  return new Fault({
    code: isHopeless ? 'ARCHIVE_REJECTED' : 'ARCHIVE_UNAVAILABLE',
    retryable: !isHopeless,
    message: `S3 ${operation} of ${key} in ${bucket} failed with ${name}${request}; ${advice}.`,
  })
}
