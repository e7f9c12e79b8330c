// Secrets Manager as the vendor reads it, by the SDK's whole client: the same two calls for a first token as the deployed form makes.
import { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { toManaged } from '../../../lambda/adapters/aws/fleet.ts'
import type { VendVault } from '../../../lambda/core/vend/ports.ts'

export const createSdkVault = (): VendVault => {
  const client = new SecretsManager({})
  return {
    describe: async (SecretId) => {
      const reply = await client.describeSecret({ SecretId })
      return toManaged(reply, reply.VersionIdsToStages, SecretId)
    },
    readCurrent: async (SecretId) => {
      const reply = await client.getSecretValue({ SecretId })
      return {
        arn: reply.ARN ?? SecretId,
        versionId: reply.VersionId ?? '',
        text: reply.SecretString ?? '',
        createdAt: reply.CreatedDate?.getTime() ?? 0,
      }
    },
    listChanged: async () => ({ secrets: [], nextPage: undefined }),
    listVersions: async () => [],
  }
}
