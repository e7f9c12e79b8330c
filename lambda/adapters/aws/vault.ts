// Secrets Manager as the domain's Vault: five calls, each bounded, each safe to send twice (a put under the same token with the same
// text is a no-op, and a label moves only from where it was said to be).
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import type { Vault } from '../../core/secret/secrets.ts'
import { awsFault, isAwsError } from './aws-call.ts'
import { toSecretState } from './secret-state.ts'
import { attempt, listVersions, moveLabel } from './versions.ts'

/** A version without a value, or whose label moved on: nothing there to read (secrets-manager §1.2). */
const isAbsent = (error: unknown): boolean =>
  isAwsError(error, 'ResourceNotFoundException') ||
  (isAwsError(error, 'InvalidRequestException') && /not (associated|attached)/i.test((error as Error).message))

export const createVault = (client: SecretsManagerClient): Vault => ({
  describe: async (secretId) => {
    const reply = await attempt({ operation: 'DescribeSecret', subject: secretId }, () =>
      client.send(new DescribeSecretCommand({ SecretId: secretId })),
    )
    return toSecretState(reply, secretId)
  },
  read: async (secretId, { versionId, label }) => {
    try {
      const reply = await client.send(
        new GetSecretValueCommand({ SecretId: secretId, VersionId: versionId, VersionStage: label }),
      )
      return {
        arn: reply.ARN ?? secretId,
        versionId: reply.VersionId ?? '',
        // A binary value is in nobody's format: read as text it fails the format's check, which names the fault.
        text: reply.SecretString ?? '',
        createdAt: reply.CreatedDate?.getTime() ?? 0,
      }
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw awsFault({ operation: 'GetSecretValue', subject: secretId }, error)
    }
  },
  putPending: async ({ secretId, requestToken, text, rotationToken }) => {
    try {
      await client.send(
        new PutSecretValueCommand({
          SecretId: secretId,
          ClientRequestToken: requestToken,
          SecretString: text,
          // Without it, AWSCURRENT would move at once (secrets-manager §1.4).
          VersionStages: ['AWSPENDING'],
          RotationToken: rotationToken,
        }),
      )
      return 'stored'
    } catch (error) {
      if (isAwsError(error, 'ResourceExistsException')) return 'differs'
      throw awsFault({ operation: 'PutSecretValue', subject: secretId, carriesValue: true }, error)
    }
  },
  moveLabel: (move) => moveLabel(client, move),
  listVersions: (secretId) => listVersions(client, secretId),
})
