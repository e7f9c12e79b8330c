// S3 as the domain's EvidenceArchive: one put, on condition that nothing lies there yet. Sent twice it stores once, so that the SDK's
// second try, Lambda's retries and a repeated event are all safe. It reads and deletes nothing.
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { EvidenceWriter } from '../../core/incident/archive-ports.ts'
import { archiveFault } from './archive-fault.ts'
import { isAwsError } from './aws-call.ts'

export const createArchive = (client: S3Client, bucket: string): EvidenceWriter => ({
  put: async ({ key, text }) => {
    try {
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: text,
          ContentType: 'application/json',
          IfNoneMatch: '*',
          // Kept with the object, so that an auditor can compare a copy; a bucket with Object Lock takes no put without one.
          ChecksumAlgorithm: 'SHA256',
        }),
      )
      return 'stored'
    } catch (error) {
      if (isAwsError(error, 'PreconditionFailed')) return 'alreadyThere'
      throw archiveFault({ operation: 'PutObject', bucket, key }, error)
    }
  },
})
