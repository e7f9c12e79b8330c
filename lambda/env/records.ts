// What a rotation function remembers and signs: the records table, the key of the proofs, and the bucket that they are put in. Each may be
// absent: then nothing is remembered, or nothing signed.
import { defined } from '../core/base/defined.ts'
import { readEvidenceBucket } from './archive.ts'
import { endpointOf } from './freeze.ts'
import type { Reader } from './reader.ts'

export interface RecordsEnv {
  /** Name of the table. */
  readonly table: string
  /** Where DynamoDB listens; absent: at AWS's own address. */
  readonly endpoint?: string
}

interface ProofsEnv {
  /** ARN of the KMS key. */
  readonly keyArn: string
  /** Name of the evidence bucket. */
  readonly bucket: string
  /** Where KMS and S3 listen; absent: at AWS's own addresses. */
  readonly kmsEndpoint?: string
  readonly s3Endpoint?: string
}

export interface KeepingEnv {
  readonly records?: RecordsEnv
  readonly proofs?: ProofsEnv
}

const KEY_ARN = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/

export const checkKeyArn = (reader: Reader, name: string, keyArn: string): void => {
  if (!KEY_ARN.test(keyArn)) reader.fault(name, "is malformed: expected the key's ARN")
}

const readProofs = (reader: Reader, keyArn: string): ProofsEnv => {
  checkKeyArn(reader, 'M2M_PROOF_KEY', keyArn)
  const bucket = readEvidenceBucket(reader)
  const endpoints = { kmsEndpoint: endpointOf(reader, 'KMS'), s3Endpoint: endpointOf(reader, 'S3') }
  return { keyArn, bucket, ...defined(endpoints) }
}

const TABLE = 'M2M_RECORDS_TABLE'

/** For functions that do not work without the table. */
export const readRecordsTable = (reader: Reader): RecordsEnv => ({
  table: reader.text(TABLE, 'the name of the records table'),
  ...defined({ endpoint: endpointOf(reader, 'DYNAMODB') }),
})

export const readRecordsIfAny = (reader: Reader): Pick<KeepingEnv, 'records'> =>
  reader.optional(TABLE) === undefined ? {} : { records: readRecordsTable(reader) }

export const writeRecords = (records: RecordsEnv | undefined): Record<string, string> =>
  defined({ [TABLE]: records?.table, AWS_ENDPOINT_URL_DYNAMODB: records?.endpoint })

export const readKeeping = (reader: Reader): KeepingEnv => {
  const keyArn = reader.optional('M2M_PROOF_KEY')
  return {
    ...readRecordsIfAny(reader),
    ...defined({ proofs: keyArn === undefined ? undefined : readProofs(reader, keyArn) }),
  }
}

export const writeKeeping = ({ records, proofs }: KeepingEnv): Record<string, string> => ({
  ...writeRecords(records),
  ...defined({
    M2M_PROOF_KEY: proofs?.keyArn,
    M2M_EVIDENCE_BUCKET: proofs?.bucket,
    AWS_ENDPOINT_URL_KMS: proofs?.kmsEndpoint,
    AWS_ENDPOINT_URL_S3: proofs?.s3Endpoint,
  }),
})
