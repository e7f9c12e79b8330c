// What a rotation function remembers and signs, put together: the same signed calls, without a client of DynamoDB, KMS or S3.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createKeyCopy } from '../../core/rotation/key-copy.ts'
import { noRecords, type Records } from '../../core/rotation/records.ts'
import { noProofs, type Proofs } from '../../core/rotation/sign-proof.ts'
import { wait } from '../timing.ts'
import { createKmsSigner, fetchPublicKey } from './kms-signer.ts'
import { createProofStore } from './proof-store.ts'
import { createRecords } from './records.ts'
import { createSignedCall } from './signed-call.ts'

interface Keeping {
  readonly records: Records
  readonly proofs: Proofs
}

interface KeepingSettings {
  readonly stage: string
  /** Absent: nothing is remembered. */
  readonly records?: { readonly table: string; readonly endpoint?: string }
  /** Absent: nothing is signed. */
  readonly proofs?: {
    readonly keyArn: string
    readonly bucket: string
    readonly kmsEndpoint?: string
    readonly s3Endpoint?: string
  }
}

const proofsOf = (client: SecretsManagerClient, { stage, proofs }: KeepingSettings): Proofs => {
  if (proofs === undefined) return noProofs
  const { keyArn, bucket, kmsEndpoint, s3Endpoint } = proofs
  const kms = createSignedCall(client, { service: 'kms', endpoint: kmsEndpoint })
  const s3 = createSignedCall(client, { service: 's3', endpoint: s3Endpoint })
  const store = createProofStore({ call: s3, wait, bucket })
  const publicKey = () => fetchPublicKey({ call: kms, wait }, keyArn)
  const copyKey = createKeyCopy({ stage, keyArn, store, publicKey })
  return { kind: 'signed', stage, signer: createKmsSigner({ call: kms, wait }, keyArn), store, copyKey }
}

const recordsOf = (client: SecretsManagerClient, { records }: KeepingSettings): ((executionId: string) => Records) => {
  if (records === undefined) return () => noRecords
  const { table, endpoint } = records
  const call = createSignedCall(client, { service: 'dynamodb', endpoint })
  return (executionId) => createRecords({ call, table, now: Date.now, wait }, executionId)
}

/** Once an execution environment; what it returns, once an invocation: a lease is held by the invocation, under its request id. */
export const createKeeping = (
  client: SecretsManagerClient,
  settings: KeepingSettings,
): ((executionId: string) => Keeping) => {
  const proofs = proofsOf(client, settings)
  const recordsFor = recordsOf(client, settings)
  return (executionId) => ({ records: recordsFor(executionId), proofs })
}
