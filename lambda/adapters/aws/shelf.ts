// Secrets Manager as the domain's Shelf: finding, creating and scheduling secrets, for the registrar alone.
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import type { Shelf } from '../../domain/ports.ts'
import { awsFault, isAwsError } from './aws-call.ts'
import { toSecretState } from './secret-state.ts'

export const createShelf = (client: SecretsManagerClient): Shelf => ({
  find: async (name) => {
    try {
      return toSecretState(await client.send(new DescribeSecretCommand({ SecretId: name })), name)
    } catch (error) {
      if (isAwsError(error, 'ResourceNotFoundException')) return undefined
      throw awsFault({ operation: 'DescribeSecret', subject: name }, error)
    }
  },
  create: async ({ name, description, text, requestToken, tags, kmsKeyId }) => {
    try {
      const reply = await client.send(
        new CreateSecretCommand({
          Name: name,
          Description: description === '' ? undefined : description,
          // Sent twice under one token it creates one secret, so the SDK's second try is safe.
          ClientRequestToken: requestToken,
          SecretString: text,
          KmsKeyId: kmsKeyId,
          Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
        }),
      )
      return { arn: reply.ARN ?? name }
    } catch (error) {
      throw awsFault({ operation: 'CreateSecret', subject: name, carriesValue: true }, error)
    }
  },
  enableRotation: async ({ secretId, functionArn, everyDays }) => {
    try {
      await client.send(
        new RotateSecretCommand({
          SecretId: secretId,
          RotationLambdaARN: functionArn,
          RotationRules: { AutomaticallyAfterDays: everyDays },
          RotateImmediately: false,
        }),
      )
    } catch (error) {
      throw awsFault({ operation: 'RotateSecret', subject: secretId }, error)
    }
  },
})
