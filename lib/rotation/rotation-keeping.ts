// What every rotation function remembers and signs with: the records table, the key of the proofs, and the bucket that they go into.
import type { KeepingEnv } from '../../lambda/env/records.ts'
import type { M2mFunction } from '../base/m2m-function.ts'
import type { ProofKey } from './proof-key.ts'
import type { RecordsTable } from './records-table.ts'

/** The evidence bucket, as far as a rotation function knows it. */
export interface ProofPlace {
  readonly bucket: { readonly bucketName: string }
  mayProve(fn: M2mFunction): void
}

export interface RotationKeeping {
  readonly records: RecordsTable
  readonly proofKey: ProofKey
  readonly evidence: ProofPlace
}

export const keepingEnv = ({ records, proofKey, evidence }: RotationKeeping): KeepingEnv => ({
  records: { table: records.table.tableName },
  proofs: { keyArn: proofKey.key.keyArn, bucket: evidence.bucket.bucketName },
})

export const mayKeep = (fn: M2mFunction, { records, proofKey, evidence }: RotationKeeping): void => {
  records.mayRecord(fn)
  proofKey.maySign(fn)
  evidence.mayProve(fn)
}
