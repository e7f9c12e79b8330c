// Secrets Manager as the domain's Shelf: finding, creating, filling and scheduling secrets, for the registrar alone.
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import type { Shelf } from '../../core/secret/secrets.ts'
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
  create: async ({ name, description, tags, kmsKeyId }) => {
    try {
      await client.send(
        new CreateSecretCommand({
          Name: name,
          Description: description === '' ? undefined : description,
          KmsKeyId: kmsKeyId,
          Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
        }),
      )
      return 'created'
    } catch (error) {
      // Also what the SDK's second try gets when the first one's reply was lost: without a value no token tells them apart.
      if (isAwsError(error, 'ResourceExistsException')) return 'exists'
      throw awsFault({ operation: 'CreateSecret', subject: name }, error)
    }
  },
  storeFirst: async ({ secretId, requestToken, text }) => {
    try {
      // Sent twice under one token it stores one value, so the SDK's second try is safe.
      await client.send(
        new PutSecretValueCommand({ SecretId: secretId, ClientRequestToken: requestToken, SecretString: text }),
      )
      return 'stored'
    } catch (error) {
      if (isAwsError(error, 'ResourceExistsException')) return 'taken'
      throw awsFault({ operation: 'PutSecretValue', subject: secretId, carriesValue: true }, error)
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
