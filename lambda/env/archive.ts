// The archive function's settings: the stage, and the bucket that holds the evidence.
import { createReader, type Environment, type Reader } from './reader.ts'

interface ArchiveEnv {
  /** Names the metrics' namespace, `M2M/<stage>`. */
  readonly stage: string
  /** Name of the bucket. */
  readonly bucket: string
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; dots would break TLS by name. */
const BUCKET = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/

export const readBucket = (reader: Reader, name: string, what: string): string => {
  const bucket = reader.text(name, what)
  if (bucket !== '' && !BUCKET.test(bucket)) reader.fault(name, 'is malformed: expected 3 to 63 of a-z, 0-9 and -')
  return bucket
}

export const readEvidenceBucket = (reader: Reader): string =>
  readBucket(reader, 'M2M_EVIDENCE_BUCKET', "the name of the evidence archive's bucket")

export const readArchiveEnv = (env: Environment): ArchiveEnv => {
  const reader = createReader(env)
  const stage = reader.text('M2M_STAGE', 'the name of the stage')
  const bucket = readEvidenceBucket(reader)
  reader.finish()
  return { stage, bucket }
}

/** The inverse of readArchiveEnv. */
export const writeArchiveEnv = ({ stage, bucket }: ArchiveEnv): Record<string, string> => ({
  M2M_STAGE: stage,
  M2M_EVIDENCE_BUCKET: bucket,
})
