// S3 as the domain's EvidenceReader: for the CLI, with its user's own rights. No function uses it, and it changes nothing.
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3'
import type { EvidenceReader } from '../../core/incident/archive-ports.ts'
import { archiveFault } from './archive-fault.ts'
import { isAwsError } from './aws-call.ts'

export const createArchiveReader = (client: S3Client, bucket: string): EvidenceReader => ({
  list: async (prefix, after) => {
    const keys: string[] = []
    let page: string | undefined
    do {
      const reply = await client
        .send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, StartAfter: after, ContinuationToken: page }))
        .catch((error: unknown) => {
          throw archiveFault({ operation: 'ListObjectsV2', bucket, key: `${prefix}*` }, error)
        })
      for (const { Key: key } of reply.Contents ?? []) if (key !== undefined) keys.push(key)
      page = reply.NextContinuationToken
    } while (page !== undefined)
    return keys
  },
  read: async (key) => {
    try {
      const reply = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
      return (await reply.Body?.transformToString()) ?? ''
    } catch (error) {
      if (isAwsError(error, 'NoSuchKey')) return undefined
      throw archiveFault({ operation: 'GetObject', bucket, key }, error)
    }
  },
})
