// Secrets Manager as the domain's Fleet, for whoever asks for rotations and never sees a value: lists, looks, asks, and moves a label.
// A refusal of RotateSecret is told apart by what the secret looks like afterwards, since AWS has one error name for all of them.
import {
  DescribeSecretCommand,
  type DescribeSecretResponse,
  ListSecretsCommand,
  RotateSecretCommand,
  type SecretListEntry,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import type { Fleet, ManagedSecret, RotationReply } from '../../core/secret/fleet.ts'
import { unfinishedVersion } from '../../core/secret/labels.ts'
import { awsFault, isAwsError } from './aws-call.ts'
import { fromRules } from './rotation-rules.ts'
import { attempt, listVersions, moveLabel } from './versions.ts'

const PAGE_SIZE = 100

/** What ListSecrets and DescribeSecret have in common. */
type Metadata = Omit<SecretListEntry, 'SecretVersionsToStages' | 'ExternalSecretRotationMetadata'> &
  Pick<DescribeSecretResponse, 'NextRotationDate'>

export const toManaged = (
  metadata: Metadata,
  labels: Readonly<Record<string, readonly string[]>> | undefined,
  asked: string,
): ManagedSecret => ({
  arn: metadata.ARN ?? asked,
  name: metadata.Name ?? asked,
  tags: Object.fromEntries((metadata.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
  labels: labels ?? {},
  rotationEnabled: metadata.RotationEnabled === true,
  rotationFunctionArn: metadata.RotationLambdaARN,
  isDeleted: metadata.DeletedDate !== undefined,
  createdAt: metadata.CreatedDate?.getTime(),
  lastChangedAt: metadata.LastChangedDate?.getTime(),
  lastRotatedAt: metadata.LastRotatedDate?.getTime(),
  nextRotationAt: metadata.NextRotationDate?.getTime(),
  description: metadata.Description,
  rules: metadata.RotationRules === undefined ? undefined : fromRules(metadata.RotationRules),
})

const inspect = async (client: SecretsManagerClient, secretId: string): Promise<ManagedSecret | undefined> => {
  try {
    const reply = await client.send(new DescribeSecretCommand({ SecretId: secretId }))
    return toManaged(reply, reply.VersionIdsToStages, secretId)
  } catch (error) {
    if (isAwsError(error, 'ResourceNotFoundException')) return undefined
    throw awsFault({ operation: 'DescribeSecret', subject: secretId }, error)
  }
}

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
  const secret = await inspect(client, secretId)
  if (secret === undefined || secret.isDeleted) return 'gone'
  const unfinished = unfinishedVersion(secret)
  if (unfinished !== undefined) return unfinished.versionId === requestToken ? 'asked' : 'busy'
  if (BUSY.test((error as Error).message)) return 'busy'
  const versions = await listVersions(client, secretId)
  return versions.some(({ versionId }) => versionId === requestToken) ? 'asked' : undefined
}

export const createFleet = (client: SecretsManagerClient): Fleet => ({
  list: async (prefix, page, order = 'oldestFirst') => {
    const reply = await attempt({ operation: 'ListSecrets', subject: prefix }, () =>
      client.send(
        new ListSecretsCommand({
          Filters: [{ Key: 'name', Values: [prefix] }],
          MaxResults: PAGE_SIZE,
          IncludePlannedDeletion: false,
          SortOrder: order === 'oldestFirst' ? 'asc' : 'desc',
          NextToken: page,
        }),
      ),
    )
    const secrets = (reply.SecretList ?? []).map((entry) => toManaged(entry, entry.SecretVersionsToStages, prefix))
    return {
      // The filter's own idea of a name's beginning is AWS's to change.
      secrets: secrets.filter(({ name }) => name.startsWith(prefix)),
      nextPage: reply.NextToken,
    }
  },
  inspect: (secretId) => inspect(client, secretId),
  listVersions: (secretId) => listVersions(client, secretId),
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
  moveLabel: (move) => moveLabel(client, move),
})
