// What publishing the list of revocations takes, put together: the same signed calls, without a client of KMS or S3. Once an execution
// environment: the key's public half is read once.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { TrustedKey } from '../../core/base/jws.ts'
import type { Publication } from '../../core/revocations/publish.ts'
import { wait } from '../timing.ts'
import { createKmsSigner, fetchPublicKey } from './kms-signer.ts'
import { createRevocationStore } from './revocation-store.ts'
import { createSignedCall } from './signed-call.ts'

interface PublicationSettings {
  /** ARN of the KMS key. */
  readonly keyArn: string
  readonly bucket: string
  readonly kmsEndpoint?: string
  readonly s3Endpoint?: string
}

/** @returns undefined without settings: the stage has no vendor. */
export const createPublication = (
  client: SecretsManagerClient,
  settings: PublicationSettings | undefined,
): Publication | undefined => {
  if (settings === undefined) return undefined
  const { keyArn, bucket, kmsEndpoint, s3Endpoint } = settings
  const kms = { call: createSignedCall(client, { service: 'kms', endpoint: kmsEndpoint }), wait }
  const s3 = { call: createSignedCall(client, { service: 's3', endpoint: s3Endpoint }), wait }
  let known: TrustedKey | undefined
  return {
    store: createRevocationStore({ ...s3, bucket }),
    signer: createKmsSigner(kms, keyArn),
    publicKey: async () => {
      known ??= await fetchPublicKey(kms, keyArn)
      return known
    },
    chance: Math.random,
  }
}
