// DescribeSecret's answer in the domain's words, for whoever asks it.
import type { DescribeSecretResponse } from '@aws-sdk/client-secrets-manager'
import type { SecretState } from '../../core/secret/secrets.ts'

/** @param asked what was asked for, should the answer leave a name out. */
export const toSecretState = (reply: DescribeSecretResponse, asked: string): SecretState => ({
  arn: reply.ARN ?? asked,
  name: reply.Name ?? asked,
  rotationEnabled: reply.RotationEnabled === true,
  labels: reply.VersionIdsToStages ?? {},
  tags: Object.fromEntries((reply.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
  createdAt: reply.CreatedDate?.getTime(),
})
