// The S3 client, as every AWS client here is made (clients.ts): in a file of its own, so that only who speaks to S3 loads it.
import { S3Client } from '@aws-sdk/client-s3'
import { awsClientSettings } from './aws-call.ts'

export const createS3 = (): S3Client => new S3Client(awsClientSettings)
