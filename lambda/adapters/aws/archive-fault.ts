// How a failure of S3 reads: the operation, the key and S3's error by name; never what was sent or received.
import { S3ServiceException } from '@aws-sdk/client-s3'
import { Fault } from '../../core/base/fault.ts'

export interface ArchiveCall {
  readonly operation: string
  readonly bucket: string
  readonly key: string
}

const isHopeless = (error: unknown): error is S3ServiceException => {
  if (!(error instanceof S3ServiceException)) return false
  const status = error.$metadata.httpStatusCode
  // 409: another request for the same key was under way. 408 and 429 pass, too.
  return status !== undefined && status >= 400 && status < 500 && ![408, 409, 429].includes(status)
}

export const archiveFault = ({ operation, bucket, key }: ArchiveCall, error: unknown): Fault => {
  const name = error instanceof Error ? error.name : 'unknown'
  const requestId = error instanceof S3ServiceException ? error.$metadata.requestId : undefined
  const request = requestId === undefined ? '' : `, request ${requestId}`
  const isRejected = isHopeless(error)
  const advice = isRejected ? 'asking again will not help' : 'it will be asked again'
  return new Fault({
    code: isRejected ? 'ARCHIVE_REJECTED' : 'ARCHIVE_UNAVAILABLE',
    retryable: !isRejected,
    message: `S3 ${operation} of ${key} in ${bucket} failed with ${name}${request}; ${advice}.`,
  })
}
