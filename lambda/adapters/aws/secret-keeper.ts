// Secrets Manager as the domain's SecretKeeper: everything about a secret but its value. Each call may be sent twice.

import {
  CancelRotateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  type DescribeSecretResponse,
  PutResourcePolicyCommand,
  ReplicateSecretToRegionsCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager'
import { CURRENT, labelled } from '../../core/secret/labels.ts'
import type { SecretFacts, SecretKeeper } from '../../core/secret/secret-keeper.ts'
import { awsFault, isAwsError } from './aws-call.ts'
import { fromRules, toRules } from './rotation-rules.ts'

const RECOVERY_DAYS = 30

const toFacts = (name: string, reply: DescribeSecretResponse): SecretFacts => {
  const { RotationLambdaARN: functionArn, RotationRules: rules } = reply
  const tags = (reply.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value] as const)
  return {
    arn: reply.ARN ?? name,
    name: reply.Name ?? name,
    description: reply.Description ?? '',
    tags: Object.fromEntries(tags),
    lastReadOnDayAt: reply.LastAccessedDate?.getTime(),
    isDeleted: reply.DeletedDate !== undefined,
    hasValue: labelled({ labels: reply.VersionIdsToStages ?? {} }, CURRENT) !== undefined,
    createdAt: reply.CreatedDate?.getTime(),
    rotation:
      reply.RotationEnabled === true && functionArn !== undefined && rules !== undefined
        ? { functionArn, rules: fromRules(rules) }
        : undefined,
    replicaRegions: (reply.ReplicationStatus ?? []).flatMap(({ Region: region }) =>
      region === undefined ? [] : [region],
    ),
  }
}

export const createSecretKeeper = (client: SecretsManagerClient): SecretKeeper => {
  const attempt = async <Value>(operation: string, subject: string, send: () => Promise<Value>): Promise<Value> => {
    try {
      return await send()
    } catch (error) {
      throw awsFault({ operation, subject }, error)
    }
  }
  return {
    inspect: async (name) => {
      try {
        return toFacts(name, await client.send(new DescribeSecretCommand({ SecretId: name })))
      } catch (error) {
        if (isAwsError(error, 'ResourceNotFoundException')) return undefined
        throw awsFault({ operation: 'DescribeSecret', subject: name }, error)
      }
    },
    describe: async (SecretId, Description) => {
      await attempt('UpdateSecret', SecretId, () => client.send(new UpdateSecretCommand({ SecretId, Description })))
    },
    tag: async (SecretId, tags) => {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
      await attempt('TagResource', SecretId, () => client.send(new TagResourceCommand({ SecretId, Tags })))
    },
    untag: async (SecretId, keys) => {
      const TagKeys = [...keys]
      await attempt('UntagResource', SecretId, () => client.send(new UntagResourceCommand({ SecretId, TagKeys })))
    },
    setPolicy: async (SecretId, ResourcePolicy) => {
      await attempt('PutResourcePolicy', SecretId, () =>
        client.send(new PutResourcePolicyCommand({ SecretId, ResourcePolicy, BlockPublicPolicy: true })),
      )
    },
    scheduleRotation: async (SecretId, RotationLambdaARN, rules) => {
      await attempt('RotateSecret', SecretId, () =>
        client.send(
          new RotateSecretCommand({
            SecretId,
            RotationLambdaARN,
            RotationRules: toRules(rules),
            // The value was just stored, or is in use: a schedule is no reason to change it (secrets-manager §1.2).
            RotateImmediately: false,
          }),
        ),
      )
    },
    stopRotation: async (SecretId) => {
      await attempt('CancelRotateSecret', SecretId, () => client.send(new CancelRotateSecretCommand({ SecretId })))
    },
    replicate: async (SecretId, replicas) => {
      const AddReplicaRegions = replicas.map(({ region, kmsKeyId }) => ({ Region: region, KmsKeyId: kmsKeyId }))
      await attempt('ReplicateSecretToRegions', SecretId, () =>
        client.send(new ReplicateSecretToRegionsCommand({ SecretId, AddReplicaRegions })),
      )
    },
    remove: async (SecretId) => {
      await attempt('DeleteSecret', SecretId, () =>
        client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: RECOVERY_DAYS })),
      )
    },
    erase: async (SecretId) => {
      await attempt('DeleteSecret', SecretId, () =>
        client.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true })),
      )
    },
  }
}
