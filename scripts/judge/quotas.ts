// The documented quotas that a template can break, each with its page. Only those that no request raises, or whose default everybody has
// until they ask. Sizes are of the JSON text without insignificant white space, which CloudFormation does not add.
import type { PolicyKind } from './policies.ts'

export interface PolicyQuota {
  readonly statements?: number
  readonly bytes?: number
  /** IAM does not count white space. */
  readonly ignoresWhiteSpace?: boolean
  /** What AWS calls it, for the finding. */
  readonly of: string
}

/** Of one policy; for `inline`, of all inline policies of a role together. */
export const policyQuotas: Readonly<Record<PolicyKind, PolicyQuota>> = {
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
  sqs: { of: 'an SQS policy', statements: 20, bytes: 8_192 },
  // https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html#sns-policy-quotas
  sns: { of: 'an SNS policy', statements: 100, bytes: 30_720 },
  // https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
  kms: { of: 'a key policy', bytes: 32_768 },
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
  bus: { of: "an event bus's policy", bytes: 10_240 },
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-iam-policies.html
  s3: { of: 'a bucket policy', bytes: 20_480 },
  // https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
  secret: { of: "a secret's resource policy", bytes: 20_480 },
  // https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  lambda: { of: "a function's resource policy", bytes: 20_480 },
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-considerations.html
  dynamodb: { of: "a table's resource policy", bytes: 20_480 },
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
  api: { of: "a REST API's resource policy", bytes: 8_192 },
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-logs-resourcepolicy.html
  logs: { of: 'a resource policy of CloudWatch Logs', bytes: 5_120 },
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
  trust: { of: 'a role trust policy', bytes: 2_048, ignoresWhiteSpace: true },
  inline: { of: "a role's inline policies together", bytes: 10_240, ignoresWhiteSpace: true },
  managed: { of: 'a managed policy', bytes: 6_144, ignoresWhiteSpace: true },
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html */
export const sqsStatement = { actions: 7, principals: 50, conditions: 10 }

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html; can be raised to 25. */
export const MANAGED_POLICIES_A_ROLE = 10

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 4 KB for all variables of a function. */
export const ENVIRONMENT_BYTES = 4_096

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html: by default; can be raised. */
export const EVENT_PATTERN_CHARACTERS = 2_048

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
export const TARGETS_A_RULE = 5

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html: what must stay unreserved in a Region. */
export const UNRESERVED_CONCURRENCY = 100
export const DEFAULT_CONCURRENCY_QUOTA = 1_000

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-lambda-function-vpcconfig.html */
export const network = { securityGroups: 5, subnets: 16 }

/** https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html: the tags that a user gives one resource. */
export const TAGS_A_RESOURCE = 50

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
export const template = {
  bytes: 1_048_576,
  resources: 500,
  outputs: 200,
  parameters: 200,
  mappings: 200,
  outputName: 255,
}
