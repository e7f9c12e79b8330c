// Where the list of revocations is published, for those who write it: the key that signs it, and its bucket. Absent: the stage has no vendor.
import { defined } from '../core/base/defined.ts'
import { readBucket } from './archive.ts'
import { endpointOf } from './freeze.ts'
import type { Reader } from './reader.ts'
import { checkKeyArn } from './records.ts'

export interface PublicationEnv {
  /** ARN of the KMS key. */
  readonly keyArn: string
  /** Name of the bucket. */
  readonly bucket: string
  /** Where KMS and S3 listen; absent: at AWS's own addresses. */
  readonly kmsEndpoint?: string
  readonly s3Endpoint?: string
}

const KEY = 'M2M_PUBLISHING_KEY'
const BUCKET = 'M2M_REVOCATIONS_BUCKET'

export const readRevocationsBucket = (reader: Reader): string =>
  readBucket(reader, BUCKET, 'the name of the bucket that holds the list of revocations')

export const writeRevocationsBucket = (bucket: string | undefined): Record<string, string> =>
  defined({ [BUCKET]: bucket })

export const readPublication = (reader: Reader): { readonly publication?: PublicationEnv } => {
  const keyArn = reader.optional(KEY)
  if (keyArn === undefined) return {}
  checkKeyArn(reader, KEY, keyArn)
  const endpoints = { kmsEndpoint: endpointOf(reader, 'KMS'), s3Endpoint: endpointOf(reader, 'S3') }
  return { publication: { keyArn, bucket: readRevocationsBucket(reader), ...defined(endpoints) } }
}

export const writePublication = (publication: PublicationEnv | undefined): Record<string, string> => ({
  ...writeRevocationsBucket(publication?.bucket),
  ...defined({
    [KEY]: publication?.keyArn,
    AWS_ENDPOINT_URL_KMS: publication?.kmsEndpoint,
    AWS_ENDPOINT_URL_S3: publication?.s3Endpoint,
  }),
})
