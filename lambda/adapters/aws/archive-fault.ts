// How a failure of S3's client reads (archive-failure.ts).

import { S3ServiceException } from '@aws-sdk/client-s3'
import type { Fault } from '../../core/base/fault.ts'
import { errorName } from '../error-name.ts'
import { type ArchiveCall, archiveFailure, isHopelessStatus } from './archive-failure.ts'

export const archiveFault = (call: ArchiveCall, error: unknown): Fault =>
  archiveFailure(call, {
    name: errorName(error),
    requestId: error instanceof S3ServiceException ? error.$metadata.requestId : undefined,
    isHopeless: error instanceof S3ServiceException && isHopelessStatus(error.$metadata.httpStatusCode),
  })
