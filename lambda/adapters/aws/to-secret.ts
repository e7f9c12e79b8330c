// A reply of DescribeSecret, or an entry of ListSecrets, as the domain's Secret: the one reading of both.
import type { DescribeSecretResponse, SecretListEntry } from '@aws-sdk/client-secrets-manager'
import { readReplica } from '../../core/secret/replica-state.ts'
import type { Secret } from '../../core/secret/secret.ts'
import { fromRules } from './rotation-rules.ts'

/** What the two have in common, and what only one of them has. Labels are the same under two names. */
type Metadata = Omit<SecretListEntry, 'ExternalSecretRotationMetadata'> &
  Pick<DescribeSecretResponse, 'VersionIdsToStages' | 'NextRotationDate' | 'ReplicationStatus'>

/** @param asked what was asked for, should the reply leave a name out. */
export const toSecret = (metadata: Metadata, asked: string): Secret => ({
  arn: metadata.ARN ?? asked,
  name: metadata.Name ?? asked,
  description: metadata.Description,
  tags: Object.fromEntries((metadata.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
  labels: metadata.VersionIdsToStages ?? metadata.SecretVersionsToStages ?? {},
  rotationEnabled: metadata.RotationEnabled === true,
  rotationFunctionArn: metadata.RotationLambdaARN,
  rules: metadata.RotationRules === undefined ? undefined : fromRules(metadata.RotationRules),
  isDeleted: metadata.DeletedDate !== undefined,
  createdAt: metadata.CreatedDate?.getTime(),
  lastChangedAt: metadata.LastChangedDate?.getTime(),
  lastRotatedAt: metadata.LastRotatedDate?.getTime(),
  nextRotationAt: metadata.NextRotationDate?.getTime(),
  lastReadOnDayAt: metadata.LastAccessedDate?.getTime(),
  kmsKeyId: metadata.KmsKeyId,
  replicas: (metadata.ReplicationStatus ?? []).flatMap(({ Region: region, Status: status, StatusMessage: message }) =>
    readReplica({ region, status, message }),
  ),
})
