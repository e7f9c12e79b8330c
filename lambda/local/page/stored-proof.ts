// The proof of a revoke as the page shows it: read from the evidence bucket and verified with KMS's public key, both over HTTP and by the code
// that `m2m incident prove` uses. What cannot be verified is not shown as a proof.
import { S3Client } from '@aws-sdk/client-s3'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createArchiveReader } from '../../adapters/aws/archive-reader.ts'
import { awsClientSettings } from '../../adapters/aws/aws-call.ts'
import { fetchPublicKey } from '../../adapters/aws/kms-signer.ts'
import { createSignedCall } from '../../adapters/aws/signed-call.ts'
import { createTiming } from '../../adapters/timing.ts'
import { isJsonObject } from '../../core/base/json-object.ts'
import type { TrustedKey } from '../../core/base/jws.ts'
import { readProofs } from '../../core/incident/read-proofs.ts'
import { proofKeyAlias } from '../../core/rotation/proof.ts'
import type { Laptop } from '../laptop/laptop.ts'

export interface ProofSight {
  readonly lastFour: string
  readonly refusals: number
  /** Of the event; null: it does not say. */
  readonly status: number | null
  /** Stytch's names for the refusals. */
  readonly errors: readonly string[]
  readonly requestIds: readonly string[]
  /** Epoch milliseconds, as all times in here. */
  readonly firstRefusedAt: number
  readonly lastRefusedAt: number
  readonly signedAt: number
  /** Last four of what consumers have now. */
  readonly acceptedLastFour: string | null
  /** ARN of the key whose signature was verified, and where the document lies. */
  readonly keyArn: string
  readonly key: string
}

interface Asked {
  readonly secretArn: string
  readonly revokeToken: string
  /** Of the value that leaked. */
  readonly versionId: string
  /** `evidence` of the event `Secret Revoked`, which has the status and the time of the last refusal. */
  readonly evidence: unknown
  /** Epoch milliseconds. */
  readonly now: number
}

export interface ProofReader {
  /** @returns undefined while there is none that is valid. */
  read(asked: Asked): Promise<ProofSight | undefined>
  close(): void
}

const refusalIn = (evidence: unknown, versionId: string) => {
  const refused = isJsonObject(evidence) && Array.isArray(evidence.refused) ? evidence.refused : []
  const found = refused.find((one) => isJsonObject(one) && one.versionId === versionId)
  const at = isJsonObject(found) && typeof found.provenAt === 'string' ? Date.parse(found.provenAt) : Number.NaN
  return {
    status: isJsonObject(found) && typeof found.status === 'number' ? found.status : null,
    at: Number.isNaN(at) ? undefined : at,
  }
}

const TIMEOUT_MS = 3000

export const createProofReader = (
  { address, settings: { stage, evidenceBucket } }: Pick<Laptop, 'address' | 'settings'>,
  secretsManager: SecretsManagerClient,
): ProofReader => {
  const s3 = new S3Client({
    ...awsClientSettings,
    endpoint: address.aws,
    region: address.region,
    forcePathStyle: true,
    credentials: secretsManager.config.credentials,
  })
  const reader = createArchiveReader(s3, evidenceBucket)
  const call = createSignedCall(secretsManager, { service: 'kms', endpoint: address.aws })
  let trusted: Promise<TrustedKey> | undefined
  return {
    read: async ({ secretArn, revokeToken, versionId, evidence, now }) => {
      const timing = createTiming(() => TIMEOUT_MS)
      trusted ??= fetchPublicKey({ call, wait: timing.wait }, proofKeyAlias(stage))
      const key = await trusted
      const { proofs } = await readProofs(reader, {
        stage,
        secretArn,
        versionIds: [],
        trusted: [key],
        now,
      })
      for (const stored of proofs) {
        if (stored.revokeToken !== revokeToken || !stored.proof.ok) continue
        const { value } = stored.proof
        const refusal = value.refused.find((one) => one.versionId === versionId)
        if (refusal === undefined) continue
        const seen = refusalIn(evidence, versionId)
        return {
          lastFour: refusal.lastFour,
          refusals: refusal.refusals,
          status: seen.status,
          errors: refusal.errors,
          requestIds: refusal.requestIds,
          firstRefusedAt: Date.parse(refusal.firstRefusedAt),
          lastRefusedAt: seen.at ?? Date.parse(refusal.firstRefusedAt),
          signedAt: Date.parse(value.at),
          acceptedLastFour: value.accepted?.lastFour ?? null,
          keyArn: key.keyArn ?? '',
          key: stored.key,
        }
      }
      return undefined
    },
    close: () => s3.destroy(),
  }
}
