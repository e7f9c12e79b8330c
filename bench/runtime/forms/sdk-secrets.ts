// Secrets Manager as the vendor reads it, by the SDK's whole client: the same two calls for a first token as the deployed form makes.
import { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { toSecret } from '../../../lambda/adapters/aws/to-secret.ts'
import type { Vending } from '../../../lambda/core/vend/vending.ts'

export const createSdkSecrets = (): Vending['secrets'] => {
  const client = new SecretsManager({})
  return {
    describe: async (SecretId) => toSecret(await client.describeSecret({ SecretId }), SecretId),
    readValue: async (SecretId) => {
      const reply = await client.getSecretValue({ SecretId })
      return {
        arn: reply.ARN ?? SecretId,
        versionId: reply.VersionId ?? '',
        text: reply.SecretString ?? '',
        createdAt: reply.CreatedDate?.getTime() ?? 0,
      }
    },
  }
}
