// What a rotation is made of: reading, RotateSecret, its pending value, and the labels that move. A refusal of RotateSecret is recognised by what
// the secret looks like afterwards, since AWS has one error name for all of them. Each call is safe to send twice: a put under the same
// token with the same text is a no-op, and a label moves only from where it was said to be.
import {
  PutSecretValueCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { unfinishedVersion } from '../../core/secret/labels.ts'
import type { RotationReply, Secrets } from '../../core/secret/secrets.ts'
import { attempt, awsFault, isAwsError } from './aws-call.ts'
import { createSecretReader, describeSecret, listVersions } from './secret-reader.ts'

const BUSY = /previous rotation/i

/** What a refusal of RotateSecret means. @returns undefined: something else is wrong. */
const explain = async (
  client: SecretsManagerClient,
  asked: { readonly secretId: string; readonly requestToken: string },
  error: unknown,
): Promise<RotationReply | undefined> => {
  const { secretId, requestToken } = asked
  if (isAwsError(error, 'ResourceNotFoundException')) return 'gone'
  // A token that was used before: which error AWS has for it is undocumented (secrets-manager §1.2).
  if (!isAwsError(error, 'InvalidRequestException') && !isAwsError(error, 'ResourceExistsException')) return undefined
  const secret = await describeSecret(client, secretId)
  if (secret === undefined || secret.isDeleted) return 'gone'
  const unfinished = unfinishedVersion(secret)
  if (unfinished !== undefined) return unfinished.versionId === requestToken ? 'asked' : 'busy'
  if (BUSY.test((error as Error).message)) return 'busy'
  const versions = await listVersions(client, secretId)
  return versions.some(({ versionId }) => versionId === requestToken) ? 'asked' : undefined
}

type Rotating = ReturnType<typeof createSecretReader> & Pick<Secrets, 'putPending' | 'moveLabel' | 'rotate'>

export const createSecretRotator = (client: SecretsManagerClient): Rotating => ({
  ...createSecretReader(client),
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
  moveLabel: async ({ secretId, label, from, to }) => {
    const input = { SecretId: secretId, VersionStage: label, RemoveFromVersionId: from, MoveToVersionId: to }
    await attempt({ operation: 'UpdateSecretVersionStage', subject: secretId }, () =>
      client.send(new UpdateSecretVersionStageCommand(input)),
    )
  },
  rotate: async (secretId, requestToken) => {
    try {
      await client.send(new RotateSecretCommand({ SecretId: secretId, ClientRequestToken: requestToken }))
      return 'asked'
    } catch (error) {
      const reply = await explain(client, { secretId, requestToken }, error)
      if (reply !== undefined) return reply
      throw awsFault({ operation: 'RotateSecret', subject: secretId }, error)
    }
  },
})
