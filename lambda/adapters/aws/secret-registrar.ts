// What makes, keeps and removes a secret as it is declared. Each call may be sent twice.
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DeleteResourcePolicyCommand,
  DeleteSecretCommand,
  GetResourcePolicyCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  ReplicateSecretToRegionsCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
  type Tag,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager'
import type { Secrets } from '../../core/secret/secrets.ts'
import { attempt, awsFault, isAwsError } from './aws-call.ts'
import { toRules } from './rotation-rules.ts'

const RECOVERY_DAYS = 30

const toTags = (tags: Readonly<Record<string, string>>): Tag[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))

type Registering = Pick<
  Secrets,
  | 'create'
  | 'storeFirst'
  | 'scheduleRotation'
  | 'stopRotation'
  | 'setDescription'
  | 'tag'
  | 'untag'
  | 'setPolicy'
  | 'removePolicy'
  | 'readPolicy'
  | 'replicate'
  | 'remove'
  | 'erase'
>

export const createSecretRegistrar = (client: SecretsManagerClient): Registering => ({
  create: async ({ name, description, tags, kmsKeyId }) => {
    try {
      await client.send(
        new CreateSecretCommand({
          Name: name,
          Description: description === '' ? undefined : description,
          KmsKeyId: kmsKeyId,
          Tags: toTags(tags),
        }),
      )
      return 'created'
    } catch (error) {
      // Also what the SDK's second try gets when the first one's reply was lost: without a value no token distinguishes them.
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
  scheduleRotation: async (secretId, { functionArn, rules }) => {
    await attempt({ operation: 'RotateSecret', subject: secretId }, () =>
      client.send(
        new RotateSecretCommand({
          SecretId: secretId,
          RotationLambdaARN: functionArn,
          RotationRules: toRules(rules),
          // The value was just stored, or is in use: a schedule is no reason to change it (secrets-manager §1.2).
          RotateImmediately: false,
        }),
      ),
    )
  },
  stopRotation: async (secretId) => {
    await attempt({ operation: 'CancelRotateSecret', subject: secretId }, () =>
      client.send(new CancelRotateSecretCommand({ SecretId: secretId })),
    )
  },
  setDescription: async (secretId, description) => {
    await attempt({ operation: 'UpdateSecret', subject: secretId }, () =>
      client.send(new UpdateSecretCommand({ SecretId: secretId, Description: description })),
    )
  },
  tag: async (secretId, tags) => {
    await attempt({ operation: 'TagResource', subject: secretId }, () =>
      client.send(new TagResourceCommand({ SecretId: secretId, Tags: toTags(tags) })),
    )
  },
  untag: async (secretId, keys) => {
    await attempt({ operation: 'UntagResource', subject: secretId }, () =>
      client.send(new UntagResourceCommand({ SecretId: secretId, TagKeys: [...keys] })),
    )
  },
  setPolicy: async (secretId, policy) => {
    await attempt({ operation: 'PutResourcePolicy', subject: secretId }, () =>
      client.send(
        new PutResourcePolicyCommand({ SecretId: secretId, ResourcePolicy: policy, BlockPublicPolicy: true }),
      ),
    )
  },
  removePolicy: async (secretId) => {
    await attempt({ operation: 'DeleteResourcePolicy', subject: secretId }, () =>
      client.send(new DeleteResourcePolicyCommand({ SecretId: secretId })),
    )
  },
  readPolicy: async (secretId) => {
    const { ResourcePolicy: policy } = await attempt({ operation: 'GetResourcePolicy', subject: secretId }, () =>
      client.send(new GetResourcePolicyCommand({ SecretId: secretId })),
    )
    return policy
  },
  replicate: async (secretId, replicas) => {
    const AddReplicaRegions = replicas.map(({ region, kmsKeyId }) => ({ Region: region, KmsKeyId: kmsKeyId }))
    await attempt({ operation: 'ReplicateSecretToRegions', subject: secretId }, () =>
      client.send(new ReplicateSecretToRegionsCommand({ SecretId: secretId, AddReplicaRegions })),
    )
  },
  remove: async (secretId) => {
    await attempt({ operation: 'DeleteSecret', subject: secretId }, () =>
      client.send(new DeleteSecretCommand({ SecretId: secretId, RecoveryWindowInDays: RECOVERY_DAYS })),
    )
  },
  erase: async (secretId) => {
    await attempt({ operation: 'DeleteSecret', subject: secretId }, () =>
      client.send(new DeleteSecretCommand({ SecretId: secretId, ForceDeleteWithoutRecovery: true })),
    )
  },
})
